"""All SQL of flags, comments and tasks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, bindparam, delete, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.core.db import briefly, core, db
from portal.core.errors import NotFound
from portal.knowledge.flags import WORKED_IN, WORKING
from portal.knowledge.models import Evaluation, Flag, Task

_TASKS = cast(Table, Task.__table__)
_INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class FlagNotFound(NotFound):
    """No such flag."""


def insert_flag(**values: object) -> int:
    flag = Flag(answer="", **values)
    db.session.add(flag)
    db.session.flush()
    return flag.id


def get_flag(flag_id: int) -> Flag:
    """Raises FlagNotFound."""
    flag = db.session.get(Flag, flag_id)
    if flag is None:
        raise FlagNotFound("There is no such flag.")
    return flag


def decide_flag(flag_id: int, before: str, after: str, answer: str, by: int, now: datetime) -> bool:
    """False when it is not in the state `before` any more."""
    decided = (
        update(Flag)
        .where(Flag.id == flag_id, Flag.state == before)
        .values(state=after, answer=answer, decided_by=by, decided_at=now)
        .returning(Flag.id)
    )
    return db.session.execute(decided).first() is not None


def _accepted_by(article_id: str, user_id: int) -> list[ColumnElement[bool]]:
    """Accepted by this person and not published yet."""
    return [
        Flag.article_id == article_id,
        Flag.state == "accepted",
        Flag.answer == WORKING,
        Flag.decided_by == user_id,
    ]


def _taken_by(article_id: str, user_id: int) -> list[ColumnElement[bool]]:
    """The same of what searches and tickets say: `detail` names the article while it is being written."""
    return [Task.detail == article_id, Task.state == "accepted", Task.decided_by == user_id]


def give_back(article_id: str, user_id: int) -> None:
    """Nothing came of this person's draft: what they had accepted for it waits for their team again."""
    again = {"state": "open", "answer": "", "decided_by": None, "decided_at": None}
    db.session.execute(update(Flag).where(*_accepted_by(article_id, user_id)).values(**again))
    db.session.execute(delete(Task).where(*_taken_by(article_id, user_id)))


def work_in(article_id: str, user_id: int) -> list[int]:
    """This person's draft is published, with what they had accepted for it: who had flagged it."""
    done = update(Flag).where(*_accepted_by(article_id, user_id)).values(answer=WORKED_IN)
    told = list(db.session.scalars(done.returning(Flag.by)))
    db.session.execute(update(Task).where(*_taken_by(article_id, user_id)).values(detail=""))
    return sorted(set(told))


def list_flags_of(user_id: int) -> list[Flag]:
    """Of one person, newest first."""
    return list(
        db.session.scalars(select(Flag).where(Flag.by == user_id).order_by(Flag.id.desc()).limit(200))
    )


# Every page of an article asks this one, so it is built once, and without the ORM.
_ON_ARTICLE = (
    select(Flag.__table__)
    .where(Flag.article_id == bindparam("article_id"), Flag.state != "hidden")
    .order_by(Flag.id)
)
_ANYWHERE = select(Flag.__table__.c.article_id).where(Flag.state != "hidden").distinct()


def list_flags_on(article_id: str, user_id: int) -> list[Flag]:
    """What this person may see beside the article: comments that are shown, and the own flags. Oldest first; rows to read.

    Asked once a second for all readers, and first which articles have any: few do.
    """
    if article_id not in briefly("flagged", "", lambda: frozenset(core(_ANYWHERE).scalars())):
        return []
    rows = briefly(f"flags on {article_id}", "", lambda: core(_ON_ARTICLE, {"article_id": article_id}).all())
    return [row for row in cast(list[Flag], rows) if row.state == "shown" or row.by == user_id]


def list_open_flags() -> list[Flag]:
    """Oldest first."""
    return list(db.session.scalars(select(Flag).where(Flag.state == "open").order_by(Flag.id)))


def list_comments_after(moment: datetime) -> list[Flag]:
    """Comments that are shown, oldest first."""
    rows = select(Flag).where(Flag.state == "shown", Flag.at > moment)
    return list(db.session.scalars(rows.order_by(Flag.id)))


# --- tasks


def add_task(team: str, kind: str, subject: str, detail: str, now: datetime) -> bool:
    """False when the same is open for the team already."""
    statement = _INSERTS[db.engine.dialect.name](_TASKS).values(
        team=team, kind=kind, subject=subject, detail=detail, state="open", reason="", at=now
    )
    made = statement.on_conflict_do_nothing(
        index_elements=["team", "kind", "subject"], index_where=text("state = 'open'")
    ).returning(_TASKS.c.id)
    return db.session.execute(made).first() is not None


def list_open_tasks(team: str) -> list[Task]:
    """Oldest first."""
    rows = select(Task).where(Task.team == team, Task.state == "open")
    return list(db.session.scalars(rows.order_by(Task.id)))


def decide_task(
    team: str, kind: str, subject: str, state: str, reason: str, by: int, now: datetime, article: str
) -> None:
    """What a team decided: closes the open task, or notes it where another table says what there is to do.

    `article`: in a draft of which it was taken up.
    """
    values = {"state": state, "reason": reason, "decided_by": by, "decided_at": now}
    same = (Task.team == team, Task.kind == kind, Task.subject == subject, Task.state == "open")
    closed = db.session.execute(update(Task).where(*same).values(**values).returning(Task.id)).first()
    if closed is None:
        db.session.add(Task(team=team, kind=kind, subject=subject, detail=article, at=now, **values))
        db.session.flush()


def decisions(team: str) -> dict[tuple[str, str], datetime]:
    """(kind, subject) -> when the team last decided about it. A miss is anybody's: one team decides for all."""
    rows = select(Task.kind, Task.subject, Task.decided_at).where(
        or_(Task.team == team, Task.kind == "miss"), Task.decided_at.is_not(None)
    )
    found: dict[tuple[str, str], datetime] = {}
    for kind, subject, at in db.session.execute(rows.order_by(Task.decided_at, Task.id)):
        if at is not None:
            found[kind, subject] = at
    return found


def list_old_tasks(kind: str, before: datetime) -> list[int]:
    """Tasks of this kind that were decided by then."""
    rows = select(Task.id).where(Task.kind == kind, Task.decided_at <= before).order_by(Task.id)
    return list(db.session.scalars(rows))


def delete_tasks(ids: Sequence[int]) -> int:
    return core(delete(Task).where(Task.id.in_(ids))).rowcount


# --- decisions by rules


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody decided otherwise than the rule. `reason` is written for the team."""

    article_id: str
    rule: str
    outcome: str
    instead: str
    reason: str
    at: datetime


def list_overrides(after: datetime) -> list[Override]:
    """Oldest first."""
    rows = select(Evaluation).where(Evaluation.override_outcome.is_not(None), Evaluation.at > after)
    found = db.session.scalars(rows.order_by(Evaluation.at, Evaluation.id))
    return [
        Override(e.article_id, e.rule or "", e.outcome, e.override_outcome or "", e.override_reason, e.at)
        for e in found
    ]


def rules_of(evaluation_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Decision -> (article, rule) that made it."""
    rows = select(Evaluation.id, Evaluation.article_id, Evaluation.rule).where(
        Evaluation.id.in_(evaluation_ids)
    )
    return {
        id: (article, rule or "") for id, article, rule in db.session.execute(rows.order_by(Evaluation.id))
    }
