"""The likely word behind a typo, over the words of the knowledge base, in memory. Pure.

Words are found by what is left of their first eight letters after one deletion; distance is Damerau's: a swap
is one step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import log

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


class Speller:
    """`counts`: in how many documents each word stands. Suggests words of two documents or more, and all `trusted` ones."""

    def __init__(self, counts: Mapping[str, int], trusted: Iterable[str] = ()) -> None:
        self._counts = counts
        self._trusted = frozenset(trusted)
        self._by_key: dict[str, list[str]] = {}
        for word in self._trusted | {word for word, count in counts.items() if count >= 2}:
            if len(word) >= 3 and word.isalpha():
                for key in deletions(word):
                    self._by_key.setdefault(key, []).append(word)

    def knows(self, word: str) -> bool:
        return word in self._counts or word in self._trusted

    def correct(self, word: str) -> str | None:
        """The best word near an unknown one; None for a known one, one with a digit, a short one, or nothing near."""
        if len(word) < 4 or not word.isalpha() or self.knows(word):
            return None
        most = 2 if len(word) >= 6 else 1
        near = {found for key in deletions(word) for found in self._by_key.get(key, ())}
        ranked = [
            (steps, -log(self._counts.get(w, 1) + 1), w)
            for w in near
            if (steps := distance(word, w, most)) <= most
        ]
        return min(ranked)[2] if ranked else None
