"""The audit log: who did what to which object, as a hash chain that shows every later change.

Each row's hash covers its fields and the hash before it; the table refuses UPDATE and DELETE
(append_only.py). The writer holds a lock until its transaction ends, so that two writers never follow the
same row. Where old rows have left, by a setting, the newest row that says so holds the hash of the last of them, signed with
the portal's secret: the first row that is left must follow from that one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Table, delete, func, select

from portal.accounts.actor import COMMAND_LINE, Actor
from portal.accounts.append_only import rewriting
from portal.accounts.models import AuditRow
from portal.accounts.store import hold_lock
from portal.core.db import core, db
from portal.core.log import request_id

FIRST = "0" * 64
FIELD_CHARACTERS = 500
SHORTENED = "shorten audit log"
# Every write asks these, so they are built once and go past the unit of work.
_LAST = select(AuditRow.hash).order_by(AuditRow.id.desc()).limit(1)
_TABLE = cast(Table, AuditRow.__table__)
_INSERT = _TABLE.insert()
caller_address: ContextVar[str] = ContextVar("caller_address", default="-")


def audit(actor: Actor | None, what: str, object: str, result: str, now: datetime) -> None:
    """Append one row inside the caller's transaction. `what` is a verb phrase, `object` an id such as
    `ticket:T3-2026-000001`; neither ever holds what a person typed about a caller.
    """
    hold_lock("audit")
    previous = core(_LAST).scalar() or FIRST
    row = {
        "at": now,
        "who": _clean(actor.email if actor else "-"),
        "what": _clean(what),
        "object": _clean(object),
        "result": _clean(result),
        "address": _clean(caller_address.get()),
        "request_id": _clean(request_id.get()),
        "previous_hash": previous,
    }
    core(_INSERT, {**row, "hash": _hash(row)})


def count_audited(actor: Actor, what: str, after: datetime) -> int:
    """How often this person did this since `after`; reads only the rows since then."""
    rows = select(func.count()).where(
        AuditRow.at > after, AuditRow.who == _clean(actor.email), AuditRow.what == what
    )
    return db.session.scalar(rows) or 0


def verify_chain(secret: str = "") -> int | None:
    """The id of the first row that does not follow from the one before it; None when the chain holds. `secret`: of the
    portal, needed where old rows have left.
    """
    first = core(select(AuditRow.previous_hash).order_by(AuditRow.id).limit(1)).scalar()
    previous = FIRST if first in (None, FIRST) else _last_gone(secret)
    for row in db.session.scalars(select(AuditRow).order_by(AuditRow.id).execution_options(yield_per=1000)):
        if row.previous_hash != previous or row.hash != _hash(vars(row)):
            return row.id
        previous = row.hash
    return None


def list_old_audit(before: datetime) -> list[int]:
    """The rows at the beginning of the log that are older than this, as one piece."""
    kept = select(func.min(AuditRow.id)).where(AuditRow.at > before).scalar_subquery()
    rows = select(AuditRow.id).where(
        AuditRow.at <= before, AuditRow.id < func.coalesce(kept, AuditRow.id + 1)
    )
    return list(db.session.scalars(rows.order_by(AuditRow.id)))


def shorten_audit(ids: Sequence[int], secret: str, now: datetime) -> int:
    """Take away these rows, which list_old_audit gave, and all before them; how many. The row that says so is written first."""
    hold_lock("audit")
    last = core(select(AuditRow.hash).where(AuditRow.id == ids[-1])).scalar()
    if last is None:
        return 0
    audit(
        COMMAND_LINE, SHORTENED, "audit", f"{len(ids)} rows to {ids[-1]}, {last} {_sign(secret, last)}", now
    )
    with rewriting(_TABLE, "DELETE"):
        core(delete(AuditRow).where(AuditRow.id <= ids[-1]))
    return len(ids)


def _last_gone(secret: str) -> str:
    """The hash of the last row that was taken away; empty, which no row follows from, when nobody vouches for one."""
    said = core(
        select(AuditRow.result).where(AuditRow.what == SHORTENED).order_by(AuditRow.id.desc()).limit(1)
    )
    hash, _, signature = (said.scalar() or "").rpartition(", ")[2].partition(" ")
    return hash if hmac.compare_digest(signature, _sign(secret, hash)) else ""


def _sign(secret: str, hash: str) -> str:
    return hmac.new(secret.encode(), f"{SHORTENED} {hash}".encode(), hashlib.sha256).hexdigest()


def _clean(text: str) -> str:
    """Control characters as escapes, so that one row stays one line wherever it is printed."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text[:FIELD_CHARACTERS]


def _hash(row: Mapping[str, Any]) -> str:
    """Of the columns by name, `at` in UTC."""
    fields = [
        row["previous_hash"], row["at"].astimezone(UTC).isoformat(), row["who"], row["what"], row["object"],
        row["result"], row["address"], row["request_id"],
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(fields).encode()).hexdigest()
