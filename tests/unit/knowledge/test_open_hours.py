from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
import small_content as small

from portal.knowledge.catalogue import Catalogue, Facility, HandOver, Hours, Route, Window
from portal.knowledge.open_hours import (
    Opening,
    fact_value,
    maintenance_now,
    maintenance_text,
    migration_phase,
    move_words,
    opening,
)
from portal.knowledge.parse import parse_catalogue

WEEKDAYS = (0, 1, 2, 3, 4)


def route(*hours: Hours, always: bool = False) -> Route:
    return Route("r", "R", "", "", "", "", always, hours, "", HandOver.PHONE, "", (), (), ())


def weekdays(opens: time, closes: time, zone: str = "America/New_York") -> Route:
    return route(Hours(WEEKDAYS, opens, closes, zone))


@pytest.mark.parametrize(
    ("now", "is_open", "text"),
    [
        # 23 Nov 2026 is a Monday; New York is five hours behind UTC then
        ("2026-11-23T12:59", False, "opens today 8 am ET"),
        ("2026-11-23T13:00", True, "open now until 8 pm ET"),
        ("2026-11-24T00:59", True, "open now until 8 pm ET"),
        ("2026-11-24T01:00", False, "opens Tue 8 am ET"),
        ("2026-11-28T15:00", False, "opens Mon 8 am ET"),
        ("2026-07-06T12:00", True, "open now until 8 pm ET"),  # summer time
    ],
)
def test_a_line_with_hours_says_until_or_from_when(now: str, is_open: bool, text: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert opening(weekdays(time(8), time(20)), at) == Opening(is_open, text)


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("America/Chicago", "open now until 4:30 pm CT"),
        ("America/Denver", "open now until 4:30 pm MT"),
        ("America/Los_Angeles", "open now until 4:30 pm PT"),
    ],
)
def test_each_zone_has_its_letters(zone: str, text: str) -> None:
    at = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
    assert opening(weekdays(time(8), time(16, 30), zone), at) == Opening(True, text)


def test_hours_past_midnight_belong_to_the_day_they_began() -> None:
    late = route(Hours((4,), time(18), time(2), "America/New_York"))
    assert opening(late, datetime(2026, 11, 28, 6, 0, tzinfo=UTC)).text == "open now until 2 am ET"
    assert opening(late, datetime(2026, 11, 28, 7, 0, tzinfo=UTC)).text == "opens Fri 6 pm ET"


def test_spans_that_meet_are_one() -> None:
    two = route(
        Hours((0,), time(8), time(0), "America/New_York"), Hours((1,), time(0), time(12), "America/New_York")
    )
    assert opening(two, datetime(2026, 11, 23, 15, 0, tzinfo=UTC)).text == "open now until Tue noon ET"
    every_day = route(Hours((0, 1, 2, 3, 4, 5, 6), time(0), time(0), "America/New_York"))
    assert opening(every_day, datetime(2026, 11, 23, 15, 0, tzinfo=UTC)).text == "open at any time"


def test_a_line_may_be_always_open_or_have_no_known_hours() -> None:
    now = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
    assert opening(route(always=True), now) == Opening(True, "open at any time")
    assert opening(route(), now) == Opening(None, "hours not known")


def catalogue() -> Catalogue:
    found, _ = parse_catalogue(small.CATALOGUE.encode())
    assert found is not None
    return found


def test_maintenance_runs_on_its_day_in_its_zone() -> None:
    def running(*at: int) -> list[str]:
        return [one.id for one in maintenance_now(catalogue(), datetime(*at, tzinfo=UTC))]  # type: ignore[arg-type,misc]

    # Sunday 22 Nov 2026, midnight to 8 in Denver, is 7 to 15 in UTC
    assert running(2026, 11, 22, 6, 59) == []
    assert running(2026, 11, 22, 7, 0) == ["sunday"]
    assert running(2026, 11, 22, 14, 59) == ["sunday"]
    assert running(2026, 11, 22, 15, 0) == []
    assert running(2026, 11, 23, 8, 0) == []
    assert maintenance_text(catalogue().maintenance[0]) == "Sun midnight to 8 am MT"


MOVING = Facility("515", "Battle Creek", "America/Detroit", "vista", Window(date(2026, 4, 11), ""))


@pytest.mark.parametrize(
    ("day", "phase", "facts"),
    [
        # appointments, records, medications, messaging, sign-in (no window of its own)
        ("2026-02-09", None, "none none none none none"),
        ("2026-02-10", "p0", "before none none none before"),
        ("2026-02-25", "p1", "before before before before before"),
        ("2026-03-12", "p2", "during before before before during"),
        ("2026-04-05", "p3", "during before before during during"),
        ("2026-04-08", "p4", "during during during during during"),
        ("2026-04-11", "p5", "during during during during during"),
        ("2026-04-13", "p6", "during during during during during"),
        ("2026-04-14", "p6", "during after after after during"),
        ("2026-04-18", "p7", "during after after after during"),
        ("2026-04-19", None, "none none none none none"),
    ],
)
def test_the_phases_of_a_move_per_tool(day: str, phase: str | None, facts: str) -> None:
    move = migration_phase(MOVING, date.fromisoformat(day))
    tools = ("appointments", "medical-records", "medications", "secure-messaging", "sign-in")
    assert move.phase == phase
    assert " ".join(fact_value(move, tool) for tool in tools) == facts


def test_a_planned_day_that_is_over_is_no_proof_of_the_move() -> None:
    planned = Window(date(2026, 4, 11), "planned day")
    assert move_words(planned, date(2026, 4, 11)) == "moves on Apr 11, 2026 (planned day)"
    assert move_words(planned, date(2026, 4, 12)) == "moved on Apr 11, 2026, as planned; to confirm"
    assert move_words(Window(date(2026, 4, 11), ""), date(2026, 4, 12)) == "moved on Apr 11, 2026"
    assert (
        move_words(Window(date(2026, 4, 11), "confirmed"), date(2026, 5, 1))
        == "moved on Apr 11, 2026 (confirmed)"
    )


def test_a_move_is_told_in_words() -> None:
    assert (
        migration_phase(MOVING, date(2026, 4, 5)).text
        == "Battle Creek moves to a new health record on Apr 11, 2026 (in 6 days)."
    )
    assert (
        migration_phase(MOVING, date(2026, 4, 12)).text
        == "Battle Creek moved to a new health record on Apr 11, 2026 (1 day ago)."
    )


def test_a_facility_without_a_window_is_in_no_move() -> None:
    still = Facility("668", "Spokane", "America/Los_Angeles", "oracle_health", None)
    move = migration_phase(still, date(2026, 4, 11))
    assert (move.phase, move.text, fact_value(move, "medications")) == (None, "", "none")
