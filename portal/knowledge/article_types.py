"""The five types of article: what their front matter holds, which sections they need, what else is checked.

To add one: a member of ArticleKind, a model of its front matter, one entry in ARTICLE_TYPES.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from portal.knowledge.article import (
    Article,
    ArticleKind,
    Confidence,
    IssueStatus,
    Nature,
    Publication,
    Section,
)
from portal.knowledge.render import items, slug
from portal.knowledge.schema import Day, Id, Line, Platform, Strict, Text


class FrontMatter(Strict):
    """What every article has."""

    id: Id
    type: ArticleKind
    title: Annotated[Line, Field(max_length=120)]
    tool: Id | None = None
    sub_areas: tuple[Id, ...] = ()
    owner: Id
    audience: tuple[Literal["agent", "analyst", "tool_team"], ...] = Field(default=("agent",), min_length=1)
    platforms: tuple[Platform, ...] = ()
    confidence: Confidence = Confidence.NOT_VALIDATED
    publication: Publication = Publication.PUBLISHED
    review_by: Day
    aliases: tuple[Line, ...] = ()
    error_codes: tuple[Line, ...] = ()
    depends_on: tuple[Line, ...] = ()
    sources: tuple[Line, ...] = Field(min_length=1)
    to_confirm: tuple[Line, ...] = ()
    summary: Annotated[Line, Field(max_length=160)]
    replaced_by: Id | None = None
    updated: Day | None = None


class KnownIssueMatter(FrontMatter):
    nature: Nature = Nature.FAULT
    status: IssueStatus | None = None
    symptoms: tuple[Line, ...] = Field(min_length=1)
    error_texts: tuple[Line, ...] = ()
    workaround: tuple[Line, ...] = Field(default=(), max_length=3)
    caller_text: Text
    not_this: Line
    since: Day | None = None
    fixed: Day | None = None
    facilities: tuple[Annotated[str, StringConstraints(pattern=r"^\d{3}[A-Z0-9]{0,2}$")], ...] = ()
    ehr: tuple[Literal["vista", "oracle_health"], ...] = ()
    merged_into: Id | None = None
    github: Line | None = None


class CriteriaMatter(FrontMatter):
    """The table itself is read by criteria.table."""

    applies: Any = None
    say: str = ""
    inputs: Any = None
    rules: Any = None
    examples: Any = None


class ReleaseMatter(FrontMatter):
    toggle: Line | None = None
    rollout: Text
    starts: Day | None = None
    ends: Day | None = None
    will_hear: tuple[Line, ...] = Field(min_length=1)
    caller_text: Text


@dataclass(frozen=True, slots=True)
class SectionRule:
    """A section of the answer card. `most`: how many items its list may have; 0 is any number."""

    slug: str
    required: bool = True
    most: int = 0


@dataclass(frozen=True, slots=True)
class ArticleType:
    """`sections` in their order on the page; others may follow. `check` gives (key, message) pairs."""

    kind: ArticleKind
    label: str
    plural: str
    matter: type[FrontMatter]
    sections: tuple[SectionRule, ...]
    check: Callable[[Article], list[tuple[str, str]]]


def _check_runbook(article: Article) -> list[tuple[str, str]]:
    found = []
    do, say = article.section("do"), article.section("say")
    if do and not re.search(r"^\d+[.)] ", do.markdown, re.MULTILINE):
        found.append(("## Do", "is a numbered list"))
    if say and ("\n\n" in say.markdown.strip() or re.search(r"^([-*]|\d+\.) ", say.markdown, re.MULTILINE)):
        found.append(("## Say", "is one paragraph that can be read out"))
    return found


def _check_known_issue(article: Article) -> list[tuple[str, str]]:
    issue = article.known_issue
    if issue is None:
        return []
    found = []
    if issue.nature is Nature.FAULT and issue.status is None:
        found.append(("status", "a fault has a status"))
    if issue.nature is not Nature.FAULT and issue.status is not None:
        found.append(("status", f"only a fault has a status, not nature {issue.nature}"))
    if (issue.status is IssueStatus.MERGED) != bool(issue.merged_into):
        found.append(("merged_into", "goes with the status merged, and that status with it"))
    if issue.status is IssueStatus.WORKAROUND_AVAILABLE and not issue.workaround:
        found.append(("workaround", "is missing although the status says there is one"))
    if issue.since and issue.fixed and issue.fixed < issue.since:
        found.append(("fixed", "is before the day in `since`"))
    return found


def _check_release(article: Article) -> list[tuple[str, str]]:
    release = article.release
    if release and release.starts and release.ends and release.ends < release.starts:
        return [("ends", "is before the day in `starts`")]
    return []


def _check_nothing(article: Article) -> list[tuple[str, str]]:
    return []


ARTICLE_TYPES: Mapping[ArticleKind, ArticleType] = {
    ArticleKind.CRITERIA: ArticleType(
        ArticleKind.CRITERIA,
        "Rules",
        "Rules",
        CriteriaMatter,
        (
            SectionRule("goes-to-tier-3-if", most=5),
            SectionRule("you-solve-it-if", most=5),
            SectionRule("elsewhere-if", most=3),
        ),
        _check_nothing,
    ),
    ArticleKind.RUNBOOK: ArticleType(
        ArticleKind.RUNBOOK,
        "Runbook",
        "Runbooks",
        FrontMatter,
        (
            SectionRule("use-when"),
            SectionRule("ask", required=False, most=3),
            SectionRule("do", most=7),
            SectionRule("say"),
            SectionRule("stop-and-escalate-if"),
        ),
        _check_runbook,
    ),
    ArticleKind.KNOWN_ISSUE: ArticleType(
        ArticleKind.KNOWN_ISSUE, "Known issue", "Known issues", KnownIssueMatter, (), _check_known_issue
    ),
    ArticleKind.RELEASE: ArticleType(
        ArticleKind.RELEASE,
        "Release",
        "Releases",
        ReleaseMatter,
        (
            SectionRule("who-sees-it"),
            SectionRule("looks-like"),
            SectionRule("normal"),
            SectionRule("not-normal"),
        ),
        _check_release,
    ),
    ArticleKind.REFERENCE: ArticleType(
        ArticleKind.REFERENCE, "Reference", "Reference", FrontMatter, (SectionRule("answer"),), _check_nothing
    ),
}


def check_type(article: Article) -> list[tuple[str, str]]:
    """(key, message) of what the type asks besides front matter: order and length of sections, its rules."""
    kind = ARTICLE_TYPES[article.kind]
    found = []
    slugs = [section.slug for section in article.sections]
    expected = [rule.slug for rule in kind.sections if rule.slug in slugs]
    if slugs[: len(expected)] != expected:
        named = ", ".join(f"## {slug.replace('-', ' ')}" for slug in expected)
        found.append(("", f"the sections of the card come first, in this order: {named}"))
    for rule in kind.sections:
        section = article.section(rule.slug)
        if section and rule.most and len(items(section)) > rule.most:
            found.append((f"## {section.heading}", f"has more than {rule.most} items"))
    return found + kind.check(article)


def sections_below(article: Article) -> tuple[list[Section], list[Section]]:
    """What stands below the card: sections that a line of the card links to, shown open, and all others."""
    card = {rule.slug for rule in ARTICLE_TYPES[article.kind].sections}
    lines = [section.markdown for section in article.sections if section.slug in card]
    lines += article.known_issue.workaround if article.known_issue else ()
    linked = set(re.findall(r"\]\(#(?:h-)?([^)\s]+)\)", "\n".join(lines)))
    opened: list[Section] = []
    others: list[Section] = []
    for section in article.sections:
        if section.slug not in card:
            within = re.findall(r"^#{3,6} +(.+)", section.markdown, re.MULTILINE)
            (others if linked.isdisjoint((section.slug, *map(slug, within))) else opened).append(section)
    return opened, others
