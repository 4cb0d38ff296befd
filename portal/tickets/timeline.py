"""A ticket's events in words, for its timeline. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from portal.knowledge.snapshot import Snapshot
from portal.tickets.references import reference_words
from portal.tickets.ticket import Reference

Words = Callable[[Mapping[str, Any], Snapshot], str]


def _team(data: Mapping[str, Any], snapshot: Snapshot) -> str:
    team = snapshot.catalogue.teams.get(data.get("team") or "")
    return f"the {team.name} team" if team else "a team"


def _title(data: Mapping[str, Any], snapshot: Snapshot) -> str:
    id = str(data.get("known_issue", ""))
    return f"“{snapshot.articles[id].title}”" if id in snapshot.articles else id


EVENTS: dict[str, Words] = {
    "filed": lambda d, _s: f"Filed by {d.get('as', 'an agent')}. {d.get('because', '')}".rstrip(),
    "routed": lambda d, s: f"Handed to {_team(d, s)} by {d.get('as', 'the rules')}: {d.get('because', '')}",
    "accepted": lambda d, s: f"Accepted by {_team(d, s)}.",
    "linked": lambda d, s: f"Linked to the known issue {_title(d, s)}.",
    "facts_added": lambda d, s: (
        f"Facts added: {', '.join(s.catalogue.facts[f].label for f in d['facts'] if f in s.catalogue.facts)}"
    ),
    "reference_added": lambda d, _s: f"{reference_words(Reference(d['system'], d['value']))} added.",
    "still_happening": lambda d, _s: f"Still happening, says {d.get('as', 'an agent')}.",
    "stopped_happening": lambda d, _s: f"Stopped happening, says {d.get('as', 'an agent')}.",
}


def event_words(kind: str, data: Mapping[str, Any], snapshot: Snapshot) -> str:
    """One sentence or two; the time stands beside it."""
    return EVENTS[kind](data, snapshot)
