"""A ticket's events in words, for its timeline. Pure."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from datetime import date
from typing import Any, Protocol, TypeVar

from portal.knowledge.article import IssueStatus
from portal.knowledge.issue_states import LABELS
from portal.knowledge.snapshot import Snapshot
from portal.tickets.lifecycle import HOLD_WORDS, RETURN_WORDS
from portal.tickets.question import answers_in_words
from portal.tickets.references import reference_words
from portal.tickets.ticket import HoldReason, Reference, ReturnReason

Words = Callable[[Mapping[str, Any], Snapshot], str]


def _team(data: Mapping[str, Any], snapshot: Snapshot) -> str:
    team = snapshot.catalogue.teams.get(data.get("team") or "")
    return f"the {team.name} team" if team else "a team"


def _title(data: Mapping[str, Any], snapshot: Snapshot) -> str:
    id = str(data.get("known_issue", ""))
    return f"“{snapshot.articles[id].title}”" if id in snapshot.articles else id


def _who(data: Mapping[str, Any]) -> str:
    return str(data.get("as") or "the portal")


def _day(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day:%b} {day.day}, {day.year}"


def _said(data: Mapping[str, Any]) -> str:
    """The reason and the note of a move, where there are any."""
    words = [f": {data['because']}" if data.get("because") else "."]
    if data.get("note"):
        words.append(f" Note: {data['note']}")
    return "".join(words)


def _text(data: Mapping[str, Any]) -> str:
    return f" Text: “{data['caller_text']}”" if data.get("caller_text") else ""


def _route(data: Mapping[str, Any], snapshot: Snapshot) -> str:
    route = snapshot.catalogue.routes.get(data.get("route") or "")
    return route.name if route else "another place"


UNDONE = {
    "linked": "the link to the known issue",
    "routed": "the hand-over to a team",
    "held": "the question to the caller",
    "answered": "the answer",
    "not_tier3": "that it is not for Tier 3",
    "taken": "the taking",
}
FIELDS = {
    "title": "title",
    "summary": "what happens",
    "alert_words": "words on the screen",
    "error_code": "code",
    "details": "details for the support desks",
}


def _assessed(data: Mapping[str, Any], snapshot: Snapshot) -> str:
    """Each as "severity medium → critical"."""
    said = [f"severity {' → '.join(data['severity'])}"] if "severity" in data else []
    if "tool" in data:
        tools = snapshot.catalogue.tools
        said.append(
            f"tool {' → '.join(tools[id].name if id in tools else 'not known' for id in data['tool'])}"
        )
    return ", ".join(said)


def _news(data: Mapping[str, Any], snapshot: Snapshot) -> str:
    """What changed about a known issue."""
    parts = []
    if data.get("merged_into"):
        parts.append(f"merged into {_title({'known_issue': data['merged_into']}, snapshot)}")
    elif data.get("status"):
        parts.append(f"now {LABELS[IssueStatus(data['status'])].lower()}")
    if data.get("workaround"):
        parts.append("another workaround: " + " ".join(data["workaround"]))
    if data.get("caller_text"):
        parts.append(f"other words for callers: “{data['caller_text']}”")
    return "; ".join(parts) or "its workaround is taken away"


EVENTS: dict[str, Words] = {
    "issue_news": lambda d, s: f"News of the known issue {_title(d, s)}: {_news(d, s)}.",
    "filed": lambda d, _s: f"Filed by {d.get('as', 'an agent')}. {d.get('because', '')}".rstrip(),
    "taken": lambda d, _s: f"Taken by {_who(d)}.",
    "routed": lambda d, s: f"Handed to {_team(d, s)} by {d.get('as', 'the rules')}: {d.get('because', '')}",
    "accepted": lambda d, s: f"Accepted by {_team(d, s)}.",
    "started": lambda d, _s: f"Work on it started by {_who(d)}.",
    "answer_ready": lambda d, s: (
        f"Answer ready, says {'the portal' if d.get('as') == 'the portal' else _team(d, s)}{_said(d)}{_text(d)}"
    ),
    "answered": lambda d, _s: f"Sent back to Tier 2 by {_who(d)}.{_text(d)}",
    "resolved": lambda d, _s: f"Resolved, says {_who(d)}{_said(d)}",
    "closed": lambda _d, _s: "Closed by the portal after the set number of days.",
    "held": lambda d, _s: (
        f"Put on hold by {_who(d)} until {_day(d['until'])}. "
        f"It waits for {HOLD_WORDS[HoldReason(d['reason'])]}{_said(d)}"
    ),
    "postponed": lambda d, _s: f"Held until {_day(d['until'])} instead, by {_who(d)}.",
    "resumed": lambda d, _s: f"Hold ended by {_who(d)}{_said(d)}",
    "replied": lambda d, _s: f"What the caller says, through {_who(d)}: {answers_in_words(d['answers'])}",
    "question_withdrawn": lambda d, _s: f"Question taken back by {_who(d)}: {d['question']}",
    "returned": lambda d, s: f"Returned by {_who(d)}, {RETURN_WORDS[ReturnReason(d['reason'])]}{_said(d)}",
    "not_tier3": lambda d, s: (
        f"Not for Tier 3, says {_who(d)}: it goes to {_route(d, s)}. {d.get('because', '')}".rstrip()
    ),
    "duplicate": lambda d, _s: f"Marked by {_who(d)} as a duplicate of {d['of']}.",
    "linked": lambda d, s: (
        f"Linked to the known issue {_title(d, s)} by {_who(d)}: {d['why']}."
        if "why" in d
        else f"Recognised in the call: {_title(d, s)}."
    ),
    "undone": lambda d, _s: f"Taken back by {_who(d)}: {UNDONE[d['event']]}.",
    "unlinked": lambda d, s: f"Link to {_title(d, s)} taken away by {_who(d)}{_said(d)}",
    "not_this": lambda d, s: f"Not {_title(d, s)}, says {_who(d)}.",
    "reopened": lambda d, _s: f"Reopened by {_who(d)}{_said(d)}",
    "withdrawn": lambda d, _s: f"Withdrawn by {_who(d)}{_said(d)}",
    "corrected": lambda d, _s: f"Corrected by {_who(d)}: {', '.join(FIELDS[name] for name in d['fields'])}.",
    "assessed": lambda d, s: f"Set by {_who(d)}: {_assessed(d, s)}{_said(d)}",
    "redacted": lambda d, _s: f"Words that must not stay were taken out by {_who(d)}.",
    "expired": lambda d, _s: (
        f"Its words and files were taken out by the portal, which keeps them for {d['days']} days after the end of a ticket."
    ),
    "noted": lambda d, _s: f"Note by {_who(d)}: {d['note']}",
    "caller_text": lambda d, _s: f"Words for the caller set by {_who(d)}.{_text(d)}",
    "facts_added": lambda d, s: (
        f"Facts added: {', '.join(s.catalogue.facts[f].label for f in d['facts'] if f in s.catalogue.facts)}"
    ),
    "reference_added": lambda d, _s: f"{reference_words(Reference(d['system'], d['value']))} added.",
    "file_added": lambda d, _s: f"File “{d['file']}” added by {_who(d)}.",
    "file_withdrawn": lambda d, _s: f"File “{d['file']}” withdrawn by {_who(d)}{_said(d)}",
    "file_refused": lambda d, _s: f"File “{d['file']}” taken away: the malware scan refused it.",
    "still_happening": lambda d, _s: f"Still happening, says {d.get('as', 'an agent')}.",
    "stopped_happening": lambda d, _s: f"Stopped happening, says {d.get('as', 'an agent')}.",
}


class Happened(Protocol):
    """An event of a ticket."""

    @property
    def kind(self) -> str: ...


Known = TypeVar("Known", bound=Happened)


def standing_moves(events: Iterable[Known], kinds: Container[str]) -> list[Known]:
    """The events of these kinds, without those that were taken back."""
    kept: list[Known] = []
    for event in events:
        if event.kind in kinds:
            kept.append(event)
        elif event.kind == "undone" and kept:
            kept.pop()
    return kept


def event_words(kind: str, data: Mapping[str, Any], snapshot: Snapshot, *, inside: bool = True) -> str:
    """One sentence or two; the time stands beside it. not `inside`: for a desk, which may read out whatever it sees.

    Empty when nothing of the event is for them: notes of Tier 3 and the teams, and answers not yet confirmed.
    """
    if not inside and data.get("inside"):
        if kind == "noted":
            return ""
        kept = {"caller_text"} if kind in ("answered", "caller_text") else set()
        data = {name: value for name, value in data.items() if name not in {"note", "caller_text"} - kept}
    return EVENTS[kind](data, snapshot)
