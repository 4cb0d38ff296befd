"""POST /api/v1/criteria/<article-id>/decide: the same functions as the page, nothing recorded."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict

from portal.accounts.access import requires
from portal.accounts.actor import Permission
from portal.core.errors import Invalid
from portal.criteria.decide import decide
from portal.criteria.table import NOT_SURE, DecisionTable
from portal.knowledge import service
from portal.knowledge.access import current_snapshot
from portal.knowledge.service import ArticleNotFound
from portal.web.openapi import Operation, read_body

bp = Blueprint("knowledge_api", __name__, url_prefix="/api/v1")


class Case(BaseModel):
    model_config = ConfigDict(extra="forbid")
    answers: dict[str, str]


class Question(BaseModel):
    id: str
    ask: str
    choices: dict[str, str]


class Decided(BaseModel):
    outcome: str
    severity: str | None = None
    team: str | None = None
    runbook: str | None = None
    route: str | None = None
    rule: str | None = None
    because: str | None = None
    next_question: Question | None = None
    open: list[str] | None = None


def fitting_answers(table: DecisionTable, answers: dict[str, str]) -> dict[str, str]:
    """The answers; raises Invalid that names each one which is no input or no choice of the table."""
    wrong: dict[str, str] = {}
    inputs = {i.id: i for i in table.inputs}
    for key, value in answers.items():
        if key not in inputs:
            wrong[f"answers.{key}"] = f"These criteria have no input {key[:80]}"
        elif value != NOT_SURE and value not in inputs[key].choices:
            wrong[f"answers.{key}"] = f"Choose one of: {', '.join([*inputs[key].choices, NOT_SURE])}"
    if wrong:
        raise Invalid("Some answers do not fit these criteria.", wrong)
    return answers


@bp.post("/criteria/<article_id>/decide")
@requires(Permission.READ)
def decide_case(article_id: str) -> ResponseReturnValue:
    snapshot = current_snapshot()
    article = service.get_article(snapshot, article_id)
    if article.table is None:
        raise ArticleNotFound(f"There are no criteria in {article_id}.")
    answers = fitting_answers(article.table, read_body(Case).answers)
    decision = decide(article.table, answers)
    ask = decision.next_question
    tool = snapshot.catalogue.tools.get(article.tool or "")
    escalates = decision.outcome == "escalate"
    runbook = snapshot.in_use(decision.runbook)
    answer = Decided(
        outcome=decision.outcome,
        severity=decision.severity.value if decision.severity else None,
        team=(decision.team or (tool.team if tool else article.owner)) if escalates else None,
        runbook=runbook.id if runbook else decision.runbook,
        route=decision.route,
        rule=decision.rule.id if decision.rule else None,
        because=decision.because or None,
        next_question=Question(id=ask.id, ask=ask.ask, choices=dict(ask.choices)) if ask else None,
        open=[str(kind) for kind in decision.open_outcomes] if decision.outcome == "undecided" else None,
    )
    return jsonify(answer.model_dump(exclude_none=True))


OPERATIONS = (
    Operation(
        "POST", "/api/v1/criteria/{article_id}/decide", "What a table says to these answers", Decided, Case,
        errors=(401, 403, 404, 422),
    ),
)  # fmt: skip
