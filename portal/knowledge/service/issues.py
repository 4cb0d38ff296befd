"""Known issues that do not wait for anybody: an analyst publishes one alone, from a checked template."""

from __future__ import annotations

from datetime import datetime

from portal.accounts.actor import Actor
from portal.accounts.policy import may_keep_issue
from portal.core.errors import Invalid, NotAllowed
from portal.core.problem import Problem
from portal.knowledge.article import Article, IssueStatus
from portal.knowledge.caller_text import check_caller_text
from portal.knowledge.fields import order_of
from portal.knowledge.gate import read_out_problems
from portal.knowledge.issue_draft import MAY_BEGIN, IssueDraft, id_of, text_of
from portal.knowledge.issue_states import LABELS, IssueChange, values_of
from portal.knowledge.service.base import KnowledgeBase
from portal.knowledge.service.publishing import Published, Refused, publish
from portal.knowledge.service.writing import Work, check_text, read_text
from portal.knowledge.snapshot import Snapshot
from portal.knowledge.source import is_editable, set_values, split


def issue_work(
    base: KnowledgeBase, draft: IssueDraft, now: datetime, article_id: str = ""
) -> tuple[Work, list[Problem]]:
    """The article that this draft makes, and all that hinders it. Nobody else reads it first, so its words are checked harder."""
    snapshot = base.snapshot()
    name = article_id or id_of(draft, snapshot.catalogue, snapshot.articles.keys())
    work = Work(
        name,
        f"known-issue/{name}.md",
        snapshot.revision,
        text_of(draft, name, snapshot.catalogue, now.date()),
    )
    return work, _problems(snapshot, work, draft)


def _problems(snapshot: Snapshot, work: Work, draft: IssueDraft) -> list[Problem]:
    _, found = check_text(snapshot, work)
    if draft.tool not in snapshot.catalogue.tools:
        found = [one for one in found if one.key not in ("tool", "owner")]
        found.append(Problem(work.path, "tool", "select the tool", None))
    if draft.status not in MAY_BEGIN:
        found.append(Problem(work.path, "status", "is suspected or confirmed at first", None))
    known = {(one.key, one.message) for one in found}
    said = _say_problems(snapshot, draft.tool, draft.caller_text)
    return found + [
        Problem(work.path, "caller_text", words, None)
        for words in said
        if ("caller_text", words) not in known
    ]


def _say_problems(snapshot: Snapshot, tool_id: str | None, text: str) -> list[str]:
    """Nobody else reads it before callers hear it."""
    tool = snapshot.catalogue.tools.get(tool_id or "")
    staff = tool is not None and tool.audiences == ("staff",)
    said = check_caller_text(text, snapshot.catalogue.help_numbers, to_staff=staff)
    return said + read_out_problems(text, snapshot, to_staff=staff)


def publish_issue(
    base: KnowledgeBase,
    draft: IssueDraft,
    article_id: str,
    *,
    actor: Actor,
    now: datetime,
    nobody_meant: bool,
) -> Published:
    """Live with this commit. An article that is there already is left as it is, so sending it twice is harmless.

    Raises as `publish` does. Outside a transaction.
    """
    if article_id in base.snapshot().articles:
        return Published(base.snapshot().revision, False, ())
    work, problems = issue_work(base, draft, now, article_id)
    if problems:
        raise Refused(problems, [])
    message = f"{draft.status.capitalize()}: {draft.title}"
    return publish(
        base, work, message=message, actor=actor, now=now, nobody_meant=nobody_meant, may=may_keep_issue
    )


def change_issue(
    base: KnowledgeBase,
    article: Article,
    change: IssueChange,
    *,
    revision: str,
    actor: Actor,
    now: datetime,
    nobody_meant: bool = False,
) -> Published:
    """How it stands, its workaround and what callers are told, in one commit of the front matter alone.

    `revision`: what the person saw. Raises NotAllowed, Invalid with the fields, Refused, SaveConflict. Not in a transaction.
    """
    if not may_keep_issue(actor, article.owner):
        raise NotAllowed("Tier 3 and the owning team say how a known issue stands.")
    snapshot = base.snapshot()
    values, wrong = values_of(article, change, snapshot, now.date())
    if "caller_text" in values and (said := _say_problems(snapshot, article.tool, change.caller_text)):
        wrong["caller_text"] = ". ".join(one[:1].upper() + one[1:] for one in said)
    if wrong:
        raise Invalid("Some fields do not fit.", wrong)
    text = read_text(base, article.path, revision) or ""
    source = split(text)
    if source is None or not is_editable(source):
        raise Invalid(
            "This file can only be changed by hand.", {"status": "This file can only be changed as raw text"}
        )
    changed = set_values(source, values, order_of(article.kind)).text
    work = Work(article.id, article.path, revision, changed)
    return publish(
        base,
        work,
        message=_said(article, change),
        actor=actor,
        now=now,
        nobody_meant=nobody_meant,
        may=may_keep_issue,
    )


def _said(article: Article, change: IssueChange) -> str:
    before = article.known_issue.status if article.known_issue else None
    label = (
        LABELS[IssueStatus(change.status)]
        if change.status != before
        else "What callers are told, or what helps"
    )
    return f"{label}: {change.reason}" if change.reason else label
