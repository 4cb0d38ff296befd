"""The audit chain, idempotency keys, and what the services refuse, on a real database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from portal.accounts import service, store
from portal.accounts.actor import COMMAND_LINE, Actor, Desk, Grant, Role
from portal.accounts.models import ApiToken, AuditRow, IdempotencyKey, SessionRow, SignInAttempt, User
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.core.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import an_actor, make_user, quick_hash

NOW = utcnow()


@pytest.fixture(autouse=True)
def context(app: Flask) -> object:
    with app.app_context():
        yield


# --- audit


def write_three() -> None:
    for number in range(3):
        with transaction():
            service.audit(an_actor(), "read", f"ticket:{number}", "ok", NOW)


def test_chain_of_the_audit_log_holds() -> None:
    assert service.verify_chain() is None
    write_three()
    assert service.verify_chain() is None


@pytest.mark.parametrize("column", ["who", "what", "object", "result", "address", "request_id", "at"])
def test_changed_row_breaks_the_chain(column: str) -> None:
    write_three()
    drop_triggers()
    with transaction():
        value = "2020-01-01 00:00:00" if column == "at" else "changed"
        db.session.execute(text(f"UPDATE audit SET {column} = :value WHERE id = 2"), {"value": value})
    assert service.verify_chain() == 2


def test_removed_row_breaks_the_chain() -> None:
    write_three()
    drop_triggers()
    with transaction():
        db.session.execute(text("DELETE FROM audit WHERE id = 2"))
    assert service.verify_chain() == 3


def drop_triggers() -> None:
    with transaction():
        for verb in ("update", "delete"):
            db.session.execute(text(f"DROP TRIGGER audit_no_{verb}"))


@pytest.mark.parametrize("change", ["UPDATE audit SET who = 'x'", "DELETE FROM audit"])
def test_database_refuses_to_change_the_audit_log(change: str) -> None:
    write_three()
    with pytest.raises(IntegrityError, match="audit is append-only"), transaction():
        db.session.execute(text(change))
    assert service.verify_chain() is None


def test_control_characters_are_escaped() -> None:
    with transaction():
        service.audit(None, "read\n2026 forged line", "x\x1b[2J\u202e", "ok", NOW)
    row = db.session.execute(select(AuditRow)).scalar_one()
    assert (row.who, row.what, row.object) == ("-", "read\\n2026 forged line", "x\\x1b[2J\\u202e")


def test_refused_action_leaves_no_audit_row() -> None:
    def fail() -> None:
        service.audit(an_actor(), "read", "x", "ok", NOW)
        raise Invalid("no")

    with pytest.raises(Invalid), transaction():
        fail()
    assert db.session.scalar(select(func.count()).select_from(AuditRow)) == 0


# --- one result for one key


def file_once(user: Actor, payload: dict[str, object], key: str = "k1") -> tuple[dict[str, object], bool]:
    with transaction():
        return service.once(
            user.id, key, service.payload_hash(payload), lambda: {"number": count_calls()}, NOW
        )


calls: list[int] = []


def count_calls() -> int:
    calls.append(1)
    return len(calls)


@pytest.fixture(autouse=True)
def no_calls() -> None:
    calls.clear()


def test_same_key_and_payload_give_the_first_result_again() -> None:
    user = make_user()
    assert file_once(user, {"a": 1, "b": 2}) == ({"number": 1}, True)
    assert file_once(user, {"b": 2, "a": 1}) == ({"number": 1}, False)
    assert len(calls) == 1


def test_same_key_with_another_payload_is_a_conflict() -> None:
    user = make_user()
    file_once(user, {"a": 1})
    with pytest.raises(Conflict):
        file_once(user, {"a": 2})


def test_key_of_another_person_is_another_key() -> None:
    assert file_once(make_user(), {"a": 1})[1]
    assert file_once(make_user(Role.ANALYST), {"a": 1})[1]


def test_key_of_a_try_that_failed_can_be_used_again() -> None:
    user = make_user()

    def fail() -> dict[str, object]:
        raise Invalid("no")

    with pytest.raises(Invalid), transaction():
        service.once(user.id, "k1", service.payload_hash({"a": 1}), fail, NOW)
    assert file_once(user, {"a": 1}) == ({"number": 1}, True)


@pytest.mark.parametrize("key", ["", "x" * 201, "a\nb"])
def test_key_that_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(Invalid):
        file_once(make_user(), {"a": 1}, key)


def test_twenty_senders_at_once_make_one_thing(app: Flask) -> None:
    user, together = make_user(), Barrier(20)

    def send(_: int) -> tuple[dict[str, object], bool]:
        with app.app_context():
            together.wait()
            return file_once(user, {"a": 1})

    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(send, range(20)))
    assert [result for result, _ in results] == [{"number": 1}] * 20
    assert sum(made for _, made in results) == 1
    assert len(calls) == 1


def test_what_nobody_can_use_any_more_goes_at_the_next_sign_in() -> None:
    user = make_user()
    old = NOW - timedelta(days=8)
    with transaction():
        service.once(user.id, "old", "x", dict, old)
        service.once(user.id, "new", "x", dict, NOW)
        service.open_session(user.id, data={}, lifetime=timedelta(hours=1), user_agent="", now=old)
        store.insert_attempt("a", "b", old)
    with transaction():
        service.sign_in(user.email, data={}, lifetime=timedelta(hours=1), user_agent="", replaces=None)
    assert db.session.scalars(select(IdempotencyKey.key)).all() == ["new"]
    assert db.session.scalar(select(func.count()).select_from(SessionRow)) == 1
    assert db.session.scalar(select(func.count()).select_from(SignInAttempt)) == 0


# --- throttle under load


def test_three_of_many_tries_at_once_are_looked_at(app: Flask) -> None:
    together = Barrier(10)

    def attempt(_: int) -> bool:
        with app.app_context():
            together.wait()
            with transaction():
                return service.note_attempt("a@example.org", "10.0.0.1", NOW)

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(attempt, range(10))) == 3


# --- managing accounts


@pytest.mark.parametrize("role", [Role.AGENT, Role.ANALYST, Role.EDITOR, Role.DESK_LEAD, None])
def test_only_an_admin_manages_accounts(role: Role | None) -> None:
    make_user(Role.AGENT)
    actor = an_actor(role)
    tries = [
        lambda: service.create_user(actor, email="a@b.org", name="A", desk=Desk.HRC, password_hash=None),
        lambda: service.disable_user(actor, "agent@example.org"),
        lambda: service.grant(actor, "agent@example.org", Role.AGENT),
        lambda: service.revoke(actor, "agent@example.org", Role.AGENT),
        lambda: service.set_privacy(actor, "agent@example.org", held=True),
        lambda: service.set_password(actor, "agent@example.org", quick_hash()),
        lambda: service.create_token(actor, "agent@example.org"),
        lambda: service.revoke_token(actor, "agent@example.org"),
    ]
    for one in tries:
        with pytest.raises(NotAllowed), transaction():
            one()
    assert service.verify_chain() is None
    assert db.session.scalar(select(func.count()).select_from(AuditRow)) == 0


def test_email_is_unique_whatever_its_case() -> None:
    make_user(Role.AGENT)
    with pytest.raises(Conflict, match=r"agent@example\.org"), transaction():
        service.create_user(
            COMMAND_LINE, email="AGENT@example.org", name="A", desk=Desk.HRC, password_hash=None
        )
    assert db.session.scalar(select(func.count()).select_from(User)) == 1


@pytest.mark.parametrize("email", ["", "a", "a@", "@b", "a b@c.org", "a@b\n.org", "a@b@c"])
def test_address_that_is_none_is_refused(email: str) -> None:
    with pytest.raises(Invalid), transaction():
        service.create_user(COMMAND_LINE, email=email, name="A", desk=Desk.HRC, password_hash=None)


def test_unknown_account_is_not_found() -> None:
    with pytest.raises(NotFound, match=r"nobody@example\.org"), transaction():
        service.disable_user(COMMAND_LINE, "nobody@example.org")


@pytest.mark.parametrize(
    ("role", "scope", "fits"),
    [
        (Role.EDITOR, "secure-messaging", True), (Role.EDITOR, "", True), (Role.EDITOR, "No team", False),
        (Role.DESK_LEAD, "hrc", True), (Role.DESK_LEAD, "elsewhere", False), (Role.AGENT, "hrc", False),
    ],
)  # fmt: skip
def test_scope_fits_its_role(role: Role, scope: str, fits: bool) -> None:
    user = make_user(None)
    if not fits:
        with pytest.raises(Invalid), transaction():
            service.grant(COMMAND_LINE, user.email, role, scope)
        return
    with transaction():
        service.grant(COMMAND_LINE, user.email, role, scope)
    actor = store.find_actor(user.email)
    assert actor is not None
    assert actor.grants == {Grant(role, scope)}


def test_grant_and_revoke_are_audited_with_who_did_it() -> None:
    user = make_user(None)
    with transaction():
        service.grant(COMMAND_LINE, user.email, Role.EDITOR, "portal")
        service.revoke(COMMAND_LINE, user.email, Role.EDITOR, "portal")
        service.set_privacy(COMMAND_LINE, user.email, held=True)
    rows = db.session.execute(
        select(AuditRow.who, AuditRow.what, AuditRow.object, AuditRow.result).order_by(AuditRow.id)
    )
    subject = f"user:{user.id}"
    assert [tuple(row) for row in rows] == [
        ("cli", "grant editor", subject, "portal"),
        ("cli", "revoke editor", subject, "portal"),
        ("cli", "grant privacy", subject, "ok"),
    ]


def test_token_is_stored_as_a_hash() -> None:
    user = make_user()
    with transaction():
        token = service.create_token(COMMAND_LINE, user.email, "tests")
    row = db.session.execute(select(ApiToken)).scalar_one()
    assert token not in str(vars(row))
    used = service.actor_of_token(token)
    assert used is not None
    assert used.actor.id == user.id


# --- commands


def run(app: Flask, *words: str, answers: str = "") -> tuple[int, str]:
    db.session.rollback()
    result = app.test_cli_runner().invoke(args=["accounts", *words], input=answers)
    return result.exit_code, result.output


def test_commands_make_an_account_that_can_sign_in_and_call_the_api(app: Flask) -> None:
    password = "a long enough one"
    code, _ = run(
        app, "add", "New@example.org", "--name", "New", "--desk", "hrc", answers=f"{password}\n{password}\n"
    )
    assert code == 0
    assert run(app, "grant", "new@example.org", "editor", "--scope", "portal")[0] == 0
    assert run(app, "privacy", "new@example.org", "on")[0] == 0
    assert run(app, "list")[1] == "new@example.org hrc editor:portal privacy\n"
    person = service.authenticate("new@example.org", password)
    assert person is not None
    token = run(app, "token", "new@example.org", "--label", "bot")[1].splitlines()[-1]
    used = service.actor_of_token(token)
    assert used is not None
    assert used.actor.id == person
    assert run(app, "revoke-token", "new@example.org")[1] == "Ended 1 token of new@example.org.\n"
    assert run(app, "revoke", "new@example.org", "editor", "--scope", "portal")[0] == 0
    assert run(app, "password", "new@example.org", "--password", "quite another one")[0] == 0
    assert run(app, "disable", "new@example.org")[0] == 0
    assert run(app, "list")[1] == "new@example.org hrc privacy disabled\n"
    assert service.verify_chain() is None


def test_command_that_fails_says_why_and_exits_with_1(app: Flask) -> None:
    assert run(app, "disable", "nobody@example.org") == (
        1,
        "Error: There is no account nobody@example.org.\n",
    )
    code, said = run(app, "add", "a@b.org", "--name", "A", "--password", "short")
    assert (code, said) == (1, "Error: Use at least 12 characters.\n")
