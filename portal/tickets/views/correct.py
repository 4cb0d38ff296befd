"""The desk mends what it filed, until a team has accepted it."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import requires
from portal.accounts.actor import Permission
from portal.core.errors import Conflict, Invalid
from portal.knowledge.catalogue import Fact
from portal.tickets import service
from portal.tickets.corrections import CORRECTED
from portal.tickets.forms import CorrectForm, correct_form
from portal.tickets.lifecycle import may_correct
from portal.tickets.models import Ticket
from portal.tickets.moves import By
from portal.tickets.views.page import acting_now, bp, make
from portal.tickets.views.ticket import Refused, ticket_page
from portal.web.carry import carried
from portal.web.forms import PortalForm
from portal.web.htmx import render_page


@bp.get("/<number>/correct")
@requires(Permission.FILE)
def show_correct(number: str) -> ResponseReturnValue:
    by = acting_now()
    ticket = service.get_ticket(number, by.actor)
    if not may_correct(service.standing(ticket), by.actor):
        return redirect(url_for(".show_ticket", number=number), code=303)
    facts = service.open_facts(ticket, by.catalogue)
    form = correct_form(facts)(carried(request.path), **_texts_of(ticket))
    return _page(ticket, form, facts)


@bp.post("/<number>/correct")
@requires(Permission.FILE)
def correct_ticket(number: str) -> ResponseReturnValue:
    by = acting_now()
    ticket = service.get_ticket(number, by.actor)
    facts = service.open_facts(ticket, by.catalogue)
    form = correct_form(facts)()
    by = acting_now(form.seen_version)
    texts = {name: form[name].data or "" for name in CORRECTED}
    learned = {fact.id: form[f"fact_{fact.id}"].data or "" for fact in facts}
    if not form.validate():
        return _page(ticket, form, facts, status=422)
    try:
        make("correct", number, lambda: service.correct_ticket(number, texts, learned, by=by), by)
    except Invalid as error:
        form.refuse(error)
        return _page(service.get_ticket(number, by.actor), form, facts, status=422)
    except Conflict as error:
        return _conflict(service.get_ticket(number, by.actor), form, facts, str(error), by)
    flash("Corrected. The timeline says which fields.")
    return redirect(url_for(".show_ticket", number=number), code=303)


def _conflict(ticket: Ticket, form: CorrectForm, facts: list[Fact], changed: str, by: By) -> Response:
    """Both texts while it can still be corrected; else the ticket, with what was typed."""
    if may_correct(service.standing(ticket), by.actor):
        return _page(ticket, form, facts, changed=changed, status=409)
    names = (*CORRECTED, *(f"fact_{fact.id}" for fact in facts))
    typed = [(form[name].label.text, form[name].data) for name in names if form[name].data]
    return ticket_page(ticket, Refused(changed=changed, typed=typed, status=409))


def _texts_of(ticket: Ticket) -> dict[str, str]:
    return {name: getattr(ticket, name) or "" for name in CORRECTED}


def _page(
    ticket: Ticket, form: CorrectForm, facts: list[Fact], *, changed: str = "", status: int = 200
) -> Response:
    """`changed`: somebody saved meanwhile; each field that differs shows what is on the ticket now."""
    form.renew(ticket.version)
    form.name_ids("correct")
    now_there = _texts_of(ticket) if changed else {}
    return render_page(
        "tickets/correct.html",
        status=status,
        ticket=ticket,
        form=form,
        fact_fields=[(fact, form[f"fact_{fact.id}"]) for fact in facts],
        changed=changed,
        now_there={name: text for name, text in now_there.items() if text != form[name].data},
        problems=PortalForm.summary(form),  # its own `summary` is a field
    )
