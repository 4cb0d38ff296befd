"""The triage screen: which ticket first, what is left of its time, and who sees what of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from portal.accounts.actor import Actor, Role
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.criteria.severity import Severity
from portal.knowledge.snapshot import Snapshot
from portal.tickets import service
from portal.tickets.lifecycle import Given
from portal.tickets.service import By
from tests.conftest import Browse
from tests.factories import a_basis, make_ticket, make_user
from tests.page import Page

SignIn = Callable[..., Actor]
File = Callable[..., str]
ISSUE = "sm-oracle-health-send-failure"
NUMBER = re.compile(r"T3-\d{4}-\d{6}")


@pytest.fixture
def agent(app: Flask, content: Snapshot) -> Actor:
    with app.app_context():
        return make_user(Role.AGENT, email="filer@example.org")


@pytest.fixture
def file(app: Flask, agent: Actor) -> File:
    """In triage, `minutes` ago."""

    def go(minutes: int = 0, **values: Any) -> str:
        with app.app_context():
            given = {"basis": a_basis("undecided"), "now": utcnow() - timedelta(minutes=minutes - 0.5), **values}
            return make_ticket(agent, **given)

    return go


@pytest.fixture
def move(app: Flask, content: Snapshot) -> Callable[..., None]:
    """`move(number, "take", analyst)`: by the service, on the newest version."""

    def go(number: str, name: str, actor: Actor, **given: Any) -> None:
        with app.app_context(), transaction():
            version = service.get_ticket(number, actor).version
            service.move_ticket(number, name, Given(**given), by=By(actor, version, content, utcnow()))

    return go


def rows(page: Page) -> list[str]:
    """The numbers of the list, in its order."""
    return list(dict.fromkeys(NUMBER.findall(page.text.split("<tbody>")[-1].split("</tbody>")[0])))


def tabs(page: Page) -> dict[str, int]:
    """Label -> count, of Tier 3's own tabs."""
    nav = page.text.split('aria-label="Queues"')[1].split("</nav>")[0]
    return {label: int(count) for label, count in re.findall(r">([A-Z][^<]*) \((\d+)\)</a>", nav)}


def test_critical_that_nobody_took_comes_first_then_the_least_time_left(
    browse: Browse, sign_in: SignIn, file: File, move: Callable[..., None]
) -> None:
    late_low = file(60 * 31 - 30, severity=Severity.LOW)  # over by 6 h
    high = file(60, severity=Severity.HIGH)  # 3 h left
    medium = file(60 * 6, severity=Severity.MEDIUM)  # 2 h left
    critical = file(5, severity=Severity.CRITICAL)  # 55 min left, and nobody took it
    analyst = sign_in("analyst")
    page = browse.get("/tickets/")
    assert rows(page) == [critical, late_low, medium, high]
    assert "55 min of 1 h" in page.words
    assert "over by 6 h" in page.words
    assert "as of" in page.words
    move(critical, "take", analyst)
    assert rows(browse.get("/tickets/?queue=triage")) == [late_low, medium, high, critical]
    assert rows(browse.get("/tickets/?queue=critical")) == [critical]
    assert rows(browse.get("/tickets/?queue=mine")) == [critical]
    assert "First look" not in browse.get(f"/tickets/{critical}").words
    assert "Resolution: 23 h of 24 h left" in browse.get(f"/tickets/{critical}").words


def test_every_tab_counts_what_stands_in_it_and_privacy_is_in_no_other_count(
    browse: Browse, sign_in: SignIn, file: File, move: Callable[..., None]
) -> None:
    analyst = sign_in("analyst")
    tomorrow = (utcnow() + timedelta(days=1)).date()
    file(severity=Severity.CRITICAL)
    file(privacy=True, basis=None, severity=Severity.CRITICAL, title="Somebody else's record")
    taken, asked, ready, returned = (file() for _ in range(4))
    move(taken, "take", analyst)
    move(asked, "ask", analyst, question="Which care team is it?", follow_up=tomorrow)
    for name, given in (
        ("route", {"team": "messaging", "reason": "It is their screen."}),
        ("accept", {}),
        ("answer-ready", {"caller_text": "The page works again. Please sign in once more."}),
    ):
        move(ready, name, analyst, **given)
    move(returned, "route", analyst, team="messaging", reason="It is their screen.")
    move(returned, "return", analyst, return_reason="lacks_facts", reason="Which browser is it?")
    counted = {
        "Critical": 1, "New": 1, "Mine": 1, "Answer ready": 1, "Questions due": 0, "On hold, due": 0, "Returned": 1,
        "All in triage": 3,
    }  # fmt: skip
    page = browse.get("/tickets/")
    assert tabs(page) == counted
    assert "Somebody else" not in page.text
    assert browse.client.get("/tickets/?queue=privacy").status_code == 404
    sign_in("analyst", email="cleared@example.org", privacy=True)
    page = browse.get("/tickets/")
    assert tabs(page) == {**counted, "Mine": 0, "Privacy": 1}
    assert "You hold no ticket. Next: Critical (1)" in browse.get("/tickets/?queue=mine").words
    assert "It waits for the caller, asked through Tier 2" in browse.get(f"/tickets/{asked}").words
