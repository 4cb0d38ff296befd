"""All SQL of the knowledge room."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from portal.core.db import db
from portal.core.errors import NotFound
from portal.knowledge.content_layout import article_id
from portal.knowledge.content_store import Change, Clash
from portal.knowledge.models import ArticleRevision, ContentConflict, ContentHead, Evaluation


class EvaluationNotFound(NotFound):
    """No decision has this number."""


def find_noted_commit() -> str | None:
    """The last commit of main that was noted."""
    return db.session.scalar(select(ContentHead.noted_commit))


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
