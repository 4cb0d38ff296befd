"""Known issues that do not wait for anybody: an analyst publishes one alone, from a checked template."""

from __future__ import annotations

from datetime import datetime

from portal.accounts.actor import Actor
from portal.accounts.policy import may_keep_issue
from portal.core.problem import Problem
from portal.knowledge.caller_text import check_caller_text
from portal.knowledge.gate import read_out_problems
from portal.knowledge.issue_draft import MAY_BEGIN, IssueDraft, id_of, text_of
from portal.knowledge.service.base import KnowledgeBase
from portal.knowledge.service.publishing import Published, Refused, publish
from portal.knowledge.service.writing import Work, check_text
from portal.knowledge.snapshot import Snapshot


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
    return work, _problems(snapshot, work, draft, now)


def _problems(snapshot: Snapshot, work: Work, draft: IssueDraft, now: datetime) -> list[Problem]:
    _, found = check_text(snapshot, work)
    if draft.tool not in snapshot.catalogue.tools:
        found = [one for one in found if one.key not in ("tool", "owner")]
        found.append(Problem(work.path, "tool", "select the tool", None))
    if draft.status not in MAY_BEGIN:
        found.append(Problem(work.path, "status", "is suspected or confirmed at first", None))
    tool = snapshot.catalogue.tools.get(draft.tool)
    staff = tool is not None and tool.audiences == ("staff",)
    said = [
        *check_caller_text(draft.caller_text, snapshot.catalogue.help_numbers, to_staff=staff),
        *read_out_problems(draft.caller_text, snapshot, to_staff=staff),
    ]
    known = {(one.key, one.message) for one in found}
    found += [
        Problem(work.path, "caller_text", words, None)
        for words in said
        if ("caller_text", words) not in known
    ]
    return found


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
