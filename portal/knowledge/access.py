"""The served knowledge base of this process, for edges: they hand its snapshot down to services."""

from __future__ import annotations

from flask import current_app, has_request_context, request

from portal.knowledge.service import KnowledgeBase
from portal.knowledge.snapshot import Snapshot

EXTENSION = "portal_knowledge"


def knowledge_base() -> KnowledgeBase:
    base: KnowledgeBase = current_app.extensions[EXTENSION]
    return base


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
