"""Files may belong to a call until it is filed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("attachment") as attachment:
        attachment.alter_column("ticket_id", existing_type=sa.Integer(), nullable=True)
        attachment.add_column(sa.Column("intake_id", sa.Integer(), nullable=True))
        attachment.create_foreign_key(op.f("fk_attachment_intake_id_intake"), "intake", ["intake_id"], ["id"])
        attachment.create_check_constraint(
            op.f("ck_attachment_one_owner"), "ticket_id IS NOT NULL OR intake_id IS NOT NULL"
        )
        attachment.create_index(op.f("ix_attachment_intake_id"), ["intake_id"])
