"""Pages of criteria: checking a case, and the matrix of all tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue

from portal.accounts.access import requires
from portal.accounts.actor import Permission
from portal.criteria.decide import UNDECIDED, decide, derive_codes, explain, not_followed, open_questions
from portal.criteria.table import FOLLOWED, NOT_SURE, DecisionTable
from portal.knowledge import service
from portal.knowledge.access import caller_code, current_snapshot, may_hand_over, to_tier2
from portal.knowledge.article import ArticleKind
from portal.knowledge.service import ArticleNotFound
from portal.knowledge.views.page import bp, brought
from portal.web.htmx import render_page


@bp.get("/<article_id>/check")
@requires(Permission.READ)
def check_case(article_id: str) -> ResponseReturnValue:
    """What the call tells by itself on one page, then one question a page, or all that are open together.

    The answers live in the address, so that a check can be shared.
    """
    snapshot = current_snapshot()
    article = service.get_article(snapshot, article_id)
    table = article.table
    if table is None:
        raise ArticleNotFound(f"There are no criteria in {article_id}.")
    answers = _answers(table)
    reckoned = {**not_followed(table), **answers}
    decision = decide(table, reckoned)
    every = request.args.get("view") == "all"
    useful = open_questions(table, reckoned, limit=len(table.inputs))
    asked = useful[:5] if every else [one for one in table.inputs if one.fact and one in useful] or useful[:1]
    runbook = snapshot.in_use(decision.runbook)
    undecided = decision.outcome == UNDECIDED
    context: dict[str, Any] = {
        "article": article,
        "answers": answers,
        "reckoned": reckoned,
        "followed": FOLLOWED,
        "scope": service.scope_of(snapshot, table),
        "decision": decision,
        "questions": asked if undecided else [],
        "traces": explain(table, reckoned),
        "every": every,
        "not_sure": NOT_SURE,
        "snapshot": snapshot,
        "runbook": runbook,
        "to_tier2": may_hand_over() if undecided else to_tier2(runbook, caller_code()),
        "route": snapshot.catalogue.routes.get(decision.route or ""),
        "team": snapshot.catalogue.teams.get(decision.team or article.owner),
        "missing": _left_empty(answers),
        **brought(),
    }
    return render_page("knowledge/check.html", **context)


def _left_empty(answers: Mapping[str, str]) -> list[str]:
    """The questions of the page that was sent, where they have no answer; on a page of several one answer is enough."""
    asked = request.args.getlist("asked")
    empty = [id for id in asked if id not in answers]
    return [] if len(empty) < len(asked) else empty


@bp.get("/matrix")
@requires(Permission.READ)
def show_matrix() -> Response:
    snapshot = current_snapshot()
    rows = [
        (article, article.table, service.scope_of(snapshot, article.table))
        for article in snapshot.of_kind(ArticleKind.CRITERIA)
        if article.table
    ]
    order = [
        tool.id for tool in sorted(snapshot.catalogue.tools.values(), key=lambda tool: not tool.in_scope)
    ]
    rows.sort(key=lambda row: order.index(row[0].tool) + 1 if row[0].tool in order else 0)
    wanted = request.args.get("rules", "")
    chosen = wanted if wanted in {article.id for article, *_ in rows} else ""
    return render_page("knowledge/matrix.html", rows=rows, chosen=chosen, snapshot=snapshot)


def _answers(table: DecisionTable) -> dict[str, str]:
    """Answers from the address, as far as they are choices of the table; a code in ?code= derives some."""
    derived = derive_codes(table, [request.args["code"]]) if request.args.get("code") else {}
    given = {i.id: request.args[i.id] for i in table.inputs if request.args.get(i.id)}
    fitting = {
        key: value for key, value in given.items() if value == NOT_SURE or value in table.input(key).choices
    }
    return {**derived, **fitting}
