"""Which day's or week's run of each job of the serving portal was done last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.core.db import UTCDateTime

revision = "0023"
down_revision = "0025b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job_done",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_done")),
    )
