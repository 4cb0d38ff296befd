"""How long until a ticket's next target: the first look, then the resolution, or the follow-up of a hold. Pure.

Counted from the filing in clock hours, by the severity's published targets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.knowledge.catalogue import Targets
from portal.tickets.ticket import OVER, State


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
        """More than half of the target is gone."""
        return self.of is not None and self.left < self.of / 2

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
        return "over" if self.is_over else "half" if self.is_short else "new"

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
    filed_at: datetime,
    *,
    taken: bool,
    follow_up_at: datetime | None,
    targets: Mapping[str, Targets],
    now: datetime,
) -> TimeLeft | None:
    """None when nobody has to act. `taken`: a person has done something with it."""
    if state in OVER:
        return None
    if state is State.ON_HOLD and follow_up_at is not None:
        return TimeLeft(follow_up_at - now, None, "follow-up")
    target = targets[severity]
    of = timedelta(hours=target.resolution_hours if taken else target.response_hours)
    return TimeLeft(filed_at + of - now, of, "resolution" if taken else "first look")


def due_at(
    severity: str,
    state: State,
    filed_at: datetime,
    *,
    taken: bool,
    follow_up_at: datetime | None,
    targets: Mapping[str, Targets],
) -> datetime | None:
    """The moment when `time_left` comes to nothing; lists are ordered by it."""
    found = time_left(
        severity, state, filed_at, taken=taken, follow_up_at=follow_up_at, targets=targets, now=filed_at
    )
    return filed_at + found.left if found else None
