"""Files that go with a call: added and withdrawn before it is filed, on its ticket afterwards, gone when nothing is filed."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask

from portal.accounts.actor import Actor
from portal.core.db import db, transaction
from portal.intake.models import Intake, PracticeAttempt
from portal.intake.service import abandon_old
from portal.knowledge.snapshot import Snapshot
from tests.conftest import Browse
from tests.page import Page
from tests.web.test_intake import CHECK, FACTS, here, intakes, none_of_these, number, start, tickets, to_facts
from tests.web.test_tickets_files import Scan, a_picture, rows
from tests.web.test_tickets_files import scan as scan

SignIn = Callable[..., Actor]


@pytest.fixture(autouse=True)
def agent(content: Snapshot, sign_in: SignIn) -> Actor:
    return sign_in("agent")


def add(browse: Browse, where: str, name: str, data: bytes, **typed: str) -> Page:
    return browse.post(f"/intake/{where}/files", file=(BytesIO(data), name), **typed)


def test_a_file_goes_with_the_call_and_stands_on_its_ticket(
    app: Flask, browse: Browse, sign_in: SignIn, scan: Scan
) -> None:
    folder = scan(0).attachments_dir
    assert "Add a file: picture, PDF or text" in to_facts(browse).words
    where = number(browse)
    typed = {"step": "facts", "care_team": "Primary care, red team"}
    for _ in range(2):  # a double click
        page = add(browse, where, "screen.png", a_picture(), **typed)
    assert here(browse) == "facts"
    assert "This file goes with the call already" in page.words
    assert "Files that go along (1)" in page.words
    assert "Primary care, red team" in page.text

    for name, data, why in (
        ("a.svg", b"<svg/>", "Send a picture"),
        ("a.png", b"", "empty"),
        ("SSN 123-45-6789.png", a_picture("blue"), "personal data"),
    ):
        page = add(browse, where, name, data, **typed)
        assert page.status == 422
        assert why in page.words
        assert "file-error" in page.ids
        assert "Primary care, red team" in page.text
    assert "Choose a file." in browse.post(f"/intake/{where}/files", **typed).words

    facts = f"/intake/{where}/facts"
    page = browse.post(facts, file=(BytesIO(b"<svg/>"), "chosen.svg"), **FACTS)
    assert (page.status, here(browse)) == (422, "facts")
    page = browse.post(facts, file=(BytesIO(b"12:01 SM99"), "chosen.log"), **FACTS)
    assert here(browse) == "check"
    assert "screen.png" in page.words
    assert "chosen.log" in page.words
    for colour in ("green", "gold", "white"):
        add(browse, where, f"{colour}.png", a_picture(colour), step="check", title="SM - as typed")
    page = browse.get(f"/intake/{where}/check")
    assert "A ticket takes 5 files." in page.words
    assert "A ticket takes 5 files." in add(browse, where, "6.png", a_picture("pink"), step="check").words
    gone = next(row for row in rows(app) if row.name == "gold.png")
    page = browse.post(f"/intake/{where}/files/{gone.id}/withdraw", step="check", title="SM - as typed")
    assert "Files that go along (4)" in page.words
    assert "SM - as typed" in page.text
    assert len(list(folder.iterdir())) == 4
    browse.post(f"/intake/{where}/files/{gone.id}/withdraw", step="check")

    sign_in("agent", email="other@example.org")
    browse.get("/")
    assert browse.send(f"/intake/{where}/files", file=(BytesIO(b"x"), "x.txt")).status_code == 404
    assert browse.send(f"/intake/{where}/files/{rows(app)[0].id}/withdraw").status_code == 404
    sign_in("agent")
    browse.get("/")

    browse.post(f"/intake/{where}/check", **CHECK)
    [ticket] = tickets(app)
    page = browse.get(f"/tickets/{ticket.number}")
    for name in ("screen.png", "chosen.log", "green.png", "white.png"):
        assert f"File “{name}” added by" in page.words
    assert "gold.png" not in page.words
    assert browse.client.get(f"/tickets/{ticket.number}/files/{rows(app)[0].id}").status_code == 200
    assert len(list(folder.iterdir())) == 4


def test_nothing_is_filed_nothing_stays(app: Flask, browse: Browse, scan: Scan) -> None:
    scan(0)
    to_facts(browse)
    where = number(browse)
    add(browse, where, "one.png", a_picture(), step="facts")
    browse.post(f"/intake/{where}/drop", reason="misclick")
    to_facts(browse, external_ref="4211889")
    where = number(browse)
    add(browse, where, "two.png", a_picture("blue"), step="facts")
    page = browse.post(f"/intake/{where}/leave", step="facts", file=(BytesIO(b"<svg/>"), "three.svg"))
    assert "The file was not kept. Send a picture" in page.words
    changed_at = intakes(app)[1].changed_at
    with app.app_context(), transaction():
        assert abandon_old(changed_at.replace(year=changed_at.year + 1)) == 1
    assert [row.withdrawn_at is not None for row in rows(app)] == [True, True]
    add(browse, where, "late.png", a_picture("gold"), step="facts")
    assert len(rows(app)) == 2


def test_files_follow_the_call_behind_the_privacy_wall(
    app: Flask, browse: Browse, sign_in: SignIn, scan: Scan
) -> None:
    scan(1)
    to_facts(browse)
    where = number(browse)
    assert "malware scan refused" in add(browse, where, "bad.png", a_picture(), step="facts").words
    scan(2)
    assert "not scanned yet" in add(browse, where, "seen.png", a_picture(), step="facts").words
    call = {
        "urgent": "privacy", "text": "Another person's messages are shown", "no_message": "y", "tool": "secure-messaging",
        "audience": "veteran", "platform": "web",
    }  # fmt: skip
    page = browse.post(f"/intake/{where}/call", **call)
    assert here(browse) == "privacy"
    assert "Files that go along" in page.words
    assert "file" not in page.form(f"/intake/{where}/privacy").fields
    [row] = rows(app)
    known = {
        "how_noticed-unknown": "y",
        "occurred_at": "now",
        "kind_of_data-unknown": "y",
        "still_visible-unknown": "y",
    }
    browse.post(f"/intake/{where}/privacy", text=call["text"], tool="secure-messaging", **known)
    assert here(browse) == "end"
    [ticket] = tickets(app)
    assert (ticket.privacy, rows(app)[0].ticket_id) == (True, ticket.id)
    sign_in("analyst")
    assert browse.client.get(f"/tickets/{ticket.number}/files/{row.id}").status_code == 404
    sign_in("analyst", privacy=True, email="cleared@example.org")
    assert "seen.png" in browse.get(f"/tickets/{ticket.number}").words


def test_a_practice_call_takes_no_file(app: Flask, browse: Browse, scan: Scan) -> None:
    scan(0)
    start(browse)
    none_of_these(browse, browse.get(f"/intake/{number(browse)}/known-issues"))
    with app.app_context(), transaction():
        row = db.session.get_one(Intake, 1)
        attempt = PracticeAttempt(by=row.owner, round="r", place=1, article_id="x", example="y")
        db.session.add(attempt)
        db.session.flush()
        row.practice_id = attempt.id
    page = browse.post(f"/intake/{number(browse)}/questions", asked="repeats", **{"answer-repeats": "yes"})
    assert here(browse) == "facts"
    assert "Add a file" not in page.words
    add(browse, number(browse), "one.png", a_picture(), step="facts")
    assert rows(app) == []
