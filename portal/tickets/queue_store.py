"""All SQL of lists of tickets: queues with filters, order and pages, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, cast, func, literal_column, select

from portal.accounts.actor import Actor
from portal.core.db import core, db
from portal.criteria.severity import Severity
from portal.tickets.models import Rejection, Ticket
from portal.tickets.queue import PAGE_SIZE, QUEUE_STATES, Filters, Listed, shows_open
from portal.tickets.store import own_desks, visible_to
from portal.tickets.ticket import ENDED, OVER, HoldReason, State
from portal.web.paging import Page

MINE = (State.TRIAGING, State.RETURNED, State.REOPENED, State.ANSWER_READY)  # of those that a person took
CRITICAL = Ticket.severity == literal_column("'critical'")  # as its index says it
UNTAKEN = and_(CRITICAL, Ticket.taken_at.is_(None), Ticket.state.not_in(OVER))


def list_queue(
    queue: str, filters: Filters, actor: Actor, now: datetime, page: int, total: int | None = None
) -> Page[Listed]:
    """One page of a queue; `queue`: one of TRIAGE_QUEUES, desk, tell, all, or team:<id>. `total`: where it is known."""
    conditions = _conditions(queue, filters, actor, now)
    if total is None:
        total = db.session.scalar(select(func.count()).select_from(Ticket).where(*conditions)) or 0
    number = max(1, min(page, -(-total // PAGE_SIZE)))
    rows = _rows(conditions, filters.order(queue)).limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)
    return Page([_listed(row) for row in db.session.execute(rows)], number, PAGE_SIZE, total)


def list_whole_queue(queue: str, filters: Filters, actor: Actor, now: datetime) -> list[Listed]:
    """The same rows without pages, for files."""
    rows = _rows(_conditions(queue, filters, actor, now), filters.order(queue))
    return [_listed(row) for row in db.session.execute(rows)]


def list_around(queue: str, filters: Filters, actor: Actor, now: datetime, place: int) -> list[str]:
    """The numbers that stand right before, at and right after this place (from 0) of the same order."""
    rows = _rows(_conditions(queue, filters, actor, now), filters.order(queue)).with_only_columns(
        Ticket.number
    )
    return list(db.session.scalars(rows.limit(3 if place else 2).offset(max(0, place - 1))))


def list_numbers(queue: str, filters: Filters, actor: Actor, now: datetime) -> list[str]:
    """All of the list, in its order."""
    rows = _rows(_conditions(queue, filters, actor, now), filters.order(queue))
    return list(db.session.scalars(rows.with_only_columns(Ticket.number)))


def list_alike(actor: Actor, since: datetime, limit: int) -> list[tuple[Any, ...]]:
    """The newest open tickets that no known issue explains, as the comparison reads them; no privacy reports."""
    columns = (
        Ticket.number, Ticket.filed_at, Ticket.tool, Ticket.title, Ticket.summary, Ticket.alert_words, Ticket.error_code,
        Ticket.ehr, Ticket.facilities,
    )  # fmt: skip
    rows = select(*columns).where(
        visible_to(actor),
        Ticket.privacy.is_(False),
        Ticket.known_issue_id.is_(None),
        Ticket.state.not_in(OVER),
        Ticket.filed_at >= since,
    )
    newest = db.session.execute(rows.order_by(Ticket.filed_at.desc(), Ticket.id.desc()).limit(limit))
    return [tuple(row) for row in newest]


def list_words(numbers: Sequence[str]) -> list[tuple[Any, list[str]]]:
    """What known issues are compared with, of tickets that this person sees; and what was rejected."""
    columns = (
        Ticket.id, Ticket.number, Ticket.title, Ticket.summary, Ticket.alert_words, Ticket.tool, Ticket.error_code,
        Ticket.facilities, Ticket.platform, Ticket.known_issue_id, Ticket.refused,
    )  # fmt: skip
    found = db.session.execute(
        select(*columns).where(Ticket.number.in_(numbers), Ticket.privacy.is_(False))
    ).all()
    rejected: dict[int, list[str]] = {}
    rows = select(Rejection.ticket_id, Rejection.known_issue_id)
    ids = [row.id for row in found]
    for id, issue in db.session.execute(rows.where(Rejection.ticket_id.in_(ids)).order_by(Rejection.id)):
        rejected.setdefault(id, []).append(issue)
    return [(row, rejected.get(row.id, [])) for row in found]


def list_versions(queue: str, filters: Filters, actor: Actor, now: datetime) -> list[tuple[int, int]]:
    """(id, version) of every ticket of the list."""
    rows = _rows(_conditions(queue, filters, actor, now), filters.order(queue))
    return [
        (id, version) for id, version in db.session.execute(rows.with_only_columns(Ticket.id, Ticket.version))
    ]


def count_queues(actor: Actor) -> list[tuple[str | None, State, bool, str, int]]:
    """(team, state, privacy, desk, how many) of all that this person sees: most tabs' counts from one pass."""
    keys = (Ticket.team, Ticket.state, Ticket.privacy, Ticket.desk)
    rows = db.session.execute(select(*keys, func.count()).where(visible_to(actor)).group_by(*keys))
    return [(team, State(state), privacy, desk, count) for team, state, privacy, desk, count in rows]


def count_queue(queue: str, actor: Actor, now: datetime) -> int:
    """For the few that `count_queues` does not tell."""
    rows = select(func.count()).select_from(Ticket).where(*_conditions(queue, Filters(), actor, now))
    return db.session.scalar(rows) or 0


_COLUMNS = (
    Ticket.number, Ticket.filed_at, Ticket.desk, Ticket.title, Ticket.tool, Ticket.team, Ticket.state, Ticket.severity,
    Ticket.snow_severity, Ticket.audience, Ticket.facilities, Ticket.error_code, Ticket.known_issue_id,
    Ticket.hold_reason, Ticket.follow_up_at, Ticket.taken_at, Ticket.due_at, Ticket.not_known,
    Ticket.taken_by, Ticket.state_at,
)  # fmt: skip
_URGENCY = case(
    {str(severity): place for place, severity in enumerate(Severity)},
    value=Ticket.severity,
    else_=len(Severity),
)
_ENDS = case(
    (Ticket.state.in_((*ENDED, State.BACK_TO_TIER2)), 3),
    (Ticket.state == State.ON_HOLD, 2),
    (Ticket.state.in_((State.ACCEPTED, State.IN_PROGRESS)), 1),
    else_=0,
)  # what waits for nobody's move comes last
_STATES = case({str(state): place for place, state in enumerate(State)}, value=Ticket.state, else_=len(State))
_ORDER: dict[str, tuple[Any, ...]] = {
    "left": (case((UNTAKEN, 0), else_=1), Ticket.due_at.is_(None), Ticket.due_at, Ticket.id),
    "urgent": (_ENDS, _URGENCY, Ticket.filed_at, Ticket.id),
    "newest": (Ticket.filed_at.desc(), Ticket.id.desc()),
    "oldest": (Ticket.filed_at, Ticket.id),
    "number": (Ticket.number, Ticket.id),
    "tool": (Ticket.tool, Ticket.filed_at, Ticket.id),
    "state": (_STATES, Ticket.filed_at, Ticket.id),
    "title": (Ticket.title, Ticket.id),
}


def _place(queue: str, actor: Actor, now: datetime) -> list[ColumnElement[bool]]:
    """What makes a ticket stand in this queue."""
    if queue in QUEUE_STATES:
        kept: list[ColumnElement[bool]] = [Ticket.state.in_(QUEUE_STATES[queue])]
        return [*kept, Ticket.desk.in_(own_desks(actor))] if queue == "tell" else kept
    if queue in ("due", "questions"):
        asked = Ticket.hold_reason == HoldReason.CALLER
        is_due = (Ticket.state == State.ON_HOLD, Ticket.follow_up_at <= now)
        return [*is_due, asked if queue == "questions" else ~asked]
    if queue == "critical":
        return [CRITICAL, Ticket.state.not_in(OVER)]
    if queue == "mine":
        return [Ticket.taken_by == actor.id, Ticket.state.in_(MINE)]
    if queue == "desk":
        return [Ticket.desk.in_(own_desks(actor))]
    return [Ticket.team == queue.removeprefix("team:")] if queue.startswith("team:") else []


_UNTAKEN = {
    private: select(
        Ticket.number, Ticket.tool, Ticket.filed_at, Ticket.state, Ticket.severity, Ticket.taken_at,
        Ticket.team, Ticket.due_at, Ticket.version,
    )
    .where(UNTAKEN, *([] if private else [Ticket.privacy.is_(False)]))
    .order_by(Ticket.filed_at, Ticket.id)
    for private in (False, True)
}  # fmt: skip  # every open page of an analyst asks this every few seconds, so it is built once


def list_untaken(*, private: bool) -> Sequence[Any]:
    """Critical tickets that nobody has taken, the longest waiting first, whoever asks. `private`: those too."""
    return core(_UNTAKEN[private]).all()


def _rows(conditions: Sequence[ColumnElement[bool]], sort: str) -> Any:
    return select(*_COLUMNS).where(*conditions).order_by(*_ORDER[sort])


def _listed(row: Any) -> Listed:
    values = row._asdict()
    values["state"] = State(values["state"])
    values["facilities"] = tuple(values["facilities"])
    values["not_known"] = len(values["not_known"])
    return Listed(**values)


def _conditions(queue: str, filters: Filters, actor: Actor, now: datetime) -> list[ColumnElement[bool]]:
    kept = [visible_to(actor), Ticket.privacy.is_(queue == "privacy"), *_place(queue, actor, now)]
    if shows_open(queue) and not filters.state:
        kept.append(Ticket.state.not_in(ENDED))
    for column, wanted in (
        (Ticket.tool, filters.tool),
        (Ticket.severity, filters.severity),
        (Ticket.state, filters.state),
        (Ticket.team, filters.team),
    ):
        if wanted:
            kept.append(column == wanted)
    if filters.code:
        kept.append(func.upper(Ticket.error_code) == filters.code.upper())
    if filters.facility:  # a JSON list, so the station stands in quotes
        stations = func.upper(cast(Ticket.facilities, Text))
        kept.append(stations.contains(json.dumps(filters.facility.upper()), autoescape=True))
    if filters.matching is not None:
        kept.append(Ticket.id.in_(filters.matching))
    elif filters.words:
        kept.append(Ticket.title.icontains(filters.words, autoescape=True))
    if filters.numbers:
        kept.append(Ticket.number.in_(filters.numbers.split(",")))
    earliest = filters.earliest(now)
    if earliest:
        kept.append(Ticket.filed_at >= earliest)
    return kept
