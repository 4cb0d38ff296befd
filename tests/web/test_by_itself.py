"""What the serving portal does without anybody's command: closing, new problems, and mail of a day and of a week."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import time_machine
from flask import Flask
from sqlalchemy import select, update

from portal import background
from portal.accounts.actor import Actor, Role
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.home import timetable
from portal.knowledge.snapshot import Snapshot
from portal.mail.models import Mail
from portal.serve import background_jobs
from portal.tickets import service
from portal.tickets.models import SpikeRow, Ticket
from tests.conftest import Browse
from tests.factories import a_basis, make_ticket, make_user
from tests.web.test_spikes import file_alike

SignIn = Callable[..., Actor]
ISSUE = "sm-messages-not-available"
SUNDAY = datetime(2026, 11, 29, 20, tzinfo=UTC)  # the afternoon in New York
EARLY = datetime(2026, 11, 30, 11, 59, tzinfo=UTC)  # Monday, 06:59


def tick(app: Flask) -> None:
    """All of it, as after a start."""
    for job in background_jobs(app.config["PORTAL"]):
        background._once(app, job)


def queued(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Mail.kind).order_by(Mail.id)))


def test_mail_of_the_day_and_week_goes_once_each_when_its_hour_has_come(
    make_app: Callable[..., Flask], content: Snapshot, browse: Browse, sign_in: SignIn
) -> None:
    mailing = make_app(mail_host="127.0.0.1", mail_port=9, mail_from="portal@example.org")
    with time_machine.travel(SUNDAY):
        with mailing.app_context():
            editor = make_user(Role.EDITOR, scope="messaging")
        tick(mailing)  # of the days before: nobody had anything
        assert queued(mailing) == []
        with mailing.app_context():
            make_ticket(make_user(email="filer@example.org"))
            with transaction():
                service.follow(ISSUE, True, actor=editor, snapshot=content, now=utcnow())
                service.tell_of_known_issue(ISSUE, "fixed", by=None, now=utcnow())
    with time_machine.travel(EARLY):
        tick(mailing)
        assert queued(mailing) == []
    with time_machine.travel(EARLY + timedelta(minutes=1)):
        tick(mailing)
        assert sorted(queued(mailing)) == ["digest", "weekly"]
    with time_machine.travel(EARLY + timedelta(hours=9)):
        tick(make_app(mail_host="127.0.0.1", mail_port=9, mail_from="portal@example.org"))  # another machine
        assert sorted(queued(mailing)) == ["digest", "weekly"]
        sign_in("admin")
        assert "Mail of notices: today 07:00 EST (8 h ago)" in browse.get("/admin/system").words


def test_a_run_that_failed_is_due_again(app: Flask) -> None:
    tried = []

    def fail() -> None:
        tried.append(1)
        if len(tried) == 1:
            raise ValueError("x")

    job = background.Job("x", 1, lambda: timetable.once("x", lambda _now: "2026-01-01", fail))
    for _ in range(4):
        background._once(app, job)
    assert len(tried) == 2


def test_resolved_tickets_are_closed_and_new_problems_found(app: Flask, content: Snapshot) -> None:
    with app.app_context():
        number = make_ticket(make_user(), basis=a_basis("undecided"))
        with transaction():
            db.session.execute(update(Ticket).values(state="resolved", state_at=utcnow()))
    file_alike(app)

    def state() -> str | None:
        with app.app_context():
            return db.session.scalar(select(Ticket.state).where(Ticket.number == number))

    tick(app)
    assert state() == "resolved"
    with app.app_context():
        assert len(db.session.scalars(select(SpikeRow)).all()) == 1
    with time_machine.travel(utcnow() + timedelta(days=4)):
        tick(app)
        tick(app)
    assert state() == "closed"
