"""How much of a stretch of time is worked, and when so much will have been worked. Pure.

A calendar None stands for hours of the clock. Whole minutes are exact on both days on which clocks change: spans are
cut out on the wall clock of their zone and measured in UTC.
"""

from __future__ import annotations

from calendar import monthcalendar
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from portal.knowledge.catalogue import Calendar, Holiday

Span = tuple[datetime, datetime]
DAY = timedelta(days=1)
NOTHING = timedelta(0)
FURTHEST = 3660  # days; a calendar without a working day in so many has none


def worked(start: datetime, end: datetime, calendar: Calendar | None) -> timedelta:
    """Of the time from `start` to `end`; negative when `end` is the earlier one."""
    if calendar is None:
        return end - start
    if end < start:
        return -worked(end, start, calendar)
    total = NOTHING
    for opens, closes in _spans(calendar, start.astimezone(UTC).date(), 1):
        if opens >= end:
            break
        total += max(NOTHING, min(closes, end) - max(opens, start))
    return total


def later(start: datetime, length: timedelta, calendar: Calendar | None) -> datetime:
    """When `length` has been worked since `start`; a negative length goes back. `worked` gives the length again."""
    if calendar is None:
        return start + length
    if length < NOTHING:
        for opens, closes in _spans(calendar, start.astimezone(UTC).date(), -1):
            length += max(NOTHING, min(closes, start) - opens)
            if length >= NOTHING:
                return opens + length
    else:
        for opens, closes in _spans(calendar, start.astimezone(UTC).date(), 1):
            begin = max(opens, start)
            if closes - begin >= length:
                return begin + length
            length -= max(NOTHING, closes - begin)
    return start + length


def _spans(calendar: Calendar, day: date, step: int) -> Iterator[Span]:
    """Onwards (1) or backwards (-1) from this day of UTC."""
    for _ in range(FURTHEST):
        yield from _of_day(calendar, day)[::step]
        day += step * DAY


@lru_cache(maxsize=20_000)
def _of_day(calendar: Calendar, day: date) -> tuple[Span, ...]:
    """What is worked between midnight and midnight UTC, in order; spans that touch or overlap are one."""
    midnight = datetime.combine(day, time(0), UTC)
    found = sorted(
        (max(start, midnight), min(end, midnight + DAY))
        for near in (day - 2 * DAY, day - DAY, day, day + DAY)
        for start, end in _opened_on(calendar, near)
        if start < midnight + DAY and end > midnight
    )
    merged: list[Span] = []
    for start, end in found:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _opened_on(calendar: Calendar, day: date) -> Iterator[Span]:
    """Spans that begin on this day of their zone. One that closes at or before its opening ends on the next day."""
    if day in _holidays(calendar.holidays, day.year):
        return
    for hours in calendar.hours:
        if day.weekday() in hours.days:
            zone, last = ZoneInfo(hours.zone), day if hours.closes > hours.opens else day + DAY
            start, end = datetime.combine(day, hours.opens, zone), datetime.combine(last, hours.closes, zone)
            yield start.astimezone(UTC), end.astimezone(UTC)


@lru_cache(maxsize=1000)
def _holidays(holidays: tuple[Holiday, ...], year: int) -> frozenset[date]:
    """As they are kept; the first day of a year may be kept on the last of the year before."""
    return frozenset(_kept(one, y) for one in holidays for y in (year, year + 1))


def _kept(holiday: Holiday, year: int) -> date:
    if holiday.day is not None:
        day = date(year, holiday.month, holiday.day)
        return day + {5: -DAY, 6: DAY}.get(day.weekday(), NOTHING)
    assert holiday.nth is not None  # the form of the catalogue says so
    assert holiday.weekday is not None
    days = [week[holiday.weekday] for week in monthcalendar(year, holiday.month) if week[holiday.weekday]]
    return date(year, holiday.month, days[holiday.nth - (holiday.nth > 0)])
