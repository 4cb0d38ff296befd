"""What every page asks of the database is read again as soon as anybody has written, and not before."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text

from portal.accounts import store
from portal.accounts.actor import Actor
from portal.core.clock import utcnow
from portal.core.db import db, transaction, unchanged
from portal.knowledge.snapshot import Snapshot
from tests.conftest import open_session

SignIn = Callable[..., Actor]
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def other(app: Flask) -> Iterator[sqlite3.Connection]:
    """Another process, as the database sees it."""
    with sqlite3.connect(database(app), isolation_level=None) as connection:
        connection.execute("CREATE TABLE note (words TEXT)")
        yield connection
    connection.close()


def database(app: Flask) -> Path:
    path: Path = app.config["PORTAL"].instance_dir / "portal.db"
    return path


def count() -> int:
    return int(db.session.execute(text("SELECT count(*) FROM note")).scalar_one())


def notes() -> int:
    """As a request would see it: its reading ends with it."""
    found = unchanged("notes", count)
    db.session.rollback()
    return found


def test_it_is_read_once_until_another_one_writes(app: Flask, other: sqlite3.Connection) -> None:
    read = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *a: read.append(a[2]))
        assert [notes(), notes(), notes()] == [0, 0, 0]
        assert len([one for one in read if "FROM note" in one]) == 1
        other.execute("INSERT INTO note VALUES ('one')")
        assert [notes(), notes()] == [1, 1]
        assert len([one for one in read if "FROM note" in one]) == 2


def test_what_was_read_stays_for_the_whole_of_a_request(app: Flask, other: sqlite3.Connection) -> None:
    with app.app_context():
        assert unchanged("notes", count) == 0
        other.execute("INSERT INTO note VALUES ('one')")
        seen = unchanged("notes", count), count()
        assert seen == (0, 0)  # one picture of the database, also where it is read anew
        db.session.rollback()
        assert (unchanged("notes", count), count()) == (1, 1)


def test_what_this_process_writes_counts_at_once(app: Flask, other: sqlite3.Connection) -> None:
    with app.app_context():
        for times in range(1, 4):
            with transaction():
                db.session.execute(text("INSERT INTO note VALUES ('own')"))
                assert unchanged("notes", lambda: "read in the middle") == "read in the middle"
            assert notes() == times
        assert notes() == 3


def test_a_page_that_everybody_reads_asks_the_database_nothing(
    app: Flask, content: Snapshot, client: FlaskClient, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = utcnow()
    monkeypatch.setattr("portal.home.shell.utcnow", lambda: now)
    monkeypatch.setattr("portal.core.db.BRIEFLY_SECONDS", 3600)
    sign_in("agent")
    page = "/articles/sm-cannot-find-care-team"
    first, second = client.get(page), client.get(page)
    asked: list[str] = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    assert client.get(page).status_code == first.status_code == second.status_code == 200
    assert asked == []


def test_what_another_process_does_to_a_person_counts_for_the_next_page(
    client: FlaskClient, sign_in: SignIn, other: sqlite3.Connection
) -> None:
    sign_in("agent")
    assert [client.get("/my-calls").status_code for _ in range(3)] == [200, 200, 200]
    other.execute("UPDATE user SET name = 'Renamed elsewhere'")
    assert "Renamed elsewhere" in client.get("/my-calls").text
    other.execute("DELETE FROM session")
    assert client.get("/my-calls").status_code == 302


def test_a_page_that_changes_its_session_does_not_change_what_the_next_one_is_given(
    app: Flask, sign_in: SignIn
) -> None:
    sign_in("agent")
    with app.app_context():
        held = db.session.execute(text("SELECT id FROM session")).scalar_one()
        first = store.find_session(held)
        assert first
        first.data.setdefault("_flashes", []).append("said once")
        first.data["csrf_token"] = "another"
        assert store.find_session(held) == replace(first, data={"csrf_token": "raw"})


def test_a_database_that_cannot_be_read_gives_503(app: Flask, client: FlaskClient, sign_in: SignIn) -> None:
    sign_in("agent")
    assert client.get("/my-calls").status_code == 200

    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with app.app_context():
        pool = db.engine.pool
    event.listen(pool, "checkout", fail)
    try:
        assert client.get("/my-calls").status_code == 503
    finally:
        event.remove(pool, "checkout", fail)
    assert client.get("/my-calls").status_code == 200


def test_the_shell_of_one_person_is_not_shown_to_another(app: Flask, sign_in: SignIn) -> None:
    own = {}
    for who in ("agent", "analyst"):
        own[who] = app.test_client(), sign_in(who)
        open_session(app, *own[who])
        with app.app_context(), transaction():
            said = {"data": json.dumps({"csrf_token": f"of the {who}"}), "id": own[who][1].id}
            db.session.execute(text("UPDATE session SET data = :data WHERE user_id = :id"), said)
    tokens = {}
    for who in ("agent", "analyst", "agent", "analyst"):
        client, actor = own[who]
        page = client.get("/known-issues").text
        menu = page[page.index("shell__menu") : page.index("</nav>")]
        assert f"<summary>{actor.name}</summary>" in menu
        (tokens[who],) = set(TOKEN.findall(page))
        assert tokens[who] in menu
    assert own["agent"][1].name != own["analyst"][1].name
    assert tokens["agent"] != tokens["analyst"]
