"""One move of many tickets: chosen, looked at, done one by one, and for a short time taken back.

Each ticket is moved in a transaction of its own (the page opens it), by the same rules as alone. What is done stands in
its row, so that sending again, a second window or a crash in between changes nothing twice and leaves nothing out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from portal.accounts.actor import Actor, Permission
from portal.accounts.service import audit
from portal.core.errors import Conflict, Invalid, NotAllowed, PortalError
from portal.tickets import bulk_store, moves, question_store, queue_store, store
from portal.tickets.lifecycle import FIVE, Given, Standing, Transition, check_move, find_move
from portal.tickets.models import BulkMove, BulkTicket, Ticket
from portal.tickets.moves import By
from portal.tickets.question import Ask, Kind
from portal.tickets.queue import Filters
from portal.tickets.reports import uncount_linked
from portal.tickets.ticket import State

BULK_MOVES = (*FIVE, "take")
AT_ONCE = 100
UNDO_SECONDS = 30
GRACE = timedelta(seconds=5)  # on its way
KEPT = timedelta(days=7)
CHANGED = "Somebody changed this ticket meanwhile."
COLUMNS = (
    "state", "state_at", "team", "route_because", "hold_reason", "follow_up_at", "held_state", "known_issue_id",
    "taken_at", "taken_by", "due_at", "caller_text",
)  # fmt: skip  # all that the moves of BULK_MOVES change
TIMES = ("state_at", "follow_up_at", "taken_at", "due_at")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A ticket of the choice. `why` it cannot be moved, was refused, or was not taken back; empty when all is well."""

    number: str
    title: str
    result: str
    why: str


@dataclass(frozen=True, slots=True)
class Bulk:
    """`seconds`: for which it can still be taken back. `counts`: result -> how many tickets."""

    id: int
    move: Transition
    query: str
    counts: dict[str, int]
    begun: bool
    undoing: bool
    seconds: int

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def count(self, *results: str) -> int:
        return sum(self.counts.get(result, 0) for result in results)

    @property
    def is_done(self) -> bool:
        return self.begun and not self.count("moved" if self.undoing else "waiting")


def choose(move: str, numbers: Iterable[str], query: str, *, actor: Actor, now: datetime) -> int:
    """Keep a choice with what was seen of each ticket; gives its id."""
    return _keep(move, bulk_store.find_tickets(numbers, actor), query, actor, now)


def choose_all(move: str, queue: str, filters: Filters, query: str, *, actor: Actor, now: datetime) -> int:
    """As `choose`, with every ticket of this list."""
    return _keep(move, queue_store.list_versions(queue, filters, actor, now), query, actor, now)


def _keep(move: str, tickets: list[tuple[int, int]], query: str, actor: Actor, now: datetime) -> int:
    if move not in BULK_MOVES:
        raise Invalid("There is no such move of many tickets.")
    if not actor.may(Permission.TRIAGE):
        raise NotAllowed("Your account may not move tickets of others.")
    if not tickets:
        raise Invalid("Choose the tickets first.")
    bulk_store.delete_old(now - KEPT, actor.id)
    return bulk_store.insert_bulk(move, tickets, query, by=actor.id, at=now)


def get_bulk(id: int, *, actor: Actor, now: datetime) -> Bulk:
    return _bulk(bulk_store.get_bulk(id, actor.id), now)


def find_undoable(actor: Actor, now: datetime) -> Bulk | None:
    found = bulk_store.find_undoable(actor.id, now - timedelta(seconds=UNDO_SECONDS))
    return _bulk(found, now) if found else None


def _bulk(row: BulkMove, now: datetime) -> Bulk:
    left = int((row.done_at - now).total_seconds()) + UNDO_SECONDS if row.done_at and not row.undo_at else 0
    return Bulk(
        row.id,
        find_move(row.move, State.NEW),
        row.query,
        bulk_store.count_results(row.id),
        row.begun_at is not None,
        row.undo_at is not None,
        max(0, left),
    )


def list_chosen(bulk: Bulk, *, by: By) -> list[Chosen]:
    """Before it begins: what would become of each. Later: what became of it."""

    @cache
    def refusal(state: str, private: bool) -> str:
        """Moves of many are all Tier 3's, so nothing else of the ticket matters."""
        try:
            _check_held(state)
            check_move(bulk.move.name, Standing(State(state), None, "", 0, private), by.actor)
        except (Conflict, NotAllowed) as error:
            return str(error)
        return ""

    def why(row: Any) -> str:
        if bulk.begun:
            return str(row.why)
        return CHANGED if row.version != row.seen else refusal(row.state, row.privacy)

    return [Chosen(r.number, r.title, r.result, why(r)) for r in bulk_store.list_chosen(bulk.id, by.actor)]


def list_numbers(bulk: Bulk, actor: Actor) -> list[str]:
    return [row.number for row in bulk_store.list_chosen(bulk.id, actor)]


def next_rows(id: int, result: str, *, actor: Actor) -> list[int]:
    """The next ones to move ("waiting") or to put back ("moved")."""
    return bulk_store.list_with(bulk_store.get_bulk(id, actor.id).id, result, AT_ONCE)


# --- doing it


def begin(id: int, given: Given, *, by: By, as_it_is: bool) -> None:
    """Check the words and choices once, by the first ticket that can be moved, and keep them. In a transaction.

    A second beginning is none. Raises Invalid that names the fields.
    """
    row = bulk_store.get_bulk(id, by.actor.id)
    if row.begun_at:
        return
    can = [one for one in list_chosen(_bulk(row, by.now), by=by) if not one.why]
    for one in can[:1]:
        own = _own(row.move, given, store.get_ticket(one.number, by.actor))
        moves.check_words(one.number, row.move, own, by=by, as_it_is=as_it_is)
    row.given = {
        **asdict(given),
        "follow_up": given.follow_up and given.follow_up.isoformat(),
        "as_it_is": as_it_is,
    }
    row.begun_at = by.now
    audit(by.actor, f"{row.move} many tickets", f"bulk:{id}", f"{len(can)} tickets", by.now)


def move_one(id: int, row_id: int, *, by: By) -> None:
    """The move of the choice, for one of its tickets; raises what `move_ticket` raises."""
    bulk, row = bulk_store.get_bulk(id, by.actor.id), bulk_store.lock_row(row_id)
    if row.result != "waiting":
        return
    ticket = store.lock_ticket(bulk_store.number_of(row.ticket_id), by.actor)
    _check_held(ticket.state)
    kept = {column: getattr(ticket, column) for column in COLUMNS}
    row.before = {
        name: value.isoformat() if name in TIMES and value else value for name, value in kept.items()
    }
    seen, as_it_is = replace(by, version=row.version), bool(bulk.given["as_it_is"])
    given = _own(bulk.move, _given(bulk), ticket)
    moves.move_ticket(ticket.number, bulk.move, given, by=seen, as_it_is=as_it_is, all_the_same=False)
    row.result, row.version = "moved", ticket.version


def _check_held(state: str) -> None:
    """What is asked in a hold is taken back when it is linked, which no undo could put again."""
    if state == State.ON_HOLD:
        raise Conflict("It is on hold: open it to move it.")


def _own(move: str, given: Given, ticket: Ticket) -> Given:
    """An answer without words is the one that is ready for this ticket."""
    if move != "answer" or given.caller_text.strip():
        return given
    return replace(given, caller_text=moves.ready_words(ticket))


def note_refused(row_id: int, error: PortalError) -> None:
    """Neither moved nor put back, and why."""
    row = bulk_store.lock_row(row_id)
    result = {"waiting": "refused", "moved": "kept"}.get(row.result)
    if result:
        said = " ".join(error.fields.values()) if isinstance(error, Invalid) else ""
        row.result, row.why = result, said or str(error)


def end(id: int, *, by: By) -> None:
    """From now on it can be taken back for a while, once no ticket waits."""
    bulk = bulk_store.get_bulk(id, by.actor.id)
    if not bulk.done_at and not bulk_store.count_results(id).get("waiting"):
        bulk.done_at = by.now


def _given(bulk: BulkMove) -> Given:
    values = {name: bulk.given[name] for name in Given.__slots__ if name in bulk.given}
    values["follow_up"] = date.fromisoformat(values["follow_up"]) if values["follow_up"] else None
    values["questions"] = tuple(
        Ask(ask["words"], ask["fact"], Kind(ask["kind"]), tuple(ask["choices"]))
        for ask in values.get("questions", ())
    )
    return Given(**values)


# --- taking it back


def begin_undo(id: int, *, by: By) -> None:
    """In a transaction; raises Conflict when it is too late."""
    bulk = bulk_store.get_bulk(id, by.actor.id)
    if bulk.undo_at:
        return
    if not bulk.done_at or by.now > bulk.done_at + timedelta(seconds=UNDO_SECONDS) + GRACE:
        raise Conflict("It is too late to undo this. Each ticket can still be moved by itself.")
    bulk.undo_at = by.now
    audit(by.actor, "undo many tickets", f"bulk:{id}", "ok", by.now)


def put_back_one(id: int, row_id: int, *, by: By) -> None:
    """One ticket as it was before; raises Conflict when somebody has changed it since."""
    bulk, row = bulk_store.get_bulk(id, by.actor.id), bulk_store.lock_row(row_id)
    if not bulk.undo_at or row.result != "moved":
        return
    ticket = store.lock_ticket(bulk_store.number_of(row.ticket_id), by.actor)
    if ticket.version != row.version:
        raise Conflict(CHANGED)
    event = find_move(bulk.move, State.NEW).event
    if event == "linked":
        _unlink(ticket, row, by)
    if event == "held":
        question_store.withdraw_open(ticket.id, by.now)
    for column, value in row.before.items():
        setattr(ticket, column, datetime.fromisoformat(value) if column in TIMES and value else value)
    moves.note_undone(ticket, event, by)
    row.result = "undone"


def _unlink(ticket: Ticket, row: BulkTicket, by: By) -> None:
    """The link goes with the caller that it counted; one that was there before comes back."""
    issue, earlier = ticket.known_issue_id or "", row.before["known_issue_id"]
    store.remove_link(ticket, issue)
    uncount_linked(ticket)
    if earlier:
        store.set_link(ticket, earlier, "It stood before.", by.actor.id, by.now)
