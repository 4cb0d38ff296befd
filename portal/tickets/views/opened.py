"""A ticket is opened: what was typed before a sign-in stands in its box again, and who reads it is noted."""

from __future__ import annotations

from functools import partial

from flask import Response, request
from werkzeug.datastructures import MultiDict

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Permission
from portal.core.clock import utcnow
from portal.knowledge.access import current_snapshot
from portal.tickets import service
from portal.tickets.forms import CallerTextForm, MoveForm, NoteForm, ReferenceForm, WithdrawFileForm
from portal.tickets.lifecycle import moves
from portal.tickets.models import Ticket
from portal.tickets.views.moves import LABELS, typed_words
from portal.tickets.views.page import bp
from portal.tickets.views.ticket import Refused, fields_of, ticket_page
from portal.web.carry import carried_form
from portal.web.journal import after_answer
from portal.web.paging import whole_number


@bp.get("/<number>")
@requires(Permission.TICKETS)
def show_ticket(number: str) -> Response:
    actor, now = current_actor(), utcnow()
    ticket = service.get_ticket(number, actor)
    note = partial(
        service.note_opened,
        ticket.id,
        number,
        inside=service.may_see_inside(ticket, actor),
        actor=actor,
        catalogue=current_snapshot().catalogue,
        now=now,
    )
    after_answer(note)
    sent_to, fields = carried_form(request.path)
    return ticket_page(ticket, _kept(ticket, sent_to, fields) if fields else None)


def _kept(ticket: Ticket, sent_to: str, fields: MultiDict[str, str]) -> Refused:
    """The form that these fields were sent from, to be looked at and sent again: nothing was done with them."""
    what = sent_to.removeprefix(f"{request.path}/")
    if what == "note":
        return Refused(note_form=NoteForm(fields), kept=("noted-note", "your note"), status=200)
    if what == "caller-text":
        words = ("words-caller-text", "your words for the caller")
        return Refused(caller_form=CallerTextForm(fields), kept=words, status=200)
    if what == "references":
        reference = ("external_ref", "the record number")
        return Refused(reference_form=ReferenceForm(fields), kept=reference, status=200)
    if what.startswith("files/"):
        file = whole_number(what.split("/")[1])
        reason = (f"withdraw-file-{file}-reason", "why the file is withdrawn")
        return Refused(withdraw_form=WithdrawFileForm(fields), withdrawn=file, kept=reason, status=200)
    form, snapshot = MoveForm(fields), current_snapshot()
    move = next((m for m in moves(service.standing(ticket), current_actor()) if m.name == what), None)
    typed = list(typed_words(form, what, snapshot))
    if move is None:  # somebody moved it meanwhile
        gone = f"“{LABELS.get(what, what)}” was not done, and cannot be done any more."
        return Refused(changed=gone, typed=typed, status=200) if typed else Refused(status=200)
    first = next((field for _, field, _ in fields_of(form, move)), None)
    kept = (first.id, f"“{move.label}”") if typed and first is not None else None
    return Refused(what, form, kept=kept, status=200) if kept else Refused(status=200)
