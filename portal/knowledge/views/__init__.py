"""Pages of the knowledge base, one module a noun. What they share is in page.py."""

from portal.knowledge.views import (
    articles,
    codes,
    conflicts,
    criteria,
    editor,
    flags,
    history,
    issue_state,
    merging,
    retiring,
    review,
)
from portal.knowledge.views.page import FOLLOWS, PANEL, bp

__all__ = [
    "FOLLOWS",
    "PANEL",
    "articles",
    "bp",
    "codes",
    "conflicts",
    "criteria",
    "editor",
    "flags",
    "history",
    "issue_state",
    "merging",
    "retiring",
    "review",
]
