"""The same ranking without an index: looks through the documents one by one, for the moments while the index is away. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from portal.search.documents import Document
from portal.search.search_index import Postings, Weights


class PlainScan:
    """A `Source` that finds stems inside the texts; every place it finds counts the same."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self.ids: Sequence[str] = list(documents)
        self._texts = {
            "title": [f" {document.title.lower()}" for document in documents.values()],
            "words": [" ".join(("", *document.words)).lower() for document in documents.values()],
            "body": [f" {document.body.lower()}" for document in documents.values()],
        }

    def postings(self, texts: tuple[str, ...], weights: Weights) -> Postings:
        stems = [" " + (text.rstrip("i") or text) for text in texts]
        scores: dict[int, float] = {}
        for field, weight in weights:
            for number, text in enumerate(self._texts[field]):
                if all(stem in text for stem in stems):
                    scores[number] = scores.get(number, 0.0) + weight
        return Postings(list(scores), list(scores.values()))
