"""One move of many tickets: choose in the list, look at what it would do, do it, and for a short time undo it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import requires
from portal.accounts.actor import Permission
from portal.core.db import transaction
from portal.core.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.tickets import bulk, service
from portal.tickets.bulk import Bulk, Chosen
from portal.tickets.finding import AWAY
from portal.tickets.forms import MoveForm
from portal.tickets.moves import By
from portal.tickets.queue import QUERY_MOST, list_args
from portal.tickets.views.find import place_in
from portal.tickets.views.page import acting_now, bp
from portal.tickets.views.ticket import fields_of
from portal.web.carry import carried, form_of
from portal.web.htmx import render_page

LISTED = 50  # of each kind; their number is told in full


@bp.post("/bulk")
@requires(Permission.TRIAGE)
@form_of("tickets.list_tickets")
def choose_tickets() -> ResponseReturnValue:
    """What is ticked, or all of the list; a move without questions is made at once."""
    by, move = acting_now(), request.form.get("move", "")
    given, numbers = dict(parse_qsl(request.form.get("query", "")[:QUERY_MOST])), request.form.getlist("n")
    place = place_in({**given, "at": ""})
    try:
        with transaction():
            if request.form.get("all"):
                if place.filters.titles_only:
                    raise Invalid(AWAY)
                query = urlencode(place.args)
                id = bulk.choose_all(move, place.queue, place.filters, query, actor=by.actor, now=by.now)
            else:
                at = service.place_of(numbers, place, actor=by.actor, now=by.now)
                query = urlencode(replace(place, at=at).args)
                id = bulk.choose(move, numbers, query, actor=by.actor, now=by.now)
    except Invalid as error:
        flash(str(error), "warning")
        return redirect(url_for(".list_tickets", **list_args(urlencode(given))), code=303)
    chosen = bulk.get_bulk(id, actor=by.actor, now=by.now)
    if chosen.move.required:
        return _to(id)
    with transaction():
        bulk.begin(id, MoveForm(formdata=None).given(), by=by, as_it_is=False)
    return _go_on(id, by)


@bp.get("/bulk/<int:id>")
@requires(Permission.TRIAGE)
def show_bulk(id: int) -> Response:
    return _page(id, MoveForm(carried(request.path)), acting_now())


@bp.post("/bulk/<int:id>")
@requires(Permission.TRIAGE)
def move_many(id: int) -> ResponseReturnValue:
    """Begin, or go on: a hundred at a time."""
    by, form = acting_now(), MoveForm()
    try:
        with transaction():
            bulk.begin(id, form.given(), by=by, as_it_is=bool(form.as_it_is.data))
    except Invalid as error:
        form.refuse(error)
        return _page(id, form, by, status=422)
    return _go_on(id, by)


def _go_on(id: int, by: By) -> ResponseReturnValue:
    _each(bulk.next_rows(id, "waiting", actor=by.actor), lambda row: bulk.move_one(id, row, by=by))
    with transaction():
        bulk.end(id, by=acting_now())
    done = bulk.get_bulk(id, actor=by.actor, now=by.now)
    return _to_list(done, by) if done.is_done and not done.count("refused") else _to(id)


@bp.post("/bulk/<int:id>/undo")
@requires(Permission.TRIAGE)
def undo_bulk(id: int) -> ResponseReturnValue:
    by = acting_now()
    with transaction():
        bulk.begin_undo(id, by=by)
    _each(bulk.next_rows(id, "moved", actor=by.actor), lambda row: bulk.put_back_one(id, row, by=by))
    done = bulk.get_bulk(id, actor=by.actor, now=by.now)
    if not done.is_done or done.count("kept"):
        return _to(id)
    flash("Undone. The tickets are as they were.")
    return _to_list(done, by, undone=True)


def _each(rows: Sequence[int], act: Callable[[int], None]) -> None:
    """A transaction for each; what is refused is noted in one of its own."""
    for row in rows:
        try:
            with transaction():
                act(row)
        except (Conflict, NotAllowed, Invalid, NotFound) as error:
            with transaction():
                bulk.note_refused(row, error)


def _to(id: int) -> ResponseReturnValue:
    return redirect(url_for(".show_bulk", id=id), code=303)


def _to_list(done: Bulk, by: By, *, undone: bool = False) -> ResponseReturnValue:
    return redirect(_list_url(done, by, undone=undone), code=303)


def _list_url(done: Bulk, by: By, *, undone: bool = False) -> str:
    """The list that it began in, at the row that comes next, or at the first that was put back."""
    place = place_in(dict(parse_qsl(done.query)))
    numbers = bulk.list_numbers(done, by.actor)
    place = service.place_after(place, numbers, undone=undone, actor=by.actor, now=by.now)
    return url_for(".list_tickets", **place.args)


def _page(id: int, form: MoveForm, by: By, status: int = 200) -> Response:
    found = bulk.get_bulk(id, actor=by.actor, now=by.now)
    chosen = bulk.list_chosen(found, by=by)
    form.offer(found.move.name, by.snapshot)
    fine = _some(chosen, lambda one: not one.why)
    return render_page(
        "tickets/bulk.html",
        status=status,
        bulk=found,
        form=form,
        fields=fields_of(form, found.move),
        fine=fine,
        ready=_ready(fine[1], by) if found.move.name == "answer" and not found.begun else {},
        not_fine=_some(chosen, lambda one: bool(one.why)),
        list_url=_list_url(found, by, undone=not found.is_done or found.undoing),
        problems=form.summary(),
    )


def _some(chosen: Sequence[Chosen], fits: Callable[[Chosen], bool]) -> tuple[int, list[Chosen]]:
    """How many fit, and the first of them."""
    found = [one for one in chosen if fits(one)]
    return len(found), found[:LISTED]


def _ready(chosen: Sequence[Chosen], by: By) -> dict[str, str]:
    """Number -> the words that are ready for its caller; tickets without any are left out."""
    found = service.list_tickets_named([one.number for one in chosen], by.actor)
    return {ticket.number: words for ticket in found if (words := service.ready_words(ticket))}
