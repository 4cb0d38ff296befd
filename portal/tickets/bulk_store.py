"""All SQL of moves of many tickets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select

from portal.accounts.actor import Actor, UserId
from portal.core.db import core, db
from portal.core.errors import NotFound
from portal.tickets.models import BulkMove, BulkTicket, Ticket
from portal.tickets.store import visible_to


def find_tickets(numbers: Iterable[str], actor: Actor) -> list[tuple[int, int]]:
    """(id, version) of those that this person sees, in the order of filing."""
    rows = select(Ticket.id, Ticket.version).where(Ticket.number.in_(list(numbers)), visible_to(actor))
    return [(id, version) for id, version in db.session.execute(rows.order_by(Ticket.id))]


def insert_bulk(
    move: str, tickets: Sequence[tuple[int, int]], query: str, *, by: UserId, at: datetime
) -> int:
    bulk = BulkMove(by=by, at=at, move=move, given={}, query=query)
    db.session.add(bulk)
    db.session.flush()
    rows = [
        {
            "bulk_id": bulk.id,
            "ticket_id": id,
            "version": version,
            "result": "waiting",
            "why": "",
            "before": {},
        }
        for id, version in tickets
    ]
    db.session.execute(insert(BulkTicket), rows)
    return bulk.id


def delete_old(before: datetime, by: UserId | None = None) -> int:
    """What was chosen before that moment, by anybody or this person; the moves themselves stand in the events. How many."""
    old = [BulkMove.at < before, *([BulkMove.by == by] if by is not None else [])]
    core(delete(BulkTicket).where(BulkTicket.bulk_id.in_(select(BulkMove.id).where(*old))))
    return core(delete(BulkMove).where(*old)).rowcount


def get_bulk(id: int, by: UserId) -> BulkMove:
    """Raises NotFound, also for one that another person chose."""
    found = db.session.scalar(select(BulkMove).where(BulkMove.id == id, BulkMove.by == by))
    if found is None:
        raise NotFound("There is no such choice of tickets. It may be too old.")
    return found


def find_undoable(by: UserId, since: datetime) -> BulkMove | None:
    """The last move of many by this person that ended since then and was not taken back."""
    rows = select(BulkMove).where(BulkMove.by == by, BulkMove.done_at >= since, BulkMove.undo_at.is_(None))
    return db.session.scalar(rows.order_by(BulkMove.done_at.desc(), BulkMove.id.desc()).limit(1))


def count_results(bulk_id: int) -> dict[str, int]:
    rows = select(BulkTicket.result, func.count()).where(BulkTicket.bulk_id == bulk_id)
    counted = db.session.execute(rows.group_by(BulkTicket.result))
    return {result: count for result, count in counted}  # noqa: C416 - rows are no pairs to a type checker


def list_chosen(bulk_id: int, actor: Actor) -> list[Any]:
    """Each row with its ticket, as far as this person still sees that, in the order of filing."""
    columns = (
        BulkTicket.result, BulkTicket.why, BulkTicket.version.label("seen"), Ticket.number, Ticket.title,
        Ticket.state, Ticket.privacy, Ticket.version,
    )  # fmt: skip
    rows = select(*columns).join(Ticket, Ticket.id == BulkTicket.ticket_id)
    return list(
        db.session.execute(
            rows.where(BulkTicket.bulk_id == bulk_id, visible_to(actor)).order_by(BulkTicket.id)
        )
    )


def list_with(bulk_id: int, result: str, limit: int) -> list[int]:
    """The ids of the next rows with this result."""
    rows = select(BulkTicket.id).where(BulkTicket.bulk_id == bulk_id, BulkTicket.result == result)
    return list(db.session.scalars(rows.order_by(BulkTicket.id).limit(limit)))


def number_of(ticket_id: int) -> str:
    return db.session.execute(select(Ticket.number).where(Ticket.id == ticket_id)).scalar_one()


def lock_row(id: int) -> BulkTicket:
    """Nobody else acts on it until the transaction ends; SQLite has one writer anyway."""
    return db.session.execute(select(BulkTicket).where(BulkTicket.id == id).with_for_update()).scalar_one()
