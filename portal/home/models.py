"""When a person last looked at a team's page."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class TeamLook(Base):
    __tablename__ = "team_look"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    team: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
