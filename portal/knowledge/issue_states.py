"""How a known issue may stand next, as one table: from, to, and what is required. What is not in it is refused. Pure.

A fix may come before a workaround, so any later open state can follow an earlier one; a fix that did not hold goes back to
confirmed. Merged ends here: it is taken back by restoring the text of before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from portal.knowledge.article import Article, IssueStatus
from portal.knowledge.snapshot import Snapshot
from portal.knowledge.source import Value

S = IssueStatus
REASON_LEAST, REASON_MOST = 10, 200
RISK_DAYS = 366
FORWARD = (S.SUSPECTED, S.CONFIRMED, S.WORKAROUND_AVAILABLE, S.FIX_IN_PROGRESS, S.FIXED_UNVERIFIED, S.FIXED)
LABELS = {
    S.SUSPECTED: "Suspected",
    S.CONFIRMED: "Confirmed",
    S.WORKAROUND_AVAILABLE: "Workaround available",
    S.FIX_IN_PROGRESS: "Fix in progress",
    S.FIXED_UNVERIFIED: "Fixed, not verified",
    S.FIXED: "Fixed",
    S.RECURRING: "Came back",
    S.DISMISSED: "Dismissed: it is none",
    S.ACCEPTED_RISK: "Accepted: it stays for now",
    S.MERGED: "Merged into another",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One row of the table: from one state to another."""

    source: IssueStatus
    target: IssueStatus
    required: tuple[str, ...] = ()


def _turns() -> tuple[Turn, ...]:
    needs = {S.WORKAROUND_AVAILABLE: ("workaround",), S.FIXED: ("caller_text",)}
    rows = [
        Turn(
            source, target, () if (source, target) == (S.FIXED_UNVERIFIED, S.FIXED) else needs.get(target, ())
        )
        for place, source in enumerate(FORWARD)
        for target in FORWARD[place + 1 :]
    ]
    rows += [Turn(S.RECURRING, target, needs.get(target, ())) for target in FORWARD[1:]]
    rows += [Turn(S.FIXED_UNVERIFIED, S.CONFIRMED), Turn(S.FIXED, S.RECURRING)]
    rows.append(Turn(S.SUSPECTED, S.DISMISSED, ("reason",)))
    for source in (*FORWARD[:-1], S.RECURRING):
        rows += [
            Turn(source, S.ACCEPTED_RISK, ("reason", "review_by")),
            Turn(source, S.MERGED, ("merged_into",)),
        ]
    return tuple(rows)


TURNS = _turns()


@dataclass(frozen=True, slots=True)
class IssueChange:
    """What somebody says of a known issue: how it stands now, what helps, what callers are told."""

    status: str
    workaround: tuple[str, ...]
    caller_text: str
    reason: str = ""
    review_by: date | None = None
    merged_into: str = ""


def turns_from(status: IssueStatus | None) -> list[Turn]:
    return [turn for turn in TURNS if turn.source is status]


def values_of(
    article: Article, change: IssueChange, snapshot: Snapshot, today: date
) -> tuple[dict[str, Value], dict[str, str]]:
    """(keys of the front matter that change, field -> what is wrong)."""
    issue = article.known_issue
    assert issue is not None
    values: dict[str, Value] = {}
    if change.workaround != issue.workaround:
        values["workaround"] = list(change.workaround)
    if change.caller_text != issue.caller_text:
        values["caller_text"] = change.caller_text
    if change.status == issue.status:
        return values, {}
    turn = next((one for one in turns_from(issue.status) if one.target == change.status), None)
    if turn is None:
        return values, {"status": "Select how it stands; this does not follow from how it stands now"}
    wrong = {name: _WRONG[name](change, article, snapshot, today) for name in turn.required}
    values["status"] = str(turn.target)
    if turn.target is S.FIXED:
        values["fixed"] = today
    elif issue.fixed is not None:
        values["fixed"] = None
    if turn.target is S.MERGED:
        values["merged_into"] = change.merged_into
    if turn.target is S.ACCEPTED_RISK and change.review_by:
        values["review_by"] = change.review_by
    return values, {name: said for name, said in wrong.items() if said}


def _reason(change: IssueChange, _article: Article, _snapshot: Snapshot, _today: date) -> str:
    fits = REASON_LEAST <= len(change.reason) <= REASON_MOST
    return "" if fits else f"Say why, in {REASON_LEAST} to {REASON_MOST} characters"


def _review_by(change: IssueChange, _article: Article, _snapshot: Snapshot, today: date) -> str:
    fits = change.review_by is not None and today < change.review_by <= today + timedelta(days=RISK_DAYS)
    return "" if fits else "Enter the day on which it is looked at again, within a year"


def _merged_into(change: IssueChange, article: Article, snapshot: Snapshot, _today: date) -> str:
    if change.merged_into in {one.id for one in may_take_over(article, snapshot)}:
        return ""
    return "Select an open known issue that is not merged itself"


_WRONG: dict[str, Callable[[IssueChange, Article, Snapshot, date], str]] = {
    "reason": _reason,
    "review_by": _review_by,
    "merged_into": _merged_into,
    "caller_text": lambda change, article, _s, _t: (
        "Say what callers hear now that it is fixed: linked tickets are answered with it"
        if article.known_issue and change.caller_text == article.known_issue.caller_text
        else ""
    ),
    "workaround": lambda change, _a, _s, _t: (
        "" if change.workaround else "Enter the workaround, a step a line"
    ),
}


# --- merging


def may_take_over(article: Article, snapshot: Snapshot) -> list[Article]:
    """Open faults that this one can be merged into, by title: never one that leads back to it."""
    found = (one for one in snapshot.articles.values() if one.id != article.id and one.is_served)
    return sorted(
        (one for one in found if one.known_issue and one.known_issue.is_open), key=lambda one: one.title
    )
