"""What people do with tickets and reports. Every function runs in the caller's transaction; none commits or renders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NewType

from sqlalchemy.exc import IntegrityError

from portal.accounts.actor import DESK_NAMES, Actor, Permission
from portal.accounts.service import audit
from portal.core.errors import Conflict, Invalid, NotAllowed
from portal.criteria.severity import Severity, highest
from portal.knowledge.catalogue import Catalogue
from portal.tickets import clocks, file_store, report_store, store
from portal.tickets.clocks import Happening, due_at, ledger
from portal.tickets.corrections import assess_ticket as assess_ticket
from portal.tickets.corrections import correct_ticket as correct_ticket
from portal.tickets.corrections import may_assess as may_assess
from portal.tickets.corrections import open_facts as open_facts
from portal.tickets.desk_store import count_callers as count_callers
from portal.tickets.desk_store import count_not_known as count_not_known
from portal.tickets.desk_store import count_returns as count_returns
from portal.tickets.developer_text import PublicTicket, public_part
from portal.tickets.file_store import delete_of_calls as delete_of_calls
from portal.tickets.files import CallFile as CallFile
from portal.tickets.files import add_call_file as add_call_file
from portal.tickets.files import check_upload as check_upload
from portal.tickets.files import drop_call_files as drop_call_files
from portal.tickets.files import keep_file as keep_file
from portal.tickets.files import list_call_files as list_call_files
from portal.tickets.files import remove_bytes as remove_bytes
from portal.tickets.files import withdraw_call_file as withdraw_call_file
from portal.tickets.guard import DoubtfulText as DoubtfulText
from portal.tickets.guard import PersonalData as PersonalData
from portal.tickets.guard import allowed
from portal.tickets.guard import check_personal_data as check_personal_data
from portal.tickets.lifecycle import HANDLED_BY, STATE_WORDS, acting_as, find_move
from portal.tickets.lifecycle import REASON_LEAST as REASON_LEAST
from portal.tickets.lifecycle import REASON_MOST as REASON_MOST
from portal.tickets.lists import criticals as criticals
from portal.tickets.lists import likely as likely
from portal.tickets.lists import list_queue as list_queue
from portal.tickets.lists import list_saved as list_saved
from portal.tickets.lists import list_tabs as list_tabs
from portal.tickets.lists import list_whole_queue as list_whole_queue
from portal.tickets.lists import neighbours as neighbours
from portal.tickets.lists import place_after as place_after
from portal.tickets.lists import place_of as place_of
from portal.tickets.lists import remove_view as remove_view
from portal.tickets.lists import save_view as save_view
from portal.tickets.lists import time_of as time_of
from portal.tickets.look_up import Untold as Untold
from portal.tickets.look_up import asked_on_hold as asked_on_hold
from portal.tickets.look_up import get_asked as get_asked
from portal.tickets.look_up import list_untold as list_untold
from portal.tickets.look_up import look_up as look_up
from portal.tickets.look_up import note_asked as note_asked
from portal.tickets.look_up import note_look as note_look
from portal.tickets.models import Event, ExternalRef, Ticket
from portal.tickets.moves import By as By
from portal.tickets.moves import add_note as add_note
from portal.tickets.moves import close_resolved as close_resolved
from portal.tickets.moves import list_rejected as list_rejected
from portal.tickets.moves import may_see_inside as may_see_inside
from portal.tickets.moves import move_ticket as move_ticket
from portal.tickets.moves import moved
from portal.tickets.moves import note_refusal as note_refusal
from portal.tickets.moves import ready_words as ready_words
from portal.tickets.moves import refuse_known_issue as refuse_known_issue
from portal.tickets.moves import set_all_due as set_all_due
from portal.tickets.moves import set_caller_text as set_caller_text
from portal.tickets.moves import standing as standing
from portal.tickets.notice import KEPT as KEPT
from portal.tickets.notice_store import count_new as count_new
from portal.tickets.notices import follow as follow
from portal.tickets.notices import is_following as is_following
from portal.tickets.notices import list_followed as list_followed
from portal.tickets.notices import list_notices as list_notices
from portal.tickets.notices import mark_all_read as mark_all_read
from portal.tickets.notices import mark_read as mark_read
from portal.tickets.notices import tell as tell
from portal.tickets.notices import tell_of_known_issue as tell_of_known_issue
from portal.tickets.notices import tell_of_text as tell_of_text
from portal.tickets.questions import AnsweredMeanwhile as AnsweredMeanwhile
from portal.tickets.questions import answer_questions as answer_questions
from portal.tickets.questions import count_asked as count_asked
from portal.tickets.questions import list_answered as list_answered
from portal.tickets.questions import list_asked as list_asked
from portal.tickets.questions import list_questions as list_questions
from portal.tickets.questions import withdraw_question as withdraw_question
from portal.tickets.references import reference_words
from portal.tickets.reports import Spread as Spread
from portal.tickets.reports import add_report as add_report
from portal.tickets.reports import count_linked, reports_of_ticket
from portal.tickets.reports import list_reports as list_reports
from portal.tickets.reports import report_counts as report_counts
from portal.tickets.reports import several_people as several_people
from portal.tickets.reports import spread_of as spread_of
from portal.tickets.reports import take_back_report as take_back_report
from portal.tickets.routing import choose_team, needs_reason
from portal.tickets.store import ChangedMeanwhile as ChangedMeanwhile
from portal.tickets.store import TicketNotFound as TicketNotFound
from portal.tickets.team_store import Returned as Returned
from portal.tickets.team_store import TeamTicket as TeamTicket
from portal.tickets.team_store import are_open as are_open
from portal.tickets.team_store import count_reports_after as count_reports_after
from portal.tickets.team_store import list_of_team as list_of_team
from portal.tickets.team_store import list_returned as list_returned
from portal.tickets.ticket import (
    ANSWERED,
    Filed,
    Filing,
    Origin,
    Reference,
    State,
    TicketDraft,
    ticket_number,
)
from portal.tickets.timeline import standing_moves

PRIVATE_WORDS = "handled by cleared staff"


# --- filing


Checked = NewType("Checked", TicketDraft)
"""A draft that the guard has passed, so that nobody waits for it while another filing holds the database."""


def file_ticket(
    draft: Checked, *, actor: Actor, catalogue: Catalogue, now: datetime, evaluation_id: int | None = None
) -> Filing:
    """Number, route and save; a second filing of the same intake gives the first ticket.

    A privacy ticket is High at least. The files of its call come along.
    """
    if not actor.may(Permission.FILE):
        raise NotAllowed("Your account may not file tickets.")
    earlier = _filing_of(draft.intake_id)
    if earlier:
        return earlier
    routing = choose_team(draft, catalogue)
    year = now.astimezone(UTC).year
    count = store.next_number(f"ticket-{year}")
    earlier = _filing_of(draft.intake_id)  # whoever held the counter may have filed this very intake
    if earlier:
        return earlier
    severity = highest(draft.severity, Severity.HIGH) if draft.privacy else draft.severity
    filing = Filing(ticket_number(year, count), routing.team, routing.state, severity, routing.because)
    who = DESK_NAMES[actor.desk] if draft.desk != "none" else acting_as(actor, catalogue)
    files = file_store.list_of_call(draft.intake_id) if draft.intake_id is not None else []
    events = [Happening(kind, now, data) for kind, data in _first_events(draft, filing, who)]
    events += [Happening("file_added", now, {"as": who, "file": file.name}) for file in files]
    due = due_at(ledger(events), severity, looked_at=None, follow_up_at=None, catalogue=catalogue)
    ticket_id = store.insert_ticket(draft, filing, events, by=actor.id, due=due, evaluation_id=evaluation_id)
    for file in files:
        file.ticket_id = ticket_id
    audit(actor, "file ticket", f"ticket:{filing.number}", filing.state, now)
    return filing


def _filing_of(intake_id: int | None) -> Filing | None:
    ticket = store.find_ticket_of_intake(intake_id) if intake_id is not None else None
    if ticket is None:
        return None
    return Filing(ticket.number, ticket.team, State(ticket.state), ticket.severity, ticket.route_because)


def _first_events(draft: TicketDraft, filing: Filing, as_who: str) -> list[tuple[str, dict[str, object]]]:
    goes_on = filing.state is State.ROUTED
    events: list[tuple[str, dict[str, object]]] = [
        ("filed", {"as": as_who, "because": "" if goes_on else filing.because})
    ]
    if goes_on:
        events.append(("routed", {"team": filing.team, "as": "the rules", "because": filing.because}))
    if draft.known_issue_id:
        events.append(("linked", {"known_issue": draft.known_issue_id}))
    return events


def checked(draft: TicketDraft, catalogue: Catalogue) -> Checked:
    """Raises PersonalData for what may go to developers, and Invalid when the draft goes against its decision without a reason.

    A privacy ticket keeps its texts, which never leave.
    """
    if draft.tool and draft.tool not in catalogue.tools:
        raise Invalid("There is no such tool.", {"tool": "Select the tool"})
    if draft.privacy:
        return Checked(draft)
    reason = needs_reason(draft.basis, draft)
    if reason and not REASON_LEAST <= len(draft.override_reason.strip()) <= REASON_MOST:
        raise Invalid(
            f"{reason}.", {"override_reason": f"{reason} ({REASON_LEAST} to {REASON_MOST} characters)"}
        )
    public = public_part(draft, catalogue)
    texts = {
        "title": public.title,
        "summary": public.summary,
        "alert_words": public.alert_words,
        "severity_because": public.severity_because,
        **public.facts,
    }
    check_personal_data(texts, {*catalogue.help_numbers, *(ref.value for ref in draft.references)})
    return Checked(draft)


def note_guard(found: PersonalData, actor: Actor, now: datetime) -> None:
    """Audit what the guard stopped: kind and position, never the value."""
    where = " ".join(f"{span.field}:{span.kind}:{span.start}-{span.end}" for span in found.spans)
    audit(actor, "guard", "ticket:draft", where, now)


def _event(kind: str, actor: Actor, now: datetime, data: Mapping[str, object]) -> Event:
    return Event(kind=kind, actor=actor.id, at=now, data=dict(data))


# --- record numbers


def record_for(reference: Reference) -> list[Filed]:
    """What already stands under this record: "T3-2026-000123 (with the team)"."""
    tickets = [
        Filed(t.number, "ticket", PRIVATE_WORDS if t.privacy else STATE_WORDS[State(t.state)])
        for t in store.list_tickets_of_reference(reference)
    ]
    reports = [
        Filed(r.number, "report", f"added to {r.known_issue_id}")
        for r in report_store.list_reports_of_reference(reference)
    ]
    return tickets + reports


def add_reference(
    number: str, reference: Reference, *, actor: Actor, catalogue: Catalogue, now: datetime
) -> None:
    """Put a record number to a ticket or report, also to one that only its filer knows of. Repeating it is harmless."""
    if number.startswith("R-"):
        _add_to_report(number, reference, actor, now)
        return
    ticket = _own_ticket(number, actor)
    if any(Reference(ref.system, ref.value) == reference for ref in ticket.references):
        return
    ticket.references.append(ExternalRef(system=reference.system, value=reference.value))
    data = {"as": acting_as(actor, catalogue), "system": reference.system, "value": reference.value}
    ticket.events.append(_event("reference_added", actor, now, data))
    if ticket.state == State.LINKED:
        count_linked(ticket, actor, now)
    store.save()
    audit(actor, "add reference", f"ticket:{number}", reference.system, now)


def add_facts(
    number: str,
    facts: Mapping[str, str],
    not_known: Sequence[str],
    *,
    actor: Actor,
    catalogue: Catalogue,
    now: datetime,
) -> None:
    """What follows a ticket that could not wait. A fact that is known now is no longer in the list of those that are not."""
    ticket = _own_ticket(number, actor)
    public = {
        key: text for key, text in facts.items() if key in catalogue.facts and catalogue.facts[key].public
    }
    if not ticket.privacy:
        check_personal_data(public, allowed(ticket, catalogue))
    ticket.facts = {**ticket.facts, **facts}
    open_still = dict.fromkeys((*ticket.not_known, *not_known))
    ticket.not_known = [key for key in open_still if not facts.get(key)]
    data = {"as": acting_as(actor, catalogue), "facts": sorted(facts)}
    ticket.events.append(_event("facts_added", actor, now, data))
    store.save()
    audit(actor, "add facts", f"ticket:{number}", "ok", now)


def _own_ticket(number: str, actor: Actor) -> Ticket:
    """A ticket that this person filed or may see, for what follows the filing; raises TicketNotFound or NotAllowed."""
    ticket = store.find_ticket(number)
    if ticket is None or not (ticket.filed_by == actor.id or store.is_visible(ticket.id, actor)):
        raise TicketNotFound(f"There is no ticket {number}.")
    if not actor.may(Permission.FILE):
        raise NotAllowed("Your account may not add to tickets.")
    return ticket


def _add_to_report(number: str, reference: Reference, actor: Actor, now: datetime) -> None:
    report = report_store.find_report(number)
    if report is None or not (report.by == actor.id or report.desk in store.own_desks(actor)):
        raise TicketNotFound(f"There is no report {number}.")
    if report.external_ref == reference.value:
        return
    report.external_ref = reference.value
    try:
        store.save()
    except IntegrityError as error:
        raise Conflict(f"{reference_words(reference)} is already counted for this known issue.") from error
    audit(actor, "add reference", f"report:{number}", reference.system, now)


# --- the caller calls back


CALLED_BACK = "A caller called back: it still happens."


def still_happening(number: str, *, by: By) -> bool:
    """Somebody called back: it still happens. By the exact number only, for any agent; once a day is enough.

    What counted as answered is open again: True then. Else nobody would act on it.
    """
    ticket = _happening(number, "still_happening", by.actor, by.now)
    if ticket is None or State(ticket.state) not in ANSWERED:
        return False
    moved(ticket, find_move("reopen", State(ticket.state)), {"team": ticket.team, "because": CALLED_BACK}, by)
    return True


def stopped_happening(number: str, *, actor: Actor, now: datetime) -> None:
    """Somebody called back: it stopped. Nothing closes by itself."""
    _happening(number, "stopped_happening", actor, now)


def _happening(number: str, kind: str, actor: Actor, now: datetime) -> Ticket | None:
    """The ticket, if the number is one's."""
    if not actor.may(Permission.FILE):
        raise NotAllowed("Your account may not say this.")
    stopped = kind == "stopped_happening"
    report = report_store.find_report(number)
    reports, ticket = [report] if report else [], None
    if not report:
        ticket = store.find_ticket(number)
        if ticket is None or ticket.privacy:
            raise TicketNotFound(f"There is no ticket {number}.")
        said = [event for event in ticket.events if event.kind in ("still_happening", "stopped_happening")]
        if said and said[-1].kind == kind and said[-1].at.date() == now.date():
            return ticket
        ticket.events.append(_event(kind, actor, now, {"as": DESK_NAMES[actor.desk]}))
        tell(ticket, kind, {}, actor.id, now)
        reports = reports_of_ticket(ticket)  # the look-up card shows them as one call
    for one in reports:
        one.again_at, one.stopped_at = (one.again_at, now) if stopped else (now, None)
    store.save()
    audit(actor, kind.replace("_", " "), f"{'report' if report else 'ticket'}:{number}", "ok", now)
    return ticket


# --- reading


def get_ticket(number: str, actor: Actor) -> Ticket:
    """Raises TicketNotFound, also when it is not visible to this person."""
    return store.get_ticket(number, actor)


def list_tickets_named(numbers: Sequence[str], actor: Actor) -> list[Ticket]:
    """Those of them that this person sees, oldest first."""
    return store.list_named(numbers, actor)


def tickets_of_decisions(ids: Sequence[int], actor: Actor) -> dict[int, tuple[str, bool]]:
    """Decision -> number of its ticket, and whether this person may open it; empty where even the number is not for them."""
    rows = store.list_of_evaluations(ids, actor)
    return {
        decision: ("" if private and not visible else number, visible)
        for decision, number, private, visible in rows
    }


def handling(number: str) -> tuple[str, datetime] | None:
    """Who did something with a ticket last ("analyst", "handed", "team") and when: for who filed it as Critical."""
    ticket = store.find_ticket(number)
    return handled(ticket) if ticket else None


def handled(ticket: Ticket) -> tuple[str, datetime] | None:
    """As `handling`, with the ticket in hand."""
    done = [
        (HANDLED_BY[event.kind], event.at)
        for event in standing_moves(ticket.events, HANDLED_BY)
        if event.data.get("as") not in (None, "the rules")
    ]
    return done[-1] if done and ticket.taken_at else None


def strip(ticket: Ticket, catalogue: Catalogue, now: datetime) -> clocks.Strip:
    """Who had it from when to when, and how its targets stand."""
    looked, of = ticket.taken_at, ledger(ticket.events)
    return clocks.strip(of, ticket.severity, looked_at=looked, catalogue=catalogue, now=now)


LOOKED = timedelta(minutes=15)  # after which nobody minds


def note_opened(
    ticket_id: int, number: str, *, inside: bool, actor: Actor, catalogue: Catalogue, now: datetime
) -> None:
    """A ticket was opened: audited, its notices read, and shown for a while to colleagues of who works on it (`inside`)."""
    note_read("read ticket", f"ticket:{number}", actor, now)
    mark_read(actor, number)
    if inside:
        store.note_view(ticket_id, actor.id, acting_as(actor, catalogue), now)


def opened_by_others(ticket: Ticket, actor: Actor, now: datetime) -> list[tuple[str, datetime]]:
    """Roles of colleagues who have it open or had it a moment ago; for those who work on it."""
    if not may_see_inside(ticket, actor):
        return []
    return store.list_views(ticket.id, actor.id, now - LOOKED)


def note_read(what: str, object: str, actor: Actor, now: datetime) -> None:
    """Audit that a ticket was opened or a list taken away."""
    audit(actor, what, object, "ok", now)


def public_ticket(ticket: Ticket, catalogue: Catalogue) -> PublicTicket:
    """The part of a filed ticket that may leave; `people` counts the calls up to its filing."""
    draft = TicketDraft(
        origin=Origin(ticket.origin),
        tool=ticket.tool,
        audience=ticket.audience,
        title=ticket.title,
        summary=ticket.summary,
        severity=Severity(ticket.severity),
        snow_severity=ticket.snow_severity,
        severity_because=ticket.severity_because,
        platform=ticket.platform,
        facilities=tuple(ticket.facilities),
        ehr=ticket.ehr,
        error_code=ticket.error_code,
        alert_words=ticket.alert_words,
        facts=ticket.facts,
        not_known=tuple(ticket.not_known),
        references=tuple(Reference(ref.system, ref.value) for ref in ticket.references),
    )
    facility = ticket.facilities[0] if ticket.facilities else None
    issues = [ticket.known_issue_id] if ticket.known_issue_id else []
    people = several_people(issues, ticket.error_code, facility, ticket.filed_at)
    return public_part(draft, catalogue, number=ticket.number, people=max(1, people))
