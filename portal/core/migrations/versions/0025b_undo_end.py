"""What an end took from a call is kept for a day, so that the end can be taken back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025b"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("intake") as intake:
        intake.add_column(sa.Column("undo", sa.JSON(none_as_null=True), nullable=True))
    kept = sa.text("undo IS NOT NULL")
    op.create_index("ix_intake_undo", "intake", ["ended_at"], sqlite_where=kept, postgresql_where=kept)
