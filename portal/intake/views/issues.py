"""Page 2, known issues: my caller has this, this answers it, none of these."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, request
from flask.typing import ResponseReturnValue

from portal.accounts.access import requires
from portal.accounts.actor import Permission
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.criteria.table import OutcomeKind
from portal.intake import service
from portal.intake.case import Case
from portal.intake.views.page import (
    at_now,
    bp,
    cards_of,
    fault,
    frame_of,
    go,
    match_of,
    matches_of,
    open_case,
)
from portal.intake.wizard import Step
from portal.knowledge.open_hours import opening
from portal.knowledge.service import get_article
from portal.tickets import service as tickets
from portal.web.htmx import render_page


@bp.get("/<number>/known-issues")
@requires(Permission.FILE)
def show_known_issues(number: str) -> ResponseReturnValue:
    return _issues_page(open_case(number, Step.KNOWN_ISSUES, at_now()))


def _issues_page(
    case: Case, errors: Mapping[str, str] | None = None, chosen: str = "", status: int = 200
) -> Response:
    at = at_now()
    already = tickets.record_for(case.record.reference) if case.record.reference else []
    sent_there = case.route if case.outcome == OutcomeKind.REDIRECT else None
    return render_page(
        "intake/known_issues.html",
        **frame_of(case, Step.KNOWN_ISSUES),
        cards=cards_of(matches_of(case, at), at),
        already=already,
        route=sent_there,
        opening=opening(sent_there, at.now) if sent_there else None,
        errors=errors or {},
        chosen=chosen,
        status=status,
    )


@bp.post("/<number>/known-issues")
@requires(Permission.FILE)
def save_known_issues(number: str) -> ResponseReturnValue:
    """*None of these*, *My caller has this* or *This answers it*."""
    at, form = at_now(), request.form
    case = open_case(number, Step.KNOWN_ISSUES, at)
    if form.get("answer"):
        match = match_of(case, form["answer"], at)
        with transaction():
            case = service.answer_with_match(number, match, at=at)
    elif form.get("report"):
        article = fault(get_article(at.snapshot, form["report"]))
        try:
            with transaction():
                case = service.add_caller(
                    number,
                    article,
                    external_ref=form.get("external_ref", case.record.external_ref),
                    ref_later=bool(form.get("ref_later")),
                    platform=form.get("platform", ""),
                    told=bool(form.get("told")),
                    at=at,
                )
        except Invalid as error:
            return _issues_page(case, error.fields, article.id, 422)
    else:
        with transaction():
            case = service.refuse_issues(number, form.getlist("shown"), at=at)
    return go(case)
