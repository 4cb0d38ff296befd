"""Pages of the knowledge base, one module a noun. What they share is in page.py."""

from portal.knowledge.views import articles, codes, criteria, editor, history, merging
from portal.knowledge.views.page import PANEL, bp

__all__ = ["PANEL", "articles", "bp", "codes", "criteria", "editor", "history", "merging"]
