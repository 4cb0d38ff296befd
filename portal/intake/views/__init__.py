"""Pages of the guided intake, one module a page. What they share is in page.py."""

from portal.intake.views import call, check, ends, issues, one_click, practice, questions, urgent
from portal.intake.views.page import bp, new_key

__all__ = ["bp", "call", "check", "ends", "issues", "new_key", "one_click", "practice", "questions", "urgent"]
