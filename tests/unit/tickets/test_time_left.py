"""Time left until the next target, in words, and the moment that lists are ordered by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.knowledge.catalogue import Targets
from portal.tickets.ticket import State
from portal.tickets.time_left import due_at, length_words, time_left

FILED = datetime(2026, 11, 25, 9, tzinfo=UTC)
TARGETS = {"critical": Targets(1, 24), "medium": Targets(8, 120)}


def left(
    severity: str, state: State, minutes: int, *, taken: bool = False, follow_up: int | None = None
) -> str:
    day = FILED + timedelta(minutes=follow_up) if follow_up is not None else None
    now = FILED + timedelta(minutes=minutes)
    found = time_left(severity, state, FILED, taken=taken, follow_up_at=day, targets=TARGETS, now=now)
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


def test_half_gone_is_short() -> None:
    def short(minutes: int) -> bool:
        now = FILED + timedelta(minutes=minutes)
        found = time_left(
            "critical", State.NEW, FILED, taken=False, follow_up_at=None, targets=TARGETS, now=now
        )
        return found is not None and found.is_short

    assert [short(30), short(31)] == [False, True]


def test_due_is_the_moment_when_no_time_is_left() -> None:
    def due(state: State, *, taken: bool = False) -> datetime | None:
        return due_at("critical", state, FILED, taken=taken, follow_up_at=None, targets=TARGETS)

    assert due(State.NEW) == FILED + timedelta(hours=1)
    assert due(State.TRIAGING, taken=True) == FILED + timedelta(hours=24)
    assert due(State.CLOSED, taken=True) is None


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
