"""Fifty people send one intake, two hundred file at once: no number twice, none lost."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import func, select

from portal.accounts.actor import Role
from portal.core.clock import utcnow
from portal.core.db import db
from portal.knowledge.snapshot import Snapshot
from portal.tickets.models import Counter, Event, Report, Ticket
from tests.factories import make_report, make_user
from tests.filing import (
    answers_to_one_question,
    at_once,
    callers_at_once,
    numbers_of_filings,
    numbers_of_one_intake,
    takers_of_one_ticket,
)


def test_fifty_filings_of_one_intake_make_one_ticket(app: Flask, content: Snapshot) -> None:
    with app.app_context():
        agent = make_user(Role.AGENT)
    assert set(numbers_of_one_intake(app, agent, 50)) == {f"T3-{utcnow().year}-000001"}
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Ticket)) == 1
        assert db.session.scalar(select(func.count()).select_from(Event)) == 2


def test_two_hundred_filings_make_two_hundred_numbers_without_a_gap(app: Flask, content: Snapshot) -> None:
    with app.app_context():
        agent = make_user(Role.AGENT)
    year = utcnow().year
    assert sorted(numbers_of_filings(app, agent, 200)) == [
        f"T3-{year}-{count:06d}" for count in range(1, 201)
    ]
    with app.app_context():
        assert db.session.scalar(select(Counter.value)) == 200


def test_twenty_reports_of_one_record_are_one_report(app: Flask, content: Snapshot) -> None:
    from portal.tickets.ticket import Reference

    with app.app_context():
        agent = make_user(Role.AGENT)
    record = Reference("hrc", "1234567")
    numbers = at_once(
        app, 20, lambda _place: make_report(agent, "sm-messages-not-available", reference=record)
    )
    assert set(numbers) == {"R-000001"}
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Report)) == 1


def test_of_twenty_who_take_one_ticket_at_once_one_has_it_and_the_others_are_told(
    app: Flask, content: Snapshot
) -> None:
    with app.app_context():
        agent, analyst = make_user(Role.AGENT), make_user(Role.ANALYST)
    assert sorted(takers_of_one_ticket(app, agent, analyst, 20)) == ["told"] * 19 + ["took"]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Event).where(Event.kind == "taken")) == 1


def test_of_20_who_answer_a_question_at_once_one_is_kept(app: Flask, content: Snapshot) -> None:
    with app.app_context():
        analyst = make_user(Role.ANALYST)
    answers, events = answers_to_one_question(app, analyst, 20)
    assert sorted(answers) == ["kept"] + ["told"] * 19
    assert events.count("replied") == events.count("resumed") == 1


def test_50_reports_at_once_count_as_50_and_one_record_sent_50_times_as_one(
    app: Flask, content: Snapshot
) -> None:
    with app.app_context():
        agent = make_user()
    records = [f"43000{place:02}" for place in range(50)]
    assert callers_at_once(app, agent, records, "mr-short-date-range") == 50
    assert callers_at_once(app, agent, ["4300100"] * 50, "mr-short-date-range") == 51
