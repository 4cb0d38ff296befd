"""What the page shell shows of the rooms: alert lines and the menu for this person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from flask import g, request

from portal.accounts.access import find_actor
from portal.accounts.actor import Actor, Permission
from portal.core.clock import utcnow
from portal.core.db import briefly
from portal.home import gather, store
from portal.knowledge.access import current_snapshot
from portal.knowledge.snapshot import Snapshot
from portal.tickets import service as tickets
from portal.tickets.queue import Criticals
from portal.web.address import url_for
from portal.web.shell import Alert, MenuEntry, Shell

P = Permission


@dataclass(frozen=True, slots=True)
class _Faults:
    open: int
    alerts: tuple[Alert, ...]


def alerts() -> tuple[Alert, ...]:
    """At most two open faults: what most callers reported today, and beside it what is new, or else what comes next."""
    actor = find_actor()
    return _faults().alerts if actor and actor.may(P.FILE) else ()


def menu() -> tuple[MenuEntry, ...]:
    """By permission, never more than six."""
    actor = find_actor()
    if actor is None:
        return ()
    calls, notices = store.menu_numbers(actor, utcnow())
    return _entries(request.root_path, request.endpoint, actor, calls, notices, _faults().open)


@lru_cache(maxsize=512)
def _entries(
    _mount: str, here: str | None, actor: Actor, calls: int, notices: int, faults: int
) -> tuple[MenuEntry, ...]:
    entries: list[MenuEntry] = []

    def add(label: str, endpoint: str) -> None:
        entries.append(MenuEntry(label, url_for(endpoint), endpoint == here))

    if actor.may(P.FILE):
        add("New call", "intake.start")
    add(f"Known issues ({faults})", "home.show_board")
    if actor.may(P.FILE):
        add(f"My calls ({calls} open)", "home.show_my_calls")
    if actor.may(P.TICKETS):
        add("Triage" if actor.may(P.TRIAGE) else "Tickets", "tickets.list_tickets")
    if actor.may(P.DESK):
        add("Desk", "home.show_desk")
    if notices:  # without any they stand under the person's name
        add(f"Notices ({notices})", "home.show_notices")
    if actor.may(P.READ) and not actor.may(P.FILE):
        add("Articles", "knowledge.list_articles")
    if actor.teams:
        add("Team", "home.show_team")
    if actor.may(P.ADMIN):
        add("System", "home.show_system")
    return tuple(entries)


def _faults() -> _Faults:
    """Once a request: the menu and the alerts show the same."""
    if "faults" not in g:
        snapshot, now = current_snapshot(), utcnow()
        about = f"{snapshot.revision} {now.date()} {request.root_path}"
        g.faults = briefly("board", about, lambda: _read_faults(snapshot, now))
    found: _Faults = g.faults
    return found


def _read_faults(snapshot: Snapshot, now: datetime) -> _Faults:
    today = now.date()
    faults = [row for row in gather.board(snapshot, now) if row.is_open]
    rows = [row for row in faults if row.counts.today or row.is_new(today)]
    rows.sort(key=lambda row: (-row.counts.today, not row.is_new(today), row.article.id))
    rows[1:] = sorted(rows[1:], key=lambda row: not row.is_new(today))
    return _Faults(len(faults), tuple(_alert(row) for row in rows[:2]))


def _alert(row: gather.BoardRow) -> Alert:
    return Alert(
        id=row.article.id,
        text=f"{row.article.title}: {f'{row.counts.today} today' if row.counts.today else 'new'}.",
        add_url=url_for("knowledge.show_article", article_id=row.article.id, add=1, _anchor="add"),
        say_url=url_for("knowledge.show_article", article_id=row.article.id),
    )


def critical() -> Criticals | None:
    """None for who does no triage."""
    actor = find_actor()
    return (
        tickets.criticals(actor, current_snapshot().catalogue, utcnow())
        if actor and actor.may(P.TRIAGE)
        else None
    )


SHELL = Shell(alerts=alerts, menu=menu, critical=critical)
