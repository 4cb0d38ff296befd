"""Tier 3 sets severity and tool anew."""

from __future__ import annotations

from flask import Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import requires
from portal.accounts.actor import Permission
from portal.core.errors import Conflict, Invalid
from portal.criteria.severity import Severity
from portal.tickets import service
from portal.tickets.forms import AssessForm, choices
from portal.tickets.models import Ticket
from portal.tickets.views.page import acting_now, bp, make
from portal.web.carry import carried
from portal.web.htmx import render_page


@bp.get("/<number>/assess")
@requires(Permission.TRIAGE)
def show_assess(number: str) -> ResponseReturnValue:
    by = acting_now()
    ticket = service.get_ticket(number, by.actor)
    if not service.may_assess(service.standing(ticket), by.actor):
        return redirect(url_for(".show_ticket", number=number), code=303)
    form, brought = (
        AssessForm(formdata=None, severity=ticket.severity, tool=ticket.tool),
        carried(_path(number)),
    )
    if brought is not None:
        form.process(brought)
    return _page(ticket, form)


@bp.post("/<number>/assess")
@requires(Permission.TRIAGE)
def assess_ticket(number: str) -> ResponseReturnValue:
    form = AssessForm()
    by = acting_now(form.seen_version)
    given = (form.severity.data or "", form.tool.data or "", form.reason.data or "")
    try:
        make("assess", number, lambda: service.assess_ticket(number, *given, by=by), by)
    except Invalid as error:
        form.refuse(error)
        return _page(service.get_ticket(number, by.actor), form, status=422)
    except Conflict as error:
        return _page(service.get_ticket(number, by.actor), form, changed=str(error), status=409)
    flash("Set. Everybody who sees the ticket sees why.")
    return redirect(url_for(".show_ticket", number=number), code=303)


def _path(number: str) -> str:
    return url_for(".show_assess", number=number)


def _page(ticket: Ticket, form: AssessForm, *, changed: str = "", status: int = 200) -> Response:
    tools = acting_now().catalogue.tools.values()
    form.severity.choices = choices((str(one), one.capitalize()) for one in Severity)
    form.tool.choices = choices((tool.id, tool.name) for tool in tools)
    form.renew(ticket.version)
    form.name_ids("assess")
    return render_page(
        "tickets/assess.html",
        status=status,
        ticket=ticket,
        form=form,
        changed=changed,
        problems=form.summary(),
    )
