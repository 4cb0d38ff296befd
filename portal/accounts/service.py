"""What people do with accounts. Every function runs in the caller's transaction, but for the two that take
time on purpose: `hash_password` and `authenticate` come before it opens. Other rooms use `audit` and `once`
from here.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy.exc import IntegrityError
from werkzeug.security import check_password_hash, generate_password_hash

from portal.accounts import store
from portal.accounts.actor import Actor, Desk, Grant, Permission, Role, UserId
from portal.accounts.audit import audit as audit
from portal.accounts.audit import caller_address as caller_address
from portal.accounts.audit import count_audited as count_audited
from portal.accounts.audit import list_old_audit as list_old_audit
from portal.accounts.audit import shorten_audit as shorten_audit
from portal.accounts.audit import verify_chain as verify_chain
from portal.accounts.idempotency import KEPT
from portal.accounts.idempotency import once as once
from portal.accounts.idempotency import payload_hash as payload_hash
from portal.accounts.models import ApiToken, User
from portal.accounts.policy import may_grant
from portal.accounts.store import OpenSession, UsedToken
from portal.accounts.store import hold_lock as hold_lock
from portal.accounts.store import remove_words as remove_words
from portal.core.clock import utcnow
from portal.core.config import ADDRESS, PASSWORD_LEAST
from portal.core.db import db
from portal.core.errors import Conflict, Invalid, NotAllowed

# FIPS systems allow neither argon2 nor scrypt; 600,000 rounds is the usual floor for PBKDF2 with SHA-256.
HASH_METHOD = "pbkdf2:sha256:600000"
NOBODYS_HASH = f"{HASH_METHOD}$Zx0c3pD1VbWq9sRt${'0' * 64}"
PASSWORD_MOST = 256
ATTEMPT_WINDOW = timedelta(minutes=15)
ACCOUNT_ATTEMPTS = 3
ADDRESS_ATTEMPTS = 60  # a whole help desk may share one address
TOKEN_PREFIX = "mhv3_"  # noqa: S105 so that a leaked token is recognised by scanners


def secret_hash(secret: str) -> str:
    """How cookie values and tokens are stored: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


# --- signing in and out


def note_attempt(email: str, address: str, now: datetime) -> bool:
    """Count a try before the password is looked at, so that many at once are counted too. False: too many,
    try no further.

    The count is kept for any e-mail, known or not, so that being locked tells nothing; a try while locked
    does not count.
    """
    account = _account_hash(email)
    store.hold_lock(f"sign-in {account}")
    of_account, from_address = store.count_attempts(account, address, now - ATTEMPT_WINDOW)
    if of_account >= ACCOUNT_ATTEMPTS or from_address >= ADDRESS_ATTEMPTS:
        return False
    store.insert_attempt(account, address, now)
    return True


def authenticate(email: str, password: str) -> UserId | None:
    """Whose password this is. Slow, and as slow for an unknown account; call it outside a transaction, after
    note_attempt.
    """
    user = store.find_user(_normal(email))
    known = user is not None and user.active and user.password_hash is not None
    stored = user.password_hash if user and known and user.password_hash else NOBODYS_HASH
    right = check_password_hash(stored, password[: PASSWORD_MOST + 1])
    if user is None or not known or not right or len(password) > PASSWORD_MOST:
        return None
    return UserId(user.id)


def sign_in(
    email: str, *, data: Mapping[str, Any], lifetime: timedelta, user_agent: str, replaces: str | None
) -> str:
    """Open a session under a new id and end the one it replaces; gives the cookie's value, which is not
    stored.

    The person has been authenticated. Rows that nobody can use any more go on this occasion.
    """
    now = utcnow()
    actor = actor_named(email)
    clear_expired(now)
    if replaces:
        store.delete_session(replaces)
    store.delete_attempts(_account_hash(email))
    key = open_session(actor.id, data=data, lifetime=lifetime, user_agent=user_agent, now=now)
    audit(actor, "sign in", f"user:{actor.id}", "ok", now)
    return key


def clear_expired(now: datetime) -> int:
    """Sessions, attempts and first results that nobody can use any more; how many. At each sign-in, and once a day."""
    return store.delete_expired(now, now - ATTEMPT_WINDOW, now - KEPT)


def refuse_sign_in(email: str) -> None:
    """Audit a failed sign-in. What was typed is kept only if it is an account: people type passwords in the
    wrong field.
    """
    user = store.find_user(_normal(email))
    audit(None, "sign in", f"user:{user.id}" if user else "user:unknown", "refused", utcnow())


def open_session(
    user_id: UserId | None, *, data: Mapping[str, Any], lifetime: timedelta, user_agent: str, now: datetime
) -> str:
    """A new session, for a visitor without user_id; gives the cookie's value."""
    key = secrets.token_urlsafe(32)
    store.insert_session(
        OpenSession(
            id=secret_hash(key),
            user_id=user_id,
            data=dict(data),
            created_at=now,
            last_seen_at=now,
            expires_at=now + lifetime,
            user_agent=user_agent[:200],
        )
    )
    return key


def find_session(key: str, *, idle: timedelta, now: datetime) -> OpenSession | None:
    """The living session of this cookie value. Only signed-in sessions end by idling: a sign-in page may stay
    open.
    """
    found = store.find_session(secret_hash(key))
    if found is None or found.expires_at <= now:
        return None
    if found.user_id is not None and (found.actor is None or found.last_seen_at + idle <= now):
        return None
    return found


def save_session(session: OpenSession, data: Mapping[str, Any], now: datetime) -> None:
    """New contents; a session that was ended meanwhile stays ended."""
    store.update_session(session.id, data=dict(data), last_seen_at=now)


def touch_session(session: OpenSession, now: datetime) -> None:
    store.update_session(session.id, last_seen_at=now)


def sign_out(actor: Actor, session_id: str) -> None:
    store.delete_session(session_id)
    audit(actor, "sign out", f"user:{actor.id}", "ok", utcnow())


def sign_out_everywhere(actor: Actor) -> None:
    store.delete_sessions(actor.id)
    audit(actor, "sign out everywhere", f"user:{actor.id}", "ok", utcnow())


def list_sessions(actor: Actor, *, idle: timedelta) -> list[OpenSession]:
    now = utcnow()
    return store.list_sessions(actor.id, now, now - idle)


# --- one's own account


def hash_password(password: str, email: str) -> str:
    """Check the rules for a new password and hash it. Slow: call it outside a transaction."""
    if len(password) < PASSWORD_LEAST:
        message = f"Use at least {PASSWORD_LEAST} characters."
    elif len(password) > PASSWORD_MOST:
        message = f"Use at most {PASSWORD_MOST} characters."
    elif _normal(password) == _normal(email):
        message = "Use something else than your e-mail address."
    else:
        return generate_password_hash(password, HASH_METHOD)
    raise Invalid(message, {"new_password": message})


def change_password(actor: Actor, password_hash: str, *, session_id: str = "") -> None:
    """One's own; every other session ends."""
    store.update_user(actor.id, password_hash=password_hash)
    store.delete_sessions(actor.id, but=session_id)
    store.delete_attempts(_account_hash(actor.email))
    audit(actor, "change password", f"user:{actor.id}", "ok", utcnow())


def set_preferences(actor: Actor, *, timezone: str, compact: bool, keys: bool, mail: bool) -> None:
    """`timezone` is a zone's name, or empty for the portal's own."""
    if timezone and timezone not in available_timezones():
        raise Invalid("Choose a time zone from the list.", {"timezone": "Choose a time zone from the list."})
    store.update_user(actor.id, timezone=timezone, compact=compact, keys=keys, mail=mail)


def mail_address(user_id: int) -> str | None:
    """Where to write to; None when the account is disabled or the person wants no mail."""
    return store.find_mail_address(user_id)


# --- the accounts of others


def create_user(actor: Actor, *, email: str, name: str, desk: Desk, password_hash: str | None) -> UserId:
    """Without a password_hash there is no sign-in by password. Raises Conflict when the address is taken."""
    _need_admin(actor)
    address = _normal(email)
    if not ADDRESS.fullmatch(address):
        raise Invalid("Enter an e-mail address.", {"email": "Enter an e-mail address."})
    if not name.strip():
        raise Invalid("Enter a name to show.", {"name": "Enter a name to show."})
    user = User(email=address, name=name.strip(), desk=desk, password_hash=password_hash)
    db.session.add(user)
    try:
        db.session.flush()
    except IntegrityError as error:
        raise Conflict(f"There is already an account {address}.") from error
    audit(actor, "create account", f"user:{user.id}", desk, utcnow())
    return UserId(user.id)


def program_account(email: str, name: str) -> UserId:
    """The account in whose name a program writes: nobody signs in with it. Made once; in a transaction."""
    user = store.find_user(email)
    if user is None:
        user = User(email=email, name=name, desk=Desk.NONE, password_hash=None, active=False)
        db.session.add(user)
        db.session.flush()
    return UserId(user.id)


def find_account(email: str) -> UserId | None:
    user = store.find_user(email)
    return UserId(user.id) if user else None


def disable_user(actor: Actor, email: str) -> None:
    """Sessions and tokens end at once."""
    user = _manageable(actor, email)
    now = utcnow()
    store.update_user(user.id, active=False)
    store.delete_sessions(user.id)
    store.revoke_tokens(user.id, now)
    audit(actor, "disable account", f"user:{user.id}", "ok", now)


def set_password(actor: Actor, email: str, password_hash: str) -> None:
    """Somebody else's; all their sessions end."""
    user = _manageable(actor, email)
    store.update_user(user.id, password_hash=password_hash)
    store.delete_sessions(user.id)
    store.delete_attempts(_account_hash(user.email))
    audit(actor, "set password", f"user:{user.id}", "ok", utcnow())


def grant(actor: Actor, email: str, role: Role, scope: str = "") -> None:
    """`scope`: a team for an editor, a desk for a desk lead. The person's sessions end: a new role takes a
    new session id.
    """
    user = _need_grantable(actor, email, role)
    _check_scope(role, scope)
    if Grant(role, scope) in store.list_grants(user.id):
        return
    store.insert_grant(user.id, Grant(role, scope))
    store.delete_sessions(user.id)
    audit(actor, f"grant {role}", f"user:{user.id}", scope or "ok", utcnow())


def revoke(actor: Actor, email: str, role: Role, scope: str = "") -> None:
    user = _need_grantable(actor, email, role)
    if not store.delete_grant(user.id, Grant(role, scope)):
        raise Conflict(f"{user.email} does not hold {role} {scope}".rstrip() + ".")
    store.delete_sessions(user.id)
    audit(actor, f"revoke {role}", f"user:{user.id}", scope or "ok", utcnow())


def set_privacy(actor: Actor, email: str, *, held: bool) -> None:
    """The permission to read security and privacy tickets; part of no role."""
    user = _manageable(actor, email)
    store.update_user(user.id, privacy=held)
    store.delete_sessions(user.id)
    audit(actor, "grant privacy" if held else "revoke privacy", f"user:{user.id}", "ok", utcnow())


def list_users() -> list[tuple[User, list[Grant]]]:
    return [(user, store.list_grants(user.id)) for user in store.list_users()]


# --- API tokens


def create_token(actor: Actor, email: str, label: str = "") -> str:
    """A bearer token that acts as this person; only its hash is stored."""
    user = _manageable(actor, email)
    if not user.active:
        raise Conflict(f"The account {user.email} is disabled.")
    token, now = TOKEN_PREFIX + secrets.token_urlsafe(32), utcnow()
    db.session.add(ApiToken(hash=secret_hash(token), user_id=user.id, label=label[:80], created_at=now))
    audit(actor, "create token", f"user:{user.id}", label or "ok", now)
    return token


def revoke_token(actor: Actor, email: str, label: str | None = None) -> int:
    """How many tokens ended: those with this label, or all of the person's."""
    user = _manageable(actor, email)
    now = utcnow()
    count = store.revoke_tokens(user.id, now, label)
    audit(actor, "revoke token", f"user:{user.id}", str(count), now)
    return count


def actor_of_token(token: str) -> UsedToken | None:
    """Who acts with this token; None when it is unknown, revoked, or its owner disabled."""
    return store.find_token(secret_hash(token)) if token.startswith(TOKEN_PREFIX) else None


def touch_token(token: UsedToken, now: datetime) -> None:
    store.touch_token(token.id, now)


# --- questions asked above


def _normal(email: str) -> str:
    return email.strip().lower()


def _account_hash(email: str) -> str:
    return secret_hash(_normal(email))


def actor_named(email: str) -> Actor:
    actor = store.find_actor(_normal(email))
    if actor is None:
        raise NotAllowed("This account is not active.")
    return actor


def _need_admin(actor: Actor) -> None:
    if not actor.may(Permission.ADMIN):
        raise NotAllowed("Only admins manage accounts.")


def _manageable(actor: Actor, email: str) -> User:
    """The account, if the actor is an admin and none of its roles stands above the actor's."""
    _need_admin(actor)
    user = store.get_user(_normal(email))
    if not all(may_grant(actor, held.role) for held in store.list_grants(user.id)):
        raise NotAllowed("This account stands above yours.")
    return user


def _need_grantable(actor: Actor, email: str, role: Role) -> User:
    if not may_grant(actor, role):
        raise NotAllowed("Nobody grants or revokes a role above their own.")
    return store.get_user(_normal(email))


def _check_scope(role: Role, scope: str) -> None:
    if role is Role.DESK_LEAD:
        fits = scope == "" or scope in set(Desk)
    elif role is Role.EDITOR:
        fits = re.fullmatch(r"[a-z0-9-]{0,80}", scope) is not None
    else:
        fits = scope == ""
    if not fits:
        raise Invalid(
            f"The role {role} does not take the scope '{scope}'.",
            {"scope": "This scope does not fit the role."},
        )
