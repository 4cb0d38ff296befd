"""Which known issues can be the caller's, by where the caller is and what they use."""

from __future__ import annotations

import pytest

from portal.home import board
from portal.home.gather import NO_COUNTS, BoardRow
from portal.knowledge.catalogue import Facility
from tests.unit.search.made import a_snapshot, an_issue

ISSUES = (
    an_issue("anywhere"),
    an_issue("spokane", facilities=("668",)),
    an_issue("oracle", ehr=("oracle_health",)),
    an_issue("vista", ehr=("vista",), platforms=("web",)),
    an_issue("phone", platforms=("ios", "android")),
)
FACILITIES = (
    Facility("668", "Spokane (Mann-Grandstaff)", "America/Los_Angeles", "oracle_health", None),
    Facility("531", "Boise", "America/Boise", "", None),
)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["anywhere", "spokane", "oracle", "vista", "phone"]),
        ({"facility": "668"}, ["anywhere", "spokane", "oracle", "phone"]),
        ({"facility": " spokane "}, ["anywhere", "spokane", "oracle", "phone"]),
        ({"facility": "531"}, ["anywhere", "oracle", "vista", "phone"]),  # its record is not published
        ({"facility": "999"}, ["anywhere", "oracle", "vista", "phone"]),
        ({"facility": "531", "ehr": "vista"}, ["anywhere", "vista", "phone"]),
        ({"ehr": "oracle_health"}, ["anywhere", "spokane", "oracle", "phone"]),
        ({"platform": "ios"}, ["anywhere", "spokane", "oracle", "phone"]),
        ({"tool": "no-tool", "ehr": "paper", "platform": "fax"}, ["anywhere", "spokane", "oracle", "vista", "phone"]),
    ],
)  # fmt: skip
def test_what_names_another_place_record_or_platform_is_left_out(
    asked: dict[str, str], found: list[str]
) -> None:
    snapshot = a_snapshot(ISSUES, facilities=FACILITIES)
    rows = [BoardRow(article, NO_COUNTS) for article in ISSUES]
    filters = board.read_filters(asked, snapshot)
    assert [row.article.id for row in board.fitting(rows, filters, snapshot)] == found


def test_the_filters_are_told_as_a_reader_calls_them() -> None:
    snapshot = a_snapshot(ISSUES, facilities=FACILITIES)
    asked = {"facility": "Boise", "ehr": "vista", "platform": "ios", "tool": "nothing"}
    filters = board.read_filters(asked, snapshot)
    assert board.filter_words(filters, snapshot) == ["Boise (531)", "VistA", "App on iPhone or iPad"]
    assert [one.station for one in board.windows_of(FACILITIES, filters, snapshot)] == ["531"]
    assert len(board.windows_of(FACILITIES, board.BoardFilters(), snapshot)) == 2
