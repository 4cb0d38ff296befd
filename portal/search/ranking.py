"""Query -> hits in order, with reasons and facet counts. Pure: it reads a `Source` and the documents in
memory.

Always OR, BM25F from the source; the title weighs 2 in a query of up to five words, which also has an
all-terms bonus, and 0.3 in a longer one. A document is lifted by how near one of its phrases
comes to the whole query. Order: exact, live known issues, answers, rules, not ours - but a text
hit is lifted into its group only when it scores nearly as much as the best, so that a weak known issue never
stands above a strong answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from heapq import nlargest
from math import log

from portal.knowledge.article import ArticleKind, IssueStatus
from portal.search.documents import CODE, NOT_OURS, Document
from portal.search.likeness import Likeness
from portal.search.query import Group, Query, begun, comparable
from portal.search.search_index import Source, Weights

SHORT_QUERY = 5  # words
SHORT_WEIGHTS: Weights = (("title", 2.0), ("words", 1.5), ("body", 1.0))
LONG_WEIGHTS: Weights = (("title", 0.3), ("words", 1.5), ("body", 1.0))
MOST_GROUPS = 12  # of a long text the rarest terms decide, and the rest costs time
SYNONYM_WEIGHT = 0.5
LONGEST_LIKENESS = 12  # words: a text says several things, a phrase one
MOST_COMPARED = 20  # documents of the best text scores
GOOD = 0.88  # of the best text score: lifted into its group
FLOOR = 0.25  # of the best: less is noise that comes with OR, and is left out
NOISE = FLOOR / 2  # the same before the weights of the documents, to be quick
OVERDUE_WEIGHT = 0.8
CLOSED_WEIGHT = 0.7
CODE_WEIGHT = 0.6  # a card of one line scores high in BM25 for being short
ROUTE_WEIGHT = 0.85  # so does one of few lines
_CLOSED = frozenset(map(str, (IssueStatus.FIXED, IssueStatus.DISMISSED, IssueStatus.MERGED)))
_NO_DAY = date(1, 1, 1)


class Place(IntEnum):
    """Where a hit stands in the list."""

    EXACT = 0
    LIVE_ISSUE = 1
    ANSWER = 2
    RULE = 3
    NOT_OURS = 4
    REST = 5


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty: everything. `readers`: only articles for one of these audiences; a document that names none is for all."""

    kind: str = ""
    tool: str = ""
    status: str = ""
    readers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """`why`: what matched, in words to be shown."""

    document: Document
    score: float
    place: Place
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """`order`: of each hit its place, score and id, best first. Facet -> value -> count, under the other filters only."""

    order: list[tuple[Place, float, str]]
    facets: dict[str, dict[str, int]]
    hits: Callable[[int, int], list[Hit]]


@dataclass(frozen=True, slots=True)
class _Texts:
    """By document number: text score, and as bits the groups that matched. `instead`: group -> number -> synonym."""

    groups: Sequence[Group]
    scores: list[float]
    said: list[int]
    instead: list[dict[int, str]]


def rank(
    query: Query,
    source: Source,
    documents: Mapping[str, Document],
    counts: Mapping[str, int],
    exact: Mapping[str, Sequence[str]],
    filters: Filters,
    today: date,
) -> Ranking:
    """`exact`: id -> reasons, of the documents that carry a code of the query or are named by it. `counts`: in how
    many documents each stem stands, 0 for an unknown one.
    """
    texts = _texts(query, source, counts)
    scores = dict.fromkeys((id for id in exact if id in documents), 0.0)
    numbers: dict[str, int] = {}
    least = NOISE * max(texts.scores, default=0.0)
    for number, score in enumerate(texts.scores):
        if score > least or (score and source.ids[number] in exact):
            document = documents.get(source.ids[number])
            if document is not None:  # else gone from the content and not yet from the index
                scores[document.id] = score * _weight(document, today)
                numbers[document.id] = number
    best = max(scores.values(), default=0.0)
    kept = [
        documents[id]
        for id, score in scores.items()
        if (id in exact or score >= FLOOR * best) and _is_for(documents[id], filters.readers)
    ]
    _lift_by_likeness(scores, query, documents, counts)
    best = max(scores.values(), default=0.0)

    def key(document: Document) -> tuple[Place, int, float, int, str]:
        score = scores[document.id]
        place = _place(document) if score >= GOOD * best else Place.REST
        if document.id in exact:
            place = Place.EXACT
        among_exact = _order_among_exact(document, query) if place is Place.EXACT else 0
        return place, among_exact, -score, -(document.updated or _NO_DAY).toordinal(), document.id

    keys = sorted(key(document) for document in kept if _passes(document, filters, None))
    order = [(place, -score, id) for place, _, score, _, id in keys]

    def hits(start: int, stop: int) -> list[Hit]:
        return [
            Hit(documents[id], score, place, _why(exact.get(id, ()), texts, numbers.get(id), query))
            for place, score, id in order[start:stop]
        ]

    return Ranking(
        order, {facet: _counts(kept, filters, facet) for facet in ("kind", "tool", "status")}, hits
    )


def _texts(query: Query, source: Source, counts: Mapping[str, int]) -> _Texts:
    weights = SHORT_WEIGHTS if len(query.words) <= SHORT_QUERY else LONG_WEIGHTS
    groups: Sequence[Group] = query.groups
    if len(groups) > MOST_GROUPS:
        held = [group for group in groups if counts[group.terms[0]] or group.alternatives]
        groups = sorted(held, key=lambda group: counts[group.terms[0]])[:MOST_GROUPS]
    scores, said, instead = [0.0] * len(source.ids), [0] * len(source.ids), []
    for at, group in enumerate(groups):
        own, labels = _of_group(group, source, weights)
        instead.append(labels)
        for number, score in own:
            scores[number] += score * group.weight
            said[number] |= 1 << at
    if weights is SHORT_WEIGHTS and len(groups) > 1:
        shares = [1 + count / len(groups) for count in range(len(groups) + 1)]
        scores = [score * shares[bits.bit_count()] for score, bits in zip(scores, said, strict=True)]
    for phrase in query.phrases:
        holding = source.postings(phrase, weights).numbers
        if holding:
            kept = dict.fromkeys(holding, 1.0)
            scores = [score * kept.get(number, 0.0) for number, score in enumerate(scores)]
    return _Texts(groups, scores, said, instead)


def _lift_by_likeness(
    scores: dict[str, float], query: Query, documents: Mapping[str, Document], counts: Mapping[str, int]
) -> None:
    if (
        len(query.groups) < 2 or len(query.words) > LONGEST_LIKENESS
    ):  # one word is like any phrase that is short
        return
    likeness = Likeness(query.groups, lambda term: _idf(counts[term], len(documents)))
    for id in nlargest(MOST_COMPARED, scores, key=scores.__getitem__):
        scores[id] *= 1 + likeness.of(documents[id])


def _of_group(
    group: Group, source: Source, weights: Weights
) -> tuple[Iterable[tuple[int, float]], dict[int, str]]:
    """Score by document, each once, from the own terms or the best synonym; and which synonym stood in.

    Words of one meaning are as rare as the most common of them: else an odd spelling would weigh most.
    """
    own = source.postings(group.terms, weights)
    if len(group.terms) == 1 and not group.alternatives:
        return zip(own.numbers, own.scores, strict=True), {}
    others = [(label, source.postings(phrase, weights)) for label, phrase in group.alternatives]
    others = [(label, way) for label, way in others if way.numbers]
    count = len(source.ids)
    most = max(len(way.numbers) for way in (own, *(way for _, way in others)))
    scores: dict[int, float] = {}
    for found in group.terms:
        postings = source.postings((found,), weights)
        for number, score in zip(postings.numbers, postings.scores, strict=True):
            scores[number] = scores.get(number, 0.0) + score
    said = frozenset(scores)
    if own.numbers:
        factor = _idf(most, count) / _idf(len(own.numbers), count)
        scores = {number: score * factor for number, score in scores.items()}
    labels: dict[int, str] = {}
    for label, way in others:
        factor = _idf(most, count) / _idf(len(way.numbers), count)
        factor *= SYNONYM_WEIGHT if said else 1.0  # a word that stands nowhere is but another spelling
        for number, score in zip(way.numbers, way.scores, strict=True):
            if score * factor > scores.get(number, 0.0):
                scores[number] = score * factor
                if number not in said:
                    labels[number] = label
    return scores.items(), labels


def _idf(documents: int, of: int) -> float:
    """How rare a word is that stands in so many documents; as Whoosh counts it."""
    return log(of / (documents + 1)) + 1


def _weight(document: Document, today: date) -> float:
    weight = OVERDUE_WEIGHT if document.is_overdue(today) or document.stale else 1.0
    if document.kind == CODE:
        weight *= CODE_WEIGHT
    if document.kind == NOT_OURS:
        weight *= ROUTE_WEIGHT
    return weight * CLOSED_WEIGHT if document.status in _CLOSED else weight


def _place(document: Document) -> Place:
    if document.live:
        return Place.LIVE_ISSUE
    if document.kind == ArticleKind.CRITERIA:
        return Place.RULE
    return Place.NOT_OURS if document.kind == NOT_OURS else Place.ANSWER


def _order_among_exact(document: Document, query: Query) -> int:
    """The card of the code itself, live known issues, articles, cards that only share an HTTP status."""
    if document.kind == CODE:
        named = [code for code in document.codes if not code.startswith("HTTP ")]
        own = (form for code in named for form in (code, *begun(code)))
        return 0 if any(comparable(code) in query.codes for code in own) else 3
    return 1 if document.live else 2


def _why(exact: Sequence[str], texts: _Texts, number: int | None, query: Query) -> tuple[str, ...]:
    if number is None:
        return tuple(exact)
    instead = [labels[number] for labels in texts.instead if number in labels]
    said = [
        group.label
        for at, group in enumerate(texts.groups)
        if texts.said[number] >> at & 1
        and number not in texts.instead[at]
        and comparable(group.label) not in query.codes
    ]
    words = [", ".join(f"“{label}”" for label in said[:6])] if said else []
    return (*exact, *words, *(f"“{label}” (same meaning)" for label in instead[:2]))


def _is_for(document: Document, readers: Collection[str]) -> bool:
    return not readers or not document.readers or any(reader in document.readers for reader in readers)


def _passes(document: Document, filters: Filters, but: str | None) -> bool:
    """`but`: the facet whose own filter is left aside."""
    return (
        (but == "kind" or not filters.kind or document.kind == filters.kind)
        and (but == "tool" or not filters.tool or not document.tools or filters.tool in document.tools)
        and (but == "status" or not filters.status or document.status == filters.status)
    )


def _counts(documents: Sequence[Document], filters: Filters, facet: str) -> dict[str, int]:
    """Value -> how many hits choosing it would leave, greatest first."""
    passing = [document for document in documents if _passes(document, filters, facet)]
    if facet == "tool":
        for_all = sum(not document.tools for document in passing)
        counts = Counter(
            {tool: n + for_all for tool, n in Counter(t for d in passing for t in d.tools).items()}
        )
    else:
        counts = Counter(value for d in passing if (value := d.kind if facet == "kind" else d.status))
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
