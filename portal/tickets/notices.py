"""Following, and telling those who follow. Every function runs in the caller's transaction; who writes an event calls `tell`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from portal.accounts.actor import Actor, Permission
from portal.core.errors import NotFound
from portal.knowledge.article import ArticleKind
from portal.knowledge.snapshot import Snapshot
from portal.tickets import notice_store, store
from portal.tickets.models import Ticket
from portal.tickets.notice import DESK_KINDS, FOLLOWED_BY_DOING, WORDS, Told, kind_of


def tell(
    ticket: Ticket,
    event: str,
    data: Mapping[str, Any],
    by: int | None,
    now: datetime,
    named: Sequence[str] = (),
) -> None:
    """Those who follow this ticket, its desk when it has to act, and the groups that the note names.

    Who writes a note or asks the caller follows from then on. Of a privacy ticket only cleared people read.
    """
    kind = kind_of(event, data)
    if not kind:
        return
    notice_store.tell_followers(ticket.number, kind, by, now)
    if kind in DESK_KINDS and not ticket.privacy:
        notice_store.tell_groups([f"desk:{ticket.desk}"], ticket.number, kind, by, now)
    mentioned = "mentioned_inside" if kind == "noted_inside" else "mentioned"
    notice_store.tell_groups(named, ticket.number, mentioned, by, now)
    if by is not None and kind in FOLLOWED_BY_DOING:
        notice_store.follow(by, ticket.number, now)


def tell_of_known_issue(article_id: str, kind: str, *, by: int | None, now: datetime) -> None:
    """Those who follow a known issue or a ticket that is linked to it.

    `kind`: status, workaround, caller_text, fixed, recurring or merged.
    """
    assert kind in WORDS
    notice_store.tell_followers(article_id, kind, by, now)
    notice_store.tell_linked(article_id, "issue_news", now)


def tell_of_text(
    article_id: str, kind: str, *, to: Sequence[int] = (), team: str = "", by: int, now: datetime
) -> None:
    """Of a text of an article: its author, who flagged it, or the team that approves it.

    `kind`: to_approve, approved, sent_back, withdrawn (which nobody hears of) or worked_in.
    """
    if kind in ("approved", "sent_back", "withdrawn"):
        notice_store.take_back(article_id, "to_approve")
    if kind in WORDS:
        notice_store.tell_people(to, article_id, kind, by, now)
        notice_store.tell_groups([f"team:{team}"] if team else [], article_id, kind, by, now)


def follow(what: str, on: bool, *, actor: Actor, snapshot: Snapshot, now: datetime) -> None:
    """A ticket that this person may open, or a known issue. Repeating it is harmless."""
    if not on:
        notice_store.unfollow(actor.id, what)
        return
    article = snapshot.articles.get(what)
    if article and article.kind is ArticleKind.KNOWN_ISSUE and actor.may(Permission.READ):
        notice_store.follow(actor.id, what, now)
        return
    ticket = store.find_ticket(what)
    if ticket is None or not store.is_visible(ticket.id, actor):
        raise NotFound("There is no such ticket or known issue.")
    notice_store.follow(actor.id, what, now)


def is_following(actor: Actor, what: str) -> bool:
    return notice_store.is_following(actor.id, what)


def list_followed(actor: Actor) -> dict[str, str]:
    """Numbers of tickets with their titles and ids of known issues, the newest first."""
    return notice_store.list_followed(actor)


def list_notices(actor: Actor, now: datetime) -> list[Told]:
    """Of the last 30 days, the newest first."""
    return notice_store.list_notices(actor, now)


def mark_read(actor: Actor, what: str) -> None:
    """Notices of this ticket or known issue."""
    notice_store.mark_read(actor, what)


def mark_all_read(actor: Actor, now: datetime) -> None:
    notice_store.mark_all_read(actor, now)
