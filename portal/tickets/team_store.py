"""SQL for the page of a tool team: its open tickets, what came and went since a moment, callers with its known issues."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.accounts.actor import Actor
from portal.core.db import db
from portal.tickets.models import Event, Report, Ticket
from portal.tickets.store import visible_to
from portal.tickets.ticket import ENDED, WITH_TEAM, State

MOST = 200


@dataclass(frozen=True, slots=True)
class TeamTicket:
    """One open ticket of a team. `arrived_at`: when it was last routed; `due_at`: its next target or follow-up."""

    number: str
    title: str
    state: State
    severity: str
    filed_at: datetime
    state_at: datetime
    arrived_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Returned:
    """A team sent a ticket back. `evaluation_id`: the decision by which it had come; `number` empty where it may not be seen."""

    number: str
    team: str
    reason: str
    evaluation_id: int | None
    at: datetime


def list_of_team(team: str, actor: Actor) -> list[TeamTicket]:
    """With the team or on hold, as far as this person sees them, those filed first on top; never privacy tickets."""
    states = (*WITH_TEAM, State.ON_HOLD)
    arrived = (
        select(func.max(Event.at))
        .where(Event.ticket_id == Ticket.id, Event.kind == "routed")
        .correlate(Ticket)
        .scalar_subquery()
    )
    query = (
        select(
            Ticket.number, Ticket.title, Ticket.state, Ticket.severity, Ticket.filed_at, Ticket.state_at,
            func.coalesce(arrived, Ticket.filed_at, type_=Ticket.filed_at.type), Ticket.due_at,
        )
        .where(visible_to(actor), Ticket.privacy.is_(False), Ticket.team == team, Ticket.state.in_(states))
        .order_by(Ticket.filed_at, Ticket.id)
        .limit(MOST)
    )  # fmt: skip
    rows = db.session.execute(query)
    return [
        TeamTicket(n, t, State(s), sev, filed, moved, came, due)
        for n, t, s, sev, filed, moved, came, due in rows
    ]


def are_open(*, team: str = "", tool: str = "") -> bool:
    """Is a ticket open that is with this team, or of this tool? Privacy tickets count; nothing else is told of any."""
    held = Ticket.team == team if team else Ticket.tool == tool
    return db.session.scalar(select(Ticket.id).where(held, Ticket.state.not_in(ENDED)).limit(1)) is not None


def list_returned(after: datetime, actor: Actor | None = None) -> list[Returned]:
    """Oldest first. Without an actor every team's, without numbers: for counts by rule; never privacy tickets."""
    query = (
        select(Ticket.number, Ticket.evaluation_id, Event.data, Event.at)
        .join(Ticket, Ticket.id == Event.ticket_id)
        .where(Event.kind == "returned", Event.at > after, Ticket.privacy.is_(False))
        .order_by(Event.id)
    )
    if actor is not None:
        query = query.where(visible_to(actor))
    return [
        Returned(number if actor else "", data.get("team") or "", data.get("reason") or "", evaluation_id, at)
        for number, evaluation_id, data, at in db.session.execute(query)
    ]


def count_reports_after(ids: Collection[str], moment: datetime) -> dict[str, int]:
    """Known issue -> callers since then; issues without any are left out."""
    query = (
        select(Report.known_issue_id, func.count())
        .where(Report.known_issue_id.in_(ids), Report.at > moment)
        .group_by(Report.known_issue_id)
        .order_by(Report.known_issue_id)
    )
    return {issue: count for issue, count in db.session.execute(query)}  # noqa: C416 - rows are no pairs to mypy
