"""The golden searches: how they are counted, and that the shipped content answers them well enough."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.knowledge.golden import GoldenSearch
from portal.knowledge.service import check_folder
from portal.search.golden import Figures, Outcome, below_floors, by_area, figures, report, run
from portal.search.service import SearchEngine, run_golden

CONTENT = Path(__file__).parents[3] / "content"
NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
NAMES = {"sm-send-error": "sm-send-error", "code-SM98": "code/SM98", "route-uae": "route/uae", "d": "d"}


def a_search(*expected: str, query: str = "q", first: bool = True, area: str = "sm") -> GoldenSearch:
    return GoldenSearch(area, query, expected, first, f"golden/{area}.yml", 3)


def outcomes(count: int, place: int, area: str = "sm") -> list[Outcome]:
    return [Outcome(a_search("x", area=area), (), place)] * count


def test_the_best_of_the_expected_pages_counts() -> None:
    found = ["route-uae", "d", "code-SM98", "sm-send-error"]
    searches = [
        a_search("code/SM98", "d"),
        a_search("code/SM98", first=False),
        a_search("sm-send-error", first=False),
        a_search("elsewhere"),
        a_search("route/uae", first=False),
    ]
    done = run(searches, NAMES, lambda _: found)
    assert [one.place for one in done] == [2, 3, 4, 0, 1]
    assert [one.is_met for one in done] == [False, True, False, False, True]
    assert done[0].got == ("route/uae", "d", "code/SM98")
    assert figures(done) == Figures(count=5, met=2, first=1, within=3)


def test_areas_are_counted_each() -> None:
    done = [*outcomes(2, 1), *outcomes(1, 3, "rx"), *outcomes(1, 0)]
    assert by_area(done) == {"rx": Figures(1, 0, 0, 1), "sm": Figures(3, 2, 2, 2)}


def test_the_floors() -> None:
    enough = [*outcomes(150, 1), *outcomes(34, 3), *outcomes(16, 0)]  # 75 % first, 92 % within three, of 200
    assert below_floors(enough) == []
    assert below_floors([*enough[1:], *outcomes(1, 2)]) == ["74.5% first; the floor is 75%."]
    assert below_floors([*enough[:-17], *outcomes(17, 0)]) == ["91.5% within 3; the floor is 92%."]
    assert below_floors(outcomes(199, 1)) == ["199 searches in all; at least 200 are needed."]
    assert below_floors([*outcomes(200, 1), *outcomes(14, 1, "rx")]) == [
        "rx: 14 searches; at least 15 are needed."
    ]
    assert below_floors(outcomes(15, 1), of_one_area=True) == []


def test_the_report_names_each_miss_with_what_came_instead() -> None:
    search = a_search("code/SM98", "route/uae", query="sm98 error")
    lines = list(report([Outcome(search, ("sm-down", "d", "code/SM98"), 3), *outcomes(3, 1)]))
    assert lines == [
        "sm                         4  75.0% first  100.0% within 3  75.0% met",
        "all                        4  75.0% first  100.0% within 3  75.0% met",
        '\ngolden/sm.yml:3: "sm98 error"',
        "  expected first: code/SM98 or route/uae",
        "  got: sm-down, d, code/SM98 (it is number 3)",
    ]


def test_the_shipped_content_answers_its_golden_searches(tmp_path: Path) -> None:
    snapshot, problems = check_folder(CONTENT)
    engine = SearchEngine(tmp_path, lambda: snapshot)
    assert engine.catch_up()
    done = run_golden(engine, now=NOW)
    assert [str(one) for one in problems if one.file.startswith("golden/")] == []
    if failures := below_floors(done):
        pytest.fail("\n".join([*failures, *report(done)]))
