"""All SQL of tickets and reports, the same on SQLite and PostgreSQL. `visible_to` is the one rule of who sees which ticket."""

from __future__ import annotations

import json
from collections import Counter as Tally
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    cast,
    delete,
    false,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.exc import StaleDataError

from portal.accounts.actor import COMMAND_LINE, Actor, Permission
from portal.core.db import Base, core, db
from portal.core.errors import Conflict, NotFound
from portal.knowledge.article import final_of
from portal.tickets.clocks import Happening
from portal.tickets.lifecycle import own_desks as own_desks
from portal.tickets.models import (
    Counter,
    Event,
    ExternalRef,
    IssueSeen,
    Link,
    Rejection,
    Report,
    SavedView,
    Ticket,
    TicketView,
)
from portal.tickets.ticket import OVER, Counts, Filing, Reference, State, TicketDraft

HOURS, DAYS = 12, 14
DAY = timedelta(hours=24)
_AGO = (*(timedelta(hours=ago + 1) for ago in range(HOURS)), *(DAY * (ago + 1) for ago in range(DAYS)))


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
        own.append(Ticket.desk.in_(desks))
    if actor.teams:
        own.append(Ticket.team.in_(sorted(actor.teams)))
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
) -> None:
    """A new ticket with its references, first events and link, as old as the first of them."""
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


# --- reports


def find_report(number: str) -> Report | None:
    return db.session.scalar(select(Report).where(Report.number == number))


def find_same_report(known_issue_id: str, external_ref: str | None, intake_id: int | None) -> Report | None:
    """The report that already counts this call: the same record on the same known issue, or the same intake."""
    same: list[ColumnElement[bool]] = []
    if external_ref:
        linked = select(ExternalRef.ticket_id).where(ExternalRef.value == external_ref)
        counted = or_(Report.external_ref == external_ref, Report.ticket_id.in_(linked))
        same.append(and_(Report.known_issue_id.in_(same_issue(known_issue_id)), counted))
    if intake_id is not None:
        same.append(Report.intake_id == intake_id)
    return db.session.scalar(select(Report).where(or_(*same)).order_by(Report.id).limit(1)) if same else None


def list_reports_of_reference(reference: Reference) -> list[Report]:
    """Oldest first; without those that only count a linked ticket, which stands under the number itself."""
    rows = select(Report).where(Report.external_ref == reference.value, Report.ticket_id.is_(None))
    return list(db.session.scalars(rows.order_by(Report.id)))


def list_reports_of_intake(intake_id: int) -> list[Report]:
    return list(db.session.scalars(select(Report).where(Report.intake_id == intake_id).order_by(Report.id)))


def find_report_of_ticket(ticket_id: int) -> Report | None:
    """The report that counts because this ticket is linked."""
    return db.session.scalar(select(Report).where(Report.ticket_id == ticket_id))


def find_counted(
    known_issue_id: str, external_refs: Sequence[str], intake_id: int | None, except_for: int
) -> Report | None:
    """Another report on this issue that counts one of these records or this call; `except_for`: a ticket's own."""
    same: list[ColumnElement[bool]] = [Report.external_ref.in_(external_refs)]
    if intake_id is not None:
        same.append(Report.intake_id == intake_id)
    others = or_(Report.ticket_id.is_(None), Report.ticket_id != except_for)
    issues = same_issue(known_issue_id)
    rows = select(Report).where(Report.known_issue_id.in_(issues), or_(*same), others)
    return db.session.scalar(rows.order_by(Report.id).limit(1))


def forget_counts() -> None:
    """Those that this process keeps; others count anew within a minute."""
    global _counted
    _counted = None


def remove_report(report: Report) -> None:
    """Its number is not given again."""
    forget_counts()
    db.session.delete(report)
    db.session.flush()


def count_reports(known_issue_id: str) -> int:
    """Callers; of known issues that were merged each record once."""
    issues = same_issue(known_issue_id)
    calls = func.coalesce(Report.external_ref, literal("#") + cast(Report.id, Text))
    return (
        db.session.scalar(select(func.count(calls.distinct())).where(Report.known_issue_id.in_(issues))) or 0
    )


_NEWEST_REPORT = select(Report.id, Report.at).order_by(Report.id.desc()).limit(1)
_counted: tuple[tuple[object, ...], dict[str, Counts]] | None = None


def report_counts(ids: Iterable[str], now: datetime) -> dict[str, Counts]:
    """Issues without reports are left out. Every page with the shell asks, so the last answer of this process is kept.

    It stands until another report is the newest, or the minute changes: one look at the key's end instead of all reports.
    """
    global _counted
    newest = core(_NEWEST_REPORT).first()
    if newest is None:
        return {}
    key = (*newest, now.replace(second=0, microsecond=0))
    kept = _counted
    if kept is None or kept[0] != key:
        kept = _counted = key, _count_reports(now)
    return {id: kept[1][id] for id in ids if id in kept[1]}


def _count_reports(now: datetime) -> dict[str, Counts]:
    """Two passes over one index: all reports by issue, then those of the last days by hour and day. Merged ones apart."""
    together = merged_groups()
    alone = Report.known_issue_id.not_in({id for group in together.values() for id in group})
    totals = db.session.execute(
        select(Report.known_issue_id, func.count(), func.min(Report.at), func.max(Report.at))
        .where(alone)
        .group_by(Report.known_issue_id)
    ).all()
    lately = (Report.at > now - DAYS * DAY, alone)
    place = case(*((Report.at > now - ago, place) for place, ago in enumerate(_AGO)), else_=len(_AGO))
    placed = db.session.execute(
        select(Report.known_issue_id, place.label("place"), func.count())
        .where(*lately)
        .group_by(Report.known_issue_id, literal_column("place"))
    ).all()
    by_place: dict[str, dict[int, int]] = {}
    for issue, at, count in placed:
        by_place.setdefault(issue, {})[at] = count
    found = {
        issue: _counts(by_place.get(issue, {}), total, first_at, last_at)
        for issue, total, first_at, last_at in totals
    }
    return found | {final: _count_group(ids, now) for final, ids in together.items()}


def _counts(by_place: Mapping[int, int], total: int, first_at: datetime, last_at: datetime) -> Counts:
    today = sum(by_place.get(place, 0) for place in range(HOURS + 1))
    hours = tuple(by_place.get(HOURS - 1 - place, 0) for place in range(HOURS))
    days = tuple(by_place.get(HOURS + ago, 0) for ago in range(DAYS - 1, 0, -1))
    return Counts(today, total, hours, (*days, today), first_at, last_at)


def _count_group(ids: Sequence[str], now: datetime) -> Counts:
    """Of known issues that are one now: a record that several of them count is one caller, the first time."""
    rows = select(Report.external_ref, Report.at).where(Report.known_issue_id.in_(ids)).order_by(Report.at)
    first = {ref or object(): at for ref, at in reversed(db.session.execute(rows).all())}
    moments = sorted(first.values())
    places = Tally(next((i for i, ago in enumerate(_AGO) if at > now - ago), len(_AGO)) for at in moments)
    return _counts(places, len(moments), moments[0], moments[-1]) if moments else Counts()


def merged_groups() -> dict[str, list[str]]:
    """Known issue -> itself and all that ended in it, for those that others were merged into."""
    rows = db.session.execute(
        select(IssueSeen.known_issue_id, IssueSeen.merged_into).where(IssueSeen.merged_into.is_not(None))
    )
    steps = {id: into for id, into in rows if into}
    groups: dict[str, list[str]] = {}
    for id in sorted(steps):
        final = final_of(id, steps)
        if final != id:
            groups.setdefault(final, [final]).append(id)
    return groups


def same_issue(known_issue_id: str) -> list[str]:
    """All known issues that are this one now."""
    return next((ids for ids in merged_groups().values() if known_issue_id in ids), [known_issue_id])


def count_calls(
    known_issue_ids: Sequence[str], error_code: str | None, facility: str | None, now: datetime
) -> int:
    """Different calls of the last 24 hours with one of these known issues, or with this code at this facility."""
    recent_report = and_(Report.at > now - DAY, Report.ticket_id.is_(None))  # a linked ticket counts itself
    recent_ticket = Ticket.filed_at > now - DAY
    parts: list[Select[str]] = []
    known_issue_ids = [same for issue in known_issue_ids for same in same_issue(issue)]
    if known_issue_ids:
        parts.append(
            select(_call("r", Report)).where(recent_report, Report.known_issue_id.in_(known_issue_ids))
        )
        parts.append(
            select(_call("t", Ticket)).where(
                recent_ticket, Ticket.privacy.is_(False), Ticket.known_issue_id.in_(known_issue_ids)
            )
        )
    if error_code and facility:
        parts.append(
            select(_call("t", Ticket)).where(
                recent_ticket,
                Ticket.privacy.is_(False),
                Ticket.error_code == error_code,
                cast(Ticket.facilities, Text).contains(json.dumps(facility), autoescape=True),
            )
        )
    if not parts:
        return 0
    calls = parts[0].union(*parts[1:]).subquery()
    return db.session.scalar(select(func.count()).select_from(calls)) or 0


def _call(letter: str, table: type[Report] | type[Ticket]) -> ColumnElement[str]:
    """The call behind a row: its intake where there is one, since one call may leave a report and a ticket."""
    own = literal(letter) + cast(table.id, Text)
    return func.coalesce(literal("i") + cast(table.intake_id, Text), own).label("call")


# --- events


def last_event(ticket: Ticket, kind: str) -> Event | None:
    return next((event for event in reversed(ticket.events) if event.kind == kind), None)
