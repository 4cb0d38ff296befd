"""The desk mends what it filed, until a team has accepted it."""

from __future__ import annotations

from flask import Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import requires
from portal.accounts.actor import Permission
from portal.core.errors import Conflict, Invalid
from portal.tickets import service
from portal.tickets.forms import CorrectForm
from portal.tickets.lifecycle import may_correct
from portal.tickets.models import Ticket
from portal.tickets.moves import CORRECTED
from portal.tickets.views.page import acting_now, bp, make
from portal.tickets.views.ticket import Refused, ticket_page
from portal.web.forms import PortalForm
from portal.web.htmx import render_page


@bp.get("/<number>/correct")
@requires(Permission.FILE)
def show_correct(number: str) -> ResponseReturnValue:
    by = acting_now()
    ticket = service.get_ticket(number, by.actor)
    if not may_correct(service.standing(ticket), by.actor):
        return redirect(url_for(".show_ticket", number=number), code=303)
    return _page(
        ticket, CorrectForm(formdata=None, **{name: getattr(ticket, name) or "" for name in CORRECTED})
    )


@bp.post("/<number>/correct")
@requires(Permission.FILE)
def correct_ticket(number: str) -> ResponseReturnValue:
    form = CorrectForm()
    by = acting_now(form.seen_version)
    texts = {name: form[name].data or "" for name in CORRECTED}
    ticket = service.get_ticket(number, by.actor)
    if not form.validate():
        return _page(ticket, form, status=422)
    try:
        make("correct", number, lambda: service.correct_ticket(number, texts, by=by), by)
    except Invalid as error:
        form.add_errors(error.fields)
        return _page(service.get_ticket(number, by.actor), form, status=422)
    except Conflict as error:
        ticket = service.get_ticket(number, by.actor)
        if may_correct(service.standing(ticket), by.actor):
            return _page(ticket, form, changed=str(error), status=409)
        typed = [(form[name].label.text, text) for name, text in texts.items() if text]
        return ticket_page(ticket, Refused(changed=str(error), typed=typed, status=409))
    flash("Corrected. The timeline says which fields.")
    return redirect(url_for(".show_ticket", number=number), code=303)


def _page(ticket: Ticket, form: CorrectForm, *, changed: str = "", status: int = 200) -> Response:
    """`changed`: somebody saved meanwhile; each field that differs shows what is on the ticket now."""
    form.renew(ticket.version)
    form.name_ids("correct")
    now_there = {name: getattr(ticket, name) or "" for name in CORRECTED}
    return render_page(
        "tickets/correct.html",
        status=status,
        ticket=ticket,
        form=form,
        changed=changed,
        now_there={name: text for name, text in now_there.items() if changed and text != form[name].data},
        problems=PortalForm.summary(form),  # its own `summary` is a field
    )
