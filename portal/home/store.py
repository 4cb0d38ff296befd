"""SQL of looks at a team's page, of jobs that were done, and the numbers of the menu."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, select

from portal.accounts.actor import Actor
from portal.core.db import core, db, unchanged
from portal.home.models import JobDone, TeamLook
from portal.intake import service as intake
from portal.tickets import service as tickets


def menu_numbers(actor: Actor, now: datetime) -> tuple[int, int]:
    """Open calls of this person and new notices, in one statement, since every page asks."""
    since = now.replace(second=0, microsecond=0) - tickets.KEPT
    asked = {"person": actor.id, "since": since}
    return unchanged(("menu", actor, since), lambda: _read_numbers(actor, asked))


def _read_numbers(actor: Actor, asked: dict[str, object]) -> tuple[int, int]:
    calls, notices = map(int, core(_numbers(actor), asked).one())
    return calls, notices


@lru_cache(maxsize=512)
def _numbers(actor: Actor) -> Select[Any]:
    """To build it takes longer than to run it."""
    return select(intake.COUNT_UNFINISHED.scalar_subquery(), tickets.count_new(actor).scalar_subquery())


def find_look(user_id: int, team: str) -> datetime | None:
    look = db.session.get(TeamLook, (user_id, team))
    return look.at if look else None


def set_look(user_id: int, team: str, at: datetime) -> None:
    """Never back: an older page that is marked as seen changes nothing."""
    look = db.session.get(TeamLook, (user_id, team))
    if look is None:
        db.session.add(TeamLook(user_id=user_id, team=team, at=at))
    else:
        look.at = max(look.at, at)
    db.session.flush()


def list_done() -> dict[str, tuple[str, datetime]]:
    """Job -> the day or week that was done last, and when."""
    return {row.name: (row.period, row.at) for row in db.session.scalars(select(JobDone))}


def note_done(name: str, period: str, at: datetime) -> None:
    db.session.merge(JobDone(name=name, period=period, at=at))
    db.session.flush()
