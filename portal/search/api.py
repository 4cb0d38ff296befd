"""GET /api/v1/search and POST /api/v1/known-issues/match."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from portal.accounts.access import requires
from portal.accounts.actor import Permission
from portal.core.errors import Invalid
from portal.knowledge.access import current_snapshot
from portal.knowledge.snapshot import Snapshot
from portal.search import service
from portal.search.access import clean, current_engine, keep_pace
from portal.search.match import Call, Kind, Match
from portal.search.ranking import Filters
from portal.search.views import readers
from portal.web.openapi import Operation, read_body
from portal.web.paging import whole_number

bp = Blueprint("search_api", __name__, url_prefix="/api/v1")
bp.before_request(keep_pace)
MOST = 50


class SearchHit(BaseModel):
    id: str
    type: str
    title: str
    tool: str | None
    status: str
    url: str
    score: float
    why: list[str]


class SearchAnswer(BaseModel):
    results: list[SearchHit]
    corrected: str | None = None


class MatchQuestion(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str = Field(min_length=1, max_length=4000)
    tool: str | None = None
    error_code: str | None = None
    facility: str | None = None


class IssueMatch(BaseModel):
    id: str
    title: str
    grade: str
    why: list[str]
    workaround: list[str]
    caller_text: str
    url: str


class MatchAnswer(BaseModel):
    matches: list[IssueMatch]


@bp.get("/search")
@requires(Permission.READ)
def search() -> ResponseReturnValue:
    text, _ = clean(request.args.get("q", ""))
    if not text:
        raise Invalid("Say what to search for.", {"q": "Enter words, a code or a phrase"})
    limit = whole_number(request.args.get("limit", "10"))
    if not 1 <= limit <= MOST:
        raise Invalid("The limit does not fit.", {"limit": f"Enter a whole number from 1 to {MOST}"})
    filters = Filters(kind=request.args.get("type", ""), tool=request.args.get("tool", ""), readers=readers())
    hits: list[SearchHit] = []
    number = 1
    while True:
        found = service.search(current_engine(), text, filters=filters, page=number)
        hits += [_hit(item) for item in found.page.items]
        if len(hits) >= limit or number >= found.page.pages:
            break
        number += 1
    answer = SearchAnswer(results=hits[:limit], corrected=found.corrected or None)
    return jsonify(
        answer.model_dump(exclude_none=True) | {"results": [h.model_dump() for h in answer.results]}
    )


@bp.post("/known-issues/match")
@requires(Permission.READ)
def match_known_issues() -> ResponseReturnValue:
    asked = read_body(MatchQuestion)
    snapshot = current_snapshot()
    if asked.tool and asked.tool not in snapshot.catalogue.tools:
        raise Invalid("There is no such tool.", {"tool": f"Unknown tool: {asked.tool[:80]}"})
    text, _ = clean(asked.text)
    call = Call(text=text, tool=asked.tool, error_code=asked.error_code, facility=asked.facility)
    found = service.match_known_issues(current_engine(), call)
    return jsonify(MatchAnswer(matches=[_match(m, snapshot) for m in found]).model_dump())


def _hit(found: service.Found) -> SearchHit:
    doc = found.document
    return SearchHit(
        id=doc.id, type=doc.kind, title=doc.title, tool=doc.tool, status=doc.status, url=doc.url,
        score=round(found.score, 3), why=list(found.why),
    )  # fmt: skip


def _match(match: Match, snapshot: Snapshot) -> IssueMatch:
    article = snapshot.articles.get(match.id) if match.kind is Kind.ARTICLE else None
    issue = article.known_issue if article else None
    return IssueMatch(
        id=match.id,
        title=match.title,
        grade=match.grade,
        why=list(match.why),
        workaround=list(issue.workaround) if issue else [],
        caller_text=match.say,
        url=f"/articles/{match.id}" if article else "",
    )


OPERATIONS = (
    Operation(
        "GET", "/api/v1/search", "Find articles, codes and routes", SearchAnswer,
        query={"q": "words, a code or a phrase", "type": "kind of result", "tool": "tool id", "limit": "1 to 50, default 10"},
        errors=(401, 403, 422),
    ),
    Operation(
        "POST", "/api/v1/known-issues/match", "Known issues that a call may be about", MatchAnswer, MatchQuestion,
        errors=(401, 403, 422),
    ),
)  # fmt: skip
