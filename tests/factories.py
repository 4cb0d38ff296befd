"""`make_x(**kw)` saves a row and needs an app context; `an_x(**kw)` builds a value. Sensible defaults for the
rest.
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import insert
from werkzeug.security import generate_password_hash

from portal.accounts import store
from portal.accounts.actor import Actor, Desk, Grant, Role, UserId
from portal.accounts.models import User
from portal.accounts.policy import permissions_of
from portal.core.db import db, transaction

PASSWORD = "correct horse battery"
DESKS = {Role.AGENT: Desk.HRC, Role.DESK_LEAD: Desk.HRC}


@cache
def quick_hash(password: str = PASSWORD) -> str:
    """Few rounds: the tests check what the portal does with a password, not how slow it is."""
    return generate_password_hash(password, "pbkdf2:sha256:10")


def an_actor(role: Role | None = Role.AGENT, *, privacy: bool = False, **values: object) -> Actor:
    grants = frozenset({Grant(role)} if role else ())
    given = {
        "id": UserId(1), "name": "Agent", "email": "agent@example.org", "desk": DESKS.get(role, Desk.NONE),
        "grants": grants, "permissions": permissions_of(grants, privacy=privacy),
    }  # fmt: skip
    return Actor(**{**given, **values})  # type: ignore[arg-type]


def make_user(
    role: Role | None = Role.AGENT,
    *,
    email: str | None = None,
    name: str = "",
    desk: Desk | None = None,
    scope: str = "",
    privacy: bool = False,
) -> Actor:
    """An account with PASSWORD and at most one role, such as agent@example.org."""
    email = email or f"{role or 'nobody'}@example.org"
    with transaction():
        values = {
            "email": email, "name": name or email.split("@")[0].capitalize(), "privacy": privacy,
            "desk": desk or DESKS.get(role, Desk.NONE), "password_hash": quick_hash(),
        }  # fmt: skip
        user_id = db.session.execute(insert(User).values(**values).returning(User.id)).scalar_one()
        if role:
            store.insert_grant(user_id, Grant(role, scope))
    actor = store.find_actor(email)
    db.session.rollback()
    assert actor is not None
    return actor
