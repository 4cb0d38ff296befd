"""What the portal notices by itself: opened once, seen by analysts, dismissed with a reason, confirmed by links."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.actor import Actor, Role
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.knowledge.access import current_snapshot
from portal.knowledge.service import KnowledgeBase
from portal.knowledge.snapshot import Snapshot
from portal.tickets import access, service
from portal.tickets.access import look_for_spikes
from portal.tickets.lifecycle import Given
from portal.tickets.models import SpikeRow
from portal.tickets.service import By
from portal.tickets.watching import Pace
from tests.conftest import Browse
from tests.factories import a_basis, make_report, make_ticket, make_user
from tests.filing import at_once
from tests.unit.tickets.test_groups import ONE_DAY

SignIn = Callable[..., Actor]
NEW = "/articles/known-issue/new"
BECAUSE = "5 tickets of one day say the same: words “send”, “fails”, “message”, “sent”, “spins”, 2 facilities"


def file_alike(app: Flask, count: int = 5) -> list[str]:
    """The five reports of one day, filed a few minutes ago and still in triage; further ones repeat them."""
    with app.app_context():
        agent = make_user(email=f"filer{count}@example.org")
        return [
            make_ticket(
                agent,
                title=one.title,
                summary=one.summary,
                facilities=one.facilities,
                basis=a_basis("undecided"),
                now=utcnow() - timedelta(minutes=20 - place),
            )
            for place in range(count)
            for one in (ONE_DAY[place % len(ONE_DAY)],)
        ]


def look(app: Flask) -> list[str]:
    with app.app_context(), transaction():
        return look_for_spikes()


def states(app: Flask) -> list[tuple[str, str | None, int]]:
    with app.app_context():
        rows = db.session.scalars(select(SpikeRow).order_by(SpikeRow.id))
        return [(row.state, row.known_issue_id, len(row.numbers)) for row in rows]


def test_five_alike_in_a_day_are_shown_to_analysts_and_dismissed_with_a_reason(
    app: Flask, browse: Browse, sign_in: SignIn, content: Snapshot
) -> None:
    filed = file_alike(app)
    with app.app_context():
        make_ticket(
            make_user(email="p@example.org"), title=ONE_DAY[0].title, summary=ONE_DAY[0].summary, privacy=True
        )
    assert look(app) == [f"secure-messaging: {BECAUSE}"]
    assert look(app) == []
    with app.app_context():
        values = {"title": ONE_DAY[0].title, "summary": ONE_DAY[0].summary, "basis": a_basis("undecided")}
        earlier = make_ticket(
            make_user(email="early@example.org"), now=utcnow() - timedelta(days=2), **values
        )
        for place in range(2):
            make_ticket(
                make_user(email=f"rx{place}@example.org"), tool="medications", title="RX - Label is blurred", error_code="RX77",
                summary="The label of the refill is blurred.", basis=a_basis("undecided"),
            )  # fmt: skip
    sign_in("analyst")
    queue = browse.get("/tickets/?queue=triage")
    assert f"Possible new problem : 6 tickets , SM, {BECAUSE}, first" in queue.words
    assert re.findall(r"Alike: \d tickets", queue.text) == ["Alike: 2 tickets"]  # the others are the spike's
    assert queue.text.count(",".join([*filed, earlier])) == 3  # as one, as a known issue, linked
    assert "Possible new problems (1)" in browse.get("/tickets/?queue=mine").words
    page = browse.get("/tickets/spikes")
    assert all(number in page.words for number in filed)
    assert f"{BECAUSE}. Since" in page.words
    assert f"/articles/known-issue/new?tickets={filed[0]}" in page.text
    page = browse.post("/tickets/spikes/1/dismiss", reason="short")
    assert page.status == 422
    assert "Say why, in 10 to 300 characters" in page.words
    page = browse.post("/tickets/spikes/1/dismiss", reason="A training class made them.")
    assert "Dismissed A training class made them." in page.words
    assert "Nothing unusual." in page.words
    assert browse.client.get("/tickets/spikes/1/dismiss").status_code == 405
    file_alike(app, 4)
    assert look(app) == []
    file_alike(app, 6)
    assert len(look(app)) == 1
    assert [state for state, _, _ in states(app)] == ["dismissed", "open"]


def test_a_spike_grows_and_is_confirmed_when_its_tickets_are_linked(app: Flask, content: Snapshot) -> None:
    filed = file_alike(app)
    look(app)
    filed += file_alike(app, 2)
    assert look(app) == []
    assert states(app) == [("open", None, 7)]
    with app.app_context():
        assert db.session.scalars(select(SpikeRow.because)).one().startswith("7 tickets of one day")
        analyst = make_user(Role.ANALYST)
        for number in filed[:4]:
            version = service.get_ticket(number, analyst).version
            by = By(analyst, version, current_snapshot(), utcnow())
            with transaction():
                service.move_ticket(number, "link", Given(known_issue="sm-messages-not-available"), by=by)
    assert look(app) == []
    assert states(app) == [("confirmed", "sm-messages-not-available", 7)]
    assert app.test_cli_runner().invoke(args=["tickets", "spikes"]).output == "0 opened.\n"


def test_a_confirmed_spike_waits_no_longer_and_makes_no_second_known_issue(
    app: Flask, browse: Browse, sign_in: SignIn, own_content: KnowledgeBase
) -> None:
    filed = file_alike(app)
    look(app)
    sign_in("analyst")
    form = browse.get(f"{NEW}?tickets={','.join(filed)}").form(NEW).sent()
    assert browse.post(NEW, **form).status == 200
    assert states(app)[0][0] == "confirmed"
    page = browse.get("/tickets/spikes")
    assert "Nothing unusual." in page.words
    again = browse.post(NEW, **{**form, "key": "another", "title": "Messages spin and are not sent"})
    assert "These tickets are linked already" in again.words
    assert "Messages spin and are not sent" not in browse.get("/known-issues").words


@pytest.mark.parametrize(("issue", "kinds"), [("sm-messages-not-available", []), ("over", ["tool"])])
def test_reports_count_unless_an_open_known_issue_explains_them(
    issue: str, kinds: list[str], app: Flask, content: Snapshot
) -> None:
    over = next(
        a.id for a in content.articles.values() if a.known_issue and a.tool and not a.known_issue.is_open
    )
    with app.app_context():
        agent = make_user(Role.AGENT)
        for _ in range(10):
            make_report(agent, over if issue == "over" else issue, now=utcnow() - timedelta(minutes=5))
        with transaction():
            look_for_spikes()
        assert list(db.session.scalars(select(SpikeRow.kind))) == kinds
        db.session.rollback()


def test_a_filing_looks_after_its_answer_and_only_analysts_see_what_was_found(
    app: Flask, browse: Browse, sign_in: SignIn, content: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_alike(app)
    sign_in("agent")
    browse.get("/articles/sm-messages-not-available?add=1")
    later = time.monotonic() + 10**6
    monkeypatch.setattr(access.time, "monotonic", lambda: later)
    answered = browse.post(
        "/intake/report/sm-messages-not-available",
        key="once",
        external_ref="4211888",
        urgent="no",
        platform="web",
    )
    assert "R-000001" in answered.words
    assert states(app) == [("open", None, 5)]
    assert browse.client.get("/tickets/spikes").status_code == 403
    sign_in("editor", scope="messaging")
    assert browse.client.get("/tickets/spikes").status_code == 403


def test_of_8_who_look_at_once_one_opens_the_spike(app: Flask, content: Snapshot) -> None:
    file_alike(app)

    def one_look(_place: int) -> str:
        with transaction():
            return str(len(look_for_spikes()))

    assert sorted(at_once(app, 8, one_look)) == ["0"] * 7 + ["1"]


def test_one_look_a_minute_is_enough() -> None:
    pace = Pace()
    assert [pace.is_due(second) for second in (5.0, 6.0, 64.0, 65.0, 66.0)] == [
        True,
        False,
        False,
        True,
        False,
    ]
