"""Ends with their receipt and note, saving while typing, and leaving."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Desk, Permission
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.intake import derive, notes, practice, service
from portal.intake.case import Case
from portal.intake.forms import (
    NumberForm,
)
from portal.intake.service import NotThere
from portal.intake.views.page import at_now, bp, go, new_key, take_file
from portal.intake.wizard import End, Step
from portal.knowledge.open_hours import opening
from portal.tickets import service as tickets
from portal.web.htmx import render_page
from portal.web.security import safe_path


@bp.get("/<number>/end")
@requires(Permission.FILE)
def show_end(number: str) -> ResponseReturnValue:
    return _end_page(number)


def _end_page(number: str, form: NumberForm | None = None, status: int = 200) -> ResponseReturnValue:
    at = at_now()
    case = service.read(number, at=at)
    if not case.record.outcome:
        raise NotThere(case.waiting)
    if case.record.end is End.PRACTISED:
        return _practice_end(case)
    outcome = case.record.outcome
    catalogue = at.snapshot.catalogue
    route = catalogue.routes.get(outcome.get("route", ""))
    note, snow = outcome.get("note", ""), ""
    incident = case.record.external_ref if case.record.external_ref.startswith("INC") else ""
    if incident or derive.origin(Desk(case.record.desk)) == "snow":
        snow = notes.service_now(note, incident, outcome.get("snow_severity", ""))
    return render_page(
        "intake/end.html",
        record=case.record,
        case=case,
        outcome=outcome,
        note=snow or note,
        is_snow=bool(snow),
        route=route,
        opening=opening(route, at.now) if route else None,
        handling=tickets.handling(outcome["ticket"]) if case.record.end is End.CRITICAL else None,
        may_open=case.record.end in (End.FILED, End.CRITICAL) and current_actor().may(Permission.TICKETS),
        catalogue=catalogue,
        waited=service.waited_words(case.record, at.now),
        overdue=at.now - (case.record.ended_at or at.now) >= timedelta(minutes=catalogue.critical_minutes),
        form=form or NumberForm(formdata=None),
        may_undo=service.may_undo(case.record, at.actor, at.now),
        status=status,
    )


def _practice_end(case: Case) -> ResponseReturnValue:
    """What would have been filed or said, and how it compares with the rules."""
    record, snapshot = case.record, case.snapshot
    call = service.practice_call(record, snapshot)
    came_to = practice.answer_of_end(record.outcome, snapshot.articles)
    decided = practice.answer_of(call.decision()) if call else None
    return render_page(
        "intake/practice_end.html",
        record=record,
        outcome=record.outcome,
        call=call,
        came_to=came_to,
        decided=decided,
        grade=practice.compare(came_to, decided) if came_to and decided else None,
        place=service.practice_place(record),
        answer_words=lambda answer: practice.answer_words(
            answer, snapshot.catalogue.routes, snapshot.articles
        ),
    )


@bp.post("/<number>/undo")
@requires(Permission.FILE)
def undo_end(number: str) -> ResponseReturnValue:
    """*That was not it*: back to where the call was before its end."""
    with transaction():
        case, back = service.undo(number, at=at_now())
    flash("Taken back. If you pasted the note already, take it out of the record.")
    return redirect(safe_path(back), code=303) if back else go(case)


@bp.post("/<number>/number")
@requires(Permission.FILE)
def save_number(number: str) -> ResponseReturnValue:
    at, form = at_now(), NumberForm()
    try:
        with transaction():
            service.add_number(number, form.external_ref.data or "", at=at)
    except Invalid as error:
        form.add_errors(error.fields)
        return _end_page(number, form, 422)
    flash("The number is added.")
    return redirect(url_for(".show_end", number=number), code=303)


@bp.post("/<number>/another")
@requires(Permission.FILE)
def another_problem(number: str) -> ResponseReturnValue:
    with transaction():
        case = service.another_problem(number, key=request.form.get("key") or new_key(), at=at_now())
    return go(case)


@bp.post("/<number>/drop")
@requires(Permission.FILE)
def drop(number: str) -> ResponseReturnValue:
    """A call of which nothing comes, from its own pages or from My calls."""
    with transaction():
        service.drop(number, request.form.get("reason", ""), at=at_now())
    flash(f"{number} is dropped. What was typed is gone.")
    back = "home.show_my_calls" if request.form.get("back") == "my-calls" else "home.index"
    return redirect(url_for(back), code=303)


@bp.post("/autosave")
@requires(Permission.FILE)
def autosave_new() -> ResponseReturnValue:
    """Page 1 before it was sent for the first time: the form's key makes the intake that the form will find."""
    _autosave("")
    return Response(status=204)


@bp.post("/<number>/autosave")
@requires(Permission.FILE)
def autosave(number: str) -> ResponseReturnValue:
    _autosave(number)
    return Response(status=204)


@bp.post("/<number>/leave")
@requires(Permission.FILE)
def leave(number: str) -> ResponseReturnValue:
    _autosave(number)
    file_form = take_file(number)
    if file_form and file_form.file.errors:
        flash(f"The file was not kept. {file_form.file.errors[0]}", "warning")
    practised = service.practice_place(service.get(number, current_actor()))
    if practised:
        key, place = practised
        return redirect(url_for(".show_practice_call", key=key, place=place), code=303)
    flash(f"Saved. {number} waits under My calls.")
    return redirect(url_for("home.index"), code=303)


@bp.post("/leave")
@requires(Permission.FILE)
def leave_new() -> ResponseReturnValue:
    _autosave("")
    flash("Saved. The call waits under My calls.")
    return redirect(url_for("home.index"), code=303)


def _autosave(number: str) -> str:
    form = request.form
    raw = form.get("step", Step.CALL)
    step = Step(raw) if raw in set(Step) else Step.CALL
    skip = ("csrf_token", "version", "mask", "clear", "action")
    fields = {name: value for name, value in form.items() if name not in skip}
    with transaction():
        return service.autosave(
            fields, step, actor=current_actor(), now=utcnow(), number=number, key=form.get("key") or new_key()
        )
