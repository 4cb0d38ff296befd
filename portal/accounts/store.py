"""All SQL of accounts. One indexed SELECT gives a session together with its person and their grants."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Table, bindparam, delete, func, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.accounts.actor import Actor, Desk, Grant, Role, UserId
from portal.accounts.models import ApiToken, GrantRow, IdempotencyKey, SessionRow, SignInAttempt, User
from portal.accounts.policy import permissions_of
from portal.core.db import core, db, unchanged
from portal.core.errors import NotFound
from portal.core.removal import Removal


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One row of the session table. `actor` is None for a visitor, and for a person whose account is no
    longer active.
    """

    id: str
    user_id: UserId | None
    data: dict[str, Any]
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    user_agent: str
    actor: Actor | None = None


@dataclass(frozen=True, slots=True)
class UsedToken:
    id: int
    last_used_at: datetime | None
    actor: Actor


def hold_lock(name: str) -> None:
    """Wait for, then hold, a named lock until the transaction ends. SQLite needs none: only one transaction
    writes at a time.
    """
    if db.engine.dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        db.session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


# --- people

_PERSON = (
    User.id.label("person_id"), User.email, User.name, User.desk, User.active, User.privacy, User.timezone,
    User.compact, User.keys, User.mail, GrantRow.role, GrantRow.scope,
)  # fmt: skip


def _actor(rows: Sequence[Any]) -> Actor | None:
    """The person of joined rows (one per grant); None without a person or when the account is not active."""
    if not rows or rows[0].person_id is None or not rows[0].active:
        return None
    first = rows[0]
    grants = frozenset(Grant(Role(row.role), row.scope) for row in rows if row.role is not None)
    return Actor(
        id=UserId(first.person_id),
        name=first.name,
        email=first.email,
        desk=Desk(first.desk),
        grants=grants,
        permissions=permissions_of(grants, privacy=first.privacy),
        timezone=first.timezone,
        compact=first.compact,
        keys=first.keys,
        mail=first.mail,
    )


def find_actor(email: str) -> Actor | None:
    """The active person with this address."""
    rows = db.session.execute(
        select(*_PERSON).outerjoin(GrantRow, GrantRow.user_id == User.id).where(User.email == email)
    ).all()
    return _actor(rows)


def find_user(email: str) -> User | None:
    return db.session.scalar(select(User).where(User.email == email))


def get_user(email: str) -> User:
    found = find_user(email)
    if found is None:
        raise NotFound(f"There is no account {email}.")
    return found


def find_mail_address(user_id: int) -> str | None:
    return db.session.scalar(select(User.email).where(User.id == user_id, User.active, User.mail))


def list_users() -> list[User]:
    return list(db.session.scalars(select(User).order_by(User.email, User.id)))


def list_grants(user_id: int) -> list[Grant]:
    rows = db.session.execute(
        select(GrantRow.role, GrantRow.scope)
        .where(GrantRow.user_id == user_id)
        .order_by(GrantRow.role, GrantRow.scope, GrantRow.id)
    )
    return [Grant(Role(role), scope) for role, scope in rows]


def update_user(user_id: int, **values: object) -> None:
    db.session.execute(update(User).where(User.id == user_id).values(**values))


def insert_grant(user_id: int, grant: Grant) -> None:
    db.session.execute(insert(GrantRow).values(user_id=user_id, role=grant.role, scope=grant.scope))


def delete_grant(user_id: int, grant: Grant) -> bool:
    return _changed(
        delete(GrantRow).where(
            GrantRow.user_id == user_id, GrantRow.role == grant.role, GrantRow.scope == grant.scope
        )
    )


# --- sessions

# Every page asks this one, so it is built once.
_SESSION = (
    select(*SessionRow.__table__.columns, *_PERSON)
    .outerjoin(User, User.id == SessionRow.user_id)
    .outerjoin(GrantRow, GrantRow.user_id == User.id)
    .where(SessionRow.id == bindparam("id"))
)


def find_session(id: str) -> OpenSession | None:
    """With its person, in one SELECT by primary key; expiry is the caller's question."""
    found = unchanged(("session", id), lambda: _read_session(id))
    return replace(found, data=deepcopy(found.data)) if found else None


def _read_session(id: str) -> OpenSession | None:
    rows = core(_SESSION, {"id": id}).all()
    return _open_session(rows[0], _actor(rows)) if rows else None


def _open_session(row: Any, actor: Actor | None = None) -> OpenSession:
    return OpenSession(
        id=row.id,
        user_id=UserId(row.user_id) if row.user_id is not None else None,
        data=dict(row.data),
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
        user_agent=row.user_agent,
        actor=actor,
    )


def list_sessions(user_id: UserId, now: datetime, seen_after: datetime) -> list[OpenSession]:
    """The person's living sessions, the one seen last first."""
    rows = db.session.scalars(
        select(SessionRow)
        .where(
            SessionRow.user_id == user_id, SessionRow.expires_at > now, SessionRow.last_seen_at > seen_after
        )
        .order_by(SessionRow.last_seen_at.desc(), SessionRow.id)
    )
    return [_open_session(row) for row in rows]


def insert_session(session: OpenSession) -> None:
    db.session.execute(
        insert(SessionRow).values(
            id=session.id,
            user_id=session.user_id,
            data=session.data,
            created_at=session.created_at,
            last_seen_at=session.last_seen_at,
            expires_at=session.expires_at,
            user_agent=session.user_agent,
        )
    )


def update_session(id: str, **values: object) -> bool:
    """False when the session has ended meanwhile: it does not come back."""
    return _changed(update(SessionRow).where(SessionRow.id == id).values(**values))


def delete_session(id: str) -> None:
    db.session.execute(delete(SessionRow).where(SessionRow.id == id))


def delete_sessions(user_id: int, *, but: str = "") -> None:
    db.session.execute(delete(SessionRow).where(SessionRow.user_id == user_id, SessionRow.id != but))


def delete_expired(now: datetime, attempts_before: datetime, keys_before: datetime) -> int:
    """Rows that nobody can use any more; how many."""
    return sum(
        core(statement).rowcount
        for statement in (
            delete(SessionRow).where(SessionRow.expires_at <= now),
            delete(SignInAttempt).where(SignInAttempt.at <= attempts_before),
            delete(IdempotencyKey).where(IdempotencyKey.at <= keys_before),
        )
    )


# --- sign-in attempts


def count_attempts(account: str, address: str, after: datetime) -> tuple[int, int]:
    """(of this account, from this address) since `after`."""
    of_account = select(func.count()).where(SignInAttempt.account == account, SignInAttempt.at > after)
    from_address = select(func.count()).where(SignInAttempt.address == address, SignInAttempt.at > after)
    return db.session.scalar(of_account) or 0, db.session.scalar(from_address) or 0


def insert_attempt(account: str, address: str, now: datetime) -> None:
    db.session.execute(insert(SignInAttempt).values(account=account, address=address, at=now))


def delete_attempts(account: str) -> None:
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.account == account))


# --- tokens and idempotency keys

_TOKEN = (
    select(ApiToken.id.label("token_id"), ApiToken.last_used_at, *_PERSON)
    .join(User, User.id == ApiToken.user_id)
    .outerjoin(GrantRow, GrantRow.user_id == User.id)
    .where(ApiToken.hash == bindparam("hash"), ApiToken.revoked_at.is_(None))
)


def find_token(token_hash: str) -> UsedToken | None:
    """A token in force, with its active owner."""
    rows = core(_TOKEN, {"hash": token_hash}).all()
    actor = _actor(rows)
    return UsedToken(rows[0].token_id, rows[0].last_used_at, actor) if actor else None


def revoke_tokens(user_id: int, now: datetime, label: str | None = None) -> int:
    """How many were in force; with a label only those, else all of the person's."""
    statement = update(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    if label is not None:
        statement = statement.where(ApiToken.label == label)
    return cast(CursorResult[Any], db.session.execute(statement.values(revoked_at=now))).rowcount


def touch_token(id: int, now: datetime) -> None:
    db.session.execute(update(ApiToken).where(ApiToken.id == id).values(last_used_at=now))


_KEYS = cast(Table, IdempotencyKey.__table__)
_CLAIMS = {
    name: insert_into(_KEYS).on_conflict_do_nothing(index_elements=["user_id", "key"]).returning(_KEYS.c.id)
    for name, insert_into in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_RESULT = (
    _KEYS.update()
    .where(_KEYS.c.user_id == bindparam("of_user"), _KEYS.c.key == bindparam("of_key"))
    .values(result=bindparam("got", type_=_KEYS.c.result.type))
)


def claim_key(user_id: UserId, key: str, payload_hash: str, now: datetime) -> bool:
    """True for the first sender. On PostgreSQL a second one waits here until the first has committed or
    rolled back.
    """
    values = {"user_id": user_id, "key": key, "payload_hash": payload_hash, "result": None, "at": now}
    return core(_CLAIMS[db.engine.dialect.name], values).first() is not None


def get_key(user_id: UserId, key: str) -> IdempotencyKey:
    return db.session.execute(
        select(IdempotencyKey).where(IdempotencyKey.user_id == user_id, IdempotencyKey.key == key)
    ).scalar_one()


def set_key_result(user_id: UserId, key: str, result: dict[str, Any]) -> None:
    core(_RESULT, {"of_user": user_id, "of_key": key, "got": result})


def remove_words(removal: Removal) -> None:
    """From what forms that wait for a sign-in, and first results, repeat of a ticket."""
    removal.rows([SessionRow.data], skip={"csrf_token"})
    removal.rows([IdempotencyKey.result])


def _changed(statement: Any) -> bool:
    """Did this INSERT, UPDATE or DELETE meet a row?"""
    return cast(CursorResult[Any], db.session.execute(statement)).rowcount > 0
