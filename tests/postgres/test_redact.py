"""Words leave a ticket on PostgreSQL too, and its events refuse changes again afterwards."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError

from portal.accounts.actor import Role
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.core.errors import Conflict
from portal.intake import service as intake
from portal.knowledge.access import current_snapshot
from portal.tickets import redacting
from portal.tickets.models import Event, Ticket
from tests.factories import make_user
from tests.web.test_tickets_redact import NAME, filled


def test_a_name_leaves_every_table_and_events_stay_append_only(postgres_app: Flask) -> None:
    with postgres_app.app_context():
        agent = make_user(Role.AGENT, email="redact-filer@example.org")
        analyst = make_user(Role.ANALYST, email="redact-analyst@example.org")
        snapshot = current_snapshot()
        number = filled(agent, snapshot)
        given = {"actor": analyst, "snapshot": snapshot, "of_call": intake.remove_words}
        found = redacting.find_words(number, NAME, **given)
        version = db.session.scalar(select(Ticket.version).where(Ticket.number == number))
        with pytest.raises(Conflict), transaction():
            redacting.take_out(number, NAME, version=0, now=utcnow(), **given)
        with transaction():
            done = redacting.take_out(number, NAME, version=version, now=utcnow(), **given)
        assert done.found == found.found
        tables = db.session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        holding = [
            name
            for name in tables
            if db.session.scalar(text(f"SELECT count(*) FROM \"{name}\" t WHERE t::text ILIKE '%marmelade%'"))
        ]
        assert holding == []
        for change in (update(Event).values(kind="x"), text("DELETE FROM event")):
            with pytest.raises(DatabaseError, match="append-only"), transaction():
                db.session.execute(change)
