"""A known issue made in one go: kept as an intent, committed, its tickets linked.

This is an edge: git stands between its two transactions, so it opens them itself. Killed between them, `catch_up` goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from portal.accounts.actor import COMMAND_LINE
from portal.core.db import transaction
from portal.core.errors import Conflict, PortalError
from portal.knowledge import service as knowledge
from portal.knowledge.issue_draft import IssueDraft, id_of
from portal.knowledge.service import KnowledgeBase, Refused
from portal.tickets import issue_store, store, watching
from portal.tickets.lifecycle import Given
from portal.tickets.models import IssueMade, Ticket
from portal.tickets.moves import By, move_ticket
from portal.tickets.ticket import State

FINISHED_AFTER = timedelta(minutes=1)  # whoever makes one is given this long to finish it
REVIEW = "Published while it was happening: read it, and say what your team knows."
MADE_FROM = "the known issue was made from this ticket"


class AlreadyLinked(Conflict):
    """All tickets follow a known issue by now."""


@dataclass(frozen=True, slots=True)
class Made:
    """`left`: tickets that could not be linked, with the reason."""

    article_id: str
    linked: tuple[str, ...]
    left: tuple[tuple[str, str], ...]


def make_known_issue(
    base: KnowledgeBase,
    draft: IssueDraft,
    numbers: Sequence[str],
    *,
    key: str,
    by: By,
    nobody_meant: bool = False,
    saved: Callable[[], object] = lambda: None,
) -> Made:
    """Live when this returns, with the tickets linked; the same key makes one, however often it is sent.

    `key`: unique to this making, such as "12:<key of the form>" or "spike:<id>". `saved`: called when main has moved.
    Raises Refused (nothing is kept then), SaveConflict, NotAllowed, AlreadyLinked.
    """
    article_id = _intend(base, draft, numbers, key, by)
    try:
        published = knowledge.publish_issue(
            base, draft, article_id, actor=by.actor, now=by.now, nobody_meant=nobody_meant
        )
    except (PortalError, Refused):
        with transaction():
            issue_store.forget_made(key)
        raise
    changes = knowledge.pending_changes(base)
    with transaction():
        knowledge.note_published(
            published, article_id, changes, what="publish known issue", actor=by.actor, now=by.now, done=False
        )
        row = issue_store.find_made(key)
        is_open = row is not None and row.done_at is None
        made = (
            finish(row, replace(by, snapshot=base.snapshot()))
            if row and is_open
            else Made(article_id, (), ())
        )
    saved()
    return made


def _intend(base: KnowledgeBase, draft: IssueDraft, numbers: Sequence[str], key: str, by: By) -> str:
    with transaction():
        row = issue_store.find_made(key)
        if row is None:
            _refuse_linked(store.list_named(numbers, by.actor), by)
            taken = {*base.snapshot().articles, *issue_store.list_made_ids()}
            row = IssueMade(
                key=key,
                article_id=id_of(draft, by.catalogue, taken),
                tickets=list(dict.fromkeys(numbers)),
                by=by.actor.id or None,
                at=by.now,
            )
            store.add(row)
        return row.article_id


def _refuse_linked(tickets: Sequence[Ticket], by: By) -> None:
    """Of tickets that all follow one already no second one is made, however old the page is."""
    issue = by.snapshot.articles.get(tickets[0].known_issue_id or "") if tickets else None
    if issue and all(one.state == State.LINKED for one in tickets):
        raise AlreadyLinked(
            f"These tickets are linked already, the first to “{issue.title}”. Nothing was made."
        )


def finish(row: IssueMade, by: By) -> Made:
    """Link what it was made from, and give it to the owning team to review. In a transaction; done once."""
    owner = by.snapshot.articles[row.article_id].owner
    knowledge.add_task(owner, "review", row.article_id, REVIEW, by.now)
    left = link_tickets(row.tickets, row.article_id, MADE_FROM, by=by)
    watching.settle(by.now)
    row.done_at = by.now
    store.save()
    failed = {number for number, _ in left}
    return Made(row.article_id, tuple(n for n in row.tickets if n not in failed), tuple(left))


def catch_up(base: KnowledgeBase, now: datetime, *, after: timedelta = FINISHED_AFTER) -> int:
    """Finish what was committed and never finished, such as by a portal that was killed. Repeating it is harmless."""
    if not issue_store.list_unfinished_made(now - after):
        return 0
    by = By(COMMAND_LINE, 0, base.snapshot(), now)
    with transaction():
        rows = [
            r for r in issue_store.list_unfinished_made(now - after) if r.article_id in by.snapshot.articles
        ]
        for row in rows:
            finish(row, by)
    return len(rows)


def link_tickets(numbers: Sequence[str], issue: str, why: str, *, by: By) -> list[tuple[str, str]]:
    """Link each, as it stands now; those that could not be, with the reason. Repeating it is harmless. In a transaction."""
    left = []
    for number in sorted(numbers):
        try:
            ticket = store.lock_ticket(number, by.actor)
            if ticket.state == State.LINKED and ticket.known_issue_id == issue:
                continue
            move_ticket(
                number, "link", Given(known_issue=issue, note=why), by=replace(by, version=ticket.version)
            )
        except PortalError as error:
            left.append((number, str(error)))
    return left
