"""Keys of forms and calls that were sent are of one week, so they need no index by time, which every filing wrote."""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_idempotency_key_at", "idempotency_key")


def downgrade() -> None:
    op.create_index("ix_idempotency_key_at", "idempotency_key", ["at"], unique=False)
