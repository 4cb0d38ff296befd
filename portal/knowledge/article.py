"""Articles as frozen values. Three separate fields, never one list: confidence, publication, freshness."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from portal.criteria.table import DecisionTable


class ArticleKind(StrEnum):
    """The `type` of an article; also the name of its folder under content/."""

    CRITERIA = "criteria"
    RUNBOOK = "runbook"
    KNOWN_ISSUE = "known-issue"
    RELEASE = "release"
    REFERENCE = "reference"


class Confidence(StrEnum):
    """KCS."""

    WIP = "wip"
    NOT_VALIDATED = "not_validated"
    VALIDATED = "validated"
    ARCHIVED = "archived"


class Publication(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    RETIRED = "retired"


class Freshness(StrEnum):
    CURRENT = "current"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"


class Nature(StrEnum):
    """What a known issue is: a fault to report on, an answer ("by design"), or a time window."""

    FAULT = "fault"
    BY_DESIGN = "by_design"
    WINDOW = "window"


class IssueStatus(StrEnum):
    """States of a known issue; a by-design answer or a window has none."""

    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    WORKAROUND_AVAILABLE = "workaround_available"
    FIX_IN_PROGRESS = "fix_in_progress"
    FIXED_UNVERIFIED = "fixed_unverified"
    FIXED = "fixed"
    RECURRING = "recurring"
    DISMISSED = "dismissed"
    ACCEPTED_RISK = "accepted_risk"
    MERGED = "merged"


OPEN_STATUSES = frozenset(
    {
        IssueStatus.SUSPECTED,
        IssueStatus.CONFIRMED,
        IssueStatus.WORKAROUND_AVAILABLE,
        IssueStatus.FIX_IN_PROGRESS,
        IssueStatus.FIXED_UNVERIFIED,
        IssueStatus.RECURRING,
    }
)


_BY_STEP = re.compile(r"^[-*] (\d{1,2}): (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Section:
    """One h2 of the body and what stands under it. `slug` is the heading in lower case with hyphens: the anchor."""

    slug: str
    heading: str
    markdown: str
    line: int


@dataclass(frozen=True, slots=True)
class KnownIssue:
    """The facts of a known-issue article. `caller_text` may be read out word for word."""

    nature: Nature
    status: IssueStatus | None
    symptoms: tuple[str, ...]
    error_texts: tuple[str, ...]
    workaround: tuple[str, ...]
    caller_text: str
    not_this: str
    since: date | None
    fixed: date | None
    facilities: tuple[str, ...]
    ehr: tuple[str, ...]
    platforms: tuple[str, ...]
    merged_into: str | None
    github: str | None

    @property
    def is_open(self) -> bool:
        return self.nature is Nature.FAULT and self.status in OPEN_STATUSES


@dataclass(frozen=True, slots=True)
class Release:
    """The facts of a release article. `will_hear`: what callers will say about it."""

    toggle: str | None
    rollout: str
    starts: date | None
    ends: date | None
    will_hear: tuple[str, ...]
    caller_text: str


@dataclass(frozen=True, slots=True)
class Article:
    """One article of one commit. Exactly one of table, known_issue and release is set where the kind has it."""

    id: str
    kind: ArticleKind
    title: str
    tool: str | None
    sub_areas: tuple[str, ...]
    owner: str
    readers: tuple[str, ...]
    platforms: tuple[str, ...]
    confidence: Confidence
    publication: Publication
    review_by: date
    aliases: tuple[str, ...]
    error_codes: tuple[str, ...]
    depends_on: tuple[str, ...]
    sources: tuple[str, ...]
    to_confirm: tuple[str, ...]
    summary: str
    say: str
    intro: str
    sections: tuple[Section, ...]
    body: str
    path: str
    blob_id: str
    replaced_by: str | None = None
    updated: date | None = None
    table: DecisionTable | None = None
    known_issue: KnownIssue | None = None
    release: Release | None = None
    front_matter: Mapping[str, object] = field(default_factory=dict, repr=False)
    lines: Mapping[str, int] = field(default_factory=dict, repr=False)  # key path of the front matter -> line
    body_line: int = 1  # of the file, where `body` begins

    def section(self, slug: str) -> Section | None:
        """The section with this slug, e.g. `use-when`."""
        return next((section for section in self.sections if section.slug == slug), None)

    @property
    def say_by_step(self) -> dict[int, str]:
        """Step of the card -> what is read out instead of `say` when the case ends with it; for cards of several cases."""
        section = self.section("say-by-step")
        return (
            {int(step): text.strip() for step, text in _BY_STEP.findall(section.markdown)} if section else {}
        )

    @property
    def is_served(self) -> bool:
        """Published, or retired with a pointer to what came after."""
        return self.publication in (Publication.PUBLISHED, Publication.RETIRED)


def freshness(article: Article, today: date) -> Freshness:
    """Overdue from the day after `review_by`; due soon in the 30 days before."""
    days = (article.review_by - today).days
    if days < 0:
        return Freshness.OVERDUE
    return Freshness.DUE_SOON if days <= 30 else Freshness.CURRENT


def final_of(start: str, steps: Mapping[str, str]) -> str:
    """Where a merged known issue ended; `steps`: merged -> into. Of a circle, which only git can make, none of it is merged."""
    seen, at = {start}, start
    while (following := steps.get(at)) and following not in seen:
        seen.add(following)
        at = following
    return start if at in steps else at


def in_use(article_id: str | None, articles: Mapping[str, Article]) -> Article | None:
    """The served article of this id, or what took its place in the end; None when nobody reads it."""
    article, seen = articles.get(article_id or ""), set[str]()
    while article and article.publication is Publication.RETIRED and article.id not in seen:
        seen.add(article.id)
        article = articles.get(article.replaced_by or "", article)
    return article if article is not None and article.is_served else None


def final_issue(article: Article, articles: Mapping[str, Article]) -> Article:
    """The known issue that this one ended in; itself where it is not merged."""
    merged = {
        one.id: one.known_issue.merged_into
        for one in articles.values()
        if one.known_issue and one.known_issue.merged_into in articles
    }
    steps = {id: into for id, into in merged.items() if into}
    return articles.get(final_of(article.id, steps), article)
