"""Pages of the knowledge base: articles as answer cards, codes, routes, facilities, the matrix, and checking a case."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, current_app, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Permission
from portal.core.clock import utcnow
from portal.core.errors import NotFound
from portal.criteria.decide import decide, derive_codes, explain, open_questions
from portal.criteria.table import FACTS, NOT_SURE, DecisionTable, normal_code
from portal.knowledge import service
from portal.knowledge.access import caller_code, caller_words, current_snapshot, knowledge_base
from portal.knowledge.article import Article, ArticleKind, freshness
from portal.knowledge.article_types import ARTICLE_TYPES
from portal.knowledge.catalogue import ErrorCode
from portal.knowledge.open_hours import opening
from portal.knowledge.parse import parse_article
from portal.knowledge.render import bullets, render, render_inline, render_sections, steps
from portal.knowledge.service import ArticleNotFound
from portal.knowledge.snapshot import Snapshot
from portal.web.export import csv_response
from portal.web.forms import zone_words
from portal.web.htmx import render_page

bp = Blueprint("knowledge", __name__, url_prefix="/articles")
PANEL = "portal_article_panel"
REVISION = re.compile(r"[0-9a-f]{7,64}")
CARD_SECTIONS = {
    ArticleKind.RUNBOOK: ("use-when", "ask", "do", "say", "stop-and-escalate-if"),
    ArticleKind.CRITERIA: ("goes-to-tier-3-if", "you-solve-it-if", "elsewhere-if"),
    ArticleKind.RELEASE: ("who-sees-it", "looks-like", "normal", "not-normal"),
    ArticleKind.REFERENCE: ("answer",),
    ArticleKind.KNOWN_ISSUE: (),
}
WHO_ACTS = {
    "tier1_2": "You solve it (Tier 1/2)",
    "check_known_issues": "Known issues first, then Tier 3",
    "tier3": "Tier 3",
    "elsewhere": "Elsewhere",
}
CODES_HEAD = ("code", "http", "seen as", "meaning", "tool", "next step", "goes to", "article", "confirmed")
FACILITIES_HEAD = ("station", "name", "time zone", "health record", "moves on")


@bp.record
def _add_globals(state: BlueprintSetupState) -> None:
    """For macros too, which see globals only."""
    state.app.jinja_env.globals.update(
        render=render,
        render_sections=render_sections,
        render_inline=render_inline,
        steps=steps,
        bullets=bullets,
        without=without,
        platforms=FACTS["platform"].choices,
    )


@bp.get("/")
@requires(Permission.READ)
def list_articles() -> Response:
    snapshot = current_snapshot()
    tool = request.args.get("tool", "")
    groups = [(ARTICLE_TYPES[kind], snapshot.of_kind(kind)) for kind in ArticleKind]
    if tool:
        groups = [(kind, [a for a in articles if a.tool == tool]) for kind, articles in groups]
    return render_page(
        "knowledge/articles.html",
        groups=groups,
        tool=tool,
        catalogue=snapshot.catalogue,
        may_review=current_actor().may(Permission.REVIEW),
    )


@bp.get("/<article_id>")
@requires(Permission.READ)
def show_article(article_id: str) -> ResponseReturnValue:
    snapshot = current_snapshot()
    at = request.args.get("at", "")
    article = _article_at(article_id, at) if at else service.get_article(snapshot, article_id)
    return render_page("knowledge/article.html", **_article_context(article, at))


@bp.get("/<article_id>/history")
@requires(Permission.READ)
def show_history(article_id: str) -> Response:
    article = service.get_article(current_snapshot(), article_id)
    return render_page(
        "knowledge/history.html", article=article, revisions=service.list_revisions(article_id)
    )


@bp.get("/<article_id>/check")
@requires(Permission.READ)
def check_case(article_id: str) -> ResponseReturnValue:
    """One question a page, or all that are open; the answers live in the address, so that a check can be shared."""
    snapshot = current_snapshot()
    article = service.get_article(snapshot, article_id)
    table = article.table
    if table is None:
        raise ArticleNotFound(f"There are no criteria in {article_id}.")
    answers = _answers(table)
    decision = decide(table, answers)
    every = request.args.get("view") == "all"
    asked = (
        open_questions(table, answers)
        if every
        else [decision.next_question]
        if decision.next_question
        else []
    )
    context: dict[str, Any] = {
        "article": article,
        "answers": answers,
        "decision": decision,
        "questions": [] if decision.outcome != "undecided" else asked,
        "traces": explain(table, answers),
        "every": every,
        "not_sure": NOT_SURE,
        "snapshot": snapshot,
        "runbook": snapshot.articles.get(decision.runbook or ""),
        "route": snapshot.catalogue.routes.get(decision.route or ""),
        "team": snapshot.catalogue.teams.get(decision.team or article.owner),
        "missing": _left_empty(answers, every=every),
        **_brought(),
    }
    return render_page("knowledge/check.html", **context)


def _left_empty(answers: Mapping[str, str], *, every: bool) -> list[str]:
    """The questions of the page that was sent, where they have no answer; on a page of all of them one answer is enough."""
    asked = request.args.getlist("asked")
    empty = [id for id in asked if id not in answers]
    return [] if every and len(empty) < len(asked) else empty


@bp.get("/matrix")
@requires(Permission.READ)
def show_matrix() -> Response:
    snapshot = current_snapshot()
    rows = [(article, article.table) for article in snapshot.of_kind(ArticleKind.CRITERIA) if article.table]
    return render_page("knowledge/matrix.html", rows=rows, snapshot=snapshot)


@bp.get("/codes")
@requires(Permission.READ)
def list_codes() -> ResponseReturnValue:
    snapshot = current_snapshot()
    words = request.args.get("q", "").strip()[:100]
    tool, acts = request.args.get("tool", ""), request.args.get("acts", "")
    codes = [c for c in snapshot.codes.values() if _fits(c, words.lower(), tool, acts)]
    if request.args.get("format") == "csv":
        return csv_response("error-codes.csv", CODES_HEAD, [_code_row(c, snapshot) for c in codes])
    used = {code.tool for code in snapshot.codes.values()}
    return render_page(
        "knowledge/codes.html",
        fragments=("codes",),
        codes=codes,
        words=words,
        tool=tool,
        acts=acts,
        who_acts=WHO_ACTS,
        tools=[one for one in snapshot.catalogue.tools.values() if one.id in used],
        confirms=_confirms(snapshot),
        snapshot=snapshot,
        may_file=current_actor().may(Permission.FILE),
    )


@bp.get("/code/<code>")
@requires(Permission.READ)
def show_code(code: str) -> Response:
    snapshot = current_snapshot()
    found = next((c for c in snapshot.codes.values() if code.lower() in _spellings(c)), None)
    if found is None:
        raise NotFound(f"The index has no code {code[:40]}.")
    related = [a for a in snapshot.articles.values() if a.is_served and found.code in a.error_codes]
    known = [a for a in related if a.known_issue is not None and a.known_issue.is_open]
    others = sorted(
        (a for a in related if a not in known), key=lambda a: (a.kind != ArticleKind.RUNBOOK, a.title)
    )
    route = snapshot.catalogue.routes.get(found.route or "")
    article = snapshot.articles.get(found.article or "")
    return render_page(
        "knowledge/code.html",
        code=found,
        known=known,
        others=others,
        route=route,
        article=article,
        catalogue=snapshot.catalogue,
        who_acts=WHO_ACTS,
        confirms=_confirms(snapshot),
        may_file=current_actor().may(Permission.FILE),
        caller_words=caller_words(),
    )


@bp.get("/facilities")
@requires(Permission.READ)
def list_facilities() -> ResponseReturnValue:
    facilities = sorted(current_snapshot().facilities.values(), key=lambda one: one.station)
    records = FACTS["ehr"].choices
    if request.args.get("format") == "csv":
        rows = [
            (f.station, f.name, f.zone, records.get(f.ehr, ""), f.window.cutover if f.window else "")
            for f in facilities
        ]
        return csv_response("facilities.csv", FACILITIES_HEAD, rows)
    return render_page(
        "knowledge/facilities.html", facilities=facilities, records=records, zone_words=zone_words
    )


@bp.get("/route/<route_id>")
@requires(Permission.READ)
def show_route(route_id: str) -> Response:
    route = current_snapshot().catalogue.routes.get(route_id)
    if route is None:
        raise NotFound(f"There is no route {route_id[:80]}.")
    return render_page("knowledge/route.html", route=route, opening=opening(route, utcnow()), **_brought())


def _brought() -> dict[str, Any]:
    """What a page passes on to the call that may come of it."""
    return {"caller_words": caller_words(), "caller_code": caller_code()}


def without(answers: Mapping[str, str], input_id: str) -> dict[str, str]:
    """The answers but one, for a link that asks it again."""
    return {key: value for key, value in answers.items() if key != input_id}


def _article_at(article_id: str, at: str) -> Article:
    """The article as it stood at a commit; a revision that is not one is simply not found."""
    if not REVISION.fullmatch(at):
        raise ArticleNotFound(f"There is no such version of {article_id}.")
    base = knowledge_base()
    for kind in ArticleKind:
        path = f"{kind}/{article_id}.md"
        data = base.content.read(path, at)
        if data is not None:
            article, _ = parse_article(path, data, "")
            if article is not None:
                return article
    raise ArticleNotFound(f"There is no such version of {article_id}.")


def _article_context(article: Article, at: str) -> dict[str, Any]:
    snapshot, now = current_snapshot(), utcnow()
    card = CARD_SECTIONS[article.kind]
    catalogue = snapshot.catalogue
    collect = (
        dict.fromkeys(fact for rule in article.table.rules for fact in rule.then.collect)
        if article.table
        else {}
    )
    panel = current_app.extensions.get(PANEL)
    codes = [snapshot.codes[code] for code in article.error_codes if code in snapshot.codes]
    return {
        **_brought(),
        "article": article,
        "at": at,
        "kind": ARTICLE_TYPES[article.kind],
        "tool": catalogue.tools.get(article.tool or ""),
        "owner": catalogue.teams.get(article.owner),
        "more": [section for section in article.sections if section.slug not in card],
        "collect": [catalogue.facts[f] for f in collect if f in catalogue.facts],
        "codes": codes,
        "freshness": freshness(article, now.date()),
        "panel": panel(article, current_actor(), now) if panel and article.known_issue else None,
        "snapshot": snapshot,
        "successor": snapshot.articles.get(article.replaced_by or ""),
        "merged_into": snapshot.articles.get(article.known_issue.merged_into or "")
        if article.known_issue
        else None,
        "back_links": snapshot.mentions(article.id) if article.kind is ArticleKind.KNOWN_ISSUE else [],
    }


def _answers(table: DecisionTable) -> dict[str, str]:
    """Answers from the address, as far as they are choices of the table; a code in ?code= derives some."""
    derived = derive_codes(table, [request.args["code"]]) if request.args.get("code") else {}
    given = {i.id: request.args[i.id] for i in table.inputs if request.args.get(i.id)}
    fitting = {
        key: value for key, value in given.items() if value == NOT_SURE or value in table.input(key).choices
    }
    return {**derived, **fitting}


def _spellings(code: ErrorCode) -> set[str]:
    return {code.code.lower(), *(alias.lower() for alias in code.aliases)}


def _fits(code: ErrorCode, words: str, tool: str, acts: str) -> bool:
    text = f"{code.code} {code.meaning} {code.seen_as} {code.next_step} {' '.join(code.aliases)}".lower()
    if (tool and code.tool != tool) or (acts and code.goes_to != acts):
        return False
    return all(word in text for word in words.split()) or normal_code(words) == normal_code(code.code)


def _confirms(snapshot: Snapshot) -> Callable[[ErrorCode], str]:
    """Who has to confirm a row that no source states, as in "the messaging team"."""
    catalogue = snapshot.catalogue

    def phrase(code: ErrorCode) -> str:
        tool, article = catalogue.tools.get(code.tool or ""), snapshot.articles.get(code.article or "")
        team = catalogue.teams.get(tool.team if tool else article.owner if article else "")
        return team.phrase if team else catalogue.queue_name

    return phrase


def _code_row(code: ErrorCode, snapshot: Snapshot) -> tuple[str, ...]:
    route = snapshot.catalogue.routes.get(code.route or "")
    return (
        code.code, code.http, code.seen_as, code.meaning, code.tool or "", code.next_step,
        WHO_ACTS[code.goes_to] + (f": {route.name}" if route else ""), code.article or "",
        "yes" if code.confirmed else f"to be confirmed by {_confirms(snapshot)(code)}",
    )  # fmt: skip
