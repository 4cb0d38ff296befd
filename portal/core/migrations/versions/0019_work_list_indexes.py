"""Indexes of the few rows that work lists count: returned tickets and decisions against a rule; they cost a filing nothing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0009"
branch_labels = None
depends_on = None

FEW = (
    ("ix_event_returned", "event", "kind = 'returned'"),
    ("ix_evaluation_override", "evaluation", "override_outcome IS NOT NULL"),
)


def upgrade() -> None:
    for name, table, where in FEW:
        op.create_index(
            name, table, ["at"], unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )
