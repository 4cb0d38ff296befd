"""Questions to the caller, who follows what, and notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.core.db import UTCDateTime

revision = "0012"
down_revision = "0006"
branch_labels = None
depends_on = None


def user_key(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["user.id"], name=op.f(f"fk_{table}_{column}_user"))


def upgrade() -> None:
    op.create_table(
        "question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("fact", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("answered_at", UTCDateTime(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_question_ticket_id_ticket")),
        user_key("question", "asked_by"),
        user_key("question", "answered_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
    )
    op.create_index("ix_question_ticket_id", "question", ["ticket_id"], unique=False)
    op.create_index(
        "ix_question_open", "question", ["answered_at", "withdrawn_at", "ticket_id"], unique=False
    )
    op.create_table(
        "follow",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        user_key("follow", "user_id"),
        sa.PrimaryKeyConstraint("user_id", "what", name=op.f("pk_follow")),
    )
    op.create_index("ix_follow_what", "follow", ["what"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("to_user", sa.Integer(), nullable=True),
        sa.Column("to_group", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("(to_user IS NULL) <> (to_group IS NULL)", name=op.f("ck_notice_one_addressee")),
        user_key("notice", "to_user"),
        user_key("notice", "by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index("ix_notice_to_user_at", "notice", ["to_user", "at"], unique=False)
    op.create_index("ix_notice_to_group_at", "notice", ["to_group", "at"], unique=False)
    op.create_table(
        "notice_seen",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        user_key("notice_seen", "user_id"),
        sa.PrimaryKeyConstraint("user_id", "what", name=op.f("pk_notice_seen")),
    )
    carry_over()


TICKET = sa.table(
    "ticket", *map(sa.column, ("id", "hold_reason", "state")), sa.column("privacy", sa.Boolean())
)
EVENT = sa.table(
    "event",
    *map(sa.column, ("id", "ticket_id", "actor", "kind")),
    sa.column("at", UTCDateTime()),
    sa.column("data", sa.JSON()),
)
QUESTION = sa.table(
    "question", *map(sa.column, ("ticket_id", "words", "kind", "asked_by")), sa.column("choices", sa.JSON()),
    sa.column("asked_at", UTCDateTime()),
)  # fmt: skip


def carry_over() -> None:
    """What a ticket already waits for becomes its question: the words of whoever put it on hold for the caller."""
    connection = op.get_bind()
    waiting = sa.select(TICKET.c.id).where(
        TICKET.c.state == "on_hold", TICKET.c.hold_reason == "caller_via_tier2", TICKET.c.privacy.is_(False)
    )
    for id in connection.execute(waiting).scalars().all():
        holds = sa.select(EVENT.c.actor, EVENT.c.at, EVENT.c.data).where(
            EVENT.c.ticket_id == id, EVENT.c.kind == "held"
        )
        held = connection.execute(holds.order_by(EVENT.c.id.desc()).limit(1)).first()
        words = held.data.get("because") if held else None
        if held and held.actor and words:
            connection.execute(
                QUESTION.insert().values(
                    ticket_id=id, words=words, kind="text", asked_by=held.actor, choices=[], asked_at=held.at
                )
            )
