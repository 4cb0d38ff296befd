"""The database is held by another process, or its disk is full: forms wait, then keep what was typed; reading goes on."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from portal.accounts.actor import Actor, Role
from portal.core.db import db, transaction
from portal.knowledge.snapshot import Snapshot
from tests.conftest import Browse
from tests.faults.server import Server
from tests.web.test_intake import CALL
from tests.web.test_tickets_api import a_body, token_for

SignIn = Callable[..., Actor]
TYPED = "Reply to the care team fails, and these words must not be lost"
HOLD = (
    "import sqlite3,sys,time\n"
    "held = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
    "held.execute('BEGIN IMMEDIATE')\nprint('held', flush=True)\ntime.sleep(float(sys.argv[2]))\n"
)

# Writes without a rest: a filing's time with the lock, a moment without it, and again. Each time it counts.
WRITE_ON = (
    "import sqlite3,sys,time\n"
    "own = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)\n"
    "own.execute('CREATE TABLE turn (count INTEGER)')\nown.execute('INSERT INTO turn VALUES (0)')\nprint('on', flush=True)\n"
    "while True:\n"
    "    own.execute('BEGIN IMMEDIATE')\n    own.execute('UPDATE turn SET count = count + 1')\n"
    "    time.sleep(0.003)\n    own.execute('COMMIT')\n    time.sleep(0.0005)\n"
)


@contextmanager
def held(database: Path, seconds: float) -> Iterator[None]:
    """Another process has the write lock until the block ends, for so many seconds at most."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(database), str(seconds)], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        try:
            yield
        finally:
            holder.kill()


def test_a_form_waits_for_a_short_lock(server: Server) -> None:
    agent = server.sign_in("agent@example.org")
    with held(server.database, 1.0):
        began = time.monotonic()
        answer = agent.post("/intake", key="short", **CALL)
        assert answer.status == 303
        assert time.monotonic() - began > 0.5


def test_a_lock_of_seconds_gives_503_with_the_form_and_reading_goes_on(server: Server) -> None:
    agent, token = server.sign_in("agent@example.org"), server.token("agent@example.org")
    pages = ("/", "/articles/", "/known-issues", "/search/?q=sm98", "/tickets/", "/accounts/sign-in")
    with held(server.database, 30), ThreadPoolExecutor(2) as pool:
        began = time.monotonic()
        program = pool.submit(server.file, token, "while-busy")
        visitor = pool.submit(server.ask, "GET", "/accounts/sign-in")
        reads = {path: agent.get(path).status for path in pages[:-1]}
        read_in = time.monotonic() - began
        began = time.monotonic()
        refused = agent.post("/intake", key="long", **{**CALL, "text": TYPED})
        waited = time.monotonic() - began
    assert (set(reads.values()), visitor.result().status) == ({200}, 200), reads
    assert read_in < 4
    assert (refused.status, refused.headers["retry-after"]) == (503, "5")
    assert 4 < waited < 12
    assert TYPED in refused.text
    assert "Send it again" in refused.text
    answer = program.result()
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert answer.headers["content-type"] == "application/problem+json"
    assert agent.post("/intake", key="long", **{**CALL, "text": TYPED}).status == 303
    assert server.file(token, "while-busy").status == 201
    assert "Traceback" not in server.log.read_text()


def test_a_process_that_writes_on_and_on_does_not_keep_the_others_out(app: Flask) -> None:
    database = app.config["PORTAL"].instance_dir / "portal.db"
    command = [sys.executable, "-c", WRITE_ON, str(database)]
    counted = text("SELECT count FROM turn")
    with app.app_context(), subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == b"on\n"
            waited = []
            for _ in range(30):
                time.sleep(0.02)  # the other is in the middle of something
                asked = db.session.execute(counted).scalar_one()
                with transaction():
                    waited.append(db.session.execute(counted).scalar_one() - asked)
        finally:
            other.kill()
    assert sum(waited) <= 4 * len(waited), waited  # one each; with SQLite's own waiting 8 to 50


# --- no space left


@pytest.fixture
def full(app: Flask) -> Iterator[Callable[[], None]]:
    """A call of it takes the space away: the database may not grow by one page, as on a full disk."""

    def shrink(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA max_page_count=1")  # SQLite takes the present size instead

    def fill() -> None:
        with app.app_context():
            db.engine.dispose()
            with sqlite3.connect(app.config["PORTAL"].instance_dir / "portal.db") as connection:
                connection.execute("VACUUM")
            event.listen(db.engine, "connect", shrink)

    yield fill
    with app.app_context():
        if event.contains(db.engine, "connect", shrink):
            event.remove(db.engine, "connect", shrink)
        db.engine.dispose()


def test_a_full_disk_gives_507_with_the_form_and_reading_goes_on(
    app: Flask,
    content: Snapshot,
    sign_in: SignIn,
    browse: Browse,
    full: Callable[[], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    sign_in("agent")
    browse.get("/intake")
    full()
    long = f"{TYPED} {'and more of them ' * 50}"
    refused = [
        browse.send("/intake", key=f"full{place}", **{**CALL, "text": long[:999]}) for place in range(20)
    ][-1]
    assert (refused.status_code, refused.headers["Retry-After"]) == (507, "5")
    assert TYPED in refused.text
    assert "Send it again" in refused.text
    for path in ("/", "/articles/", "/known-issues", "/search/?q=sm98", "/tickets/", "/my-calls"):
        assert browse.client.get(path).status_code == 200
    assert TYPED not in caplog.text


def test_a_program_hears_507_too(
    app: Flask, content: Snapshot, browse: Browse, full: Callable[[], None]
) -> None:
    token = token_for(app, Role.AGENT)
    full()
    statuses = []
    for place in range(30):
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"k{place}"}
        body = a_body(details="long words " * 150)
        statuses.append(browse.client.post("/api/v1/tickets", json=body, headers=headers).status_code)
    assert set(statuses) <= {201, 507}
    assert statuses[-1] == 507


def test_an_error_of_the_database_does_not_carry_what_was_typed_into_the_log(
    app: Flask, content: Snapshot, sign_in: SignIn, browse: Browse, caplog: pytest.LogCaptureFixture
) -> None:
    sign_in("agent")
    browse.get("/intake")
    with app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE intake RENAME COLUMN alert_words TO gone")
    answer = browse.send("/intake", key="k", **{**CALL, "text": TYPED})
    assert answer.status_code == 500
    assert TYPED not in caplog.text
    assert TYPED not in "".join(record.exc_text or "" for record in caplog.records)
