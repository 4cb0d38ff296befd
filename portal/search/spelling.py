"""The likely word behind a typo, over the words of the knowledge base, in memory. Pure.

Words are found by what is left of their first eight letters after one deletion; distance is Damerau's: a swap
is one step.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from math import log

from portal.search.search_index import term

HEAD = 8


def deletions(word: str, head: int = HEAD) -> set[str]:
    """The first letters of the word, and what is left of them with any one taken out."""
    first = word[:head]
    return {first} | {first[:i] + first[i + 1 :] for i in range(len(first))}


def distance(one: str, other: str, most: int) -> int:
    """Damerau-Levenshtein (adjacent swaps); `most + 1` when it is greater than `most`."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


class Names:
    """Titles, callers' words and synonyms, each as its words: what they tell spelling."""

    def __init__(self, names: Iterable[Sequence[str]]) -> None:
        self.words: set[str] = set()
        pairs: Counter[tuple[str, str]] = Counter()
        for name in names:
            self.words.update(name)
            pairs.update(pairwise(name))
        self.joined = {one + other: f"{one} {other}" for (one, other), count in pairs.items() if count >= 2}
        self.stems = frozenset(map(term, self.words))
        self.sorted = sorted(word for word in self.words if word.isalpha() and term(word))


class Speller:
    """`counts`: in how many documents each word stands; words of two or more are suggested, and all those of
    `names`. `light`: words that are right, and no target.
    """

    def __init__(
        self,
        counts: Mapping[str, int],
        names: Iterable[Sequence[str]] | Names = (),
        light: Collection[str] = (),
    ) -> None:
        self._counts = counts
        self._light = light
        self.names = names if isinstance(names, Names) else Names(names)
        self._joined, self._stems, self._sorted = self.names.joined, self.names.stems, self.names.sorted
        targets = self.names.words | {word for word, count in counts.items() if count >= 2}
        self._by_key: dict[str, list[str]] = {}
        for word in targets:
            if len(word) >= 3 and word.isalpha() and term(word) and word not in light:
                for key in deletions(word):
                    self._by_key.setdefault(key, []).append(word)

    def knows(self, word: str) -> bool:
        return word in self._counts or word in self._light or term(word) in self._stems or not term(word)

    def correct(self, word: str) -> str | None:
        """The best word near an unknown one, or the two or the longer one it stands for (`signin`, `maint`).

        None for a known one, one with a digit, a short one, or nothing near.
        """
        if len(word) < 4 or not word.isalpha() or self.knows(word):
            return None
        if word in self._joined:
            return self._joined[word]
        near = {found for key in deletions(word) for found in self._by_key.get(key, ())}
        ranked = [
            (steps, -log(self._counts.get(found, 1) + 1), found)
            for found in near
            if (steps := distance(word, found, 2)) <= 2 and _is_likely(word, found, steps)
        ]
        best = min(ranked, default=None)
        if best is None or best[0] > 1:
            longer = self._completed(word)
            if longer:
                return longer
        return best[2] if best else None

    def _completed(self, word: str) -> str | None:
        """The most common word of the names that begins so."""
        first = bisect_left(self._sorted, word)
        last = bisect_left(self._sorted, word + "\uffff")
        return max(self._sorted[first:last], key=lambda found: self._counts.get(found, 0), default=None)


def _is_likely(typed: str, right: str, steps: int) -> bool:
    """Fingers slip inside a word, seldom at its first letter; in a short word another letter is another word."""
    starts_alike = typed[0] == right[0] or typed[:2] == right[1::-1]
    if len(typed) >= 6:
        return starts_alike
    return starts_alike and steps == 1 and (len(typed) != len(right) or sorted(typed) == sorted(right))
