"""The look-up card: by the exact number only, for any agent, counted and audited. Never details, never another person's text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.accounts.actor import Actor, Permission
from portal.accounts.service import audit, count_audited
from portal.core.errors import NotAllowed, TooMany
from portal.knowledge.catalogue import Catalogue
from portal.tickets import desk_store, report_store, store
from portal.tickets.lifecycle import STATE_WORDS, TIER3, ball_words, moves
from portal.tickets.models import Report, Ticket
from portal.tickets.moves import standing
from portal.tickets.question import Asked
from portal.tickets.questions import asked_desks, asked_of
from portal.tickets.references import Recognised, recognise, reference_words
from portal.tickets.ticket import ANSWERED, INTAKE_FORM, Card, HoldReason, Reference, State

WHAT = "look up"
MOST_UNTOLD = 100
MOST, WITHIN = 60, timedelta(minutes=5)


def look_up(raw: str, *, actor: Actor, catalogue: Catalogue, now: datetime) -> list[Card]:
    """All that stands under a number, oldest first, tickets before reports; empty when nothing does. Writes nothing.

    A call that filed a ticket and counted its caller with a known issue is one card: the ticket's.

    Raises TooMany after 60 looks in five minutes: numbers are for people who have one, not for trying.
    """
    _check_pace(actor, now)
    number = recognise(raw, catalogue)
    if number is None:
        return []
    tickets, reports = _found(number)
    label = reference_words(number.reference) if number.system != "portal" else ""
    cards = [_of_ticket(ticket, label, actor, catalogue, now) for ticket in tickets]
    told = {report for card in cards for report, _ in card.reports}
    return cards + [_of_report(report, label) for report in reports if report.number not in told]


def _check_pace(actor: Actor, now: datetime) -> None:
    if not actor.may(Permission.FILE):
        raise NotAllowed("Your account may not look up numbers.")
    if count_audited(actor, WHAT, now - WITHIN) >= MOST:
        raise TooMany("You looked up many numbers in a short time. Wait a few minutes.")


def get_asked(number: str, *, actor: Actor, catalogue: Catalogue, now: datetime) -> tuple[Asked, bool]:
    """The open questions of a ticket, and whether this was a look by number, to be audited: a ticket of another desk.

    Raises TicketNotFound also for a privacy ticket, and TooMany as `look_up` does.
    """
    ticket = store.find_ticket(number)
    if ticket is None or ticket.privacy:
        raise store.TicketNotFound(f"There is no ticket {number}.")
    is_look = not (ticket.desk in asked_desks(actor) or store.is_visible(ticket.id, actor))
    if is_look:
        _check_pace(actor, now)
    return asked_of(ticket, catalogue, now), is_look


def note_asked(number: str, *, actor: Actor, now: datetime) -> None:
    """Audit such a look."""
    audit(actor, WHAT, f"number:{number}", number, now)


def note_look(raw: str, cards: Sequence[Card], *, actor: Actor, catalogue: Catalogue, now: datetime) -> None:
    """Audit one look; what was typed is kept only when it is a number."""
    number = recognise(raw, catalogue)
    numbers = [number for card in cards for number in (card.number, *(report for report, _ in card.reports))]
    found = " ".join(numbers) or "nothing"
    audit(actor, WHAT, f"number:{number.value}" if number else "number:not recognised", found, now)


def _found(number: Recognised) -> tuple[list[Ticket], list[Report]]:
    if number.kind == "ticket":
        ticket = store.find_ticket(number.value)
        return ([ticket] if ticket else []), []
    if number.kind == "report":
        report = report_store.find_report(number.value)
        return [], ([report] if report else [])
    intake = INTAKE_FORM.fullmatch(number.value)
    if intake:
        ticket = store.find_ticket_of_intake(int(intake[1]))
        return ([ticket] if ticket else []), report_store.list_reports_of_intake(int(intake[1]))
    return store.list_tickets_of_reference(number.reference), report_store.list_reports_of_reference(
        number.reference
    )


@dataclass(frozen=True, slots=True)
class Untold:
    """An answer that its caller has not heard. `number`: what the desk knows the ticket by; `at`: when it was given."""

    number: str
    what: str
    at: datetime


def list_untold(desk: str, catalogue: Catalogue) -> list[Untold]:
    """Of one desk, for its lead, the longest waiting first."""

    def row(ticket: Ticket) -> Untold:
        tool, refs = catalogue.tools.get(ticket.tool), ticket.references
        number = reference_words(Reference(refs[0].system, refs[0].value)) if refs else ticket.number
        return Untold(number, tool.name if tool else "Tool not known", ticket.state_at)

    return [row(ticket) for ticket in desk_store.list_untold(desk, MOST_UNTOLD)]


def tickets_under(number: Recognised) -> list[int]:
    """Ids of all that stand under a number, whoever asks; a report leads to the linked ticket that it counts."""
    tickets, reports = _found(number)
    return [ticket.id for ticket in tickets] + [one.ticket_id for one in reports if one.ticket_id is not None]


def _of_ticket(ticket: Ticket, reference: str, actor: Actor, catalogue: Catalogue, now: datetime) -> Card:
    visible = store.is_visible(ticket.id, actor)
    if ticket.privacy:
        return Card(ticket.number, "ticket", privacy=True, visible=visible)
    state = State(ticket.state)
    tool = catalogue.tools.get(ticket.tool)
    still = store.last_event(ticket, "still_happening")
    stopped = store.last_event(ticket, "stopped_happening")
    duplicate = store.last_event(ticket, "duplicate")
    asked = asked_of(ticket, catalogue, now) if ticket.hold_reason == HoldReason.CALLER else None
    asked = asked if asked and asked.questions else None
    return Card(
        ticket.number,
        "ticket",
        reference=reference,
        tool=tool.name if tool else "Tool not known",
        state=state,
        state_words=STATE_WORDS[state],
        ball=ball_words(state, ticket.team, catalogue, ticket.hold_reason),
        since=ticket.state_at,
        caller_text=ticket.caller_text,
        known_issue_id=ticket.known_issue_id,
        reports=tuple(
            (report.number, report.known_issue_id)
            for report in (report_store.list_reports_of_intake(ticket.intake_id) if ticket.intake_id else ())
        ),
        duplicate_of=duplicate.data["of"] if duplicate and state is State.DUPLICATE else "",
        is_answered=state in ANSWERED,
        asked=asked,
        again_at=still.at if still else None,
        stopped_at=stopped.at if stopped and not (still and still.id > stopped.id) else None,
        visible=visible,
        tells=ticket.version
        if state is State.BACK_TO_TIER2 and visible and _may_resolve(ticket, actor)
        else 0,
    )


def _may_resolve(ticket: Ticket, actor: Actor) -> bool:
    return "resolve" in {move.name for move in moves(standing(ticket), actor)}


def asked_on_hold(ticket: Ticket) -> str:
    """What exactly a ticket on hold waits for, in the words of who put it there."""
    held = store.last_event(ticket, "held") if ticket.state == State.ON_HOLD else None
    return str(held.data.get("because", "")) if held else ""


def _of_report(report: Report, reference: str) -> Card:
    return Card(
        report.number,
        "report",
        reference=reference,
        ball=TIER3,
        since=report.at,
        known_issue_id=report.known_issue_id,
        again_at=report.again_at,
        stopped_at=report.stopped_at,
    )
