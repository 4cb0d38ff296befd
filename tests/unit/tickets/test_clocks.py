"""The ledger of a ticket and its targets, by example and against a simulator that counts minute by minute.

`CLOCK_HISTORIES=10000 pytest tests/unit/tickets/test_clocks.py` runs more histories than the suite does.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from portal.knowledge.catalogue import Calendar, Catalogue, Holiday, Hours, Targets
from portal.tickets.clocks import Happening, Holder, Segment, clocks, due_at, ledger, strip, used
from portal.tickets.lifecycle import TRANSITIONS
from portal.tickets.ticket import OVER, State
from portal.tickets.working_time import later, worked
from tests.unit.tickets.made import CATALOGUE

HISTORIES = int(os.environ.get("CLOCK_HISTORIES", "300"))
TARGETS = {
    "critical": Targets(1, 24),
    "high": Targets(4, 48),
    "medium": Targets(8, 120),
    "low": Targets(24, 240),
}
WEEK = (0, 1, 2, 3, 4)
THANKSGIVING = Holiday("Thanksgiving Day", 11, None, 3, 4)
FOURTH = Holiday("Independence Day", 7, 4, None, None)
MEMORIAL = Holiday("Memorial Day", 5, None, 0, -1)
DESK = Calendar(
    "desk", (Hours(WEEK, time(8), time(20), "America/New_York"),), (THANKSGIVING, FOURTH, MEMORIAL)
)
MINUTE = timedelta(minutes=1)
EAST = "America/New_York"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """In November 2026, of which the 23rd is a Monday, in UTC."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def in_business(**calendars: Calendar) -> Catalogue:
    """`tier3` is that of the targets, the others those of teams."""
    teams = {
        id: replace(team, calendar=id if id in calendars else None) for id, team in CATALOGUE.teams.items()
    }
    kind = "business" if calendars else "clock"
    return replace(
        CATALOGUE, teams=teams, targets=TARGETS, hours_kind=kind, calendars=calendars, calendar="tier3"
    )


CLOCK = in_business()


def history(*events: tuple[str, datetime, dict[str, Any]]) -> list[Segment]:
    return ledger([Happening(*one) for one in events])


LONG = (
    ("filed", at(23, 14), {}),
    ("routed", at(23, 14), {"team": "messaging"}),
    ("accepted", at(23, 15), {}),
    ("noted", at(23, 15, 30), {"note": "looking"}),
    ("held", at(23, 16), {"reason": "vendor_or_partner"}),
    ("resumed", at(23, 20), {}),
    ("answer_ready", at(23, 21), {}),
    ("answered", at(23, 22), {}),
    ("reopened", at(24, 14), {"because": "still there"}),
)


def test_each_state_has_its_stretch_with_who_had_it() -> None:
    found = history(*LONG)
    assert [(one.state.value, one.holder.value, one.team) for one in found] == [
        ("routed", "team", "messaging"),
        ("accepted", "team", "messaging"),
        ("on_hold", "outside", "messaging"),
        ("accepted", "team", "messaging"),
        ("answer_ready", "tier3", "messaging"),
        ("back_to_tier2", "outside", "messaging"),
        ("reopened", "tier3", "messaging"),
    ]
    assert found[2].hold_reason == "vendor_or_partner"
    assert [one.end for one in found[:-1]] == [one.start for one in found[1:]]


def test_a_hold_that_is_longer_goes_back_to_where_it_began() -> None:
    found = history(*LONG[:5], ("postponed", at(23, 17), {"reason": "vendor_or_partner"}), *LONG[5:])
    assert [one.state.value for one in found[1:5]] == ["accepted", "on_hold", "on_hold", "accepted"]
    assert found[3].hold_reason == "vendor_or_partner"


def test_a_hold_and_an_answer_pause_the_target_and_a_reopening_goes_on() -> None:
    found = history(*LONG)
    assert used(found, at(24, 15), CLOCK) == timedelta(
        hours=5
    )  # 2 before the hold, 2 after it, 1 since reopened
    assert due_at(found, "high", looked_at=at(23, 15), follow_up_at=None, catalogue=CLOCK) == at(
        24, 14
    ) + timedelta(hours=44)
    look, answer = clocks(found, "high", looked_at=at(23, 15), catalogue=CLOCK, now=at(24, 15))
    assert look.words == "Looked at after 1 h of 4 h"
    assert answer.words == "Resolution: 43 h of 48 h left"
    paused = history(*LONG[:5])
    assert due_at(paused, "high", looked_at=at(23, 15), follow_up_at=at(30, 11), catalogue=CLOCK) == at(
        30, 11
    )
    _, answer = clocks(paused, "high", looked_at=at(23, 15), catalogue=CLOCK, now=at(24, 15))
    assert answer.words == "Resolution: paused, 46 h of 48 h left"


def test_a_move_taken_back_has_never_happened() -> None:
    before = history(*LONG[:3])
    taken_back = (
        ("answer_ready", at(23, 16), {}),
        ("undone", at(23, 16, 1), {"event": "answer_ready", "state": "accepted", "team": "messaging"}),
    )
    assert history(*LONG[:3], *taken_back) == before


def test_what_is_only_recognised_in_the_call_moves_nothing() -> None:
    found = history(("filed", at(23, 14), {}), ("linked", at(23, 14), {"known_issue": "x"}))
    assert [one.state for one in found] == [State.NEW]


def test_short_over_and_never_done_in_words() -> None:
    new = history(("filed", at(23, 14), {}))

    def look(hours: float) -> Any:
        now = at(23, 14) + timedelta(hours=hours)
        return clocks(new, "high", looked_at=None, catalogue=CLOCK, now=now)[0]

    assert [look(h).is_short for h in (2.9, 3, 4, 4.1)] == [False, True, True, False]
    assert look(3).words == "First look: 1 h of 4 h left"
    assert look(6).words == "First look: over by 2 h"
    gone = history(("filed", at(23, 14), {}), ("withdrawn", at(23, 15), {"because": "solved"}))
    first, last = clocks(gone, "high", looked_at=None, catalogue=CLOCK, now=at(25, 14))
    assert first.words == "First look: none, it ended after 1 h of 4 h"
    assert last.words == "Resolution: none, it ended after 1 h of 48 h"


def test_business_hours_leave_out_nights_weekends_and_holidays() -> None:
    """Filed on Wednesday at 19:00 Eastern; Thursday is Thanksgiving; 8 hours are used up on Friday at 15:00."""
    found = history(("filed", at(26, 0), {}))
    catalogue = in_business(tier3=DESK)
    due = due_at(found, "medium", looked_at=None, follow_up_at=None, catalogue=catalogue)
    assert due == at(27, 20)
    assert used(found, at(27, 20, 30), catalogue) == timedelta(hours=8, minutes=30)


def test_each_holder_has_its_own_hours() -> None:
    """Tier 3 in Eastern, the team in Pacific hours: both worked one hour between 13:00 and 17:00 UTC."""
    west = Calendar("west", (Hours(WEEK, time(8), time(16), "America/Los_Angeles"),), ())
    found = history(("filed", at(23, 12), {}), ("routed", at(23, 14), {"team": "messaging"}))
    catalogue = in_business(tier3=DESK, messaging=replace(west, id="messaging"))
    assert used(found, at(23, 17), catalogue) == timedelta(hours=2)
    assert [(p.who, p.lasted, p.counted) for p in _strip(found, catalogue, at(23, 17)).pieces] == [
        ("Tier 3", "2 h", "1 h"),
        ("Messaging", "3 h", "1 h"),
    ]


def _strip(found: list[Segment], catalogue: Catalogue, now: datetime) -> Any:
    return strip(found, "high", looked_at=None, catalogue=catalogue, now=now)


def test_the_strip_fills_its_width_and_sums_by_holder() -> None:
    drawn = _strip(history(*LONG), CLOCK, at(24, 15))
    assert drawn.totals == [
        (Holder.TEAM, "Messaging", "3 h"),
        (Holder.OUTSIDE, "Waiting", "4 h"),
        (Holder.TIER3, "Tier 3", "2 h"),
        (Holder.OUTSIDE, "Help desk", "16 h"),
    ]
    assert drawn.pieces[0].at == 0
    assert sum(piece.width for piece in drawn.pieces) == 1000
    assert drawn.pieces[2].why == "waits for a vendor or partner"
    assert drawn.pieces[2].counted is None


@pytest.mark.parametrize(
    ("holiday", "year", "day"),
    [
        (THANKSGIVING, 2026, date(2026, 11, 26)),
        (MEMORIAL, 2026, date(2026, 5, 25)),
        (FOURTH, 2026, date(2026, 7, 3)),  # a Saturday
        (FOURTH, 2027, date(2027, 7, 5)),  # a Sunday
        (Holiday("New Year's Day", 1, 1, None, None), 2022, date(2021, 12, 31)),
    ],
)
def test_holidays_are_kept_on_their_day_of_the_week(holiday: Holiday, year: int, day: date) -> None:
    own = Calendar("own", (Hours(tuple(range(7)), time(0), time(0), "UTC"),), (holiday,))
    midnight = datetime.combine(day, time(0), UTC)
    around = [worked(midnight + timedelta(days=n), midnight + timedelta(days=n + 1), own) for n in (-1, 0, 1)]
    assert around == [timedelta(days=1), timedelta(0), timedelta(days=1)]


# --- against a simulator

WINDOWS = (
    datetime(2026, 3, 4, tzinfo=UTC),  # clocks go forward on the 8th
    datetime(2026, 10, 28, tzinfo=UTC),  # and back on November 1
    datetime(2026, 11, 20, tzinfo=UTC),  # Thanksgiving
    datetime(2026, 6, 30, tzinfo=UTC),  # Independence Day, kept on the 3rd
)
DAYS = 12
CALENDARS = (
    None,
    DESK,
    Calendar("west", (Hours(WEEK, time(7, 30), time(16), "America/Los_Angeles"),), (THANKSGIVING,)),
    Calendar("night", (Hours((5, 6, 0), time(22), time(6), "America/Chicago"),), (FOURTH,)),
    Calendar("clock-change", (Hours((6,), time(1), time(3), EAST), Hours((0, 5, 6), time(2), time(9), EAST)), ()),
    Calendar("two-zones", (Hours(WEEK, time(8), time(17), EAST), Hours(WEEK, time(8), time(17), "Pacific/Honolulu")), (FOURTH,)),
    Calendar("always", (Hours(tuple(range(7)), time(0), time(0), "America/Denver"),), ()),
)  # fmt: skip
KEPT = {
    date(2026, 11, 26): "Thanksgiving Day",
    date(2026, 7, 3): "Independence Day",
    date(2026, 5, 25): "Memorial Day",
}


def is_worked(minute: datetime, calendar: Calendar | None) -> bool:
    """By the wall clock of each zone, as somebody would read it who looks up at that minute."""
    if calendar is None:
        return True
    closed = {one.name for one in calendar.holidays}
    for hours in calendar.hours:
        wall = minute.astimezone(ZoneInfo(hours.zone))
        today, clock, night = wall.date(), wall.time(), hours.closes <= hours.opens
        yesterday = today - timedelta(days=1)
        opened = [
            (today, hours.opens <= clock and (night or clock < hours.closes)),
            (yesterday, night and clock < hours.closes),
        ]
        if any(yes and day.weekday() in hours.days and KEPT.get(day) not in closed for day, yes in opened):
            return True
    return False


@cache
def minutes_worked(window: int, calendar: int) -> bytes:
    """One byte for each minute of the window."""
    return bytes(is_worked(WINDOWS[window] + n * MINUTE, CALENDARS[calendar]) for n in range(DAYS * 1440))


TIER3_STATES = {"new", "triaging", "returned", "reopened", "answer_ready"}
TEAM_STATES = {"routed", "accepted", "in_progress"}


@dataclass
class Life:
    """A random history: what stood at each moment is noted while it is made, not read back from the events."""

    rng: random.Random
    state: str = "new"
    team: str | None = None
    held: str = ""
    events: list[Happening] = field(default_factory=list)
    stood: list[tuple[int, str, str | None]] = field(default_factory=list)  # minute, state, team
    looked: int | None = None

    def live(self, start: datetime) -> None:
        minute = self.rng.randrange(3 * 1440)
        self._note(start, minute, "filed", {})
        for _ in range(self.rng.randrange(9)):
            minute += self.rng.choice((0, 1, self.rng.randrange(90), self.rng.randrange(1500)))
            if minute >= DAYS * 1440 - 1:
                return
            self._step(start, minute)

    def _step(self, start: datetime, minute: int) -> None:
        moves = [one for one in TRANSITIONS if one.source is not None and one.source.value == self.state]
        if not moves or self.rng.random() < 0.1:
            self.events.append(Happening("noted", start + minute * MINUTE, {"note": "x"}))
            return
        move, before = self.rng.choice(moves), (self.state, self.team, self.held, self.looked)
        data: dict[str, Any] = {"why": "x"} if move.event == "linked" else {}
        if move.event == "routed":
            self.team = self.rng.choice(("messaging", "medications"))
            data = {"team": self.team}
        if move.target is State.ON_HOLD:
            data = {"reason": "release"}
            self.held = (
                self.held if self.state == "on_hold" else self.state
            )  # a hold that is longer began where it began
        self.state = move.target.value if move.target else self.held
        self.looked = minute if self.looked is None else self.looked
        self._note(start, minute, move.event, data)
        if self.rng.random() < 0.15:
            after = min(minute + self.rng.randrange(2), DAYS * 1440 - 1)
            self.events.append(
                Happening("undone", start + after * MINUTE, {"event": move.event, "state": before[0]})
            )
            self.stood.pop()
            self.state, self.team, self.held, self.looked = before

    def _note(self, start: datetime, minute: int, kind: str, data: dict[str, Any]) -> None:
        self.events.append(Happening(kind, start + minute * MINUTE, data))
        self.stood.append((minute, self.state, self.team))


@dataclass
class Counted:
    """What the simulator says: minutes of the target that are gone, at the look and at the end."""

    at_look: int
    at_end: int


def simulate(life: Life, window: int, own: dict[str | None, int], until: int) -> Counted:
    """Minute by minute: who has it now, and does that one work now?"""
    gone = at_look = 0
    coming, state, team = iter([*life.stood, (DAYS * 1440 + 1, "", None)]), "", None
    minute, (change, next_state, next_team) = life.stood[0][0], next(coming)
    open_now: bytes | None = None
    while True:
        while change <= minute:
            state, team = next_state, next_team
            change, next_state, next_team = next(coming)
            key = team if state in TEAM_STATES else None
            runs = state in TIER3_STATES or state in TEAM_STATES
            open_now = minutes_worked(window, own.get(key, own[None])) if runs else None
        if minute == life.looked:
            at_look = gone
        if minute >= until:
            return Counted(at_look if life.looked is not None else gone, gone)
        if open_now is not None and open_now[minute]:
            gone += 1
        minute += 1


def test_random_histories_count_as_the_simulator_does() -> None:
    rng = random.Random(20261125)
    for number in range(HISTORIES):
        window, start = number % len(WINDOWS), WINDOWS[number % len(WINDOWS)]
        kind = rng.choice(("clock", "business", "business", "business"))
        chosen = {who: rng.randrange(1, len(CALENDARS)) for who in (None, "messaging", "medications")}
        own: dict[str | None, int] = dict.fromkeys(chosen, 0) if kind == "clock" else chosen
        named = {
            who or "tier3": calendar
            for who, place in own.items()
            if (calendar := CALENDARS[place]) is not None
        }
        catalogue, severity = in_business(**named), rng.choice(list(TARGETS))
        life = Life(rng)
        life.live(start)
        until = rng.randrange(life.stood[-1][0], DAYS * 1440)
        now = start + until * MINUTE
        said = f"history {number}: {life.events}"
        found = ledger(life.events)
        true = simulate(life, window, own, until)
        assert used(found, now, catalogue) == true.at_end * MINUTE, said
        looked_at = start + life.looked * MINUTE if life.looked is not None else None
        look, _ = clocks(found, severity, looked_at=looked_at, catalogue=catalogue, now=now)
        assert look.used == true.at_look * MINUTE, said
        # no minute is lost or counted twice: the segments cover the time from the filing without a gap
        assert found[0].start == start + life.stood[0][0] * MINUTE, said
        assert all(one.end == after.start for one, after in pairwise(found)), said
        assert (found[-1].end, found[-1].state.value) == (None, life.state), said
        due = due_at(found, severity, looked_at=looked_at, follow_up_at=None, catalogue=catalogue)
        if State(life.state) in (*OVER, State.ON_HOLD):
            assert due is None, said
            continue
        target = TARGETS[severity]
        of = timedelta(hours=target.response_hours if looked_at is None else target.resolution_hours)
        assert due is not None
        team = life.team if life.state in TEAM_STATES else None
        calendar = catalogue.calendar_of(team)
        assert worked(now, due, calendar) == of - true.at_end * MINUTE, said
        assert worked(found[-1].start, later(found[-1].start, of, calendar), calendar) == of, said
