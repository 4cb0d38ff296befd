"""Rows of an export become tickets: each once by its record number, with its own dates, and nothing that the guard doubts in what
developers see. No known issue is linked: triage sees the suggestions on the ticket.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from portal.accounts.actor import Actor, Permission
from portal.accounts.service import audit
from portal.core.errors import NotAllowed
from portal.core.pii import find_pii
from portal.criteria.severity import Severity, highest, snow_severity
from portal.knowledge.catalogue import Catalogue
from portal.tickets import store
from portal.tickets.clocks import Happening, due_at, ledger
from portal.tickets.exported import ORIGINS, Exported
from portal.tickets.references import reference_words
from portal.tickets.routing import choose_team
from portal.tickets.ticket import Filing, State, TicketDraft, ticket_number

DESKS = {"hrc": "hrc", "snow": "esd"}
SYSTEMS = {"hrc": "HRC Dynamics", "snow": "ServiceNow"}
HELD = "Held for review: the record may name a person. Its words stand for the support desks only, developers never see them."


@dataclass(frozen=True, slots=True)
class Draft:
    """`held`: fields whose text the guard doubted, with the kinds that it found; never a value."""

    ticket: TicketDraft
    held: tuple[str, ...]


def draft_of(row: Exported, catalogue: Catalogue) -> Draft:
    """Nobody has looked at these texts yet, so whatever the guard doubts, possible names too, stays inside until somebody has."""
    allowed = {*catalogue.help_numbers, row.reference.value}
    in_title, in_text = find_pii(row.title, allowed), find_pii(row.description, allowed)
    held = {"title": in_title, "description": in_text}
    doubted, own = bool(in_title or in_text), row.severity or Severity.MEDIUM
    severity = highest(own, Severity.HIGH) if row.privacy else own
    ticket = TicketDraft(
        origin=ORIGINS[row.reference.system],
        tool=row.tool,
        audience="staff" if row.reference.system == "snow" else "veteran",
        title=row.title if not in_title else f"{reference_words(row.reference)}: title held for review",
        summary=HELD if doubted else row.description or row.title,
        details=f"{row.title}\n\n{row.description}".strip() if doubted else "",
        severity=severity,
        snow_severity=own if row.reference.system == "snow" else snow_severity(severity),
        severity_because="" if row.severity else "The export names no severity.",
        facilities=(row.facility,) if row.facility else (),
        references=(row.reference,),
        privacy=row.privacy,
        desk=DESKS[row.reference.system],
    )
    kinds = (
        f"{name} ({', '.join(sorted({str(one.kind) for one in found}))})"
        for name, found in held.items()
        if found
    )
    return Draft(ticket, tuple(kinds))


def take(
    row: Exported, *, actor: Actor, catalogue: Catalogue, now: datetime, apply: bool
) -> tuple[str, tuple[str, ...]]:
    """ "new" or "already here", and what is held for review. In a transaction; not `apply`: only what would be done."""
    if not (actor.may(Permission.TRIAGE) and actor.may(Permission.FILE)):
        raise NotAllowed("Tickets are imported in the name of somebody who may file and triage.")
    if store.find_number_of(row.reference):
        return "already here", ()
    draft = draft_of(row, catalogue)
    if apply and not _save(row, draft, actor, catalogue, now):
        return "already here", ()
    return "new", draft.held


def _save(row: Exported, draft: Draft, actor: Actor, catalogue: Catalogue, now: datetime) -> bool:
    year = row.opened_at.astimezone(UTC).year
    number = ticket_number(year, store.next_number(f"ticket-{year}"))
    if store.find_number_of(row.reference):
        return False  # whoever held the counter has imported this very record
    routing, severity, events = choose_team(draft.ticket, catalogue), draft.ticket.severity, _events(row)
    filing = Filing(number, routing.team, row.end or State.NEW, severity, routing.because)
    due = due_at(ledger(events), severity, looked_at=None, follow_up_at=None, catalogue=catalogue)
    store.insert_ticket(draft.ticket, filing, events, by=actor.id, due=due, evaluation_id=None)
    audit(actor, "import ticket", f"ticket:{number}", " ".join(("ok", *draft.held)), now)
    return True


def _events(row: Exported) -> list[Happening]:
    """At their times in the other system, as far as the export tells them."""
    who = SYSTEMS[row.reference.system]
    said = f"Taken over from {who}{f', where it was {row.their_state}' if row.their_state else ''}."
    ends = {
        State.RESOLVED: ("resolved",),
        State.CLOSED: ("resolved", "closed"),
        State.WITHDRAWN: ("withdrawn",),
    }
    at = row.ended_at or row.opened_at
    return [
        Happening("filed", row.opened_at, {"as": who, "because": said}),
        *(Happening(kind, at, {"as": who}) for kind in (ends[row.end] if row.end else ())),
    ]
