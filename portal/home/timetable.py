"""What the serving portal does once a day or once a week: when a run is due, and which was done last.

A run is noted when it has ended, so that one that was cut short is done again: what runs here may run twice, also on two
machines at once, and does its work once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.home import store
from portal.home.store import list_done as list_done
from portal.home.weekly import week_of

Period = Callable[[datetime], str]
"""The day or week whose run is due at a moment."""


def day_from(hour: int, zone: tzinfo) -> Period:
    """Such as 2026-11-25; before that hour it is still the day before."""
    return lambda now: (now.astimezone(zone) - timedelta(hours=hour)).date().isoformat()


def week_from(hour: int, zone: tzinfo) -> Period:
    """Such as 2026-W48, from Monday at that hour on."""
    return lambda now: week_of((now.astimezone(zone) - timedelta(hours=hour)).date())


def once(name: str, period: Period, run: Callable[[], object]) -> None:
    """Run it unless its day or week is done. Outside of any transaction: `run` opens its own, and says False to go on later."""
    due = period(utcnow())
    if store.list_done().get(name, ("",))[0] >= due:
        return
    if run() is False:
        return
    with transaction():
        store.note_done(name, due, utcnow())
