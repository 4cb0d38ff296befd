"""Whose day and week it is at a moment, where the portal stands."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from portal.home.timetable import day_from, week_from

HERE = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("at", "day", "week"),
    [
        ("2026-11-30T06:59", "2026-11-29", "2026-W48"),  # a Monday
        ("2026-11-30T07:00", "2026-11-30", "2026-W49"),
        ("2026-12-01T00:10", "2026-11-30", "2026-W49"),
        ("2026-11-01T06:59", "2026-10-31", "2026-W44"),  # the day on which summer time ends
        ("2026-11-01T07:00", "2026-11-01", "2026-W44"),
        ("2027-01-04T07:00", "2027-01-04", "2027-W01"),
    ],
)
def test_a_day_and_a_week_begin_at_their_hour(at: str, day: str, week: str) -> None:
    now = datetime.fromisoformat(at).replace(tzinfo=HERE).astimezone(ZoneInfo("UTC"))
    assert (day_from(7, HERE)(now), week_from(7, HERE)(now)) == (day, week)
