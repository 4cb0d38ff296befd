"""SQL for finding tickets by what they say. Everything that is shown passes `visible_to`; the index does not ask who looks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from portal.accounts.actor import Actor
from portal.core.db import core, db
from portal.core.removal import without_marks
from portal.tickets.groups import Alike
from portal.tickets.models import Event, ExternalRef, Ticket
from portal.tickets.store import visible_to

SAID = (
    Ticket.id, Ticket.number, Ticket.filed_at, Ticket.tool, Ticket.title, Ticket.summary, Ticket.alert_words,
    Ticket.error_code, Ticket.facilities, Ticket.ehr,
)  # fmt: skip
_SHOWN = (
    *SAID,
    Ticket.state,
    Ticket.team,
    Ticket.severity,
    Ticket.details,
    Ticket.known_issue_id,
    Ticket.desk,
)
_INDEXED = (
    *SAID,
    Ticket.version,
    Ticket.state,
    Ticket.desk,
    Ticket.team,
    Ticket.privacy,
    Ticket.details,
    Ticket.facts,
)
_NEWEST_EVENT = select(func.max(Event.id))


def newest_event() -> int:
    newest: int | None = core(_NEWEST_EVENT).scalar_one()
    return newest or 0


def time_of_event(id: int) -> datetime | None:
    return db.session.scalar(select(Event.at).where(Event.id == id))


def list_events_after(noted: int, limit: int) -> list[tuple[int, int, datetime]]:
    """(id, ticket, at) of events, oldest first."""
    rows = db.session.execute(
        select(Event.id, Event.ticket_id, Event.at).where(Event.id > noted).order_by(Event.id).limit(limit)
    )
    return [(id, ticket, at) for id, ticket, at in rows]


def list_versions(ids: Sequence[int] | None = None) -> dict[int, int]:
    """Of these tickets, or of all."""
    rows = select(Ticket.id, Ticket.version)
    found = db.session.execute(rows if ids is None else rows.where(Ticket.id.in_(ids)))
    return {id: version for id, version in found}  # noqa: C416


def list_for_index(ids: Sequence[int]) -> list[tuple[Row[Any], list[str]]]:
    """What the index takes of these tickets, each with its record numbers."""
    references: dict[int, list[str]] = {}
    for ticket, value in db.session.execute(
        select(ExternalRef.ticket_id, ExternalRef.value)
        .where(ExternalRef.ticket_id.in_(ids))
        .order_by(ExternalRef.id)
    ):
        references.setdefault(ticket, []).append(value)
    rows = db.session.execute(select(*_INDEXED).where(Ticket.id.in_(ids)).order_by(Ticket.id))
    return [(row, references.get(row.id, [])) for row in rows]


def list_visible_ids(ids: Sequence[int], actor: Actor) -> list[int]:
    """Those that this person may open, newest first."""
    rows = select(Ticket.id).where(Ticket.id.in_(ids), visible_to(actor)).order_by(Ticket.id.desc())
    return list(db.session.scalars(rows))


def list_shown(ids: Sequence[int], actor: Actor) -> list[Row[Any]]:
    """Of these tickets those that this person may open, newest first."""
    rows = select(*_SHOWN).where(Ticket.id.in_(ids), visible_to(actor)).order_by(Ticket.id.desc())
    return list(db.session.execute(rows))


def list_ids_of_code(code: str, tool: str, limit: int) -> list[int]:
    """Newest first, whoever asks."""
    rows = select(Ticket.id).where(Ticket.error_code == code, Ticket.tool == tool)
    return list(db.session.scalars(rows.order_by(Ticket.filed_at.desc(), Ticket.id.desc()).limit(limit)))


def as_alike(row: Row[Any] | Ticket) -> Alike:
    return Alike(
        number=row.number,
        at=row.filed_at,
        tool=row.tool,
        title=without_marks(row.title),
        summary=without_marks(row.summary),
        alert_words=row.alert_words,
        code=row.error_code,
        facilities=tuple(row.facilities),
        ehr=row.ehr,
    )
