"""The one box: a record number opens its card, a code its card, words give suggestions and a page of
results.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Permission
from portal.core.clock import utcnow
from portal.knowledge.access import LONGEST_BROUGHT, current_snapshot
from portal.knowledge.open_hours import opening
from portal.search import service
from portal.search.access import MASKED, clean, current_engine, keep_pace
from portal.search.documents import NOT_OURS
from portal.search.ranking import Filters
from portal.web.htmx import render_page
from portal.web.journal import after_answer
from portal.web.paging import page_number

bp = Blueprint("search", __name__, url_prefix="/search")
bp.before_request(keep_pace)
NUMBER_SLOT = (
    "portal_number_url"  # app.py puts tickets' recogniser here: text -> address of its look-up card, or None
)
TICKETS_SLOT = "portal_tickets_found"  # words -> how many tickets hold them, of those that this person sees
REPORTS_SLOT = "portal_report_counts"  # ids of known issues -> id -> counts


def readers() -> tuple[str, ...]:
    """The audiences of articles that this person belongs to."""
    actor = current_actor()
    analyst = ("analyst",) if actor.may(Permission.TRIAGE) else ()
    team = ("tool_team",) if actor.may(Permission.EDIT) else ()
    return ("agent", *analyst, *team)


@bp.post("/")
@requires(Permission.READ)
def find() -> ResponseReturnValue:
    """From the box. Short words go on to an address of their own; a long text is answered at once and has
    none.
    """
    raw = request.form.get("q", "")
    number_url: Callable[[str], str | None] | None = current_app.extensions.get(NUMBER_SLOT)
    target = number_url(raw) if number_url else None
    if target:
        return redirect(target, code=303)
    text, masked = clean(raw)
    if not text:
        return redirect(url_for("home.index"), code=303)
    code = _lone_code(text)
    if code:
        return redirect(url_for("knowledge.show_code", code=code), code=303)
    if masked:
        flash(MASKED, "warning")
    if len(text) <= LONGEST_BROUGHT:
        return redirect(url_for("search.show_results", q=text), code=303)
    return _results(text)


@bp.get("/")
@requires(Permission.READ)
def show_results() -> ResponseReturnValue:
    text, masked = clean(request.args.get("q", ""))
    if masked:
        flash(MASKED, "warning")
        return redirect(url_for("search.show_results", q=text), code=303)
    return _results(text)


@bp.post("/suggest")
@requires(Permission.READ)
def suggest() -> ResponseReturnValue:
    """Suggestions while typing: a POST, so that half-typed personal data never stands in an address."""
    text, _ = clean(request.form.get("q", ""))
    if not text:
        return ""
    found = service.suggest(current_engine(), text)
    return render_template("search/_suggestions.html", found=found, tools=current_snapshot().catalogue.tools)


def _lone_code(text: str) -> str | None:
    """The code that the whole text is, in the index's spelling."""
    plain = "".join(text.split()).replace("-", "").replace("_", "").lower()
    for code in current_snapshot().codes.values():
        for name in (code.code, *code.aliases):
            if plain == "".join(name.split()).replace("-", "").replace("_", "").lower():
                return code.code
    return None


def _results(text: str) -> ResponseReturnValue:
    engine, now = current_engine(), utcnow()
    filters = Filters(
        kind=request.args.get("kind", ""),
        tool=request.args.get("tool", ""),
        status=request.args.get("status", ""),
        readers=readers(),
    )
    synonyms = request.args.get("synonyms") != "off"
    results = service.search(
        engine, text, filters=filters, page=page_number(request.args.get("page")), synonyms=synonyms, now=now
    )
    filtered = filters.kind or filters.tool or filters.status
    if not results.page.total and text and not filtered and not results.is_old:
        after_answer(lambda: service.count_miss(text, 0, now=now))
    snapshot = current_snapshot()
    counts = current_app.extensions.get(REPORTS_SLOT)
    count_tickets = (
        current_app.extensions.get(TICKETS_SLOT) if current_actor().may(Permission.TRIAGE) else None
    )
    issues = [hit.document.id for hit in results.page.items if hit.document.live]
    routes = {f"route-{route.id}": route for route in snapshot.catalogue.routes.values()}
    not_ours = [hit.document.id for hit in results.page.items if hit.document.kind == NOT_OURS]

    def address(**changes: object) -> str:
        """This search with other filters; empty ones are left out."""
        given = {"q": text, "kind": filters.kind, "tool": filters.tool, "status": filters.status, **changes}
        if not synonyms and "synonyms" not in changes:
            given["synonyms"] = "off"
        return (
            url_for("search.show_results")
            + "?"
            + urlencode({k: v for k, v in given.items() if v not in ("", None)})
        )

    return render_page(
        "search/results.html",
        fragments=("results",),
        typing=("results",),
        query=text,
        brought=text if len(text) <= LONGEST_BROUGHT else "",
        results=results,
        filters=filters,
        synonyms=synonyms,
        address=address,
        snapshot=snapshot,
        alarms=[alarm for alarm in snapshot.catalogue.alarms if alarm.is_said_in(text)],
        tickets=count_tickets(text) if count_tickets and text and len(text) <= LONGEST_BROUGHT else 0,
        reports=counts(issues, now) if counts and issues else {},
        routes=routes,
        openings={id: opening(routes[id], now) for id in not_ours if id in routes},
        may_file=current_actor().may(Permission.FILE),
        may_make=current_actor().may(Permission.TRIAGE),
        in_address=len(text) <= LONGEST_BROUGHT,
    )
