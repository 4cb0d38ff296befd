"""The lead's page: what waits on the desk, and figures in which nobody can be found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.accounts.actor import Actor, Desk, Role
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.intake.models import Intake
from portal.knowledge.snapshot import Snapshot
from portal.tickets import service
from portal.tickets.lifecycle import Given
from portal.tickets.models import Event, Ticket
from portal.tickets.ticket import Reference
from tests.conftest import Browse
from tests.factories import make_report, make_ticket, make_user
from tests.filing import make_intake

SignIn = Callable[..., Actor]
ISSUE = "sm-messages-not-available"
YESTERDAY = utcnow() - timedelta(days=1)


@pytest.fixture
def agent(app: Flask, content: Snapshot) -> Actor:
    with app.app_context():
        return make_user(Role.AGENT, email="filer@example.org")


def end_calls(
    agent: Actor, end: str, count: int, *, tool: str = "secure-messaging", desk: str = "hrc"
) -> None:
    """Calls that ended yesterday; they have their record numbers."""
    for place in range(count):
        key = f"{end}-{tool}-{desk}-{place}"
        make_intake(
            agent, key=key, end=end, desk=desk, call={"tool": tool}, external_ref="1", ended_at=YESTERDAY
        )


def test_only_a_lead_sees_it_and_only_of_the_own_desks(browse: Browse, sign_in: SignIn, agent: Actor) -> None:
    for role in ("agent", "analyst", "editor", "admin"):
        sign_in(role)
        assert browse.client.get("/desk").status_code == 403
        assert "Desk" not in browse.get("/help").text.split("</nav>")[0]
    sign_in("desk_lead")
    page = browse.get("/desk")
    assert "Desk: HRC help desk (Tier 1)" in page.title
    assert page.words.count("None in this week.") == 4
    assert browse.client.get("/desk?desk=esd").status_code == 404
    sign_in("desk_lead", email="both@example.org", scope="esd")
    assert "Enterprise Service Desk (Tier 1)" in browse.get("/desk?desk=esd").title
    sign_in("desk_lead", email="none@example.org", desk=Desk.NONE)
    assert "You lead no desk yet." in browse.get("/desk").words


def test_figures_hide_what_is_small_in_page_and_file(
    browse: Browse, sign_in: SignIn, agent: Actor, app: Flask, content: Snapshot
) -> None:
    with app.app_context():
        end_calls(agent, "filed", 6)
        end_calls(agent, "answered", 4)
        end_calls(agent, "privacy", 9)
        end_calls(agent, "reported", 9)
        end_calls(agent, "answered", 7, tool="medications", desk="esd")
        for place in range(5):
            make_report(agent, ISSUE, now=YESTERDAY, reference=Reference("hrc", f"100000{place}"))
        make_report(agent, "sm-oracle-health-send-failure", now=YESTERDAY)
        for _ in range(6):
            number = make_ticket(agent, now=YESTERDAY, not_known=("browser", "care_team"))
        private = [make_ticket(agent, now=YESTERDAY, not_known=("browser",), privacy=True) for _ in range(7)]
        assert private
        with transaction():
            ticket = db.session.scalar(select(Ticket.id).where(Ticket.number == number))
            data = {"reason": "lacks_facts", "as": "the messaging team"}
            db.session.add_all(
                [Event(ticket_id=ticket, at=YESTERDAY, kind="returned", data=data) for _ in range(5)]
            )
            db.session.execute(
                update(Ticket)
                .where(Ticket.number == number)
                .values(state_at=YESTERDAY, not_known=["care_team"])
            )
    sign_in("desk_lead")
    page = browse.get("/desk?period=day")
    assert "Secure Messaging 6 0 under 5 0 0 0" in page.words
    assert "Medications" not in page.words.split("Calls by outcome")[1]
    assert f"{content.articles[ISSUE].title} 5" in page.words
    assert f"{content.articles['sm-oracle-health-send-failure'].title} under 5" in page.words
    assert "Lacks facts 5" in page.words
    assert "Which care team, as the screen names it? 6" in page.words
    assert "Which browser? 5" in page.words
    assert "filer" not in page.words.lower()
    lines = browse.client.get("/desk?period=day&format=csv").get_data(as_text=True).splitlines()
    assert lines[0].endswith("Figure,Row,Column,Count")
    assert "Calls by outcome and tool,Secure Messaging,Filed,6" in lines
    assert "Calls by outcome and tool,Secure Messaging,Answered,under 5" in lines
    assert not any(line.endswith((",4", ",1")) for line in lines)
    # a day that still runs is nobody's figure
    with app.app_context(), transaction():
        db.session.execute(update(Intake).values(ended_at=utcnow()))
    assert "Secure Messaging 6" not in browse.get("/desk?period=day").words


def test_what_waits_stands_oldest_first_and_without_names(
    browse: Browse, sign_in: SignIn, agent: Actor, app: Flask, content: Snapshot
) -> None:
    with app.app_context():
        number = make_ticket(agent, references=(Reference("hrc", "1234567"),))
        ended = {"desk": "hrc", "call": {"tool": "medications"}, "ended_at": YESTERDAY}
        make_intake(agent, key="1", end="filed", outcome={"ticket": "T3-2026-000077"}, **ended)
        make_intake(agent, key="2", end="privacy", outcome={"ticket": "T3-2026-000078"}, **ended)
        waiting = {"desk": "hrc", "call": {}, "handed_at": YESTERDAY, "external_ref": "7654321"}
        make_intake(agent, key="3", end="handed_over", **waiting)
        analyst = make_user(Role.ANALYST)
        by = service.By(analyst, 1, content, utcnow())
        with transaction():
            given = Given(
                hold_reason="caller_via_tier2",
                note="Which browser?",
                follow_up=(utcnow() + timedelta(2)).date(),
            )
            service.move_ticket(number, "hold", given, by=by)
        answered = [
            make_ticket(agent, references=(Reference("hrc", "2222222"),)), make_ticket(agent),
            make_ticket(agent, privacy=True), make_ticket(make_user(email="esd@example.org", desk=Desk.ESD)),
        ]  # fmt: skip
        with transaction():
            for days, told in enumerate(answered, 1):
                values = {"state": "back_to_tier2", "state_at": utcnow() - timedelta(days=days)}
                db.session.execute(update(Ticket).where(Ticket.number == told).values(values))
    sign_in("desk_lead")
    words = browse.get("/desk").words
    assert "Questions from Tier 3 (1) HRC 1234567 · Secure Messaging · 1 question" in words
    told = words.partition("Answers to tell the caller (2) ")[2].partition("Number missing")[0]
    assert told.startswith(f"{answered[1]} · Secure Messaging")
    assert "Tell the caller : HRC 2222222" in told
    card = browse.get("/look-up?number=HRC+2222222")
    assert "Tell the caller" in card.words
    told_url = f"/tickets/{answered[0]}/resolve"
    assert "Resolved." in browse.post(told_url, **card.form(told_url).sent()).words
    assert "Answers to tell the caller (1)" in browse.get("/desk").words
    assert "Caller told" not in browse.get(f"/look-up?number={answered[3]}").words  # another desk's
    assert not any(number in words for number in answered[2:])
    assert "Number missing (1) T3-2026-000077" in words
    assert "T3-2026-000078" not in words
    assert "Handed to Tier 2 (1) 7654321" in words
    assert "filer" not in words.lower()
