"""What happens to articles; their texts are in git."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class ArticleRevision(Base):
    """A step of main that changed the article, noted so that pages need not walk git. Ids rise with steps."""

    __tablename__ = "article_revision"
    __table_args__ = (UniqueConstraint("article_id", "commit"), Index(None, "commit"))

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[str]
    commit: Mapped[str]
    at: Mapped[datetime]
    author: Mapped[str]
    approved_by: Mapped[str | None]


class Draft(Base):
    """A text that its author has not published, kept while they type; one for each article and person.

    `base_revision` is the commit that it was begun from. A text in review waits for a second person; one that was
    refused is a draft again, with the reason. `undo_text`: as it was before the last row was added, moved or removed.
    `window`: the page that it was written in last.
    """

    __tablename__ = "draft"
    __table_args__ = (
        UniqueConstraint("article_id", "author"),
        CheckConstraint("state IN ('draft', 'in_review')", name="state"),
        Index(None, "article_id", "changed_at"),
        Index(None, "author"),
        Index(None, "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[str]
    path: Mapped[str]
    author: Mapped[int] = mapped_column(ForeignKey("user.id"))
    author_name: Mapped[str]
    author_email: Mapped[str]
    base_revision: Mapped[str]
    text: Mapped[str]
    message: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str]
    changed_at: Mapped[datetime]
    undo_text: Mapped[str | None]
    window: Mapped[str] = mapped_column(default="", server_default="")


class ContentHead(Base):
    """One row: the last commit of main that was noted."""

    __tablename__ = "content_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    noted_commit: Mapped[str]


class ContentConflict(Base):
    """What came in and the team changed the same lines. Readers get `ours`, the team's; `theirs` was shipped or fetched.
    `draft_id`: the draft in which somebody brought the two together, while it waits for a second person.

    `fingerprint` stands for path, ours and theirs, so that a clash is kept once even when it was resolved.
    """

    __tablename__ = "content_conflict"

    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str]
    base: Mapped[str]
    theirs: Mapped[str]
    ours: Mapped[str]
    fingerprint: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime]
    resolved_at: Mapped[datetime | None] = mapped_column(index=True)
    draft_id: Mapped[int | None]


class Evaluation(Base):
    """A decision by criteria, with or without a ticket. `revision` is the commit whose rules decided."""

    __tablename__ = "evaluation"
    __table_args__ = (
        Index(None, "article_id", "at"),
        Index("ix_evaluation_override", "at", sqlite_where=text("override_outcome IS NOT NULL"),
              postgresql_where=text("override_outcome IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[str]
    revision: Mapped[str]
    answers: Mapped[dict[str, Any]]
    outcome: Mapped[str]
    rule: Mapped[str | None]
    because: Mapped[str]
    severity: Mapped[str | None]
    team: Mapped[str | None]
    override_outcome: Mapped[str | None]
    override_reason: Mapped[str]
    by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime]


class Flag(Base):
    """What a reader says of an article, or of one `place` in it: a flag, which the owning team answers, or a comment, which
    other readers see until somebody hides it. `revision` is the text that they read, `as_who` a role, never a name.
    """

    __tablename__ = "flag"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'accepted', 'declined', 'shown', 'hidden')", name="state"),
        Index(None, "article_id"),
        Index(None, "state"),
        Index(None, "by"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[str]
    revision: Mapped[str]
    place: Mapped[str]
    kind: Mapped[str]
    words: Mapped[str]
    by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    as_who: Mapped[str]
    at: Mapped[datetime]
    state: Mapped[str]
    answer: Mapped[str]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime | None]


class Task(Base):
    """Something for a team to do that no other table says, or what it decided about something that one does.

    `subject` names the thing (an article's id, the words of a search): of each kind at most one is open for a team.
    """

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'accepted', 'declined')", name="state"),
        Index("uq_task_open", "team", "kind", "subject", unique=True, sqlite_where=text("state = 'open'"),
              postgresql_where=text("state = 'open'")),
        Index(None, "team", "state"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    team: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime | None]
