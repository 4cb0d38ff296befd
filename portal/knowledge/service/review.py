"""Texts that nobody publishes alone: sent in by their author, approved or sent back by a second person."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from portal.accounts.actor import Actor, UserId
from portal.accounts.policy import may_approve, may_edit
from portal.accounts.service import audit, find_account
from portal.core.errors import Conflict, Invalid, NotAllowed
from portal.knowledge import store
from portal.knowledge.article import Article, Confidence
from portal.knowledge.content_merge import REMOTE_BY
from portal.knowledge.content_store import Author
from portal.knowledge.life_cycle import REVIEWED_AFTER, with_values
from portal.knowledge.service.base import KnowledgeBase
from portal.knowledge.service.publishing import Published, check_work, note_passed, publish
from portal.knowledge.service.writing import KeptDraft, Work, owner_of, read_text, value_of
from portal.knowledge.source import Value, clean
from portal.knowledge.store import DraftNotFound

REASON_MOST = 500
MOVED = "This text was changed or decided meanwhile. Read it again."


@dataclass(frozen=True, slots=True)
class Waiting:
    """A text in review. `seen` stands for its very words, so that nobody approves others than they read."""

    draft: KeptDraft
    work: Work
    owner: str
    may_approve: bool
    seen: str
    is_from_git: bool = False


def check_for_review(base: KnowledgeBase, work: Work, *, actor: Actor, nobody_meant: bool) -> int:
    """What is sent in is clean already; gives the places passed, as of Published.

    Raises NotAllowed, Refused, SaveConflict, and Invalid when nothing changed.
    """
    head, data, passed = check_work(base, work, actor=actor, nobody_meant=nobody_meant)
    if data == base.content.read(work.path, head):
        raise Invalid("This is what readers get already; there is nothing to approve.")
    return passed


def submit(work: Work, *, passed: int, actor: Actor, now: datetime) -> None:
    """The person's kept draft waits for a second person. In a transaction."""
    draft = store.find_draft(work.article_id, actor.id)
    if draft is None or not store.move_draft(draft.id, "draft", "in_review", "", now):
        raise Conflict(MOVED)
    if passed:
        note_passed(work.article_id, passed, actor=actor, now=now)
    audit(actor, "submit article", f"article:{work.article_id}", "in review", now)


def withdraw(article_id: str, *, actor: Actor, now: datetime) -> None:
    """Take one's own text back, to go on writing. In a transaction."""
    draft = store.find_draft(article_id, actor.id)
    if draft is not None and store.move_draft(draft.id, "in_review", "draft", "", now):
        audit(actor, "withdraw article", f"article:{article_id}", "draft", now)


def list_waiting(base: KnowledgeBase, actor: Actor) -> list[Waiting]:
    """Texts in review of the teams whose articles this person edits, oldest first."""
    found = (_waiting(base, value_of(row), actor) for row in store.list_in_review())
    head = base.snapshot().revision
    return [
        one
        for one in found
        if may_edit(actor, one.owner)
        and not (
            one.is_from_git and one.work.text == read_text(base, one.work.path, head)
        )  # passed elsewhere
    ]


def get_waiting(base: KnowledgeBase, draft_id: int, *, actor: Actor) -> Waiting:
    """Raises DraftNotFound for a text that is not in review or not of this person's teams."""
    draft = value_of(store.get_draft(draft_id))
    waiting = _waiting(base, draft, actor)
    if not draft.is_in_review or not may_edit(actor, waiting.owner):
        raise DraftNotFound("There is no such text in review. It may have been decided meanwhile.")
    return waiting


def _waiting(base: KnowledgeBase, draft: KeptDraft, actor: Actor) -> Waiting:
    owner = owner_of(base.snapshot(), draft.article_id, draft.text)
    work = Work(draft.article_id, draft.path, draft.base_revision, draft.text)
    seen = hashlib.sha256(f"{draft.base_revision}\0{draft.text}".encode()).hexdigest()[:32]
    from_git = draft.author == find_account(REMOTE_BY.email)
    second = not from_git or draft.author_email.casefold() != actor.email.casefold()
    approves = second and may_approve(actor, owner, UserId(draft.author))
    return Waiting(draft, work, owner, approves, seen, from_git)


def approve(base: KnowledgeBase, waiting: Waiting, seen: str, *, actor: Actor, now: datetime) -> Published:
    """Publish it as its author's. Touches git: outside a transaction; `note_published` follows inside one.

    Raises NotAllowed, Conflict, Refused, SaveConflict.
    """
    if not waiting.may_approve:
        raise NotAllowed("A second person of the owning team approves this.")
    if seen != waiting.seen:
        raise Conflict(MOVED)
    draft = waiting.draft
    author = Author(draft.author_name, draft.author_email)
    return publish(
        base, waiting.work, message=draft.message, actor=actor, now=now, author=author, nobody_meant=True
    )


def send_back(waiting: Waiting, reason: str, *, actor: Actor, now: datetime) -> None:
    """It is its author's draft again, with the reason; from git it is dropped here and stays there. In a transaction."""
    if not waiting.may_approve:
        raise NotAllowed("A second person of the owning team decides this.")
    reason = " ".join(clean(reason).split())
    if not 3 <= len(reason) <= REASON_MOST:
        said = f"Say in 3 to {REASON_MOST} characters what is missing"
        raise Invalid(f"{said}.", {"reason": said})
    if not store.move_draft(waiting.draft.id, "in_review", "draft", f"{actor.name}: {reason}", now):
        raise Conflict(MOVED)
    if waiting.is_from_git:
        store.delete_draft(waiting.draft.article_id, waiting.draft.author)
    audit(actor, "refuse article", f"article:{waiting.draft.article_id}", "sent back", now)


def confirmed(base: KnowledgeBase, article: Article, today: date) -> Work:
    """The served text as read again and found right: confirmed, with the next day to review it. Nothing else changes."""
    text = read_text(base, article.path, base.snapshot().revision) or ""
    values: dict[str, Value] = {
        "confidence": str(Confidence.VALIDATED),
        "review_by": max(article.review_by, today + REVIEWED_AFTER),
    }
    return Work(article.id, article.path, base.snapshot().revision, with_values(article, text, values))
