"""An end pressed by mistake is taken back: the call goes on where it was, and nothing of the end counts any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.accounts.actor import Actor, Desk
from portal.accounts.models import AuditRow
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.intake.models import Intake
from portal.intake.service import abandon_old
from portal.knowledge.snapshot import Snapshot
from tests.conftest import Browse
from tests.page import Page
from tests.web.test_intake import CALL, here, intakes, none_of_these, number, start
from tests.web.test_intake_ends import ISSUE, reports, the_intake

SignIn = Callable[..., Actor]
UNDO = "Undo: that was not it"
REFUSED = {"alert_words": "SM124", "text": "The file is refused as too large"}


@pytest.fixture(autouse=True)
def agent(content: Snapshot, sign_in: SignIn) -> Actor:
    return sign_in("agent")


def undo(browse: Browse) -> Page:
    return browse.post(f"/intake/{number(browse)}/undo")


def test_works_now_is_taken_back_to_the_runbook_with_all_that_was_typed(app: Flask, browse: Browse) -> None:
    none_of_these(browse, start(browse, **REFUSED))
    before = the_intake(app)
    end = browse.post(browse.url, step=["1", "2"], result="works_now")
    assert UNDO in end.words
    assert the_intake(app).text == ""
    page = undo(browse)
    assert here(browse) == "runbook"
    assert "Taken back. If you pasted the note already, take it out of the record." in page.words
    after = the_intake(app)
    for name in ("text", "alert_words", "call", "external_ref", "refused", "answers", "check"):
        assert getattr(after, name) == getattr(before, name), name
    assert (after.end, after.ended_at, after.undo, after.outcome) == (None, None, None, {})
    assert after.ticked == {"sm-attachment-refused": [1, 2]}
    assert "Waits at: Runbook" in browse.get("/my-calls").words
    browse.get(f"/intake/{before_number(before)}/runbook")
    assert undo(browse).status == 200  # a double click
    assert here(browse) == "runbook"
    with app.app_context():
        assert db.session.scalar(select(AuditRow).where(AuditRow.what == "undo end answered")) is not None


def before_number(row: Intake) -> str:
    return f"I-{row.id:06d}"


def test_a_report_and_a_one_click_answer_are_taken_back_and_count_no_more(
    app: Flask, browse: Browse, sign_in: SignIn
) -> None:
    start(browse, alert_words="SM903", text="The inbox does not open at all")
    browse.post(browse.url, report=ISSUE)
    assert len(reports(app)) == 1
    where = number(browse)
    sign_in("agent", email="other@example.org")
    browse.get("/")
    assert browse.send(f"/intake/{where}/undo").status_code == 404
    sign_in("agent")
    browse.get(f"/intake/{where}/end")
    undo(browse)
    assert (here(browse), reports(app)) == ("known-issues", [])
    browse.post(browse.url, report=ISSUE)  # once more, rightly
    assert [report.intake_id for report in reports(app)] == [1]

    board = browse.get("/known-issues")
    report = {"urgent": "no", "external_ref": "4211999", "platform": "web"}
    browse.post(f"/intake/report/{ISSUE}", key=board.form(f"/intake/report/{ISSUE}").fields["key"], **report)
    assert len(reports(app)) == 2
    undo(browse)
    assert browse.url == f"/articles/{ISSUE}"
    assert len(reports(app)) == 1

    path = "/articles/rx-refill-late?q=my+pills+are+late"
    form = browse.get(path).form("/intake/answer")
    words = {name: form.fields[name] for name in ("article", "key", "words")}
    browse.post("/intake/answer", result="works_now", **words)
    undo(browse)
    assert browse.url == path
    assert "Dropped: taken back" in browse.get("/my-calls").words
    assert [(row.undo, row.ended_at) for row in intakes(app)[1:]] == [(None, None), (None, None)]


def test_a_hand_over_is_taken_back_until_tier_2_goes_on(app: Flask, browse: Browse, sign_in: SignIn) -> None:
    for taken in (False, True):
        start(browse, alert_words="", no_message="y", tool="not_sure", external_ref=f"421188{int(taken)}")
        none_of_these(browse, browse.get(browse.url))
        where = number(browse)
        assert UNDO in browse.post(f"/intake/{where}/undecided", action="tier2").words
        if taken:
            sign_in("agent", email="second@example.org", desk=Desk.TIER2)
            browse.get(f"/intake/{where}/call")
            browse.post(f"/intake/{where}/call", **CALL)
            sign_in("agent")
            assert UNDO not in browse.get(f"/intake/{where}/end").words
        undo(browse)
        row = the_intake(app)
        assert (row.worker is not None, row.handed_at is not None) == (taken, taken)
    assert "With Tier 2" in browse.get("/my-calls").words


def test_an_end_stands_from_the_next_day_on_and_its_words_go(app: Flask, browse: Browse) -> None:
    none_of_these(browse, start(browse, **REFUSED))
    browse.post(browse.url, result="works_now")
    where = browse.url
    assert the_intake(app).undo is not None
    with app.app_context(), transaction():
        db.session.execute(update(Intake).values(ended_at=utcnow() - timedelta(hours=25)))
    assert UNDO not in browse.get(where).words
    undo(browse)
    assert here(browse) == "end"
    with app.app_context(), transaction():
        abandon_old(utcnow() + timedelta(hours=2))
    assert the_intake(app).undo is None
    assert the_intake(app).end == "answered"


def test_cards_whose_case_goes_to_tier_2_end_there_with_one_click(
    app: Flask, browse: Browse, sign_in: SignIn
) -> None:
    form = browse.get("/articles/code/805?q=a+red+box+with+a+number").form("/intake/answer")
    sent = {name: form.fields[name] for name in ("article", "code", "words", "result", "key")}
    for _ in range(2):  # a double click
        end = browse.post("/intake/answer", **sent)
    assert here(browse) == "end"
    assert "Handed to Tier 2" in end.title
    for said in ("To Tier 2: intake I-000001.", "Happens: a red box with a number.", "Code: 805."):
        assert said in end.words
    assert len(intakes(app)) == 1

    runbook = "/articles/portal-account-error-code"
    browse.get(f"{runbook}?code=802")
    assert "Hand to Tier 2" not in browse.get(f"{runbook}?code=802").words
    form = browse.get(f"{runbook}?code=801").form("/intake/answer")
    sent = {name: form.fields[name] for name in ("article", "code", "key")}
    end = browse.post("/intake/answer", **sent, step=["1", "2"], result="tier2")
    assert "steps 1, 2" in end.words
    undo(browse)
    assert browse.url == f"{runbook}?code=801"
    assert the_intake(app).handed_at is None

    rules = "/articles/signin-when-to-escalate/check?urgent=no&several=no&audience=veteran&code=101&q=refused"
    form = browse.get(f"{rules}&followed=no").form("/intake/decide")
    sent = {name: value for name, value in form.fields.items() if name not in ("csrf_token", "action")}
    end = browse.post("/intake/decide", **sent, action="tier2")
    assert "Happens: refused." in end.words
    unsure = rules.replace("code=101", "shows=not_sure").replace("=no&", "=not_sure&")
    assert "Hand to Tier 2" in browse.get(f"{unsure}&followed=not_sure").words
    none_of_these(browse, start(browse, tool="sign-in", alert_words="101", text="Signing in is refused"))
    assert here(browse) == "runbook"
    end = browse.post(browse.url, step=["2"], result="tier2")
    assert "To Tier 2: intake I-000004, known issues checked." in end.words
    sign_in("agent", email="second@example.org", desk=Desk.TIER2)
    assert "Handed to Tier 2, oldest first" in browse.get("/my-calls").words
    page = browse.get("/intake/I-000004")
    assert here(browse) == "runbook"
    assert "Hand to Tier 2" not in page.words
    assert 'id="step-2" checked' in page.text
    page = browse.get("/intake/I-000001")
    assert here(browse) == "call"
    assert "a red box with a number" in page.text
