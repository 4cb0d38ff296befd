"""A PostgreSQL of our own for the run: initdb and pg_ctl of the newest installed version, a free port, fsync off."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from portal.app import create_app
from portal.core.config import Config
from portal.core.db import db
from portal.serve import prepare

VERSIONS = Path("/usr/lib/postgresql")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Address of an empty database; PORTAL_TEST_DATABASE_URL names another one."""
    given = os.environ.get("PORTAL_TEST_DATABASE_URL")
    if given:
        yield given
        return
    found = sorted(VERSIONS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        pytest.fail("No PostgreSQL: install it, or name one in PORTAL_TEST_DATABASE_URL")
    programs, port = found[-1].parent, free_port()
    # Not in pytest's folder: each other run of pytest closes that one to everybody else, the server's user too.
    folder = Path(tempfile.mkdtemp(prefix="portal-postgres-"))
    data = folder / "data"
    as_user: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        as_user = ["runuser", "-u", "postgres", "--"]
        folder.chmod(0o755)
        shutil.chown(folder, "postgres")

    def run(*command: str) -> None:
        subprocess.run([*as_user, *command], check=True, capture_output=True, cwd=folder)

    run(str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=200"
    run(str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
    yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
    run(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_app(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The portal on PostgreSQL, migrated by its own migrations, with content and demo data."""
    folder = tmp_path_factory.mktemp("portal")
    config = Config(
        secret_key="postgres-tests" * 4,
        database_url=server,
        instance_dir=folder,
        index_dir=folder / "index",
        demo=True,
        demo_password="demo-password-for-tests",
        testing=True,
    )
    app = create_app(config)
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    prepare(app)
    yield app
    with app.app_context():
        db.engine.dispose()
