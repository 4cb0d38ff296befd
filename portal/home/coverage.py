"""The coverage of the knowledge base with what search makes of it: for the page, the command and the file.

The report itself stands in knowledge; only here may it be joined to search, which is to the right of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from portal.core.clock import utcnow
from portal.knowledge.article import Article
from portal.knowledge.coverage import AreaReport, Report, Searched, report
from portal.search import service as search
from portal.search.engine import IndexState
from portal.search.service import SearchEngine
from portal.search.symptoms import search_symptoms

CSV_HEAD = (
    "area", "team", "what", "id", "says", "missing", "rules", "articles", "known issues", "confirmed", "place in search",
)  # fmt: skip


def coverage_of(engine: SearchEngine, only: str = "") -> Report:
    """Of the content that the engine serves. `only`: the id of one area."""
    return _report(engine, engine.loaded().snapshot.revision, search.index_state(engine), only)


@lru_cache(maxsize=4)
def _report(engine: SearchEngine, _revision: str, _state: IndexState, only: str) -> Report:
    """Kept while neither content nor index moves: every symptom is searched and every example decided."""
    snapshot = engine.loaded().snapshot
    areas = [area for area in snapshot.coverage.values() if not only or area.id == only]
    searched: dict[tuple[str, str], Searched] = search_symptoms(engine, areas, now=utcnow())
    return report(snapshot.coverage, snapshot.articles, searched, only=only)


def of_team(found: Report, team: str) -> list[AreaReport]:
    """The areas whose criteria this team owns; all of them without a team."""
    return [area for area in found.areas if not team or team in area.teams]


def csv_rows(areas: list[AreaReport]) -> Iterator[tuple[object, ...]]:
    """A row for each item and each symptom."""
    for one in areas:
        start = (one.area.id, ", ".join(one.teams))
        for line in one.items:
            item = line.item
            yield (
                *start, "item", item.id, item.says, line.missing, _list(item.rules), _list(item.articles), "",
                "yes" if item.confirmed else "no", "",
            )  # fmt: skip
        for row in one.symptoms:
            symptom = row.symptom
            place = (row.searched.place or "not shown") if row.searched and symptom.findable else ""
            yield (
                *start, "symptom", symptom.id, symptom.says, row.all_missing, _list(symptom.rules),
                _list(symptom.articles), _list(symptom.known_issues), "", place,
            )  # fmt: skip


def _list(names: tuple[str, ...]) -> str:
    return " ".join(names)


def print_lines(found: Report) -> Iterator[str]:
    """For a terminal: the table of areas, every gap in a line, sources and notes, and what is below its floor."""
    row = "{:<26}{:>9}{:>10}{:>10}{:>9}{:>9}{:>14}{:>10}{:>12}{:>12}".format
    yield row(
        "area", "items", "K rows", "symptoms", "found", "matched", "confirmed", "articles", "one source", "to confirm"
    )  # fmt: skip
    measures = ("reached", "desk_rows", "answered", "found", "matched", "confirmed")
    for one in found.areas:
        tallies = [str(getattr(one, measure)) for measure in measures]
        yield row(one.area.id, *tallies, len(one.articles), len(one.one_source), one.notes)
    tallies = [str(found.total(measure)) for measure in measures]
    notes = sum(len(article.to_confirm) for article in found.articles)
    yield row("in all", *tallies, len(found.articles), len(found.one_source), notes)
    yield ""
    for gap in found.gaps:
        yield f"{gap.area} {gap.id} “{gap.says}”: {gap.missing}"
    for article in found.unplaced:
        yield f"{article.path}: stands in no area"
    yield f"{len(found.gaps) + len(found.unplaced)} gaps"
    yield ""
    sources = sum(len(article.sources) for article in found.articles)
    yield f"Sources: {sources} of {len(found.articles)} articles. One only: {_ids(found.one_source)}"
    for team, articles in found.notes().items():
        told = ", ".join(f"{article.id} {len(article.to_confirm)}" for article in articles)
        yield f"To be confirmed by {team}: {sum(len(a.to_confirm) for a in articles)} notes ({told})"
    yield ""
    low = found.below_floor()
    yield from (f"Below the floor: {said}" for said in low)
    if not low:
        yield "Every floor is reached."


def _ids(articles: list[Article]) -> str:
    return ", ".join(article.id for article in articles) or "none"
