"""The table of mails: each row is one mail from its queueing to its end."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class Mail(Base):
    """queued -> sending (until `lease_until`, then anybody takes it again) -> delivered | failed."""

    __tablename__ = "mail"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'sending', 'delivered', 'failed')", name="state"),
        CheckConstraint("(to_user_id IS NULL) <> (address IS NULL)", name="one_receiver"),
        Index(None, "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    to_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    address: Mapped[str | None]
    kind: Mapped[str]
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    subject: Mapped[str]
    body: Mapped[str]
    state: Mapped[str]
    queued_at: Mapped[datetime]
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    tries: Mapped[int]
    last_error: Mapped[str]
