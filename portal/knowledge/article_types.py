"""The five types of article: what their front matter holds, which sections they need, what else is checked.

To add one: a member of ArticleKind, a model of its front matter, one entry in ARTICLE_TYPES.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
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
    """What every article has. Title and description of a key are label and hint of its field in the editor."""

    id: Id
    type: ArticleKind
    title: Annotated[Line, Field(max_length=120, description="As a caller or a colleague would say it.")]
    tool: Id | None = None
    sub_areas: tuple[Id, ...] = Field((), title="Parts of the tool")
    owner: Id = Field(title="Owner", description="The team that answers for this article.")
    audience: tuple[Literal["agent", "analyst", "tool_team"], ...] = Field(
        ("agent",), min_length=1, title="Who reads it"
    )
    platforms: tuple[Platform, ...] = Field(
        (), title="Where it happens", description="None ticked: everywhere."
    )
    confidence: Confidence = Confidence.NOT_VALIDATED
    publication: Publication = Publication.PUBLISHED
    review_by: Day = Field(title="Review by")
    aliases: tuple[Line, ...] = Field(
        (), title="Callers' words", description="One a line; search finds them."
    )
    error_codes: tuple[Line, ...] = Field((), title="Error codes")
    depends_on: tuple[Line, ...] = Field(
        (), title="Depends on", description="One a line: a switch, a release or a text on the screen."
    )
    sources: tuple[Line, ...] = Field(min_length=1, description="One a line: where this is known from.")
    to_confirm: tuple[Line, ...] = Field((), title="To be confirmed", description="One a line.")
    summary: Annotated[Line, Field(max_length=160, description="One line for lists and search results.")]
    replaced_by: Id | None = Field(None, title="Replaced by", description="The article that took its place.")
    updated: Day | None = Field(None, title="Changed on")


class KnownIssueMatter(FrontMatter):
    nature: Nature = Nature.FAULT
    status: IssueStatus | None = None
    symptoms: tuple[Line, ...] = Field(
        min_length=1, title="Signs", description="One a line, in callers' words."
    )
    error_texts: tuple[Line, ...] = Field(
        (), title="Texts on the screen", description="One a line, word for word."
    )
    workaround: tuple[Line, ...] = Field((), max_length=3, description="One step a line, at most three.")
    caller_text: Text = Field(title="Say", description="May be read out word for word; promises nothing.")
    not_this: Line = Field(title="Not this if")
    since: Day | None = None
    fixed: Day | None = Field(None, title="Fixed on")
    facilities: tuple[Annotated[str, StringConstraints(pattern=r"^\d{3}[A-Z0-9]{0,2}$")], ...] = Field(
        (), description="Station numbers; none: everywhere."
    )
    ehr: tuple[Literal["vista", "oracle_health"], ...] = Field((), title="Record system")
    merged_into: Id | None = Field(None, title="Merged into")
    github: Line | None = Field(None, title="GitHub issue")


class CriteriaMatter(FrontMatter):
    """The table itself is read by criteria.table."""

    applies: Any = None
    say: str = Field("", description="May be read out word for word; promises nothing.")
    inputs: Any = None
    rules: Any = None
    examples: Any = None


class ReleaseMatter(FrontMatter):
    toggle: Line | None = Field(None, title="Switch")
    rollout: Text = Field(description="Who gets it when.")
    starts: Day | None = None
    ends: Day | None = None
    will_hear: tuple[Line, ...] = Field(
        min_length=1, title="You will hear", description="One a line: what callers say about it."
    )
    caller_text: Text = Field(title="Say", description="May be read out word for word; promises nothing.")


@dataclass(frozen=True, slots=True)
class SectionRule:
    """A section of the answer card. `most`: how many items its list may have; 0 is any number."""

    slug: str
    required: bool = True
    most: int = 0


@dataclass(frozen=True, slots=True)
class ArticleType:
    """`sections` in their order on the page; others may follow. `check` gives (key, message) pairs.

    `second_person`: nobody publishes a change of it alone.
    """

    kind: ArticleKind
    label: str
    plural: str
    matter: type[FrontMatter]
    sections: tuple[SectionRule, ...]
    check: Callable[[Article], list[tuple[str, str]]]
    second_person: bool = False


def _check_runbook(article: Article) -> list[tuple[str, str]]:
    found = []
    do, say = article.section("do"), article.section("say")
    if do and not re.search(r"^\d+[.)] ", do.markdown, re.MULTILINE):
        found.append(("## Do", "is a numbered list"))
    if say and ("\n\n" in say.markdown.strip() or re.search(r"^([-*]|\d+\.) ", say.markdown, re.MULTILINE)):
        found.append(("## Say", "is one paragraph that can be read out"))
    by_step = article.section("say-by-step")
    count = len(items(do)) if do else 0
    if by_step and not (
        len(article.say_by_step) == len(items(by_step)) and max(article.say_by_step) <= count
    ):
        found.append(
            ("## Say by step", "is a list of steps of the card, one line each, such as: - 3: Please …")
        )
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
        second_person=True,
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
            SectionRule("say-by-step", required=False, most=7),
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


def sections_below(article: Article) -> tuple[tuple[Section, ...], tuple[Section, ...]]:
    """What stands below the card: sections that a line of the card links to, shown open, and all others."""
    return _below(
        article.kind, article.sections, article.known_issue.workaround if article.known_issue else ()
    )


@lru_cache(maxsize=2048)
def _below(
    kind: ArticleKind, sections: tuple[Section, ...], workaround: tuple[str, ...]
) -> tuple[tuple[Section, ...], tuple[Section, ...]]:
    card = {rule.slug for rule in ARTICLE_TYPES[kind].sections}
    lines = [section.markdown for section in sections if section.slug in card]
    lines += workaround
    linked = set(re.findall(r"\]\(#(?:h-)?([^)\s]+)\)", "\n".join(lines)))
    opened: list[Section] = []
    others: list[Section] = []
    for section in sections:
        if section.slug not in card:
            within = re.findall(r"^#{3,6} +(.+)", section.markdown, re.MULTILINE)
            (others if linked.isdisjoint((section.slug, *map(slug, within))) else opened).append(section)
    return tuple(opened), tuple(others)
