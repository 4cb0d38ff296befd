"""How much one ticket is like another, with the reasons in words. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from portal.search.query import LIGHT_TERMS, LIGHT_WEIGHT, comparable
from portal.search.search_index import spoken, term, words
from portal.tickets.groups import FEWEST_ALERT_WORDS, FEWEST_LETTERS, Alike, core_of, terms_of
from portal.tickets.ticket import State

LEAST: Final = 0.28  # of the words, weighed by how rare they are; a code or an alert in common needs no words
SAME_CODE, SAME_ALERT, SAME_PLACE, SAME_EHR = 0.5, 0.4, 0.15, 0.05
NEAR: Final = ((timedelta(days=1), 0.15), (timedelta(days=7), 0.1), (timedelta(days=30), 0.05))
MOST_WORDS: Final = 4


@dataclass(frozen=True, slots=True)
class Similar:
    """A ticket that this person may open, and what it has in common with the one in hand."""

    number: str
    title: str
    state: State
    filed_at: datetime
    team: str | None
    known_issue_id: str | None
    score: float
    why: tuple[str, ...]


def likeness(asked: Alike, other: Alike, rarity: Callable[[str], float]) -> tuple[float, tuple[str, ...]]:
    """From 0 to about 2, and why; 0 when they have too little in common. `rarity`: what a stem weighs."""
    mine, theirs = terms_of(asked), terms_of(other)
    shared = sorted(mine & theirs, key=lambda found: (-_weight(found, rarity), found))
    own = sum(_weight(found, rarity) for found in mine)
    mean = own / len(mine) if mine else 0.0
    said = sum(_weight(found, rarity) for found in shared)
    score = 2 * said / (own + said + mean * len(theirs - mine)) if said else 0.0
    code = bool(asked.code) and comparable(asked.code or "") == comparable(other.code or "")
    alert = _alert(asked) == _alert(other) and len(_alert(asked)) >= FEWEST_ALERT_WORDS
    if score < LEAST and not (code and asked.tool == other.tool) and not alert:
        return 0.0, ()
    places = [place for place in asked.facilities if place in other.facilities]
    apart = abs(asked.at - other.at)
    near = next((worth for span, worth in NEAR if apart <= span), 0.0)
    score += code * SAME_CODE + alert * SAME_ALERT + bool(places) * SAME_PLACE + near
    score += SAME_EHR if asked.ehr and asked.ehr == other.ehr else 0.0
    typed = {found: word for word in reversed(_typed(other)) if (found := term(word)) in shared}
    telling = [spoken(typed[found]) for found in shared if found in typed and found not in LIGHT_TERMS]
    why = [
        f"code {other.code}" if code else "",
        "the same alert" if alert else "",
        f"words {', '.join(f'“{word}”' for word in telling[:MOST_WORDS])}" if telling else "",
        f"station {places[0]}" if places else "",
        _when(apart, earlier=other.at <= asked.at),
    ]
    return score, tuple(filter(None, why))


def _weight(found: str, rarity: Callable[[str], float]) -> float:
    return LIGHT_WEIGHT if found in LIGHT_TERMS else rarity(found)


def _alert(ticket: Alike) -> list[str]:
    return words(ticket.alert_words)


def _typed(ticket: Alike) -> list[str]:
    text = f"{core_of(ticket.title)} . {ticket.summary} . {ticket.alert_words}"
    return [word for word in words(text) if len(word) >= FEWEST_LETTERS or word.isdigit()]


def _when(apart: timedelta, *, earlier: bool) -> str:
    days = round(apart / timedelta(days=1))
    if apart > NEAR[-1][0]:
        return ""
    if days == 0:
        return "the same day"
    return f"{days} day{'s' if days > 1 else ''} {'earlier' if earlier else 'later'}"
