"""Articles that nothing leads to. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from portal.knowledge.article import Article, Publication
from portal.knowledge.front_matter import texts
from portal.knowledge.snapshot import Snapshot

_LINK = re.compile(
    r"\]\(\s*<?/articles/([a-z0-9-]+)(?=[#?)>\s])|^ {0,3}\[[^\]]+\]:\s*<?/articles/([a-z0-9-]+)", re.MULTILINE
)


def orphans(snapshot: Snapshot) -> list[Article]:
    """Published articles without a way in, by path.

    A way in is a link or rule of another served article, a code, a text of the catalogue, the intake of a tool (for its
    criteria) and the board of open known issues on the home page. Search and the list of all articles are none.
    """
    reached = {code.article for code in snapshot.codes.values()}
    for route in snapshot.catalogue.routes.values():
        reached |= _named(f"{route.what}\n{route.how}\n{route.say}")
    for article in snapshot.articles.values():
        if article.is_served:
            reached |= set(_leads_to(article)) - {article.id}
    return sorted(
        (
            one
            for one in snapshot.articles.values()
            if one.id not in reached and not _has_place(one, snapshot)
        ),
        key=lambda one: one.path,
    )


def _has_place(article: Article, snapshot: Snapshot) -> bool:
    if article.publication is not Publication.PUBLISHED:
        return True
    if article.table:
        return article.table.applies_always or article.tool in snapshot.catalogue.tools
    return article.known_issue is not None and article.known_issue.is_open


def _leads_to(article: Article) -> Iterator[str | None]:
    yield article.replaced_by
    yield article.known_issue.merged_into if article.known_issue else None
    if article.table:
        yield from (rule.then.runbook for rule in article.table.rules)
    yield from _named("\n".join((article.body, *(text for _, text in texts(article.front_matter)))))


def _named(text: str) -> set[str | None]:
    return {found[1] or found[2] for found in _LINK.finditer(text)}
