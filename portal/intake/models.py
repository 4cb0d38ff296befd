"""The intake: one row a call, with all that was typed (raw, for its owner only) until it is filed or purged."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class Intake(Base):
    """`state` is the step that waits; `end` is set once. `key` comes with the first form, so that a double click makes one."""

    __tablename__ = "intake"
    __table_args__ = (
        UniqueConstraint("owner", "key"),
        Index("ix_intake_owner_changed_at", "owner", "changed_at"),
        Index("ix_intake_external_ref", "external_ref"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    owner: Mapped[int] = mapped_column(ForeignKey("user.id"))
    desk: Mapped[str]
    view: Mapped[str]
    state: Mapped[str]
    end: Mapped[str | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    urgent: Mapped[str | None]
    text: Mapped[str]
    alert_words: Mapped[str]
    call: Mapped[
        dict[str, Any]
    ]  # tool, sub_area, audience, platform, facilities, error_code, article, privacy facts
    external_ref: Mapped[str | None]
    ref_later: Mapped[bool]
    answers: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]]
    not_known: Mapped[list[str]]
    ticked: Mapped[dict[str, Any]]  # runbook id -> numbers of the steps done
    shown: Mapped[list[Any]]
    refused: Mapped[list[str]]
    check: Mapped[
        dict[str, Any]
    ]  # title, summary, severity and its reason, override, as edited on the last page
    outcome: Mapped[
        dict[str, Any]
    ]  # what the end page shows: receipt numbers, article, route, result, caller text
    evaluation_id: Mapped[int | None] = mapped_column(ForeignKey("evaluation.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
