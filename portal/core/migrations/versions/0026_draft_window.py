"""The window that a draft was written in last, so that an older one does not write over it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("draft", sa.Column("window", sa.Text(), nullable=False, server_default=""))
