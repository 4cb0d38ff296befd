"""Followers, names in notes and notices: who is told, in which words, and who is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.accounts.actor import Actor, Desk, Role
from portal.accounts.models import User
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.knowledge.snapshot import Snapshot
from portal.mail.models import Mail
from portal.tickets import service
from portal.tickets.models import Notice, Ticket
from tests.conftest import Browse
from tests.factories import a_basis, make_ticket, make_user
from tests.web.test_tickets_life import in_days, press

SignIn = Callable[..., Actor]
SAID = "The page works again. Please sign out and sign in once more."
SUMMARY = "The reply is not sent."
ISSUE = "sm-messages-not-available"


@pytest.fixture
def number(app: Flask, content: Snapshot) -> str:
    with app.app_context():
        return make_ticket(make_user(Role.AGENT, email="filer@example.org"), basis=a_basis("undecided"))


def note(browse: Browse, number: str, text: str) -> None:
    browse.get(f"/tickets/{number}")
    browse.post(f"/tickets/{number}/note", note=text)


def test_who_follows_is_told_until_they_have_looked(browse: Browse, sign_in: SignIn, number: str) -> None:
    sign_in("agent", email="mate@example.org")
    assert "No notices." in browse.get("/notices").words
    browse.get(f"/tickets/{number}")
    page = browse.post("/notices/follow", what=number, on="y")
    assert "Stop following" in page.words
    browse.post("/notices/follow", what=number, on="y")
    sign_in("analyst")
    press(browse, number, "take")
    note(browse, number, "Like last spring.")  # not for a desk: it follows, and hears nothing of it
    sign_in("agent", email="mate@example.org")
    assert "Notices (1)" in browse.get("/help").words
    page = browse.get("/notices")
    assert f"● New {number} · Secure Messaging: taken by Tier 3" in page.words
    assert "Like last spring" not in page.words
    assert "internal note" not in page.words
    browse.get(f"/tickets/{number}")
    assert "Notices (" not in browse.get("/help").words
    assert "taken by Tier 3" in browse.get("/notices").words
    page = browse.post("/notices/follow", what=number, on="", back="notices")
    assert "Nothing yet." in page.words
    sign_in("analyst")
    press(browse, number, "duplicate", duplicate_of="T3-2020-000001")  # refused: nobody hears of it
    press(browse, number, "answer", caller_text=SAID)
    page = browse.get("/notices")
    assert "No notices." in page.words  # the own doing is no news; whoever wrote a note follows
    assert f"{number} SM - " in page.words


def test_the_desk_is_told_what_it_has_to_do_until_it_is_done(
    browse: Browse, sign_in: SignIn, number: str
) -> None:
    sign_in("analyst")
    press(browse, number, "ask", questions="Which browser is it?", follow_up=in_days(2))
    sign_in("agent")
    assert "the caller is to be asked" in browse.get("/notices").words
    browse.post(f"/tickets/{number}/answers", **{"answer-1": "Edge"})
    assert "to be asked" not in browse.get("/notices").words
    sign_in("analyst")
    assert "the caller has answered" in browse.get("/notices").words  # who asked follows
    press(browse, number, "answer", caller_text=SAID)
    sign_in("agent", email="esd@example.org", desk=Desk.ESD)
    assert "No notices." in browse.get("/notices").words
    sign_in("agent", email="mate@example.org")
    assert "Notices (1)" in browse.get("/notices").words
    assert "answered: tell the caller" in browse.get("/notices").words
    page = browse.post("/notices/read")
    assert "Notices (" not in page.words
    assert "answered: tell the caller" in page.words
    press(browse, number, "resolve")
    assert "No notices." in browse.get("/notices").words


def test_a_note_names_groups_and_a_wrong_name_is_said(browse: Browse, sign_in: SignIn, number: str) -> None:
    sign_in("agent")
    browse.get(f"/tickets/{number}")
    page = browse.post(f"/tickets/{number}/note", note="@boss please look")
    assert page.status == 422
    assert "Nobody who may read this is called @boss. You can name @tier3, @messaging, @desk" in page.words
    assert "@boss please look" in page.text
    note(browse, number, "@tier3: the caller called again.")
    sign_in("analyst")
    assert "you are named in a note" in browse.get("/notices").words
    assert "To tell somebody, name them: @tier3, @messaging." in browse.get(f"/tickets/{number}").words
    sign_in("editor", scope="medications")  # the ticket is not theirs
    assert "No notices." in browse.get("/notices").words


def test_notices_hold_no_word_of_a_ticket_and_end_with_the_right_to_see_it(
    browse: Browse, sign_in: SignIn, number: str, app: Flask
) -> None:
    sign_in("agent", email="mate@example.org")
    browse.get(f"/tickets/{number}")
    browse.post("/notices/follow", what=number, on="y")
    note(browse, number, "@desk the caller says that it is back")
    sign_in("agent")
    assert "you are named" in browse.get("/notices").words
    with app.app_context():
        rows = db.session.execute(select(Notice.kind, Notice.what, Notice.to_group)).all()
        assert [tuple(row) for row in rows] == [("mentioned", number, "desk:hrc")]
        with transaction():
            db.session.execute(update(Ticket).values(privacy=True))
    for email in ("agent@example.org", "mate@example.org"):
        sign_in("agent", email=email)
        page = browse.get("/notices")
        assert number not in page.words
        assert "Notices (" not in page.words
    for what in (number, "T3-2020-000001", "sm-when-to-escalate", ""):
        assert browse.send("/notices/follow", what=what, on="y").status_code == 404


def test_a_known_issue_is_followed_from_its_page(
    browse: Browse, sign_in: SignIn, app: Flask, number: str
) -> None:
    reader = sign_in("editor", scope="messaging")
    page = browse.get(f"/articles/{ISSUE}")
    assert "Follow: tell me when it changes" in page.words
    page = browse.post("/notices/follow", what=ISSUE, on="y")
    assert "Stop following" in page.words
    with app.app_context(), transaction():
        service.tell_of_known_issue(ISSUE, "workaround", by=None, now=utcnow())
        service.tell_of_known_issue(ISSUE, "fixed", by=reader.id, now=utcnow())
    page = browse.get("/notices")
    assert "Notices (1)" in page.words
    assert ": another workaround" in page.words
    # who follows a linked ticket hears of it there
    sign_in("analyst")
    press(browse, number, "link", known_issue=ISSUE)
    browse.post("/notices/follow", what=number, on="y")
    with app.app_context(), transaction():
        service.tell_of_known_issue(ISSUE, "status", by=None, now=utcnow())
    assert f"{number} · Secure Messaging: news of its known issue" in browse.get("/notices").words
    sign_in("editor")
    page = browse.get("/notices")
    assert "news of its" not in page.words
    page = browse.post("/notices/read", what=ISSUE)
    assert "Notices (" not in page.words
    assert "Follow: tell me" not in browse.get("/articles/sm-when-to-escalate").words
    # after a month nobody is shown them, and they go
    with app.app_context(), transaction():
        db.session.execute(update(Notice).values(at=utcnow() - timedelta(days=31)))
    assert "No notices." in browse.get("/notices").words
    browse.post("/notices/read")
    with app.app_context():
        assert db.session.scalars(select(Notice.id)).all() == []


def test_the_digest_is_queued_once_a_day_for_who_has_something_new_and_takes_mail(
    browse: Browse, sign_in: SignIn, number: str, make_app: Callable[..., Flask]
) -> None:
    reader = sign_in("editor", scope="messaging")
    silent = sign_in("analyst", email="silent@example.org")
    for email in ("editor@example.org", "silent@example.org"):
        sign_in("analyst", email=email)
        browse.get(f"/tickets/{number}")
        browse.post("/notices/follow", what=number, on="y")
    sign_in("editor")
    browse.post("/notices/follow", what=ISSUE, on="y")
    mailing = make_app(mail_host="127.0.0.1", mail_port=9, mail_from="portal@example.org")
    commands = mailing.test_cli_runner()
    with mailing.app_context(), transaction():
        db.session.execute(update(User).where(User.id == silent.id).values(mail=False))
        service.tell_of_known_issue(ISSUE, "fixed", by=None, now=utcnow())
    assert commands.invoke(args=["mail", "digest"]).output.startswith("1 queued for 20")
    sign_in("analyst", email="other@example.org")
    press(browse, number, "take")
    assert commands.invoke(args=["mail", "digest"]).output.startswith("0 queued for 20")
    with mailing.app_context():
        [letter] = db.session.scalars(select(Mail)).all()
        assert (letter.to_user_id, letter.subject) == (reader.id, "MHV Tier 3 portal: 1 notice")
        assert f"- {ISSUE}: fixed  http://127.0.0.1:8000/articles/{ISSUE}" in letter.body
        with transaction():
            db.session.delete(letter)
    assert commands.invoke(args=["mail", "digest"]).output.startswith("1 queued for 20")
    with mailing.app_context():
        [letter] = db.session.scalars(select(Mail)).all()
        line = f"- {number}, Secure Messaging: taken by Tier 3  http://127.0.0.1:8000/tickets/{number}"
        assert line in letter.body
        assert SUMMARY not in letter.body
