"""The served knowledge base of this process, for edges: they hand its snapshot down to services."""

from __future__ import annotations

from flask import current_app

from portal.knowledge.service import KnowledgeBase
from portal.knowledge.snapshot import Snapshot

EXTENSION = "portal_knowledge"


def knowledge_base() -> KnowledgeBase:
    base: KnowledgeBase = current_app.extensions[EXTENSION]
    return base


def current_snapshot() -> Snapshot:
    """The knowledge base at the branch's tip: one ref read, and a rebuild only when it moved."""
    return knowledge_base().snapshot()
