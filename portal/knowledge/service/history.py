"""Versions of an article, and an earlier one brought back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.knowledge import store
from portal.knowledge.content_layout import YAML_FILES
from portal.knowledge.content_store import RevisionNotFound
from portal.knowledge.service.base import ArticleNotFound, KnowledgeBase
from portal.knowledge.service.writing import Work, find_path, read_text


@dataclass(frozen=True, slots=True)
class Version:
    """`before`: the commit of the version that this one replaced, empty for the first that is noted."""

    commit: str
    at: datetime
    author: str
    message: str
    approved_by: str
    before: str


def list_versions(base: KnowledgeBase, article_id: str, limit: int = 50) -> list[Version]:
    """Newest first; who and when as noted, why from the commit itself."""
    if article_id in YAML_FILES:  # not noted: few people ask
        found = base.content.history(article_id, limit=limit + 1)
        before = [*(one.commit for one in found), ""][1:]
        return [
            Version(one.commit, one.at, one.author, one.message, "", older)
            for one, older in [*zip(found, before, strict=True)][:limit]
        ]
    rows = store.list_revisions(article_id, limit + 1)
    olders = [*(row.commit for row in rows), ""][1:]
    pairs = list(zip(rows, olders, strict=False))[:limit]
    return [
        Version(row.commit, row.at, row.author, _message(base, row.commit), row.approved_by or "", older)
        for row, older in pairs
    ]


def _message(base: KnowledgeBase, commit: str) -> str:
    """Empty for a commit that this repository does not have, as after it was made anew."""
    try:
        return base.content.revision(commit).message
    except RevisionNotFound:
        return ""


def text_at(base: KnowledgeBase, article_id: str, revision: str) -> tuple[str, str]:
    """(path, text) of the article as it stood at a commit; raises ArticleNotFound."""
    path = find_path(base, article_id, revision)
    text = read_text(base, path, revision) if path else None
    if text is None:
        raise ArticleNotFound(f"There is no such version of {article_id}.")
    return path, text


def work_at(base: KnowledgeBase, article_id: str, revision: str) -> Work:
    """An earlier text, to be saved over what is served now."""
    path, text = text_at(base, article_id, revision)
    return Work(article_id, path, base.snapshot().revision, text)
