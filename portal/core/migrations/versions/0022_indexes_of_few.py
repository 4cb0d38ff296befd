"""Indexes of tickets hold the rows that have what they are for, so that an ordinary filing does not write them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None

FEW = (
    ("ix_ticket_code_filed", ("error_code", "filed_at"), "error_code IS NOT NULL"),
    ("ix_ticket_state_follow_up_at", ("state", "follow_up_at"), "follow_up_at IS NOT NULL"),
    ("ix_ticket_severity_taken_at", ("severity", "taken_at"), "severity = 'critical'"),
    ("ix_ticket_taken_by_state", ("taken_by", "state"), "taken_by IS NOT NULL"),
    ("ix_ticket_known_issue_id_filed_at", ("known_issue_id", "filed_at"), "known_issue_id IS NOT NULL"),
)


def upgrade() -> None:
    for name, columns, where in FEW:
        op.drop_index(name, "ticket")
        op.create_index(
            name,
            "ticket",
            list(columns),
            unique=False,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
