"""Runs the numbered migrations, forward only, each in one transaction; batch mode, since SQLite cannot alter most columns."""

from __future__ import annotations

from alembic import context
from flask import current_app

from portal.core.db import Base

database = current_app.extensions["migrate"].db


def run() -> None:
    with database.engine.connect() as connection:
        context.configure(
            connection=connection, target_metadata=Base.metadata, render_as_batch=True, transactional_ddl=True
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    raise RuntimeError("Migrations need the database: an SQL script is not offered.")
run()
