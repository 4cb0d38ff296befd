"""What is older than the settings leaves: words and files of ended tickets and calls, searches, mails, lines of the audit log."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, func, insert, select, text, update

from portal.accounts import service as accounts
from portal.accounts.actor import Actor
from portal.accounts.append_only import rewriting
from portal.accounts.models import AuditRow, SessionRow
from portal.core.clock import utcnow
from portal.core.config import Config, ConfigError, from_env
from portal.core.db import db, transaction
from portal.core.removal import empty_log
from portal.home import cli
from portal.home.retention import settings_in_words
from portal.home.store import menu_numbers
from portal.intake.models import Intake
from portal.knowledge.access import current_snapshot
from portal.knowledge.models import Evaluation
from portal.knowledge.snapshot import Snapshot
from portal.mail.models import Mail
from portal.search.models import SearchMiss
from portal.tickets import service
from portal.tickets.models import Attachment, Event, Question, SavedView, Ticket
from portal.tickets.service import By
from tests.conftest import Browse
from tests.factories import make_ticket, make_user
from tests.web.test_by_itself import tick
from tests.web.test_intake import number as number_of
from tests.web.test_intake import start
from tests.web.test_tickets_redact import NAME, SAID, filled, traces

SignIn = Callable[..., Actor]
MakeApp = Callable[..., Flask]
LATER = timedelta(days=400)
KEPT = {"keep_ticket_text_days": 365, "keep_audit_days": 365, "keep_searches_days": 90, "keep_mail_days": 90}


def run(app: Flask, *more: str) -> Any:
    return app.test_cli_runner().invoke(args=["tickets", "retention", *more])


def ended(number: str, state: str = "closed", **values: Any) -> None:
    with transaction():
        found = update(Ticket).where(Ticket.number == number)
        db.session.execute(found.values(state=state, state_at=utcnow(), version=Ticket.version + 1, **values))


def old_ticket(agent: Actor, content: Snapshot, config: Config, *, privacy: bool = False) -> str:
    """A closed one with a name in every text and file, and the name in all else that has a rule; gives its number."""
    number = filled(agent, content, privacy=privacy)
    facts = {"tried": SAID, "works_on_web": "yes"}
    ended(number, facts=facts, severity="high", known_issue_id="sm-messages-not-available", error_code="SM98")
    config.attachments_dir.mkdir(exist_ok=True)
    file = config.attachments_dir / f"x{agent.id}"
    file.write_text(NAME)
    os.utime(file, (0, 0))
    with transaction():
        db.session.execute(update(Intake).values(ended_at=utcnow(), outcome={
            "title": f"{number} filed", "lead": "In triage.", "what": NAME, "note": SAID, "say": SAID, "next": ["Paste."],
            "ticket": number,
        }))  # fmt: skip
        # Choices, where there never are words; and what is somebody's own.
        db.session.execute(
            update(Intake).values(call={"tool": "secure-messaging", "facilities": [], "no_words": "none"})
        )
        db.session.execute(update(Evaluation).values(answers={"tried_again": "yes"}))
        db.session.execute(delete(SavedView))
    empty_log(whole=True)
    return number


def words_of(app: Flask, number: str) -> tuple[str, str, int]:
    with app.app_context():
        ticket = db.session.scalars(select(Ticket).where(Ticket.number == number)).one()
        expired = select(func.count()).where(Event.ticket_id == ticket.id, Event.kind == "expired")
        return ticket.title, ticket.summary, db.session.scalar(expired) or 0


@pytest.fixture
def agent(app: Flask, content: Snapshot) -> Actor:
    with app.app_context():
        return make_user(email="filer@example.org", privacy=True)


def test_the_words_of_an_old_ticket_go_and_what_happened_stays(
    browse: Browse, sign_in: SignIn, agent: Actor, make_app: MakeApp, config: Config, content: Snapshot
) -> None:
    keeping = make_app(**KEPT)
    with keeping.app_context():
        number = old_ticket(agent, content, config)
        linked = make_ticket(agent, summary="The letter is blue.")
        ended(linked, "linked")
    with time_machine.travel(utcnow() + LATER - timedelta(days=30)), keeping.app_context():
        recent = make_ticket(agent, summary="The letter is green.")
        ended(recent)
    with time_machine.travel(utcnow() + LATER):
        said = run(keeping).output
        assert "tickets, PORTAL_KEEP_TICKET_TEXT_DAYS=365: 1\n" in said
        assert "  ticket: 9\n" in said
        assert "  intake: 1\n" in said
        assert "failed searches, PORTAL_KEEP_SEARCHES_DAYS=90: 1\n  search_miss: 1\n" in said
        assert "mails, PORTAL_KEEP_MAIL_DAYS=90: 1\n" in said
        assert "Nothing was changed" in said
        assert NAME not in said
        assert traces(config.instance_dir)
        assert words_of(keeping, number) == (SAID, SAID, 0)

        done = run(keeping, "--apply")
        assert "tickets: 1 of 1" in done.output
        assert done.exit_code == 0
        assert traces(config.instance_dir) == []
        assert list(config.attachments_dir.iterdir()) == []
        assert words_of(keeping, number) == ("[removed]", "[removed]", 1)
        assert words_of(keeping, linked)[1] == "The letter is blue."
        assert words_of(keeping, recent)[1] == "The letter is green."
        with keeping.app_context():
            ticket = db.session.scalars(select(Ticket).where(Ticket.number == number)).one()
            assert (ticket.severity, ticket.tool, ticket.error_code) == ("high", "secure-messaging", "SM98")
            assert ticket.facts == {"tried": "[removed]", "works_on_web": "yes"}
            assert [event.kind for event in ticket.events] == ["filed", "noted", "expired"]
            assert ticket.events[0].data["as"] == "HRC help desk (Tier 1)"
            for gone in (Attachment, SearchMiss, Mail, SessionRow):
                assert db.session.scalars(select(gone)).all() == []
            assert db.session.scalar(select(Question.answer)) == "[removed]"
            assert db.session.scalar(select(Evaluation.answers)) == {"tried_again": "yes"}
            rows = select(AuditRow.object, AuditRow.result).where(AuditRow.what == "retention")
            counts = dict(db.session.execute(rows.order_by(AuditRow.id)).all())  # type: ignore[arg-type]
            assert "ticket 9" in counts["tickets"]
            assert counts["mails"] == "mail 1"
            assert accounts.verify_chain(keeping.config["PORTAL"].secret_key) is None
        assert run(keeping).output.count(": 0\n") == 8
        sign_in("analyst")
        page = browse.get(f"/tickets/{number}")
        assert "Its words and files were taken out by the portal" in page.words
        assert "and its files, are no longer kept: the portal keeps them for 365 days" in page.words
        assert "are no longer kept" not in browse.get(f"/tickets/{recent}").words
        assert number not in browse.get("/tickets/search?q=inbox").words
        assert number not in browse.get("/tickets/search?q=removed").words
        assert recent in browse.get("/tickets/search?q=letter+green").words
        assert number in browse.get("/tickets/?queue=all&state=closed").words
        assert browse.get(f"/tickets/{number}/redact").status == 200
        sign_in("agent", email="filer@example.org")
        assert "What was typed, and the note, are no longer kept." in browse.get("/intake/I-000001/end").words
        card = browse.get(f"/look-up?number={number}").words
        assert "closed" in card
        assert "[removed]" not in card
        sign_in("admin")
        assert (
            "Words of ended tickets and calls: for ever" in browse.get("/admin/system").words
        )  # of the other app
        assert "Words of ended tickets and calls: 365 days" in settings_in_words(keeping.config["PORTAL"])


def test_what_was_cut_short_goes_on_and_later_words_have_their_own_time(
    agent: Actor, make_app: MakeApp, content: Snapshot
) -> None:
    keeping = make_app(keep_ticket_text_days=365)
    with keeping.app_context():
        numbers = [make_ticket(agent, summary=SAID, privacy=place == 119) for place in range(120)]
        with transaction():
            db.session.execute(update(Ticket).values(state="closed", state_at=utcnow()))

    def stop(words: str) -> None:
        if words.startswith("tickets: 50 "):
            raise KeyboardInterrupt

    def gone() -> list[int]:
        return [
            words_of(keeping, number)[2] for number in (numbers[0], numbers[49], numbers[50], numbers[119])
        ]

    with time_machine.travel(utcnow() + LATER):
        with keeping.app_context(), pytest.raises(KeyboardInterrupt):
            cli.retain(keeping.config["PORTAL"], say=stop)
        assert gone() == [1, 1, 0, 0]
        with keeping.app_context():
            assert not cli.retain(keeping.config["PORTAL"], seconds=0)
        assert gone() == [1, 1, 0, 0]
        assert "tickets: 70 of 70" in run(keeping, "--apply").output
        assert gone() == [1, 1, 1, 1]
        with keeping.app_context(), transaction():
            service.add_note(numbers[0], "The caller rang again.", by=By(agent, 0, content, utcnow()))
    with time_machine.travel(utcnow() + LATER + timedelta(days=364)):
        assert "tickets, PORTAL_KEEP_TICKET_TEXT_DAYS=365: 0\n" in run(keeping).output
    with time_machine.travel(utcnow() + LATER + timedelta(days=366)):
        run(keeping, "--apply")
        assert gone() == [2, 1, 1, 1]
        with keeping.app_context():
            rows = select(Event.data).where(Event.kind == "noted")
            assert [data["note"] for data in db.session.scalars(rows)] == ["[removed]"]


def test_a_new_notice_is_new_though_old_ones_had_its_number(
    app: Flask, agent: Actor, make_app: MakeApp
) -> None:
    issue, start = "sm-messages-not-available", utcnow()

    def told(now: datetime) -> int:
        with transaction():
            service.tell_of_known_issue(issue, "fixed", by=None, now=now)
        return menu_numbers(agent, now)[1]

    with app.app_context():
        with transaction():
            service.follow(issue, True, actor=agent, snapshot=current_snapshot(), now=start)
        assert [told(start), told(start + timedelta(minutes=1))] == [1, 2]
        with transaction():
            service.mark_read(agent, issue)
        assert menu_numbers(agent, start)[1] == 0
        with time_machine.travel(start + timedelta(days=31)):
            cli.retain(app.config["PORTAL"])
            assert told(utcnow()) == 1


def test_ended_calls_keep_what_came_of_them(
    browse: Browse, sign_in: SignIn, make_app: MakeApp, content: Snapshot, app: Flask
) -> None:
    person = sign_in("agent")
    start(browse, text=SAID, alert_words="No such thing")
    where = number_of(browse)
    browse.post(f"/intake/{where}/drop", reason="hung_up")
    keeping = make_app(keep_ticket_text_days=365)
    with app.app_context(), transaction():  # as if it had been answered
        outcome = {
            "title": "Answered with “x”",
            "lead": "It works.",
            "what": "Answered",
            "note": SAID,
            "article": "x",
        }
        db.session.execute(
            update(Intake).values(text=SAID, end="answered", outcome=outcome, check={"title": SAID})
        )
        call = select(Intake.id).scalar_subquery()
        db.session.execute(insert(Attachment).values(
            intake_id=call, name=f"{NAME}.png", content_type="image/png", size=1, sha256="", stored="y", scan="clean",
            by=person.id, at=utcnow(), withdrawn_at=utcnow(),
        ))  # fmt: skip
    with time_machine.travel(utcnow() + LATER):
        assert "calls, PORTAL_KEEP_TICKET_TEXT_DAYS=365: 1\n  intake: 1\n" in run(keeping).output
        run(keeping, "--apply")
        assert "calls, PORTAL_KEEP_TICKET_TEXT_DAYS=365: 0\n" in run(keeping).output
        with app.app_context():
            call = db.session.scalars(select(Intake)).one()
            assert (call.text, call.alert_words, call.check, call.end) == ("", "", {}, "answered")
            assert call.call["tool"] == "secure-messaging"
            assert call.owner == person.id
            assert db.session.scalars(select(Attachment)).all() == []
        sign_in("agent")
        page = browse.get(f"/intake/{where}/end")
        assert page.headings == ["Answered with “x”"]
        assert "What was typed, and the note, are no longer kept." in page.words
        assert SAID not in page.words


def test_the_audit_log_is_proved_from_where_it_was_cut(app: Flask, make_app: MakeApp) -> None:
    keeping = make_app(keep_audit_days=365)
    secret, start = keeping.config["PORTAL"].secret_key, datetime(2025, 1, 1, tzinfo=UTC)
    with app.app_context(), transaction():
        for day in range(0, 400, 10):
            accounts.audit(None, "sign in", f"user:{day}", "ok", start + timedelta(days=day))
    with time_machine.travel(start + timedelta(days=465, hours=1)):
        assert "audit log, PORTAL_KEEP_AUDIT_DAYS=365: 11\n  audit: 11\n" in run(keeping).output
        run(keeping, "--apply")
        run(keeping, "--apply")
    with time_machine.travel(start + timedelta(days=475, hours=1)):
        run(keeping, "--apply")
        assert keeping.test_cli_runner().invoke(args=["accounts", "audit", "verify"]).exit_code == 0
    with app.app_context():
        rows = db.session.execute(
            select(AuditRow.id, AuditRow.object, AuditRow.result).order_by(AuditRow.id)
        ).all()
        assert [row.object for row in rows[:2]] == ["user:120", "user:130"]
        assert [row.result.partition(",")[0] for row in rows if row.object == "audit"] == [
            "11 rows to 11",
            "1 rows to 12",
        ]
        assert accounts.verify_chain(secret) is None
        assert accounts.verify_chain("another secret") == rows[0].id
        with transaction(), rewriting(AuditRow.__table__, "DELETE"):  # type: ignore[arg-type]
            db.session.execute(delete(AuditRow).where(AuditRow.id == rows[0].id))
        assert accounts.verify_chain(secret) == rows[1].id
        with pytest.raises(Exception, match="append-only"), transaction():
            db.session.execute(text("DELETE FROM audit"))
    with time_machine.travel(
        start + timedelta(days=1000)
    ):  # all of it is old: the line that says so begins the log
        run(keeping, "--apply")
    with app.app_context():
        [row] = db.session.scalars(select(AuditRow)).all()
        assert row.what == "shorten audit log"
        assert accounts.verify_chain(secret) is None


def test_it_is_done_at_night_and_nothing_without_a_setting(
    app: Flask, make_app: MakeApp, agent: Actor
) -> None:
    with app.app_context():
        number = make_ticket(agent, summary=SAID)
        ended(number)
    night = (utcnow() + LATER).replace(hour=9, minute=0)  # after three in New York, the whole year
    with time_machine.travel(night):
        assert run(app).output.startswith("No PORTAL_KEEP_... is set")
        run(app, "--apply")
        tick(app)
        assert words_of(app, number)[1] == SAID
        with app.app_context(), transaction():
            db.session.execute(text("DELETE FROM job_done"))
        tick(make_app(keep_ticket_text_days=365))
        assert words_of(app, number)[1] == "[removed]"
    given = {"PORTAL_SECRET_KEY": "0" * 64, "PORTAL_KEEP_AUDIT_DAYS": "7", "PORTAL_KEEP_MAIL_DAYS": "soon"}
    with pytest.raises(
        ConfigError, match=r"KEEP_MAIL_DAYS must be a whole number.*\n.*KEEP_AUDIT_DAYS must be 0"
    ):
        from_env(given)
    assert (
        from_env({**given, "PORTAL_KEEP_AUDIT_DAYS": "365", "PORTAL_KEEP_MAIL_DAYS": "0"}).keep_audit_days
        == 365
    )
