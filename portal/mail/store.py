"""All SQL of mails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.core.db import db
from portal.core.removal import Removal
from portal.mail.message import Letter
from portal.mail.models import Mail

_MAILS = cast(Table, Mail.__table__)
_INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that this worker may send until its lease ends. `tries` counts this one."""

    id: int
    letter: Letter
    queued_at: datetime
    tries: int


def insert(letter: Letter, now: datetime) -> bool:
    """False when a mail with this dedupe_key was queued before."""
    statement = _INSERTS[db.engine.dialect.name](_MAILS).values(
        to_user_id=letter.to_user_id, address=letter.address, kind=letter.kind, dedupe_key=letter.dedupe_key,
        subject=letter.subject, body=letter.body, state="queued", queued_at=now, due_at=now, tries=0, last_error="",
    )  # fmt: skip
    made = statement.on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(_MAILS.c.id)
    return db.session.execute(made).first() is not None


def claim(now: datetime, lease_until: datetime) -> Claimed | None:
    """The mail that is due longest, or whose sender died; None when nothing is due. Two workers never get the same."""
    due = or_(
        and_(Mail.state == "queued", Mail.due_at <= now),
        and_(Mail.state == "sending", Mail.lease_until <= now),
    )
    query = select(Mail).where(due).order_by(Mail.due_at, Mail.id).limit(1)
    mail = db.session.scalar(query.with_for_update(skip_locked=True))
    if mail is None:
        return None
    mail.state, mail.lease_until, mail.tries = "sending", lease_until, mail.tries + 1
    db.session.flush()
    letter = Letter(mail.kind, mail.dedupe_key, mail.subject, mail.body, mail.to_user_id, mail.address)
    return Claimed(mail.id, letter, mail.queued_at, mail.tries)


def mark(claimed: Claimed, state: str, *, error: str = "", due_at: datetime | None = None) -> None:
    """The end of a try; nothing when another worker has taken the mail over meanwhile."""
    ours = (Mail.id == claimed.id, Mail.state == "sending", Mail.tries == claimed.tries)
    values: dict[str, Any] = {"state": state, "lease_until": None, "last_error": error}
    if due_at is not None:
        values["due_at"] = due_at
    db.session.execute(update(Mail).where(*ours).values(**values))


def requeue_failed(now: datetime) -> int:
    """How many failed mails are queued again, with four hours more."""
    again = (
        update(Mail).where(Mail.state == "failed").values(state="queued", due_at=now, queued_at=now, tries=0)
    )
    return len(db.session.execute(again.returning(Mail.id)).all())


def counts() -> dict[str, int]:
    """State -> mails."""
    rows = db.session.execute(select(Mail.state, func.count()).group_by(Mail.state).order_by(Mail.state))
    return {row[0]: row[1] for row in rows}


def last_error() -> str:
    """Of the mail that was tried last without success; empty when none waits or failed."""
    query = select(Mail.last_error).where(Mail.state.in_(("queued", "failed")), Mail.last_error != "")
    return db.session.scalar(query.order_by(Mail.due_at.desc(), Mail.id.desc()).limit(1)) or ""


def list_ended(before: datetime) -> list[int]:
    """Mails queued by then that were sent or have failed."""
    rows = select(Mail.id).where(Mail.state.in_(("delivered", "failed")), Mail.queued_at <= before)
    return list(db.session.scalars(rows.order_by(Mail.id)))


def delete_ended(ids: Sequence[int]) -> int:
    """But for those that somebody has queued again meanwhile."""
    ended = (Mail.id.in_(ids), Mail.state.in_(("delivered", "failed")))
    return len(db.session.execute(delete(Mail).where(*ended).returning(Mail.id)).all())


def remove_words(removal: Removal) -> None:
    """From mails that wait or were sent, whoever got them; not from their addresses."""
    removal.rows([Mail.subject, Mail.body, Mail.last_error])
