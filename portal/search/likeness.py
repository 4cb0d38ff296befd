"""How near a query comes to one whole phrase of a document: its title, an alias, a symptom, an alert text. Pure.

Scores by word cannot tell two words of one symptom from the same two in two symptoms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from portal.search.documents import Document
from portal.search.query import Group
from portal.search.search_index import terms


class Likeness:
    """One query, to be held against many documents. `rarity`: what a term counts; a rare one counts most."""

    def __init__(self, groups: Sequence[Group], rarity: Callable[[str], float]) -> None:
        self._rarity = rarity
        self._asked = [(group.ways, _common(group, rarity)) for group in groups]
        self._all = sum(weight for _, weight in self._asked)
        self._terms = frozenset(term for ways, _ in self._asked for way in ways for term in way)

    def of(self, document: Document) -> float:
        """0 to 1, of the nearest phrase: the share of the query that it holds, times its own share that is asked for."""
        return max(map(self._of_phrase, _phrases(document)))

    def _of_phrase(self, phrase: frozenset[str]) -> float:
        if phrase.isdisjoint(self._terms):
            return 0.0
        shared, held = 0.0, set[str]()
        for ways, weight in self._asked:
            way = next((way for way in ways if phrase.issuperset(way)), None)
            if way is not None:
                shared += weight
                held.update(way)
        if not shared:
            return 0.0
        more = sum(map(self._rarity, phrase - held))
        return shared / self._all * shared / (shared + more)


def _common(group: Group, rarity: Callable[[str], float]) -> float:
    """What a group counts: as its most common way to say it."""
    return group.weight * min(max(map(rarity, way)) for way in group.ways)


@lru_cache(maxsize=8192)
def _phrases(document: Document) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(terms(text)) for text in (document.title, *document.words))
