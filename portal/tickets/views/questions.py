"""The desk answers questions to its callers; who asked takes one back; words for callers are checked while they are typed."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import requires
from portal.accounts.actor import Permission
from portal.core.errors import Conflict, Invalid
from portal.tickets import service
from portal.tickets.caller_words import doubts
from portal.tickets.forms import MoveForm
from portal.tickets.guard import masked_of
from portal.tickets.views.page import acting_now, bp, make
from portal.web.carry import carried, form_of
from portal.web.htmx import render_page
from portal.web.journal import after_answer
from portal.web.paging import whole_number


@bp.get("/<number>/answers")
@requires(Permission.FILE)
def show_answers(number: str) -> Response:
    return _page(number, typed=carried(request.path))


@bp.post("/<number>/answers")
@requires(Permission.FILE)
def answer_questions(number: str) -> ResponseReturnValue:
    by = acting_now()
    typed = _typed()
    try:
        left = make("answer", number, lambda: service.answer_questions(number, typed, by=by), by)
    except Invalid as error:
        return _page(number, error.fields, masked=_masked(error), status=422)
    except Conflict as error:
        return _page(number, changed=str(error), status=409)
    flash(
        f"Kept. {'One question is' if left == 1 else f'{left} questions are'} still open."
        if left
        else f"Kept. {number} goes on: nothing is asked any more."
    )
    back = request.form.get("back", "")
    if back == "desk":
        return redirect(url_for("home.show_questions"), code=303)
    return redirect(url_for("home.look_up", number=back or number), code=303)


def _typed() -> dict[int, tuple[str, bool]]:
    """By question: what was typed, and whether the caller does not know."""
    form = request.form
    ids = (name.removeprefix("answer-") for name in form if name.startswith("answer-"))
    texts = {id: masked_of(f"answer-{id}", form[f"answer-{id}"], form) for id in ids}
    return {whole_number(id): (text, f"unknown-{id}" in form) for id, text in texts.items()}


def _masked(error: Invalid) -> dict[str, str]:
    """By field: the text to use instead of one that holds personal data."""
    if not isinstance(error, service.PersonalData):
        return {}
    return {name: error.masked(request.form.get(name, "")) for name in error.fields}


def _page(
    number: str,
    errors: Mapping[str, str] | None = None,
    *,
    typed: Mapping[str, str] | None = None,
    masked: Mapping[str, str] | None = None,
    changed: str = "",
    status: int = 200,
) -> Response:
    """`typed`: before a sign-in, else what was sent now."""
    typed = request.form if typed is None else typed
    by = acting_now()
    asked, is_look = service.get_asked(number, actor=by.actor, catalogue=by.catalogue, now=by.now)
    if is_look:
        after_answer(lambda: service.note_asked(number, actor=by.actor, now=by.now))
    return render_page(
        "tickets/answers.html",
        status=status,
        asked=asked,
        answered=service.list_answered(number, by.actor) if changed else [],
        errors=errors or {},
        masked=masked or {},
        changed=changed,
        typed=typed,
        back=typed.get("back") or request.args.get("back", ""),
    )


@bp.post("/<number>/questions/<int:question_id>/withdraw")
@requires(Permission.TICKETS)
@form_of("tickets.show_ticket", "number")
def withdraw_question(number: str, question_id: int) -> ResponseReturnValue:
    by = acting_now()
    make("withdraw", number, lambda: service.withdraw_question(number, question_id, by=by), by)
    flash("The question is taken back.")
    return redirect(url_for(".show_ticket", number=number, _anchor="questions"), code=303)


@bp.post("/<number>/check-words")
@requires(Permission.TICKETS)
def check_words(number: str) -> str:
    """What is doubtful about words for the caller, while they are typed: a fragment, for script only."""
    by = acting_now()
    ticket = service.get_ticket(number, by.actor)
    given = MoveForm().given()
    texts = [given.caller_text, *(ask.words for ask in given.questions if not ask.fact)]
    to_staff = ticket.audience == "staff"
    found = [words for text in texts if text for words in doubts(text, by.catalogue, to_staff=to_staff)]
    return render_template("tickets/_doubts.html", doubts=dict.fromkeys(found))
