"""A ticket's events in words, for its timeline. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from portal.knowledge.catalogue import Catalogue
from portal.tickets.references import reference_words
from portal.tickets.ticket import Reference

Words = Callable[[Mapping[str, Any], Catalogue], str]


def _team(data: Mapping[str, Any], catalogue: Catalogue) -> str:
    team = catalogue.teams.get(data.get("team") or "")
    return f"the {team.name} team" if team else "a team"


EVENTS: dict[str, Words] = {
    "filed": lambda d, _c: f"Filed by {d.get('as', 'an agent')}. {d.get('because', '')}".rstrip(),
    "routed": lambda d, c: f"Handed to {_team(d, c)} by {d.get('as', 'the rules')}: {d.get('because', '')}",
    "accepted": lambda d, c: f"Accepted by {_team(d, c)}.",
    "linked": lambda d, _c: f"Linked to the known issue {d.get('known_issue', '')}.",
    "facts_added": lambda d, c: (
        f"Facts added: {', '.join(c.facts[f].label for f in d['facts'] if f in c.facts)}"
    ),
    "reference_added": lambda d, _c: f"{reference_words(Reference(d['system'], d['value']))} added.",
    "still_happening": lambda d, _c: f"Still happening, says {d.get('as', 'an agent')}.",
    "stopped_happening": lambda d, _c: f"Stopped happening, says {d.get('as', 'an agent')}.",
}


def event_words(kind: str, data: Mapping[str, Any], catalogue: Catalogue) -> str:
    """One sentence or two; the time stands beside it."""
    return EVENTS[kind](data, catalogue)
