"""What is sent from a ticket's page: its moves, "not this", the two boxes, a record number."""

from __future__ import annotations

from collections.abc import Iterable

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Field

from portal.accounts.access import requires
from portal.accounts.actor import Permission
from portal.core.db import transaction
from portal.core.errors import Conflict, Invalid
from portal.knowledge.snapshot import Snapshot
from portal.tickets import service
from portal.tickets.forms import CallerTextForm, MoveForm, NoteForm, ReferenceForm
from portal.tickets.lifecycle import TRANSITIONS, Given
from portal.tickets.queue import read_place
from portal.tickets.references import external_reference, reference_words
from portal.tickets.views.page import acting_now, bp, make
from portal.tickets.views.ticket import Refused, ticket_page
from portal.web.carry import form_of

LABELS = {one.name: one.label for one in reversed(TRANSITIONS)}  # of several rows the first one's
DONE = {
    "take": "You took it.",
    "accept": "Accepted. Everybody sees now that the team has it.",
    "start": "Work on it has started.",
    "answer-ready": "The answer is with Tier 3 now.",
    "answer": "Sent back to Tier 2, with the words for the caller.",
    "resolve": "Resolved.",
    "postpone": "On hold until the new date.",
    "resume": "The hold has ended.",
    "link": "Linked to the known issue and counted there.",
    "ask": "Asked: the questions stand on the list of the caller's desk.",
    "hold": "On hold until the follow-up date.",
    "return": "Returned to Tier 3.",
    "not-tier3": "Marked as not for Tier 3.",
    "duplicate": "Marked as a duplicate.",
    "unlink": "The link is taken away.",
    "reopen": "Opened again.",
    "withdraw": "Withdrawn.",
}


def _back(number: str) -> ResponseReturnValue:
    return redirect(url_for(".show_ticket", number=number, **read_place(request.args).args), code=303)


@bp.post("/<number>/<move>")
@requires(Permission.TICKETS)
@form_of("tickets.show_ticket", "number")
def move_ticket(number: str, move: str) -> ResponseReturnValue:
    """Any row of the table, by its name; what this ticket and this person do not allow is refused and audited."""
    form = MoveForm()
    by = acting_now(form.seen_version)
    service.get_ticket(number, by.actor)
    given, said = form.given(), {name: bool(form[name].data) for name in ("as_it_is", "all_the_same")}
    known = move if move in LABELS else "unknown move"  # the audit log holds nothing that was typed
    try:
        make(known, number, lambda: service.move_ticket(number, move, given, by=by, **said), by)
    except Invalid as error:
        form.refuse(error)
        return ticket_page(service.get_ticket(number, by.actor), Refused(move, form))
    except Conflict as error:
        typed = [("You had pressed", LABELS.get(move, move)), *typed_words(form, move, by.snapshot)]
        refused = Refused(move, form, changed=str(error), typed=typed, status=409)
        return ticket_page(service.get_ticket(number, by.actor), refused)
    if move == "route":
        flash(f"Handed to the {by.catalogue.teams[given.team].name} team.")
    else:
        flash(DONE[move])
    return _back(number)


def typed_words(form: MoveForm, move: str, snapshot: Snapshot) -> Iterable[tuple[str, str]]:
    """What the person had chosen and typed, in words, so that nothing of it is lost."""
    form.offer(move, snapshot)
    for field in form:
        name = field.short_name
        if name in Given.__slots__ and field.data:
            yield field.label.text, _shown(field)


def _shown(field: Field) -> str:
    choices = getattr(field, "choices", None) or ()
    return next((choice.label for choice in choices if choice.value == field.data), str(field.data))


@bp.post("/<number>/not-this")
@requires(Permission.TRIAGE)
@form_of("tickets.show_ticket", "number")
def refuse_known_issue(number: str) -> ResponseReturnValue:
    by = acting_now()
    issue = request.form.get("known_issue", "")
    make("not this", number, lambda: service.refuse_known_issue(number, issue, by=by), by)
    flash("Noted: not this known issue. It is not suggested here again.")
    return _back(number)


@bp.post("/<number>/caller-text")
@requires(Permission.TICKETS)
@form_of("tickets.show_ticket", "number")
def set_caller_text(number: str) -> ResponseReturnValue:
    form = CallerTextForm()
    by = acting_now(form.seen_version)
    text, as_it_is = form.caller_text.data or "", bool(form.as_it_is.data)
    try:
        make(
            "caller text", number, lambda: service.set_caller_text(number, text, by=by, as_it_is=as_it_is), by
        )
    except Invalid as error:
        form.refuse(error)
        return ticket_page(service.get_ticket(number, by.actor), Refused(caller_form=form))
    except Conflict as error:
        ticket = service.get_ticket(number, by.actor)
        typed = [
            ("To the caller, now on the ticket", ticket.caller_text),
            ("To the caller, as you had typed it", text),
        ]
        return ticket_page(ticket, Refused(caller_form=form, changed=str(error), typed=typed, status=409))
    flash("The words for the caller are set.")
    return _back(number)


@bp.post("/<number>/note")
@requires(Permission.TICKETS)
@form_of("tickets.show_ticket", "number")
def add_note(number: str) -> ResponseReturnValue:
    form, by = NoteForm(), acting_now()
    try:
        make("note", number, lambda: service.add_note(number, form.note.data or "", by=by), by)
    except Invalid as error:
        form.refuse(error)
        return ticket_page(service.get_ticket(number, by.actor), Refused(note_form=form))
    flash("The note stands in the timeline.")
    return _back(number)


@bp.post("/<number>/references")
@requires(Permission.TICKETS)
@form_of("tickets.show_ticket", "number")
def add_reference(number: str) -> ResponseReturnValue:
    by, form = acting_now(), ReferenceForm()
    service.get_ticket(number, by.actor)
    try:
        if not form.validate():
            raise Invalid("Enter the number of the record.")
        reference = external_reference(form.external_ref.data or "", by.catalogue)
    except Invalid as error:
        form.add_errors(error.fields)
        return ticket_page(service.get_ticket(number, by.actor), Refused(reference_form=form))
    with transaction():
        service.add_reference(number, reference, actor=by.actor, catalogue=by.catalogue, now=by.now)
    flash(f"{reference_words(reference)} stands on this ticket.")
    return _back(number)
