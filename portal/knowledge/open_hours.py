"""Times of others: who is open now, which facility is moving to the new record, what is down for maintenance. Pure.

Federal holidays are not known here: a page that shows opening hours says that they may differ then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.knowledge.catalogue import Catalogue, Facility, Hours, Maintenance, Route, Window

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LETTERS = {
    "America/New_York": "ET",
    "America/Detroit": "ET",
    "America/Chicago": "CT",
    "America/Denver": "MT",
    "America/Boise": "MT",
    "America/Phoenix": "MST",
    "America/Los_Angeles": "PT",
    "America/Anchorage": "AKT",
    "Pacific/Honolulu": "HT",
}


@dataclass(frozen=True, slots=True)
class Opening:
    """`is_open` is None where the hours are not known; `text` as in "open now until 8 pm ET"."""

    is_open: bool | None
    text: str


def opening(route: Route, now: datetime) -> Opening:
    """Whether a line is open, and until or from when, in the line's own zone. `now` is aware."""
    if route.always_open:
        return Opening(True, "open at any time")
    if not route.hours:
        return Opening(None, "hours not known")
    spans = sorted(span for hours in route.hours for span in _spans(hours, now))
    until = None
    for start, end in spans:
        if start <= (until or now) < end:
            until = end  # a span that begins where another ends goes on
    if until is not None:
        if until - now > timedelta(days=7):
            return Opening(True, "open at any time")
        day = "" if until - now < timedelta(hours=24) else f"{_DAYS[until.weekday()]} "
        return Opening(True, f"open now until {day}{_clock(until)}")
    start = next(start for start, _ in spans if start > now)
    today = start.date() == now.astimezone(start.tzinfo).date()
    return Opening(False, f"opens {'today' if today else _DAYS[start.weekday()]} {_clock(start)}")


def maintenance_now(catalogue: Catalogue, now: datetime) -> list[Maintenance]:
    """Maintenance times that run at this moment, by name."""
    running = (one for one in catalogue.maintenance if _is_running(one, now))
    return sorted(running, key=lambda one: (one.name, one.id))


def maintenance_text(maintenance: Maintenance) -> str:
    """As in "Sun midnight to 8 am MT"."""
    start, end = (datetime.combine(date(2024, 1, 1), at) for at in (maintenance.opens, maintenance.closes))
    letters = _LETTERS.get(maintenance.zone, maintenance.zone)
    return f"{_DAYS[maintenance.day]} {_clock(start, '')} to {_clock(end, letters)}"


def _is_running(one: Maintenance, now: datetime) -> bool:
    hours = Hours((one.day,), one.opens, one.closes, one.zone)
    return any(start <= now < end for start, end in _spans(hours, now))


def _spans(hours: Hours, now: datetime) -> list[tuple[datetime, datetime]]:
    """Of the days around now. A span that closes at or before its opening ends on the next day."""
    zone = ZoneInfo(hours.zone)
    today = now.astimezone(zone).date()
    found = []
    for offset in range(-1, 9):
        day = today + timedelta(days=offset)
        if day.weekday() in hours.days:
            last = day if hours.closes > hours.opens else day + timedelta(days=1)
            start, end = (
                datetime.combine(at, clock, zone) for at, clock in ((day, hours.opens), (last, hours.closes))
            )
            found.append((start, end))
    return found


def _clock(at: datetime, letters: str | None = None) -> str:
    if letters is None:
        letters = _LETTERS.get(str(at.tzinfo), at.tzname() or "")
    if at.time() in (time(0), time(12)):
        return f"{'midnight' if at.hour == 0 else 'noon'} {letters}".strip()
    minutes = f":{at.minute:02}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes} {'am' if at.hour < 12 else 'pm'} {letters}".strip()


@dataclass(frozen=True, slots=True)
class _Effect:
    """What a move does to a tool, in days from the cutover: warned from, affected from and to (inclusive)."""

    warned: int
    first: int
    last: int


PLANNED = "planned day"  # the note of a move of which only the plan is published

_PHASES = ((-60, "p0"), (-45, "p1"), (-30, "p2"), (-6, "p3"), (-3, "p4"), (0, "p5"), (2, "p6"), (7, "p7"))
_EFFECTS: Mapping[str, _Effect] = {
    "appointments": _Effect(-60, -30, 7),
    "medical-records": _Effect(-45, -3, 2),
    "medications": _Effect(-45, -3, 2),
    "secure-messaging": _Effect(-45, -6, 2),
}


@dataclass(frozen=True, slots=True)
class Move:
    """A facility's move on one day. `phase`: p0 to p7, None outside; `facts`: tool id -> before, during, after."""

    phase: str | None
    facts: Mapping[str, str]
    text: str


def migration_phase(facility: Facility, day: date) -> Move:
    """Where a facility stands in its move; a facility without a window is in none."""
    if facility.window is None:
        return Move(None, {}, "")
    cutover = facility.window.cutover
    days = (day - cutover).days
    if not _PHASES[0][0] <= days <= _PHASES[-1][0]:
        return Move(None, {}, "")
    phase = next(name for start, name in reversed(_PHASES) if days >= start)
    facts = {tool: fact for tool, effect in _EFFECTS.items() if (fact := _fact(effect, days)) != "none"}
    when = "today" if days == 0 else f"in {_days(days)}" if days < 0 else f"{_days(days)} ago"
    verb = "moves" if days <= 0 else "moved"
    return Move(phase, facts, f"{facility.name} {verb} to a new health record on {_day(cutover)} ({when}).")


def move_words(window: Window, day: date) -> str:
    """ "moved on Apr 11, 2026, as planned; to confirm" - no source says that a planned move took place."""
    past = window.cutover < day
    when = f"{'moved' if past else 'moves'} on {_day(window.cutover)}"
    if past and window.note == PLANNED:
        return f"{when}, as planned; to confirm"
    return f"{when} ({window.note})" if window.note else when


def fact_value(move: Move, tool: str | None) -> str:
    """The fact `migration_phase` for a tool. A tool without a window of its own has the furthest of the others."""
    if tool in _EFFECTS:
        return move.facts.get(tool or "", "none")
    return next((fact for fact in ("during", "after", "before") if fact in move.facts.values()), "none")


def _fact(effect: _Effect, days: int) -> str:
    if days > effect.last:
        return "after"
    return "during" if days >= effect.first else "before" if days >= effect.warned else "none"


def _days(days: int) -> str:
    return "1 day" if abs(days) == 1 else f"{abs(days)} days"


def _day(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"
