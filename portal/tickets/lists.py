"""Lists of tickets: which queues a person has, and what stands in them. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from portal.accounts.actor import DESK_NAMES, Actor, Permission
from portal.core.errors import Invalid
from portal.knowledge.article import Article
from portal.knowledge.catalogue import Catalogue
from portal.knowledge.snapshot import Snapshot
from portal.search.match import Call, Grade, Match
from portal.tickets import queue_store, store
from portal.tickets.clocks import calendar_at
from portal.tickets.groups import NEAR, Alike, Group, alike
from portal.tickets.guard import check_personal_data
from portal.tickets.known_issue import call_of, suggestions
from portal.tickets.lifecycle import own_desks
from portal.tickets.models import SavedView
from portal.tickets.queue import (
    QUEUE_STATES,
    TRIAGE_QUEUES,
    Criticals,
    Filters,
    Listed,
    Place,
    Tab,
    Untaken,
    go_on_at,
)
from portal.tickets.ticket import ENDED, State
from portal.tickets.time_left import TimeLeft, time_left
from portal.web.paging import Page

Counts = list[tuple[str | None, State, bool, str, int]]


def list_queue(tab: Tab, filters: Filters, *, actor: Actor, now: datetime, page: int) -> Page[Listed]:
    """Without a filter the tab has counted it already."""
    is_whole = set(filters.given) <= {"sort"}
    return queue_store.list_queue(tab.queue, filters, actor, now, page, tab.count if is_whole else None)


def list_whole_queue(queue: str, filters: Filters, *, actor: Actor, now: datetime) -> list[Listed]:
    return queue_store.list_whole_queue(queue, filters, actor, now)


def neighbours(number: str, place: Place, *, actor: Actor, now: datetime) -> list[tuple[str, Place] | None]:
    """The tickets before and after this one in the list that it was opened from; also when it has left that list."""
    if not place.queue:
        return [None, None]
    first = max(0, place.at - 1)
    found = queue_store.list_around(place.queue, place.filters, actor, now, place.at)
    own = found.index(number) if number in found else None
    after = place.at - first if own is None else own + 1
    before = after - 1 if own is None else own - 1

    def step(at: int) -> tuple[str, Place] | None:
        return (found[at], replace(place, at=first + at)) if 0 <= at < len(found) else None

    return [step(before), step(after)]


def place_of(numbers: Sequence[str], place: Place, *, actor: Actor, now: datetime) -> int:
    """Where the first of these stands in the list."""
    found = queue_store.list_numbers(place.queue, place.filters, actor, now)
    return next((at for at, number in enumerate(found) if number in numbers), 0)


def place_after(place: Place, moved: Collection[str], *, undone: bool, actor: Actor, now: datetime) -> Place:
    """Where one goes on in a list after these were moved, or put back."""
    found = queue_store.list_numbers(place.queue, place.filters, actor, now)
    return replace(place, at=go_on_at(found, place.at, moved, undone=undone))


def likely(
    numbers: Sequence[str], match: Callable[[Call], Sequence[Match]], snapshot: Snapshot
) -> dict[str, Article]:
    """Number -> the known issue that a ticket in triage looks most like, where one is likely. `match`: as searched."""
    found: dict[str, Article] = {}
    for row, rejected in queue_store.list_words(numbers):
        best = suggestions(
            match(call_of(row, rejected)),
            recognised=row.known_issue_id,
            refused=row.refused,
            rejected=rejected,
            snapshot=snapshot,
        )[:1]
        if best and best[0].grade != Grade.POSSIBLE and not best[0].refused:
            found[row.number] = best[0].article
    return found


MOST_COMPARED = 500
_compared: tuple[list[tuple[Any, ...]], list[Group]] = ([], [])


def list_groups(actor: Actor, now: datetime) -> list[Group]:
    """Open tickets that say the same, the largest group first; for who sees all of them.

    The last answer of this process is kept: it changes only with the tickets that are compared.
    """
    global _compared
    if not (actor.may(Permission.TRIAGE) and actor.may(Permission.ALL_TICKETS)):
        return []
    rows = queue_store.list_alike(actor, now - NEAR, MOST_COMPARED)
    if _compared[0] != rows:
        names = ("number", "at", "tool", "title", "summary", "alert_words", "code", "ehr")
        tickets = [Alike(**dict(zip(names, row, strict=False)), facilities=tuple(row[-1])) for row in rows]
        _compared = rows, alike(tickets)
    return _compared[1]


SHOWN = 2


def criticals(actor: Actor, catalogue: Catalogue, now: datetime) -> Criticals:
    """Critical tickets that nobody has taken, of those that this analyst may see."""
    if not (actor.may(Permission.TRIAGE) and actor.may(Permission.ALL_TICKETS)):
        return Criticals((), 0, "0")
    rows = queue_store.list_untaken(private=actor.may(Permission.PRIVACY))
    shown = []
    for row in rows[:SHOWN]:
        tool, left = catalogue.tools.get(row.tool), time_of(row, catalogue, now)
        name = tool.short if tool else "tool not known"
        gone, stage = (left.gone_words, left.stage) if left else ("", "new")
        shown.append(Untaken(row.number, name, gone, stage, row.version))
    seen = [str(len(rows)), *(f"{one.number} {one.version} {one.gone}" for one in shown)]
    return Criticals(shown, len(rows), " ".join(seen))


def time_of(row: Any, catalogue: Catalogue, now: datetime) -> TimeLeft | None:
    """What is left of the time of a ticket, or of a row of a list."""
    state = State(row.state)
    return time_left(
        row.severity,
        state,
        row.due_at,
        taken=row.taken_at is not None,
        targets=catalogue.targets,
        calendar=calendar_at(state, row.team, catalogue),
        now=now,
    )


def list_tabs(actor: Actor, catalogue: Catalogue, now: datetime) -> list[Tab]:
    """The queues of this person: triage for analysts, own teams for editors, the desk for agents, then the rest."""
    counts = queue_store.count_queues(actor)
    tabs = _triage_tabs(actor, counts, now)
    ordinary = [row for row in counts if not row[2]]
    everything = actor.may(Permission.ALL_TICKETS)
    for team in catalogue.teams.values():
        if everything or team.id in actor.teams:
            count = sum(row[4] for row in ordinary if row[0] == team.id and row[1] not in ENDED)
            tabs.append(Tab(f"team:{team.id}", team.queue, f"{team.name}: team queue", count))
    desks = own_desks(actor)
    if desks:
        of_desk = [row for row in ordinary if row[3] in desks]
        name = DESK_NAMES[actor.desk]
        tell = sum(row[4] for row in of_desk if row[1] is State.BACK_TO_TIER2)
        open_here = sum(row[4] for row in of_desk if row[1] not in ENDED)
        tabs.append(Tab("desk", "My desk", f"My desk: {name}", open_here))
        tabs.append(Tab("tell", "Tell the caller", f"Answered, tell the caller: {name}", tell))
    if everything:
        tabs.append(Tab("all", "All", "All tickets", sum(row[4] for row in ordinary)))
    return tabs


def _triage_tabs(actor: Actor, counts: Counts, now: datetime) -> list[Tab]:
    """In the order of TRIAGE_QUEUES; somebody who is cleared but does no triage has one of them."""

    def count(queue: str) -> int:
        if queue == "privacy":
            return sum(row[4] for row in counts if row[2])
        if queue in QUEUE_STATES:
            return sum(row[4] for row in counts if not row[2] and row[1] in QUEUE_STATES[queue])
        return queue_store.count_queue(queue, actor, now)

    may = {queue: actor.may(Permission.TRIAGE) for queue in TRIAGE_QUEUES}
    may["privacy"] = actor.may(Permission.PRIVACY)
    return [
        Tab(queue, label, heading, count(queue), triage=True)
        for queue, (label, heading, _) in TRIAGE_QUEUES.items()
        if may[queue]
    ]


# --- saved views

NAME_MOST = 60


def list_saved(actor: Actor) -> list[SavedView]:
    """This person's lists with names, by name."""
    return store.list_saved(actor.id)


def save_view(name: str, query: str, *, actor: Actor) -> None:
    """A list under a name; the same name again takes its place. Raises Invalid."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= NAME_MOST:
        raise Invalid(f"Give the view a name of at most {NAME_MOST} characters.")
    check_personal_data({"name": name}, ())
    store.save_view(actor.id, name, query)


def remove_view(id: int, *, actor: Actor) -> SavedView | None:
    """What was removed, so that it can be saved again."""
    return store.remove_view(actor.id, id)
