"""Pictures of articles, files of the knowledge base like the texts that show them."""

from __future__ import annotations

from portal.core.errors import NotFound
from portal.knowledge.service.base import KnowledgeBase


def read_picture(base: KnowledgeBase, name: str) -> bytes:
    """Raises NotFound."""
    snapshot, path = base.snapshot(), f"images/{name}"
    data = base.content.read(path, snapshot.revision) if path in snapshot.pictures else None
    if data is None:
        raise NotFound("There is no such picture.")
    return data
