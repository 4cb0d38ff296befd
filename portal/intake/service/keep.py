"""Saving while typing, clearing away, and lines in the audit."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from portal.accounts.actor import Actor
from portal.accounts.service import audit
from portal.core.db import db
from portal.intake import endings, store
from portal.intake.service.row import find_row
from portal.intake.wizard import Step
from portal.tickets import service as tickets

logger = logging.getLogger(__name__)
KEPT = timedelta(days=30)
UNDO_KEPT = timedelta(hours=26)  # longer than the day in which an end can be taken back
UNTOUCHED = "Not touched for 30 days"


def autosave(
    fields: Mapping[str, str], step: Step, *, actor: Actor, now: datetime, number: str = "", key: str = ""
) -> str:
    """Keep what is typed, raw, for its owner; gives the number of the intake. An ended call keeps nothing."""
    if number:
        row = find_row(number, actor, lock=True)
    else:
        row, _ = store.add(actor, key, now)
    record = store.record_of(row)
    if record.is_open and (row.owner == actor.id or row.worker == actor.id):
        row.draft = {**row.draft, step: dict(fields)}
        row.changed_at = now
        db.session.flush()
    return record.number


def abandon_old(now: datetime) -> int:
    """End calls that nobody touched for 30 days, and drop what was typed in them and in those whose end stands; how many
    ended. Done whenever a call begins."""
    purged = store.purge(now - KEPT, now, endings.dropped(UNTOUCHED).stored())
    tickets.drop_call_files([*purged, *store.forget_undo(now - UNDO_KEPT)], now)
    if purged:
        logger.info("%s abandoned intakes were purged", len(purged))
    return len(purged)


def list_expired(before: datetime) -> list[int]:
    """Calls without a ticket that ended by then and are kept whole."""
    return store.list_whole(before, endings.GONE)


def clear_words(ids: Sequence[int]) -> int:
    """Of ended calls, a ticket's too: tool, answer and numbers stay; how many held words still."""
    tickets.delete_of_calls(ids)
    return store.clear(ids, endings.without_words, endings.GONE)


def note_guard(where: Mapping[str, Sequence[str]], object: str, actor: Actor, now: datetime) -> None:
    """Audit what the guard held back: kind and position, never the value."""
    places = " ".join(f"{field}:{place}" for field, found in where.items() for place in found)
    audit(actor, "guard", object, places, now)


def note_opened(number: str, actor: Actor, now: datetime) -> None:
    audit(actor, "open intake", f"intake:{number}", "ok", now)
