"""How golden searches are counted. That the shipped content answers them is a suite of its own (`search golden`)."""

from __future__ import annotations

from portal.knowledge.golden import GoldenSearch
from portal.search.golden import Figures, Outcome, below_floors, by_area, figures, report, run

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
