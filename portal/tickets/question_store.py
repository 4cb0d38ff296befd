"""All SQL of questions to the caller. A question is open until it is answered or withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, String, and_, bindparam, func, select, update
from sqlalchemy.orm import selectinload

from portal.core.db import core, db
from portal.tickets.models import Question, Ticket
from portal.tickets.question import Ask
from portal.tickets.store import TicketNotFound

_OPEN = and_(Question.answered_at.is_(None), Question.withdrawn_at.is_(None))
_DESKS = bindparam("desks", expanding=True, type_=String)
# Every agent's home asks: built once. A privacy ticket has no questions.
_COUNT = (
    select(func.count(func.distinct(Question.ticket_id)))
    .join(Ticket, Ticket.id == Question.ticket_id)
    .where(_OPEN, Ticket.desk.in_(_DESKS), Ticket.privacy.is_(False))
)


def insert(ticket_id: int, asks: Sequence[Ask], by: int, at: datetime) -> None:
    for ask in asks:
        db.session.add(
            Question(
                ticket_id=ticket_id,
                fact=ask.fact or None,
                words=ask.words,
                kind=ask.kind,
                choices=list(ask.choices),
                asked_by=by,
                asked_at=at,
            )
        )
    db.session.flush()


def lock_ticket(number: str) -> Ticket:
    """Whoever asks, since any agent with the number may answer; a privacy ticket is not found."""
    rows = (
        select(Ticket)
        .options(selectinload(Ticket.references), selectinload(Ticket.events))
        .where(Ticket.number == number, Ticket.privacy.is_(False))
        .with_for_update(of=Ticket)
    )
    found = db.session.scalar(rows)
    if found is None:
        raise TicketNotFound(f"There is no ticket {number}.")
    return found


def list_of_ticket(ticket_id: int) -> list[Question]:
    """As they were asked, also those that are no longer open."""
    rows = select(Question).where(Question.ticket_id == ticket_id).order_by(Question.id)
    return list(db.session.scalars(rows.execution_options(populate_existing=True)))


def withdraw_open(ticket_id: int, at: datetime) -> int:
    """How many were open."""
    done = db.session.execute(
        update(Question).where(Question.ticket_id == ticket_id, _OPEN).values(withdrawn_at=at)
    )
    return cast(CursorResult[Any], done).rowcount


def count_asked(desks: Sequence[str]) -> int:
    """Tickets with open questions to callers of these desks."""
    return core(_COUNT, {"desks": list(desks)}).scalar() or 0


def list_asked(desks: Sequence[str], most: int, skip: int) -> list[Ticket]:
    """Tickets with open questions to callers of these desks, the question that has waited longest first."""
    first = (
        select(Question.ticket_id, func.min(Question.id).label("first"))
        .where(_OPEN)
        .group_by(Question.ticket_id)
        .subquery()
    )
    rows = (
        select(Ticket)
        .options(selectinload(Ticket.references))
        .join(first, first.c.ticket_id == Ticket.id)
        .where(Ticket.desk.in_(desks), Ticket.privacy.is_(False))
        .order_by(first.c.first)
    )
    return list(db.session.scalars(rows.limit(most).offset(skip)))


def open_of(tickets: Sequence[int]) -> dict[int, list[Question]]:
    """Open questions by ticket, as they were asked."""
    found: dict[int, list[Question]] = {}
    condition: ColumnElement[bool] = and_(_OPEN, Question.ticket_id.in_(tickets))
    for row in db.session.scalars(select(Question).where(condition).order_by(Question.id)):
        found.setdefault(row.ticket_id, []).append(row)
    return found
