"""The triage screen: which ticket first, what is left of its time, and who sees what of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from portal.accounts.actor import Actor, Role
from portal.accounts.models import SessionRow
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.criteria.severity import Severity
from portal.knowledge.snapshot import Snapshot
from portal.tickets import service
from portal.tickets.lifecycle import Given
from portal.tickets.models import Ticket
from portal.tickets.question import Ask
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
            given = {
                "basis": a_basis("undecided"),
                "now": utcnow() - timedelta(minutes=minutes - 0.5),
                **values,
            }
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


def test_clocks_pause_on_hold_go_on_after_it_and_warn_in_words(
    app: Flask, browse: Browse, sign_in: SignIn, file: File, content: Snapshot
) -> None:
    """Taken after 30 minutes, held for two hours, three quarters of its day used up, then over."""
    number, analyst, filed = file(60 * 23, severity=Severity.CRITICAL), sign_in("analyst"), utcnow()

    def go(name: str, minutes: int, **given: Any) -> None:
        now = filed - timedelta(minutes=60 * 23 - minutes - 0.6)
        with app.app_context(), transaction():
            version = service.get_ticket(number, analyst).version
            service.move_ticket(number, name, Given(**given), by=By(analyst, version, content, now))

    go("take", 30)
    go("hold", 59, hold_reason="vendor_or_partner", follow_up=(filed + timedelta(days=2)).date())
    page = browse.get(f"/tickets/{number}")
    assert "Resolution: paused, 23 h of 24 h left" in page.words
    go("resume", 180)
    page = browse.get(f"/tickets/{number}")
    assert "Resolution: 3 h of 24 h left" in page.words.replace("◔", "")
    assert "badge--gold" in page.text.split("Resolution:")[0].split("<span>")[-1]
    assert "Looked at after 30 min of 1 h" in page.words
    assert "Waiting: 2 h" in page.words
    assert "waits for a vendor or partner" in page.words
    assert "hours of the clock" in page.words
    assert "3 h of 24 h" in browse.get("/tickets/?queue=critical").words
    with app.app_context(), transaction():
        ticket = service.get_ticket(number, analyst)
        ticket.severity = "high"
        assert service.set_all_due(content.catalogue) == 1
        assert service.set_all_due(content.catalogue) == 0
    assert "Resolution: 27 h of 48 h left" in browse.get(f"/tickets/{number}").words


def test_every_tab_counts_what_stands_in_it_and_privacy_is_in_no_other_count(
    browse: Browse, sign_in: SignIn, file: File, move: Callable[..., None]
) -> None:
    analyst = sign_in("analyst")
    tomorrow = (utcnow() + timedelta(days=1)).date()
    file(severity=Severity.CRITICAL)
    file(privacy=True, basis=None, severity=Severity.CRITICAL, title="Somebody else's record")
    taken, asked, ready, returned = (file() for _ in range(4))
    move(taken, "take", analyst)
    move(asked, "ask", analyst, questions=(Ask("Which care team is it?"),), follow_up=tomorrow)
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


def test_a_ticket_opened_from_a_list_leads_to_its_neighbours_even_when_it_left_the_list(
    browse: Browse, sign_in: SignIn, file: File
) -> None:
    third, second, first = (file(minutes, tool="medications") for minutes in (10, 20, 30))
    file(40)
    sign_in("analyst")

    def links(page: Page) -> list[str]:
        return [
            unescape(url)
            for url in re.findall(r'href="(/tickets/T3[^"]*)" (?:data-hit )?data-pane', page.text)
        ]

    page = browse.get("/tickets/?tool=medications")
    assert rows(page) == [first, second, third]
    inside = browse.get(links(page)[1])
    before, after = links(inside)
    assert (before[: len("/tickets/") + 14], after[: len("/tickets/") + 14]) == (
        f"/tickets/{first}",
        f"/tickets/{third}",
    )
    form = next(
        form for form in inside.forms if (form.action or "").startswith(f"/tickets/{second}/not-tier3")
    )
    moved = browse.post(
        form.action or "", version="1", route="uae-appointments", reason="It is about an appointment."
    )
    assert "Not Tier 3" in moved.words
    before, after = links(moved)
    assert first in before
    assert third in after
    assert links(browse.get(after)) == [before]
    assert links(browse.get(f"/tickets/{second}")) == []


# --- Critical is pushed

POLL = {"HX-Request": "true", "HX-Target": "critical", "X-Passive": "1"}


def poll(browse: Browse, seen: str) -> TestResponse:
    return browse.client.get("/tickets/critical", query_string={"seen": seen}, headers=POLL)


def seen_on(text: str) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', text)
    return found[1] if found else ""


def test_a_critical_ticket_reaches_every_open_page_of_an_analyst_until_somebody_takes_it(
    browse: Browse, sign_in: SignIn, file: File
) -> None:
    sign_in("analyst")
    home = browse.get("/")
    assert "nobody has it" not in home.words
    seen = seen_on(home.text)
    assert poll(browse, seen).status_code == 204
    number = file(12, severity=Severity.CRITICAL)
    answer = poll(browse, seen)
    assert answer.status_code == 200
    text = answer.get_data(as_text=True)
    assert f"{number}</a> &middot; SM &middot; 11 min of 1 h gone" in text
    assert poll(browse, seen_on(text)).status_code == 204
    without_script = browse.get("/known-issues")
    assert f"Critical, nobody has it: {number}" in without_script.words
    assert browse.client.get("/tickets/critical").location == "/tickets/?queue=critical"
    take = without_script.form(f"/tickets/{number}/take")
    assert browse.post(take.action or "", **take.fields).status == 200
    assert "nobody has it" not in browse.get("/").words
    assert "nobody has it" not in poll(browse, seen_on(text)).get_data(as_text=True)
    sign_in("agent", email="filer@example.org")
    assert "Taken by Tier 3 at" in browse.get(f"/tickets/{number}").words


def test_the_reminder_grows_and_what_the_rules_handed_over_is_taken_too(
    browse: Browse, sign_in: SignIn, file: File
) -> None:
    sign_in("analyst")
    late, half = file(70, severity=Severity.CRITICAL), file(40, severity=Severity.CRITICAL)
    file(1, severity=Severity.CRITICAL)
    routed = file(99, severity=Severity.CRITICAL, basis=a_basis())
    page = browse.get("/")
    assert f"{late} · SM · 69 min of 1 h gone. The first look is late." in page.words
    assert f"/tickets/{routed}/take" in [form.action for form in page.forms]
    assert "2 more Critical tickets that nobody has" in page.words
    browse.post(f"/tickets/{routed}/take", version="1")
    assert f"{half} · SM · 39 min of 1 h gone. Half of its time is gone." in browse.get("/").words
    sign_in("agent", email="filer@example.org")
    words = browse.get(f"/tickets/{half}").words
    assert "Nobody has taken it yet: 39 min of 1 h gone." in words
    assert "call 877-327-0022" in words
    for role in ("agent", "editor", "admin"):
        sign_in(role)
        assert "nobody has it" not in browse.get("/").text
        assert poll(browse, "").status_code == 403


def test_only_cleared_analysts_are_told_of_a_critical_privacy_report(
    browse: Browse, sign_in: SignIn, file: File
) -> None:
    number = file(12, privacy=True, basis=None, severity=Severity.CRITICAL)
    sign_in("analyst")
    assert number not in browse.get("/").text
    assert number not in poll(browse, "").get_data(as_text=True)
    sign_in("analyst", email="cleared@example.org", privacy=True)
    assert number in browse.get("/").text


def test_a_page_that_asks_by_itself_keeps_no_session_alive(
    browse: Browse, sign_in: SignIn, app: Flask
) -> None:
    sign_in("analyst")

    def last_seen() -> datetime:
        with app.app_context():
            return db.session.scalars(select(SessionRow.last_seen_at)).one()

    with app.app_context(), transaction():
        db.session.execute(update(SessionRow).values(last_seen_at=utcnow() - timedelta(minutes=5)))
    before = last_seen()
    assert poll(browse, "").status_code == 200
    assert last_seen() == before
    browse.get("/")
    assert last_seen() > before


# --- alike tickets, saved views, who looks


def test_alike_tickets_come_first_and_are_seen_and_linked_as_one(
    browse: Browse, sign_in: SignIn, file: File
) -> None:
    alike = [
        file(
            place, title=f"SM - Inbox stays empty {place}", error_code="SM903", facilities=(str(500 + place),)
        )
        for place in range(3)
    ]
    file(title="RX - Refill is late", tool="medications", error_code="RX99")
    file(title="SM - Inbox stays empty", error_code="SM903", privacy=True, basis=None)
    sign_in("analyst", privacy=True)
    page = browse.get("/tickets/")
    assert "Alike: 3 tickets , SM, code SM903" in page.words
    assert "3 facilities" in page.words
    assert "Alike" not in browse.get("/tickets/?tool=medications").words
    as_one = re.search(r'href="(/tickets/\?queue=all[^"]*numbers=[^"]*)"', page.text)
    assert as_one
    assert sorted(rows(browse.get(unescape(as_one[1])))) == sorted(alike)
    link_all = next(form for form in page.forms if "numbers=" in form.fields.get("query", ""))
    preview = browse.post("/tickets/bulk", move="link", all="y", query=link_all.fields["query"])
    assert "3 tickets will change." in preview.words
    sign_in("editor", scope="messaging")
    assert "Alike" not in browse.get("/tickets/").words


def test_a_view_is_saved_under_a_name_opened_by_a_colleague_and_removed_with_a_way_back(
    browse: Browse, sign_in: SignIn, file: File
) -> None:
    rx, sm = file(tool="medications"), file()
    sign_in("analyst")
    page = browse.get("/tickets/?tool=medications&sort=oldest")
    form = page.form("/tickets/views")
    saved = browse.post("/tickets/views", **{**form.fields, "name": "  Refills,  oldest first "})
    assert "Saved views (1)" in saved.words
    address = re.search(r'href="([^"]*)">Refills, oldest first</a>', saved.text)
    assert address
    assert address[1] == "/tickets/?queue=new&amp;tool=medications&amp;sort=oldest"
    browse.post("/tickets/views", **{**form.fields, "name": "Refills, oldest first"})
    assert "Saved views (1)" in browse.get("/tickets/").words
    refused = browse.post("/tickets/views", **{**form.fields, "name": "Call 509-555-0143"})
    assert "Call 509-555-0143" in refused.text
    assert "Saved views (1)" in refused.words
    sign_in("analyst", email="second@example.org")
    theirs = browse.get(unescape(address[1]))
    assert "Saved views (0)" in theirs.words
    assert rows(theirs) == [rx]
    remove = next(f.action for f in saved.forms if f.action and f.action.endswith("/remove"))
    browse.post(remove)
    sign_in("analyst")
    gone = browse.post(remove)
    assert "Saved views (0)" in gone.words
    assert 'value="Refills, oldest first"' in gone.text
    assert sm not in rows(gone)


def test_two_who_read_the_same_ticket_know_of_each_other_by_role(
    browse: Browse, sign_in: SignIn, file: File
) -> None:
    number = file(basis=a_basis())
    sign_in("analyst", name="Ada Example")
    assert "Opened by" not in browse.get(f"/tickets/{number}").words
    assert "Opened by" not in browse.get(f"/tickets/{number}").words
    sign_in("analyst", email="second@example.org")
    page = browse.get(f"/tickets/{number}")
    assert "Opened by a Tier 3 analyst just now" in page.words
    assert "Ada" not in page.text
    sign_in("editor", scope="messaging")
    assert "Opened by a Tier 3 analyst just now" in browse.get(f"/tickets/{number}").words
    sign_in("agent", email="filer@example.org")
    assert "Opened by" not in browse.get(f"/tickets/{number}").words
    sign_in("analyst")
    assert "Opened by the messaging team just now" in browse.get(f"/tickets/{number}").words


def test_who_took_a_ticket_is_said_and_a_colleague_is_asked_once_before_moving_it(
    app: Flask, browse: Browse, sign_in: SignIn, file: File, move: Callable[..., None]
) -> None:
    number, other = file(30), file(30)
    first = sign_in("analyst", email="first@example.org")
    for one in (number, other):
        move(one, "take", first)
    with app.app_context(), transaction():
        db.session.execute(update(Ticket).values(state_at=utcnow() - timedelta(minutes=4, seconds=30)))
    assert "You took it 4 min ago" in browse.get(f"/tickets/{number}").words
    assert "You, 4 min ago" in browse.get("/tickets/?queue=mine").words

    sign_in("analyst", email="second@example.org")
    assert "Another analyst, 4 min ago" in browse.get("/tickets/?queue=triage").words
    page = browse.get(f"/tickets/{number}")
    assert "Another analyst took it 4 min ago" in page.words
    url, given = f"/tickets/{number}/route", {"team": "messaging", "reason": "It is their screen."}
    version = page.form(url).fields["version"]
    page = browse.post(url, version=version, **given)
    assert page.status == 422
    assert "Hand to team: do it all the same" in page.words
    assert ("all_the_same", "y") not in page.form(url).typed
    page = browse.post(url, version=page.form(url).fields["version"], **given, all_the_same="y")
    assert "Handed to the" in page.words
    page = browse.post("/tickets/bulk", query="queue=triage", n=other, move="not-tier3")
    page = browse.post(browse.url, route="uae-appointments", reason="It is another system.")
    assert "Another analyst took it 4 min ago" in page.words
    with app.app_context(), transaction():
        db.session.execute(update(Ticket).values(state_at=utcnow() - timedelta(minutes=31)))
    url = f"/tickets/{other}/route"
    page = browse.get(f"/tickets/{other}")
    assert "Handed to the" in browse.post(url, version=page.form(url).fields["version"], **given).words

    sign_in("agent", email="filer@example.org")
    assert "Another analyst" not in browse.get("/tickets/?queue=desk").words


def test_a_row_names_the_known_issue_that_it_likely_is_until_that_is_refused(
    browse: Browse, sign_in: SignIn, file: File
) -> None:
    number = file(
        title="SM - Inbox is not there",
        error_code="SM903",
        summary="Messages are not available, the inbox does not load.",
    )
    file(title="RX - Label is odd", summary="The label is odd.", tool="medications")
    sign_in("analyst")

    def named() -> list[str]:
        return re.findall(r'queue__likely"><a href="/articles/([^"]+)"', browse.get("/tickets/").text)

    assert named() == ["sm-messages-not-available"]
    browse.get(f"/tickets/{number}")
    browse.post(f"/tickets/{number}/not-this", known_issue="sm-messages-not-available")
    assert named() == []
