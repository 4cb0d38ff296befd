"""Symptoms of the coverage are searched in the words of the caller and matched as calls about the area's tool."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from made import a_snapshot, an_article, an_issue

from portal.knowledge.coverage import Area, Searched, Symptom
from portal.search.service import SearchEngine
from portal.search.symptoms import search_symptoms

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def test_the_place_of_the_article_and_the_known_issues_offered(tmp_path: Path) -> None:
    snapshot = a_snapshot(
        [
            an_article("sm-rules", "When messaging goes on"),
            an_article("sm-attach", "An attachment is refused", "The file is too large."),
            an_issue("sm-down", "Messages are down", symptoms=("nobody can open the inbox today",)),
        ]
    )
    engine = SearchEngine(tmp_path, lambda: snapshot)
    assert engine.catch_up()

    def symptom(id: str, says: str, *articles: str, issues: tuple[str, ...] = ()) -> Symptom:
        return Symptom(id, says, articles, (), issues)

    area = Area(
        id="secure-messaging",
        name="",
        tables=("sm-rules",),
        articles=(),
        items=(),
        symptoms=(
            symptom("K01", "attachment refused", "sm-attach"),
            symptom("K02", "nobody can open the inbox today", issues=("sm-down",)),
            symptom("A1", "attachment refused", "sm-rules"),
            symptom("A2", "attachment refused"),
        ),
    )
    found = search_symptoms(engine, [area], now=NOW)
    assert found["secure-messaging", "K01"] == Searched(1, {})
    assert found["secure-messaging", "K02"] == Searched(1, {"sm-down": "likely"})
    assert found["secure-messaging", "A1"].place == 0
    assert found["secure-messaging", "A2"].place == 0
