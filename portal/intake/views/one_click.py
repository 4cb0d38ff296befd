"""One-click ends of articles, routes, known issues and checked cases."""

from __future__ import annotations

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from portal.accounts.access import requires
from portal.accounts.actor import Permission
from portal.core.db import transaction
from portal.core.errors import Invalid, NotFound
from portal.criteria.decide import decide
from portal.criteria.table import FACTS, NOT_SURE, OutcomeKind
from portal.intake import endings, guard, service
from portal.intake.case import stations
from portal.intake.views.page import (
    allowed,
    at_now,
    bp,
    fault,
    fitting,
    go,
    new_key,
    receipt,
    said_before,
    steps_page,
    ticked_steps,
    told_steps,
)
from portal.knowledge.access import current_snapshot
from portal.knowledge.service import get_article
from portal.web.address import url_for, with_words
from portal.web.htmx import render_page

CANNOT_WAIT = ("harm", "privacy", "both")
TO_TIER2 = "tier2"  # the button *Hand to Tier 2*
PLATFORMS = {*FACTS["platform"].choices, NOT_SURE}


@bp.post("/answer")
@requires(Permission.FILE)
def answer_article() -> ResponseReturnValue:
    at, form = at_now(), request.form
    article = get_article(at.snapshot, form.get("article", ""))
    key, result = form.get("key") or new_key(), form.get("result", "")
    words, code = said_before()
    back = _page_before("knowledge.show_article", words, code, article_id=article.id)
    if result == TO_TIER2:
        with transaction():
            begun = service.start_from_article(article, ticked_steps(), (), words, code, key=key, at=at)
            return receipt(service.hand_new_to_tier2(begun, back=back, at=at))
    if result in endings.RESULTS:
        with transaction():
            return go(
                service.answer_article(article, result, ticked_steps(), words, key=key, back=back, at=at)
            )
    told = told_steps(article)
    urgent = "harm" if result == "harm" else ""  # nothing is asked before it
    if told.open and not urgent:
        return steps_page(article)
    with transaction():
        case = service.start_from_article(
            article, told.done, told.not_done, words, code, urgent=urgent, key=key, at=at
        )
    return go(case)


@bp.post("/redirect")
@requires(Permission.FILE)
def redirect_done() -> ResponseReturnValue:
    at = at_now()
    route = request.form.get("route", "")
    if route not in at.snapshot.catalogue.routes:
        raise NotFound("There is no such route.")
    words, code = said_before()
    back = _page_before("knowledge.show_route", words, code, route_id=route)
    with transaction():
        case = service.redirect(route, words, key=request.form.get("key") or new_key(), back=back, at=at)
    return go(case)


def _page_before(endpoint: str, words: str, code: str, **values: str) -> str:
    """Where a call goes on whose one-click end is taken back."""
    return with_words(url_for(endpoint, **values), words, code)


@bp.post("/report/<article_id>")
@requires(Permission.FILE)
def report_issue(article_id: str) -> ResponseReturnValue:
    """One more caller, from results, board or article; refused, the page shows the three questions again."""
    at, form = at_now(), request.form
    article = fault(get_article(at.snapshot, article_id))
    errors = _report_errors()
    if not errors:
        try:
            with transaction():
                case = service.report_issue(
                    article,
                    urgent=form["urgent"],
                    external_ref=form.get("external_ref", ""),
                    ref_later=bool(form.get("ref_later")),
                    platform=form.get("platform", ""),
                    facilities=_facilities(),
                    told=bool(form.get("told")),
                    key=form.get("key") or new_key(),
                    back=_page_before("knowledge.show_article", *said_before(), article_id=article.id),
                    at=at,
                )
            return go(case)
        except Invalid as error:
            errors = error.fields
    return render_page("intake/report.html", article=article, errors=errors, typed=form, status=422)


def _facilities() -> tuple[str, ...]:
    """The health system of the caller, by its number where we know it; what is none of ours is masked."""
    typed = guard.masked(request.form.get("facilities", "")[:80], allowed(""))
    return stations(typed, current_snapshot().facilities)


def _report_errors() -> dict[str, str]:
    form, errors = request.form, {}
    if form.get("urgent") not in ("no", *CANNOT_WAIT):
        errors["urgent"] = "Select whether any of this is true"
    if form.get("urgent") not in CANNOT_WAIT and form.get("platform") not in PLATFORMS:
        errors["platform"] = 'Select where it happens, or "Not sure"'
    if form.get("urgent") == "no" and not form.get("external_ref", "").strip() and not form.get("ref_later"):
        errors["external_ref"] = "Enter an HRC or INC number, or tick that you will add it in wrap-up"
    return errors


@bp.post("/decide")
@requires(Permission.FILE)
def decide_case() -> ResponseReturnValue:
    """A checked case: what is done about it is recorded; *Start intake* keeps the answers."""
    at, form = at_now(), request.form
    article = get_article(at.snapshot, form.get("article", ""))
    if article.table is None:
        raise NotFound("This article has no rules.")
    answers, action = fitting(article.table), form.get("action", "")
    decision = decide(article.table, answers)
    key = form.get("key") or new_key()
    outcome, reason = form.get("override_outcome", ""), form.get("override_reason", "").strip()
    override = {"outcome": outcome, "target": "", "reason": reason} if action == "override" else {}
    if override and outcome not in list(OutcomeKind):
        raise Invalid("Select what you decide.", {"override_outcome": "Select what you decide"})
    words, code = said_before()
    back = _page_before("knowledge.check_case", words, code, article_id=article.id, **answers)
    if action == TO_TIER2:
        with transaction():  # keeps the decision by itself
            begun = service.start_from_decision(article, answers, override, words, code, key=key, at=at)
            return receipt(service.hand_new_to_tier2(begun, back=back, at=at))
    with transaction():
        service.record_decision(
            article,
            answers,
            decision,
            override_outcome=outcome if override else "",
            override_reason=reason if override else "",
            at=at,
        )
        if action in ("solved", "redirected") and decision.outcome in ("resolve", "redirect"):
            return go(service.end_with_decision(article, decision, words, key=key, back=back, at=at))
        if action == "intake" or outcome == "escalate":
            return go(service.start_from_decision(article, answers, override, words, code, key=key, at=at))
    flash("Your decision is recorded. The owners of the rules will read your reason.")
    return redirect(url_for("knowledge.show_article", article_id=article.id), code=303)
