"""What follows when a known issue changes, whoever or whatever moved main: the button, a pull, an upgrade.

Each look compares how every known issue stands with how it stood at the last look, so that a crash, a second process or two
changes at once neither lose nor repeat anything. This is an edge with transactions of its own, many small ones for
many tickets.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.accounts.actor import COMMAND_LINE, Actor, Permission
from portal.accounts.service import audit
from portal.core.db import transaction
from portal.core.errors import Conflict, NotAllowed, PortalError
from portal.knowledge.article import Article, IssueStatus, KnownIssue, final_issue
from portal.knowledge.service import KnowledgeBase
from portal.knowledge.snapshot import Snapshot
from portal.tickets import issue_store, making, notices, report_store, store
from portal.tickets.lifecycle import Given
from portal.tickets.models import IssueSeen
from portal.tickets.moves import By, move_ticket

logger = logging.getLogger(__name__)
AT_ONCE = 100  # tickets a transaction
FIXED_NOTE = "Its known issue is fixed."
NO_NEW_WORDS = "Its known issue is fixed, but what callers are told is as it was before: write the answer for this caller."
ENDING = (IssueStatus.FIXED, IssueStatus.FIXED_UNVERIFIED)  # words from then on tell of the fix
DISMISSED = "Its known issue was dismissed: look at this ticket again."


def follow(base: KnowledgeBase, now: datetime, *, after: timedelta = making.FINISHED_AFTER) -> int:
    """Finish what was begun, then draw the consequences of every change; how many known issues had changed.

    Tickets that were linked to what is over already follow at the next look, as if it had ended now.
    """
    making.catch_up(base, now, after=after)
    snapshot, seen = base.snapshot(), issue_store.list_seen()
    faults = {one.id: one for one in snapshot.articles.values() if one.known_issue and one.known_issue.status}
    changed = [one for one in faults.values() if one.id not in seen or _differs(seen[one.id], _of(one))]
    for id in issue_store.list_followed():
        article = final_issue(snapshot.articles[id], snapshot.articles) if id in snapshot.articles else None
        name, given = _end_of(article, seen) if article else ("", Given())
        while article and name and _move_some(article, name, given, snapshot, now):
            logger.info("tickets of %s: %s", article.id, name)
    if changed:
        with transaction():
            held = issue_store.hold_seen()
            for article in changed:
                _note_change(article, held.get(article.id), now)
        report_store.forget_counts()
    return len(changed)


def _of(article: Article) -> KnownIssue:
    assert article.known_issue is not None
    return article.known_issue


def _differs(row: IssueSeen, issue: KnownIssue) -> bool:
    return (row.status, row.workaround, row.caller_text, row.merged_into) != (
        issue.status, list(issue.workaround), issue.caller_text, issue.merged_into,
    )  # fmt: skip


def _note_change(article: Article, row: IssueSeen | None, now: datetime) -> None:
    """The event on its tickets, once; a known issue that was not there before has no news."""
    issue = _of(article)
    values = {
        "status": str(issue.status), "workaround": list(issue.workaround), "caller_text": issue.caller_text,
        "merged_into": issue.merged_into,
    }  # fmt: skip
    if row is None:
        issue_store.add_seen(known_issue_id=article.id, changed_at=now, quiet_at=None, **values)
        return
    if not _differs(row, issue):
        return  # another process was first
    data: dict[str, object] = {"known_issue": article.id}
    if row.status != issue.status:
        data["status"], row.changed_at, row.quiet_at = str(issue.status), now, None
    if row.workaround != list(issue.workaround):
        data["workaround"] = list(issue.workaround)
    if row.caller_text != issue.caller_text:
        data["caller_text"] = issue.caller_text
    if issue.merged_into:
        data["merged_into"] = issue.merged_into
    for name, value in values.items():
        setattr(row, name, value)
    notices.tell_of_known_issue(article.id, _kind_of(data), by=None, now=now)
    told = issue_store.tell_tickets(article.id, "issue_news", data, now)
    audit(COMMAND_LINE, "tell of known issue", f"article:{article.id}", f"{told} tickets", now)


def _kind_of(data: Mapping[str, object]) -> str:
    """What followers are told of a change, in one notice: the most telling part of it."""
    if data.get("merged_into"):
        return "merged"
    status = str(data.get("status", ""))
    if status:
        return status if status in (IssueStatus.FIXED, IssueStatus.RECURRING) else "status"
    return "workaround" if "workaround" in data else "caller_text"


def _end_of(article: Article, seen: Mapping[str, IssueSeen]) -> tuple[str, Given]:
    """(move, what goes with it) for tickets linked to this known issue; no move while it goes on."""
    issue, before = _of(article), seen.get(article.id)
    if issue.status is IssueStatus.DISMISSED:
        return "reopen", Given(reason=DISMISSED)
    if issue.status is not IssueStatus.FIXED or before is None:
        return "", Given()
    has_new_words = before.caller_text != issue.caller_text or before.status in ENDING
    if not has_new_words:
        return "reopen", Given(reason=NO_NEW_WORDS)
    return "answer-ready", Given(caller_text=issue.caller_text, note=FIXED_NOTE)


def _move_some(article: Article, name: str, given: Given, snapshot: Snapshot, now: datetime) -> int:
    """Some of the linked tickets: answer ready, which a person confirms, or back in triage. None closes by itself."""
    with transaction():
        numbers = issue_store.list_linked(article.id, AT_ONCE)
        for number in numbers:
            by = By(COMMAND_LINE, store.lock_ticket(number, COMMAND_LINE).version, snapshot, now)
            try:
                move_ticket(number, name, given, by=by, as_it_is=True)
            except Conflict:
                continue  # another process was first with this one
            except PortalError as error:  # a text that came by git and cannot be read out: people answer
                logger.warning("tickets of %s stay as they are: %s", article.id, type(error).__name__)
                return 0
    return len(numbers)


# --- it came back?


@dataclass(frozen=True, slots=True)
class Back:
    """A fixed known issue that callers still report. `since`: when it was seen to be fixed."""

    article: Article
    count: int
    since: datetime


def list_back(snapshot: Snapshot) -> list[Back]:
    """For the analysts, the most callers first."""
    found = []
    for id, row in issue_store.list_seen().items():
        article = snapshot.articles.get(id)
        if (
            article
            and article.known_issue
            and article.known_issue.status is IssueStatus.FIXED
            and row.status == IssueStatus.FIXED
        ):
            count = issue_store.count_since(id, max(row.changed_at, row.quiet_at or row.changed_at))
            found += [Back(article, count, row.changed_at)] if count else []
    return sorted(found, key=lambda back: (-back.count, back.article.id))


def leave_fixed(known_issue_id: str, *, actor: Actor, now: datetime) -> None:
    """The reports since are another problem: not asked again until there are more. In a transaction."""
    if not actor.may(Permission.TRIAGE):
        raise NotAllowed("Only Tier 3 decides this.")
    issue_store.set_quiet(known_issue_id, now)
    audit(actor, "leave known issue fixed", f"article:{known_issue_id}", "ok", now)


def changed_after(moment: datetime) -> dict[str, datetime]:
    """Known issue -> when it was seen to change last, for those that changed since then."""
    seen = issue_store.list_seen()
    return {id: row.changed_at for id, row in seen.items() if row.changed_at > moment}
