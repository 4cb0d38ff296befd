"""The GitHub issue that developers would see, letter by letter, in the HRC or the ServiceNow shape. Pure.

Built from `PublicTicket`, which holds nothing but the fields that may leave: what is not in it cannot get out. The guard then
reads the finished text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.core.pii import Finding, describe, find_pii
from portal.criteria.severity import Severity
from portal.criteria.table import FACTS
from portal.knowledge.catalogue import Catalogue, Facility
from portal.tickets.references import reference_words
from portal.tickets.ticket import Origin, Reference, TicketDraft

TIER3_LABEL = "MHV-Tier-3"
NOT_KNOWN = "not known"
NOT_ASKED = "not asked"
# Facts with a place of their own; every other public fact is a line of the description.
PLACED = frozenset(
    {
        "device", "browser", "app_version", "os_version", "occurred_at", "steps", "expected", "tried", "facility",
        "alert_words", "error_code", "staff_role", "group_or_pool", "staff_affected",
    }
)  # fmt: skip


class Shape(StrEnum):
    HRC = "hrc"
    SNOW = "snow"


@dataclass(frozen=True, slots=True)
class PublicTicket:
    """The allow-list. `people`: calls with the same signs in the 24 hours before filing, this one included."""

    number: str
    tool: str
    title: str
    summary: str
    severity: Severity
    snow_severity: str
    severity_because: str
    platform: str | None
    facilities: tuple[str, ...]
    ehr: str | None
    error_code: str | None
    alert_words: str
    facts: Mapping[str, str]
    not_known: tuple[str, ...]
    references: tuple[Reference, ...]
    people: int = 1


@dataclass(frozen=True, slots=True)
class DeveloperText:
    """`findings` refer to `whole`. A certain one blocks the copy; a possible name is marked."""

    title: str
    labels: tuple[str, ...]
    body: str
    findings: tuple[Finding, ...]

    @property
    def whole(self) -> str:
        return f"{self.title}\nLabels: {', '.join(self.labels)}\n\n{self.body}"

    @property
    def is_clean(self) -> bool:
        return not any(finding.certain for finding in self.findings)

    @property
    def marked(self) -> list[tuple[str, bool]]:
        """The whole in pieces: (text, is it a finding?)."""
        pieces, done, whole = [], 0, self.whole
        for finding in self.findings:
            pieces += [(whole[done : finding.start], False), (whole[finding.start : finding.end], True)]
            done = finding.end
        return [piece for piece in (*pieces, (whole[done:], False)) if piece[0]]

    @property
    def warnings(self) -> list[str]:
        return [describe(finding, self.whole, offered=False) for finding in self.findings]


def default_shape(origin: Origin, audience: str) -> Shape:
    return Shape.SNOW if origin is Origin.SNOW or audience == "staff" else Shape.HRC


def public_part(
    draft: TicketDraft, catalogue: Catalogue, *, number: str = "", people: int = 1
) -> PublicTicket:
    """The part of a draft that may leave; `number` is empty before filing."""
    facts = {key: value for key, value in draft.facts.items() if _is_public(key, catalogue)}
    return PublicTicket(
        number=number,
        tool=draft.tool,
        title=draft.title,
        summary=draft.summary,
        severity=draft.severity,
        snow_severity=draft.snow_severity,
        severity_because=draft.severity_because,
        platform=draft.platform,
        facilities=draft.facilities,
        ehr=draft.ehr,
        error_code=draft.error_code,
        alert_words=draft.alert_words,
        facts=facts,
        not_known=tuple(key for key in draft.not_known if _is_public(key, catalogue)),
        references=draft.references,
        people=people,
    )


def developer_text(
    ticket: PublicTicket, shape: Shape, catalogue: Catalogue, facilities: Mapping[str, Facility]
) -> DeveloperText:
    sections = (
        _hrc(ticket, catalogue, facilities) if shape is Shape.HRC else _snow(ticket, catalogue, facilities)
    )
    body = "\n\n".join(f"### {head}\n{text}" for head, text in (*sections, *_ENDING))
    labels = tuple(dict.fromkeys((TIER3_LABEL, *_labels(ticket.tool, shape, catalogue))))
    text = DeveloperText(_one_line(ticket.title), labels, body, ())
    allowed = {*catalogue.help_numbers, *(ref.value for ref in ticket.references), ticket.number} - {""}
    return DeveloperText(text.title, labels, body, tuple(find_pii(text.whole, allowed)))


Sections = list[tuple[str, str]]
_ENDING = (
    ("Acceptance criteria", "- [ ] cause found\n- [ ] resolved"),
    ("Definition of done", "- [ ] criteria met\n- [ ] Tier 3 told, in words a caller may hear"),
)


def _hrc(t: PublicTicket, catalogue: Catalogue, facilities: Mapping[str, Facility]) -> Sections:
    return [
        ("HRC record(s)", _numbers(t)),
        ("Portal ticket", t.number or "number follows with filing"),
        ("Description", _description(t, catalogue)),
        ("Severity and reason", f"{t.severity.capitalize()}: {_one_line(t.severity_because)}"),
        ("Facility, EHR, people affected", _where(t, facilities)),
        ("Device | Browser | OS or app version", _device(t, catalogue)),
        ("When (with zone)", _fact(t, "occurred_at", catalogue)),
        ("Steps to reproduce", _fact(t, "steps", catalogue)),
        ("Expected", _fact(t, "expected", catalogue)),
        ("Actual, alert, code", _actual(t)),
        ("Tried by Tier 1/2", _fact(t, "tried", catalogue)),
        ("Not known", _not_known(t, catalogue)),
    ]


def _snow(t: PublicTicket, catalogue: Catalogue, facilities: Mapping[str, Facility]) -> Sections:
    role = f"{_fact(t, 'staff_role', catalogue)} | {_fact(t, 'group_or_pool', catalogue)}"
    return [
        ("INC number", _numbers(t)),
        ("Portal ticket", t.number or "number follows with filing"),
        (
            "Severity (ServiceNow words) and Tier 3 severity",
            f"{t.snow_severity.capitalize()} | {t.severity.capitalize()}: {_one_line(t.severity_because)}",
        ),
        ("Description", _description(t, catalogue)),
        ("Facility, EHR, people affected", _where(t, facilities)),
        ("Role and group or pool", role),
        ("Staff affected", _fact(t, "staff_affected", catalogue)),
        ("Steps", _fact(t, "steps", catalogue)),
        ("Expected", _fact(t, "expected", catalogue)),
        ("Actual", _actual(t)),
        ("Tried", _fact(t, "tried", catalogue)),
        ("Not known", _not_known(t, catalogue)),
        ("Screenshots", "held in the incident"),
    ]


def _is_public(fact_id: str, catalogue: Catalogue) -> bool:
    fact = catalogue.facts.get(fact_id)
    return fact is not None and fact.public


def _labels(tool_id: str, shape: Shape, catalogue: Catalogue) -> list[str]:
    """HRC: the one label of the tool. ServiceNow: those of its team before it."""
    tool = catalogue.tools.get(tool_id)
    if tool is None:
        return []
    team = catalogue.teams.get(tool.team)
    of_team = team.labels if team and shape is Shape.SNOW else ()
    return [*of_team, *([tool.label] if tool.label else [])]


def _numbers(t: PublicTicket) -> str:
    return ", ".join(reference_words(ref) for ref in t.references) or "number follows"


def _description(t: PublicTicket, catalogue: Catalogue) -> str:
    lines = [_text(t.summary)]
    for key in t.facts:
        if key not in PLACED:
            lines.append(f"- {catalogue.facts[key].label} {_fact(t, key, catalogue)}")
    return "\n".join(lines)


def _where(t: PublicTicket, facilities: Mapping[str, Facility]) -> str:
    places = []
    for station in t.facilities:
        known = facilities.get(station)
        places.append(f"{station} {known.name}" if known else _one_line(station))
    ehr = FACTS["ehr"].choices.get(t.ehr or "", "EHR not known")
    people = "one caller so far" if t.people <= 1 else f"{t.people} callers in 24 hours"
    return f"{', '.join(places) or 'facility not known'} | {ehr} | {people}"


def _device(t: PublicTicket, catalogue: Catalogue) -> str:
    where = FACTS["platform"].choices.get(t.platform or "", "place not known")
    if t.platform in ("ios", "android"):
        versions = f"{_fact(t, 'os_version', catalogue)}, app {_fact(t, 'app_version', catalogue)}"
        return f"{where} | app | {versions}"
    return f"{_fact(t, 'device', catalogue)} | {_fact(t, 'browser', catalogue)} | {where}"


def _actual(t: PublicTicket) -> str:
    words = (
        f'Alert: "{_one_line(t.alert_words)}"'
        if t.alert_words.strip()
        else alert_missing(t.facts, t.not_known)
    )
    return f"{words}\nCode: {t.error_code or 'none'}"


def alert_missing(facts: Mapping[str, str], not_known: Collection[str]) -> str:
    """Why a ticket has no words of an alert; that none was shown is said only where the agent said so."""
    if "alert_words" in not_known:
        return "Alert: not known"
    return facts.get("alert_words") or "Alert: not asked"


def _not_known(t: PublicTicket, catalogue: Catalogue) -> str:
    return "\n".join(f"- {catalogue.facts[key].label}" for key in t.not_known) or "nothing left open"


def _fact(t: PublicTicket, key: str, catalogue: Catalogue) -> str:
    value = t.facts.get(key, "").strip()
    if not value:
        return NOT_KNOWN if key in t.not_known else NOT_ASKED
    return _text(catalogue.facts[key].choices.get(value, value))


def _one_line(text: str) -> str:
    return _text(" ".join(text.split()))


def _text(text: str) -> str:
    """As typed, but without markup of its own: a line can be no heading, and no tag can hide words."""
    quiet = re.sub(r"(?m)^(\s*)(#+)", r"\1\\\2", text.strip())
    return quiet.replace("<", "&lt;")
