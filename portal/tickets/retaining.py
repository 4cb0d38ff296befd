"""What is said in a ticket leaves some days after its end, by a setting. Its number, tool, severity, states, times, links and
record numbers stay, so every figure and its history do. A linked ticket has not ended: its known issue may still answer it.

The words are taken out as `redacting` does it, only that all of them go but the ids of the portal. Every function runs in the
caller's transaction and may be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, func, insert, select, update

from portal.core.db import core, db
from portal.core.removal import EVERYTHING, REMOVED, Removal
from portal.knowledge.snapshot import Snapshot
from portal.tickets import bulk_store, notice_store, redact_store, store
from portal.tickets.bulk import KEPT as BULK_KEPT
from portal.tickets.models import Attachment, Event, Ticket
from portal.tickets.redact_store import remove_from_spikes as remove_from_spikes
from portal.tickets.redacting import ids_of
from portal.tickets.spike_store import list_decided_spikes as list_decided_spikes
from portal.tickets.ticket import ENDED, State

EXPIRED = "expired"
EMPTIED = {  # where the mark would be looked up as a code, read out to a caller, or stand alone as a reason
    Ticket.error_code: None, Ticket.caller_text: "", Ticket.route_because: "", Ticket.severity_because: "",
}  # fmt: skip
VIEW_KEPT = timedelta(days=1)


def everything(snapshot: Snapshot, *, apply: bool) -> Removal:
    """All words go; ids and published codes are no words of a caller."""
    published = {code.code for code in snapshot.codes.values()} | snapshot.facilities.keys()
    return Removal(EVERYTHING, ids_of(snapshot) | published, apply)


def list_due(before: datetime) -> list[int]:
    """Tickets that ended by then and hold words of then that were not taken out yet."""
    return list(db.session.scalars(select(Ticket.id).where(*_due(before)).order_by(Ticket.id)))


def _due(before: datetime) -> Sequence[ColumnElement[bool]]:
    taken_out = (
        select(func.coalesce(func.max(Event.id), 0))
        .where(Event.ticket_id == Ticket.id, Event.kind == EXPIRED)
        .correlate(Ticket)
        .scalar_subquery()
    )
    said = exists().where(Event.ticket_id == Ticket.id, Event.at <= before, Event.id > taken_out)
    return (Ticket.state.in_([s for s in ENDED if s is not State.LINKED]), Ticket.state_at <= before, said)


@dataclass(frozen=True, slots=True)
class Of:
    """Whose words go, and how: `days` is the setting; `clear_calls` takes those of calls (ids of intakes) and counts them."""

    before: datetime
    days: int
    clear_calls: Callable[[Sequence[int]], int]
    now: datetime


def take_out(removal: Removal, ids: Sequence[int], of: Of) -> int:
    """From those of these tickets that are due still; how many. Rows of files go too: the files follow by the sweep."""
    due = list(db.session.scalars(select(Ticket.id).where(Ticket.id.in_(ids), *_due(of.before))))
    if not due:
        return 0
    redact_store.remove_own(removal, due)
    calls = [id for id in db.session.scalars(select(Ticket.intake_id).where(Ticket.id.in_(due))) if id]
    if not removal.apply:
        removal.found["intake.calls"] += len(calls)
        return len(due)
    removal.found["intake.calls"] += of.clear_calls(calls)
    core(delete(Attachment).where(Attachment.ticket_id.in_(due)))
    for column, empty in EMPTIED.items():
        core(update(Ticket).where(Ticket.id.in_(due), column == REMOVED).values({column.key: empty}))
    said = {"kind": EXPIRED, "at": of.now, "data": {"as": "the portal", "days": of.days}}
    core(insert(Event), [{"ticket_id": id, "actor": None, **said} for id in due])
    return len(due)


def clear_expired(now: datetime) -> int:
    """What nobody is shown any more, whatever the settings: old notices, choices of many tickets, looks; how many rows."""
    gone = notice_store.delete_old(now) + bulk_store.delete_old(now - BULK_KEPT)
    return gone + store.delete_views(now - VIEW_KEPT)
