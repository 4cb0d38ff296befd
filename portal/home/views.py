"""Home, the known-issue board, look-up by number, My calls, help, coverage, and the system page for admins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal.accounts.access import current_actor, requires, signed_in
from portal.accounts.actor import DESK_NAMES, Desk, Permission
from portal.core.clock import utcnow
from portal.core.config import Config
from portal.core.db import transaction
from portal.core.errors import Invalid, NotAllowed, NotFound
from portal.criteria.table import FACTS
from portal.home import board, coverage, desk, gather, health, shell, store, timetable
from portal.home import brief as briefing
from portal.home import team as teams
from portal.home.figures import period
from portal.home.retention import settings_in_words
from portal.home.work_list import CSV_HEAD, Kind, csv_rows
from portal.intake import service as intake
from portal.knowledge import service as knowledge
from portal.knowledge.access import current_snapshot, knowledge_base
from portal.knowledge.catalogue import Team
from portal.knowledge.open_hours import maintenance_text
from portal.mail import service as mail
from portal.search import service as search
from portal.search.access import current_engine
from portal.search.engine import IndexState
from portal.tickets import following
from portal.tickets import service as tickets
from portal.tickets.lifecycle import own_desks
from portal.web.carry import carried
from portal.web.export import csv_response
from portal.web.htmx import by_script, render_page
from portal.web.journal import after_answer
from portal.web.paging import page_number, whole_number

bp = Blueprint("home", __name__)
TABS = {
    "now": "Now",
    "fixed": "Fixed this week",
    "by_design": "By design",
    "windows": "Windows and maintenance",
}


@bp.get("/")
@signed_in
def index() -> ResponseReturnValue:
    actor, now, snapshot = current_actor(), utcnow(), current_snapshot()
    rows = gather.board(snapshot, now)
    may_file = actor.may(Permission.FILE)
    return render_page(
        "home/index.html",
        open_issues=gather.tab(rows, "now", now),
        calls=_with_urls(intake.list_unfinished(actor)[:5]) if may_file else [],
        handed=_with_urls(intake.list_handed_over(actor)),
        not_taken=intake.not_taken(actor, snapshot.catalogue, now) if may_file else [],
        asked=tickets.count_asked(actor),
        critical_call=snapshot.catalogue.critical_call,
        windows=gather.windows(snapshot, now),
        maintenance=snapshot.catalogue.maintenance,
        tools=[tool for tool in snapshot.catalogue.tools.values() if tool.in_scope],
        routes=snapshot.catalogue.routes.values(),
        may_file=may_file,
        may_review=actor.may(Permission.REVIEW),
        now=now,
    )


@bp.get("/known-issues")
@requires(Permission.READ)
def show_board() -> ResponseReturnValue:
    now, snapshot = utcnow(), current_snapshot()
    chosen = request.args.get("tab", "now")
    chosen = chosen if chosen in TABS else "now"
    filters, catalogue = board.read_filters(request.args, snapshot), snapshot.catalogue
    rows = board.fitting(gather.board(snapshot, now), filters, snapshot)
    by_tab = {name: gather.tab(rows, name, now) for name in TABS}
    if request.args.get("format") == "csv":
        return csv_response("known-issues.csv", board.CSV_HEAD, board.csv_rows(by_tab[chosen], snapshot))
    return render_page(
        "home/board.html",
        fragments=("board",),
        tabs=[(name, label, len(by_tab[name])) for name, label in TABS.items()],
        tab=chosen,
        rows=by_tab[chosen],
        filters=filters,
        filter_words=board.filter_words(filters, snapshot),
        facts=FACTS,
        tools=[("", "All"), *((one.id, one.name) for one in catalogue.tools.values() if one.in_scope)],
        snapshot=snapshot,
        windows=board.windows_of(gather.windows(snapshot, now), filters, snapshot),
        maintenance=[m for m in catalogue.maintenance if filters.tool in ("", m.tool)],
        running=gather.maintenance(snapshot, now),
        may_file=current_actor().may(Permission.FILE),
        may_make=current_actor().may(Permission.TRIAGE),
        back=following.list_back(snapshot) if current_actor().may(Permission.TRIAGE) else [],
        now=now,
    )


@bp.get("/known-issues/alerts")
@requires(Permission.FILE)
def show_alerts() -> ResponseReturnValue:
    """The alert lines of an open page, asked again every minute; 204 while they are about what it shows."""
    if not by_script():
        return redirect(url_for(".show_board"))
    lines = shell.alerts()
    if request.args.get("seen") == " ".join(alert.id for alert in lines):
        return "", 204
    return render_template("_alerts.html", lines=lines)


@bp.get("/my-calls")
@requires(Permission.FILE)
def show_my_calls() -> ResponseReturnValue:
    actor, now, catalogue = current_actor(), utcnow(), current_snapshot().catalogue
    return render_page(
        "home/my_calls.html",
        rows=_with_urls(intake.list_today(actor, now)),
        not_taken=intake.not_taken(actor, catalogue, now),
        critical_call=catalogue.critical_call,
        handed=_with_urls(intake.list_handed_over(actor)),
    )


@bp.get("/desk/questions")
@requires(Permission.FILE)
def show_questions() -> ResponseReturnValue:
    """What Tier 3 asks of this desk's callers: on nobody's own list, so that whoever reaches the caller answers."""
    number = page_number(request.args.get("page"))
    page = tickets.list_asked(current_actor(), current_snapshot().catalogue, utcnow(), number)
    return render_page(
        "home/questions.html", page=page, page_url=lambda number: url_for(".show_questions", page=number)
    )


@bp.get("/desk")
@requires(Permission.DESK)
def show_desk() -> ResponseReturnValue:
    """For its lead: what waits on the desk, oldest first, and its calls in figures that show no single person."""
    actor, now, snapshot = current_actor(), utcnow(), current_snapshot()
    desks, wanted = own_desks(actor), request.args.get("desk", "")
    if wanted and wanted not in desks:
        raise NotFound("This is not a desk of yours.")
    chosen = wanted or next(iter(desks), "")
    zone = ZoneInfo(
        current_app.config["PORTAL"].timezone
    )  # the portal's, not the reader's: one day is one day
    when = period(
        request.args.get("period", "week"), request.args.get("day", ""), now.astimezone(zone).date()
    )
    tables = desk.figures(chosen, when, when.bounds(zone), snapshot) if chosen else []
    if request.args.get("format") == "csv":
        name = f"desk-{chosen}-{when.kind}-{when.days[0]}.csv"
        return csv_response(name, desk.CSV_HEAD, desk.csv_rows(tables))
    return render_page(
        "home/desk.html",
        desks=[(id, DESK_NAMES[Desk(id)]) for id in desks],
        desk=chosen,
        when=when,
        tables=tables,
        asked=tickets.list_asked(actor, snapshot.catalogue, now, 1),
        waiting=desk.waiting(chosen, snapshot) if chosen else [],
    )


@bp.get("/look-up")
@requires(Permission.FILE)
def look_up() -> ResponseReturnValue:
    """By the exact number only; each look is audited, so this GET writes its line in the read journal."""
    raw = request.args.get("number", "").strip()
    if not raw:
        return redirect(url_for("home.index"), code=303)
    actor, now, snapshot = current_actor(), utcnow(), current_snapshot()
    cards = tickets.look_up(raw, actor=actor, catalogue=snapshot.catalogue, now=now)
    after_answer(lambda: tickets.note_look(raw, cards, actor=actor, catalogue=snapshot.catalogue, now=now))
    handed = intake.find_handed_over(raw, actor, snapshot)
    if handed and handed.may_go_on:
        handed = replace(handed, url=url_for("intake.resume", number=handed.number))
    return render_page("home/look_up.html", number=raw[:80], cards=cards, handed=handed, snapshot=snapshot)


@bp.get("/notices")
@signed_in
def show_notices() -> ResponseReturnValue:
    actor, now, snapshot = current_actor(), utcnow(), current_snapshot()
    return render_page(
        "home/notices.html",
        notices=tickets.list_notices(actor, now),
        followed=tickets.list_followed(actor),
        snapshot=snapshot,
    )


@bp.post("/notices/read")
@signed_in
def read_notices() -> ResponseReturnValue:
    """All of them, or those about one ticket or known issue."""
    actor, what = current_actor(), request.form.get("what", "")
    with transaction():
        if what:
            tickets.mark_read(actor, what)
        else:
            tickets.mark_all_read(actor, utcnow())
    return redirect(url_for(".show_notices"), code=303)


@bp.post("/notices/follow")
@signed_in
def follow() -> ResponseReturnValue:
    """Follow a ticket or a known issue, or no longer."""
    what, on, snapshot = request.form.get("what", ""), bool(request.form.get("on")), current_snapshot()
    with transaction():
        tickets.follow(what, on, actor=current_actor(), snapshot=snapshot, now=utcnow())
    flash("You follow it: changes stand under Notices." if on else "You no longer follow it.")
    if request.form.get("back") == "notices":
        return redirect(url_for(".show_notices"), code=303)
    if what in snapshot.articles:
        return redirect(url_for("knowledge.show_article", article_id=what), code=303)
    return redirect(url_for("tickets.show_ticket", number=what), code=303)


@bp.get("/help")
@signed_in
def show_help() -> ResponseReturnValue:
    actor = current_actor()
    return render_page(
        "home/help.html",
        lines=current_snapshot().catalogue.help_lines,
        may_file=actor.may(Permission.FILE),
        may_review=actor.may(Permission.REVIEW),
    )


@bp.get("/articles/coverage")
@requires(Permission.REVIEW)
def show_coverage() -> ResponseReturnValue:
    """Which cases and symptoms of each area the knowledge base answers, and which it does not."""
    snapshot, engine = current_snapshot(), current_engine()
    found = coverage.coverage_of(engine)
    team = request.args.get("team", "")
    areas = coverage.of_team(found, team)
    if request.args.get("format") == "csv":
        return csv_response("coverage.csv", coverage.CSV_HEAD, coverage.csv_rows(areas))
    return render_page(
        "home/coverage.html",
        found=found,
        areas=areas,
        low=found.below_floor(),
        notes={name: articles for name, articles in found.notes().items() if not team or name == team},
        team=team,
        snapshot=snapshot,
        index_ready=search.index_state(engine) is IndexState.READY,
    )


@bp.get("/team")
@requires(Permission.TEAM)
def show_team() -> ResponseReturnValue:
    """What came, waits and is due for one tool team, since this person last said that they have seen it."""
    brought = carried(request.path)
    wanted = (brought or request.args).get("team", "")
    return _team_page(teams.choose_team(wanted, current_actor(), current_snapshot()), brought=brought)


@bp.get("/team/work.csv")
@requires(Permission.TEAM)
def export_work() -> ResponseReturnValue:
    snapshot, now = current_snapshot(), utcnow()
    team = teams.choose_team(request.args.get("team", ""), current_actor(), snapshot)
    rows = csv_rows(
        teams.work_list(team.id, snapshot, now), teams.due_articles(team.id, snapshot, now), snapshot.stale
    )
    return csv_response(f"work-{team.id}.csv", CSV_HEAD, rows)


@bp.post("/team/seen")
@requires(Permission.TEAM)
def mark_team_seen() -> ResponseReturnValue:
    """A button, since a page that counts as seen by being loaded would lose what nobody has read."""
    actor, now = current_actor(), utcnow()
    team = teams.choose_team(request.form.get("team", ""), actor, current_snapshot())
    with transaction():
        store.set_look(actor.id, team.id, _loaded_at(request.form.get("at", ""), now))
    flash("Marked as seen. The page shows what comes from now on.")
    return redirect(url_for(".show_team", team=team.id), code=303)


def _loaded_at(raw: str, now: datetime) -> datetime:
    """When the page was loaded, in seconds: what came between that and the button is still news."""
    seconds = float(raw) if re.fullmatch(r"\d{1,11}\.\d{1,6}", raw) else now.timestamp()
    return datetime.fromtimestamp(min(seconds, now.timestamp()), UTC)


@bp.post("/team/work")
@requires(Permission.TEAM)
def decide_work() -> ResponseReturnValue:
    """Accepted: the words stand in a draft of the article that this person goes on with. Declined: with a reason."""
    actor, now, base, form = current_actor(), utcnow(), knowledge_base(), request.form
    snapshot = current_snapshot()
    team = teams.choose_team(form.get("team", ""), actor, snapshot)
    if not teams.may_decide(team, actor):
        raise NotAllowed("Only the team itself decides about its work, and admins.")
    item = teams.find_item(team, form.get("kind", ""), form.get("subject", ""), snapshot, now)
    accepted, target = form.get("decision") == "accept", item.article_id or form.get("article", "").strip()
    noted = None
    try:
        if accepted and target not in snapshot.articles:
            said = "Choose the article that is to say it"
            raise Invalid(f"{said}.", {"article": said})
        if accepted and item.kind is not Kind.REVIEW:
            noted = knowledge.note_in_draft(base, target, item.notes, actor=actor)
        with transaction():
            if noted is not None:
                knowledge.keep_draft(base, noted[0], message=noted[1], actor=actor, now=now)
            reason = form.get("reason", "")
            teams.decide(
                item,
                team,
                accepted=accepted,
                reason=reason,
                article=target,
                snapshot=snapshot,
                actor=actor,
                now=now,
            )
    except Invalid as error:
        return _team_page(team, wrong=(item.key, error.fields), status=422)
    if not accepted:
        flash("Declined, with your reason.")
        return redirect(url_for(".show_team", team=team.id, _anchor="work"), code=303)
    if noted is not None:
        flash("Accepted. The words stand at the end of your draft; take them out before you publish.")
    return redirect(url_for("knowledge.edit_article", article_id=target), code=303)


def _team_page(
    team: Team,
    *,
    wrong: tuple[str, dict[str, str]] = ("", {}),
    brought: MultiDict[str, str] | None = None,
    status: int = 200,
) -> Response:
    """`wrong`: of one item of the work list, its key and messages by field; what was typed stays in its form, also `brought`
    through a sign-in."""
    actor, now, snapshot = current_actor(), utcnow(), current_snapshot()
    if brought is not None:
        wrong = (f"{brought.get('kind')}-{brought.get('subject')}", {})
    return render_page(
        "home/team.html",
        page=teams.team_page(team, actor=actor, snapshot=snapshot, now=now),
        teams=teams.teams_for(actor, snapshot),
        may_decide=teams.may_decide(team, actor),
        waiting=[
            one
            for one in knowledge.list_waiting(knowledge_base(), actor)
            if one.may_approve and one.owner == team.id
        ],
        articles=snapshot.articles,
        stale=snapshot.stale,
        mail_set_up=bool(current_app.config["PORTAL"].mail_host),
        wrong=wrong,
        typed=request.form if brought is None else brought,
        now=now,
        loaded_at=f"{now.timestamp():.6f}",
        status=status,
    )


@bp.get("/tickets/brief")
@requires(Permission.TICKETS)
def show_brief() -> ResponseReturnValue:
    """For the change of shifts, and on paper."""
    now, snapshot = utcnow(), current_snapshot()
    wanted = whole_number(request.args.get("hours"))
    hours = wanted if wanted in briefing.HOURS else briefing.HOURS[1]
    return render_page(
        "home/brief.html",
        brief=briefing.brief(hours, actor=current_actor(), snapshot=snapshot, now=now),
        hours=hours,
        choices=briefing.HOURS,
        left=lambda row: tickets.time_of(row, snapshot.catalogue, now),
        maintenance_text=maintenance_text,
        now=now,
    )


@bp.get("/admin/system")
@requires(Permission.ADMIN)
def show_system() -> ResponseReturnValue:
    words, details = health.readiness()
    config: Config = current_app.config["PORTAL"]
    queue = mail.queue_state() if config.mail_host else None
    return render_page(
        "home/system.html",
        mail=queue,
        words=words,
        details=details,
        problems=knowledge_base().problems(),
        done=timetable.list_done(),
        kept=settings_in_words(config),
    )


@bp.get("/admin/content-problems")
@requires(Permission.ADMIN)
def show_content_problems() -> ResponseReturnValue:
    return render_page(
        "home/content_problems.html",
        problems=knowledge_base().problems(),
        conflicts=knowledge.list_conflicts(),
        remote=knowledge.remote_state(knowledge_base()),
        remote_words=knowledge.state_words,
    )


def _with_urls(rows: Sequence[intake.CallRow]) -> list[intake.CallRow]:
    return [replace(row, url=url_for(row.endpoint, number=row.intake)) for row in rows]
