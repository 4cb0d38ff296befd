"""Golden searches as files: what is read, and what is wrong with them by file and line."""

from __future__ import annotations

import small_content as small

from portal.knowledge.snapshot import build_snapshot

SEARCHES = """area: sm
searches:
  - {query: "cant send", first: [sm-send-error, route/coordinator]}
  - {query: "sm 98", third: [code/SM98]}
"""


def problems_of(text: str, name: str = "sm") -> list[str]:
    snapshot = build_snapshot(small.files(**{f"golden/{name}.yml": text}), None, "a" * 40)
    return [str(one) for one in snapshot.problems]


def test_searches_are_read_with_their_demand_and_place() -> None:
    snapshot = build_snapshot(small.files(**{"golden/sm.yml": SEARCHES}), None, "a" * 40)
    assert snapshot.problems == ()
    assert [(one.query, one.expected, one.first, one.area, one.line) for one in snapshot.golden] == [
        ("cant send", ("sm-send-error", "route/coordinator"), True, "sm", 3),
        ("sm 98", ("code/SM98",), False, "sm", 4),
    ]


def test_what_does_not_exist_is_named_with_file_and_line() -> None:
    text = (
        SEARCHES.replace("sm-send-error", "sm-gone").replace("SM98", "SM1").replace("coordinator", "nobody")
    )
    assert problems_of(text) == [
        "golden/sm.yml:3: cant send: there is no article 'sm-gone'",
        "golden/sm.yml:3: cant send: there is no route 'nobody'",
        "golden/sm.yml:4: sm 98: there is no error code 'SM1'",
    ]


def test_a_search_has_one_demand() -> None:
    both = SEARCHES.replace("third:", "first: [sm-down], third:")
    none = SEARCHES.replace(", third: [code/SM98]", "")
    for text in (both, none):
        assert problems_of(text) == [
            "golden/sm.yml:4: searches[1]: needs `first` or `third`, with at least one id"
        ]


def test_a_file_holds_its_own_area_and_a_query_stands_once() -> None:
    assert problems_of(SEARCHES, "rx") == ["golden/rx.yml:1: area: is sm, but the file is rx.yml"]
    twice = SEARCHES.replace("sm 98", "Cant  send")
    assert problems_of(twice) == ["golden/sm.yml:4: Cant  send: stands in golden/sm.yml too"]


def test_a_file_that_cannot_be_read_says_so() -> None:
    assert problems_of("area: [") != []
    assert problems_of(SEARCHES.replace("query", "ask", 1))[0].startswith("golden/sm.yml:3: searches[0]")
