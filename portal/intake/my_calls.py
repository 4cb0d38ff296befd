"""The calls of one person: what still needs something, the day, and calls that wait for Tier 2. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from portal.accounts.actor import Actor, Desk, Permission
from portal.intake import store
from portal.intake.models import Intake
from portal.intake.record import Record
from portal.intake.summary import first_words
from portal.intake.wizard import STEP_NAMES, End, Step
from portal.knowledge.catalogue import Catalogue
from portal.knowledge.snapshot import Snapshot
from portal.tickets import service as tickets
from portal.tickets.references import cut
from portal.tickets.ticket import intake_number

OPEN_NOTE = "Open note"
MOST_WAITING = 100
LOOK_BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class CallRow:
    """One line of My calls. `number` is what the agent knows it by; the address is made at the edge of endpoint and intake.

    `said`: the first words of the caller, while the call is open.
    """

    at: datetime
    number: str
    what: str
    words: str
    action: str
    endpoint: str
    intake: str
    url: str = ""
    said: str = ""
    may_drop: bool = False

    @property
    def is_open(self) -> bool:
        """It still needs something from this person."""
        return self.action != OPEN_NOTE


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A call that waits for Tier 2. `may_go_on`: this person works there."""

    number: str
    words: str
    may_go_on: bool
    url: str | None = None


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A Critical ticket that nobody has taken in the time set by the catalogue. `waited`: "18 min"."""

    ticket: str
    waited: str
    intake: str


def count_ends(desk: str, bounds: Sequence[datetime]) -> list[tuple[str, str, int, int]]:
    """(tool, end, day, calls) of a desk, without those that only cleared people read."""
    return store.count_ends(desk, bounds)


def not_taken(actor: Actor, catalogue: Catalogue, now: datetime) -> list[NotTaken]:
    """Those of this person's last days, the longest waiting first."""
    due = now - timedelta(minutes=catalogue.critical_minutes)
    records = [store.record_of(row) for row in store.list_criticals(actor, now - LOOK_BACK, due)]
    return [
        NotTaken(record.outcome["ticket"], waited_words(record, now), record.number)
        for record in records
        if tickets.handling(record.outcome["ticket"]) is None
    ]


def waited_words(record: Record, now: datetime) -> str:
    """Since it was filed: "18 min", "3 h"."""
    minutes = int((now - (record.ended_at or now)).total_seconds() // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"


def list_unfinished(actor: Actor) -> list[CallRow]:
    """Newest first."""
    return [_call_row(store.record_of(row), Step(row.state), actor) for row in store.list_unfinished(actor)]


def list_handed_over(actor: Actor) -> list[CallRow]:
    """For people of Tier 2: calls that were handed to them and nobody has taken up, oldest first."""
    if actor.desk is not Desk.TIER2 or not actor.may(Permission.FILE):
        return []
    rows = []
    for record in map(store.record_of, store.list_handed_over()):
        known_by = record.external_ref or record.number
        what = record.call.tool.replace("-", " ").capitalize() or "Tool not known"
        at = record.handed_at or record.changed_at
        rows.append(CallRow(at, known_by, what, "Waits for Tier 2", "Go on", "intake.resume", record.number))
    return rows


def list_waiting(desk: str) -> tuple[list[CallRow], list[CallRow]]:
    """For the lead of a desk, of nobody's own: calls that lack their record number, and those that wait for Tier 2."""

    def row(intake: Intake, at: datetime, words: str) -> CallRow:
        record = store.record_of(intake)
        what = str(
            record.outcome.get("what") or record.call.tool.replace("-", " ").capitalize() or "Tool not known"
        )
        receipt = str(record.outcome.get("ticket") or record.outcome.get("report") or record.number)
        known_by = record.external_ref or receipt
        return CallRow(at, known_by, what, words, OPEN_NOTE, "", record.number)

    lacking, handed = store.list_waiting(desk, MOST_WAITING)
    return (
        [row(one, one.ended_at or one.changed_at, "Number missing") for one in lacking],
        [row(one, one.handed_at or one.changed_at, "Waits for Tier 2") for one in handed],
    )


def list_today(actor: Actor, now: datetime) -> list[CallRow]:
    """Calls since midnight in the person's zone (without one: of the last 24 hours), and all unfinished ones.

    Those that still need something first, then the newest.
    """
    rows = store.list_since(actor, day_start(actor, now))
    calls = [_call_row(store.record_of(row), Step(row.state), actor) for row in rows]
    return sorted(calls, key=lambda row: not row.is_open)


def day_start(actor: Actor, now: datetime) -> datetime:
    """Midnight in the person's zone; without one 24 hours ago."""
    if not actor.timezone:
        return now - timedelta(hours=24)
    return now.astimezone(ZoneInfo(actor.timezone)).replace(hour=0, minute=0, second=0, microsecond=0)


def _call_row(record: Record, state: Step, actor: Actor) -> CallRow:
    what = str(record.outcome.get("what") or record.call.tool.replace("-", " ").capitalize() or "New call")
    receipt = str(record.outcome.get("ticket") or record.outcome.get("report") or record.number)

    def row(number: str, words: str, action: str, endpoint: str = "intake.show_end") -> CallRow:
        return CallRow(record.changed_at, number, what, words, action, endpoint, record.number)

    if record.lacks_number:
        return row(receipt, "Number missing", "Add number")
    if record.handed_at and record.worker != actor.id:
        return row(record.number, ENDED[End.HANDED_OVER], OPEN_NOTE)
    if record.end is None:
        waiting = row(record.number, f"Waits at: {STEP_NAMES[state]}", "Continue", "intake.resume")
        text = record.text or record.draft.get(Step.CALL, {}).get("text", "")
        return replace(waiting, said=first_words(text), may_drop=True)
    return row(receipt, ENDED[record.end], OPEN_NOTE)


ENDED: Mapping[End, str] = {
    End.FILED: "Filed",
    End.REPORTED: "Reported",
    End.ANSWERED: "Answered",
    End.ELSEWHERE: "Sent elsewhere",
    End.HANDED_OVER: "With Tier 2",
    End.CRITICAL: "Filed as Critical",
    End.PRIVACY: "Filed, cleared staff only",
    End.ABANDONED: "Dropped",
    End.PRACTISED: "Practised",
}


def find_handed_over(raw: str, actor: Actor, snapshot: Snapshot) -> HandedOver | None:
    """A call that was handed to Tier 2, by its own number or that of its record."""
    found = cut(raw, snapshot.catalogue)
    if found is None or found.kind in ("ticket", "report"):
        return None
    intake_id = int(found.value.removeprefix("I-")) if found.kind == "intake" else None
    row = store.find_handed_over(intake_id, None if intake_id is not None else found.value)
    if row is None:
        return None
    record = store.record_of(row)
    may = actor.desk is Desk.TIER2 and actor.may(Permission.FILE)
    return HandedOver(record.number, STEP_NAMES[Step(row.state)], may)


def calls_of_decisions(ids: Sequence[int]) -> dict[int, str]:
    """Decision -> number of the call in which it was made."""
    return {decision: intake_number(id) for decision, id in store.list_of_evaluations(ids)}
