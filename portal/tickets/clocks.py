"""Who had a ticket from when to when, and what that leaves of its targets: all of it derived from its events. Pure.

A target runs while Tier 3 or a team has the ticket, in the hours of whoever has it. It waits while the ticket is on hold,
answered or ended, and goes on where it stood when it comes back. A move that was taken back has never happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from portal.knowledge.catalogue import Calendar, Catalogue
from portal.tickets.lifecycle import HOLD_WORDS, STATE_WORDS, TRANSITIONS
from portal.tickets.ticket import IN_TRIAGE, OVER, WITH_TEAM, HoldReason, State
from portal.tickets.time_left import length_words
from portal.tickets.working_time import NOTHING, later, worked

TARGETS = {one.event: one.target for one in TRANSITIONS}  # an event leads to one state; resumed: to None
DONE = {"First look": "Looked at", "Resolution": "Done"}
WARNED = 0.75  # of a target that is gone when people are warned


class Holder(StrEnum):
    TIER3 = "tier3"
    TEAM = "team"
    OUTSIDE = "outside"
    NOBODY = "nobody"


class Happened(Protocol):
    """An event of a ticket."""

    @property
    def kind(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def data(self) -> Mapping[str, Any]: ...


class Happening(NamedTuple):
    """One that is about to be saved."""

    kind: str
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Segment:
    """A ticket in one state. `end` None: it is so now. `team`: which it was handed to last; `hold_reason`: of a hold."""

    start: datetime
    end: datetime | None
    state: State
    team: str | None
    hold_reason: str | None

    @property
    def holder(self) -> Holder:
        if self.state in WITH_TEAM:
            return Holder.TEAM
        if self.state in (*IN_TRIAGE, State.ANSWER_READY):
            return Holder.TIER3
        return Holder.OUTSIDE if self.state in (State.ON_HOLD, State.BACK_TO_TIER2) else Holder.NOBODY

    @property
    def runs(self) -> bool:
        """Do the targets run meanwhile?"""
        return self.holder in (Holder.TIER3, Holder.TEAM)


def ledger(events: Iterable[Happened]) -> list[Segment]:
    """In order, without gaps, from the filing; a state that was left in the instant it began is left out."""
    found: list[Segment] = []
    held: State | None = None
    for event in events:
        if event.kind == "undone":
            if len(found) > 1:
                found.pop()
                found[-1] = replace(found[-1], end=None)
            continue
        if event.kind not in TARGETS or (event.kind == "linked" and "why" not in event.data):
            continue  # not a move, or only recognised in the call
        last = found[-1] if found else None
        at = max(event.at, last.start) if last else event.at
        state = TARGETS[event.kind] or held or State.TRIAGING
        if last and state is State.ON_HOLD and last.state is not State.ON_HOLD:
            held = last.state
        team = event.data.get("team") if event.kind == "routed" else last.team if last else None
        reason = event.data.get("reason") if state is State.ON_HOLD else None
        if last:
            found[-1] = replace(last, end=at)
        found.append(Segment(at, None, state, team, reason))
    return [one for one in found if one.end != one.start]


def used(segments: Sequence[Segment], until: datetime, catalogue: Catalogue) -> timedelta:
    """What of a target is gone at this moment."""
    total = NOTHING
    for one in segments:
        end = min(one.end or until, until)
        if one.runs and end > one.start:
            total += worked(one.start, end, calendar_at(one.state, one.team, catalogue))
    return total


def calendar_at(state: State, team: str | None, catalogue: Catalogue) -> Calendar | None:
    """Of whoever has a ticket in this state."""
    return catalogue.calendar_of(team if state in WITH_TEAM else None)


def due_at(
    segments: Sequence[Segment],
    severity: str,
    *,
    looked_at: datetime | None,
    follow_up_at: datetime | None,
    catalogue: Catalogue,
) -> datetime | None:
    """When the next target will be used up, or the follow-up of a hold; None when nobody has to act.

    Of a target that is used up already: the moment since which as much was worked as it is over, so that lists say the same.
    """
    last = segments[-1]
    if not last.runs:
        return follow_up_at if last.state is State.ON_HOLD else None
    targets = catalogue.targets[severity]
    of = timedelta(hours=targets.response_hours if looked_at is None else targets.resolution_hours)
    left = of - used(segments, last.start, catalogue)
    return later(last.start, left, calendar_at(last.state, last.team, catalogue))


@dataclass(frozen=True, slots=True)
class Clock:
    """One target of a ticket. `stage`: running, paused, done, or ended (nobody did it, and nobody will)."""

    what: str  # "First look" or "Resolution"
    of: timedelta
    used: timedelta
    stage: str

    @property
    def is_over(self) -> bool:
        return self.used > self.of

    @property
    def is_short(self) -> bool:
        """Three quarters of it are gone."""
        return self.stage in ("running", "paused") and not self.is_over and self.used >= self.of * WARNED

    @property
    def words(self) -> str:
        """ "First look: 38 min of 4 h left", "Looked at after 3 h of 4 h", "Resolution: paused, over by 2 h"."""
        of, over = length_words(self.of), f"over by {length_words(self.used - self.of)}"
        if self.stage == "done":
            return f"{DONE[self.what]} after {length_words(self.used)} of {of}{f', {over}' if self.is_over else ''}"
        if self.stage == "ended":
            return f"{self.what}: none, it ended after {length_words(self.used)} of {of}"
        left = over if self.is_over else f"{length_words(self.of - self.used)} of {of} left"
        return f"{self.what}: {'paused, ' if self.stage == 'paused' else ''}{left}"


def clocks(
    segments: Sequence[Segment],
    severity: str,
    *,
    looked_at: datetime | None,
    catalogue: Catalogue,
    now: datetime,
) -> tuple[Clock, Clock]:
    """The first look, and the resolution, which ends with the answer and goes on where it stood after a reopening."""
    last, targets = segments[-1], catalogue.targets[severity]
    stage = "running" if last.runs else "paused" if last.state is State.ON_HOLD else "ended"
    look, answer = timedelta(hours=targets.response_hours), timedelta(hours=targets.resolution_hours)
    answered = "done" if last.state in OVER and last.state is not State.WITHDRAWN else stage
    return (
        Clock(
            "First look", look, used(segments, looked_at or now, catalogue), "done" if looked_at else stage
        ),
        Clock("Resolution", answer, used(segments, now, catalogue), answered),
    )


# --- as the page draws it


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment in words; `at` and `width` of 1000 that the whole ledger is wide. `counted` None: no target ran."""

    segment: Segment
    who: str
    why: str
    lasted: str
    counted: str | None
    at: int
    width: int


@dataclass(frozen=True, slots=True)
class Strip:
    """`totals`: "Tier 3 2 h", in the order in which they first had it."""

    clocks: tuple[Clock, Clock]
    pieces: list[Piece]
    totals: list[tuple[Holder, str, str]]
    in_business_hours: bool


def strip(
    segments: Sequence[Segment],
    severity: str,
    *,
    looked_at: datetime | None,
    catalogue: Catalogue,
    now: datetime,
) -> Strip:
    """The ledger up to now. An ended ticket is drawn up to its end, which would else outgrow everything before."""
    shown = [one for one in segments if one.holder is not Holder.NOBODY or one.end] or list(segments[-1:])
    begin, whole = shown[0].start, (shown[-1].end or now) - shown[0].start
    totals: dict[tuple[Holder, str], timedelta] = {}
    pieces = []
    for one in shown:
        who, lasted = _who(one, catalogue), (one.end or now) - one.start
        totals[one.holder, who] = totals.get((one.holder, who), NOTHING) + lasted
        at, end = (
            round(1000 * (to - begin) / whole) if whole else 1000 for to in (one.start, one.end or now)
        )
        counted = length_words(used([one], now, catalogue)) if one.runs else None
        pieces.append(Piece(one, who, _why(one), length_words(lasted), counted, at, max(2, end - at)))
    return Strip(
        clocks(segments, severity, looked_at=looked_at, catalogue=catalogue, now=now),
        pieces,
        [(holder, who, length_words(length)) for (holder, who), length in totals.items()],
        catalogue.hours_kind == "business",
    )


def _who(segment: Segment, catalogue: Catalogue) -> str:
    if segment.holder is Holder.TEAM:
        known = catalogue.teams.get(segment.team or "")
        return known.queue if known else "A team"
    if segment.state is State.ON_HOLD:
        return "Waiting"
    return {Holder.TIER3: "Tier 3", Holder.OUTSIDE: "Help desk", Holder.NOBODY: "Nobody"}[segment.holder]


def _why(segment: Segment) -> str:
    if segment.hold_reason in list(HoldReason):
        return f"waits for {HOLD_WORDS[HoldReason(segment.hold_reason)]}"
    return STATE_WORDS[segment.state]
