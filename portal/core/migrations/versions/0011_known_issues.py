"""Known issues made from tickets, how each stood last, and links that the portal makes itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.core.db import UTCDateTime

revision = "0011"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("link") as link:
        link.alter_column("by", existing_type=sa.Integer(), nullable=True)
    op.create_table(
        "issue_made",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("tickets", sa.JSON(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("done_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["user.id"], name=op.f("fk_issue_made_by_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_made")),
        sa.UniqueConstraint("article_id", name=op.f("uq_issue_made_article_id")),
        sa.UniqueConstraint("key", name=op.f("uq_issue_made_key")),
    )
    op.create_table(
        "issue_seen",
        sa.Column("known_issue_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("workaround", sa.JSON(), nullable=False),
        sa.Column("caller_text", sa.Text(), nullable=False),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.Column("quiet_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("known_issue_id", name=op.f("pk_issue_seen")),
    )
