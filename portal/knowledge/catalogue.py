"""The catalogue, facilities and codes as frozen values: read from content/, never code.

`parse_catalogue` and its siblings stand in parse.py; here are the values and the questions one asks of them. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum


class AutoRoute(StrEnum):
    ALWAYS = "always"
    NEVER = "never"


class HandOver(StrEnum):
    """How a case leaves us: a ticket elsewhere, a call, the agenda of a regular call, or the caller helps themselves."""

    TICKET_ELSEWHERE = "ticket-elsewhere"
    PHONE = "phone"
    CALL_AGENDA = "call-agenda"
    SELF_SERVICE = "self-service"


@dataclass(frozen=True, slots=True)
class Team:
    id: str
    name: str
    phrase: str  # as in "the messaging team", said of it to agents
    queue: str
    labels: tuple[str, ...]
    board: str
    auto_route: AutoRoute
    calendar: str | None = None  # only where it differs from that of the targets


@dataclass(frozen=True, slots=True)
class SubArea:
    """`team` and `audiences` only where they differ from the tool's."""

    id: str
    name: str
    words: tuple[str, ...]
    team: str | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """`words`: how callers and agents name it, for guessing the tool. `minimum_facts`: ids of facts (ticket-fields 3)."""

    id: str
    name: str
    short: str
    title_stem: str
    team: str
    in_scope: bool
    sub_areas: tuple[SubArea, ...]
    platforms: tuple[str, ...]
    audiences: tuple[str, ...]
    minimum_facts: tuple[str, ...]
    words: tuple[str, ...]
    label: str | None
    staff_team: str | None = None  # who takes it when the audience is staff
    route: str | None = None  # where it goes when it is not in scope
    shows_others: bool = False  # it shows screens of other tools, whose known issues fit its calls too


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours of a line: `days` 0 Monday to 6 Sunday, local times in `zone`. A line open any time has none."""

    days: tuple[int, ...]
    opens: time
    closes: time
    zone: str


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day of every year: a `day` of the month, or the `nth` `weekday` of it (-1: the last one).

    One with a `day` on a Saturday is kept on the Friday before, on a Sunday on the Monday after.
    """

    name: str
    month: int
    day: int | None
    weekday: int | None
    nth: int | None


@dataclass(frozen=True, slots=True)
class Calendar:
    """When somebody works. A span that begins on a holiday is not worked."""

    id: str
    hours: tuple[Hours, ...]
    holidays: tuple[Holiday, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """Somewhere that is not ours. `say` may be read out word for word."""

    id: str
    name: str
    what: str
    how: str
    phone: str
    url: str
    always_open: bool
    hours: tuple[Hours, ...]
    hours_text: str
    hand_over: HandOver
    say: str
    have_ready: tuple[str, ...]
    words: tuple[str, ...]
    tools: tuple[str, ...]
    to_confirm: str = ""


class FactType(StrEnum):
    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    WHEN = "when"
    DEVICE = "device"
    VERSION = "version"
    DATE = "date"
    NUMBER = "number"
    ATTACHMENT = "attachment"


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact that a team may need. `public`: may go to developers; `platforms`: asked only there (empty: everywhere).

    `answered_by`: questions of rules that ask the same, with the same ids of choices. `not_asked_if`: answers (question ->
    choices) with which the fact makes no sense.
    """

    id: str
    label: str
    hint: str
    type: FactType
    choices: Mapping[str, str]
    platforms: tuple[str, ...]
    public: bool
    error: str
    limit: int = 120
    answered_by: tuple[str, ...] = ()
    not_asked_if: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Targets:
    """Published targets of one severity in hours; the sources do not say whether clock or business hours."""

    response_hours: int
    resolution_hours: int


@dataclass(frozen=True, slots=True)
class NumberForm:
    """The form of a record number: `pattern` is a full-match regular expression over the trimmed upper-case text."""

    id: str
    system: str
    label: str
    pattern: str
    example: str
    accepted: bool
    advice: str


@dataclass(frozen=True, slots=True)
class HelpLine:
    name: str
    number: str
    hours_text: str
    use: str


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A recurring time of maintenance, by local weekday and time; `tool` is not available then."""

    id: str
    name: str
    tool: str
    day: int
    opens: time
    closes: time
    zone: str
    say: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """Words of a caller that cannot wait for a list of results. `urgent`: the answer to the first question of the intake."""

    urgent: str  # "harm" | "privacy"
    line: str
    button: str
    words: tuple[str, ...]

    def is_said_in(self, text: str) -> bool:
        """As whole words, whatever their case; an apostrophe counts for nothing."""
        said = f" {_plain(text)} "
        return any(f" {_plain(phrase)} " in said for phrase in self.words)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", re.sub("[\u2019']", "", text.lower())))


@dataclass(frozen=True, slots=True)
class Catalogue:
    tools: Mapping[str, Tool]
    teams: Mapping[str, Team]
    routes: Mapping[str, Route]
    facts: Mapping[str, Fact]
    synonyms: tuple[tuple[str, ...], ...]
    targets: Mapping[str, Targets]
    hours_kind: str  # "clock" or "business"
    number_forms: tuple[NumberForm, ...]
    help_lines: tuple[HelpLine, ...]
    maintenance: tuple[Maintenance, ...]
    critical_call: str  # the number to call for an untaken Critical
    critical_minutes: int
    queue_name: str  # of Tier 3 in the case systems
    tier2_queue: str
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    calendar: str | None = None  # of the targets, where `hours_kind` is "business"
    alarms: tuple[Alarm, ...] = ()
    published_times: tuple[str, ...] = ()  # such as "3 days": what callers may be told, each from a source

    def calendar_of(self, team: str | None) -> Calendar | None:
        """In whose hours the targets run while this team (None: Tier 3) has a ticket; None: hours of the clock."""
        if self.hours_kind != "business":
            return None
        known = self.teams.get(team or "")
        return self.calendars.get((known.calendar if known else None) or self.calendar or "")

    @property
    def help_numbers(self) -> frozenset[str]:
        """Published numbers, which the PII guard lets pass."""
        lines = {line.number for line in self.help_lines}
        return frozenset(lines | {r.phone for r in self.routes.values() if r.phone} | {self.critical_call})


@dataclass(frozen=True, slots=True)
class Window:
    """A migration of a facility: `cutover` is its day; phases are counted from it."""

    cutover: date
    note: str


@dataclass(frozen=True, slots=True)
class Facility:
    station: str
    name: str
    zone: str
    ehr: str  # "vista" | "oracle_health" | "" (not known)
    window: Window | None


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One row of the index. `next_step` begins with who acts; `article` is the runbook or known issue that explains it."""

    code: str
    http: str
    meaning: str
    seen_as: str
    tool: str | None
    next_step: str
    goes_to: str  # "tier1_2" | "tier3" | "elsewhere" | "check_known_issues"
    route: str | None
    article: str | None
    confirmed: bool  # stated by a source; otherwise shown as "to be confirmed"
    aliases: tuple[str, ...]
    tier2: bool = False  # what a desk cannot do of it is handed to Tier 2
    line: int = 0  # of the file, for problems
