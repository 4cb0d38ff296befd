"""The database of the previous commit, made and filled by that commit's own program, is carried over by this one."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import upgrade
from sqlalchemy import MetaData, inspect, text

from portal.app import MIGRATIONS, create_app
from portal.core.config import ROOT, Config
from portal.core.db import Base, db
from portal.serve import NewerSchema, prepare, refuse_newer_schema

SECRET = "upgrade-tests" * 4


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True).stdout


def previous_commit() -> str:
    """The newest commit that differs from the files at hand: HEAD while something is changed, else the one before."""
    changed = git("status", "--porcelain", "--untracked-files=no").strip()
    return git("rev-parse", "HEAD" if changed else "HEAD~1").decode().strip()


def config_for(folder: Path) -> Config:
    return Config(
        secret_key=SECRET,
        database_url=f"sqlite:///{folder / 'portal.db'}",
        instance_dir=folder,
        index_dir=folder / "index",
        demo=True,
        demo_password="demo-password-for-tests",
        testing=True,
    )


def rows(app_config: Config) -> dict[str, list[str]]:
    """Numbers and addresses by table, as they stand in the database."""
    app = create_app(app_config)
    wanted = {"user": "email", "ticket": "number", "report": "number"}
    with app.app_context():
        found = {
            table: list(db.session.execute(text(f'SELECT {column} FROM "{table}" ORDER BY id')).scalars())
            for table, column in wanted.items()
        }
        db.session.remove()
        db.engine.dispose()
    return found


def test_previous_database_with_data_is_upgraded(tmp_path: Path) -> None:
    source, instance = tmp_path / "source", tmp_path / "instance"
    archive = git("archive", previous_commit())
    with tarfile.open(fileobj=BytesIO(archive)) as packed:
        packed.extractall(source, filter="data")
    env = {
        **os.environ,
        "PORTAL_INSTANCE_DIR": str(instance),
        "PORTAL_INDEX_DIR": str(instance / "index"),
        "PORTAL_SECRET_KEY": SECRET,
        "PORTAL_DEMO": "1",
        "PORTAL_DEMO_PASSWORD": "demo-password-for-tests",
        "PYTHONPATH": str(source),
    }
    done = subprocess.run(
        [sys.executable, "-m", "portal.serve", "--prepare"],
        cwd=source,
        env=env,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    config = config_for(instance)
    before = rows(config)
    assert before["ticket"]
    prepare(create_app(config))
    assert rows(config) == before


def test_migrations_make_the_tables_that_the_models_say(tmp_path: Path) -> None:
    app = create_app(config_for(tmp_path))
    prepare(app)
    with app.app_context(), db.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    assert differences == []


def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    app = create_app(config_for(tmp_path))
    prepare(app)
    with app.app_context():
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = 'ffff'"))
        with pytest.raises(NewerSchema):
            refuse_newer_schema()
        assert inspect(db.engine).has_table("ticket")


def fill(*rows: tuple[str, dict[str, object]]) -> None:
    """Rows of an older schema: (table, values), with nothing in the other columns."""
    with db.engine.begin() as connection:
        tables = MetaData()
        tables.reflect(connection, only=["user", "ticket", "event"])
        for name, values in rows:
            columns = [c for c in tables.tables[name].columns if not c.nullable and not c.primary_key]
            row = {**{column.name: "0" for column in columns}, **values}
            names, marks = ", ".join(row), ", ".join(f":{key}" for key in row)
            connection.execute(text(f'INSERT INTO "{name}" ({names}) VALUES ({marks})'), row)


def test_what_a_ticket_waits_for_already_becomes_its_question(tmp_path: Path) -> None:
    app = create_app(config_for(tmp_path))
    at = "2026-11-02 08:00:00.000000"
    held = {"ticket_id": 1, "at": at, "kind": "held", "actor": 1}
    on_hold = {"filed_at": at, "state_at": at, "filed_by": 1, "state": "on_hold"}
    with app.app_context():
        upgrade(directory=str(MIGRATIONS), revision="0011")
        fill(
            ("user", {"email": "a@example.org"}),
            ("ticket", {**on_hold, "number": "T3-2026-000001", "hold_reason": "caller_via_tier2"}),
            ("ticket", {**on_hold, "number": "T3-2026-000002", "hold_reason": "release"}),
            ("event", {**held, "data": '{"because": "An older one?"}'}),
            ("event", {**held, "data": '{"because": "Which browser is it?"}'}),
            ("event", {**held, "ticket_id": 2, "data": '{"because": "The next one."}'}),
        )
        upgrade(directory=str(MIGRATIONS))
        asked = db.session.execute(text("SELECT ticket_id, words, kind, asked_at FROM question")).all()
        db.session.remove()
        db.engine.dispose()
    assert [tuple(row) for row in asked] == [(1, "Which browser is it?", "text", at)]


def test_tickets_of_the_first_version_know_when_they_were_moved_last(tmp_path: Path) -> None:
    """From 0001, which kept it in the events only."""
    app = create_app(config_for(tmp_path))
    filed, routed = "2026-11-02 08:00:00.000000", "2026-11-03 09:30:00.000000"
    with app.app_context():
        upgrade(directory=str(MIGRATIONS), revision="0001")
        fill(
            ("user", {"email": "a@example.org"}),
            ("ticket", {"number": "T3-2026-000001", "filed_at": filed, "filed_by": 1, "state": "routed"}),
            ("event", {"ticket_id": 1, "at": filed, "kind": "filed"}),
            ("event", {"ticket_id": 1, "at": routed, "kind": "routed"}),
            ("event", {"ticket_id": 1, "at": "2026-11-04 10:00:00.000000", "kind": "still_happening"}),
        )
        upgrade(directory=str(MIGRATIONS))
        moved = db.session.execute(text("SELECT state_at FROM ticket")).scalar_one()
        db.session.remove()
        db.engine.dispose()
    assert moved == routed
