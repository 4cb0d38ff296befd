"""What the words of each symptom of the coverage bring up: the place of its article, and the known issues offered.

A symptom is searched as an agent would type it, and matched as a call about the tool of its area.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from portal.knowledge.coverage import FOUND_WITHIN, Area, Searched
from portal.knowledge.snapshot import Snapshot
from portal.search import service
from portal.search.engine import SearchEngine
from portal.search.match import Call


def search_symptoms(
    engine: SearchEngine, areas: Iterable[Area], *, now: datetime
) -> dict[tuple[str, str], Searched]:
    """By ids of area and symptom."""
    snapshot = engine.loaded().snapshot
    return {
        (area.id, symptom.id): _searched(engine, symptom.says, symptom.findable, _tool(area, snapshot), now)
        for area in areas
        for symptom in area.symptoms
    }


def _searched(
    engine: SearchEngine, says: str, wanted: tuple[str, ...], tool: str | None, now: datetime
) -> Searched:
    shown = [one.document.id for one in service.search(engine, says, now=now).page.items[:FOUND_WITHIN]]
    matches = service.match_known_issues(engine, Call(text=says, tool=tool), now=now)
    return Searched(
        place=next((place for place, id in enumerate(shown, 1) if id in wanted), 0),
        grades={match.id: str(match.grade) for match in matches},
    )


def _tool(area: Area, snapshot: Snapshot) -> str | None:
    tables = (snapshot.articles[id] for id in area.tables if id in snapshot.articles)
    return next((article.tool for article in tables if article.tool), None)
