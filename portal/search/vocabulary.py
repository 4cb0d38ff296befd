"""In how many documents each word and stem stands: what spelling trusts, and how rare a word of a call is. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from math import log

from portal.search.documents import Document
from portal.search.search_index import term, words


class Vocabulary:
    """`before`: that of other documents, from which only the difference is counted."""

    def __init__(
        self,
        documents: Mapping[str, Document],
        before: Vocabulary | None = None,
        known: Mapping[str, Document] | None = None,
    ) -> None:
        known = known or {}
        self.size = len(documents)
        self.words: Counter[str] = Counter(before.words if before else ())
        self.stems: Counter[str] = Counter(before.stems if before else ())
        self._count((known[id] for id in known if documents.get(id) != known[id]), -1)
        self._count((documents[id] for id in documents if documents[id] != known.get(id)), 1)

    def _count(self, documents: Iterable[Document], step: int) -> None:
        for document in documents:
            said = set(words(" . ".join((document.title, *document.words, document.body))))
            for counter, found in ((self.words, said), (self.stems, set(map(term, said)))):
                for word in found:
                    counter[word] += step

    def knows(self, word: str) -> bool:
        """Does the word, or one with the same stem, stand anywhere?"""
        return self.words[word] > 0 or self.stems[term(word)] > 0

    def idf(self, stem: str) -> float:
        count = self.stems[stem]
        return log(1 + (self.size - count + 0.5) / (count + 0.5))
