"""Page 3, the questions of the rules, and what they lead to: a runbook, another place, Tier 2, or a decision of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import service as accounts
from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Permission
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.criteria.table import NOT_SURE
from portal.intake import endings, service
from portal.intake.case import Case
from portal.intake.service import NotThere
from portal.intake.views.page import (
    at_now,
    bp,
    decision_box,
    fitting,
    frame_of,
    go,
    kept_form,
    open_case,
    receipt,
    steps_page,
    ticked_steps,
    told_steps,
)
from portal.intake.wizard import End, Step
from portal.knowledge.access import to_tier2
from portal.knowledge.open_hours import opening
from portal.web.htmx import render_page
from portal.web.paging import whole_number


@bp.get("/<number>/questions")
@requires(Permission.FILE)
def show_questions(number: str) -> ResponseReturnValue:
    case = open_case(number, Step.QUESTIONS, at_now())
    again = request.args.get("ask", "")
    return _questions_page(case, again=again)


def _questions_page(
    case: Case, *, again: str = "", missing: Sequence[str] = (), status: int = 200
) -> Response:
    """The open questions, or one that was answered (or derived) and is asked again."""
    compact = current_actor().compact
    table = case.table
    asked = (
        [one for one in table.inputs if one.id == again] if table and again else case.questions(every=compact)
    )
    kept: Mapping[str, str] = kept_form(case, Step.QUESTIONS) or {}
    typed = {name: value for name, value in (request.form or kept).items() if name.startswith("answer-")}
    return render_page(
        "intake/questions.html",
        **frame_of(case, Step.QUESTIONS, **decision_box(case)),
        asked=asked,
        again=again,
        compact=compact,
        missing=missing,
        typed=typed,
        not_sure=NOT_SURE,
        status=status,
    )


@bp.post("/<number>/questions")
@requires(Permission.FILE)
def save_questions(number: str) -> ResponseReturnValue:
    at = at_now()
    case = open_case(number, Step.QUESTIONS, at)
    asked = request.form.getlist("asked")
    answers = fitting(case.table) if case.table else {}
    known = {one.id for one in case.table.inputs} if case.table else set()
    missing = [id for id in asked if id in known and id not in answers]
    if missing and (not answers or not current_actor().compact):
        return _questions_page(case, again=asked[0] if len(asked) == 1 else "", missing=missing, status=422)
    version = whole_number(request.form.get("version"))
    with transaction():
        case = service.save_answers(number, answers, version=version, at=at)
    return go(case)


@bp.post("/<number>/view")
@requires(Permission.FILE)
def change_view(number: str) -> ResponseReturnValue:
    """Guided or compact; kept for the person."""
    actor = current_actor()
    with transaction():
        accounts.set_preferences(
            actor, timezone=actor.timezone, compact=not actor.compact, keys=actor.keys, mail=actor.mail
        )
    return redirect(url_for(".show_questions", number=number), code=303)


@bp.post("/<number>/undecided")
@requires(Permission.FILE)
def save_undecided(number: str) -> ResponseReturnValue:
    """Not enough to decide: to Tier 2, or to Tier 3 triage."""
    at = at_now()
    with transaction():
        if request.form.get("action") == "triage":
            case = service.file_for_triage(number, at=at)
        else:
            case = service.hand_to_tier2(number, at=at)
    return receipt(case) if case.record.end is End.HANDED_OVER else go(case)


@bp.post("/<number>/decide")
@requires(Permission.FILE)
def decide_otherwise(number: str) -> ResponseReturnValue:
    at, form = at_now(), request.form
    try:
        with transaction():
            case = service.decide_otherwise(number, form.get("choice", ""), form.get("reason", ""), at=at)
    except Invalid as error:
        case = service.read(number, at=at)
        return render_page(
            "intake/decide.html",
            **frame_of(case, Step.QUESTIONS, **decision_box(case)),
            errors=error.fields,
            status=422,
        )
    return receipt(case) if case.record.end is End.HANDED_OVER else go(case)


@bp.get("/<number>/decide")
@requires(Permission.FILE)
def show_decide(number: str) -> ResponseReturnValue:
    case = service.read(number, at=at_now())
    if not case.record.is_open:
        raise NotThere(case.waiting)
    return render_page(
        "intake/decide.html", **frame_of(case, Step.QUESTIONS, **decision_box(case)), errors={}
    )


@bp.get("/<number>/runbook")
@requires(Permission.FILE)
def show_runbook(number: str) -> ResponseReturnValue:
    case = open_case(number, Step.RUNBOOK, at_now())
    return render_page(
        "intake/runbook.html",
        **frame_of(case, Step.RUNBOOK, **decision_box(case)),
        runbook=case.runbook,
        to_tier2=to_tier2(case.runbook, next(iter(case.codes), "")),
    )


@bp.post("/<number>/runbook")
@requires(Permission.FILE)
def save_runbook(number: str) -> ResponseReturnValue:
    at, result = at_now(), request.form.get("result", "")
    if result in endings.RESULTS:
        with transaction():
            return go(service.runbook_result(number, result, ticked_steps(), at=at))
    if result == "tier2":
        with transaction():
            case = service.hand_to_tier2(number, ticked_steps(), at=at)
        return receipt(case) if case.record.end is End.HANDED_OVER else go(case)
    runbook = open_case(number, Step.RUNBOOK, at).runbook
    told = told_steps(runbook)
    if runbook is not None and told.open:
        return steps_page(runbook)
    with transaction():
        return go(service.runbook_result(number, result, told.done, told.not_done, at=at))


@bp.get("/<number>/elsewhere")
@requires(Permission.FILE)
def show_elsewhere(number: str) -> ResponseReturnValue:
    at = at_now()
    case = open_case(number, Step.ELSEWHERE, at)
    shown = opening(case.route, at.now) if case.route else None
    return render_page(
        "intake/elsewhere.html",
        **frame_of(case, Step.ELSEWHERE, **decision_box(case)),
        route=case.route,
        opening=shown,
    )


@bp.post("/<number>/elsewhere")
@requires(Permission.FILE)
def save_elsewhere(number: str) -> ResponseReturnValue:
    with transaction():
        case = service.sent_elsewhere(number, at=at_now())
    return go(case)
