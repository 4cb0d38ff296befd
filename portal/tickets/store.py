"""All SQL of tickets, the same on SQLite and PostgreSQL. `visible_to` is the one rule of who sees which ticket."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.exc import StaleDataError

from portal.accounts.actor import COMMAND_LINE, Actor, Permission
from portal.core.db import Base, among, core, db
from portal.core.errors import Conflict, NotFound
from portal.tickets.clocks import Happening
from portal.tickets.lifecycle import own_desks as own_desks
from portal.tickets.models import (
    Counter,
    Event,
    ExternalRef,
    Link,
    Rejection,
    SavedView,
    Ticket,
    TicketView,
)
from portal.tickets.ticket import OVER, Filing, Reference, State, TicketDraft


class TicketNotFound(NotFound):
    """No ticket with this number that this person may see."""


class ChangedMeanwhile(Conflict):
    """Somebody saved this ticket since it was read."""


# --- who sees what


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The object rule for every select: own desk, own teams or all; privacy tickets only with their permission."""
    if actor == COMMAND_LINE:
        return Ticket.privacy.is_(False)
    if not actor.may(Permission.TICKETS):
        return false()
    ordinary = and_(Ticket.privacy.is_(False), _scope(actor))
    return or_(ordinary, Ticket.privacy.is_(True)) if actor.may(Permission.PRIVACY) else ordinary


def _scope(actor: Actor) -> ColumnElement[bool]:
    if actor.may(Permission.ALL_TICKETS):
        return true()
    own: list[ColumnElement[bool]] = []
    if desks := own_desks(actor):
        own.append(among(Ticket.desk, desks))
    if actor.teams:
        own.append(among(Ticket.team, sorted(actor.teams)))
    return or_(*own) if own else false()


# --- numbers


_COUNTERS: Any = Counter.__table__
_RAISE = {
    name: insert_into(_COUNTERS)
    .on_conflict_do_update(index_elements=["name"], set_={"value": _COUNTERS.c.value + 1})
    .returning(_COUNTERS.c.value)
    for name, insert_into in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


def next_number(counter: str) -> int:
    """The next count of `counter`, from 1. Its row stays locked until the transaction ends, so filings follow one another."""
    raised = core(_RAISE[db.engine.dialect.name], {"name": counter, "value": 1})
    value: int = raised.scalar_one()
    return value


# --- one ticket

# A filing writes rows and reads none of them back, so it goes past the unit of work, which took a quarter of its time.
_INSERT_TICKET = insert(Ticket).returning(Ticket.id)
_INSERT_REFERENCES = insert(ExternalRef)
_INSERT_EVENTS = insert(Event)
_INSERT_LINK = insert(Link)


def insert_ticket(
    draft: TicketDraft,
    filing: Filing,
    events: Sequence[Happening],
    *,
    by: int,
    due: datetime | None,
    evaluation_id: int | None,
) -> int:
    """The id of a new ticket with its references, first events and link, as old as the first of them."""
    at = events[0].at
    ticket_id = core(
        _INSERT_TICKET,
        {
            "number": filing.number,
            "intake_id": draft.intake_id,
            "filed_by": by,
            "filed_at": at,
            "desk": draft.desk,
            "origin": draft.origin,
            "tool": draft.tool,
            "sub_area": draft.sub_area,
            "team": filing.team,
            "route_because": filing.because,
            "state": filing.state,
            "state_at": events[-1].at,
            "due_at": due,
            "severity": filing.severity,
            "snow_severity": draft.snow_severity,
            "severity_because": draft.severity_because,
            "audience": draft.audience,
            "platform": draft.platform,
            "facilities": list(draft.facilities),
            "ehr": draft.ehr,
            "error_code": draft.error_code,
            "alert_words": draft.alert_words,
            "title": draft.title,
            "summary": draft.summary,
            "details": draft.details,
            "facts": dict(draft.facts),
            "not_known": list(draft.not_known),
            "shown": list(draft.shown),
            "refused": list(draft.refused),
            "override_reason": draft.override_reason,
            "evaluation_id": evaluation_id,
            "known_issue_id": draft.known_issue_id,
            "privacy": draft.privacy,
            "caller_text": draft.caller_text,
        },
    ).scalar_one()
    references = [
        {"ticket_id": ticket_id, "system": ref.system, "value": ref.value}
        for ref in dict.fromkeys(draft.references)
    ]
    if references:
        core(_INSERT_REFERENCES, references)
    core(
        _INSERT_EVENTS,
        [
            {"ticket_id": ticket_id, "at": one.at, "actor": by, "kind": one.kind, "data": one.data}
            for one in events
        ],
    )
    if draft.known_issue_id:
        why = "The agent recognised it in the call."
        core(
            _INSERT_LINK,
            {"ticket_id": ticket_id, "known_issue_id": draft.known_issue_id, "why": why, "by": by, "at": at},
        )
    return int(ticket_id)


def add(row: Base) -> None:
    db.session.add(row)
    db.session.flush()


def save() -> None:
    """Write what was changed; raises ChangedMeanwhile when the row has another version by now."""
    try:
        db.session.flush()
    except StaleDataError as error:
        raise ChangedMeanwhile("Somebody changed this ticket meanwhile.") from error


def get_ticket(number: str, actor: Actor) -> Ticket:
    """With its references and events; raises TicketNotFound, also when it is not visible to this person."""
    found = db.session.scalar(_whole().where(Ticket.number == number, visible_to(actor)))
    if found is None:
        raise TicketNotFound(f"There is no ticket {number}.")
    return found


def list_named(numbers: Sequence[str], actor: Actor) -> list[Ticket]:
    """Oldest first, without their events."""
    rows = select(Ticket).where(Ticket.number.in_(numbers), visible_to(actor)).order_by(Ticket.id)
    return list(db.session.scalars(rows)) if numbers else []


def lock_ticket(number: str, actor: Actor) -> Ticket:
    """As get_ticket, to be changed: nobody else changes it until the transaction ends. SQLite has one writer anyway."""
    rows = _whole().where(Ticket.number == number, visible_to(actor)).with_for_update(of=Ticket)
    found = db.session.scalar(rows)
    if found is None:
        raise TicketNotFound(f"There is no ticket {number}.")
    return found


def find_ticket(number: str) -> Ticket | None:
    """Whoever asks: for the look-up by exact number and for moves that check by themselves."""
    return db.session.scalar(_whole().where(Ticket.number == number))


def find_ticket_of_intake(intake_id: int) -> Ticket | None:
    return db.session.scalar(_whole().where(Ticket.intake_id == intake_id))


def list_tickets_of_reference(reference: Reference) -> list[Ticket]:
    """All tickets on one record, oldest first, whoever asks."""
    holding = select(ExternalRef.ticket_id).where(
        ExternalRef.system == reference.system, ExternalRef.value == reference.value
    )
    return list(db.session.scalars(_whole().where(Ticket.id.in_(holding)).order_by(Ticket.id)))


def find_number_of(reference: Reference) -> str | None:
    """Of the first ticket on this record, whoever asks."""
    rows = select(Ticket.number).join(ExternalRef, ExternalRef.ticket_id == Ticket.id)
    own = rows.where(ExternalRef.system == reference.system, ExternalRef.value == reference.value)
    return db.session.scalar(own.order_by(Ticket.id).limit(1))


def is_visible(ticket_id: int, actor: Actor) -> bool:
    return db.session.scalar(select(Ticket.id).where(Ticket.id == ticket_id, visible_to(actor))) is not None


def _whole() -> Select[Ticket]:
    return select(Ticket).options(selectinload(Ticket.references), selectinload(Ticket.events))


def list_resolved_before(moment: datetime) -> list[Ticket]:
    """What was resolved then or earlier, oldest first, whoever asks; their events are not read."""
    rows = select(Ticket).where(Ticket.state == State.RESOLVED, Ticket.state_at <= moment)
    return list(db.session.scalars(rows.order_by(Ticket.state_at, Ticket.id)))


def list_open() -> list[Ticket]:
    """With their events: whatever somebody has to act on, whoever asks."""
    return list(db.session.scalars(_whole().where(Ticket.state.not_in(OVER)).order_by(Ticket.id)))


# --- who looks


_VIEWS: Any = TicketView.__table__
_NOTE_VIEW = {
    name: row.on_conflict_do_update(
        index_elements=["ticket_id", "user_id"], set_={"at": row.excluded.at, "who": row.excluded.who}
    )
    for name, row in (("sqlite", sqlite.insert(_VIEWS)), ("postgresql", postgresql.insert(_VIEWS)))
}


def note_view(ticket_id: int, user_id: int, who: str, at: datetime) -> None:
    """This person has opened the ticket now, as `who`."""
    values = {"ticket_id": ticket_id, "user_id": user_id, "at": at, "who": who}
    core(_NOTE_VIEW[db.engine.dialect.name], values)


def list_views(ticket_id: int, except_for: int, since: datetime) -> list[tuple[str, datetime]]:
    """Who else opened it since then, the last first."""
    rows = select(TicketView.who, TicketView.at).where(
        TicketView.ticket_id == ticket_id, TicketView.user_id != except_for, TicketView.at >= since
    )
    return [
        (who, at) for who, at in db.session.execute(rows.order_by(TicketView.at.desc(), TicketView.user_id))
    ]


def delete_views(before: datetime) -> int:
    """Looks before then, which nobody is shown; how many."""
    return core(delete(TicketView).where(TicketView.at <= before)).rowcount


# --- saved views


def list_saved(user_id: int) -> list[SavedView]:
    rows = select(SavedView).where(SavedView.user_id == user_id)
    return list(db.session.scalars(rows.order_by(func.lower(SavedView.name), SavedView.id)))


def save_view(user_id: int, name: str, query: str) -> None:
    """One of each name: a second takes the place of the first."""
    db.session.execute(delete(SavedView).where(SavedView.user_id == user_id, SavedView.name == name))
    db.session.add(SavedView(user_id=user_id, name=name, query=query))
    db.session.flush()


def remove_view(user_id: int, id: int) -> SavedView | None:
    found = db.session.scalar(select(SavedView).where(SavedView.user_id == user_id, SavedView.id == id))
    if found:
        db.session.delete(found)
        db.session.flush()
    return found


# --- links to known issues


def set_link(ticket: Ticket, known_issue_id: str, why: str, by: int | None, at: datetime) -> None:
    """One link per ticket: it takes the place of an earlier one, and of a "not this"."""
    for row in db.session.scalars(select(Link).where(Link.ticket_id == ticket.id)):
        db.session.delete(row)
    _delete_of(Rejection, ticket, known_issue_id)
    db.session.flush()
    db.session.add(Link(ticket_id=ticket.id, known_issue_id=known_issue_id, why=why, by=by, at=at))


def remove_link(ticket: Ticket, known_issue_id: str) -> None:
    _delete_of(Link, ticket, known_issue_id)


def _delete_of(table: type[Link] | type[Rejection], ticket: Ticket, known_issue_id: str) -> None:
    db.session.execute(
        delete(table).where(table.ticket_id == ticket.id, table.known_issue_id == known_issue_id)
    )


def list_rejected(ticket_id: int) -> list[str]:
    """Known issues that this ticket is not about, oldest first."""
    rows = select(Rejection.known_issue_id).where(Rejection.ticket_id == ticket_id).order_by(Rejection.id)
    return list(db.session.scalars(rows))


def list_of_evaluations(ids: Sequence[int], actor: Actor) -> list[tuple[int, str, bool, bool]]:
    """Tickets filed on these decisions: decision, number, whether it is private, whether this person may open it."""
    columns = (Ticket.evaluation_id, Ticket.number, Ticket.privacy, visible_to(actor).label("visible"))
    rows = db.session.execute(select(*columns).where(Ticket.evaluation_id.in_(ids)).order_by(Ticket.id))
    return [(decision or 0, number, private, bool(visible)) for decision, number, private, visible in rows]


# --- events


def last_event(ticket: Ticket, kind: str) -> Event | None:
    return next((event for event in reversed(ticket.events) if event.kind == kind), None)
