"""What the portal does with articles: serve, check, write, publish, review, resolve.

Git is touched outside of any transaction; what happened is noted inside the caller's (`note_…`).
"""

from portal.knowledge.service.base import (
    ArticleNotFound,
    KnowledgeBase,
    Synced,
    check_folder,
    facility_facts,
    get_article,
    get_evaluation,
    list_conflicts,
    list_revisions,
    note_changes,
    outcome_words,
    pending_changes,
    problem_lines,
    record_evaluation,
    tables_for,
)

__all__ = [
    "ArticleNotFound",
    "KnowledgeBase",
    "Synced",
    "check_folder",
    "facility_facts",
    "get_article",
    "get_evaluation",
    "list_conflicts",
    "list_revisions",
    "note_changes",
    "outcome_words",
    "pending_changes",
    "problem_lines",
    "record_evaluation",
    "tables_for",
]
