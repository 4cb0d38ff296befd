"""SQL of looks at a team's page and of jobs that were done."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from portal.core.db import db
from portal.home.models import JobDone, TeamLook


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
