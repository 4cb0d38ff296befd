"""Tables of accounts. No secret stands in clear: cookie values and tokens as SHA-256, passwords as PBKDF2."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CheckConstraint, ForeignKey, Index, Table, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from portal.accounts.append_only import make_append_only
from portal.core.db import Base


class User(Base):
    """`email` is stored in lower case. Without a password_hash the account has no local sign-in."""

    __tablename__ = "user"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    desk: Mapped[str]
    password_hash: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    privacy: Mapped[bool] = mapped_column(default=False)
    timezone: Mapped[str] = mapped_column(default="")
    compact: Mapped[bool] = mapped_column(default=False)
    keys: Mapped[bool] = mapped_column(default=True)
    mail: Mapped[bool] = mapped_column(default=True, server_default=true())


class GrantRow(Base):
    __tablename__ = "grant"
    __table_args__ = (UniqueConstraint("user_id", "role", "scope"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    role: Mapped[str]
    scope: Mapped[str] = mapped_column(default="")


class SessionRow(Base):
    """`id` is the hash of the cookie's value. A visitor who has not signed in has no user_id."""

    __tablename__ = "session"

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    user_agent: Mapped[str] = mapped_column(default="")


class SignInAttempt(Base):
    """One try that has not succeeded. `account` is the hash of the e-mail as typed, known here or not."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index(None, "account", "at"), Index(None, "address", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    address: Mapped[str]
    at: Mapped[datetime]


class ApiToken(Base):
    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    label: Mapped[str]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class IdempotencyKey(Base):
    """`result` is null only inside the transaction that makes it."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("user_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    key: Mapped[str]
    payload_hash: Mapped[str]
    result: Mapped[dict[str, Any] | None]
    at: Mapped[datetime]


class AuditRow(Base):
    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    who: Mapped[str]
    what: Mapped[str]
    object: Mapped[str]
    result: Mapped[str]
    address: Mapped[str]
    request_id: Mapped[str]
    previous_hash: Mapped[str] = mapped_column(unique=True)
    hash: Mapped[str]


make_append_only(cast(Table, AuditRow.__table__))
