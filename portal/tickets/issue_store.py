"""All SQL of known issues as the tickets room sees them: those being made, how each stood last, who is linked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Text, and_, cast, delete, func, insert, literal, or_, select, update

from portal.core.db import db
from portal.tickets.models import Event, ExternalRef, IssueMade, IssueSeen, Rejection, Report, Ticket
from portal.tickets.report_store import same_issue
from portal.tickets.store import next_number
from portal.tickets.ticket import ENDED, State


def find_made(key: str) -> IssueMade | None:
    """What is made, or about to be, under this key. Whoever asks holds the turn until their transaction ends."""
    next_number("issue_made")
    return db.session.scalar(select(IssueMade).where(IssueMade.key == key))


def forget_made(key: str) -> None:
    db.session.execute(delete(IssueMade).where(IssueMade.key == key, IssueMade.done_at.is_(None)))


def list_unfinished_made(before: datetime) -> list[IssueMade]:
    """Begun then or earlier, oldest first."""
    rows = select(IssueMade).where(IssueMade.done_at.is_(None), IssueMade.at <= before)
    return list(db.session.scalars(rows.order_by(IssueMade.id).with_for_update()))


def list_made_ids() -> list[str]:
    return list(db.session.scalars(select(IssueMade.article_id).order_by(IssueMade.id)))


def list_seen() -> dict[str, IssueSeen]:
    return {row.known_issue_id: row for row in db.session.scalars(select(IssueSeen))}


def hold_seen() -> dict[str, IssueSeen]:
    """To be changed: whoever asks holds the turn until their transaction ends."""
    next_number("issue_seen")
    return list_seen()


def add_seen(**values: Any) -> None:
    db.session.add(IssueSeen(**values))


def set_quiet(known_issue_id: str, now: datetime) -> None:
    db.session.execute(
        update(IssueSeen).where(IssueSeen.known_issue_id == known_issue_id).values(quiet_at=now)
    )


def list_followed() -> list[str]:
    """Known issues that ordinary tickets follow."""
    rows = select(Ticket.known_issue_id).where(Ticket.state == State.LINKED, Ticket.privacy.is_(False))
    return [id for id in db.session.scalars(rows.distinct()) if id]


def list_linked(known_issue_id: str, most: int) -> list[str]:
    """Numbers of ordinary tickets that follow this known issue and nothing else, oldest first."""
    rows = select(Ticket.number).where(
        Ticket.known_issue_id.in_(same_issue(known_issue_id)),
        Ticket.state == State.LINKED,
        Ticket.privacy.is_(False),
    )
    return list(db.session.scalars(rows.order_by(Ticket.id).limit(most)))


def tell_tickets(known_issue_id: str, kind: str, data: dict[str, object], at: datetime) -> int:
    """One event on each ticket that follows this known issue or waits with it; how many. One statement, however many they are."""
    follows = or_(Ticket.state == State.LINKED, Ticket.state.not_in(ENDED))
    ids = db.session.scalars(
        select(Ticket.id)
        .where(Ticket.known_issue_id.in_(same_issue(known_issue_id)), follows, Ticket.privacy.is_(False))
        .order_by(Ticket.id)
    ).all()
    if ids:
        rows = [{"ticket_id": id, "at": at, "actor": None, "kind": kind, "data": data} for id in ids]
        db.session.execute(insert(Event), rows)
    return len(ids)


def count_since(known_issue_id: str, moment: datetime) -> int:
    """Callers who have it since then: first reports, "still happening", and new tickets on a record that is counted here.

    A record is one caller. A ticket that is linked elsewhere, or that an analyst said is not this, is another problem.
    """
    issues = same_issue(known_issue_id)
    own = Report.known_issue_id.in_(issues)
    still = and_(Report.again_at > moment, Report.stopped_at.is_(None))
    caller = func.coalesce(Report.external_ref, literal("#") + cast(Report.id, Text)).label("caller")
    reported = select(caller).where(own, or_(Report.at > moment, still))
    rejected = select(Rejection.ticket_id).where(Rejection.known_issue_id.in_(issues))
    filed = (
        select(ExternalRef.value.label("caller"))
        .join(Ticket, Ticket.id == ExternalRef.ticket_id)
        .where(
            ExternalRef.value.in_(select(Report.external_ref).where(own, Report.external_ref.is_not(None)))
        )
        .where(Ticket.filed_at > moment, Ticket.privacy.is_(False), Ticket.id.not_in(rejected))
        .where(or_(Ticket.known_issue_id.is_(None), Ticket.known_issue_id.in_(issues)))
    )
    rows = select(func.count()).select_from(reported.union(filed).subquery())
    return db.session.scalar(rows) or 0


def list_reports(known_issue_id: str) -> list[Report]:
    """Oldest first, with those of known issues that were merged into it; a record once."""
    rows = select(Report).where(Report.known_issue_id.in_(same_issue(known_issue_id)))
    found = list(db.session.scalars(rows.order_by(Report.at, Report.id)))
    first = {one.external_ref or one.number: one for one in reversed(found)}
    return [one for one in found if first[one.external_ref or one.number] is one]
