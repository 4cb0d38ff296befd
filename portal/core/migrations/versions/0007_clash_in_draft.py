"""The draft that brings in a clash."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0009b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("content_conflict", sa.Column("draft_id", sa.Integer(), nullable=True))
