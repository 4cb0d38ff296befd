"""The served knowledge base of this process, for edges: they hand its snapshot down to services."""

from __future__ import annotations

from flask import current_app, has_request_context, request

from portal.accounts.access import current_actor
from portal.accounts.actor import Desk, Permission
from portal.core.pii import find_pii, mask
from portal.knowledge.article import Article
from portal.knowledge.service import KnowledgeBase
from portal.knowledge.snapshot import Snapshot

EXTENSION = "portal_knowledge"
SAVED = "portal_article_saved"  # called when main has moved; True when search has followed
FOLLOWER = "portal_content_follower"  # only with a remote
LONGEST_BROUGHT = 200  # characters of a search that go along in an address


def knowledge_base() -> KnowledgeBase:
    base: KnowledgeBase = current_app.extensions[EXTENSION]
    return base


def content_saved() -> bool:
    """After this request moved main: what follows from it, at once. True when search has followed."""
    knowledge_base().saved()
    return bool(current_app.extensions[SAVED]())


def current_snapshot() -> Snapshot:
    """The knowledge base at the branch's tip as the request found it: one look at the branch, a rebuild when it moved.

    What a request itself saves is in `knowledge_base().snapshot()`.
    """
    if not has_request_context():
        return knowledge_base().snapshot()
    held: Snapshot | None = request.environ.get(EXTENSION)
    if held is None:
        held = request.environ[EXTENSION] = knowledge_base().snapshot()
    return held


def caller_words() -> str:
    """What the caller said, from the search that led to this page: its address alone holds it. Masked; none of a long text."""
    words = " ".join(request.args.get("q", "").split())
    if not words or len(words) > LONGEST_BROUGHT:
        return ""
    return mask(words, find_pii(words, current_snapshot().catalogue.help_numbers))


def may_hand_over() -> bool:
    """Somebody who takes calls, and is not Tier 2."""
    return current_actor().may(Permission.FILE) and current_actor().desk is not Desk.TIER2


def to_tier2(runbook: Article | None, code: str = "") -> bool:
    """Does this person hand such a case to Tier 2? `code`: the one that the call is about, if any."""
    return runbook is not None and may_hand_over() and current_snapshot().hands_to_tier2(runbook.id, code)


def caller_code() -> str:
    """The known code of the page that led to this one."""
    code = request.args.get("code", "")
    return code if code in current_snapshot().codes else ""
