"""The life of a ticket after its filing: hold, follow-up, last move, known issues refused, and the report of a linked ticket."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.core.db import UTCDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Columns are added in place: SQLite would else copy the table and drop the old one, to which other tables refer.
MOVED = "(SELECT max(at) FROM event WHERE event.ticket_id = ticket.id AND kind IN ('filed', 'routed', 'accepted'))"


def upgrade() -> None:
    for name, kind in (
        ("hold_reason", sa.Text()),
        ("follow_up_at", UTCDateTime()),
        ("held_state", sa.Text()),
    ):
        op.add_column("ticket", sa.Column(name, kind, nullable=True))
    op.add_column(
        "ticket",
        sa.Column("state_at", UTCDateTime(), nullable=False, server_default="1970-01-01 00:00:00.000000"),
    )
    op.execute(f"UPDATE ticket SET state_at = coalesce({MOVED}, filed_at)")  # noqa: S608
    op.create_index("ix_ticket_state_follow_up_at", "ticket", ["state", "follow_up_at"], unique=False)

    op.create_table(
        "rejection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("known_issue_id", sa.Text(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["user.id"], name=op.f("fk_rejection_by_user")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_rejection_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejection")),
        sa.UniqueConstraint(
            "ticket_id", "known_issue_id", name=op.f("uq_rejection_ticket_id_known_issue_id")
        ),
    )
    op.execute(
        "ALTER TABLE report ADD COLUMN ticket_id INTEGER CONSTRAINT fk_report_ticket_id_ticket REFERENCES ticket (id)"
    )
    op.create_index("ix_report_ticket_id", "report", ["ticket_id"], unique=True)
