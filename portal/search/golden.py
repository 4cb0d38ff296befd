"""How well the golden searches of the content are answered, in figures and in misses. Pure.

Two measures: `met` is each search's own demand; `first` and `within` count where the expected page stands,
whatever the search demands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from portal.knowledge.golden import CODE, ROUTE, GoldenSearch

FEWEST = 200  # searches in all
FEWEST_OF_AREA = 15
LEAST_WITHIN = 0.92  # of all searches: the expected page is among the first three results
LEAST_FIRST = 0.75  # of all searches: it is the first
WITHIN = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """`got`: the first results, named as in the files. `place`: of the best expected one, from 1; 0: not there."""

    search: GoldenSearch
    got: tuple[str, ...]
    place: int

    @property
    def is_first(self) -> bool:
        return self.place == 1

    @property
    def is_within(self) -> bool:
        return 1 <= self.place <= WITHIN

    @property
    def is_met(self) -> bool:
        return self.is_first if self.search.first else self.is_within


@dataclass(frozen=True, slots=True)
class Figures:
    count: int
    met: int
    first: int
    within: int

    def __str__(self) -> str:
        parts = ((self.first, "first"), (self.within, f"within {WITHIN}"), (self.met, "met"))
        return f"{self.count:4}" + "".join(f"  {self._share(n):5.1%} {name}" for n, name in parts)

    def _share(self, number: int) -> float:
        return number / self.count if self.count else 0.0

    @property
    def first_share(self) -> float:
        return self._share(self.first)

    @property
    def within_share(self) -> float:
        return self._share(self.within)


def run(
    searches: Sequence[GoldenSearch], names: Mapping[str, str], find: Callable[[str], Sequence[str]]
) -> list[Outcome]:
    """`find`: query -> ids of the documents found, best first. `names`: id of a document -> its name in the files."""
    outcomes = []
    for search in searches:
        found = [names[id] for id in find(search.query)]
        place = min((found.index(id) + 1 for id in search.expected if id in found), default=0)
        outcomes.append(Outcome(search, tuple(found[:WITHIN]), place))
    return outcomes


def name_of(document_id: str, is_code: bool, is_route: bool) -> str:
    """`code-SM98` is `code/SM98` in the files, a route likewise; an article keeps its id."""
    if is_code:
        return CODE + document_id.removeprefix("code-")
    return ROUTE + document_id.removeprefix("route-") if is_route else document_id


def figures(outcomes: Sequence[Outcome]) -> Figures:
    return Figures(
        len(outcomes),
        sum(one.is_met for one in outcomes),
        sum(one.is_first for one in outcomes),
        sum(one.is_within for one in outcomes),
    )


def by_area(outcomes: Sequence[Outcome]) -> dict[str, Figures]:
    ordered = sorted(outcomes, key=lambda one: one.search.area)
    return {area: figures(list(group)) for area, group in groupby(ordered, lambda one: one.search.area)}


def below_floors(outcomes: Sequence[Outcome], *, of_one_area: bool = False) -> list[str]:
    """What is too little, one sentence each. The number of all searches says nothing about one area."""
    total = figures(outcomes)
    found = []
    if total.count < FEWEST and not of_one_area:
        found.append(f"{total.count} searches in all; at least {FEWEST} are needed.")
    for area, own in by_area(outcomes).items():
        if own.count < FEWEST_OF_AREA:
            found.append(f"{area}: {own.count} searches; at least {FEWEST_OF_AREA} are needed.")
    if total.within_share < LEAST_WITHIN:
        found.append(f"{total.within_share:.1%} within {WITHIN}; the floor is {LEAST_WITHIN:.0%}.")
    if total.first_share < LEAST_FIRST:
        found.append(f"{total.first_share:.1%} first; the floor is {LEAST_FIRST:.0%}.")
    return found


def report(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Figures of each area and of all, then every search that is not met."""
    for area, own in by_area(outcomes).items():
        yield f"{area:<24}{own}"
    yield f"{'all':<24}{figures(outcomes)}"
    for one in outcomes:
        if not one.is_met:
            demand = "first" if one.search.first else f"within {WITHIN}"
            yield f'\n{one.search.file}:{one.search.line}: "{one.search.query}"'
            yield f"  expected {demand}: {' or '.join(one.search.expected)}"
            yield f"  got: {', '.join(one.got) or 'nothing'}" + (
                f" (it is number {one.place})" * bool(one.place)
            )
