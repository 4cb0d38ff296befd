"""What was typed on a ticket comes back after a sign-in: beside its own button, and nothing is done by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from portal.accounts.actor import Actor, Role
from portal.knowledge.snapshot import Snapshot
from portal.tickets.ticket import Reference
from tests.conftest import Browse, open_session
from tests.factories import PASSWORD, a_basis, make_ticket, make_user
from tests.page import Page
from tests.web.test_questions import ask
from tests.web.test_tickets_life import in_days, press, version_of

SignIn = Callable[..., Actor]
SAID = "The page works again. Please sign out and sign in once more."
BACK = "What you typed is back in its box, and nothing of it was sent"


@pytest.fixture
def number(app: Flask, content: Snapshot) -> str:
    with app.app_context():
        filer = make_user(Role.AGENT, email="filer@example.org")
        return make_ticket(filer, basis=a_basis("undecided"), references=(Reference("hrc", "1234567"),))


@pytest.fixture
def through_sign_in(browse: Browse) -> Callable[..., Page]:
    """The page after: signed out, the form sent, signed in."""

    def go(person: Actor, url: str, **fields: Any) -> Page:
        browse.client.delete_cookie("portal")
        page = browse.post(url, **fields)
        assert "everything you typed is here" in page.words
        given = page.form("/accounts/sign-in").fields
        return browse.post("/accounts/sign-in", **{**given, "email": person.email, "password": PASSWORD})

    return go


def test_every_form_of_a_ticket_comes_back_beside_its_button(
    browse: Browse, sign_in: SignIn, number: str, through_sign_in: Callable[..., Page]
) -> None:
    analyst, url = sign_in("analyst"), f"/tickets/{number}"
    version = version_of(browse.get(url), number, "route")
    browse.get(f"{url}?queue=new&at=0")

    page = through_sign_in(analyst, f"{url}/note?queue=new&at=0", note="Ask the <team>.")
    assert browse.url.startswith(f"{url}?queue=new")
    assert BACK in page.words
    assert page.form(f"{url}/note?queue=new&at=0").sent()["note"] == "Ask the <team>."
    assert "Ask the" not in page.text.split('class="timeline"')[1].split("</ol>")[0]
    assert BACK not in browse.get(url).words

    page = through_sign_in(analyst, f"{url}/route", version=version, team="messaging", reason="Their screen.")
    assert 'id="move-route" open' in page.text
    sent = page.form(f"{url}/route").sent()
    assert (sent["team"], sent["reason"]) == ("messaging", "Their screen.")
    assert "In triage" in page.words

    page = through_sign_in(
        analyst, f"{url}/ask", version=version, questions="Which team?", follow_up=in_days(3)
    )
    assert page.form(f"{url}/ask").sent()["questions"] == "Which team?"
    page = through_sign_in(analyst, f"{url}/caller-text", version=version, caller_text=SAID)
    assert page.form(f"{url}/caller-text").sent()["caller_text"] == SAID
    page = through_sign_in(analyst, f"{url}/references", external_ref="HRC 7654321")
    assert page.form(f"{url}/references").sent()["external_ref"] == "HRC 7654321"
    page = through_sign_in(analyst, f"{url}/redact", version=version, words="John")
    assert page.form(f"{url}/redact").sent()["words"] == "John"
    browse.get("/tickets/?queue=new")
    page = through_sign_in(analyst, "/tickets/bulk", query="queue=new", n=number, move="link")
    assert browse.url == "/tickets/?queue=new"
    assert f'value="{number}" checked' in page.text
    page = through_sign_in(analyst, "/tickets/views", query="queue=new", name="My morning")
    assert 'value="My morning"' in page.text
    page = through_sign_in(analyst, f"{url}/take", version=version)
    assert BACK not in page.words
    press(browse, number, "take")
    page = browse.post("/tickets/bulk", query="", n=number, move="answer")
    page = through_sign_in(analyst, browse.url, caller_text=SAID)
    assert SAID in page.text


def test_what_cannot_be_done_any_more_is_shown_in_words(
    browse: Browse, sign_in: SignIn, number: str, through_sign_in: Callable[..., Page]
) -> None:
    analyst, url = sign_in("analyst"), f"/tickets/{number}"
    press(browse, number, "answer", caller_text=SAID)
    page = through_sign_in(analyst, f"{url}/answer", version="1", caller_text="Please sign in once more.")
    assert "“Answer” was not done, and cannot be done any more." in page.words
    assert "Please sign in once more." in page.words


def test_answers_and_corrections_of_the_desk_come_back(
    browse: Browse, sign_in: SignIn, app: Flask, content: Snapshot, through_sign_in: Callable[..., Page]
) -> None:
    agent = sign_in("agent")
    with app.app_context():
        filed = make_ticket(agent, not_known=("browser", "other_teams"))
    page = browse.get(f"/tickets/{filed}/correct")
    version = page.form(f"/tickets/{filed}/correct").fields["version"]
    page = through_sign_in(agent, f"/tickets/{filed}/correct", version=version, title="SM - New title")
    assert page.form(f"/tickets/{filed}/correct").sent()["title"] == "SM - New title"
    sign_in("editor", scope="messaging")
    ask(browse, filed)
    sign_in("agent")
    names = [
        name for name in browse.get(f"/tickets/{filed}/answers").text.split('"') if name.startswith("answer-")
    ]
    own = {names[-1]: "2026-01-02"}
    page = through_sign_in(agent, f"/tickets/{filed}/answers", back="desk", **own)
    sent = page.form(f"/tickets/{filed}/answers").sent()
    assert (sent[names[-1]], sent["back"]) == ("2026-01-02", "desk")


def test_in_the_pane_the_form_is_offered_again_with_its_text(
    app: Flask, browse: Browse, sign_in: SignIn, number: str
) -> None:
    """Pressed without a session: told so. Pressed again with the old token after a sign-in elsewhere: the pane, not a page."""
    analyst = sign_in("analyst")
    list_url, note = "/tickets/?queue=new", f"/tickets/{number}/note?queue=new&at=0"
    browse.get(list_url)
    headers = {"HX-Request": "true", "HX-Target": "pane", "HX-Current-URL": f"http://localhost{list_url}"}
    data = {"csrf_token": browse.token, "note": "Ask the team."}
    browse.client.delete_cookie("portal")
    answer = browse.client.post(note, data=data, headers=headers)
    assert answer.status_code == 401
    assert "Sign in in a new tab" in answer.get_data(as_text=True)
    open_session(app, browse.client, analyst)
    data["csrf_token"] = "old"
    answer = browse.client.post(note, data=data, headers=headers, follow_redirects=True)
    pane = answer.get_data(as_text=True)
    assert "<html" not in pane
    assert BACK in Page(pane, 200).words
    assert Page(pane, 200).form(note).sent()["note"] == "Ask the team."
