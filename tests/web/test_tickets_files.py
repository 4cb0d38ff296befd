"""Files of a ticket as people meet them: added, opened after a scan, withdrawn, and seen by nobody else."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from portal.accounts.actor import Actor, Role
from portal.accounts.models import AuditRow
from portal.core.clock import utcnow
from portal.core.config import Config
from portal.core.db import db
from portal.knowledge.snapshot import Snapshot
from portal.tickets.access import look_after_files
from portal.tickets.file_store import ORPHAN_SECONDS
from portal.tickets.models import Attachment
from tests.conftest import Browse
from tests.factories import make_ticket, make_user
from tests.page import Page

SignIn = Callable[..., Actor]
Scan = Callable[[int | None], Config]


def a_picture(colour: str = "red") -> bytes:
    out = BytesIO()
    Image.new("RGB", (30, 20), colour).save(out, format="PNG")
    return out.getvalue()


@pytest.fixture
def agent(app: Flask, content: Snapshot) -> Actor:
    with app.app_context():
        return make_user(Role.AGENT, email="filer@example.org")


@pytest.fixture
def number(app: Flask, agent: Actor) -> str:
    with app.app_context():
        return make_ticket(agent)


@pytest.fixture
def scan(app: Flask, monkeypatch: pytest.MonkeyPatch, config: Config, tmp_path: Path) -> Scan:
    """`scan(1)`: from now on the malware scan ends with 1; None: no scan is set up."""

    def go(ends: int | None) -> Config:
        script = tmp_path / f"scan{ends}"
        script.write_text(f'#!/bin/sh\ntest -s "$1" || exit 9\nexit {ends}\n')
        script.chmod(0o755)
        command = () if ends is None else (str(script),)
        own = replace(config, instance_dir=tmp_path / "own", scan_command=command)
        monkeypatch.setitem(app.config, "PORTAL", own)
        return own

    return go


def add(browse: Browse, number: str, name: str, data: bytes) -> Page:
    return browse.post(f"/tickets/{number}/files", file=(BytesIO(data), name))


def rows(app: Flask) -> list[Attachment]:
    with app.app_context():
        return list(db.session.scalars(select(Attachment).order_by(Attachment.id)))


def test_a_file_is_added_opened_and_withdrawn(
    app: Flask, browse: Browse, sign_in: SignIn, number: str, scan: Scan
) -> None:
    folder = scan(0).attachments_dir
    sign_in(email="filer@example.org")
    browse.get(f"/tickets/{number}")
    page = add(browse, number, "../My Files/größe \u202e1.png", a_picture())
    assert "größe 1.png stands on the ticket" in page.words
    assert "File “größe 1.png” added by" in page.words
    assert "stands on the ticket already" in add(browse, number, "again.png", a_picture()).words

    [row] = rows(app)
    path = folder / row.stored
    assert [one.name for one in folder.iterdir()] == [row.stored]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640

    answer = browse.client.get(f"/tickets/{number}/files/{row.id}")
    assert answer.data == path.read_bytes()
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "filename*=UTF-8''gr%C3%B6%C3%9Fe%201.png" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    with app.app_context():
        read = select(func.count()).where(AuditRow.what == "read file")
        assert db.session.scalar(read) == 1

    withdraw = f"/tickets/{number}/files/{row.id}/withdraw"
    assert "Say why" in browse.post(withdraw, reason="no").words
    assert path.exists()
    assert "Social Security" in browse.post(withdraw, reason="It shows the SSN 123-45-6789 of him.").words
    page = browse.post(withdraw, reason="It is the wrong screen.")
    assert "withdrawn and deleted" in page.words
    assert "withdrawn by" in page.words
    assert ": It is the wrong screen." in page.words
    assert not path.exists()
    assert browse.client.get(f"/tickets/{number}/files/{row.id}").status_code == 404


def test_what_is_refused_stands_beside_the_field(
    app: Flask, browse: Browse, sign_in: SignIn, number: str, scan: Scan
) -> None:
    folder = scan(0).attachments_dir
    sign_in(email="filer@example.org")
    browse.get(f"/tickets/{number}")
    assert "Choose a file" in browse.post(f"/tickets/{number}/files").words
    for name, data, why in (
        ("a.png", b"", "empty"),
        ("a.svg", b"<svg/>", "Send a picture"),
        ("a.png", b"<html><script>x</script>", "not a PNG picture"),
        ("SSN 123-45-6789.png", a_picture(), "personal data"),
    ):
        page = add(browse, number, name, data)
        assert page.status == 422
        assert why in page.words
        assert "attach-file-error" in page.ids
    assert "6789" not in page.text
    for colour in ("red", "green", "blue", "white", "black"):
        add(browse, number, f"{colour}.png", a_picture(colour))
    assert "A ticket takes 5 files." in add(browse, number, "six.png", a_picture("gold")).words
    assert len(rows(app)) == len(list(folder.iterdir())) == 5


def test_personal_data_in_a_text_file_is_named_by_kind_and_line_and_never_kept(
    app: Flask, browse: Browse, sign_in: SignIn, number: str, scan: Scan
) -> None:
    scan(0)
    sign_in(email="filer@example.org")
    browse.get(f"/tickets/{number}")
    log = "2026-11-25T10:22:33.123Z INFO GET /v1/threads 200 id=8f14e45f-ceea-467f-9a2b-0d1c2b3a4f5e\n"
    page = add(browse, number, "a.log", (log * 400 + "patient phone 509-555-1234\n" + log).encode())
    assert page.status == 422
    assert "This file holds personal data: a phone number in line 401." in page.words
    sent = b'{\n"a": 1,\n\n"note": "SSN 123-45-6789"}'
    page = add(browse, number, "a.json", sent)
    assert "a Social Security number in line 4." in page.words
    assert "6789" not in page.text
    assert rows(app) == []
    assert "stands on the ticket" in add(browse, number, "a.log", (log * 50).encode()).words


def test_only_what_was_scanned_is_opened(
    app: Flask, browse: Browse, sign_in: SignIn, number: str, scan: Scan
) -> None:
    folder = scan(None).attachments_dir
    sign_in(email="filer@example.org")
    browse.get(f"/tickets/{number}")
    assert "no scan is set up, so nobody can open it" in add(browse, number, "one.png", a_picture()).words
    [row] = rows(app)
    assert browse.client.get(f"/tickets/{number}/files/{row.id}").status_code == 409

    scan(1)
    assert "The malware scan refused this file" in add(browse, number, "bad.png", a_picture("blue")).words
    assert [one.name for one in folder.iterdir()] == [row.stored]
    broken = scan(2)
    assert "when the scan has answered" in add(browse, number, "two.png", a_picture("green")).words
    with app.app_context():
        assert look_after_files(broken) == (0, 0)
        assert look_after_files(scan(0)) == (2, 0)
    answer = browse.client.get(f"/tickets/{number}/files/{row.id}")
    assert answer.status_code == 200
    (folder / row.stored).write_bytes(b"changed")
    assert browse.client.get(f"/tickets/{number}/files/{row.id}").status_code == 503


def test_a_later_scan_takes_malware_away(
    app: Flask, browse: Browse, sign_in: SignIn, number: str, scan: Scan
) -> None:
    folder = scan(2).attachments_dir
    sign_in(email="filer@example.org")
    browse.get(f"/tickets/{number}")
    add(browse, number, "one.png", a_picture())
    (folder / ("0" * 64)).write_bytes(b"of a transaction that failed")
    for one in folder.iterdir():
        os.utime(one, (0, utcnow().timestamp() - ORPHAN_SECONDS - 9))
    with app.app_context():
        assert look_after_files(scan(1)) == (1, 2)
    assert list(folder.iterdir()) == []
    assert "taken away: the malware scan refused it" in browse.get(f"/tickets/{number}").words


def test_who_may(app: Flask, browse: Browse, sign_in: SignIn, agent: Actor, scan: Scan) -> None:
    scan(0)
    with app.app_context():
        private = make_ticket(agent, privacy=True)
        made = make_ticket(make_user(Role.AGENT, email="mine@example.org"))
    sign_in("analyst", privacy=True)
    browse.get(f"/tickets/{private}")
    add(browse, private, "one.png", a_picture())
    [row] = rows(app)
    sign_in("analyst", email="other@example.org")
    for person in ("other@example.org", "filer@example.org"):
        sign_in(email=person)
        assert browse.client.get(f"/tickets/{private}/files/{row.id}").status_code == 404
        assert browse.client.get(f"/tickets/{made}/files/{row.id}").status_code == 404
        browse.get("/")
        sent = browse.send(f"/tickets/{private}/files", file=(BytesIO(a_picture("blue")), "x.png"))
        assert sent.status_code == 404
    assert len(rows(app)) == 1
