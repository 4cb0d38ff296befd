"""Personal data is taken out of a ticket: type the words, see how many places hold them, confirm."""

from __future__ import annotations

from flask import Response, current_app, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import requires
from portal.accounts.actor import Permission
from portal.core.errors import Conflict, Invalid
from portal.core.removal import Removal, empty_log
from portal.tickets import redacting, service
from portal.tickets.access import CALL_TEXTS, current_index
from portal.tickets.forms import RedactForm
from portal.tickets.moves import By
from portal.tickets.views.page import acting_now, bp, make
from portal.web.carry import STORED, carried
from portal.web.htmx import render_page
from portal.web.journal import after_close


@bp.get("/<number>/redact")
@requires(Permission.TRIAGE)
def show_redact(number: str) -> Response:
    return _page(number, RedactForm(carried(request.path)), acting_now())


@bp.post("/<number>/redact")
@requires(Permission.TRIAGE)
def redact_ticket(number: str) -> ResponseReturnValue:
    """The places first; with `sure` the words are taken out."""
    form, by = RedactForm(), acting_now()
    words, of_call = form.words.data or "", current_app.extensions[CALL_TEXTS]
    given = {"actor": by.actor, "snapshot": by.snapshot, "of_call": of_call}

    def take_out() -> Removal:
        return redacting.take_out(number, words, version=form.seen_version, now=by.now, **given)

    changed = ""
    try:
        if request.form.get("sure"):
            done = make("redact ticket", number, take_out, by)
            if STORED in session:  # it is written again from memory when this request ends
                session[STORED] = done.clean(session[STORED])[0]
            _clean_up(by)
            flash(f"Taken out in {done.found.total()} places.")
            return redirect(url_for(".show_ticket", number=number), code=303)
        found = redacting.find_words(number, words, **given)
    except Invalid as error:
        form.add_errors(error.fields)
        return _page(number, form, by, status=422)
    except Conflict as error:
        changed, found = str(error), redacting.find_words(number, words, **given)
    return _page(number, form, by, found=found, changed=changed, status=409 if changed else 200)


def _clean_up(by: By) -> None:
    """At once the words find nothing any more; their traces in files go when the answer is sent, since that takes long."""
    index = current_index()
    redacting.catch_up(index, by.now)

    def clean() -> None:
        redacting.clean_index(index, by.now)
        empty_log()

    after_close(clean)


def _page(
    number: str,
    form: RedactForm,
    by: By,
    *,
    found: Removal | None = None,
    changed: str = "",
    status: int = 200,
) -> Response:
    ticket = service.get_ticket(number, by.actor)
    form.renew(ticket.version)
    form.name_ids("redact")
    return render_page(
        "tickets/redact.html",
        status=status,
        ticket=ticket,
        form=form,
        changed=changed,
        looked=found is not None,
        places=redacting.places_in_words(found) if found else [],
        total=found.found.total() if found else 0,
        problems=form.summary(),
    )
