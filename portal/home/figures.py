"""Figures of a desk that show no single person: periods that are over, and counts under five hidden. Pure.

A count stands for a whole day or a whole week, Monday to Sunday, never for one that still runs, and no table has a total. So
nothing can be found out by taking one figure from another: a week is given exactly only when its small days are two or more
and five calls or more together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

LEAST = 5
UNDER = f"under {LEAST}"
WEEK = timedelta(days=7)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days that are over. `later` is None for the last one that is."""

    kind: str  # "day" or "week"
    days: tuple[date, ...]
    earlier: date
    later: date | None

    def bounds(self, zone: tzinfo) -> tuple[datetime, ...]:
        """The start of each day and the end of the last one."""
        ends = (*self.days, self.days[-1] + DAY)
        return tuple(datetime.combine(day, time(0), zone).astimezone(UTC) for day in ends)


def period(kind: str, raw_day: str, today: date) -> Period:
    """The day or the week with this day in it; the last one that is over where none is given, or it is not over."""
    step = DAY if kind == "day" else WEEK
    first_open = today if kind == "day" else _monday(today)
    last = first_open - step
    try:
        wanted = date.fromisoformat(raw_day)
        first = min(wanted if kind == "day" else _monday(wanted), last)
        earlier = first - step
    except (ValueError, OverflowError):
        first, earlier = last, last - step
    days = tuple(first + timedelta(days=place) for place in range(step.days))
    return Period("day" if kind == "day" else "week", days, earlier, first + step if first < last else None)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def shown(days: Sequence[int]) -> str:
    """One count, given by day, as it may be read."""
    total = sum(days)
    if total == 0:
        return "0"
    if total < LEAST:
        return UNDER
    small = [count for count in days if 0 < count < LEAST]
    if not small or (len(small) > 1 and sum(small) >= LEAST):
        return str(total)
    return f"at least {total - sum(small)}"


@dataclass(frozen=True, slots=True)
class Table:
    """`head` begins with what the rows are. Rows that are all hidden or nothing stand last, by name."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Counted = Iterable[tuple[str, str, int, int]]  # row, column, place of the day, how many


def table(title: str, row_name: str, columns: Mapping[str, str], counted: Counted, days: int) -> Table:
    """`columns`: id -> heading; counts in other columns are left out. Days outside are left out too."""
    cells: dict[str, dict[str, list[int]]] = {}
    for row, column, day, count in counted:
        if column in columns and 0 <= day < days:
            cells.setdefault(row, {}).setdefault(column, [0] * days)[day] += count
    rows = [(name, *(shown(found.get(id, ())) for id in columns)) for name, found in cells.items()]
    return Table(title, (row_name, *columns.values()), tuple(sorted(rows, key=_order)))


def _order(row: tuple[str, ...]) -> tuple[int, str]:
    """By what can be read, so that the order tells nothing of what is hidden."""
    return -sum(int(cell.removeprefix("at least ")) for cell in row[1:] if cell != UNDER), row[0]
