"""Watching for new problems: opens a spike where calls rise or tickets are alike, and notices when its tickets are linked.

Run by a timer, and after filings at most once a minute in each process. Runs in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from portal.accounts.actor import Actor, Permission
from portal.accounts.service import audit
from portal.core.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.knowledge.snapshot import Snapshot
from portal.tickets import spike_store as store
from portal.tickets.groups import Group, alike
from portal.tickets.lifecycle import REASON_LEAST, REASON_MOST
from portal.tickets.lists import list_groups
from portal.tickets.models import SpikeRow
from portal.tickets.spikes import (
    WEEK,
    WEEKS,
    Call,
    Kept,
    Kind,
    Spike,
    SpikeState,
    confirmed_by,
    find_spikes,
    is_of,
    opens,
    same,
)
from portal.tickets.store import next_number

DAY = timedelta(days=1)
KEPT_DAYS = timedelta(days=14)
MOST_GROUPED = 500
EVERY_SECONDS = 60.0


def look(snapshot: Snapshot, now: datetime, zone: ZoneInfo) -> list[SpikeRow]:
    """The spikes that were opened just now. Two processes that look at once open none twice."""
    if not _changes(snapshot, now, zone):
        return []
    next_number("spike")  # its row is locked, so what another process opened meanwhile is seen
    opened = []
    for row, spike in _changes(snapshot, now, zone):
        if row is None:
            assert spike is not None
            row = _opened(spike, now)
            store.add_spike(row)
            opened.append(row)
        elif spike is None:
            _confirm(row, confirmed_by(_spike(row), store.known_issues_of(row.numbers)), now)
        else:
            row.numbers, row.because, row.at = _with(row, spike), spike.because, now
    return opened


def settle(now: datetime) -> None:
    """What is linked meanwhile is confirmed; the portal need not look at anything new for that."""
    for row, issue in _explained(store.list_open()):
        _confirm(row, issue, now)


def _explained(rows: Sequence[SpikeRow]) -> list[tuple[SpikeRow, str]]:
    """Those of the open ones whose tickets are linked, with the known issue."""
    linked = store.known_issues_of({number for row in rows for number in row.numbers}) if rows else {}
    found = ((row, confirmed_by(_spike(row), linked)) for row in rows)
    return [(row, issue) for row, issue in found if issue]


def _confirm(row: SpikeRow, issue: str, now: datetime) -> None:
    row.state, row.at, row.by, row.known_issue_id = SpikeState.CONFIRMED, now, None, issue


Change = tuple[SpikeRow | None, Spike | None]
"""(None, spike): to be opened. (row, None): its tickets are linked. (row, spike): it has grown."""


def _changes(snapshot: Snapshot, now: datetime, zone: ZoneInfo) -> list[Change]:
    rows = store.list_spikes(now - KEPT_DAYS)
    changes: list[Change] = [
        (row, None) for row, _ in _explained([row for row in rows if row.state == SpikeState.OPEN])
    ]
    confirmed = {row.id for row, _ in changes if row}
    groups = alike(store.list_unlinked(now - DAY, MOST_GROUPED))
    for spike in find_spikes(_calls(snapshot, now), groups, now, zone):
        row = next((one for one in rows if same(spike, _kept(one))), None)
        if opens(spike, _kept(row) if row else None):
            changes.append((None, spike))
        elif (
            row
            and row.state == SpikeState.OPEN
            and row.id not in confirmed
            and _with(row, spike) != row.numbers
        ):
            changes.append((row, spike))
    return changes


def _calls(snapshot: Snapshot, now: datetime) -> list[Call]:
    """Of the last day and of the same day in the weeks before. Of now, without what an open known issue explains."""
    spans = [
        (now - n * WEEK - DAY - timedelta(hours=1), now - n * WEEK + timedelta(hours=1))
        for n in range(WEEKS + 1)
    ]

    def is_open(issue: str | None) -> bool:
        article = snapshot.articles.get(issue or "")
        return bool(article and article.known_issue and article.known_issue.is_open)

    filed = [
        call for call, issue in store.list_filed(spans) if call.at < now - WEEK / 2 or not is_open(issue)
    ]
    reported = [
        Call(call.at, call.number, article.tool or "", call.facilities)
        for call, issue in store.list_reported(spans)
        if (article := snapshot.articles.get(issue)) and not is_open(issue)
    ]
    return filed + reported


def _with(row: SpikeRow, spike: Spike) -> list[str]:
    return list(dict.fromkeys((*row.numbers, *spike.numbers)))


def _spike(row: SpikeRow) -> Spike:
    return Spike(
        Kind(row.kind), row.tool, row.facility, row.words, row.since, tuple(row.numbers), row.because
    )


def _kept(row: SpikeRow) -> Kept:
    return Kept(_spike(row), SpikeState(row.state), row.at)


def _opened(spike: Spike, now: datetime) -> SpikeRow:
    return SpikeRow(
        kind=spike.kind,
        tool=spike.tool,
        facility=spike.facility,
        words=spike.words,
        because=spike.because,
        since=spike.since,
        numbers=list(spike.numbers),
        state=SpikeState.OPEN,
        reason="",
        known_issue_id=None,
        opened_at=now,
        by=None,
        at=now,
    )


class Pace:
    """After filings one look a minute in each process is enough."""

    def __init__(self) -> None:
        self._next = 0.0

    def is_due(self, seconds: float) -> bool:
        """`seconds`: of a clock that only goes on."""
        if seconds < self._next:
            return False
        self._next = seconds + EVERY_SECONDS
        return True


# --- for analysts


def list_spikes(actor: Actor, now: datetime) -> tuple[Sequence[SpikeRow], Sequence[SpikeRow]]:
    """Those that wait for somebody's word, and those of the last two weeks that have one."""
    if not _sees(actor):
        return [], []
    rows = store.list_spikes(now - KEPT_DAYS)
    return _unexplained([row for row in rows if row.state == SpikeState.OPEN]), [
        row for row in rows if row.state != SpikeState.OPEN
    ]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A spike with its tickets, those of its calls before others that are alike to them."""

    row: SpikeRow
    numbers: tuple[str, ...]


def list_waiting(actor: Actor, now: datetime) -> tuple[list[Waiting], list[Group]]:
    """Spikes, and the groups of alike tickets that are no part of one: the same tickets are shown once."""
    groups, waiting = list_groups(actor, now), []
    for row in _open(actor):
        own = tickets_of(row)
        more = {number for group in groups if is_of(own, group) for number in group.numbers}.difference(own)
        groups = [group for group in groups if not is_of(own, group)]
        waiting.append(Waiting(row, (*own, *sorted(more))))
    return waiting, groups


def count_waiting(actor: Actor) -> int:
    return len(_open(actor))


def tickets_of(row: SpikeRow) -> list[str]:
    """Without the reports, which are counted and have no page."""
    return [number for number in row.numbers if number.startswith("T3-")]


def _open(actor: Actor) -> list[SpikeRow]:
    return _unexplained(store.list_open()) if _sees(actor) else []


def _unexplained(rows: Sequence[SpikeRow]) -> list[SpikeRow]:
    """Without those that somebody has linked since the last look: to confirm one twice makes a second known issue."""
    explained = {row.id for row, _ in _explained(rows)}
    return [row for row in rows if row.id not in explained]


def _sees(actor: Actor) -> bool:
    return actor.may(Permission.TRIAGE) and actor.may(Permission.ALL_TICKETS)


def dismiss(id: int, reason: str, *, actor: Actor, now: datetime) -> None:
    """It is no new problem, with the reason. It returns only when it has doubled."""
    if not _sees(actor):
        raise NotAllowed("Your account may not decide on this.")
    if not REASON_LEAST <= len(reason.strip()) <= REASON_MOST:
        raise Invalid("Say why.", {"reason": f"Say why, in {REASON_LEAST} to {REASON_MOST} characters"})
    row = store.lock_spike(id)
    if row is None:
        raise NotFound("There is no such possible problem.")
    if row.state != SpikeState.OPEN:
        raise Conflict("Somebody decided on this meanwhile.")
    row.state, row.reason, row.by, row.at = SpikeState.DISMISSED, reason.strip(), actor.id, now
    audit(actor, "dismiss spike", f"spike:{id}", "ok", now)
