"""Rows that pages gather from several rooms: the known-issue board, windows, maintenance, news."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.knowledge.article import OPEN_STATUSES, Article, ArticleKind, IssueStatus, Nature
from portal.knowledge.catalogue import Facility, Maintenance
from portal.knowledge.open_hours import maintenance_now
from portal.knowledge.snapshot import Snapshot
from portal.tickets import service as tickets
from portal.tickets.ticket import Counts

NO_COUNTS = Counts()
FIXED_DAYS = 7
# Callers in the last hour put a suspected or confirmed issue first; then callers today; then how far it is from an answer.
ORDER = (
    IssueStatus.SUSPECTED,
    IssueStatus.CONFIRMED,
    IssueStatus.RECURRING,
    IssueStatus.WORKAROUND_AVAILABLE,
    IssueStatus.FIX_IN_PROGRESS,
    IssueStatus.FIXED_UNVERIFIED,
)


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One known issue with its reports."""

    article: Article
    counts: Counts

    @property
    def is_open(self) -> bool:
        return bool(self.article.known_issue and self.article.known_issue.is_open)

    def is_new(self, today: date) -> bool:
        """It began today or yesterday: many have not heard of it."""
        since = self.article.known_issue.since if self.article.known_issue else None
        return since is not None and today - since <= timedelta(days=1)


def board(snapshot: Snapshot, now: datetime) -> list[BoardRow]:
    """Every served known issue with its counts: open faults first, in the order of the board."""
    articles = snapshot.of_kind(ArticleKind.KNOWN_ISSUE)
    counts = tickets.report_counts([a.id for a in articles], now)
    rows = [BoardRow(article, counts.get(article.id, NO_COUNTS)) for article in articles]
    return sorted(rows, key=_rank)


def _rank(row: BoardRow) -> tuple[int, int, int, str]:
    issue = row.article.known_issue
    status = issue.status if issue else None
    place = ORDER.index(status) if status in OPEN_STATUSES and status in ORDER else len(ORDER)
    live = bool(row.counts.hours and row.counts.hours[-1])
    first = 0 if live and place < 3 else 1 if row.is_open else 2
    return (first, -row.counts.today, place, row.article.title)


def tab(rows: Sequence[BoardRow], name: str, now: datetime) -> list[BoardRow]:
    """The rows of one tab: now, fixed, by_design or windows."""
    chosen = []
    for row in rows:
        issue = row.article.known_issue
        if issue is None:
            continue
        fixed_lately = issue.fixed is not None and now.date() - issue.fixed <= timedelta(days=FIXED_DAYS)
        held = {
            "now": row.is_open,
            "fixed": issue.status is IssueStatus.FIXED and fixed_lately,
            "by_design": issue.nature is Nature.BY_DESIGN,
            "windows": issue.nature is Nature.WINDOW,
        }
        if held[name]:
            chosen.append(row)
    return chosen


def windows(snapshot: Snapshot, now: datetime) -> list[Facility]:
    """Facilities whose move is at most 60 days ahead or 7 days back, by date."""
    day = now.date()
    near = [f for f in snapshot.facilities.values() if f.window and -7 <= (f.window.cutover - day).days <= 60]
    return sorted(near, key=lambda f: (f.window.cutover if f.window else day, f.station))


def maintenance(snapshot: Snapshot, now: datetime) -> list[Maintenance]:
    """Maintenance times that run at this moment."""
    return list(maintenance_now(snapshot.catalogue, now))
