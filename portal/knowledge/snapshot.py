"""The knowledge base of one commit: frozen, one per process, handed to pure code as an argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portal.core.problem import Problem
from portal.knowledge.article import Article, ArticleKind
from portal.knowledge.catalogue import Catalogue, ErrorCode, Facility


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`revision` is the full commit id. `problems` lists bad files, whose last good version is served where there is one."""

    revision: str
    articles: Mapping[str, Article]
    catalogue: Catalogue
    codes: Mapping[str, ErrorCode]
    facilities: Mapping[str, Facility]
    problems: tuple[Problem, ...]

    def of_kind(self, kind: ArticleKind) -> list[Article]:
        """Served articles of one kind, by title and id."""
        chosen = (a for a in self.articles.values() if a.kind is kind and a.is_served)
        return sorted(chosen, key=lambda article: (article.title.lower(), article.id))
