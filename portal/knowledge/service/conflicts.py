"""Clashes of what was shipped or fetched with what teams wrote: each waits until a person has chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.accounts.actor import Actor, Permission
from portal.accounts.policy import may_edit
from portal.accounts.service import audit
from portal.core.errors import NotAllowed
from portal.knowledge import store
from portal.knowledge.content_layout import name_of
from portal.knowledge.content_store import Author
from portal.knowledge.models import ContentConflict
from portal.knowledge.service.base import KnowledgeBase
from portal.knowledge.service.publishing import Published, check_change, publish
from portal.knowledge.service.writing import Work, keep_draft, owner_of, read_text
from portal.knowledge.store import ConflictNotFound
from portal.knowledge.three_way import Part, three_way

MESSAGE = "Bring in what came"


@dataclass(frozen=True, slots=True)
class OpenClash:
    """`article_id`: a name as editors use it, empty for other files; what is no article only admins resolve."""

    id: int
    path: str
    article_id: str
    at: datetime
    base: str
    theirs: str
    is_in_draft: bool = False


def list_clashes(base: KnowledgeBase, actor: Actor) -> list[OpenClash]:
    """Those that this person may resolve, oldest first."""
    found = (_value(row) for row in store.list_open_conflicts())
    return [one for one in found if _may_resolve(base, one, actor)]


def get_clash(base: KnowledgeBase, clash_id: int, *, actor: Actor) -> OpenClash:
    """Raises ConflictNotFound for one that is resolved or not this person's."""
    clash = _value(store.get_open_conflict(clash_id))
    if not _may_resolve(base, clash, actor):
        raise ConflictNotFound("This clash is resolved, or there was none.")
    return clash


def _value(row: ContentConflict) -> OpenClash:
    return OpenClash(
        row.id, row.path, name_of(row.path) or "", row.at, row.base, row.theirs, row.draft_id is not None
    )


def _may_resolve(base: KnowledgeBase, clash: OpenClash, actor: Actor) -> bool:
    if not clash.article_id:
        return actor.may(Permission.ADMIN)
    return may_edit(actor, owner_of(base.snapshot(), clash.article_id, clash.theirs))


def parts_of_clash(base: KnowledgeBase, clash: OpenClash, revision: str) -> list[Part]:
    """What came in against what is served at this revision."""
    return three_way(clash.base, clash.theirs, read_text(base, clash.path, revision) or "")


def work_of_clash(clash: OpenClash, revision: str, text: str) -> Work:
    return Work(clash.article_id, clash.path, revision, text)


def publish_chosen(
    base: KnowledgeBase, clash: OpenClash, revision: str, text: str, *, actor: Actor, now: datetime
) -> Published:
    """Save the chosen text over the revision that the page showed. Raises as `publish`; outside a transaction."""
    if clash.article_id:
        work = work_of_clash(clash, revision, text)
        return publish(base, work, message=MESSAGE, actor=actor, now=now)
    if not actor.may(Permission.ADMIN):
        raise NotAllowed("Only admins change this file.")
    head, data = base.content.merged(clash.path, text.encode(), base=revision)
    check_change(base, clash.path, data)
    author = Author(actor.name, actor.email)
    saved = base.content.save({clash.path: data}, base=head, author=author, message=MESSAGE, now=now)
    return Published(saved.revision, saved.revision != head, ())


def bring_in(base: KnowledgeBase, clash: OpenClash, work: Work, *, actor: Actor, now: datetime) -> None:
    """The chosen text of rules becomes the person's draft; the clash is settled when it is approved. In a transaction."""
    keep_draft(base, work, message=MESSAGE, actor=actor, now=now)
    if (draft := store.find_draft(work.article_id, actor.id)) is not None:
        store.put_in_draft(clash.id, draft.id)


def note_resolved(clash: OpenClash, *, actor: Actor, now: datetime) -> None:
    """In a transaction."""
    store.resolve_conflict(clash.id, now)
    audit(actor, "resolve clash", f"file:{clash.path}", "resolved", now)
