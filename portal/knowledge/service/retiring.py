"""An article is taken out of use: its address stays and leads to what took its place."""

from __future__ import annotations

import re
from collections.abc import Mapping

from portal.core.errors import Invalid
from portal.criteria.table import Rule
from portal.knowledge.article import Article, ArticleKind, Publication
from portal.knowledge.catalogue import ErrorCode
from portal.knowledge.fields import order_of
from portal.knowledge.service.base import KnowledgeBase
from portal.knowledge.service.writing import Work, read_text
from portal.knowledge.snapshot import Snapshot
from portal.knowledge.source import NotEditable, Value, set_values, split


def links_to(snapshot: Snapshot, article_id: str) -> tuple[list[Article], list[ErrorCode]]:
    """Other articles that name this one (in their text, rules or front matter), and codes that do, by title and code."""
    link = re.compile(rf"/articles/{re.escape(article_id)}(?![a-z0-9-])")
    others = (one for one in snapshot.articles.values() if one.id != article_id and one.is_served)
    found = [one for one in others if link.search(one.body) or _names(one.front_matter, article_id, link)]
    codes = [code for code in snapshot.codes.values() if code.article == article_id]
    return sorted(found, key=lambda one: (one.title.lower(), one.id)), codes


def rules_to(snapshot: Snapshot, article_id: str) -> list[tuple[Article, Rule]]:
    """Rules in use that send calls to this runbook."""
    return [
        (article, rule)
        for article in snapshot.of_kind(ArticleKind.CRITERIA)
        for rule in (article.table.rules if article.table else ())
        if rule.then.runbook == article_id
    ]


def find_named(snapshot: Snapshot, words: str) -> str:
    """The id of the article that somebody means by its id or its whole title; else what they typed."""
    wanted = " ".join(words.split())
    found = [one.id for one in snapshot.articles.values() if one.title.casefold() == wanted.casefold()]
    return wanted if wanted in snapshot.articles or len(found) != 1 else found[0]


def _names(value: object, article_id: str, link: re.Pattern[str]) -> bool:
    if isinstance(value, str):
        return value == article_id or link.search(value) is not None
    if isinstance(value, Mapping):
        return any(_names(inner, article_id, link) for inner in value.values())
    return isinstance(value, list) and any(_names(inner, article_id, link) for inner in value)


def retired(base: KnowledgeBase, article: Article, successor: str) -> Work:
    """The served text with two keys changed. Raises Invalid for a successor that cannot be one."""
    snapshot = base.snapshot()
    follower = snapshot.articles.get(successor)
    rules, wrong = rules_to(snapshot, article.id), ""
    if rules and (follower is None or follower.kind is not ArticleKind.RUNBOOK):
        wrong = "Rules send calls here: name the runbook that takes its place, or change the rules first"
    elif successor and follower is None:
        wrong = f"There is no article {successor[:80]}"
    elif successor == article.id:
        wrong = "An article cannot take its own place"
    elif follower is not None and follower.publication is not Publication.PUBLISHED:
        wrong = f"{follower.title} is not in use itself"
    if wrong:
        raise Invalid(f"{wrong}.", {"successor": wrong})
    text = read_text(base, article.path, snapshot.revision) or ""
    source = split(text)
    values: dict[str, Value] = {"publication": str(Publication.RETIRED), "replaced_by": successor or None}
    try:
        changed = set_values(source, values, order_of(article.kind)).text if source else text
    except NotEditable:
        said = "This file is written in a way that only its raw text can be changed"
        raise Invalid(f"{said}.", {"successor": said}) from None
    return Work(article.id, article.path, snapshot.revision, changed)
