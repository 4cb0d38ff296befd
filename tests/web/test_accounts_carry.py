"""What was typed survives being signed out and an old form."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask, session
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.accounts.actor import Actor
from portal.accounts.models import SessionRow
from portal.core.db import db
from portal.web import carry
from tests.conftest import Browse
from tests.factories import PASSWORD, make_user

SignIn = Callable[..., Actor]
SIGNED_OUT = "You were signed out: everything you typed is here, sign in and continue."
TYPED = {"text": "Über <b>\nline two", "next": "b", "new_password": "secret", "csrf_token": "old"}


@pytest.fixture
def agent(app: Flask) -> Actor:
    with app.app_context():
        return make_user()


def kept(app: Flask, client: FlaskClient, path: str) -> list[tuple[str, str]] | None:
    """What a view of `path` would be given in this browser's session."""
    found = client.get_cookie("portal")
    with app.test_request_context(path, headers={"Cookie": f"portal={found.value if found else ''}"}):
        fields = carry.carried(path)
        return list(fields.items(multi=True)) if fields is not None else None


def test_post_after_sign_out_keeps_what_was_typed_through_sign_in(
    app: Flask, browse: Browse, sign_in: SignIn
) -> None:
    agent = sign_in()
    browse.get("/accounts/?step=3")
    browse.client.delete_cookie("portal")
    page = browse.post("/accounts/preferences", **TYPED)
    assert page.status == 401
    assert SIGNED_OUT in page.words
    fields = page.form("/accounts/sign-in").fields
    assert fields["next"] == "/accounts/?step=3"
    assert fields["carry-text"] == "Über <b>\nline two"
    assert "secret" not in page.text
    answer = browse.send("/accounts/sign-in", **{**fields, "email": agent.email, "password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/accounts/?step=3")
    assert kept(app, browse.client, "/accounts/") == [("text", "Über <b>\nline two"), ("next", "b")]
    assert kept(app, browse.client, "/other") is None


def test_carried_fields_stand_in_their_form_after_sign_in(browse: Browse, agent: Actor) -> None:
    browse.url = "/accounts/"
    fields = browse.post("/accounts/preferences", timezone="UTC").form("/accounts/sign-in").fields
    page = browse.post("/accounts/sign-in", **{**fields, "email": agent.email, "password": PASSWORD})
    assert '<option value="UTC" selected>' in page.text
    assert '<option value="UTC" selected>' not in browse.get("/accounts/").text


def test_wrong_password_in_between_loses_nothing(browse: Browse, agent: Actor) -> None:
    fields = browse.post("/accounts/preferences", text="typed").form("/accounts/sign-in").fields
    page = browse.post("/accounts/sign-in", **{**fields, "email": agent.email, "password": "wrong"})
    assert page.form("/accounts/sign-in").fields["carry-text"] == "typed"


def test_old_sign_in_page_works_again_with_all_it_brings(browse: Browse, agent: Actor) -> None:
    answer = browse.client.post(
        "/accounts/sign-in",
        data={"csrf_token": "old", "email": "a@b.org", "password": "p", "next": "/x", "carry-text": "typed"},
    )
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "This page was open for too long. Sign in again." in text
    assert 'name="carry-text" value="typed"' in text
    assert 'name="next" value="/x"' in text
    assert 'value="a@b.org"' in text


def test_fields_are_given_once(app: Flask, client: FlaskClient, sign_in: SignIn) -> None:
    with app.test_request_context("/intake/5", method="POST", data={"text": ["a", "b"]}):
        carry.keep("/intake/5?step=2")
        first = carry.carried("/intake/5")
        assert first is not None
        assert first.getlist("text") == ["a", "b"]
        assert carry.carried("/intake/5") is None
        assert carry.STORED not in session


def test_five_forms_are_kept_and_the_oldest_goes(app: Flask) -> None:
    with app.test_request_context("/", method="POST", data={"text": "x"}):
        for number in range(6):
            carry.keep(f"/page/{number}")
        assert carry.carried("/page/0") is None
        assert carry.carried("/page/5") is not None


def test_at_most_300_000_bytes_are_carried(app: Flask) -> None:
    data = {"first": "é" * 100_000, "second": "x" * 99_000, "third": "x" * 1_000}
    with app.test_request_context("/x", method="POST", data=data):
        assert [name for name, _ in carry.typed()] == ["first", "second"]


def test_form_too_large_to_read_still_leads_to_sign_in(client: FlaskClient, agent: Actor) -> None:
    answer = client.post("/accounts/preferences", data={"text": "x" * 1_100_000})
    assert answer.status_code == 401
    assert "You are signed out. Sign in to go on." in answer.get_data(as_text=True)


def test_form_with_an_old_token_comes_back_with_what_was_typed(
    app: Flask, browse: Browse, sign_in: SignIn
) -> None:
    sign_in()
    browse.token = "old"
    answer = browse.client.post(
        "/accounts/preferences",
        data={"csrf_token": "old", "timezone": "UTC"},
        headers={"Referer": "http://localhost/accounts/"},
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/accounts/")
    assert kept(app, browse.client, "/accounts/") == [("timezone", "UTC")]
    assert "The form was too old; check it and send it again." in browse.get("/accounts/").words


def test_stranger_without_a_session_stores_nothing(app: Flask, client: FlaskClient) -> None:
    client.post("/accounts/sign-in", data={"email": "x" * 1000, "carry-text": "x" * 10_000})
    with app.app_context():
        assert db.session.scalar(select(func.max(func.length(SessionRow.data.cast(db.Text))))) < 200


def test_fragment_says_signed_out_and_where_to_sign_in(client: FlaskClient) -> None:
    answer = client.post(
        "/accounts/preferences",
        headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/intake/5?step=2"},
    )
    assert answer.status_code == 401
    text = answer.get_data(as_text=True)
    assert "What you typed is still on this page." in text
    assert "/accounts/sign-in?next=/intake/5?step%3D2" in text


@pytest.mark.parametrize(
    "referrer", ["http://evil.example/x", "http://localhost.evil.example/x", "http://localhost"]
)
def test_page_of_another_site_is_no_place_to_go_back_to(app: Flask, referrer: str) -> None:
    with app.test_request_context("/accounts/stay", method="POST", headers={"Referer": referrer}):
        assert carry.form_path() == "/"
