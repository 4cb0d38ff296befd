"""An intake may be practice: it says which practice call it is about, and nothing of it is filed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("intake") as intake:
        intake.add_column(sa.Column("practice_id", sa.Integer(), nullable=True))
        intake.create_foreign_key(
            op.f("fk_intake_practice_id_practice_attempt"), "practice_attempt", ["practice_id"], ["id"]
        )
