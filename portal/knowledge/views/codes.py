"""Pages of what is no article: error codes, facilities, and routes to those who take what is not ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from flask import Response, request
from flask.typing import ResponseReturnValue

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Permission
from portal.core.clock import utcnow
from portal.core.errors import NotFound
from portal.criteria.table import FACTS, normal_code
from portal.knowledge.access import caller_words, current_snapshot, to_tier2
from portal.knowledge.article import ArticleKind
from portal.knowledge.catalogue import ErrorCode
from portal.knowledge.open_hours import opening
from portal.knowledge.snapshot import Snapshot
from portal.knowledge.views.entry_form import WHO_ACTS
from portal.knowledge.views.page import bp
from portal.web.export import csv_response
from portal.web.forms import zone_words
from portal.web.htmx import render_page

NO_TOOL = "none"
CODES_HEAD = ("code", "http", "seen as", "meaning", "tool", "next step", "goes to", "article", "confirmed")
FACILITIES_HEAD = ("station", "name", "time zone", "health record", "moves on")


@bp.get("/codes")
@requires(Permission.READ)
def list_codes() -> ResponseReturnValue:
    snapshot = current_snapshot()
    words = request.args.get("q", "").strip()[:100]
    tool, acts = request.args.get("tool", ""), request.args.get("acts", "")
    codes = [c for c in snapshot.codes.values() if _fits(c, words.lower(), tool, acts)]
    if request.args.get("format") == "csv":
        return csv_response("error-codes.csv", CODES_HEAD, [_code_row(c, snapshot) for c in codes])
    used = Counter(code.tool or NO_TOOL for code in snapshot.codes.values())
    tools = [(one.id, one.name, used[one.id]) for one in snapshot.catalogue.tools.values() if one.id in used]
    return render_page(
        "knowledge/codes.html",
        fragments=("codes",),
        typing=("codes",),
        codes=codes,
        words=words,
        tool=tool,
        acts=acts,
        who_acts=WHO_ACTS,
        tools=[*tools, (NO_TOOL, "Of no single tool", used[NO_TOOL])],
        confirms=_confirms(snapshot),
        snapshot=snapshot,
        may_file=current_actor().may(Permission.FILE),
        is_admin=current_actor().may(Permission.ADMIN),
    )


@bp.get("/code/<code>")
@requires(Permission.READ)
def show_code(code: str) -> Response:
    snapshot = current_snapshot()
    found = next((c for c in snapshot.codes.values() if code.lower() in _spellings(c)), None)
    if found is None:
        raise NotFound(f"The index has no code {code[:40]}.")
    article = snapshot.articles.get(found.article or "")  # has a button of its own
    related = [
        a
        for a in snapshot.articles.values()
        if a.is_served and found.code in a.error_codes and a is not article
    ]
    known = [a for a in related if a.known_issue is not None and a.known_issue.is_open]
    others = sorted(
        (a for a in related if a not in known), key=lambda a: (a.kind != ArticleKind.RUNBOOK, a.title)
    )
    route = snapshot.catalogue.routes.get(found.route or "")
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
        is_admin=current_actor().may(Permission.ADMIN),
        caller_words=caller_words(),
        to_tier2=to_tier2(article, found.code),
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
        "knowledge/facilities.html",
        facilities=facilities,
        records=records,
        zone_words=zone_words,
        is_admin=current_actor().may(Permission.ADMIN),
    )


@bp.get("/route/<route_id>")
@requires(Permission.READ)
def show_route(route_id: str) -> Response:
    route = current_snapshot().catalogue.routes.get(route_id)
    if route is None:
        raise NotFound(f"There is no route {route_id[:80]}.")
    shown = opening(route, utcnow())
    return render_page(
        "knowledge/route.html",
        route=route,
        opening=shown,
        caller_words=caller_words(),
        is_admin=current_actor().may(Permission.ADMIN),
    )


def _spellings(code: ErrorCode) -> set[str]:
    return {code.code.lower(), *(alias.lower() for alias in code.aliases)}


def _fits(code: ErrorCode, words: str, tool: str, acts: str) -> bool:
    text = f"{code.code} {code.meaning} {code.seen_as} {code.next_step} {' '.join(code.aliases)}".lower()
    if (tool and (code.tool or NO_TOOL) != tool) or (acts and code.goes_to != acts):
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
