"""Queues of tickets as pages and as files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Permission
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.core.errors import Invalid, NotFound
from portal.criteria.severity import Severity
from portal.knowledge.access import current_snapshot
from portal.knowledge.article import Article
from portal.knowledge.catalogue import Catalogue
from portal.search import service as search
from portal.search.access import MASKED, current_engine
from portal.search.match import Call, Match
from portal.tickets import bulk, service, watching
from portal.tickets.finding import AWAY, MOST_FOUND
from portal.tickets.lifecycle import HOLD_WORDS, STATE_WORDS, holder
from portal.tickets.queue import (
    PAGE_SIZE,
    SINCE,
    SORTS,
    TRIAGE_QUEUES,
    Listed,
    Place,
    Tab,
    list_args,
    read_filters,
)
from portal.tickets.ticket import IN_TRIAGE, HoldReason
from portal.tickets.views.find import look_through
from portal.tickets.views.page import bp
from portal.web.carry import carried, form_of
from portal.web.export import csv_response
from portal.web.htmx import by_script, render_page
from portal.web.journal import after_answer
from portal.web.paging import page_number, whole_number

CSV_HEAD = (
    "Number", "Filed (UTC)", "Title", "Severity", "ServiceNow severity", "State", "Team", "Tool", "Audience",
    "Facilities", "Code", "Known issue", "On hold for", "Follow-up (UTC)",
)  # fmt: skip

MATCHES_KEPT = 4000
GROUPED = ("critical", "new", "triage")  # where groups of alike tickets come first


@bp.get("/")
@requires(Permission.TICKETS)
def list_tickets() -> ResponseReturnValue:
    actor, now, catalogue = current_actor(), utcnow(), current_snapshot().catalogue
    tabs = service.list_tabs(actor, catalogue, now)
    tab = _tab(tabs)
    given, kept = read_filters(request.args), carried(request.path) or MultiDict()
    filters = look_through(given, tab.queue)

    def address(endpoint: str = "tickets.list_tickets", **changes: object) -> str:
        """This list with other filters, order or page, or as a file."""
        args: dict[str, Any] = {"queue": tab.queue, **filters.given, **changes}
        return url_for(endpoint, **{name: value for name, value in args.items() if value})

    if filters.words != given.words:
        flash(MASKED, "warning")
        return redirect(address(), code=303)
    at = whole_number(request.args.get("at")) if "at" in request.args else None
    number = page_number(request.args.get("page")) if at is None else at // PAGE_SIZE + 1
    grouped = tab.queue in GROUPED and not filters.given and number == 1
    spikes, groups = watching.list_waiting(actor, now) if grouped else ([], [])
    page = service.list_queue(tab, filters, actor=actor, now=now, page=number)
    return render_page(
        "tickets/queue.html",
        fragments=("queue",),
        beside=("tabs", "others") if len([one for one in tabs if one.triage]) > 1 else ("tabs",),
        tabs=tabs,
        tab=tab,
        page=page,
        filters=filters,
        most=MOST_FOUND,
        address=address,
        focus=None if at is None else min(at - page.first + 1, len(page.items) - 1),
        page_url=lambda number: address(page=number),
        may_choose=actor.may(Permission.TRIAGE),
        ticked=kept.getlist("n"),
        spikes=spikes,
        groups=groups,
        elsewhere=watching.count_waiting(actor) if tab.triage and not grouped else 0,
        list_query=urlencode({"queue": tab.queue, **filters.given}),
        undoable=bulk.find_undoable(actor, now) if actor.may(Permission.TRIAGE) else None,
        saved=[(one, url_for(".list_tickets", **list_args(one.query))) for one in service.list_saved(actor)],
        view_name=(request.args.get("view") or kept.get("name", ""))[:100],
        likely=_likely(page.items, now) if tab.triage and actor.may(Permission.TRIAGE) else {},
        place=lambda at: Place(tab.queue, filters, max(0, page.first - 1) + at).args,
        holder=lambda row: holder(row.state, row.taken_by, actor.id) if actor.may(Permission.TRIAGE) else "",
        left=lambda row: service.time_of(row, catalogue, now),
        order=filters.order(tab.queue),
        empty=TRIAGE_QUEUES[tab.queue][2] if tab.triage else "",
        csv_url=address(endpoint="tickets.export_tickets"),
        catalogue=catalogue,
        hold_words={str(reason): words for reason, words in HOLD_WORDS.items()},
        severities=_options((str(one), one.capitalize()) for one in Severity),
        states=_options((str(state), words.capitalize()) for state, words in STATE_WORDS.items()),
        tools=_options((tool.id, tool.name) for tool in catalogue.tools.values()),
        teams=_options((team.id, team.name) for team in catalogue.teams.values()),
        since=SINCE,
        sorts=SORTS,
    )


_matched: dict[tuple[Call, str, datetime], Sequence[Match]] = {}


def _likely(rows: Sequence[Listed], now: datetime) -> dict[str, Article]:
    """By number. What a ticket matched is kept in this process for ten minutes, unless an article changed."""
    snapshot = current_snapshot()
    since = now.replace(minute=now.minute // 10 * 10, second=0, microsecond=0)

    def match(call: Call) -> Sequence[Match]:
        key = (call, snapshot.revision, since)
        if key not in _matched:
            if len(_matched) >= MATCHES_KEPT:
                _matched.clear()
            _matched[key] = search.match_known_issues(current_engine(), call, now=now)
        return _matched[key]

    return service.likely([row.number for row in rows if row.state in IN_TRIAGE], match, snapshot)


@bp.get("/critical")
@requires(Permission.TRIAGE)
def show_critical() -> ResponseReturnValue:
    """What the shell of every page holds, asked again every few seconds; 204 as long as it is what the page shows."""
    if not by_script():
        return redirect(url_for(".list_tickets", queue="critical"))
    found = service.criticals(current_actor(), current_snapshot().catalogue, utcnow())
    if request.args.get("seen") == found.seen:
        return "", 204
    return render_template("_critical.html", critical=found)


@bp.post("/views")
@requires(Permission.TICKETS)
@form_of("tickets.list_tickets")
def save_view() -> ResponseReturnValue:
    name, args = request.form.get("name", ""), list_args(request.form.get("query", ""))
    try:
        with transaction():
            service.save_view(name, urlencode(args), actor=current_actor())
    except Invalid as error:
        flash(str(error), "error")
        return redirect(url_for(".list_tickets", **args, view=name[:100]), code=303)
    flash("Saved. Its address can be shared: a colleague sees in it what they may see.")
    return redirect(url_for(".list_tickets", **args), code=303)


@bp.post("/views/<int:id>/remove")
@requires(Permission.TICKETS)
def remove_view(id: int) -> ResponseReturnValue:
    """Back to the list that it named, with the name ready to be saved again."""
    with transaction():
        gone = service.remove_view(id, actor=current_actor())
        name, args = (gone.name, list_args(gone.query)) if gone else ("", {})
    if name:
        flash(f"Removed: {name}. To have it back, save it again.")
    return redirect(url_for(".list_tickets", **args, view=name or None), code=303)


@bp.get("/tickets.csv")
@requires(Permission.TICKETS)
def export_tickets() -> ResponseReturnValue:
    """The rows of the list as it is filtered, all pages."""
    actor, now, catalogue = current_actor(), utcnow(), current_snapshot().catalogue
    tab = _tab(service.list_tabs(actor, catalogue, now))
    filters = look_through(read_filters(request.args), tab.queue)
    if filters.titles_only:
        flash(AWAY, "warning")
        return redirect(url_for(".list_tickets", **list_args(request.query_string.decode())), code=303)
    rows = service.list_whole_queue(tab.queue, filters, actor=actor, now=now)
    after_answer(lambda: service.note_read("export tickets", f"queue:{tab.queue}", actor, now))
    return csv_response("tickets.csv", CSV_HEAD, [_csv_row(row, catalogue) for row in rows])


def _options(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [("", "Any"), *pairs]


def _tab(tabs: list[Tab]) -> Tab:
    """The queue of the address, else the person's first; a queue that is not theirs does not exist."""
    wanted = request.args.get("queue", "")
    by_queue = {tab.queue: tab for tab in tabs}
    first = by_queue.get("new") or next((tab for tab in tabs if not tab.triage), next(iter(tabs), None))
    found = by_queue.get(wanted) if wanted else first
    if found is None:
        raise NotFound("There is no such queue.")
    return found


def _csv_row(row: Listed, catalogue: Catalogue) -> list[object]:
    team, tool = catalogue.teams.get(row.team or ""), catalogue.tools.get(row.tool)
    return [
        row.number, f"{row.filed_at:%Y-%m-%d %H:%M}", row.title, row.severity, row.snow_severity,
        STATE_WORDS[row.state], team.name if team else "", tool.name if tool else row.tool, row.audience,
        ", ".join(row.facilities), row.error_code or "", row.known_issue_id or "",
        HOLD_WORDS[HoldReason(row.hold_reason)] if row.hold_reason else "",
        f"{row.follow_up_at:%Y-%m-%d %H:%M}" if row.follow_up_at else "",
    ]  # fmt: skip
