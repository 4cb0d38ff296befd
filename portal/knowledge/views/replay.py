"""Which past decisions a change of rules would turn, before it is sent in and before it is approved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, current_app, request, url_for

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Permission
from portal.core.clock import utcnow
from portal.criteria.replay import Case
from portal.criteria.table import DecisionTable
from portal.knowledge import service
from portal.knowledge.access import knowledge_base
from portal.knowledge.service import PERIODS, USUAL_PERIOD, Work
from portal.knowledge.views.page import CASES, bp
from portal.web.htmx import render_page

MOST_CASES = 25  # of one group; they stand for the rest, which were answered alike or nearly so


@bp.get("/<article_id>/what-if")
@requires(Permission.EDIT)
def show_what_if(article_id: str) -> Response:
    """For the author: of the draft as it is kept."""
    work = service.open_work(knowledge_base(), article_id, actor=current_actor()).work
    return render_page(
        "knowledge/what_if.html",
        fragments=("what_if",),
        article_id=article_id,
        **replay_context(work, url_for(".show_what_if", article_id=article_id)),
    )


def replay_context(work: Work, action: str) -> dict[str, Any]:
    """For `_what_if.html`; `action`: address of the page, which takes ?days=."""
    days = request.args.get("days", type=int)
    days = days if days in PERIODS else USUAL_PERIOD
    found = service.replay_decisions(knowledge_base(), work, days=days, now=utcnow())
    snapshot, table = knowledge_base().snapshot(), service.check_rules(knowledge_base().snapshot(), work)[0]
    shown = [case.id for change in found.changes for case in change.cases[:MOST_CASES]] if found else []
    return {
        "replay": found,
        "replay_action": action,
        "periods": PERIODS,
        "most_cases": MOST_CASES,
        "named": current_app.extensions[CASES](shown, current_actor()) if shown else {},
        "answer_words": answer_words,
        "snapshot": snapshot,
        "scope": service.scope_of(snapshot, table) if table else None,
    }


def answer_words(tables: tuple[DecisionTable, ...], case: Case) -> list[str]:
    """What was answered, as far as one of the tables asks for it."""
    found: dict[str, str] = {}
    for table in tables:
        given: Mapping[str, tuple[str, ...]] = {
            one.id: (case.answers[one.id],)
            for one in table.inputs
            if case.answers.get(one.id) in one.choices and one.id not in found
        }
        found |= dict(zip(given, table.conditions(given), strict=True))
    return list(found.values())
