"""When a person last looked at a team's page, and when the portal last did what it does by itself."""

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


class JobDone(Base):
    """The last run of a job that is due once a day or once a week; `period` is that day or week."""

    __tablename__ = "job_done"

    name: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str]
    at: Mapped[datetime]
