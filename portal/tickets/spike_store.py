"""SQL of spikes: the calls that are counted, and the rows that were opened. Never a privacy ticket."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select

from portal.core.db import db
from portal.core.removal import REMOVED
from portal.tickets.finding_store import SAID, as_alike
from portal.tickets.groups import Alike
from portal.tickets.models import Report, SpikeRow, Ticket
from portal.tickets.spikes import Call, SpikeState
from portal.tickets.ticket import ENDED

Span = tuple[datetime, datetime]


def list_filed(spans: Sequence[Span]) -> list[tuple[Call, str | None]]:
    """Tickets filed within these spans, each with the known issue that explains it."""
    within = or_(*(Ticket.filed_at.between(*span) for span in spans))
    rows = select(Ticket.filed_at, Ticket.number, Ticket.tool, Ticket.facilities, Ticket.known_issue_id)
    found = db.session.execute(rows.where(within, Ticket.privacy.is_(False)).order_by(Ticket.id))
    return [(Call(at, number, tool, tuple(places)), issue) for at, number, tool, places, issue in found]


def list_reported(spans: Sequence[Span]) -> list[tuple[Call, str]]:
    """Reports without a ticket, each with its known issue; their tool is not known here."""
    within = or_(*(Report.at.between(*span) for span in spans))
    rows = select(Report.at, Report.number, Report.facility, Report.known_issue_id)
    found = db.session.execute(rows.where(within, Report.ticket_id.is_(None)).order_by(Report.id))
    return [(Call(at, number, "", (place,) if place else ()), issue) for at, number, place, issue in found]


def list_unlinked(since: datetime, limit: int) -> list[Alike]:
    """Open tickets filed since then that no known issue explains, newest first."""
    rows = select(*SAID).where(
        Ticket.privacy.is_(False),
        Ticket.known_issue_id.is_(None),
        Ticket.state.not_in(ENDED),
        Ticket.filed_at > since,
    )
    found: Iterable[Row[Any]] = db.session.execute(
        rows.order_by(Ticket.filed_at.desc(), Ticket.id.desc()).limit(limit)
    )
    return [as_alike(row) for row in found]


def known_issues_of(numbers: Collection[str]) -> dict[str, str]:
    """Ticket -> known issue, of those of these that have one."""
    rows = select(Ticket.number, Ticket.known_issue_id).where(Ticket.number.in_(numbers))
    return {number: issue for number, issue in db.session.execute(rows) if issue}


def list_spikes(since: datetime) -> list[SpikeRow]:
    """All that are open, and the others that changed since then; newest first."""
    rows = select(SpikeRow).where(or_(SpikeRow.state == SpikeState.OPEN, SpikeRow.at > since))
    return list(db.session.scalars(rows.order_by(SpikeRow.id.desc())))


def list_open() -> list[SpikeRow]:
    """Newest first; every page of the triage queue asks."""
    rows = select(SpikeRow).where(SpikeRow.state == SpikeState.OPEN)
    return list(db.session.scalars(rows.order_by(SpikeRow.id.desc())))


def list_decided_spikes(before: datetime) -> list[int]:
    """Those decided by then that still hold words."""
    said = (SpikeRow.state != SpikeState.OPEN, SpikeRow.because != REMOVED)
    return list(
        db.session.scalars(select(SpikeRow.id).where(SpikeRow.at <= before, *said).order_by(SpikeRow.id))
    )


def lock_spike(id: int) -> SpikeRow | None:
    return db.session.scalar(select(SpikeRow).where(SpikeRow.id == id).with_for_update())


def add_spike(row: SpikeRow) -> None:
    db.session.add(row)
    db.session.flush()
