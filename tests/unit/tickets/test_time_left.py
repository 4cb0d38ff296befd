"""Time left until the next target, in words, and the moment that lists are ordered by."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from portal.knowledge.catalogue import Calendar, Hours, Targets
from portal.tickets.clocks import Segment, due_at
from portal.tickets.ticket import State
from portal.tickets.time_left import TimeLeft, length_words, time_left
from tests.unit.tickets.made import CATALOGUE

FILED = datetime(2026, 11, 25, 9, tzinfo=UTC)
TARGETS = {"critical": Targets(1, 24), "medium": Targets(8, 120)}
CLOCKS = replace(CATALOGUE, targets=TARGETS)


def time_at(
    severity: str, state: State, minutes: int, *, taken: bool = False, follow_up: int | None = None
) -> TimeLeft | None:
    """So long after the filing, of a ticket that was handed to nobody before."""
    day = FILED + timedelta(minutes=follow_up) if follow_up is not None else None
    due = due_at(
        [Segment(FILED, None, state, None, None)],
        severity,
        looked_at=FILED if taken else None,
        follow_up_at=day,
        catalogue=CLOCKS,
    )
    now = FILED + timedelta(minutes=minutes)
    return time_left(severity, state, due, taken=taken, targets=TARGETS, calendar=None, now=now)


def left(
    severity: str, state: State, minutes: int, *, taken: bool = False, follow_up: int | None = None
) -> str:
    found = time_at(severity, state, minutes, taken=taken, follow_up=follow_up)
    return found.words if found else ""


@pytest.mark.parametrize(
    ("severity", "state", "minutes", "taken", "words"),
    [
        ("critical", State.NEW, 42, False, "18 min of 1 h"),
        ("critical", State.NEW, 60, False, "0 min of 1 h"),
        ("critical", State.ROUTED, 72, False, "over by 12 min"),
        ("critical", State.TRIAGING, 72, True, "22 h of 24 h"),
        ("medium", State.NEW, 370, False, "110 min of 8 h"),
        ("medium", State.IN_PROGRESS, 600, True, "4 days of 5 days"),
        ("medium", State.BACK_TO_TIER2, 600, True, ""),
        ("medium", State.LINKED, 1, False, ""),
    ],
)
def test_first_look_then_resolution_then_nothing(
    severity: str, state: State, minutes: int, taken: bool, words: str
) -> None:
    assert left(severity, state, minutes, taken=taken) == words


def test_a_hold_waits_for_its_day_whatever_the_target() -> None:
    assert left("critical", State.ON_HOLD, 600, taken=True, follow_up=900) == "in 5 h"
    assert left("critical", State.ON_HOLD, 901, taken=True, follow_up=900) == "due"


def test_half_gone_is_a_stage_and_three_quarters_are_short() -> None:
    times = [time_at("critical", State.NEW, minutes) for minutes in (30, 31, 44, 45, 60, 61)]
    assert [one.stage for one in times if one] == ["new", "half", "half", "half", "half", "over"]
    assert [one.is_short for one in times if one] == [False, False, False, True, True, True]


def test_time_left_is_counted_in_the_hours_of_who_has_it() -> None:
    """Due on Friday at 10:00 of a team that works from 9 to 17 UTC: on Thursday at 16:00 two hours are left."""
    nine_to_five = Calendar("team", (Hours((0, 1, 2, 3, 4), time(9), time(17), "UTC"),), ())
    due, now = datetime(2026, 11, 27, 10, tzinfo=UTC), datetime(2026, 11, 26, 16, tzinfo=UTC)
    found = time_left("critical", State.NEW, due, taken=True, targets=TARGETS, calendar=nine_to_five, now=now)
    assert found is not None
    assert found.words == "2 h of 24 h"


def test_lengths_in_words() -> None:
    lengths = [timedelta(minutes=m) for m in (0, 59, 60, 119, 120, 71 * 60 + 59, 72 * 60)]
    assert [length_words(one) for one in lengths] == [
        "0 min",
        "59 min",
        "1 h",
        "119 min",
        "2 h",
        "71 h",
        "3 days",
    ]
