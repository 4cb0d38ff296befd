"""Calls that rise far above the usual, and alike tickets of a day: told once, and not for chance, holidays or Mondays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.tickets.groups import alike
from portal.tickets.spikes import (
    Call,
    Kept,
    Kind,
    Spike,
    SpikeState,
    confirmed_by,
    find_spikes,
    is_of,
    opens,
    same,
    stands_out,
)
from tests.unit.tickets.test_groups import ONE_DAY, OTHERS, numbers

ZONE = ZoneInfo("America/New_York")
NOW = datetime(
    2026, 11, 24, 20, 0, tzinfo=UTC
)  # a Tuesday, three in the afternoon; the clocks changed on November 1
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)


def every(minutes: int, hours: float, until: datetime = NOW) -> list[datetime]:
    count = int(hours * 60 / minutes)
    return [until - n * timedelta(minutes=minutes) for n in reversed(range(count))]


def weeks_before(n: int) -> datetime:
    return (NOW.astimezone(ZONE) - n * WEEK).astimezone(UTC)


def history(minutes: int, *, without: int = 0) -> list[datetime]:
    """Eight earlier Tuesdays with a call every so many minutes until now; one of them was a holiday."""
    return [at for n in range(8, 0, -1) if n != without for at in every(minutes, 5, weeks_before(n))]


def calls(times: list[datetime], tool: str = "sm", places: tuple[str, ...] = ()) -> list[Call]:
    return [Call(at, f"T3-2026-{n:06d}", tool, places) for n, at in enumerate(times)]


def test_three_times_the_usual_stands_out_and_the_usual_does_not() -> None:
    assert stands_out([*history(15), *every(15, 4)], NOW, ZONE) is None
    assert stands_out([*history(15, without=3), *every(13, 4)], NOW, ZONE) is None
    found = stands_out([*history(15), *every(5, 4)], NOW, ZONE)
    assert found is not None
    since, words = found
    assert since == NOW - 4 * HOUR
    assert words == "48 calls in the last 4 hours; usual at this time: 16"


def test_a_steep_rise_is_seen_within_two_hours() -> None:
    found = stands_out([*history(10), *every(10, 4, NOW - 2 * HOUR), *every(2, 2)], NOW, ZONE)
    assert found is not None
    assert found[0] == NOW - 2 * HOUR


def test_a_few_calls_are_chance_also_where_there_were_none() -> None:
    assert stands_out(every(30, 3.5), NOW, ZONE) is None
    found = stands_out(every(20, 4), NOW, ZONE)
    assert found is not None
    assert found[1].endswith("usual at this time: 0")


def test_five_alike_tickets_of_one_day_are_a_spike_and_four_are_not() -> None:
    groups = alike([*ONE_DAY, *OTHERS])
    (spike,) = find_spikes([], groups, NOW, ZONE)
    assert (spike.kind, spike.tool, spike.numbers) == (Kind.WORDS, "secure-messaging", numbers(1, 2, 3, 4, 5))
    assert spike.because == (
        "5 tickets of one day say the same: words “send”, “fails”, “message”, “sent”, “spins”, 2 facilities"
    )
    assert find_spikes([], alike([*ONE_DAY[:4], *OTHERS]), NOW, ZONE) == []


def test_a_rise_that_alike_tickets_explain_is_told_once() -> None:
    rise = calls([*history(15), *every(5, 4)], places=("668",))
    (spike,) = find_spikes(rise, [], NOW, ZONE)
    assert (spike.kind, spike.tool, spike.facility, len(spike.numbers)) == (Kind.TOOL, "sm", "", 48)
    group = replace(alike(ONE_DAY)[0], numbers=spike.numbers)
    assert [one.kind for one in find_spikes(rise, [group], NOW, ZONE)] == [Kind.WORDS]


def test_a_place_rises_over_several_tools() -> None:
    times = every(10, 4)
    many = [Call(at, f"T3-2026-{n:06d}", f"tool{n % 6}", ("668",)) for n, at in enumerate(times)]
    (spike,) = find_spikes(many, [], NOW, ZONE)
    assert (spike.kind, spike.facility, spike.tool) == (Kind.FACILITY, "668", "")


SPIKE = Spike(Kind.TOOL, "sm", "", "", NOW - HOUR, numbers(1, 2, 3, 4), "4 calls")


def kept(state: SpikeState, spike: Spike = SPIKE) -> Kept:
    return Kept(spike, state, NOW)


def test_the_same_is_not_opened_twice_and_a_dismissed_one_returns_doubled() -> None:
    doubled = replace(SPIKE, numbers=numbers(*range(1, 9)))
    assert opens(SPIKE, None)
    assert not opens(doubled, kept(SpikeState.OPEN))
    assert not opens(doubled, kept(SpikeState.CONFIRMED))
    assert not opens(replace(SPIKE, numbers=numbers(*range(1, 8))), kept(SpikeState.DISMISSED))
    assert opens(doubled, kept(SpikeState.DISMISSED))


def test_what_is_the_same_spike() -> None:
    assert same(SPIKE, kept(SpikeState.OPEN))
    assert not same(replace(SPIKE, tool="rx"), kept(SpikeState.OPEN))
    assert not same(replace(SPIKE, since=NOW + timedelta(days=3)), kept(SpikeState.OPEN))
    said = replace(SPIKE, kind=Kind.WORDS, words="send, spins")
    assert not same(said, kept(SpikeState.OPEN))
    assert same(replace(said, words="spins", numbers=numbers(4, 5)), kept(SpikeState.OPEN, said))
    assert same(replace(said, numbers=numbers(8, 9)), kept(SpikeState.OPEN, said))
    assert not same(replace(said, words="label", numbers=numbers(8, 9)), kept(SpikeState.OPEN, said))
    risen = replace(SPIKE, numbers=numbers(1, 2, 3, 8, 9))
    assert same(risen, kept(SpikeState.DISMISSED, said))
    assert not same(replace(risen, numbers=numbers(1, 7, 8, 9)), kept(SpikeState.DISMISSED, said))


def test_alike_tickets_are_part_of_a_spike_when_they_share_half_of_the_smaller_one() -> None:
    group = replace(alike(ONE_DAY)[0], numbers=numbers(1, 2, 3, 4))
    assert is_of(numbers(1, 9), group) is True
    assert is_of(numbers(3, 4, 5, 6, 7, 8), group) is True
    assert is_of(numbers(4, 5, 6, 7, 8), group) is False
    assert is_of([], group) is False


def test_it_is_confirmed_when_half_of_its_tickets_belong_to_one_known_issue() -> None:
    one, two, three, _ = SPIKE.numbers
    assert confirmed_by(SPIKE, {}) == ""
    assert confirmed_by(SPIKE, {one: "a", two: "b"}) == ""
    assert confirmed_by(SPIKE, {one: "a", two: "b", three: "a"}) == "a"
