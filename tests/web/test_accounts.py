"""Signing in and out, one's own account, and sessions, as a person at a browser sees them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, update

from portal.accounts import service, store
from portal.accounts.actor import COMMAND_LINE, Actor, Role
from portal.accounts.models import AuditRow, SessionRow, SignInAttempt, User
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from tests.conftest import Browse, open_session
from tests.factories import PASSWORD, make_user

REFUSED = "The e-mail or the password is not right, or there were too many tries."
SignIn = Callable[..., Actor]


@pytest.fixture
def agent(app: Flask) -> Actor:
    with app.app_context():
        return make_user(Role.AGENT)


def try_sign_in(
    browse: Browse, email: str = "agent@example.org", password: str = PASSWORD, **more: str
) -> str:
    browse.get("/accounts/sign-in")
    return browse.post("/accounts/sign-in", email=email, password=password, next="/accounts/", **more).words


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("portal")
    return found.value if found else ""


def audited(app: Flask) -> list[tuple[str, str, str, str]]:
    with app.app_context():
        rows = db.session.execute(
            select(AuditRow.who, AuditRow.what, AuditRow.object, AuditRow.result).order_by(AuditRow.id)
        )
        return [tuple(row) for row in rows]


def test_person_signs_in_and_sees_their_account(browse: Browse, agent: Actor) -> None:
    words = try_sign_in(browse)
    assert "agent@example.org" in words
    assert "HRC help desk (Tier 1)" in words
    assert "Agent" in words


def test_email_is_taken_in_any_case_and_with_spaces_around(browse: Browse, agent: Actor) -> None:
    assert "My account" in try_sign_in(browse, email=" Agent@Example.ORG ")


def test_page_that_needs_sign_in_leads_there_and_back(client: FlaskClient, agent: Actor) -> None:
    response = client.get("/accounts/?tab=a%20b")
    assert response.status_code == 302
    assert response.headers["Location"] == "/accounts/sign-in?next=/accounts/?tab%3Da%2520b"


@pytest.mark.parametrize(
    ("email", "password"),
    [("agent@example.org", "wrong"), ("nobody@example.org", PASSWORD), ("agent@example.org", "x" * 257)],
)
def test_every_refusal_says_the_same(browse: Browse, agent: Actor, email: str, password: str) -> None:
    browse.get("/accounts/sign-in")
    page = browse.post("/accounts/sign-in", email=email, password=password)
    assert page.status == 422
    if len(password) < 257:
        assert REFUSED in page.words
    assert password not in page.text


def test_disabled_account_is_refused_with_the_same_words(app: Flask, browse: Browse, agent: Actor) -> None:
    with app.app_context(), transaction():
        service.disable_user(COMMAND_LINE, agent.email)
    assert REFUSED in try_sign_in(browse)


def test_fourth_try_is_refused_even_with_the_right_password(browse: Browse, agent: Actor) -> None:
    for _ in range(3):
        assert REFUSED in try_sign_in(browse, password="wrong")
    assert REFUSED in try_sign_in(browse)


def test_lock_ends_fifteen_minutes_after_the_tries(app: Flask, browse: Browse, agent: Actor) -> None:
    for _ in range(3):
        try_sign_in(browse, password="wrong")
    with app.app_context(), transaction():
        db.session.execute(update(SignInAttempt).values(at=utcnow() - timedelta(minutes=16)))
    assert "My account" in try_sign_in(browse)


def test_success_forgets_earlier_failures(app: Flask, browse: Browse, agent: Actor) -> None:
    for _ in range(2):
        try_sign_in(browse, password="wrong")
    try_sign_in(browse)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(SignInAttempt)) == 0


def test_sixty_failures_from_one_address_stop_it_for_every_account(
    app: Flask, browse: Browse, agent: Actor
) -> None:
    with app.app_context(), transaction():
        for number in range(60):
            assert service.note_attempt(f"guess{number}@example.org", "127.0.0.1", utcnow())
    assert REFUSED in try_sign_in(browse)


def test_both_results_of_sign_in_are_audited_without_what_was_typed(
    app: Flask, browse: Browse, agent: Actor
) -> None:
    try_sign_in(browse, password="wrong")
    try_sign_in(browse, email="my-secret@pass.word")
    try_sign_in(browse)
    assert audited(app) == [
        ("-", "sign in", f"user:{agent.id}", "refused"),
        ("-", "sign in", "user:unknown", "refused"),
        ("agent@example.org", "sign in", f"user:{agent.id}", "ok"),
    ]


def test_sign_in_gives_a_new_session_id_and_ends_the_old_one(
    app: Flask, client: FlaskClient, browse: Browse, agent: Actor
) -> None:
    browse.get("/accounts/sign-in")
    before = cookie(client)
    browse.post("/accounts/sign-in", email=agent.email, password=PASSWORD)
    after = cookie(client)
    assert before != after
    with app.app_context():
        assert store.find_session(service.secret_hash(before)) is None
        row = db.session.execute(select(SessionRow)).scalar_one()
        assert row.id == service.secret_hash(after)


def test_cookie_value_is_stored_nowhere(app: Flask, client: FlaskClient, sign_in: SignIn) -> None:
    sign_in()
    with app.app_context():
        row = db.session.execute(select(SessionRow)).scalar_one()
        assert cookie(client) not in str(vars(row))
    assert len(cookie(client)) >= 43


def test_cookie_is_plain_on_loopback_and_host_bound_on_https(
    client: FlaskClient, make_app: Callable[..., Flask]
) -> None:
    plain = client.get("/accounts/sign-in").headers["Set-Cookie"]
    assert plain.startswith("portal=")
    assert plain.endswith("; HttpOnly; Path=/; SameSite=Lax")
    secure = make_app(public_url="https://portal.example.org").test_client()
    answer = secure.get("/accounts/sign-in", base_url="https://portal.example.org")
    assert answer.headers["Set-Cookie"].startswith("__Host-portal=")
    assert answer.headers["Set-Cookie"].endswith("; Secure; HttpOnly; Path=/; SameSite=Lax")


def test_looking_at_a_signed_in_page_writes_nothing(app: Flask, client: FlaskClient, sign_in: SignIn) -> None:
    sign_in()
    with app.app_context():
        before = db.session.execute(select(SessionRow.data, SessionRow.last_seen_at)).one()
    assert client.get("/accounts/").status_code == 200
    with app.app_context():
        assert db.session.execute(select(SessionRow.data, SessionRow.last_seen_at)).one() == before


def test_session_and_person_cost_one_select_by_index(app: Flask, browse: Browse, sign_in: SignIn) -> None:
    sign_in()
    selects: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            selects.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        browse.send("/accounts/stay")
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(selects) == 1
    with engine.connect() as connection:
        plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {selects[0]}", ("x",)).all())
    assert "SCAN" not in plan


def seen(app: Flask, minutes: float = 0, *, hours: float = 0) -> None:
    """Let the session be last seen so long ago, or made so long ago."""
    with app.app_context(), transaction():
        row = db.session.execute(select(SessionRow)).scalar_one()
        row.last_seen_at -= timedelta(minutes=minutes)
        row.expires_at -= timedelta(hours=hours)


@pytest.mark.parametrize(
    ("minutes", "hours", "status"), [(14.9, 0, 200), (15, 0, 302), (0, 11.9, 200), (0, 12, 302)]
)
def test_session_ends_after_15_idle_minutes_and_after_12_hours(
    app: Flask, client: FlaskClient, sign_in: SignIn, minutes: float, hours: float, status: int
) -> None:
    sign_in()
    seen(app, minutes, hours=hours)
    assert client.get("/accounts/").status_code == status


def test_session_notes_once_a_minute_when_it_was_seen(
    app: Flask, client: FlaskClient, sign_in: SignIn
) -> None:
    sign_in()
    seen(app, 2)
    client.get("/accounts/")
    with app.app_context():
        last_seen = db.session.execute(select(SessionRow.last_seen_at)).scalar_one()
    assert utcnow() - last_seen < timedelta(seconds=30)


def test_page_knows_the_seconds_until_sign_out(app: Flask, client: FlaskClient, sign_in: SignIn) -> None:
    sign_in()
    seen(app, 0.5)
    text = client.get("/accounts/").get_data(as_text=True)
    assert any(f'data-seconds="{second}"' in text for second in range(860, 871))


def test_stay_keeps_the_session_alive(app: Flask, browse: Browse, sign_in: SignIn) -> None:
    sign_in()
    seen(app, 14)
    browse.url = "/accounts/"
    answer = browse.send("/accounts/stay")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/accounts/")
    seen(app, 14)
    assert (
        browse.client.post(
            "/accounts/stay", headers={"HX-Request": "true", "X-CSRFToken": browse.token}
        ).status_code
        == 204
    )


def test_sign_out_ends_the_session_on_the_server(
    app: Flask, client: FlaskClient, browse: Browse, sign_in: SignIn
) -> None:
    sign_in()
    old = cookie(client)
    page = browse.post("/accounts/sign-out")
    assert "You are signed out." in page.words
    client.set_cookie("portal", old)
    assert client.get("/accounts/").status_code == 302


def test_sign_out_everywhere_ends_every_session_of_this_person_only(
    app: Flask, browse: Browse, sign_in: SignIn
) -> None:
    sign_in("agent")
    other, desk = app.test_client(), app.test_client()
    with app.app_context():
        analyst = make_user(Role.ANALYST)
        agent = store.find_actor("agent@example.org")
    assert agent
    open_session(app, other, agent)
    open_session(app, desk, analyst)
    browse.post("/accounts/sign-out-everywhere")
    assert other.get("/accounts/").status_code == 302
    assert desk.get("/accounts/").status_code == 200


def test_disabled_account_loses_its_session_at_once(app: Flask, client: FlaskClient, sign_in: SignIn) -> None:
    person = sign_in()
    with app.app_context(), transaction():
        db.session.execute(update(User).values(active=False))  # even if its rows were still there
    assert client.get("/accounts/").status_code == 302
    with app.app_context(), transaction():
        service.disable_user(COMMAND_LINE, person.email)
    with app.app_context():
        assert (
            db.session.scalar(
                select(func.count()).select_from(SessionRow).where(SessionRow.user_id == person.id)
            )
            == 0
        )


def test_new_role_ends_the_sessions_so_that_the_id_is_new(
    app: Flask, client: FlaskClient, sign_in: SignIn
) -> None:
    person = sign_in()
    with app.app_context(), transaction():
        service.grant(COMMAND_LINE, person.email, Role.ANALYST)
    assert client.get("/accounts/").status_code == 302


def test_password_changes_and_other_sessions_end(
    app: Flask, client: FlaskClient, browse: Browse, sign_in: SignIn
) -> None:
    person = sign_in()
    with app.app_context(), transaction():
        service.open_session(
            person.id, data={}, lifetime=timedelta(hours=1), user_agent="Other", now=utcnow()
        )
    new = "another long password"
    page = browse.post("/accounts/password", old_password=PASSWORD, new_password=new, again_password=new)
    assert "Your password is changed. Your other sessions have ended." in page.words
    with app.app_context():
        assert db.session.execute(select(SessionRow.id)).scalar_one() == service.secret_hash(cookie(client))
        assert service.authenticate(person.email, new) == person.id


@pytest.mark.parametrize(
    ("old", "new", "again", "message"),
    [
        ("wrong", "another long password", "another long password", "This is not your current password"),
        (PASSWORD, "short", "short", "Use at least 12 characters."),
        (PASSWORD, "agent@example.org", "agent@example.org", "Use something else than your e-mail address."),
        (PASSWORD, "another long password", "another", "The two new passwords differ."),
    ],
)
def test_password_that_breaks_a_rule_is_refused_beside_its_field(
    browse: Browse, sign_in: SignIn, old: str, new: str, again: str, message: str
) -> None:
    sign_in()
    page = browse.post("/accounts/password", old_password=old, new_password=new, again_password=again)
    assert page.status == 422
    assert message in page.words


def test_settings_are_kept(app: Flask, browse: Browse, sign_in: SignIn) -> None:
    sign_in()
    page = browse.post("/accounts/preferences", timezone="America/Denver", compact="y")
    assert "Your settings are saved." in page.words
    with app.app_context():
        actor = store.find_actor("agent@example.org")
    assert actor is not None
    assert (actor.timezone, actor.compact, actor.keys) == ("America/Denver", True, False)


def test_notice_is_shown_when_it_is_set(make_app: Callable[..., Flask]) -> None:
    page = Browse(make_app(notice="Government system. Use is monitored.").test_client()).get(
        "/accounts/sign-in"
    )
    assert "Government system. Use is monitored." in page.words


def test_demo_accounts_sign_in_with_one_click_and_only_in_demo(
    browse: Browse, make_app: Callable[..., Flask], agent: Actor
) -> None:
    assert "Demo accounts" not in browse.get("/accounts/sign-in").words
    demo = Browse(make_app(demo=True, demo_password=PASSWORD).test_client())
    form = demo.get("/accounts/sign-in").forms[-1]
    assert form.fields["email"] == "agent@example.org"
    assert "My account" in demo.post("/accounts/sign-in", **{**form.fields, "next": "/accounts/"}).words
