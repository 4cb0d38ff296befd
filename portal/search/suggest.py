"""Search as you type: titles, callers' words and codes in memory; answers in well under a millisecond. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from portal.search.documents import CODE, Document
from portal.search.query import comparable
from portal.search.search_index import words
from portal.search.spelling import deletions, distance

MOST_EXPANSIONS = 64
HEAD = 7


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One line under the box; `label` is the title, `kind` and `tool` are shown in words."""

    id: str
    kind: str
    label: str
    tool: str | None
    url: str


class Suggester:
    """Prefix on the last word, exact on those before; the typo step only if nothing was found."""

    def __init__(self, documents: Iterable[Document]) -> None:
        # Shorter first, so numbers are ranks. The documents are not kept: this outlives changes of their texts.
        ranked = sorted(documents, key=lambda d: (len(d.title), d.id))
        self._lines = [Suggestion(d.id, d.kind, d.title, d.tool, d.url) for d in ranked]
        self._titles = [" ".join(words(d.title)) for d in ranked]
        postings: dict[str, set[int]] = {}
        for number, document in enumerate(ranked):
            for text in (document.title, *document.words, *document.codes):
                for word in words(text):
                    postings.setdefault(word, set()).add(number)
            for code in document.codes:
                postings.setdefault(comparable(code), set()).add(number)
        self._postings = postings
        self._sorted = sorted(postings)
        self._by_key: dict[str, list[str]] = {}
        for word in self._sorted:
            if len(word) > 3 and word.isalpha():
                for key in deletions(word, HEAD):
                    self._by_key.setdefault(key, []).append(word)
        prefixes = {word[:length] for word in postings for length in (1, 2)}
        self._short = {prefix: self._ranked([prefix], 8) for prefix in prefixes}

    def suggest(self, text: str, limit: int = 6) -> list[Suggestion]:
        typed = words(text[:100])
        if not typed:
            return []
        numbers = self._short.get(typed[0]) if len(typed) == 1 else None
        if numbers is None or limit > 8:
            numbers = self._ranked(typed, limit)
        if not numbers and comparable(text) in self._postings:
            numbers = self._ranked([comparable(text)], limit)
        if not numbers:
            mended = [self._mended(word) for word in typed]
            numbers = self._ranked(mended, limit) if mended != typed else []
        return [self._lines[number] for number in numbers[:limit]]

    def nearest(self, text: str, limit: int = 3) -> list[Suggestion]:
        """For a search that found nothing: what holds any of the words, mended, best covered first."""
        counts: dict[int, int] = {}
        for word in words(text)[:20]:
            if len(word) > 3:
                for number in self._expanded(self._mended(word)[:6]):
                    counts[number] = counts.get(number, 0) + 1
        return [self._lines[number] for number in sorted(counts, key=lambda n: (-counts[n], n))[:limit]]

    def _expanded(self, prefix: str) -> set[int]:
        first = bisect_left(self._sorted, prefix)
        found: set[int] = set(self._postings.get(prefix, ()))
        for word in self._sorted[first : first + MOST_EXPANSIONS]:
            if not word.startswith(prefix):
                break
            found |= self._postings[word]
        return found

    def _ranked(self, typed: Sequence[str], limit: int) -> list[int]:
        """Codes that begin so, titles that start so, titles that contain it, the rest; shorter titles first."""
        found = self._expanded(typed[-1])
        for word in typed[:-1]:
            found = found & self._postings.get(word, set())
        joined = " ".join(typed)
        inside = f" {joined}"

        def rank(number: int) -> tuple[int, bool, int]:
            title = self._titles[number]
            order = 0 if title.startswith(joined) else 1 if inside in title else 2
            return order, self._lines[number].kind == CODE and order > 0, number

        return sorted(found, key=rank)[:limit]

    def _mended(self, word: str) -> str:
        if len(word) < 4 or not word.isalpha() or word in self._postings or self._expanded(word):
            return word
        near = {found for key in deletions(word, HEAD) for found in self._by_key.get(key, ())}
        close = [(steps, len(w), w) for w in near if (steps := distance(word, w[: len(word) + 1], 2)) <= 2]
        return min(close)[2] if close else word
