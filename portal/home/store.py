"""When a person last looked at a team's page."""

from __future__ import annotations

from datetime import datetime

from portal.core.db import db
from portal.home.models import TeamLook


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
