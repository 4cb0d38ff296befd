"""Pages of the knowledge base, one module a noun. What they share is in page.py."""

from portal.knowledge.views import (
    articles,
    codes,
    conflicts,
    criteria,
    editor,
    entries,
    flags,
    history,
    issue_state,
    merging,
    pictures,
    replay,
    retiring,
    review,
    table,
)
from portal.knowledge.views.page import CASES, FOLLOWS, HELD, PANEL, TELL, bp

__all__ = [
    "CASES",
    "FOLLOWS",
    "HELD",
    "PANEL",
    "TELL",
    "articles",
    "bp",
    "codes",
    "conflicts",
    "criteria",
    "editor",
    "entries",
    "flags",
    "history",
    "issue_state",
    "merging",
    "pictures",
    "replay",
    "retiring",
    "review",
    "table",
]
