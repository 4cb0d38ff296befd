"""Figures of a desk: what is hidden, and that nothing hidden can be found by taking one figure from another."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.home.figures import LEAST, UNDER, period, shown, table

TODAY = date(2026, 11, 25)  # a Wednesday


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ((0,), "0"), ((4,), "under 5"), ((5,), "5"), ((0, 0, 0), "0"), ((1, 1, 2), "under 5"), ((7, 9), "16"), ((3, 3), "6"),
        ((12, 2), "at least 12"), ((12, 2, 2), "at least 12"), ((12, 3, 2), "17"), ((6, 0, 0, 0, 4), "at least 6"),
    ],
)  # fmt: skip
def test_a_count_as_it_may_be_read(days: tuple[int, ...], words: str) -> None:
    assert shown(days) == words


@given(st.lists(st.integers(0, 9), min_size=7, max_size=7))
def test_a_week_and_its_days_give_no_small_count_away(days: list[int]) -> None:
    """Whoever reads the week and each day knows nothing of fewer than five calls, nor of one hidden day alone."""
    week = shown(days)
    if week.isdecimal():
        rest = int(week) - sum(int(cell) for cell in (shown([day]) for day in days) if cell != UNDER)
        hidden = sum(0 < day < LEAST for day in days)
        assert rest == 0 or (rest >= LEAST and hidden > 1)
    elif week != UNDER:
        assert int(week.removeprefix("at least ")) == sum(day for day in days if day >= LEAST)


def test_periods_are_over_and_do_not_overlap() -> None:
    week = period("week", "", TODAY)
    assert (week.days[0], week.days[-1], week.later) == (date(2026, 11, 16), date(2026, 11, 22), None)
    assert week == period("week", "2026-11-25", TODAY) == period("week", "no day", TODAY)
    before = period("week", str(week.earlier), TODAY)
    assert before.days[-1] < week.days[0]
    assert before.later == week.days[0]
    assert period("day", "", TODAY).days == (date(2026, 11, 24),)
    assert period("day", "2026-11-25", TODAY).days == (date(2026, 11, 24),)
    assert period("day", "2026-11-03", TODAY).later == date(2026, 11, 4)
    assert period("day", "0001-01-01", TODAY) == period("day", "", TODAY)
    all_weeks = [period("week", f"2026-11-{day:02}", TODAY).days for day in range(1, 26)]
    assert all(one == other or not set(one) & set(other) for one, other in combinations(all_weeks, 2))


def test_a_day_ends_where_the_portal_stands() -> None:
    bounds = period("day", "2026-11-01", TODAY).bounds(ZoneInfo("America/New_York"))  # the clocks go back
    assert bounds == (datetime(2026, 11, 1, 4, tzinfo=UTC), datetime(2026, 11, 2, 5, tzinfo=UTC))


def test_a_table_has_no_total_and_its_order_tells_nothing_of_what_is_hidden() -> None:
    counted = [
        ("B", "x", 0, 1),
        ("A", "x", 0, 4),
        ("C", "x", 0, 6),
        ("C", "y", 0, 3),
        ("D", "z", 0, 9),
        ("E", "x", 7, 9),
    ]
    found = table("Calls", "Tool", {"x": "Filed", "y": "Answered"}, counted, 1)
    assert found.head == ("Tool", "Filed", "Answered")
    assert found.rows == (("C", "6", "under 5"), ("A", "under 5", "0"), ("B", "under 5", "0"))
