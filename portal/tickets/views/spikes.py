"""Possible new problems: what the portal noticed by itself, for an analyst to make a known issue of or to dismiss."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Permission
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.core.errors import Conflict, Invalid
from portal.knowledge.access import current_snapshot
from portal.tickets import watching
from portal.tickets.forms import DismissForm
from portal.tickets.models import SpikeRow
from portal.tickets.views.page import bp
from portal.web.htmx import render_page


@bp.get("/spikes")
@requires(Permission.TRIAGE)
def list_spikes() -> Response:
    return _page()


@bp.post("/spikes/<int:id>/dismiss")
@requires(Permission.TRIAGE)
def dismiss_spike(id: int) -> ResponseReturnValue:
    form = DismissForm(request.form)
    try:
        with transaction():
            watching.dismiss(id, form.reason.data or "", actor=current_actor(), now=utcnow())
    except Invalid as error:
        form.add_errors(error.fields)
        return _page(id, form)
    except Conflict as error:
        flash(str(error), "warning")
        return redirect(url_for(".list_spikes"), code=303)
    flash("Dismissed. It comes back only when it has doubled.")
    return redirect(url_for(".list_spikes"), code=303)


def _page(refused: int = 0, form: DismissForm | None = None) -> Response:
    """`refused`: the one whose form comes back with what was typed."""
    snapshot = current_snapshot()
    waiting, decided = watching.list_spikes(current_actor(), utcnow())

    def form_of(row: SpikeRow) -> DismissForm:
        own = form if form and row.id == refused else DismissForm(formdata=None)
        own.reason.id = f"dismiss-{row.id}"
        return own

    return render_page(
        "tickets/spikes.html",
        status=422 if form else 200,
        waiting=[(row, watching.tickets_of(row), form_of(row)) for row in waiting],
        decided=[(row, watching.tickets_of(row)) for row in decided],
        problems=form.summary() if form else [],
        refused=refused,
        catalogue=snapshot.catalogue,
        facilities=snapshot.facilities,
        articles=snapshot.articles,
    )
