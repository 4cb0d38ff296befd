"""The intake: one row a call, with all that was typed (raw, for its owner only) until it ends or is purged.

Where an end may be taken back, what was typed waits in `undo` for a day.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base

_TO_UNDO = text("undo IS NOT NULL")


class Intake(Base):
    """`state` is the step that waits; `end` how the call ended. `key` comes with the first form: a double click makes one row.

    Handed to Tier 2 is an end for its owner only: whoever goes on there is `worker`. `version` rises with every saved page, not
    with the autosave, which goes to `draft` (step -> fields as typed). `practice_id`: the practice call that it is about;
    nothing of it leaves the intake, and nothing counts it.
    """

    __tablename__ = "intake"
    __table_args__ = (
        UniqueConstraint("owner", "key"),
        Index("ix_intake_owner_changed_at", "owner", "changed_at"),
        Index("ix_intake_worker", "worker"),
        Index("ix_intake_external_ref", "external_ref"),
        Index("ix_intake_undo", "ended_at", sqlite_where=_TO_UNDO, postgresql_where=_TO_UNDO),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    owner: Mapped[int] = mapped_column(ForeignKey("user.id"))
    worker: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    desk: Mapped[str]
    view: Mapped[str]
    state: Mapped[str]
    end: Mapped[str | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    handed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    urgent: Mapped[str]
    text: Mapped[str]
    alert_words: Mapped[str]
    call: Mapped[
        dict[str, Any]
    ]  # tool, sub_area, audience, platform, facilities, error_code, no_words, article
    external_ref: Mapped[str | None]
    ref_later: Mapped[bool]
    answers: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]]
    not_known: Mapped[list[str]]
    ticked: Mapped[dict[str, Any]]  # runbook id -> numbers of the steps done
    shown: Mapped[list[str]]
    refused: Mapped[list[str]]
    check: Mapped[
        dict[str, Any]
    ]  # issues_checked, triage, override, practice, not_done; title, summary and severity as edited on the last page
    outcome: Mapped[dict[str, Any]]  # what the end page shows: receipts, note, what to say
    draft: Mapped[dict[str, Any]]
    evaluation_id: Mapped[int | None] = mapped_column(ForeignKey("evaluation.id"))
    version: Mapped[int] = mapped_column(default=1)
    practice_id: Mapped[int | None] = mapped_column(ForeignKey("practice_attempt.id"))
    undo: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True)
    )  # how the call stood before its end, for a day: by whom it may be taken back, and the columns or the page before it


class PracticeAttempt(Base):
    """One call of a practice round, and the first answer to it, which stands. Not answered yet: `at` is empty.

    `round` is the key of the form that began it. `chosen` and `outcome` (what the rules of `revision` said) are written alike:
    `escalate:high`, `redirect:pharmacy`, `resolve:<runbook>`, `undecided`. Nothing here counts in any figure of the portal.
    """

    __tablename__ = "practice_attempt"
    __table_args__ = (UniqueConstraint("by", "round", "place"), Index(None, "article_id", "example"))

    id: Mapped[int] = mapped_column(primary_key=True)
    by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    round: Mapped[str]
    place: Mapped[int]
    article_id: Mapped[str]
    example: Mapped[str]
    revision: Mapped[str | None]
    chosen: Mapped[str | None]
    outcome: Mapped[str | None]
    grade: Mapped[str | None]
    at: Mapped[datetime | None]
