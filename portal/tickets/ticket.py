"""Ticket and report values: what is filed, how numbers look, the states. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from portal.criteria.severity import Severity
from portal.tickets.question import Asked


class State(StrEnum):
    """In the order of lists. Which follows which stands in lifecycle.py."""

    NEW = "new"
    TRIAGING = "triaging"
    RETURNED = "returned"
    REOPENED = "reopened"
    ROUTED = "routed"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    ANSWER_READY = "answer_ready"
    ON_HOLD = "on_hold"
    BACK_TO_TIER2 = "back_to_tier2"
    LINKED = "linked"
    NOT_TIER3 = "not_tier3"
    DUPLICATE = "duplicate"
    WITHDRAWN = "withdrawn"
    RESOLVED = "resolved"
    CLOSED = "closed"


IN_TRIAGE = (State.NEW, State.TRIAGING, State.RETURNED, State.REOPENED)
WITH_TEAM = (State.ROUTED, State.ACCEPTED, State.IN_PROGRESS)
ENDED = (
    State.LINKED,
    State.NOT_TIER3,
    State.DUPLICATE,
    State.WITHDRAWN,
    State.RESOLVED,
    State.CLOSED,
)  # nobody has the ball
OVER = (*ENDED, State.BACK_TO_TIER2)  # nobody of Tier 3 or the teams has to act
ANSWERED = (State.BACK_TO_TIER2, State.RESOLVED, State.CLOSED)


class HoldReason(StrEnum):
    CALLER = "caller_via_tier2"
    KNOWN_ISSUE = "known_issue"
    RELEASE = "release"
    VENDOR = "vendor_or_partner"
    ACCESS = "access"


class ReturnReason(StrEnum):
    WRONG_TOOL = "wrong_tool"
    NOT_A_BUG = "not_a_bug"
    LACKS_FACTS = "lacks_facts"
    DUPLICATE = "duplicate"
    FIXED = "fixed"
    NOT_TIER3 = "not_tier3"


class Origin(StrEnum):
    HRC = "hrc"
    SNOW = "snow"
    DIRECT = "direct"


class Via(StrEnum):
    INTAKE = "intake"
    TICKET = "ticket"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Reference:
    """A record number in another system: `system` is "hrc" or "snow", `value` upper-case without spaces."""

    system: str
    value: str


@dataclass(frozen=True, slots=True)
class Basis:
    """The decision a ticket rests on, pinned to the revision of its criteria."""

    article_id: str
    revision: str
    answers: Mapping[str, str]
    outcome: str
    rule: str | None
    because: str
    team: str | None = None
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class TicketDraft:
    """All that filing needs. `summary` may go to developers; `details` stay. `facts` and `not_known` hold fact ids.

    `likely_match` names a known issue graded likely and refused: such a ticket waits in triage.
    """

    origin: Origin
    tool: str
    audience: str
    title: str
    summary: str
    severity: Severity
    snow_severity: str
    severity_because: str
    intake_id: int | None = None
    sub_area: str | None = None
    platform: str | None = None
    facilities: tuple[str, ...] = ()
    ehr: str | None = None
    error_code: str | None = None
    alert_words: str = ""
    details: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    not_known: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    basis: Basis | None = None
    override_reason: str = ""
    known_issue_id: str | None = None
    shown: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    likely_match: str | None = None
    privacy: bool = False
    caller_text: str = ""
    desk: str = "none"


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """One more caller with a known issue. Without a reference it counts once per intake."""

    known_issue_id: str
    origin: Origin
    desk: str
    intake_id: int | None
    reference: Reference | None
    facility: str | None
    ehr: str | None
    platform: str | None
    via: Via


BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Counts:
    """Reports on one known issue: in the last 24 hours, in all, per hour of the last 12 and per 24 hours of the last 14 days
    (oldest first). Those of known issues that were merged into it count with it, the same record once."""

    today: int = 0
    total: int = 0
    hours: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    first_at: datetime | None = None
    last_at: datetime | None = None

    @property
    def trend(self) -> str:
        """The days as a line of bars; what they mean stands beside it in words."""
        most = max(self.days, default=0) or 1
        return "".join(BARS[-(-count * (len(BARS) - 1) // most)] for count in self.days)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the caller's agent is given for a report: "report 41, receipt R-000456". not `is_new`: counted before."""

    number: str
    known_issue_id: str
    count: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Filing:
    """What became of a draft: the number, where it stands and why."""

    number: str
    team: str | None
    state: State
    severity: str
    because: str


@dataclass(frozen=True, slots=True)
class Filed:
    """Something that already stands under a record number, in words that any agent may read."""

    number: str
    kind: str  # "ticket" or "report"
    words: str


@dataclass(frozen=True, slots=True)
class Card:
    """The answer to "what do I tell the person who calls back?". Never details, nor what somebody else typed but
    the words and the question for the caller.

    `privacy`: nothing but the number is filled in. `state` is None for a report. `visible`: this person may open the ticket.
    `tells`: they may say that the caller has heard the answer, of the ticket in this version; 0 else.
    """

    number: str
    kind: str  # "ticket" or "report"
    reference: str = ""  # in words, when it was found by that
    tool: str = ""
    state: State | None = None
    state_words: str = ""
    ball: str = ""
    since: datetime | None = None
    caller_text: str = ""
    known_issue_id: str | None = None
    reports: tuple[tuple[str, str], ...] = ()  # of the same call: number and known issue
    duplicate_of: str = ""  # the number under which it goes on
    asked: Asked | None = (
        None  # what the ticket waits for, to be answered by whoever has the caller on the line
    )
    is_answered: bool = False  # then its own words for the caller come before those of a known issue
    again_at: datetime | None = None  # when somebody last said that it still happens
    stopped_at: datetime | None = None
    privacy: bool = False
    visible: bool = False
    tells: int = 0


TICKET_FORM = re.compile(r"T3-(\d{4})-(\d{6})", re.ASCII)
INTAKE_FORM = re.compile(r"I-(\d{6,12})", re.ASCII)


def ticket_number(year: int, count: int) -> str:
    """`T3-2026-000123`."""
    return f"T3-{year:04d}-{count:06d}"


def report_number(count: int) -> str:
    """`R-000456`."""
    return f"R-{count:06d}"


def intake_number(row_id: int) -> str:
    """`I-000789`."""
    return f"I-{row_id:06d}"
