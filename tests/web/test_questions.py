"""Questions to the caller through Tier 2: asked, answered by whoever has the caller, taken back; and words checked as typed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.accounts.actor import Actor, Desk, Role
from portal.accounts.models import AuditRow
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.criteria.decide import Decision
from portal.knowledge import service as knowledge
from portal.knowledge.snapshot import Snapshot
from portal.tickets import look_up, service
from portal.tickets.models import Ticket
from portal.tickets.ticket import Reference
from tests.conftest import Browse
from tests.factories import a_basis, make_ticket, make_user
from tests.web.test_tickets_life import in_days, press

SignIn = Callable[..., Actor]
OWN = "Does it fail in the app too? Yes / No\nWhen did it begin? (date)"


@pytest.fixture
def number(app: Flask, content: Snapshot) -> str:
    """With the messaging team; two facts were not known."""
    with app.app_context():
        filer = make_user(Role.AGENT, email="filer@example.org")
        return make_ticket(
            filer,
            not_known=("browser", "other_teams", "error_code"),
            references=(Reference("hrc", "1234567"),),
        )


@pytest.fixture
def ticket(app: Flask, number: str) -> Callable[[], Ticket]:
    def read() -> Ticket:
        with app.app_context():
            found = service.get_ticket(number, make_user(Role.ANALYST, email=f"a{utcnow():%f}@example.org"))
            db.session.expunge_all()
            return found

    return read


def ask(browse: Browse, number: str, **fields: Any) -> None:
    press(browse, number, "accept")
    given = {"facts": ["browser", "other_teams"], "questions": OWN, "follow_up": in_days(2), **fields}
    page = press(browse, number, "ask", **given)
    assert "Asked: the questions stand on the list" in page.words


def test_from_not_known_to_known_again(
    browse: Browse, sign_in: SignIn, number: str, ticket: Callable[[], Ticket]
) -> None:
    sign_in("editor", scope="messaging")
    page = press(browse, number, "accept")
    form = page.text.split('id="move-ask"')[1].split("</details>")[0]
    for label in (
        "Which browser?",
        "Can the caller write to other teams?",
        "Which code does the screen show?",
    ):
        assert label in form
    assert form.count(" checked") == 3
    # nothing at all, what may not be read out, and personal data come back with what was typed
    assert "Tick a question, or write one" in press(browse, number, "ask", follow_up=in_days(2)).words
    page = press(browse, number, "ask", questions="Did the toggle of the API fail?", follow_up=in_days(2))
    assert page.status == 422
    assert "Callers do not know the word “toggle”" in page.words
    assert "Use this text as it is" in page.words
    assert "Did the toggle of the API fail?" in page.text
    page = press(
        browse, number, "ask", questions="Is 509-555-0143 the number?", follow_up=in_days(2), as_it_is="y"
    )
    assert "phone" in page.words
    page = press(browse, number, "ask", facts=["browser", "other_teams"], questions=OWN, follow_up=in_days(2))
    assert "It waits for the caller, asked through Tier 2" in page.words
    assert "Which browser? ? Open Take back" in page.words

    # on the desk's list, not on the filer's alone; a mate of the desk answers two of four
    sign_in("agent", email="mate@example.org")
    assert "Questions from Tier 3 for this desk (1)" in browse.get("/").words
    page = browse.get("/desk/questions")
    assert "HRC 1234567" in page.words
    assert "The reply is not sent." not in page.words
    card = browse.get("/look-up?number=1234567")
    assert "You can answer: 4 questions from Tier 3" in card.words
    assert f"/tickets/{number}/answers" in {form.action for form in card.forms}
    fields = {
        "answer-1": "Edge",
        "answer-2": "",
        "answer-3": "",
        "answer-4": "",
        "unknown-4": "y",
        "back": "1234567",
    }
    page = browse.post(f"/tickets/{number}/answers", **fields)
    assert "2 questions are still open" in page.words
    assert "You can answer: 2 questions" in page.words
    # wrong, private or missing answers keep what was typed
    for typed, said in (
        ({"answer-2": "Perhaps"}, "Select one of the answers"),
        ({"answer-3": "Yes", "unknown-3": "y"}, "or tick that the caller does not know"),
        ({"answer-2": "", "answer-3": ""}, "Give an answer"),
    ):
        page = browse.post(f"/tickets/{number}/answers", **typed)
        assert page.status == 422
        assert said in page.words
    assert ticket().state == "on_hold"
    # the last one ends the hold; sent twice it stays one answer
    for _ in range(2):
        page = browse.post(
            f"/tickets/{number}/answers", **{"answer-2": "Yes", "answer-3": "No", "back": "desk"}
        )
        assert f"{number} goes on: nothing is asked any more" in page.words
    assert "Nobody waits for an answer" in page.words
    assert "Questions from Tier 3" not in browse.get("/").words
    found = ticket()
    assert found.state == "accepted"
    assert found.facts["browser"] == "Edge"
    assert found.facts["other_teams"] == "Yes"
    assert found.not_known == ["error_code"]
    assert [event.kind for event in found.events][-3:] == ["replied", "replied", "resumed"]
    sign_in("editor", scope="messaging")
    words = browse.get(f"/tickets/{number}").words
    assert (
        "What the caller says, through HRC help desk (Tier 1): Which browser? “Edge” "
        "When did it begin? The caller does not know." in words
    )
    assert "Hold ended by HRC help desk (Tier 1): every question is answered" in words


def test_two_who_answer_at_once_the_second_sees_the_first(
    browse: Browse, sign_in: SignIn, number: str, ticket: Callable[[], Ticket]
) -> None:
    sign_in("editor", scope="messaging")
    ask(browse, number, questions="")
    sign_in("agent", email="first@example.org")
    browse.get("/desk/questions")
    browse.post(f"/tickets/{number}/answers", **{"answer-1": "Edge"})
    sign_in("agent", email="second@example.org", desk=Desk.ESD)  # any agent with the number
    page = browse.post(f"/tickets/{number}/answers", **{"answer-1": "Chrome", "answer-2": "Yes"})
    assert page.status == 409
    assert "A colleague answered meanwhile" in page.words
    assert "Which browser? Edge You had typed: Chrome" in page.words
    assert "<option selected>Yes</option>" in page.text
    assert ticket().state == "on_hold"
    page = browse.post(f"/tickets/{number}/answers", **{"answer-2": "Yes"})
    assert "goes on" in page.words
    assert ticket().facts["browser"] == "Edge"


def test_questions_are_taken_back_one_by_one_or_with_the_hold(
    browse: Browse, sign_in: SignIn, number: str, ticket: Callable[[], Ticket]
) -> None:
    sign_in("editor", scope="messaging")
    ask(browse, number, questions="")
    sign_in("agent")
    browse.get("/desk/questions")
    assert browse.send(f"/tickets/{number}/questions/1/withdraw").status_code == 403
    assert browse.send(f"/tickets/{number}/questions/77/withdraw").status_code == 403
    sign_in("analyst")
    page = browse.get(f"/tickets/{number}")
    page = browse.post(f"/tickets/{number}/questions/1/withdraw")
    assert "Which browser? – Taken back" in page.words
    assert ticket().state == "on_hold"
    page = browse.post(f"/tickets/{number}/questions/2/withdraw")
    assert "Hold ended by a Tier 3 analyst: no question is open any more" in page.words
    assert ticket().state == "accepted"
    sign_in("agent")
    page = browse.post(f"/tickets/{number}/answers", **{"answer-1": "Edge"})
    assert page.status == 409
    assert "Nothing is asked about this ticket any more" in page.words
    sign_in("editor", scope="messaging")
    press(browse, number, "ask", facts="browser", follow_up=in_days(2))
    page = press(browse, number, "resume")
    assert "the open questions are taken back" in page.words
    sign_in("agent")
    assert "Nobody waits" in browse.get("/desk/questions").words


def test_who_sees_the_list_and_what_is_due(browse: Browse, sign_in: SignIn, number: str, app: Flask) -> None:
    sign_in("editor", scope="messaging")
    ask(browse, number)
    assert browse.client.get("/desk/questions").status_code == 403
    sign_in("agent", email="tier2@example.org", desk=Desk.TIER2)  # who calls the Veteran back
    assert number in browse.get("/desk/questions").words
    sign_in("agent", email="esd@example.org", desk=Desk.ESD)
    assert "Nobody waits" in browse.get("/desk/questions").words
    # a ticket of another desk: a look by its number, counted and audited as one
    assert "Which browser?" in browse.get(f"/tickets/{number}/answers").words
    with app.app_context():
        looks = select(AuditRow.object).where(AuditRow.what == "look up", AuditRow.who == "esd@example.org")
        assert list(db.session.scalars(looks)) == [f"number:{number}"]
        assert look_up.MOST == 60
    for _ in range(look_up.MOST - 1):
        browse.client.get(f"/tickets/{number}/answers")
    assert browse.client.get(f"/tickets/{number}/answers").status_code == 429
    with app.app_context(), transaction():
        db.session.execute(update(Ticket).values(follow_up_at=utcnow() - timedelta(hours=1)))
    sign_in("agent")
    assert "! Due Secure Messaging" in browse.get("/desk/questions").words
    assert "Due" in browse.get("/look-up?number=1234567").words
    with app.app_context(), transaction():
        db.session.execute(update(Ticket).values(privacy=True))
    assert number not in browse.get("/desk/questions").words
    assert "Questions from Tier 3" not in browse.get("/").words
    assert browse.client.get(f"/tickets/{number}/answers").status_code == 404
    assert browse.send(f"/tickets/{number}/answers", **{"answer-1": "Edge"}).status_code == 404


def test_words_for_the_caller_are_looked_at_while_they_are_typed(
    browse: Browse, sign_in: SignIn, number: str
) -> None:
    sign_in("analyst")
    browse.get(f"/tickets/{number}")
    answer = browse.send(
        f"/tickets/{number}/check-words", caller_text="The API is down. We will call you today."
    )
    text = answer.get_data(as_text=True)
    assert text.count("<p") == 2
    assert "Callers do not know the word" in text
    assert (
        browse.send(f"/tickets/{number}/check-words", caller_text="It works again.").get_data(as_text=True)
        == ""
    )


def test_an_answer_begins_with_the_words_of_its_known_issue_or_runbook(
    browse: Browse, sign_in: SignIn, app: Flask, content: Snapshot
) -> None:
    issue, runbook = content.articles["sm-messages-not-available"], "sm-cannot-find-care-team"
    rule = next(r for r in content.articles["sm-when-to-escalate"].table.rules if r.then.runbook == runbook)
    with app.app_context():
        filer = make_user(Role.AGENT, email="filer@example.org")
        with transaction():
            evaluation = knowledge.record_evaluation(
                article_id="sm-when-to-escalate", revision=content.revision, answers={}, actor=filer, now=utcnow(),
                decision=Decision(outcome="resolve", rule=rule, because="The runbook helps.", runbook=runbook),
            ).id  # fmt: skip
        linked = make_ticket(filer, known_issue_id=issue.id, basis=a_basis("undecided"))
        decided = make_ticket(filer, basis=a_basis("undecided"))
        with transaction():
            changed = update(Ticket).where(Ticket.number == decided)
            db.session.execute(changed.values(evaluation_id=evaluation))
    sign_in("analyst")
    for number, text, title in (
        (linked, issue.known_issue.caller_text, issue.title),
        (decided, content.articles[runbook].say, content.articles[runbook].title),
    ):
        page = browse.get(f"/tickets/{number}")
        assert f"The words of “{title}”." in page.words
        assert page.form(f"/tickets/{number}/answer").sent()["caller_text"] == text
