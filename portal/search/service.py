"""What search does for pages, API, intake and tickets. Each function takes the process's `SearchEngine`; none
knows Flask.

Personal data is masked before these are called; the words that stand for it are not searched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from portal.core.clock import utcnow
from portal.core.pii import find_pii, mask, without_masks
from portal.search import golden, store
from portal.search.documents import CODE, NOT_OURS, Document
from portal.search.engine import IndexState, Loaded
from portal.search.engine import SearchEngine as SearchEngine
from portal.search.match import Call, Match
from portal.search.query import Query, read_query
from portal.search.ranking import Filters, Hit, Place, Ranking, rank
from portal.search.search_index import IndexDamaged, IndexMissing, Source, words
from portal.search.snippets import Parts, marked, snippet
from portal.search.store import delete_misses as delete_misses
from portal.search.store import list_old_misses as list_old_misses
from portal.search.store import remove_words as remove_words
from portal.search.suggest import Suggestion
from portal.web.paging import Page

PAGE_SIZE = 10
WAIT_SECONDS = 0.25  # how long a search or match waits for what was published a moment ago
OLD_NOTICE = (
    "Something was published a moment ago and could not be searched yet. Search again in a few seconds."
)
SCAN_NOTICE = "Search is being rebuilt. These results come from a plain scan and may be in a poorer order."


@dataclass(frozen=True, slots=True)
class Found:
    """One result as a page shows it: `title` and `snippet` in parts, each with whether it is marked."""

    document: Document
    score: float
    place: Place
    why: tuple[str, ...]
    title: Parts
    snippet: Parts


@dataclass(frozen=True, slots=True)
class Results:
    """`corrected`: what was searched instead of `text`, else empty. `also_searched`: synonyms that stand somewhere.

    `notice`: a sentence that must be shown. `is_old`: something newer is served than was searched, so that a miss says
    nothing. `nearest`: for when nothing was found.
    """

    text: str
    page: Page[Found]
    facets: dict[str, dict[str, int]]
    corrected: str
    also_searched: tuple[str, ...]
    codes: tuple[str, ...]
    notice: str
    is_old: bool
    nearest: tuple[Suggestion, ...]


def search(
    engine: SearchEngine,
    text: str,
    *,
    filters: Filters = Filters(),  # noqa: B008 - frozen
    page: int = 1,
    synonyms: bool = True,
    now: datetime | None = None,
) -> Results:
    """Never fails on any text; without an index it looks through the articles and says so."""
    loaded = engine.loaded(WAIT_SECONDS)
    is_old = engine.is_old(loaded)
    known = loaded.snapshot.catalogue.synonyms if synonyms else ()
    said = without_masks(text)
    corrected = loaded.corrected(said)
    query = read_query(corrected, loaded.code_forms, known)
    today = (now or utcnow()).date()
    exact = _exact(query, loaded)
    notice = OLD_NOTICE if is_old else ""

    def ranked(source: Source) -> Ranking:
        return rank(query, source, loaded.documents, loaded.vocabulary.stems, exact, filters, today)

    try:
        with engine.source() as source:
            ranking = ranked(source)
    except (IndexMissing, IndexDamaged):
        ranking = ranked(engine.plain_scan())
        notice = SCAN_NOTICE
    total = len(ranking.order)
    number = max(1, min(page, -(-total // PAGE_SIZE)))
    wanted = query.terms
    shown = [_found(hit, wanted) for hit in ranking.hits((number - 1) * PAGE_SIZE, number * PAGE_SIZE)]
    return Results(
        text=text,
        page=Page(shown, number, PAGE_SIZE, total),
        facets=ranking.facets,
        corrected=corrected if corrected != said else "",
        also_searched=tuple(
            dict.fromkeys(
                label
                for group in query.groups
                for label, phrase in group.alternatives
                if all(loaded.vocabulary.stems[stem] for stem in phrase)
            )
        ),
        codes=tuple(loaded.code_forms[code] for code in query.codes),
        notice=notice,
        is_old=is_old,
        nearest=() if total else tuple(loaded.suggester.nearest(said)),
    )


def _exact(query: Query, loaded: Loaded) -> dict[str, list[str]]:
    """Documents that carry a code of the query, or whose title or a phrase of theirs is the query; with the reason."""
    exact: dict[str, list[str]] = {}
    for code in query.codes:
        for id in loaded.ids_by_code.get(code, ()):
            exact.setdefault(id, []).append(f"code {loaded.code_forms[code]}")
    for id in loaded.ids_by_name.get(" ".join(query.words), ()):
        exact.setdefault(id, []).append("these very words")
    return {id: list(dict.fromkeys(why)) for id, why in exact.items()}


def _found(hit: Hit, wanted: frozenset[str]) -> Found:
    document = hit.document
    parts = marked(document.summary, wanted) if document.summary else snippet(document.body, wanted)
    return Found(document, hit.score, hit.place, hit.why, marked(document.title, wanted), parts)


def suggest(engine: SearchEngine, text: str, limit: int = 6) -> list[Suggestion]:
    """Lines to offer while somebody types."""
    return engine.loaded().suggester.suggest(without_masks(text), limit)


def match_known_issues(
    engine: SearchEngine, call: Call, *, now: datetime | None = None, limit: int = 5
) -> list[Match]:
    """Known issues, by-design answers, releases and windows that the call may be about; needs no index."""
    call = replace(call, text=without_masks(call.text))
    return engine.loaded(WAIT_SECONDS).matcher.match(call, now=now or utcnow(), limit=limit)


def index_state(engine: SearchEngine) -> IndexState:
    return engine.state()


def run_golden(engine: SearchEngine, *, area: str = "") -> list[golden.Outcome]:
    """The golden searches of the content, or of one area, each answered as the box answers it: masked, unfiltered."""
    loaded = engine.loaded()
    allowed = loaded.snapshot.catalogue.help_numbers
    names = {
        id: golden.name_of(id, one.kind == CODE, one.kind == NOT_OURS) for id, one in loaded.documents.items()
    }

    def find(text: str) -> list[str]:
        text = mask(text, find_pii(text, allowed))
        return [found.document.id for found in search(engine, text).page.items]

    searches = [one for one in loaded.snapshot.golden if not area or one.area == area]
    return golden.run(searches, names, find)


def count_miss(text: str, results: int, *, now: datetime | None = None) -> None:
    """Count a search without a useful result: its words only, and none with a digit. The caller has masked the text."""
    kept: Sequence[str] = [word for word in words(without_masks(text))[:40] if word.isalpha()]
    if kept:
        store.add_miss(" ".join(kept), results, now or utcnow())


def list_misses(after: datetime) -> list[tuple[str, datetime]]:
    """Searches since then that found nothing: words and when, oldest first."""
    return store.list_misses(after)
