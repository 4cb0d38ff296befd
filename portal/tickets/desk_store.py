"""One desk for its lead: answers to be told, counts by day; of no person and no privacy ticket. `bounds`: see day_of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.orm import selectinload

from portal.core.db import day_of, db
from portal.tickets.models import Event, Question, Report, Ticket
from portal.tickets.ticket import State

_DAY: ColumnElement[int] = literal_column("day")


def list_untold(desk: str, most: int) -> list[Ticket]:
    """Answered tickets whose callers this desk has still to tell, the longest waiting first."""
    rows = (
        select(Ticket)
        .options(selectinload(Ticket.references))
        .where(Ticket.state == State.BACK_TO_TIER2, Ticket.desk == desk, Ticket.privacy.is_(False))
    )
    return list(db.session.scalars(rows.order_by(Ticket.state_at, Ticket.id).limit(most)))


def count_callers(desk: str, bounds: Sequence[datetime]) -> list[tuple[str, int, int]]:
    """(known issue, day, reports)."""
    rows = (
        select(Report.known_issue_id, day_of(Report.at, bounds).label("day"), func.count())
        .where(Report.desk == desk, Report.at >= bounds[0], Report.at < bounds[-1])
        .group_by(Report.known_issue_id, _DAY)
    )
    return [(issue, day, count) for issue, day, count in db.session.execute(rows)]


def count_returns(desk: str, bounds: Sequence[datetime]) -> list[tuple[str, int, int]]:
    """(reason, day, times). A ticket that was returned then has not moved before: its index narrows the events."""
    reason = Event.data["reason"].as_string().label("reason")
    rows = (
        select(reason, day_of(Event.at, bounds).label("day"), func.count())
        .join(Ticket, Ticket.id == Event.ticket_id)
        .where(Ticket.desk == desk, Ticket.privacy.is_(False), Ticket.state_at >= bounds[0])
        .where(Event.kind == "returned", Event.at >= bounds[0], Event.at < bounds[-1])
        .group_by(literal_column("reason"), _DAY)
    )
    return [(why, day, count) for why, day, count in db.session.execute(rows)]


def count_not_known(desk: str, bounds: Sequence[datetime]) -> list[tuple[str, int, int]]:
    """(fact, day of filing, tickets): what is not known still, and what the caller had to be asked later."""
    filed = (
        Ticket.desk == desk,
        Ticket.privacy.is_(False),
        Ticket.filed_at >= bounds[0],
        Ticket.filed_at < bounds[-1],
    )
    day = day_of(Ticket.filed_at, bounds)
    found = {
        (id, place, fact)
        for id, place, facts in db.session.execute(select(Ticket.id, day, Ticket.not_known).where(*filed))
        for fact in facts
    }
    asked = select(Ticket.id, day, Question.fact).join(Question, Question.ticket_id == Ticket.id)
    rows = db.session.execute(asked.where(*filed, Question.fact.is_not(None)))
    found |= {(id, place, fact) for id, place, fact in rows if fact}
    counts = Counter((fact, place) for _, place, fact in found)
    return [(fact, place, count) for (fact, place), count in counts.items()]
