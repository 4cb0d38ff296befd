"""The shift brief: what the next shift must know, on one page to print. Nothing but what its reader may see anyway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.accounts.actor import Actor
from portal.home import gather
from portal.knowledge.article import Article, ArticleKind
from portal.knowledge.catalogue import Facility, Maintenance
from portal.knowledge.snapshot import Snapshot
from portal.tickets import following
from portal.tickets import service as tickets
from portal.tickets.queue import Filters, Listed

SHOWN = 8  # tickets of a list; how many there are stands beside it
HOURS = (8, 12, 24, 72)
AHEAD = timedelta(days=14)
# queue -> heading and filters, in the order of the page; a queue that its reader does not have is left out
PARTS = (
    ("critical", "Critical, open", Filters()),
    ("desk", "Critical of my desk, open", Filters(severity="critical")),
    ("triage", "Waits for Tier 3: in triage", Filters(sort="left")),
    ("answers", "Waits for Tier 3: answer ready", Filters()),
    ("tell", "Waits for my desk: tell the caller", Filters()),
    ("due", "On hold, due", Filters()),
    ("questions", "Questions due", Filters()),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One list of tickets, cut to SHOWN of `total`."""

    queue: str
    heading: str
    filters: Filters
    rows: Sequence[Listed]
    total: int


@dataclass(frozen=True, slots=True)
class Brief:
    """`issues`: open known issues that are new or were changed since then, with when; None for one that only began."""

    parts: list[Part]
    issues: list[tuple[gather.BoardRow, datetime | None]]
    windows: list[Facility]
    maintenance: Sequence[Maintenance]
    releases: list[Article]


def brief(hours: int, *, actor: Actor, snapshot: Snapshot, now: datetime) -> Brief:
    tabs = {tab.queue: tab for tab in tickets.list_tabs(actor, snapshot.catalogue, now)}
    parts = []
    for queue, heading, filters in PARTS:
        if queue in tabs:
            page = tickets.list_queue(tabs[queue], filters, actor=actor, now=now, page=1)
            parts.append(Part(queue, heading, filters, page.items[:SHOWN], page.total))
    since, until = now - timedelta(hours=hours), (now + AHEAD).date()
    changed = following.changed_after(since)
    return Brief(
        parts,
        [
            (row, changed.get(row.article.id))
            for row in gather.board(snapshot, now)
            if row.article.id in changed or (row.is_open and _began_after(row.article, since))
        ],
        [one for one in gather.windows(snapshot, now) if one.window and one.window.cutover <= until],
        snapshot.catalogue.maintenance,
        _releases(snapshot, now),
    )


def _began_after(article: Article, moment: datetime) -> bool:
    since = article.known_issue.since if article.known_issue else None
    return since is not None and since >= moment.date()


def _releases(snapshot: Snapshot, now: datetime) -> list[Article]:
    """That begin in the coming days, the next first."""
    today = now.date()
    found = [
        (one.release.starts, one.title, one)
        for one in snapshot.of_kind(ArticleKind.RELEASE)
        if one.release and one.release.starts and today <= one.release.starts <= today + AHEAD
    ]
    return [one for _, _, one in sorted(found, key=lambda each: each[:2])]
