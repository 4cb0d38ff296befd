"""Many people filing at once, for SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

from flask import Flask
from sqlalchemy import JSON, Boolean, Integer, Text, insert

from portal.accounts.actor import Actor
from portal.core.clock import utcnow
from portal.core.db import UTCDateTime, db, transaction
from portal.intake.models import Intake
from portal.knowledge.access import current_snapshot
from portal.tickets import service
from portal.tickets.lifecycle import Given
from portal.tickets.question import Ask
from portal.tickets.ticket import Reference
from tests.factories import a_basis, make_report, make_ticket


def at_once(app: Flask, count: int, act: Callable[[int], str]) -> list[str]:
    """What `count` threads got, each in a context of its own; all begin together."""
    gate = Barrier(count)

    def one(place: int) -> str:
        with app.app_context():
            gate.wait()
            return act(place)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def numbers_of_filings(app: Flask, actor: Actor, count: int) -> list[str]:
    return at_once(app, count, lambda place: make_ticket(actor, title=f"SM - Case {place}"))


def numbers_of_one_intake(app: Flask, actor: Actor, count: int) -> list[str]:
    with app.app_context():
        intake_id = make_intake(actor)
    return at_once(app, count, lambda _place: make_ticket(actor, intake_id=intake_id))


def make_intake(actor: Actor, **given: Any) -> int:
    """A row that a ticket can come from; what is in it does not matter here but for what is given."""
    empty: dict[type, Any] = {Text: "", JSON: {}, Boolean: False, Integer: actor.id, UTCDateTime: utcnow()}
    columns = [c for c in Intake.__table__.columns if not c.nullable and not c.primary_key]
    values = {column.name: empty[type(column.type)] for column in columns}
    lists = {name: [] for name in ("shown", "refused", "not_known")}
    with transaction():
        made: int = db.session.execute(
            insert(Intake).values({**values, **lists, **given}).returning(Intake.id)
        ).scalar_one()
    return made


def takers_of_one_ticket(app: Flask, agent: Actor, analyst: Actor, count: int) -> list[str]:
    """What `count` analysts got who take the same new ticket at once, each having seen its first version."""
    with app.app_context():
        number = make_ticket(agent, basis=a_basis("undecided"))
        snapshot = current_snapshot()

    def take(_place: int) -> str:
        try:
            with transaction():
                service.move_ticket(number, "take", Given(), by=service.By(analyst, 1, snapshot, utcnow()))
        except service.ChangedMeanwhile:
            return "told"
        return "took"

    return at_once(app, count, take)


def answers_to_one_question(app: Flask, analyst: Actor, count: int) -> tuple[list[str], list[str]]:
    """What `count` people got who answer the last open question at once, each in other words; and the ticket's events."""
    with app.app_context():
        number, snapshot = make_ticket(analyst, basis=a_basis("undecided")), current_snapshot()
        given = Given(questions=(Ask("Which browser is it?"),), follow_up=utcnow().date() + timedelta(days=2))
        with transaction():
            service.move_ticket(number, "ask", given, by=service.By(analyst, 1, snapshot, utcnow()))
        [question] = service.list_questions(service.get_ticket(number, analyst))
        db.session.remove()

    def answer(place: int) -> str:
        try:
            with transaction():
                by = service.By(analyst, 0, snapshot, utcnow())
                service.answer_questions(number, {question.id: (f"Browser {place}", False)}, by=by)
        except service.AnsweredMeanwhile:
            return "told"
        return "kept"

    got = at_once(app, count, answer)
    with app.app_context():
        events = [event.kind for event in service.get_ticket(number, analyst).events]
        db.session.remove()
    return got, events


def callers_at_once(app: Flask, agent: Actor, records: Sequence[str], issue: str) -> int:
    """How many callers the known issue has after a report for each of these records, all sent at once."""

    def report(place: int) -> str:
        return make_report(agent, issue, reference=Reference("hrc", records[place]))

    at_once(app, len(records), report)
    with app.app_context():
        counted = service.report_counts([issue], utcnow())[issue].total
        db.session.remove()
    return counted
