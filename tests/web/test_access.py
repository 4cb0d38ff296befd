"""Who may enter: every endpoint of the portal, as every role, as a page and as a fragment. From the one
policy table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from werkzeug.routing import Rule

from portal.accounts import access, service
from portal.accounts.actor import COMMAND_LINE, Actor, Permission, Role
from portal.accounts.models import ApiToken, AuditRow
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.web.security import safe_path
from tests.conftest import open_session
from tests.factories import make_user

SignIn = Callable[..., Actor]


def rules(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """(rule, a sample path, method) of every endpoint."""
    adapter = app.create_url_adapter(None) or app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        values = {name: _sample(rule, name) for name in rule.arguments}
        if rule.endpoint in app.view_functions:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, adapter.build(rule.endpoint, values, method=method), method


def _sample(rule: Rule, name: str) -> object:
    kind = type(rule._converters[name]).__name__
    return 1 if kind == "IntegerConverter" else "x"


@pytest.fixture
def entered(app: Flask) -> Iterator[list[str]]:
    """Every view replaced by one that only notes that it was entered: no room needs sample data here."""
    real, names = dict(app.view_functions), []

    def stand_in(name: str) -> Callable[..., str]:
        def note(**_values: object) -> str:
            names.append(name)
            return "entered"

        return note

    app.view_functions.update({name: stand_in(name) for name in real})
    yield names
    app.view_functions.update(real)


HTMX = pytest.mark.parametrize(
    "htmx", [{}, {"HX-Request": "true", "HX-Target": "main"}], ids=["page", "fragment"]
)


@HTMX
def test_nobody_enters_without_an_account_but_by_a_public_page(
    app: Flask, entered: list[str], htmx: dict[str, str]
) -> None:
    """A page leads to sign-in, a fragment, a form and the API answer 401."""
    wrong = []
    for rule, path, method in rules(app):
        if app.extensions[access.TABLE][rule.endpoint] == access.PUBLIC:
            continue
        status = app.test_client().open(path, method=method, headers=htmx).status_code
        if status != (302 if method == "GET" and not htmx and not access.is_api(path) else 401):
            wrong.append((path, method, status))
    assert wrong == []
    assert entered == []


@HTMX
@pytest.mark.parametrize("role", [None, *Role], ids=str)
def test_every_role_enters_where_the_table_says_and_nowhere_else(
    app: Flask, entered: list[str], role: Role | None, htmx: dict[str, str]
) -> None:
    client = app.test_client()
    with app.app_context():
        actor = make_user(role)
    headers = {**htmx, "Authorization": f"Bearer {token_of(app, actor.email)}"}
    headers["X-CSRFToken"] = open_session(app, client, actor)
    wrong = []
    for rule, path, method in rules(app):
        mark = app.extensions[access.TABLE][rule.endpoint]
        expected = 403 if isinstance(mark, Permission) and not actor.may(mark) else 200
        if (
            mark != access.PUBLIC
            and (status := client.open(path, method=method, headers=headers).status_code) != expected
        ):
            wrong.append((path, method, status))
    assert wrong == []


def test_no_form_is_taken_without_its_token(app: Flask, entered: list[str]) -> None:
    client = app.test_client()
    with app.app_context():
        actor = make_user(Role.ADMIN, privacy=True)
        with transaction():
            for role in set(Role) - {Role.ADMIN}:
                service.grant(COMMAND_LINE, actor.email, role)
    open_session(app, client, actor)
    for _rule, path, method in rules(app):
        if method != "GET" and not access.is_api(path):
            client.open(path, method=method)
    assert entered == []


def test_every_role_may_open_its_own_account(app: Flask) -> None:
    for role in (None, *Role):
        client = app.test_client()
        with app.app_context():
            actor = make_user(role)
        open_session(app, client, actor)
        assert client.get("/accounts/").status_code == 200


def test_unmarked_endpoint_stops_the_start(app: Flask) -> None:
    bare = Flask("bare")
    bare.add_url_rule("/x", "room.unmarked", lambda: "x")
    bare.view_functions.pop("static", None)
    with pytest.raises(access.UnmarkedEndpoint, match=r"room\.unmarked"):
        access.collect_policy(bare)


def test_endpoint_that_slips_in_after_the_start_does_not_exist(
    app: Flask, client: FlaskClient, sign_in: SignIn
) -> None:
    sign_in("admin")
    table = app.extensions[access.TABLE]
    mark = table.pop("accounts.show_account")
    try:
        assert client.get("/accounts/").status_code == 404
    finally:
        table["accounts.show_account"] = mark


def test_refusal_is_audited(app: Flask, client: FlaskClient, sign_in: SignIn) -> None:
    sign_in("agent")
    table = app.extensions[access.TABLE]
    table["accounts.show_account"], mark = Permission.ADMIN, table["accounts.show_account"]
    try:
        assert client.get("/accounts/").status_code == 403
    finally:
        table["accounts.show_account"] = mark
    with app.app_context():
        row = db.session.execute(select(AuditRow).where(AuditRow.result == "refused")).scalar_one()
        assert (row.who, row.what, row.object) == ("agent@example.org", "open", "accounts.show_account")
        assert row.address == "127.0.0.1"


# --- tokens and the API


def a_call(app: Flask) -> str:
    """A GET address of the API that needs an account."""
    table = app.extensions[access.TABLE]
    return next(
        path
        for rule, path, method in rules(app)
        if access.is_api(path) and method == "GET" and table[rule.endpoint] != access.PUBLIC
    )


def token_of(app: Flask, email: str) -> str:
    with app.app_context(), transaction():
        return service.create_token(COMMAND_LINE, email, "test")


def test_api_takes_a_token_and_never_the_cookie(app: Flask, client: FlaskClient, sign_in: SignIn) -> None:
    person = sign_in("analyst")
    path = a_call(app)
    refused = client.get(path)
    assert refused.status_code == 401
    assert refused.content_type == "application/problem+json"
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    token = token_of(app, person.email)
    answer = app.test_client().get(path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code not in (401, 403)
    assert "Set-Cookie" not in answer.headers


def test_token_opens_no_page(app: Flask, client: FlaskClient, sign_in: SignIn) -> None:
    token = token_of(app, sign_in("admin").email)
    answer = app.test_client().get("/accounts/", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 302


@pytest.mark.parametrize("scheme", ["Basic", "Bearer x", ""])
def test_other_credentials_are_refused(app: Flask, sign_in: SignIn, scheme: str) -> None:
    token = token_of(app, sign_in("analyst").email)
    answer = app.test_client().get(a_call(app), headers={"Authorization": f"{scheme} {token}"})
    assert answer.status_code == 401


def test_revoked_token_and_token_of_a_disabled_account_are_refused(app: Flask, sign_in: SignIn) -> None:
    person, path = sign_in("analyst"), a_call(app)
    revoked = {"Authorization": f"Bearer {token_of(app, person.email)}"}
    with app.app_context(), transaction():
        assert service.revoke_token(COMMAND_LINE, person.email, "test") == 1
    assert app.test_client().get(path, headers=revoked).status_code == 401
    orphan = {"Authorization": f"Bearer {token_of(app, person.email)}"}
    with app.app_context(), transaction():
        service.disable_user(COMMAND_LINE, person.email)
    assert app.test_client().get(path, headers=orphan).status_code == 401


def test_token_notes_once_a_minute_when_it_was_used(app: Flask, sign_in: SignIn) -> None:
    headers = {"Authorization": f"Bearer {token_of(app, sign_in('analyst').email)}"}
    app.test_client().get(a_call(app), headers=headers)
    with app.app_context():
        first = db.session.scalar(select(ApiToken.last_used_at))
    app.test_client().get(a_call(app), headers=headers)
    with app.app_context():
        assert first is not None
        assert db.session.scalar(select(ApiToken.last_used_at)) == first
        with transaction():
            db.session.execute(update(ApiToken).values(last_used_at=None))
    assert (utcnow() - first).total_seconds() < 30


# --- where a redirect may lead


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "",
        "evil",
        "/a\nb",
        "/a\tb",
        "\\/x",
        None,
        "/\x00",
    ],
)
def test_redirect_leads_home_for_anything_but_a_path(target: str | None) -> None:
    assert safe_path(target) == "/"


@given(st.text(st.sampled_from("/\\ab:.@?#%\n\r\t\x00é "), max_size=12) | st.text(max_size=30))
def test_redirect_never_leaves_the_portal(target: str) -> None:
    path = safe_path(target)
    assert path[0] == "/"
    assert path[1:2] not in ("/", "\\")
    assert path.isprintable()
    assert path in (target, "/")
