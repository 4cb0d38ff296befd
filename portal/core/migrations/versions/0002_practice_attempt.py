"""Practice calls: what new agents answered to the examples of the criteria."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.core.db import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "practice_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("round", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("example", sa.Text(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=True),
        sa.Column("chosen", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["user.id"], name=op.f("fk_practice_attempt_by_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice_attempt")),
        sa.UniqueConstraint("by", "round", "place", name=op.f("uq_practice_attempt_by_round_place")),
    )
    op.create_index(
        "ix_practice_attempt_article_id_example", "practice_attempt", ["article_id", "example"], unique=False
    )
