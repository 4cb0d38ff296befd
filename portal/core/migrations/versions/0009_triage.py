"""Triage: who took a ticket and when, what is due when, who looked, saved views, moves of many tickets."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from portal.core.db import UTCDateTime

revision = "0009"
down_revision = "0018"
branch_labels = None
depends_on = None

HANDLED = "'taken', 'linked', 'answered', 'held', 'not_tier3', 'duplicate', 'routed', 'accepted', 'started', 'answer_ready'"
FIRST = f"(SELECT min(at) FROM event WHERE ticket_id = ticket.id AND at > ticket.filed_at AND kind IN ({HANDLED}))"  # noqa: S608
TAKER = (
    "(SELECT actor FROM event WHERE ticket_id = ticket.id AND kind = 'taken' ORDER BY event.id DESC LIMIT 1)"
)
OVER = ("back_to_tier2", "linked", "not_tier3", "duplicate", "withdrawn", "resolved", "closed")
HOURS = {"critical": (1, 24), "high": (4, 48), "medium": (8, 120), "low": (24, 240)}  # the published targets
TICKET = sa.table(
    "ticket",
    sa.column("id"), sa.column("severity"), sa.column("state"),
    *(sa.column(name, UTCDateTime()) for name in ("filed_at", "taken_at", "follow_up_at", "due_at")),
)  # fmt: skip


def set_due() -> None:
    """When the next target or follow-up of each open ticket is reached."""
    columns = [TICKET.c[name] for name in ("id", "severity", "filed_at", "taken_at", "follow_up_at")]
    rows = op.get_bind().execute(sa.select(*columns).where(TICKET.c.state.not_in(OVER))).all()
    due = [
        {
            "key": r.id,
            "at": r.follow_up_at
            or r.filed_at + timedelta(hours=HOURS.get(r.severity, HOURS["low"])[r.taken_at is not None]),
        }
        for r in rows
    ]
    if due:
        change = sa.update(TICKET).where(TICKET.c.id == sa.bindparam("key"))
        op.get_bind().execute(change.values(due_at=sa.bindparam("at", type_=UTCDateTime())), due)


def upgrade() -> None:
    op.add_column("ticket", sa.Column("taken_at", UTCDateTime(), nullable=True))
    op.add_column("ticket", sa.Column("due_at", UTCDateTime(), nullable=True))
    op.execute(
        'ALTER TABLE ticket ADD COLUMN taken_by INTEGER CONSTRAINT fk_ticket_taken_by_user REFERENCES "user" (id)'
    )
    op.execute(f"UPDATE ticket SET taken_at = {FIRST}, taken_by = {TAKER}")  # noqa: S608
    set_due()
    for columns in (("severity", "taken_at"), ("taken_by", "state"), ("state", "due_at")):
        op.create_index(f"ix_ticket_{columns[0]}_{columns[1]}", "ticket", list(columns), unique=False)
    op.create_table(
        "ticket_view",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_view_ticket_id_ticket")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_ticket_view_user_id_user")),
        sa.PrimaryKeyConstraint("ticket_id", "user_id", name=op.f("pk_ticket_view")),
    )
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_saved_view_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_saved_view_user_id_name")),
    )
    op.create_table(
        "bulk_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("move", sa.Text(), nullable=False),
        sa.Column("given", sa.JSON(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("begun_at", UTCDateTime(), nullable=True),
        sa.Column("done_at", UTCDateTime(), nullable=True),
        sa.Column("undo_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["user.id"], name=op.f("fk_bulk_move_by_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_move")),
    )
    op.create_index("ix_bulk_move_by_done_at", "bulk_move", ["by", "done_at"], unique=False)
    op.create_table(
        "bulk_ticket",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bulk_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["bulk_id"], ["bulk_move.id"], name=op.f("fk_bulk_ticket_bulk_id_bulk_move")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_bulk_ticket_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_ticket")),
        sa.UniqueConstraint("bulk_id", "ticket_id", name=op.f("uq_bulk_ticket_bulk_id_ticket_id")),
    )
