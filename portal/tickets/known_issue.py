"""Which known issues a ticket can be linked to, and which of them it looks like, with reasons. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from portal.knowledge.article import Article, ArticleKind, IssueStatus, Nature
from portal.knowledge.snapshot import Snapshot
from portal.search.match import Call, Match

RECOGNISED = "the agent recognised it in the call"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`grade`: likely, possible, or recognised by the agent. `refused`: the agent said that it is not this."""

    article: Article
    grade: str
    why: tuple[str, ...]
    refused: bool = False


def can_be_linked(issue: str, snapshot: Snapshot) -> bool:
    """A served fault that callers are counted for."""
    article = snapshot.articles.get(issue)
    facts = article.known_issue if article and article.is_served else None
    return (
        facts is not None
        and facts.nature is Nature.FAULT
        and facts.status not in (IssueStatus.DISMISSED, IssueStatus.MERGED)
    )


def linkable(snapshot: Snapshot) -> list[Article]:
    """By title."""
    issues = (a for a in snapshot.of_kind(ArticleKind.KNOWN_ISSUE) if can_be_linked(a.id, snapshot))
    return sorted(issues, key=lambda article: article.title)


def call_of(ticket: Any, rejected: Collection[str]) -> Call:
    """What a ticket, or a row with its words, is compared by."""
    return Call(
        text=f"{ticket.title} {ticket.summary} {ticket.alert_words}",
        tool=ticket.tool or None,
        error_code=ticket.error_code,
        facility=ticket.facilities[0] if ticket.facilities else None,
        platform=ticket.platform,
        refused=tuple(rejected),
    )


def suggestions(
    matches: Sequence[Match],
    *,
    recognised: str | None,
    refused: Collection[str],
    rejected: Collection[str],
    snapshot: Snapshot,
) -> list[Suggestion]:
    """What the agent recognised, then the matches as they are ranked; never what an analyst rejected or cannot be linked."""

    def found() -> Iterator[Suggestion]:
        if recognised and recognised not in rejected and can_be_linked(recognised, snapshot):
            why = next((match.why for match in matches if match.id == recognised), ())
            yield Suggestion(snapshot.articles[recognised], "recognised", (RECOGNISED, *why))
        for match in matches:
            if match.id not in (recognised, *rejected) and can_be_linked(match.id, snapshot):
                yield Suggestion(snapshot.articles[match.id], match.grade, match.why, match.id in refused)

    return list(found())
