"""Which open tickets say the same: five reports of one problem that were filed as five are seen as one. Pure.

Two tickets are alike when, within a week, they give the same code for the same tool, the same alert, or about half of
the same words. A group is a ticket with all that are alike to it, the fullest first, and those that are alike to most
of these: nobody is drawn in through a chain of others. Neither the order of the tickets nor the time of asking changes
the outcome.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from portal.search.query import LIGHT_TERMS, LIGHT_WEIGHT, comparable
from portal.search.search_index import spoken, term, terms, words

NEAR: Final = timedelta(days=7)
ALIKE: Final = 0.5  # the share of the words that both say
SAME_PLACE: Final = 0.42  # of them, at the same facility
OTHER: Final = 0.65  # under another tool, since an app shows the screens of others, or with an alert that reads otherwise
LEAST_SHARED: Final = 3  # words; two short sentences share half of theirs by chance
FEWEST_ALERT_WORDS: Final = 3
SAID_BY: Final = 0.6  # of the group: then a word is what the group is about
MOST_WORDS: Final = 5
FEWEST_LETTERS: Final = 4  # of a word that is shown


@dataclass(frozen=True, slots=True)
class Alike:
    """What is compared of an unlinked open ticket. `title`: as tickets are titled, "SM - Reply fails: SM98 (web)"."""

    number: str
    at: datetime
    tool: str
    title: str
    summary: str
    alert_words: str = ""
    code: str | None = None
    facilities: tuple[str, ...] = ()
    ehr: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """At least two tickets, oldest first. `words`: as the first that says them typed them, those most say first."""

    numbers: tuple[str, ...]
    tool: str
    code: str | None
    words: tuple[str, ...]
    facilities: tuple[str, ...]
    ehr: str | None
    since: datetime
    because: str


@dataclass(frozen=True, slots=True)
class _Said:
    """A ticket as it is compared: its words as the bits of two numbers, since sets are too slow for all pairs."""

    ticket: Alike
    tool: str
    code: str
    alert: frozenset[str]
    places: frozenset[str]
    telling: int
    light: int
    weight: float


def alike(tickets: Sequence[Alike]) -> list[Group]:
    """The largest first, then the newest; each ticket in at most one."""
    said = _read(sorted(tickets, key=lambda one: (one.at, one.number)))
    near = _pairs(said)
    groups: list[Group] = []
    left = (1 << len(said)) - 1
    while left:
        hub = max(_places(left), key=lambda place: ((near[place] & left).bit_count(), -place))
        core = near[hub] & left | 1 << hub
        if core.bit_count() == 1:
            break  # the fullest is alone, so all are
        members = [
            p for p in _places(left) if core >> p & 1 or 2 * (near[p] & core).bit_count() > core.bit_count()
        ]
        groups.append(_group([said[place].ticket for place in members]))
        left &= ~sum(1 << place for place in members)
    return sorted(groups, key=lambda group: (-len(group.numbers), -group.since.timestamp(), group.numbers))


def _places(mask: int) -> Iterator[int]:
    return (place for place in range(mask.bit_length()) if mask >> place & 1)


def _read(tickets: Sequence[Alike]) -> list[_Said]:
    bits: dict[str, int] = {}

    def mask(found: Iterable[str]) -> int:
        return sum(1 << bits.setdefault(one, len(bits)) for one in found)

    said = []
    for ticket in tickets:
        own, alert = terms_of(ticket), _terms_of(ticket.alert_words)
        telling, light = mask(own - LIGHT_TERMS), mask(own & LIGHT_TERMS)
        said.append(
            _Said(
                ticket=ticket,
                tool=ticket.tool,
                code=comparable(ticket.code or ""),
                alert=alert if len(alert) >= FEWEST_ALERT_WORDS else frozenset(),
                places=frozenset(ticket.facilities),
                telling=telling,
                light=light,
                weight=telling.bit_count() + LIGHT_WEIGHT * light.bit_count(),
            )
        )
    return said


def terms_of(ticket: Alike) -> frozenset[str]:
    return _terms_of(f"{core_of(ticket.title)} . {ticket.summary} . {ticket.alert_words}")


@lru_cache(maxsize=2048)
def _terms_of(text: str) -> frozenset[str]:
    return frozenset(terms(text))


def core_of(title: str) -> str:
    """A title without the tool before it and the place behind it, which every ticket of a tool has."""
    _, dash, rest = title.partition(" - ")
    return (rest if dash else title).partition(" (")[0]


def _pairs(said: Sequence[_Said]) -> list[int]:
    """For each ticket those that are alike to it, as bits by place; `said` is in the order of time."""
    near = [0] * len(said)
    telling = [one.telling for one in said]
    named: dict[object, int] = {}
    first = 0
    for place, one in enumerate(said):
        while one.ticket.at - said[first].ticket.at > NEAR:
            first += 1
        mine = one.telling
        close = {
            other
            for other, theirs in enumerate(telling[first:place], first)
            if (mine & theirs).bit_count() >= LEAST_SHARED
        }
        names: tuple[object, ...] = (one.code, one.alert)
        for name in filter(None, names):
            close.update(other for other in _places(named.get(name, 0)) if other >= first)
            named[name] = named.get(name, 0) | 1 << place
        for other in close:
            if _same(one, said[other]):
                near[place] |= 1 << other
                near[other] |= 1 << place
    return near


def _same(one: _Said, other: _Said) -> bool:
    same_tool = one.tool == other.tool
    if one.code and other.code and (same_tool or one.code != other.code):
        return one.code == other.code
    if one.alert and one.alert == other.alert and same_tool:
        return True
    shared = (one.telling & other.telling).bit_count()
    if shared < LEAST_SHARED:
        return False
    share = 2 * (shared + LIGHT_WEIGHT * (one.light & other.light).bit_count()) / (one.weight + other.weight)
    if not same_tool or (one.alert and other.alert):
        return share >= OTHER
    return share >= (ALIKE if one.places.isdisjoint(other.places) else SAME_PLACE)


def _group(tickets: Sequence[Alike]) -> Group:
    codes = {comparable(one.code): one.code for one in reversed(tickets) if one.code}
    code = next(iter(codes.values())) if len(codes) == 1 else None
    ehrs = {one.ehr for one in tickets}
    facilities = tuple(sorted({place for one in tickets for place in one.facilities}))
    shared = _shared_words(tickets)
    tools = Counter(one.tool for one in tickets)
    return Group(
        numbers=tuple(one.number for one in tickets),
        tool=max(tools, key=lambda tool: (tools[tool], tool)),
        code=code,
        words=shared,
        facilities=facilities,
        ehr=ehrs.pop() if len(ehrs) == 1 else None,
        since=tickets[0].at,
        because=_because(tickets, code, shared, facilities),
    )


def _shared_words(tickets: Sequence[Alike]) -> tuple[str, ...]:
    """The words that most of the group says, those of most tickets first, then as the first ticket orders them."""
    typed = [
        word
        for one in tickets
        for word in words(f"{core_of(one.title)} . {one.summary} . {one.alert_words}")
        if len(word) >= FEWEST_LETTERS or word.isdigit()
    ]
    first_said: dict[str, str] = {}
    for word in typed:
        first_said.setdefault(term(word), word)
    counts = Counter(found for one in tickets for found in terms_of(one))
    order = {found: place for place, found in enumerate(first_said) if found and found not in LIGHT_TERMS}
    enough = [found for found in order if counts[found] > 1 and counts[found] >= SAID_BY * len(tickets)]
    enough.sort(key=lambda found: (-counts[found], order[found]))
    return tuple(spoken(first_said[found]) for found in enough[:MOST_WORDS])


def _because(
    tickets: Sequence[Alike], code: str | None, shared: Sequence[str], facilities: Sequence[str]
) -> str:
    """`code SM903 (7 of 9), words “send”, “reply”, 6 facilities`."""
    parts = []
    if code:
        with_code = sum(1 for one in tickets if one.code)
        parts.append(
            f"code {code}" + (f" ({with_code} of {len(tickets)})" if with_code < len(tickets) else "")
        )
    if shared:
        parts.append(f"words {', '.join(f'“{word}”' for word in shared)}")
    alerts = Counter(frozenset(terms(one.alert_words)) for one in tickets)
    if max((count for alert, count in alerts.items() if len(alert) >= FEWEST_ALERT_WORDS), default=0) > 1:
        parts.append("the same alert")
    if len(facilities) == 1:
        parts.append(f"station {facilities[0]}")
    elif facilities:
        parts.append(f"{len(facilities)} facilities")
    return ", ".join(parts)
