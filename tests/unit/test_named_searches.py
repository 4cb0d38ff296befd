"""Each article is found by what a hurried agent types for it. The searches were written before they were run."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from portal.knowledge.service import check_folder
from portal.search import service
from portal.search.service import SearchEngine

HERE = Path(__file__).parents[1]
CALLS: list[dict[str, Any]] = yaml.safe_load((HERE / "data" / "named_calls.yml").read_text(encoding="utf-8"))
NOW = datetime(2026, 10, 6, 15, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> SearchEngine:
    snapshot, problems = check_folder(HERE.parent / "content")
    assert problems == []
    engine = SearchEngine(tmp_path_factory.mktemp("index"), lambda: snapshot)
    assert engine.catch_up()
    return engine


def articles_and_cards(engine: SearchEngine, call: dict[str, Any]) -> list[tuple[str, str]]:
    """Kind and id of the results on the first page."""
    found = service.search(engine, call["search"], now=NOW).page.items
    return [(one.document.kind, one.document.id) for one in found]


def test_every_article_has_one_named_call(engine: SearchEngine) -> None:
    assert sorted(call["article"] for call in CALLS) == sorted(engine.loaded().snapshot.articles)
    assert len({call["call"] for call in CALLS}) == len(CALLS)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call["article"])
def test_a_hurried_search_opens_the_article(engine: SearchEngine, call: dict[str, Any]) -> None:
    assert call["search"].lower() != engine.loaded().snapshot.articles[call["article"]].title.lower()
    assert call["article"] in [id for _, id in articles_and_cards(engine, call)[: call["place"]]]


def test_nine_of_ten_searches_have_the_article_first_but_for_the_card_of_the_code_typed(
    engine: SearchEngine,
) -> None:
    first = 0
    for call in CALLS:
        results = [id for kind, id in articles_and_cards(engine, call) if kind != "code"]
        first += results[0] == call["article"]
    assert first >= 0.9 * len(CALLS)
