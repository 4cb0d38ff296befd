"""How long until a ticket's next target: the first look, then the resolution, or the follow-up of a hold. Pure.

Lists know no events, so this comes from `due_at` of the ticket, which each move sets anew (clocks.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.knowledge.catalogue import Calendar, Targets
from portal.tickets.ticket import OVER, State
from portal.tickets.working_time import worked


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """`of` is the whole target; None for a follow-up. `left` is negative when it is over."""

    left: timedelta
    of: timedelta | None
    what: str

    @property
    def is_over(self) -> bool:
        return self.left < timedelta(0)

    @property
    def is_short(self) -> bool:
        """Three quarters of the target are gone."""
        return self.of is not None and self.left <= self.of / 4

    @property
    def words(self) -> str:
        """ "18 min of 1 h", "over by 2 h"; a follow-up is "due" or "in 3 days"."""
        if self.of is None:
            return "due" if self.is_over else f"in {length_words(self.left)}"
        return (
            f"over by {length_words(-self.left)}"
            if self.is_over
            else f"{length_words(self.left)} of {length_words(self.of)}"
        )

    @property
    def stage(self) -> str:
        """How pressing it is: new, half (of the target is gone) or over."""
        if self.is_over:
            return "over"
        return "half" if self.of is not None and self.left < self.of / 2 else "new"

    @property
    def gone_words(self) -> str:
        """ "42 min of 1 h gone"."""
        return f"{length_words(self.of - self.left)} of {length_words(self.of)} gone" if self.of else ""


def length_words(length: timedelta) -> str:
    """ "18 min", "5 h", "3 days"."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 120 and minutes != 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 72 else f"{hours // 24} days"


def time_left(
    severity: str,
    state: State,
    due_at: datetime | None,
    *,
    taken: bool,
    targets: Mapping[str, Targets],
    calendar: Calendar | None,
    now: datetime,
) -> TimeLeft | None:
    """None when nobody has to act. `taken`: a person has done something with it; `calendar`: of who has it."""
    if state in OVER or due_at is None:
        return None
    if state is State.ON_HOLD:
        return TimeLeft(due_at - now, None, "follow-up")
    target = targets[severity]
    of = timedelta(hours=target.resolution_hours if taken else target.response_hours)
    return TimeLeft(worked(now, due_at, calendar), of, "resolution" if taken else "first look")
