"""Lists of tickets as values: which queue, which filters, which order. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from portal.tickets.ticket import IN_TRIAGE, State
from portal.web.paging import whole_number

PAGE_SIZE = 50
TRIAGE_QUEUES = {
    "critical": ("Critical", "Critical", "Nothing Critical is open."),
    "new": ("New", "Triage", "Nothing waits for triage."),
    "mine": ("Mine", "Triage: mine", "You hold no ticket."),
    "answers": ("Answer ready", "Answer ready", "No answer waits to be sent back."),
    "questions": ("Questions due", "Questions due", "No question to a caller is due."),
    "due": ("On hold, due", "On hold and due", "Nothing on hold is due today."),
    "returned": ("Returned", "Returned by a team", "No team has returned a ticket."),
    "privacy": ("Privacy", "Security and privacy", "No security or privacy report."),
    "triage": ("All in triage", "All in triage", "Nothing waits for triage."),
}  # queue -> tab, heading, words when it is empty; in the order of their tabs
QUEUE_STATES = {
    "triage": IN_TRIAGE,
    "new": (State.NEW, State.REOPENED),
    "answers": (State.ANSWER_READY,),
    "returned": (State.RETURNED,),
    "tell": (State.BACK_TO_TIER2,),
}
SORTS = {
    "left": "Least time left first",
    "urgent": "Most urgent first",
    "newest": "Newest first",
    "oldest": "Oldest first",
    "number": "Number",
    "tool": "Tool",
    "state": "State",
    "title": "Title",
}
SINCE = {"": "Any time", "1": "Last 24 hours", "7": "Last 7 days", "30": "Last 30 days"}


NUMBERS = re.compile(r"T3-\d{4}-\d{6}", re.ASCII)
QUERY_MOST = 5000
MOST_NUMBERS = 3000  # characters, so that an address stays one


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty means any. `numbers` of tickets, with commas between.

    `matching`: ids of the tickets that hold the `words`; None while nobody could look, then their titles are looked through.
    """

    tool: str = ""
    severity: str = ""
    state: str = ""
    team: str = ""
    facility: str = ""
    code: str = ""
    words: str = ""
    since: str = ""
    numbers: str = ""
    sort: str = ""
    matching: tuple[int, ...] | None = None

    @property
    def given(self) -> dict[str, str]:
        """The filters that are set, for addresses and for "all of them"."""
        return {name: value for name in GIVEN if (value := getattr(self, name))}

    @property
    def titles_only(self) -> bool:
        """The words were not looked for but in titles: good enough to look at, not to act on."""
        return bool(self.words) and self.matching is None

    def order(self, queue: str) -> str:
        """Without a choice what triage does first is what has the least time left, elsewhere what is most urgent."""
        return self.sort or ("left" if queue in TRIAGE_QUEUES else "urgent")

    def earliest(self, now: datetime) -> datetime | None:
        return now - timedelta(days=int(self.since)) if self.since else None


GIVEN = ("tool", "severity", "state", "team", "facility", "code", "words", "since", "numbers", "sort")


def read_filters(args: Mapping[str, str]) -> Filters:
    """From an address; what is no filter of ours, or no value of it, counts as not given."""
    given: dict[str, Any] = {name: " ".join(args.get(name, "").split())[:100] for name in GIVEN}
    given["numbers"] = ",".join(NUMBERS.findall(args.get("numbers", "")[:MOST_NUMBERS]))
    if given["state"] not in list(State):
        given["state"] = ""
    if given["since"] not in SINCE:
        given["since"] = ""
    if given["sort"] not in SORTS:
        given["sort"] = ""
    return Filters(**given)


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of a list: nothing that a person typed but the title."""

    number: str
    filed_at: datetime
    desk: str
    title: str
    tool: str
    team: str | None
    state: State
    severity: str
    snow_severity: str
    audience: str
    facilities: tuple[str, ...]
    error_code: str | None
    known_issue_id: str | None
    hold_reason: str | None = None
    follow_up_at: datetime | None = None
    taken_at: datetime | None = None
    due_at: datetime | None = None
    not_known: int = 0
    taken_by: int | None = None
    state_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tab:
    """One queue that this person may open, with how many tickets stand in it. `triage`: of Tier 3's own screen."""

    queue: str
    label: str
    heading: str
    count: int
    triage: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ticket was opened from: a queue with its filters, and the place in it, from 0."""

    queue: str
    filters: Filters
    at: int

    @property
    def args(self) -> dict[str, Any]:
        """For addresses that lead on in the same list; empty for a ticket that came from nowhere."""
        return {"queue": self.queue, **self.filters.given, "at": str(self.at)} if self.queue else {}


def all_open(queue: str, filters: Filters) -> bool:
    """Does this list hold open tickets only?"""
    if queue in TRIAGE_QUEUES:
        return queue != "privacy"
    return queue == "tell" or (shows_open(queue) and not filters.state)


def shows_open(queue: str) -> bool:
    """What is done stands in it only when its state is asked for."""
    return queue == "desk" or queue.startswith("team:")


def list_args(query: str) -> dict[str, Any]:
    """What the part of a list's address after "?" asks for, without whatever does not belong to a list."""
    given = dict(parse_qsl(query[:QUERY_MOST]))
    queue = given.get("queue", "")[:100]
    return {**({"queue": queue} if queue else {}), **read_filters(given).given}


def read_place(args: Mapping[str, str]) -> Place:
    return Place(args.get("queue", "")[:100], read_filters(args), whole_number(args.get("at")))


def go_on_at(numbers: Sequence[str], at: int, moved: Collection[str], *, undone: bool = False) -> int:
    """The place of the row to go on with: from `at`, where the first of them stood, the first that is not moved, else the last
    before. `undone`: the first that was put back. `numbers`: the list as it is now."""
    for place in range(0 if undone else at, len(numbers)):
        if (numbers[place] in moved) is undone:
            return place
    return max(0, min(at, len(numbers)) - 1)


@dataclass(frozen=True, slots=True)
class Untaken:
    """A Critical ticket that nobody has taken. `gone`: "18 min of 1 h gone"; `stage`: new, half (of its time is gone) or over."""

    number: str
    tool: str
    gone: str
    stage: str
    version: int


@dataclass(frozen=True, slots=True)
class Criticals:
    """The longest waiting, and how many there are. `seen` changes with every word of it."""

    shown: Sequence[Untaken]
    total: int
    seen: str
