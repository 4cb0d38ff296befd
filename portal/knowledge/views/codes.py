"""Pages of what is no article: error codes, and routes to those who take what is not ours."""

from __future__ import annotations

from flask import Response, request
from flask.typing import ResponseReturnValue

from portal.accounts.access import requires
from portal.accounts.actor import Permission
from portal.core.clock import utcnow
from portal.core.errors import NotFound
from portal.knowledge.access import current_snapshot
from portal.knowledge.article import ArticleKind
from portal.knowledge.catalogue import ErrorCode
from portal.knowledge.open_hours import opening
from portal.knowledge.views.page import bp
from portal.web.export import csv_response
from portal.web.htmx import render_page


@bp.get("/codes")
@requires(Permission.READ)
def list_codes() -> ResponseReturnValue:
    snapshot = current_snapshot()
    words, tool = request.args.get("q", "").strip(), request.args.get("tool", "")
    codes = [c for c in snapshot.codes.values() if _fits(c, words.lower(), tool)]
    if request.args.get("format") == "csv":
        head = ("code", "http", "meaning", "seen as", "tool", "next step", "confirmed")
        rows = [
            (c.code, c.http, c.meaning, c.seen_as, c.tool or "", c.next_step, "yes" if c.confirmed else "no")
            for c in codes
        ]
        return csv_response("error-codes.csv", head, rows)
    return render_page(
        "knowledge/codes.html", codes=codes, words=words, tool=tool, catalogue=snapshot.catalogue
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
    )


@bp.get("/route/<route_id>")
@requires(Permission.READ)
def show_route(route_id: str) -> Response:
    route = current_snapshot().catalogue.routes.get(route_id)
    if route is None:
        raise NotFound(f"There is no route {route_id[:80]}.")
    return render_page("knowledge/route.html", route=route, opening=opening(route, utcnow()))


def _spellings(code: ErrorCode) -> set[str]:
    return {code.code.lower(), *(alias.lower() for alias in code.aliases)}


def _fits(code: ErrorCode, words: str, tool: str) -> bool:
    text = f"{code.code} {code.meaning} {code.seen_as} {code.next_step} {' '.join(code.aliases)}".lower()
    return (not tool or code.tool == tool) and all(word in text for word in words.split())
