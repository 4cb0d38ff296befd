"""Mail from queueing to the mailbox, with a real server in the test's process."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from portal.accounts.actor import Actor, Role
from portal.accounts.models import User
from portal.core.clock import utcnow
from portal.core.config import ConfigError, from_env
from portal.core.db import db, transaction
from portal.knowledge import service as knowledge
from portal.knowledge.snapshot import Snapshot
from portal.mail import service, store
from portal.mail.models import Mail
from portal.mail.service import Letter
from tests.conftest import Browse
from tests.factories import make_report, make_ticket, make_user
from tests.mailserver import OK, Inbox, mail_server


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with mail_server() as server:
        yield server


@pytest.fixture
def mailing(make_app: Callable[..., Flask], inbox: Inbox) -> Flask:
    """The portal with mail set up."""
    return make_app(
        mail_host="127.0.0.1", mail_port=inbox.port, mail_from="portal@example.org", mail_starttls=False
    )


def queue(app: Flask, key: str, body: str = "See the page.\n", **to: object) -> bool:
    to = to or {"address": "team@example.org"}
    with app.app_context(), transaction():
        return service.queue_mail(
            Letter("test", key, f"Mail {key}", body, **to),
            app.config["PORTAL"],
            utcnow(),  # type: ignore[arg-type]
        )


def rows(app: Flask) -> dict[str, tuple[str, int, str]]:
    with app.app_context():
        return {
            row.dedupe_key: (row.state, row.tries, row.last_error) for row in db.session.scalars(select(Mail))
        }


def run(app: Flask) -> str:
    return app.test_cli_runner().invoke(args=["mail", "run"]).output


def test_mail_arrives_once_and_what_rolls_back_is_never_sent(
    mailing: Flask, inbox: Inbox, sign_in: Callable[..., Actor], browse: Browse
) -> None:
    person = sign_in("editor", scope="messaging")
    assert queue(mailing, "a", to_user_id=person.id)
    assert not queue(mailing, "a", to_user_id=person.id), "the same reason is told once"
    with mailing.app_context(), transaction():
        service.queue_mail(
            Letter("test", "b", "B", "B", address="x@example.org"), mailing.config["PORTAL"], utcnow()
        )
        db.session.rollback()
    assert run(mailing) == "1 delivered, 0 to be tried again, 0 failed.\n"
    assert run(mailing).startswith("0 delivered")
    [mail] = inbox.mails
    assert (mail["To"], mail["From"], mail["Subject"]) == (
        "editor@example.org",
        "portal@example.org",
        "Mail a",
    )
    assert mail.get_content().splitlines() == ["See the page."]  # type: ignore[attr-defined]
    page = browse.get("/accounts/")
    assert "Mail is not set up in this portal" in page.text
    browse.post("/accounts/preferences", timezone="", keys="y")
    assert not queue(mailing, "c", to_user_id=person.id), "switched off"


def test_not_set_up_queues_nothing_and_says_so(
    app: Flask, sign_in: Callable[..., Actor], browse: Browse
) -> None:
    assert not queue(app, "a")
    assert rows(app) == {}
    done = app.test_cli_runner().invoke(args=["mail", "run"])
    assert done.exit_code == 1
    assert "PORTAL_MAIL_HOST" in done.output
    sign_in("admin")
    assert "Mail is not set up" in browse.get("/admin/system").text
    given = {
        "PORTAL_SECRET_KEY": "0" * 64,
        "PORTAL_MAIL_HOST": "mail.example.org",
        "PORTAL_MAIL_STARTTLS": "0",
    }
    with pytest.raises(ConfigError, match=r"PORTAL_MAIL_FROM.*\n.*PORTAL_MAIL_USER"):
        from_env({**given, "PORTAL_MAIL_USER": "portal"})


def test_a_dead_server_ends_the_pass_and_the_queue_is_kept(
    mailing: Flask, inbox: Inbox, make_app: Callable[..., Flask], sign_in: Callable[..., Actor]
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        dead = make_app(
            mail_host="127.0.0.1",
            mail_port=closed.getsockname()[1],
            mail_from="p@example.org",
            mail_starttls=False,
        )
        queue(dead, "a")
        queue(dead, "b")
        done = run(dead)
        assert "0 delivered, 1 to be tried again" in done
        assert "cannot be reached" in done
        assert rows(dead)["b"] == ("queued", 0, "")
        with time_machine.travel(utcnow() + timedelta(hours=5)):
            run(dead)
        assert rows(dead)["a"][0] == "queued", "an outage of the server loses nothing"
    clear = make_app(mail_host="127.0.0.1", mail_port=inbox.port, mail_from="p@example.org")
    with time_machine.travel(utcnow() + timedelta(hours=6)):
        assert "did not agree on encryption" in run(clear), "nothing goes in clear that is to be encrypted"
    with time_machine.travel(utcnow() + timedelta(hours=7)):
        assert run(mailing).startswith("2 delivered")
    assert len(inbox.mails) == 2


def test_4xx_is_tried_again_and_5xx_fails_at_once(
    mailing: Flask, inbox: Inbox, make_app: Callable[..., Flask], sign_in: Callable[..., Actor]
) -> None:
    inbox.answer = "451 try again, editor@example.org is busy"
    queue(mailing, "later")
    assert run(mailing).startswith("0 delivered, 1 to be tried again")
    assert rows(mailing)["later"] == ("queued", 1, "the mail server refused the mail (451)")
    inbox.answer = "554 no such mail"
    queue(mailing, "never")
    assert "1 failed" in run(mailing)
    queue(mailing, "held", body="The caller's SSN is 219-09-9999.")
    run(mailing)
    assert rows(mailing)["held"][0] == "failed"
    assert "personal data" in rows(mailing)["held"][2]
    assert "219" not in rows(mailing)["held"][2]
    inbox.answer = OK
    with time_machine.travel(utcnow() + timedelta(seconds=7)):
        assert run(mailing).startswith("1 delivered")
    with time_machine.travel(utcnow() + timedelta(hours=5)):
        queue(mailing, "old")
    with mailing.app_context(), transaction():
        mail = db.session.scalar(select(Mail).where(Mail.dedupe_key == "old"))
        assert mail is not None
        mail.queued_at -= timedelta(hours=10)
        mail.due_at -= timedelta(hours=10)
    inbox.answer = "421 closing"
    assert "1 failed" in run(mailing), "four hours are over"
    assert mailing.test_cli_runner().invoke(args=["mail", "retry"]).output == "3 queued again.\n"


def test_two_workers_never_take_the_same_mail(mailing: Flask) -> None:
    queue(mailing, "a")
    now = utcnow()
    with mailing.app_context():
        with transaction():
            first = store.claim(now, now + timedelta(minutes=2))
        with transaction():
            assert store.claim(now, now + timedelta(minutes=2)) is None
        later = now + timedelta(minutes=3)
        with transaction():
            second = store.claim(later, later + timedelta(minutes=2))
        assert first is not None
        assert second is not None
        assert (first.id, first.tries, second.tries) == (second.id, 1, 2)
        with transaction():
            store.mark(first, "failed", error="late news of the first worker")
        assert rows(mailing)["a"] == ("sending", 2, "")


def test_the_week_of_a_team_is_mailed_once_to_its_editors_who_take_mail(
    mailing: Flask, inbox: Inbox, content: Snapshot
) -> None:
    with mailing.app_context():
        agent = make_user(email="agent@example.org")
        make_user(Role.EDITOR, scope="messaging")
        silent = make_user(Role.EDITOR, scope="messaging", email="silent@example.org")
        with transaction():
            db.session.execute(update(User).where(User.id == silent.id).values(mail=False))
        make_user(Role.EDITOR, scope="supplies", email="nothing@example.org")
        number = make_ticket(agent, title="SM - Reply fails: SM98 (web)")
        secret = make_ticket(agent, title="SM - Sees the inbox of another person", privacy=True)
        make_report(agent, "sm-messages-not-available")
        with transaction():
            draft = knowledge.FlagDraft(
                "sm-cannot-find-care-team", "", "unclear", "Which button is meant here?"
            )
            knowledge.add_flag(content, draft, actor=agent, now=utcnow())
    commands = mailing.test_cli_runner()
    assert commands.invoke(args=["mail", "weekly"]).output.startswith("1 queued for 20")
    assert commands.invoke(args=["mail", "weekly"]).output.startswith("0 queued for 20")
    with time_machine.travel(utcnow() + timedelta(seconds=1)):
        run(mailing)
    [mail] = inbox.mails
    assert (mail["To"], mail["Subject"]) == (
        "editor@example.org", "Messaging team: 1 ticket to move, 1 item on the work list",
    )  # fmt: skip
    text = mail.get_content()  # type: ignore[attr-defined]
    assert f"- {number}  http://127.0.0.1:8000/tickets/{number}" in text
    assert "Messages not available (SM900 to SM903) (1 caller more)  http://127.0.0.1:8000/articles/" in text
    assert "- Flag: 1" in text
    assert "http://127.0.0.1:8000/team?team=messaging" in text
    assert not [words for words in (secret, "Reply fails", "Which button") if words in text]
