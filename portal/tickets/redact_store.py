"""SQL that takes words out of a ticket and of all that repeats it. Figures, times and record numbers stay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Table, select, update

from portal.accounts.append_only import rewriting
from portal.core.db import core, db
from portal.core.removal import Removal
from portal.tickets.models import (
    Attachment,
    BulkMove,
    BulkTicket,
    Event,
    Link,
    Question,
    SavedView,
    SpikeRow,
    Ticket,
)

TEXTS = (
    Ticket.title, Ticket.summary, Ticket.details, Ticket.alert_words, Ticket.error_code, Ticket.facts,
    Ticket.caller_text, Ticket.override_reason, Ticket.severity_because, Ticket.route_because,
)  # fmt: skip
# What an event says by ids, numbers, dates and roles; the rest of it was typed by somebody.
NAMES = frozenset({
    "known_issue", "team", "as", "until", "reason", "event", "of", "fields", "facts", "system", "value",
    "status", "merged_into", "route", "state", "severity", "tool",
})  # fmt: skip


def remove_words(removal: Removal, ticket: Ticket) -> None:
    """From a ticket and from what repeats it."""
    bulks = select(BulkTicket.bulk_id).where(BulkTicket.ticket_id == ticket.id)
    removal.rows([BulkMove.given, BulkMove.query], BulkMove.id.in_(bulks))
    removal.rows([BulkTicket.before, BulkTicket.why], BulkTicket.ticket_id == ticket.id)
    spikes = [row.id for row in core(select(SpikeRow.id, SpikeRow.numbers)) if ticket.number in row.numbers]
    remove_from_spikes(removal, spikes)
    _remove_from_views(removal)
    remove_own(removal, [ticket.id])


def remove_from_spikes(removal: Removal, ids: Sequence[int]) -> None:
    removal.rows([SpikeRow.words, SpikeRow.because, SpikeRow.reason], SpikeRow.id.in_(ids))


def remove_own(removal: Removal, ids: Sequence[int]) -> None:
    """From these tickets with their timelines, questions, links and names of files."""
    removal.rows(TEXTS, Ticket.id.in_(ids))
    removal.rows([Question.words, Question.choices, Question.answer], Question.ticket_id.in_(ids))
    calls = select(Ticket.intake_id).where(Ticket.id.in_(ids))  # with files that never came to the ticket
    removal.rows([Attachment.name], Attachment.ticket_id.in_(ids) | Attachment.intake_id.in_(calls))
    removal.rows([Link.why], Link.ticket_id.in_(ids))
    if not removal.apply:
        removal.rows([Event.data], Event.ticket_id.in_(ids), skip=NAMES)
        return
    with rewriting(cast(Table, Event.__table__)):
        removal.rows([Event.data], Event.ticket_id.in_(ids), skip=NAMES)
    # So that the index takes them anew, and a page opened before is told instead of putting the words back.
    core(update(Ticket).where(Ticket.id.in_(ids)).values(version=Ticket.version + 1))
    db.session.expire_all()


def _remove_from_views(removal: Removal) -> None:
    """Whoever saved them. A name gets the view's number, since it stays the only one of its person."""
    removal.rows([SavedView.query])
    for view in core(select(SavedView.id, SavedView.name).order_by(SavedView.id)).all():
        new, count = removal.clean(view.name)
        if count:
            removal.found["saved_view.name"] += count
            if removal.apply:
                core(update(SavedView).where(SavedView.id == view.id).values(name=f"{new} {view.id}"))
