"""All SQL of the intake."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute

from portal.accounts.actor import Actor
from portal.core.db import among, day_of, db, replace_values
from portal.core.errors import NotFound
from portal.core.removal import Removal
from portal.intake.models import Intake, PracticeAttempt
from portal.intake.practice import CallId, Grade, Tally
from portal.intake.record import Call, Record
from portal.intake.wizard import End, Step
from portal.tickets.ticket import INTAKE_FORM

TEXTS: dict[str, Any] = {"text": "", "alert_words": "", "facts": {}, "not_known": [], "draft": {}}
NUMBERED = (End.FILED, End.REPORTED, End.CRITICAL, End.PRIVACY)
TICKETED = (End.FILED, End.CRITICAL, End.PRIVACY)


class IntakeNotFound(NotFound):
    """No intake with this number that this person may see."""


def record_of(row: Intake) -> Record:
    call = {**row.call, "facilities": tuple(row.call.get("facilities", ()))}
    return Record(
        id=row.id,
        owner=row.owner,
        worker=row.worker,
        desk=row.desk,
        end=End(row.end) if row.end else None,
        created_at=row.created_at,
        changed_at=row.changed_at,
        handed_at=row.handed_at,
        ended_at=row.ended_at,
        urgent=row.urgent,
        text=row.text,
        alert_words=row.alert_words,
        call=Call(**call),
        external_ref=row.external_ref or "",
        ref_later=row.ref_later,
        answers=dict(row.answers),
        facts=dict(row.facts),
        not_known=tuple(row.not_known),
        ticked={id: tuple(steps) for id, steps in row.ticked.items()},
        shown=tuple(row.shown),
        refused=tuple(row.refused),
        check=dict(row.check),
        outcome=dict(row.outcome),
        draft=dict(row.draft),
        version=row.version,
        practice=row.practice_id,
        undo=row.undo,
    )


def find_by_key(owner: int, key: str, *, lock: bool = False) -> Intake | None:
    query = select(Intake).where(Intake.owner == owner, Intake.key == key)
    return db.session.scalar(query.with_for_update() if lock else query)


def add(actor: Actor, key: str, now: datetime, **values: Any) -> tuple[Intake, bool]:
    """The intake of this form, and whether it was made now: the same key of the same person gives the first one."""
    row = find_by_key(actor.id, key, lock=True)
    if row is not None:
        return row, False
    row = Intake(
        **{
            "key": key, "owner": actor.id, "desk": actor.desk, "view": "compact" if actor.compact else "guided",
            "state": Step.CALL, "created_at": now, "changed_at": now, "urgent": "", "text": "", "alert_words": "",
            "call": asdict(Call()), "ref_later": False, "answers": {}, "facts": {}, "not_known": [], "ticked": {}, "shown": [],
            "refused": [], "check": {}, "outcome": {}, "draft": {}, **values,
        }
    )  # fmt: skip
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:  # another process made it since we looked
        found = find_by_key(actor.id, key, lock=True)
        if found is None:
            raise
        return found, False
    return row, True


def get(number: str, condition: ColumnElement[bool], *, lock: bool = False) -> Intake:
    """Raises IntakeNotFound, also when the condition hides it."""
    match = INTAKE_FORM.fullmatch(number)
    query = select(Intake).where(Intake.id == int(match[1]) if match else Intake.id.is_(None), condition)
    row = db.session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise IntakeNotFound(f"There is no intake {number[:20]}.")
    return row


def list_of_evaluations(ids: Sequence[int]) -> list[tuple[int, int]]:
    """(decision, intake) of the calls in which one of these decisions was made."""
    query = select(Intake.evaluation_id, Intake.id).where(Intake.evaluation_id.in_(ids)).order_by(Intake.id)
    return [(decision or 0, id) for decision, id in db.session.execute(query)]


def mine(actor: Actor) -> ColumnElement[bool]:
    return or_(Intake.owner == actor.id, Intake.worker == actor.id)


def handed_over() -> ColumnElement[bool]:
    return Intake.handed_at.is_not(None)


_PERSON = bindparam("person", type_=Integer)
_LACKING = and_(among(Intake.end, NUMBERED), Intake.external_ref.is_(None))
_REAL = Intake.practice_id.is_(None)
# Open calls of a person, and ended ones that still lack their record number.
_UNFINISHED = and_(
    _REAL,
    or_(and_(Intake.owner == _PERSON, Intake.handed_at.is_(None)), Intake.worker == _PERSON),
    or_(Intake.end.is_(None), _LACKING),
)
# For the menu of every page; binds `person`, the id of an actor.
COUNT_UNFINISHED = select(func.count()).select_from(Intake).where(_UNFINISHED)


def list_unfinished(actor: Actor) -> list[Intake]:
    """Newest first."""
    return list(
        db.session.scalars(
            select(Intake).where(_UNFINISHED).order_by(Intake.changed_at.desc(), Intake.id.desc()),
            {"person": actor.id},
        )
    )


def list_since(actor: Actor, since: datetime) -> list[Intake]:
    """Those changed since then, and all unfinished ones; newest first."""
    recent = and_(mine(actor), _REAL, Intake.changed_at >= since)
    query = (
        select(Intake).where(or_(recent, _UNFINISHED)).order_by(Intake.changed_at.desc(), Intake.id.desc())
    )
    return list(db.session.scalars(query.limit(200), {"person": actor.id}))


def list_criticals(actor: Actor, since: datetime, until: datetime) -> list[Intake]:
    """Calls of this person that were filed as Critical between these moments, oldest first."""
    filed = (_REAL, Intake.end == End.CRITICAL, Intake.changed_at >= since, Intake.ended_at <= until)
    return list(
        db.session.scalars(select(Intake).where(mine(actor), *filed).order_by(Intake.ended_at, Intake.id))
    )


def list_handed_over() -> list[Intake]:
    """Calls that wait for somebody of Tier 2, oldest first."""
    waiting = select(Intake).where(handed_over(), Intake.end == End.HANDED_OVER)
    return list(db.session.scalars(waiting.order_by(Intake.handed_at, Intake.id).limit(200)))


_NO_END: ColumnElement[Any] = literal("")
_PUBLIC = or_(Intake.end.is_(None), Intake.end != End.PRIVACY)  # the rest is for cleared people


def list_waiting(desk: str, most: int) -> tuple[list[Intake], list[Intake]]:
    """Calls of this desk that lack their record number, and those that wait for Tier 2; oldest first."""
    of_desk = (_REAL, _PUBLIC, Intake.desk == desk)
    lacking = select(Intake).where(*of_desk, _LACKING).order_by(Intake.ended_at, Intake.id).limit(most)
    handed = select(Intake).where(*of_desk, handed_over(), Intake.end == End.HANDED_OVER)
    handed = handed.order_by(Intake.handed_at, Intake.id).limit(most)
    return list(db.session.scalars(lacking)), list(db.session.scalars(handed))


def count_ends(desk: str, bounds: Sequence[datetime]) -> list[tuple[str, str, int, int]]:
    """(tool, end, day, calls) of this desk; see day_of. One handed to Tier 2 counts there, and by the end that it has there."""
    handed = _count_by_day(desk, Intake.handed_at, bounds)
    ended = _count_by_day(desk, Intake.ended_at, bounds, Intake.end)
    return [(tool, End.HANDED_OVER, day, count) for tool, _, day, count in handed] + [
        row for row in ended if row[1] != End.HANDED_OVER
    ]


def _count_by_day(
    desk: str,
    moment: InstrumentedAttribute[Any],
    bounds: Sequence[datetime],
    end: ColumnElement[Any] | InstrumentedAttribute[Any] = _NO_END,
) -> list[tuple[str, str, int, int]]:
    tool = Intake.call["tool"].as_string().label("tool")
    day: ColumnElement[int] = day_of(moment, bounds).label("day")
    rows = (
        select(tool, end.label("ended"), day, func.count())
        .where(_REAL, _PUBLIC, Intake.desk == desk, moment >= bounds[0], moment < bounds[-1])
        .group_by(literal_column("tool"), literal_column("ended"), literal_column("day"))
    )
    return [(tool or "", ended, day, count) for tool, ended, day, count in db.session.execute(rows)]


def find_handed_over(intake_id: int | None, external_ref: str | None) -> Intake | None:
    """The last call handed to Tier 2 under this number that has not ended since."""
    number = Intake.id == intake_id if intake_id is not None else Intake.external_ref == external_ref
    open_still = or_(Intake.end == End.HANDED_OVER, Intake.end.is_(None))
    return db.session.scalar(
        select(Intake).where(number, handed_over(), open_still).order_by(Intake.id.desc()).limit(1)
    )


def purge(before: datetime, now: datetime, outcome: dict[str, Any]) -> list[int]:
    """End what nobody has touched since then and drop what was typed; their ids. `outcome`: what their end says."""
    stale = (Intake.changed_at < before, or_(Intake.end.is_(None), Intake.end == End.HANDED_OVER))
    done = db.session.scalars(
        update(Intake)
        .where(*stale)
        .values(
            end=End.ABANDONED,
            state=Step.END,
            ended_at=now,
            changed_at=now,
            check={},
            answers={},
            outcome=outcome,
            **TEXTS,
        )
        .returning(Intake.id)
    )
    return list(done)


def forget_undo(before: datetime) -> list[int]:
    """Nobody takes back what ended before then, so what was typed goes; the ids of those calls."""
    old = (Intake.undo.is_not(None), Intake.ended_at < before)
    return list(db.session.scalars(update(Intake).where(*old).values(undo=None).returning(Intake.id)))


def list_whole(before: datetime, gone: str) -> list[int]:
    """Calls that ended by then and left no ticket. `gone`: the lead of the end of one that is cleared."""
    lead = Intake.outcome["lead"].as_string()
    rows = select(Intake.id).where(
        Intake.ended_at <= before,
        Intake.end.not_in((*TICKETED, End.HANDED_OVER)),
        lead.is_distinct_from(gone),
    )
    return list(db.session.scalars(rows.order_by(Intake.id)))


def clear(ids: Sequence[int], end_of: Callable[[Mapping[str, Any]], dict[str, Any]], gone: str) -> int:
    """Drop what was typed in these calls; how many held it still."""
    rows = db.session.scalars(select(Intake).where(Intake.id.in_(ids)).order_by(Intake.id).with_for_update())
    whole = [row for row in rows if row.outcome.get("lead") != gone]
    for row in whole:
        for name, empty in {**TEXTS, "check": {}, "answers": {}}.items():
            setattr(row, name, empty)
        row.call, row.outcome = {**row.call, "error_code": ""}, end_of(row.outcome)
        row.undo = None
    db.session.flush()
    return len(whole)


def remove_words(removal: Removal, intake_id: int) -> None:
    """From all that was typed in one call, and what its end repeats of it."""
    texts = (
        Intake.text, Intake.alert_words, Intake.call, Intake.answers, Intake.facts, Intake.check, Intake.outcome,
        Intake.draft, Intake.undo,
    )  # fmt: skip
    removal.rows(texts, Intake.id == intake_id, skip={"ticket", "report", "version"})


# --- practice calls


def add_practice(actor: Actor, key: str, calls: Sequence[CallId]) -> None:
    """The calls of a round, not answered yet; a round that is there already stays as it is."""
    rows = [
        {"by": actor.id, "round": key, "place": place, "article_id": article_id, "example": example}
        for place, (article_id, example) in enumerate(calls, 1)
    ]
    if not rows or list_practice(actor, key):
        return
    try:
        with db.session.begin_nested():
            db.session.execute(insert(PracticeAttempt), rows)
    except IntegrityError:  # another process made it since we looked
        return


def replace_revisions(commits: Mapping[str, str]) -> None:
    """Commits of the knowledge base that became others."""
    replace_values(PracticeAttempt.revision, commits)


def list_practice(actor: Actor, key: str) -> list[PracticeAttempt]:
    """The calls of one's own round, in their order."""
    query = select(PracticeAttempt).where(PracticeAttempt.by == actor.id, PracticeAttempt.round == key)
    return list(db.session.scalars(query.order_by(PracticeAttempt.place)))


def find_practice(actor: Actor, key: str, place: int) -> PracticeAttempt | None:
    """One call of one's own round, locked for its answer."""
    mine = (PracticeAttempt.by == actor.id, PracticeAttempt.round == key, PracticeAttempt.place == place)
    return db.session.scalar(select(PracticeAttempt).where(*mine).with_for_update())


def get_practice(attempt_id: int) -> PracticeAttempt:
    return db.session.get_one(PracticeAttempt, attempt_id)


def find_open_practice(actor: Actor, attempt_id: int) -> Intake | None:
    """The practice intake about this call that has not ended."""
    mine = (Intake.owner == actor.id, Intake.practice_id == attempt_id, Intake.end.is_(None))
    return db.session.scalar(select(Intake).where(*mine).order_by(Intake.id.desc()).limit(1))


def list_practised(actor: Actor) -> list[PracticeAttempt]:
    """All that this person answered, oldest first."""
    mine = (PracticeAttempt.by == actor.id, PracticeAttempt.at.is_not(None))
    return list(
        db.session.scalars(
            select(PracticeAttempt).where(*mine).order_by(PracticeAttempt.at, PracticeAttempt.id)
        )
    )


def find_open_round(actor: Actor) -> str | None:
    """The newest round of this person, if something in it is still to be answered."""
    mine = PracticeAttempt.by == actor.id
    newest = select(func.max(PracticeAttempt.id)).where(mine).scalar_subquery()
    key = select(PracticeAttempt.round).where(PracticeAttempt.id == newest).scalar_subquery()
    waiting = (mine, PracticeAttempt.round == key, PracticeAttempt.at.is_(None))
    return db.session.scalar(select(PracticeAttempt.round).where(*waiting).limit(1))


def practice_tallies() -> list[Tally]:
    """By call and by what the rules said; first answers are counted once a person."""
    a = PracticeAttempt
    turn = func.row_number().over(
        partition_by=(a.by, a.article_id, a.example, a.outcome), order_by=(a.at, a.id)
    )
    answers = (
        select(a.article_id, a.example, a.outcome, a.by, a.grade, turn.label("turn"))
        .where(a.at.is_not(None))
        .subquery()
    )

    def firsts(grade: Grade) -> ColumnElement[int]:
        return func.sum(case((and_(answers.c.turn == 1, answers.c.grade == grade), 1), else_=0))

    group = (answers.c.article_id, answers.c.example, answers.c.outcome)
    rows = db.session.execute(
        select(
            *group,
            func.count(),
            func.count(answers.c.by.distinct()),
            firsts(Grade.WRONG),
            firsts(Grade.PARTLY),
        )
        .group_by(*group)
        .order_by(*group)
    )
    return [Tally((article, example), *counts) for article, example, *counts in rows]
