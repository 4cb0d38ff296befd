"""All SQL of the knowledge room."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, case, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.core.db import db, replace_values
from portal.core.errors import NotFound
from portal.core.removal import REMOVED, Removal
from portal.criteria.replay import Case
from portal.knowledge.content_layout import article_id
from portal.knowledge.content_store import Change, Clash
from portal.knowledge.models import ArticleRevision, ContentConflict, ContentHead, Draft, Evaluation, Flag


class DraftNotFound(NotFound):
    """No draft, or one that this person may not see."""


class ConflictNotFound(NotFound):
    """No clash waits under this number."""


class EvaluationNotFound(NotFound):
    """No decision has this number."""


def list_noted_commits() -> list[str]:
    """The commit of main that was noted last, then the last of articles: another portal's, where two share a database."""
    last = select(ArticleRevision.commit).order_by(ArticleRevision.id.desc()).limit(50)
    return list(
        dict.fromkeys([*db.session.scalars(select(ContentHead.noted_commit)), *db.session.scalars(last)])
    )


def note_revisions(changes: Sequence[Change], *, now: datetime) -> int:
    """Note steps of main, oldest first, and the clashes of their merges; returns how many revisions are new.

    Repeating it is harmless. The row of the head is locked, so two processes note one after the other.
    """
    if not changes:
        return 0
    head = db.session.scalar(select(ContentHead).with_for_update())
    if head is None:
        head = ContentHead(id=1, noted_commit="")
        db.session.add(head)
        db.session.flush()
    new = 0
    for change in changes:
        step = change.revision
        query = select(ArticleRevision.article_id).where(ArticleRevision.commit == step.commit)
        touched = {name for path in change.paths if (name := article_id(path))}
        for name in sorted(touched - set(db.session.scalars(query))):
            db.session.add(
                ArticleRevision(article_id=name, commit=step.commit, at=step.at, author=step.author)
            )
            new += 1
        record_conflicts(change.clashes, now=now)
        head.noted_commit = step.commit
    db.session.flush()
    return new


def list_revisions(article_id: str, limit: int = 50) -> list[ArticleRevision]:
    """Newest first."""
    query = select(ArticleRevision).where(ArticleRevision.article_id == article_id)
    return list(db.session.scalars(query.order_by(ArticleRevision.id.desc()).limit(limit)))


def set_approver(article_id: str, commit: str, name: str) -> None:
    """Who let this revision pass."""
    wanted = (ArticleRevision.article_id == article_id, ArticleRevision.commit == commit)
    db.session.execute(update(ArticleRevision).where(*wanted).values(approved_by=name))


# --- drafts

_DRAFTS = cast(Table, Draft.__table__)
_KEPT = ("path", "base_revision", "text", "message", "changed_at", "author_name", "author_email", "window")
_UNDO = _DRAFTS.c.undo_text
_INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def find_draft(article_id: str, author: int) -> Draft | None:
    return db.session.scalar(select(Draft).where(Draft.article_id == article_id, Draft.author == author))


def get_draft(draft_id: int) -> Draft:
    """Raises DraftNotFound."""
    draft = db.session.get(Draft, draft_id)
    if draft is None:
        raise DraftNotFound("There is no such draft. It may have been published or discarded meanwhile.")
    return draft


def keep_draft(**values: object) -> bool:
    """Insert or replace the author's draft of the article; False when theirs waits for a second person.

    The same text once more leaves what can be undone.
    """
    statement = _INSERTS[db.engine.dialect.name](_DRAFTS).values(state="draft", reason="", **values)
    new = statement.excluded
    undo = case((_DRAFTS.c.text == new.text, func.coalesce(new.undo_text, _UNDO)), else_=new.undo_text)
    kept = statement.on_conflict_do_update(
        index_elements=["article_id", "author"],
        set_={**{name: new[name] for name in _KEPT}, "undo_text": undo},
        where=_DRAFTS.c.state == "draft",
    ).returning(_DRAFTS.c.id)
    return db.session.execute(kept).first() is not None


def hold_draft(**values: object) -> None:
    """A text that waits for a person from the start; it replaces its author's earlier one."""
    delete_draft(str(values["article_id"]), cast(int, values["author"]))
    db.session.add(Draft(state="in_review", reason="", **values))
    db.session.flush()


def move_draft(draft_id: int, before: str, after: str, reason: str, now: datetime) -> bool:
    """False when the draft is not in the state `before` any more."""
    moved = (
        update(Draft)
        .where(Draft.id == draft_id, Draft.state == before)
        .values(state=after, reason=reason, changed_at=now)
        .returning(Draft.id)
    )
    return db.session.execute(moved).first() is not None


def delete_draft(article_id: str, author: int) -> None:
    """A clash that it would have settled waits again."""
    wanted = (Draft.article_id == article_id, Draft.author == author)
    waiting = ContentConflict.draft_id.in_(select(Draft.id).where(*wanted))
    db.session.execute(update(ContentConflict).where(waiting).values(draft_id=None))
    db.session.execute(delete(Draft).where(*wanted))


def list_drafts(author: int) -> list[Draft]:
    """The person's own, the one touched last first."""
    query = select(Draft).where(Draft.author == author)
    return list(db.session.scalars(query.order_by(Draft.changed_at.desc(), Draft.id)))


def list_in_review() -> list[Draft]:
    """Oldest first."""
    query = select(Draft).where(Draft.state == "in_review")
    return list(db.session.scalars(query.order_by(Draft.changed_at, Draft.id)))


def list_writers(article_id: str, but: int, after: datetime) -> list[tuple[str, datetime]]:
    """Others who have a draft of the article that they touched since `after`: name and when, the last first."""
    query = select(Draft.author_name, Draft.changed_at).where(
        Draft.article_id == article_id, Draft.author != but, Draft.changed_at > after
    )
    rows = db.session.execute(query.order_by(Draft.changed_at.desc(), Draft.id))
    return [(name, at) for name, at in rows]


def record_conflicts(clashes: Sequence[Clash], now: datetime) -> int:
    """Keep clashes until a person resolves them; returns how many are new. A known one stays as it is."""
    found = {_fingerprint(clash): clash for clash in clashes}
    query = select(ContentConflict.fingerprint).where(ContentConflict.fingerprint.in_(found))
    known = set(db.session.scalars(query)) if found else set()
    new = {fingerprint: clash for fingerprint, clash in found.items() if fingerprint not in known}
    for fingerprint, clash in new.items():
        db.session.add(
            ContentConflict(
                path=clash.path,
                base=clash.base,
                theirs=clash.theirs,
                ours=clash.ours,
                fingerprint=fingerprint,
                at=now,
            )
        )
    db.session.flush()
    return len(new)


def _fingerprint(clash: Clash) -> str:
    return hashlib.sha256("\0".join((clash.path, clash.ours, clash.theirs)).encode()).hexdigest()


def list_open_conflicts() -> list[ContentConflict]:
    """Oldest first."""
    query = select(ContentConflict).where(ContentConflict.resolved_at.is_(None))
    return list(db.session.scalars(query.order_by(ContentConflict.id)))


def get_open_conflict(conflict_id: int) -> ContentConflict:
    """Raises ConflictNotFound."""
    conflict = db.session.get(ContentConflict, conflict_id)
    if conflict is None or conflict.resolved_at is not None:
        raise ConflictNotFound("This clash is resolved, or there was none.")
    return conflict


def resolve_conflict(conflict_id: int, now: datetime) -> None:
    wanted = (ContentConflict.id == conflict_id, ContentConflict.resolved_at.is_(None))
    db.session.execute(update(ContentConflict).where(*wanted).values(resolved_at=now))


# --- history written anew


def replace_revisions(final: Mapping[str, str]) -> None:
    """Commits that became others, wherever they are noted."""
    commit = ArticleRevision.commit
    for old in set(db.session.scalars(select(commit).distinct())) & final.keys():
        same = select(ArticleRevision.article_id).where(
            commit == final[old]
        )  # noted already as what it became
        db.session.execute(delete(ArticleRevision).where(commit == old, ArticleRevision.article_id.in_(same)))
    for column in (ContentHead.noted_commit, commit, Evaluation.revision, Draft.base_revision, Flag.revision):
        replace_values(column, final)


def clean_texts(paths: Sequence[str], cleaned: Callable[[str], str]) -> None:
    """Drafts and clashes of these files and what readers said of them, as a function makes them."""
    names = [name for path in paths if (name := article_id(path))]
    for flag in db.session.scalars(select(Flag).where(Flag.article_id.in_(names))):
        flag.place, flag.words, flag.answer = map(cleaned, (flag.place, flag.words, flag.answer))
    for draft in db.session.scalars(select(Draft).where(Draft.path.in_(paths))):
        draft.text, draft.message, draft.reason = map(cleaned, (draft.text, draft.message, draft.reason))
        draft.undo_text = draft.undo_text and cleaned(draft.undo_text)
    query = select(ContentConflict).where(ContentConflict.path.in_(paths)).order_by(ContentConflict.id)
    for row in db.session.scalars(query):
        base, theirs, ours = map(cleaned, (row.base, row.theirs, row.ours))
        row.base, row.theirs, row.ours = base, theirs, ours
        print_of = _fingerprint(Clash(row.path, base, theirs, ours))
        taken = select(ContentConflict.id).where(ContentConflict.fingerprint == print_of)
        if db.session.scalar(taken) in (None, row.id):
            row.fingerprint = print_of
    db.session.flush()


def put_in_draft(conflict_id: int, draft_id: int) -> None:
    db.session.execute(
        update(ContentConflict).where(ContentConflict.id == conflict_id).values(draft_id=draft_id)
    )


def list_conflicts_of_draft(draft_id: int) -> list[ContentConflict]:
    query = select(ContentConflict).where(
        ContentConflict.draft_id == draft_id, ContentConflict.resolved_at.is_(None)
    )
    return list(db.session.scalars(query.order_by(ContentConflict.id)))


def add_evaluation(
    *,
    article_id: str,
    revision: str,
    answers: Mapping[str, str],
    outcome: str,
    rule: str | None,
    because: str,
    severity: str | None,
    team: str | None,
    override_outcome: str | None = None,
    override_reason: str = "",
    by: int,
    at: datetime,
) -> Evaluation:
    """Keep a decision; it has its number after this."""
    evaluation = Evaluation(
        article_id=article_id,
        revision=revision,
        answers=dict(answers),
        outcome=outcome,
        rule=rule,
        because=because,
        severity=severity,
        team=team,
        override_outcome=override_outcome,
        override_reason=override_reason,
        by=by,
        at=at,
    )
    db.session.add(evaluation)
    db.session.flush()
    return evaluation


def get_evaluation(evaluation_id: int) -> Evaluation:
    """Raises EvaluationNotFound."""
    evaluation = db.session.get(Evaluation, evaluation_id)
    if evaluation is None:
        raise EvaluationNotFound(f"There is no decision {evaluation_id}.")
    return evaluation


def remove_words(removal: Removal, evaluation_id: int) -> None:
    """From what was answered and said of one decision."""
    removal.rows([Evaluation.answers, Evaluation.override_reason], Evaluation.id == evaluation_id)


def list_old_reasons(before: datetime) -> list[int]:
    """Decisions by then that still say in somebody's words why the rules were not followed."""
    rows = select(Evaluation.id).where(
        Evaluation.at <= before, Evaluation.override_reason.not_in(("", REMOVED))
    )
    return list(db.session.scalars(rows.order_by(Evaluation.id)))


def remove_reasons(removal: Removal, ids: Sequence[int]) -> None:
    """What was answered and decided stays, for rules are tried against it."""
    removal.rows([Evaluation.override_reason], Evaluation.id.in_(ids))


def list_cases(article_id: str | None, after: datetime) -> list[Case]:
    """Decisions since `after` by the criteria of one article, or by any, newest first."""
    query = select(Evaluation.id, Evaluation.at, Evaluation.answers).where(Evaluation.at > after)
    if article_id is not None:
        query = query.where(Evaluation.article_id == article_id)
    return [
        Case(*row) for row in db.session.execute(query.order_by(Evaluation.at.desc(), Evaluation.id.desc()))
    ]
