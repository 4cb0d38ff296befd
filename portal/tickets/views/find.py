"""Tickets by what they say: the full-text search, and those that are like the one in hand."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Permission
from portal.core.clock import utcnow
from portal.knowledge.access import current_snapshot
from portal.knowledge.catalogue import Catalogue
from portal.search.access import MASKED, clean, current_engine, keep_pace
from portal.tickets import finding, service
from portal.tickets.access import current_index
from portal.tickets.finding import Asked
from portal.tickets.lifecycle import STATE_WORDS
from portal.tickets.queue import Filters, Place, all_open, read_place
from portal.tickets.references import recognise
from portal.tickets.ticket import State
from portal.tickets.views.page import bp
from portal.tickets.word_index import IndexAway
from portal.web.export import csv_response
from portal.web.htmx import render_page
from portal.web.journal import after_answer
from portal.web.paging import page_number

CSV_HEAD = (
    "Number",
    "Filed (UTC)",
    "Title",
    "Severity",
    "State",
    "Team",
    "Tool",
    "Facilities",
    "Code",
    "Known issue",
)


@bp.get("/search")
@requires(Permission.TICKETS)
def search_tickets() -> ResponseReturnValue:
    """A number in any form that the look-up takes, codes, words and "quoted phrases", among the tickets of this person."""
    keep_pace()
    asked, masked = _asked_here()
    if masked:
        flash(MASKED, "warning")
        return redirect(_address(asked), code=303)
    found = None
    if asked.text:
        page = page_number(request.args.get("page"))
        found = finding.search_tickets(current_index(), asked, actor=current_actor(), now=utcnow(), page=page)
    return render_page(
        "tickets/search.html",
        asked=asked,
        found=found,
        most=finding.MOST_FOUND,
        page_url=lambda number: _address(asked, page=number),
        csv_url=_address(asked, "tickets.export_found"),
        catalogue=asked.catalogue,
        everything=current_actor().may(Permission.ALL_TICKETS),
    )


@bp.get("/search.csv")
@requires(Permission.TICKETS)
def export_found() -> Response:
    keep_pace()
    asked, _ = _asked_here()
    actor, now, catalogue = current_actor(), utcnow(), asked.catalogue
    rows = finding.list_all_found(current_index(), asked, actor=actor, now=now) if asked.text else []
    after_answer(lambda: service.note_read("export tickets", "search", actor, now))
    return csv_response("tickets-found.csv", CSV_HEAD, [_csv_row(row, catalogue) for row in rows])


@bp.get("/<number>/similar")
@requires(Permission.TICKETS)
def show_similar(number: str) -> Response:
    """A page of its own, and the fragment that the ticket's page brings in when it is there."""
    actor, now = current_actor(), utcnow()
    ticket = service.get_ticket(number, actor)
    still, done = finding.similar_tickets(current_index(), ticket, actor=actor, now=now)
    return render_page(
        "tickets/similar.html",
        fragments=("similar",),
        typing=("similar",),
        ticket=ticket,
        still=still,
        done=done,
        articles=current_snapshot().articles,
    )


def count_found(text: str) -> int:
    """How many tickets that this person sees hold these words; none while nobody can look."""
    asked, _ = _asked(text, is_open=False)
    try:
        return len(finding.matching_ids(current_index(), asked, actor=current_actor(), now=utcnow()))
    except IndexAway:
        return 0


def _asked(raw: str, *, is_open: bool) -> tuple[Asked, bool]:
    """What is asked for, and whether personal data was taken out. A record number is no personal data."""
    snapshot, codes = current_snapshot(), current_engine().loaded().code_forms
    text, masked = (raw.strip(), False) if recognise(raw, snapshot.catalogue) else clean(raw)
    return Asked(text, snapshot.catalogue, codes, is_open), masked


def _asked_here() -> tuple[Asked, bool]:
    return _asked(request.args.get("q", ""), is_open=request.args.get("open") == "1")


def look_through(filters: Filters, queue: str) -> Filters:
    """With the tickets that hold the words of a list's filters, found as by the search; the words without personal data."""
    if not filters.words:
        return filters
    asked, _ = _asked(filters.words, is_open=all_open(queue, filters))
    found = None
    with suppress(IndexAway):
        found = tuple(finding.matching_ids(current_index(), asked, actor=current_actor(), now=utcnow()))
    return replace(filters, words=asked.text, matching=found)


def place_in(args: Mapping[str, str]) -> Place:
    """The list and the place in it that an address leads on from."""
    place = read_place(args)
    return replace(place, filters=look_through(place.filters, place.queue))


def _address(asked: Asked, endpoint: str = "tickets.search_tickets", page: int | None = None) -> str:
    return url_for(endpoint, q=asked.text, open="1" if asked.is_open else None, page=page)


def _csv_row(row: Any, catalogue: Catalogue) -> list[object]:
    team, tool = catalogue.teams.get(row.team or ""), catalogue.tools.get(row.tool)
    return [
        row.number, f"{row.filed_at:%Y-%m-%d %H:%M}", row.title, row.severity, STATE_WORDS[State(row.state)],
        team.name if team else "", tool.name if tool else row.tool, ", ".join(row.facilities),
        row.error_code or "", row.known_issue_id or "",
    ]  # fmt: skip
