"""Spikes in made-up series: `python -m tests.bench.bench_spikes [SEEDS]`. Prints hit rate, false alarms and delay.

Twelve tools with 1 to 60 calls a day, busy Mondays and mornings, quiet weekends and holidays, chance (Poisson). After eight
weeks of history each series runs a month without a spike, for the false alarms of the whole desk, and once more with a rise
to three times the usual for four business hours. Targets, ours: for tools with 40 calls a day and more 95 % found, within two
business hours; at most two false alarms a month for all twelve tools together.
"""

from __future__ import annotations

import math
import random
import sys
from bisect import bisect_right, insort
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from portal.tickets.spikes import WEEKS, stands_out

ZONE = ZoneInfo("America/New_York")
A_DAY = (60, 45, 30, 30, 20, 15, 10, 6, 4, 2, 1, 1)
BUSY = 40
WEEKDAYS = (1.3, 1.1, 1.0, 1.0, 0.9, 0.2, 0.15)
HOURS = {
    **dict.fromkeys(range(8, 12), 1.4),
    **dict.fromkeys(range(12, 17), 1.0),
    **dict.fromkeys(range(17, 20), 0.6),
}
FIRST = date(2026, 8, 17)
HOLIDAYS = {date(2026, 9, 7), date(2026, 10, 12), date(2026, 11, 11)}
EVERY = timedelta(minutes=15)
TARGETS = {"found %": 95.0, "false alarms a month": 2.0, "delay h": 2.0}


def poisson(chance: random.Random, mean: float) -> int:
    """Knuth's; the means here are small."""
    least, count, product = math.exp(-mean), 0, chance.random()
    while product > least:
        count, product = count + 1, product * chance.random()
    return count


def usual(day: date, hour: int, a_day: float) -> float:
    """Calls that are expected in this hour."""
    share = HOURS.get(hour, 0.05) / sum(HOURS.get(one, 0.05) for one in range(24))
    return a_day * share * (0.2 if day in HOLIDAYS else WEEKDAYS[day.weekday()])


def strew(chance: random.Random, day: date, hour: int, mean: float) -> list[datetime]:
    start = datetime(day.year, day.month, day.day, hour, tzinfo=ZONE).astimezone(UTC)
    return [start + timedelta(seconds=chance.randrange(3600)) for _ in range(poisson(chance, mean))]


def series(chance: random.Random, a_day: float, days: int) -> list[datetime]:
    dates = (FIRST + timedelta(days=n) for n in range(days))
    return sorted(
        at for day in dates for hour in range(24) for at in strew(chance, day, hour, usual(day, hour, a_day))
    )


def alarms(times: list[datetime], begin: datetime, end: datetime) -> list[datetime]:
    """When a spike is opened by passes every quarter of an hour; it is told again after two quiet days or when doubled."""
    found: list[datetime] = []
    count, now = 0, begin
    while now <= end:
        rise = stands_out(times[: bisect_right(times, now)], now, ZONE)
        if rise:
            size = bisect_right(times, now) - bisect_right(times, rise[0])
            if not found or now > found[-1] + timedelta(days=2) or size >= 2 * count:
                found.append(now)
                count = size
        now += EVERY
    return found


def planted(chance: random.Random, a_day: float) -> float | None:
    """Hours until a rise to three times the usual was seen, or None. It lasts four hours, and is looked for five."""
    times = series(chance, a_day, WEEKS * 7 + 12)
    day = FIRST + timedelta(days=WEEKS * 7 + chance.choice((1, 2, 3, 4, 7, 8, 9, 10)))
    first = chance.randrange(8, 14)
    for hour in range(first, first + 4):
        for at in strew(chance, day, hour, 2 * usual(day, hour, a_day)):
            insort(times, at)
    begin = datetime(day.year, day.month, day.day, first, tzinfo=ZONE).astimezone(UTC)
    seen = alarms(times, begin + EVERY, begin + timedelta(hours=5))
    return (seen[0] - begin) / timedelta(hours=1) if seen else None


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    false, delays = 0, defaultdict[int, list[float | None]](list)
    for seed in range(seeds):
        chance = random.Random(seed)
        for a_day in A_DAY:
            times = series(chance, a_day, WEEKS * 7 + 30)
            begin = datetime.combine(FIRST, datetime.min.time(), ZONE).astimezone(UTC) + timedelta(
                weeks=WEEKS
            )
            false += len(alarms(times, begin, begin + timedelta(days=30)))
        for a_day in sorted(set(A_DAY), reverse=True):
            delays[a_day] += [planted(chance, a_day) for _ in range(30)]
    for a_day, all_seen in delays.items():
        seen = [one for one in all_seen if one is not None]
        middle = f"{median(seen):.2f} h" if seen else "-"
        print(
            f"{a_day:3} calls a day: {100 * len(seen) / len(all_seen):5.1f} % of {len(all_seen)} found, delay {middle}"
        )
    busy = [one for a_day, all_seen in delays.items() if a_day >= BUSY for one in all_seen]
    hits = [one for one in busy if one is not None]
    got = {
        "found %": 100 * len(hits) / len(busy),
        "false alarms a month": false / seeds,
        "delay h": median(hits),
    }
    for name, value in got.items():
        met = value >= TARGETS[name] if name == "found %" else value <= TARGETS[name]
        print(f"{name:22} {value:6.2f}  target {TARGETS[name]:5.1f}  {'met' if met else 'MISSED'}")


if __name__ == "__main__":
    main()
