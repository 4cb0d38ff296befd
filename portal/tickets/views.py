"""Queues of tickets, a ticket's page with its moves, and the two answers of a caller who calls back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Actor, Permission
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.core.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.criteria.severity import Severity
from portal.criteria.table import FACTS
from portal.knowledge import service as knowledge
from portal.knowledge.access import current_snapshot, knowledge_base
from portal.knowledge.catalogue import Catalogue
from portal.knowledge.service import ArticleNotFound
from portal.knowledge.snapshot import Snapshot
from portal.tickets import service
from portal.tickets.developer_text import Shape, alert_missing, default_shape, developer_text
from portal.tickets.forms import BackForm, MoveForm, ReferenceForm, RouteForm
from portal.tickets.lifecycle import STATE_WORDS, ball_words, moves
from portal.tickets.models import Ticket
from portal.tickets.queue import SINCE, SORTS, Listed, Tab, read_filters
from portal.tickets.references import external_reference, reference_words
from portal.tickets.ticket import Origin, Reference, State
from portal.tickets.timeline import event_words
from portal.web.export import csv_response
from portal.web.htmx import render_page
from portal.web.journal import after_answer
from portal.web.paging import page_number

bp = Blueprint("tickets", __name__, url_prefix="/tickets")
CSV_HEAD = (
    "Number", "Filed (UTC)", "Title", "Severity", "ServiceNow severity", "State", "Team", "Tool", "Audience",
    "Facilities", "Code", "Known issue",
)  # fmt: skip


PLACED = frozenset(
    {"tried", "alert_words", "error_code", "facility"}
)  # facts that stand elsewhere on the page


# --- queues


@bp.get("/")
@requires(Permission.TICKETS)
def list_tickets() -> Response:
    actor, now, catalogue = current_actor(), utcnow(), current_snapshot().catalogue
    tabs = service.list_tabs(actor, catalogue)
    tab = _tab(tabs)
    filters = read_filters(request.args)
    page = service.list_queue(
        tab.queue, filters, actor=actor, now=now, page=page_number(request.args.get("page"))
    )

    def address(endpoint: str = "tickets.list_tickets", **changes: object) -> str:
        """This list with other filters, order or page, or as a file."""
        given: dict[str, Any] = {"queue": tab.queue, **filters.given, **changes}
        return url_for(endpoint, **{name: value for name, value in given.items() if value})

    return render_page(
        "tickets/queue.html",
        tabs=tabs,
        tab=tab,
        page=page,
        filters=filters,
        address=address,
        page_url=lambda number: address(page=number),
        csv_url=address(endpoint="tickets.export_tickets"),
        catalogue=catalogue,
        severities=_options((str(one), one.capitalize()) for one in Severity),
        states=_options((str(state), words.capitalize()) for state, words in STATE_WORDS.items()),
        tools=_options((tool.id, tool.name) for tool in catalogue.tools.values()),
        teams=_options((team.id, team.name) for team in catalogue.teams.values()),
        since=SINCE,
        sorts=SORTS,
    )


@bp.get("/tickets.csv")
@requires(Permission.TICKETS)
def export_tickets() -> Response:
    """The rows of the list as it is filtered, all pages."""
    actor, now, catalogue = current_actor(), utcnow(), current_snapshot().catalogue
    tab, filters = _tab(service.list_tabs(actor, catalogue)), read_filters(request.args)
    rows = service.list_whole_queue(tab.queue, filters, actor=actor, now=now)
    after_answer(lambda: service.note_read("export tickets", f"queue:{tab.queue}", actor, now))
    return csv_response("tickets.csv", CSV_HEAD, [_csv_row(row, catalogue) for row in rows])


def _options(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [("", "Any"), *pairs]


def _tab(tabs: list[Tab]) -> Tab:
    """The queue of the address, else the person's first; a queue that is not theirs does not exist."""
    wanted = request.args.get("queue", "")
    found = next((tab for tab in tabs if tab.queue == wanted), None) if wanted else next(iter(tabs), None)
    if found is None:
        raise NotFound("There is no such queue.")
    return found


def _csv_row(row: Listed, catalogue: Catalogue) -> list[object]:
    team, tool = catalogue.teams.get(row.team or ""), catalogue.tools.get(row.tool)
    return [
        row.number, f"{row.filed_at:%Y-%m-%d %H:%M}", row.title, row.severity, row.snow_severity,
        STATE_WORDS[row.state], team.name if team else "", tool.name if tool else row.tool, row.audience,
        ", ".join(row.facilities), row.error_code or "", row.known_issue_id or "",
    ]  # fmt: skip


# --- one ticket


@bp.get("/<number>")
@requires(Permission.TICKETS)
def show_ticket(number: str) -> Response:
    actor, now = current_actor(), utcnow()
    ticket = service.get_ticket(number, actor)
    after_answer(lambda: service.note_read("read ticket", f"ticket:{number}", actor, now))
    return _ticket_page(ticket)


@bp.post("/<number>/route")
@requires(Permission.TRIAGE)
def route_ticket(number: str) -> ResponseReturnValue:
    actor, now, catalogue = current_actor(), utcnow(), current_snapshot().catalogue
    service.get_ticket(number, actor)
    form = RouteForm()
    form.offer(catalogue.teams.values())
    if not form.validate():
        return _ticket_page(service.get_ticket(number, actor), route_form=form, status=422)
    team, reason, version = form.team.data or "", form.reason.data or "", form.version.data or 0

    def move() -> None:
        service.route(
            number, team=team, reason=reason, version=version, actor=actor, catalogue=catalogue, now=now
        )

    try:
        _move("route", number, move, actor, now)
    except Invalid as error:
        form.add_errors(error.fields)
        return _ticket_page(service.get_ticket(number, actor), route_form=form, status=422)
    except Conflict as error:
        typed = (
            f"You had chosen {catalogue.teams[team].name}: {reason}" if team in catalogue.teams else reason
        )
        ticket = service.get_ticket(number, actor)
        return _ticket_page(ticket, changed=str(error), typed=typed, reason=reason, status=409)
    flash(f"Handed to the {catalogue.teams[team].name} team.")
    return redirect(url_for(".show_ticket", number=number), code=303)


@bp.post("/<number>/accept")
@requires(Permission.TICKETS)
def accept_ticket(number: str) -> ResponseReturnValue:
    actor, now, catalogue = current_actor(), utcnow(), current_snapshot().catalogue
    form = MoveForm()
    version = form.version.data if form.validate() and form.version.data else 0

    def move() -> None:
        service.accept(number, version=version, actor=actor, catalogue=catalogue, now=now)

    try:
        _move("accept", number, move, actor, now)
    except Conflict as error:
        return _ticket_page(service.get_ticket(number, actor), changed=str(error), status=409)
    flash("Accepted. Everybody sees now that the team has it.")
    return redirect(url_for(".show_ticket", number=number), code=303)


def _move(name: str, number: str, move: Callable[[], None], actor: Actor, now: datetime) -> None:
    """One transaction; a refusal is audited in one of its own, after the answer."""
    try:
        with transaction():
            move()
    except (Conflict, NotAllowed):
        after_answer(lambda: service.note_refusal(name, number, actor, now))
        raise


@bp.post("/<number>/references")
@requires(Permission.TICKETS)
def add_reference(number: str) -> ResponseReturnValue:
    actor, now, catalogue = current_actor(), utcnow(), current_snapshot().catalogue
    service.get_ticket(number, actor)
    form = ReferenceForm()
    try:
        if not form.validate():
            raise Invalid("Enter the number of the record.")
        reference = external_reference(form.external_ref.data or "", catalogue)
    except Invalid as error:
        form.add_errors(error.fields)
        return _ticket_page(service.get_ticket(number, actor), reference_form=form, status=422)
    with transaction():
        service.add_reference(number, reference, actor=actor, catalogue=catalogue, now=now)
    flash(f"{reference_words(reference)} stands on this ticket.")
    return redirect(url_for(".show_ticket", number=number), code=303)


# --- the caller calls back (buttons of the look-up card)


@bp.post("/<number>/still-happening")
@requires(Permission.FILE)
def still_happening(number: str) -> ResponseReturnValue:
    actor, now, catalogue = current_actor(), utcnow(), current_snapshot().catalogue
    with transaction():
        service.still_happening(number, actor=actor, catalogue=catalogue, now=now)
    flash(f"Noted on {number}: still happening today.")
    return redirect(url_for("home.look_up", number=BackForm().number.data or number), code=303)


@bp.post("/<number>/stopped")
@requires(Permission.FILE)
def stopped_happening(number: str) -> ResponseReturnValue:
    actor, now, catalogue = current_actor(), utcnow(), current_snapshot().catalogue
    with transaction():
        service.stopped_happening(number, actor=actor, catalogue=catalogue, now=now)
    flash(f"Noted on {number}: stopped happening.")
    return redirect(url_for("home.look_up", number=BackForm().number.data or number), code=303)


# --- what the page shows


def _ticket_page(
    ticket: Ticket,
    *,
    route_form: RouteForm | None = None,
    reference_form: ReferenceForm | None = None,
    changed: str = "",
    typed: str = "",
    reason: str = "",
    status: int = 200,
) -> Response:
    actor, snapshot = current_actor(), current_snapshot()
    catalogue, state = snapshot.catalogue, State(ticket.state)
    offered = {move.name for move in moves(state, actor, ticket.team, privacy=ticket.privacy)}
    if route_form is None:
        route_form = RouteForm(formdata=None, version=ticket.version, team=ticket.team or "", reason=reason)
        route_form.offer(catalogue.teams.values())
    return render_page(
        "tickets/ticket.html",
        status=status,
        ticket=ticket,
        state=state,
        ball=ball_words(state, ticket.team, catalogue),
        tool=catalogue.tools.get(ticket.tool),
        team=catalogue.teams.get(ticket.team or ""),
        code=ticket.error_code if ticket.error_code in snapshot.codes else None,
        no_words=alert_missing(ticket.facts, ticket.not_known).removeprefix("Alert: ").capitalize(),
        facts=_fact_rows(ticket, snapshot),
        tried=ticket.facts.get("tried", ""),
        not_known=[catalogue.facts[key].label for key in ticket.not_known if key in catalogue.facts],
        decision=_decision(ticket),
        known_issue=snapshot.articles.get(ticket.known_issue_id or ""),
        shown=[(id, snapshot.articles.get(id), id in ticket.refused) for id in ticket.shown],
        shape=_shape(ticket),
        shapes=Shape,
        developers=_developers(ticket, snapshot),
        references=[reference_words(Reference(ref.system, ref.value)) for ref in ticket.references],
        timeline=[(event.at, event_words(event.kind, event.data, snapshot)) for event in ticket.events],
        can={
            "route": "route" in offered,
            "accept": "accept" in offered,
            "reference": actor.may(Permission.FILE),
            "build": actor.may(Permission.TRIAGE) or actor.may(Permission.ACCEPT),
        },
        route_form=route_form,
        accept_form=MoveForm(formdata=None, version=ticket.version),
        reference_form=reference_form or ReferenceForm(formdata=None),
        problems=(route_form.summary() + (reference_form.summary() if reference_form else [])),
        changed=changed,
        typed=typed,
    )


def _shape(ticket: Ticket) -> Shape:
    wanted = request.args.get("shape", "")
    return Shape(wanted) if wanted in list(Shape) else default_shape(Origin(ticket.origin), ticket.audience)


def _developers(ticket: Ticket, snapshot: Snapshot) -> object:
    """The text for developers; a privacy ticket has none."""
    if ticket.privacy:
        return None
    public = service.public_ticket(ticket, snapshot.catalogue)
    return developer_text(public, _shape(ticket), snapshot.catalogue, snapshot.facilities)


def _fact_rows(ticket: Ticket, snapshot: Snapshot) -> list[tuple[str, str]]:
    """Label and value of everything that is known but what has a place of its own on the page."""
    tool = snapshot.catalogue.tools.get(ticket.tool)
    area = next((one.name for one in tool.sub_areas if one.id == ticket.sub_area), "") if tool else ""
    places = [snapshot.facilities[s].name if s in snapshot.facilities else "" for s in ticket.facilities]
    rows = [
        ("Tool", f"{tool.name if tool else 'Not sure'}{f' ({area})' if area else ''}"),
        ("Who has the problem", FACTS["audience"].choices.get(ticket.audience, ticket.audience)),
        ("Where", FACTS["platform"].choices.get(ticket.platform or "", "Not known")),
        (
            "Facility",
            ", ".join(f"{s} {name}".strip() for s, name in zip(ticket.facilities, places, strict=True))
            or "Not known",
        ),
        ("Health record", FACTS["ehr"].choices.get(ticket.ehr or "", "Not known")),
    ]
    for key, value in ticket.facts.items():
        fact = snapshot.catalogue.facts.get(key)
        if key not in PLACED and value:
            rows.append((fact.label if fact else key, fact.choices.get(value, value) if fact else value))
    return rows


def _decision(ticket: Ticket) -> dict[str, object] | None:
    """The rule that decided, its reason, and the answers in words as the criteria asked for them then."""
    if ticket.evaluation_id is None:
        return None
    kept = knowledge.get_evaluation(ticket.evaluation_id)
    answers = dict(kept.answers)
    try:
        table = knowledge_base().table_at(kept.article_id, kept.revision)
    except ArticleNotFound:
        asked = list(answers.items())
    else:
        inputs = [one for one in table.inputs if one.id in answers]
        asked = [(one.ask, one.choices.get(answers[one.id], "Not sure")) for one in inputs]
    return {"kept": kept, "asked": asked, "words": knowledge.outcome_words(kept.outcome)}
