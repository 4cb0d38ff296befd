"""Tickets by known issue and filing time: one index that also finds the newest ones that no known issue explains."""

from __future__ import annotations

from alembic import op

revision = "0009b"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_ticket_known_issue_id", "ticket", if_exists=True)
    op.create_index(
        "ix_ticket_known_issue_id_filed_at", "ticket", ["known_issue_id", "filed_at"], if_not_exists=True
    )
