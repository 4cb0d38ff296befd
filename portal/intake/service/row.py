"""The call as it is stored, for all that is done with it: who may have it, its page, its versions, its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from portal.accounts.actor import Actor, Desk, Permission
from portal.accounts.service import audit
from portal.core.db import db
from portal.core.errors import Conflict, NotAllowed
from portal.intake import derive, store
from portal.intake.case import Case, read_case
from portal.intake.endings import Ending
from portal.intake.models import Intake
from portal.intake.record import Record
from portal.intake.wizard import End, Step, may_open
from portal.knowledge import service as knowledge
from portal.knowledge.snapshot import Snapshot
from portal.tickets import service as tickets
from portal.tickets.references import external_reference
from portal.tickets.ticket import Reference

UNDOABLE = (End.ANSWERED, End.ELSEWHERE, End.REPORTED, End.HANDED_OVER)
BEFORE_END = (
    "text", "alert_words", "call", "external_ref", "ref_later", "answers", "facts", "not_known", "ticked", "shown", "refused",
    "check", "draft", "outcome", "worker",
)  # fmt: skip
USUAL_ZONE = "America/New_York"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a page that two windows changed: what is stored, and what was sent now."""

    field: str
    stored: str
    sent: str


class ChangedElsewhere(Conflict):
    """The page was changed in another window; `differences` hold both versions."""

    def __init__(self, differences: Sequence[Difference]) -> None:
        super().__init__("Someone changed this intake in another window: both versions are below")
        self.differences = list(differences)


class NotThere(Conflict):
    """This page cannot be used now; the intake waits at another one."""

    def __init__(self, waiting: Step) -> None:
        super().__init__("This intake waits at another page.")
        self.waiting = waiting


@dataclass(frozen=True, slots=True)
class At:
    """Who acts, on which content, when: read once at the edge and handed down whole."""

    actor: Actor
    snapshot: Snapshot
    now: datetime


def get(number: str, actor: Actor) -> Record:
    """One's own, or one handed to Tier 2 for people of that desk; raises IntakeNotFound."""
    return store.record_of(find_row(number, actor))


def read(number: str, *, at: At) -> Case:
    return case_of(get(number, at.actor), at)


def find_by_key(key: str, actor: Actor) -> Record | None:
    row = store.find_by_key(actor.id, key) if key else None
    return store.record_of(row) if row else None


def find_row(number: str, actor: Actor, *, lock: bool = False) -> Intake:
    mine = store.mine(actor)
    visible = mine | store.handed_over() if actor.desk is Desk.TIER2 and actor.may(Permission.FILE) else mine
    return store.get(number, visible, lock=lock)


def case_of(record: Record, at: At) -> Case:
    text = f"{record.text} {record.alert_words}"
    code = record.call.error_code or next(iter(derive.codes_in(text, at.snapshot.codes)), None)
    station = record.call.facilities[0] if record.call.facilities else None
    others = tickets.several_people([], code, station, at.now) if record.is_open else 0
    known = at.snapshot.facilities.get(station or "")
    zone = ZoneInfo(known.zone if known else USUAL_ZONE)
    return read_case(record, at.snapshot, others=others, day=at.now.astimezone(zone).date())


def work_on(number: str, step: Step, *, at: At) -> tuple[Intake, Case]:
    """The locked row and its case, for a change at this page; raises NotThere when the page is not open (any more)."""
    row = find_row(number, at.actor, lock=True)
    case = case_of(store.record_of(row), at)
    if not may_open(case.data, step):
        raise NotThere(case.waiting)
    if row.owner != at.actor.id or row.handed_at is not None:
        _take_over(row, at)
    return row, case


def _take_over(row: Intake, at: At) -> None:
    """Somebody of Tier 2 goes on; for the owner the hand-over stays the end."""
    if row.handed_at is None or (row.owner == at.actor.id and at.actor.desk is not Desk.TIER2):
        raise NotAllowed("This call was handed to Tier 2, which goes on with it.")
    if row.worker != at.actor.id:
        audit(at.actor, "go on with intake", f"intake:{store.record_of(row).number}", "ok", at.now)
    row.worker, row.end, row.ended_at, row.undo = at.actor.id, None, None, None


def saved(row: Intake, step: Step, at: At, **values: Any) -> Case:
    """Write a page: its draft goes, the version rises, and the page that waits is noted."""
    for name, value in values.items():
        setattr(row, name, value)
    row.draft = {key: fields for key, fields in row.draft.items() if key != step}
    row.version += 1
    row.changed_at = at.now
    case = case_of(store.record_of(row), at)
    row.state = case.waiting
    db.session.flush()
    return case


def check_version(row: Intake, version: int, stored: Mapping[str, str], sent: Mapping[str, str]) -> None:
    if version and version != row.version:
        differences = [
            Difference(name, stored.get(name, ""), value)
            for name, value in sent.items()
            if stored.get(name, "") != value
        ]
        if differences:
            raise ChangedElsewhere(differences)


def end_with(
    row: Intake, end: End, words: Ending, at: At, would: Mapping[str, Any] | None = None, back: str = ""
) -> Case:
    """The receipt is kept, what was typed goes: at once, or a day later where the end may be taken back.

    Practice ends as practice, and says what it `would` be. `back`: the page of an end that had no call before it.
    """
    keep_for_undo(row, end, at, back)
    row.outcome = words.stored()
    if row.practice_id is not None:
        row.outcome = {**row.outcome, **(would or {}), "would": str(end)}
        end, row.external_ref, row.ref_later = End.PRACTISED, None, False
    row.end, row.ended_at, row.changed_at, row.state = end, at.now, at.now, Step.END
    row.check = {}
    if end in (End.PRIVACY, End.ABANDONED):
        row.answers = {}
    for name, empty in store.TEXTS.items():
        setattr(row, name, empty)
    row.version += 1
    db.session.flush()
    if row.undo is None:
        tickets.drop_call_files([row.id], at.now)  # those of a ticket stand on it by now
    if row.practice_id is None:
        audit(at.actor, f"end intake {end}", f"intake:{store.record_of(row).number}", "ok", at.now)
    return case_of(store.record_of(row), at)


def keep_for_undo(row: Intake, end: End, at: At, back: str = "") -> None:
    if end in UNDOABLE and row.practice_id is None:
        before = {} if back else {name: getattr(row, name) for name in BEFORE_END}
        row.undo = {"by": at.actor.id, "back": back, "row": before}


def evaluate(case: Case, at: At) -> int | None:
    """Keep the decision; None where no table had anything to say, and for practice."""
    if case.article is None or case.record.practice is not None:
        return None
    override = case.override
    return knowledge.record_evaluation(
        article_id=case.article.id,
        revision=case.snapshot.revision,
        answers=case.answers,
        decision=case.decision,
        actor=at.actor,
        now=at.now,
        override_outcome=override.get("outcome"),
        override_reason=str(override.get("reason") or ""),
    ).id


def refuse_practice(row: Intake, at: At) -> None:
    """For what follows an end: practice has none. Raises NotThere."""
    if row.practice_id is not None:
        raise NotThere(case_of(store.record_of(row), at).waiting)


def reference_of(raw: str, at: At) -> Reference | None:
    own = derive.origin(at.actor.desk)
    return external_reference(raw, at.snapshot.catalogue, own) if raw.strip() else None
