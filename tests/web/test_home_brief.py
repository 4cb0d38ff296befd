"""The shift brief: by role, what is open, due, changed and coming; never a privacy report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from portal.accounts.actor import Actor, Desk, Role
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.criteria.severity import Severity
from portal.knowledge.snapshot import Snapshot
from portal.tickets.models import IssueSeen
from tests.conftest import Browse
from tests.factories import a_basis, make_ticket, make_user

SignIn = Callable[..., Actor]
File = Callable[..., str]
ISSUE = "sm-oracle-health-send-failure"


@pytest.fixture
def file(app: Flask, content: Snapshot) -> File:
    with app.app_context():
        agents = {
            desk: make_user(Role.AGENT, email=f"{desk}@example.org", desk=desk)
            for desk in (Desk.HRC, Desk.ESD)
        }

    def go(desk: Desk = Desk.HRC, **values: Any) -> str:
        with app.app_context():
            return make_ticket(agents[desk], **{"basis": a_basis("undecided"), **values})

    return go


def test_an_analyst_sees_what_is_open_changed_and_coming(
    app: Flask, browse: Browse, sign_in: SignIn, file: File
) -> None:
    critical = file(severity=Severity.CRITICAL)
    private = file(privacy=True, basis=None, severity=Severity.CRITICAL, title="Somebody else's record")
    for _ in range(9):
        file()
    now = utcnow()
    with app.app_context(), transaction():
        values = {"status": "confirmed", "workaround": [], "caller_text": "", "merged_into": None}
        db.session.merge(IssueSeen(known_issue_id=ISSUE, changed_at=now - timedelta(hours=20), **values))
    sign_in("analyst")
    page = browse.get("/tickets/brief?hours=24")
    assert "Critical, open (1)" in page.words
    assert "Waits for Tier 3: in triage (10)" in page.words
    assert "All 10" in page.words
    assert "Waits for Tier 3: answer ready (0) None." in page.words
    assert page.text.split('id="part-critical"')[1].count(f">{critical}</a>") == 2
    assert private not in page.text
    assert f'href="/articles/{ISSUE}"' in page.text.split('id="issues"')[1].split('id="ahead"')[0]
    assert "every week," in page.words
    shorter = browse.get("/tickets/brief?hours=8").text.split('id="issues"')[1].split('id="ahead"')[0]
    assert f'href="/articles/{ISSUE}"' not in shorter
    assert "last 12 hours" in browse.get("/tickets/brief?hours=soon").words
    assert 'href="/tickets/brief"' in browse.get("/tickets/").text


def test_a_desk_sees_its_own(browse: Browse, sign_in: SignIn, file: File) -> None:
    own, other = file(Desk.HRC, severity=Severity.CRITICAL), file(Desk.ESD, severity=Severity.CRITICAL)
    sign_in("agent")
    page = browse.get("/tickets/brief")
    assert "Critical of my desk, open (1)" in page.words
    assert "tell the caller (0)" in page.words
    assert "Waits for Tier 3" not in page.words
    assert own in page.text
    assert other not in page.text
