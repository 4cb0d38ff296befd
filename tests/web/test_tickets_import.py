"""`tickets import`: a dry run first, each record once, its own dates, and nothing doubtful in what developers see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.accounts.actor import Actor, Role
from portal.core.db import db
from portal.knowledge.access import current_snapshot
from portal.knowledge.snapshot import Snapshot
from portal.tickets import service
from portal.tickets.models import Link, Ticket
from tests.conftest import Browse
from tests.factories import make_user

SignIn = Callable[..., Actor]
HEAD = "number,short_description,description,opened_at,state,priority,closed_at\n"
ROWS = (
    "INC0000001,Message pool is empty,Nothing is shown since Monday.,2026-10-05 09:00:00,New,2 - High,\n",
    'INC0000002,Export fails,"Call Mr. John Sample at 212-555-0143,\nSSN 123-45-6789.",2026-10-06 09:00:00,On Hold,3,\n',
    "INC0000003,Sign-in loops,Fixed by a release.,2025-12-30 09:00:00,Closed,3,2026-01-02 09:00:00\n",
    "INC0000004,,No title,2026-10-06 09:00:00,New,3,\n",
)


@pytest.fixture
def run(app: Flask, content: Snapshot, tmp_path: Path) -> Callable[..., str]:
    """The output for these rows; `apply` as an option."""
    with app.app_context():
        make_user(Role.ANALYST, email="importer@example.org")
        make_user(Role.AGENT, email="agent@example.org")

    def go(
        *options: str, who: str = "importer@example.org", rows: str = "".join(ROWS), head: str = HEAD
    ) -> str:
        file = tmp_path / "export.csv"
        file.write_text(head + rows, encoding="utf-8-sig")
        args = ["tickets", "import", str(file), "--from", "snow", "--as", who, *options]
        return app.test_cli_runner().invoke(args=args).stdout

    return go


def count(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Ticket)) or 0


def test_a_dry_run_says_all_and_changes_nothing_then_each_record_once(
    app: Flask, run: Callable[..., str], browse: Browse, sign_in: SignIn
) -> None:
    said = run()
    assert "line 3: held for review, description (" in said
    assert "line 6, column short_description: refused, it is empty" in said
    assert "3 new, 0 already here, 1 held for review, 1 refused. Nothing was changed" in said
    assert "123-45" not in said
    assert count(app) == 0
    assert "3 new, 0 already here, 1 held for review, 1 refused.\n" in run("--apply")
    assert "0 new, 3 already here, 0 held for review, 1 refused.\n" in run("--apply")
    assert count(app) == 3
    with app.app_context():
        first, held, closed = db.session.scalars(select(Ticket).order_by(Ticket.id))
        assert (first.number, first.filed_at) == ("T3-2026-000001", datetime(2026, 10, 5, 13, tzinfo=UTC))
        assert (first.state, first.severity, first.desk) == ("new", "high", "esd")
        assert first.due_at == datetime(2026, 10, 5, 17, tzinfo=UTC)
        assert (closed.number, closed.state, closed.due_at) == ("T3-2025-000001", "closed", None)
        assert [event.kind for event in closed.events] == ["filed", "resolved", "closed"]
        assert closed.state_at == datetime(2026, 1, 2, 14, tzinfo=UTC)
        public = service.public_ticket(held, current_snapshot().catalogue)
        assert "Sample" not in repr(public)
        assert "123-45-6789" not in repr(public)
        assert "123-45-6789" in held.details
        assert db.session.scalar(select(func.count()).select_from(Link)) == 0
        number = held.number
    sign_in("analyst")
    page = browse.get(f"/tickets/{number}")
    assert "Taken over from ServiceNow, where it was on hold." in page.words
    assert "Held for review" in page.words


def test_only_who_may_triage_imports(app: Flask, run: Callable[..., str]) -> None:
    run("--apply", who="agent@example.org")
    assert count(app) == 0


def test_privacy_records_are_seen_by_cleared_people_only(
    app: Flask, run: Callable[..., str], browse: Browse, sign_in: SignIn
) -> None:
    row = "INC0000009,Somebody else's record,Seen today.,2026-10-06 09:00:00,New,Security / Privacy,\n"
    assert "1 new" in run("--apply", rows=row, head=HEAD.replace("priority", "category"))
    sign_in("analyst")
    assert browse.get("/tickets/T3-2026-000001").status == 404
    with app.app_context():
        ticket = db.session.scalars(select(Ticket)).one()
        assert (ticket.privacy, ticket.severity, ticket.team) == (True, "high", None)
