"""Is something new going on? Calls of a tool or a place held against their usual number, and alike tickets of a day. Pure.

Counted are calls that no open known issue explains: tickets, and reports on what was thought to be over. The usual
number is the median of the same hours on the same weekday of the eight weeks before, which a holiday or an earlier outage
does not move; how far it strays, the median of the distances from it (MAD), but never less than chance alone would.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import sqrt
from statistics import median
from typing import Final
from zoneinfo import ZoneInfo

from portal.tickets.groups import Group

WEEKS: Final = 8
WEEK: Final = timedelta(days=7)
WINDOWS: Final = (timedelta(hours=2), timedelta(hours=4))
"""And the day so far. Two hours show a steep rise at once, four a slower one."""
FACTOR: Final = 4.4  # distances above the median
FEWEST: Final = 8  # calls: fewer are chance
SMOOTH: Final = 2  # calls more: the median of eight numbers is itself off by chance
FEWEST_ALIKE: Final = 5  # unlinked tickets of a day that say the same
MAD_TO_SIGMA: Final = 1.4826
RETURNS_WHEN: Final = 2  # times as many as when it was dismissed
SAME_FOR: Final = timedelta(days=2)  # later it is a new one
MOSTLY: Final = 0.5


class Kind(StrEnum):
    TOOL = "tool"
    FACILITY = "facility"
    WORDS = "words"


class SpikeState(StrEnum):
    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Call:
    """An unexplained call. `number`: of its ticket; of a report only when there is no ticket."""

    at: datetime
    number: str
    tool: str
    facilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spike:
    """`numbers`: the calls of its window, oldest first. `because` says against what it was held."""

    kind: Kind
    tool: str
    facility: str
    words: str
    since: datetime
    numbers: tuple[str, ...]
    because: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A spike as it was opened earlier; `at`: when it last grew, or was decided on."""

    spike: Spike
    state: SpikeState
    at: datetime


def find_spikes(calls: Sequence[Call], groups: Sequence[Group], now: datetime, zone: ZoneInfo) -> list[Spike]:
    """`groups`: of the unlinked tickets of the last day. A rise of a tool or place that they mostly explain is not told again."""
    found = [spike for group in groups if (spike := _of_group(group))]
    told = {number for spike in found for number in spike.numbers}
    for spike in _of_counts(calls, now, zone):
        if sum(number in told for number in spike.numbers) < MOSTLY * len(spike.numbers):
            found.append(spike)
            told.update(spike.numbers)
    return found


def _of_group(group: Group) -> Spike | None:
    count = len(group.numbers)
    if count < FEWEST_ALIKE:
        return None
    facility = group.facilities[0] if len(group.facilities) == 1 else ""
    because = f"{count} tickets of one day say the same: {group.because}"
    words = group.code or ", ".join(group.words)
    return Spike(Kind.WORDS, group.tool, facility, words, group.since, group.numbers, because)


def _of_counts(calls: Sequence[Call], now: datetime, zone: ZoneInfo) -> list[Spike]:
    """For each tool, then for each facility, the window in which it stands out most."""
    by_key: defaultdict[tuple[Kind, str], list[Call]] = defaultdict(list)
    for call in sorted(calls, key=lambda one: (one.at, one.number)):
        if call.tool:
            by_key[Kind.TOOL, call.tool].append(call)
        for place in call.facilities:
            by_key[Kind.FACILITY, place].append(call)
    found = []
    for (kind, name), own in sorted(by_key.items(), key=lambda pair: (pair[0][0] != Kind.TOOL, pair[0][1])):
        rise = stands_out([call.at for call in own], now, zone)
        if rise:
            since, because = rise
            within = [call for call in own if since < call.at <= now]
            tools = {call.tool for call in within}
            tool = name if kind is Kind.TOOL else tools.pop() if len(tools) == 1 else ""
            facility = name if kind is Kind.FACILITY else ""
            numbers = tuple(dict.fromkeys(call.number for call in within))
            found.append(Spike(kind, tool, facility, "", within[0].at, numbers, because))
    return found


def stands_out(times: Sequence[datetime], now: datetime, zone: ZoneInfo) -> tuple[datetime, str] | None:
    """Since when there are far more than usual, and in words; of several windows the most telling. `times`: oldest first."""
    local = now.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(now.tzinfo)
    rises = [_rise(times, since, now, zone) for since in (*(now - window for window in WINDOWS), midnight)]
    most = max((rise for rise in rises if rise), default=None)
    return most[1:] if most else None


def _rise(
    times: Sequence[datetime], since: datetime, now: datetime, zone: ZoneInfo
) -> tuple[float, datetime, str] | None:
    """How many distances the count since then stands above the usual, if that is a spike."""
    count = _count(times, since, now)
    if count < FEWEST:
        return None
    weeks = range(1, WEEKS + 1)
    usual = [_count(times, _weeks_before(since, n, zone), _weeks_before(now, n, zone)) for n in weeks]
    middle = median(usual)
    stray = max(MAD_TO_SIGMA * median(abs(one - middle) for one in usual), sqrt(middle + SMOOTH))
    above = (count - middle) / stray
    if above < FACTOR:
        return None
    hours = max(1, round((now - since) / timedelta(hours=1)))
    span = f"{hours} hours" if hours != 1 else "hour"
    return above, since, f"{count} calls in the last {span}; usual at this time: {middle:g}"


def _count(times: Sequence[datetime], since: datetime, until: datetime) -> int:
    return bisect_right(times, until) - bisect_right(times, since)


def _weeks_before(at: datetime, weeks: int, zone: ZoneInfo) -> datetime:
    """By the clock on the wall: the same hour also across a change of the clocks."""
    return (at.astimezone(zone) - weeks * WEEK).astimezone(at.tzinfo)


def same(spike: Spike, kept: Kept) -> bool:
    """Is it this one again? A group by a ticket in common or the same code or words; a count by its tool and place.

    What was dismissed is also known by its tickets, whatever they stand out by now.
    """
    earlier = kept.spike
    shared = sum(number in earlier.numbers for number in spike.numbers)
    if kept.state is SpikeState.DISMISSED and shared >= MOSTLY * len(spike.numbers):
        return True
    if spike.kind is not earlier.kind or spike.tool != earlier.tool or spike.since > kept.at + SAME_FOR:
        return False
    if spike.kind is Kind.WORDS:
        return spike.words == earlier.words or not set(spike.numbers).isdisjoint(earlier.numbers)
    return spike.facility == earlier.facility


def is_of(spike: Sequence[str], group: Group) -> bool:
    """Are these alike tickets the spike once more? They share half of the smaller one. `spike`: its tickets."""
    shared = set(spike).intersection(group.numbers)
    return bool(shared) and len(shared) >= MOSTLY * min(len(spike), len(group.numbers))


def opens(spike: Spike, kept: Kept | None) -> bool:
    """Is it to be told? What is open or confirmed is not opened twice; what was dismissed returns when it has doubled."""
    if kept is None:
        return True
    return kept.state is SpikeState.DISMISSED and len(spike.numbers) >= RETURNS_WHEN * len(kept.spike.numbers)


def confirmed_by(spike: Spike, linked: Mapping[str, str]) -> str:
    """The known issue that explains it: most of its tickets are linked to one. `linked`: ticket -> known issue."""
    counts = Counter(linked[number] for number in spike.numbers if number in linked)
    (issue, count), *_ = counts.most_common(1) or [("", 0)]
    return issue if count >= MOSTLY * len(spike.numbers) else ""
