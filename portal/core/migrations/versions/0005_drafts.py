"""Drafts of articles."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.core.db import UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("author", sa.Integer(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("author_email", sa.Text(), nullable=False),
        sa.Column("base_revision", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'in_review')", name=op.f("ck_draft_state")),
        sa.ForeignKeyConstraint(["author"], ["user.id"], name=op.f("fk_draft_author_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("article_id", "author", name=op.f("uq_draft_article_id_author")),
    )
    op.create_index("ix_draft_article_id_changed_at", "draft", ["article_id", "changed_at"], unique=False)
    op.create_index("ix_draft_author", "draft", ["author"], unique=False)
    op.create_index("ix_draft_state", "draft", ["state"], unique=False)
