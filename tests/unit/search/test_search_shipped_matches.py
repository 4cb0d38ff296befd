"""Calls against the shipped known issues, where words that everybody says once brought up anything."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.knowledge.service import check_folder
from portal.search.match import Call
from portal.search.service import SearchEngine, match_known_issues

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
CONTENT = Path(__file__).parents[3] / "content"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> SearchEngine:
    snapshot, _ = check_folder(CONTENT)
    engine = SearchEngine(tmp_path_factory.mktemp("index"), lambda: snapshot)
    engine.catch_up()
    return engine


def found(engine: SearchEngine, text: str, tool: str) -> list[str]:
    return [match.id for match in match_known_issues(engine, Call(text=text, tool=tool), now=NOW)]


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("message wont open says not found", "secure-messaging"),
        ("meds page is empty nothing comes up", "medications"),
    ],
)
def test_words_of_every_call_bring_up_no_known_issue(engine: SearchEngine, text: str, tool: str) -> None:
    assert found(engine, text, tool) == []


def test_a_call_about_the_app_is_matched_with_the_screens_that_it_shows(engine: SearchEngine) -> None:
    text = "the app shows wrong hospitals when starting a new message"
    assert found(engine, text, "mobile-app")[0] == "sm-care-system-list-wrong-in-app"
    chances = {
        tool: match_known_issues(engine, Call(text=text, tool=tool), now=NOW)[0].p
        for tool in ("mobile-app", "medical-supplies")
    }
    assert chances["mobile-app"] > chances["medical-supplies"]
