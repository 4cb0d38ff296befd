"""What a lead sees of the own desk: what waits on it, by number, and what its calls were, never by person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.home.figures import Period, Table, table
from portal.intake import service as intake
from portal.knowledge.snapshot import Snapshot
from portal.tickets import service as tickets
from portal.tickets.lifecycle import RETURN_WORDS
from portal.tickets.ticket import ReturnReason

CSV_HEAD = ("Figure", "Row", "Column", "Count")
# A call that was added to a known issue stands in the table of known issues only: in two tables, one would give the other away.
ENDS = {
    "filed": "Filed", "critical": "Critical", "answered": "Answered", "elsewhere": "Sent elsewhere",
    "handed_over": "To Tier 2", "abandoned": "Dropped",
}  # fmt: skip
CALLERS = {"": "Callers"}


def figures(desk: str, when: Period, bounds: Sequence[datetime], snapshot: Snapshot) -> list[Table]:
    """Calls by outcome and tool, known issues by callers, returns by reason, facts most often not known."""
    catalogue, days = snapshot.catalogue, len(when.days)
    tools, articles = catalogue.tools, snapshot.articles
    calls = [
        (tools[tool].name if tool in tools else "Not sure", end, day, count)
        for tool, end, day, count in intake.count_ends(desk, bounds)
    ]
    issues = [
        (articles[id].title if id in articles else id, "", day, count)
        for id, day, count in tickets.count_callers(desk, bounds)
    ]
    returns = [
        (_capital(RETURN_WORDS[ReturnReason(reason)]), "", day, count)
        for reason, day, count in tickets.count_returns(desk, bounds)
    ]
    facts = [
        (catalogue.facts[id].label, "", day, count)
        for id, day, count in tickets.count_not_known(desk, bounds)
        if id in catalogue.facts
    ]
    return [
        table("Calls by outcome and tool", "Tool", ENDS, calls, days),
        table("Known issues by callers", "Known issue", CALLERS, issues, days),
        table("Tickets returned, by reason", "Reason", {"": "Tickets"}, returns, days),
        table("Facts most often not known", "Fact", {"": "Tickets"}, facts, days),
    ]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits on the desk, oldest first; `since`: what was done at the time of a row, `action`: what is to be done now."""

    title: str
    rows: Sequence[intake.CallRow | tickets.Untold]
    since: str
    action: str


def waiting(desk: str, snapshot: Snapshot) -> list[Waiting]:
    """Beside the questions."""
    lacking, handed = intake.list_waiting(desk)
    untold = tickets.list_untold(desk, snapshot.catalogue)
    return [
        Waiting("Answers to tell the caller", untold, "answered", "Tell the caller"),
        Waiting("Number missing", lacking, "ended", "Add the number"),
        Waiting("Handed to Tier 2", handed, "handed over", "Look it up"),
    ]


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def csv_rows(tables: Sequence[Table]) -> Iterator[tuple[str, ...]]:
    for one in tables:
        for row in one.rows:
            for column, cell in zip(one.head[1:], row[1:], strict=True):
                yield one.title, row[0], column, cell
