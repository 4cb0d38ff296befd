"""On PostgreSQL too no table holds words that are old, and append-only tables refuse changes again. Two machines do it once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DatabaseError

from portal.accounts.actor import Role
from portal.accounts.models import AuditRow
from portal.accounts.service import verify_chain
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.home import retention
from portal.intake.models import Intake
from portal.knowledge.access import current_snapshot
from portal.knowledge.models import Evaluation
from portal.tickets.access import close_resolved, current_index
from portal.tickets.models import Event, SavedView, Ticket
from tests.factories import make_ticket, make_user
from tests.web.test_tickets_redact import filled

KEPT = {"keep_ticket_text_days": 365, "keep_audit_days": 365, "keep_searches_days": 90, "keep_mail_days": 90}


@pytest.fixture
def number(postgres_app: Flask) -> Iterator[str]:
    with postgres_app.app_context():
        number = filled(make_user(Role.AGENT, email="retention-filer@example.org"), current_snapshot())
        with transaction():
            run, now = db.session.execute, utcnow()
            run(update(Ticket).where(Ticket.number == number).values(state="closed", state_at=now))
            mine = select(Ticket.intake_id).where(Ticket.number == number).scalar_subquery()
            run(
                update(Intake)
                .where(Intake.id == mine)
                .values(ended_at=now, call={"tool": "secure-messaging"})
            )
            run(update(Evaluation).values(answers={}))
            run(delete(SavedView))
        yield number


def test_old_words_leave_every_table_and_old_lines_the_audit_log(postgres_app: Flask, number: str) -> None:
    config = replace(postgres_app.config["PORTAL"], **KEPT)

    def go(_machine: int) -> bool:
        with postgres_app.app_context():
            return retention.retain(config, current_snapshot(), current_index(), now=utcnow())

    with time_machine.travel(utcnow() + timedelta(days=400)):
        with ThreadPoolExecutor(2) as machines:  # both at once
            assert list(machines.map(go, (1, 2))) == [True, True]
        tables = db.session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        holding = [
            name
            for name in tables
            if db.session.scalar(text(f"SELECT count(*) FROM \"{name}\" t WHERE t::text ILIKE '%marmelade%'"))
        ]
        assert holding == []
        kinds = select(Event.kind).join(Ticket, Ticket.id == Event.ticket_id).where(Ticket.number == number)
        assert db.session.scalars(kinds.order_by(Event.id)).all() == ["filed", "noted", "expired"]
        lines = db.session.scalars(select(AuditRow.what).order_by(AuditRow.id)).all()
        assert set(lines) == {"retention", "shorten audit log"}
        assert verify_chain(config.secret_key) is None
        for change in ("UPDATE event SET kind = 'x'", "DELETE FROM event", "DELETE FROM audit"):
            with pytest.raises(DatabaseError, match="append-only"), transaction():
                db.session.execute(text(change))


def test_two_machines_close_what_is_resolved_once(postgres_app: Flask) -> None:
    config = replace(postgres_app.config["PORTAL"], close_after_days=0)

    def go(_machine: int) -> list[str]:
        with postgres_app.app_context():
            return close_resolved(config)

    with postgres_app.app_context():
        agent = make_user(Role.AGENT, email="close-filer@example.org")
        numbers = [make_ticket(agent) for _ in range(3)]
        with transaction():
            resolved = update(Ticket).where(Ticket.number.in_(numbers))
            db.session.execute(resolved.values(state="resolved", state_at=utcnow()))
        with ThreadPoolExecutor(2) as machines:
            closed = [number for found in machines.map(go, (1, 2)) for number in found if number in numbers]
        assert sorted(closed) == numbers
        events = select(Ticket.number).join(Event, Event.ticket_id == Ticket.id).where(Event.kind == "closed")
        assert sorted(db.session.scalars(events.where(Ticket.number.in_(numbers)))) == numbers
