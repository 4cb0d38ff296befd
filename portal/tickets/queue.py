"""Lists of tickets as values: which queue, which filters, which order. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.tickets.ticket import State

PAGE_SIZE = 50
SORTS = {
    "urgent": "Most urgent first",
    "newest": "Newest first",
    "oldest": "Oldest first",
    "number": "Number",
    "tool": "Tool",
    "state": "State",
    "title": "Title",
}
SINCE = {"": "Any time", "1": "Last 24 hours", "7": "Last 7 days", "30": "Last 30 days"}


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty means any. `words` are looked for in the title as they stand."""

    tool: str = ""
    severity: str = ""
    state: str = ""
    team: str = ""
    facility: str = ""
    code: str = ""
    words: str = ""
    since: str = ""
    sort: str = "urgent"

    @property
    def given(self) -> dict[str, str]:
        """The filters that are set, for addresses and for "all of them"."""
        pairs = ((name, getattr(self, name)) for name in self.__slots__)
        return {name: value for name, value in pairs if value and (name, value) != ("sort", "urgent")}

    def earliest(self, now: datetime) -> datetime | None:
        return now - timedelta(days=int(self.since)) if self.since else None


def read_filters(args: Mapping[str, str]) -> Filters:
    """From an address; what is no filter of ours, or no value of it, counts as not given."""
    given = {name: args.get(name, "").strip()[:100] for name in Filters.__slots__}
    if given["state"] not in list(State):
        given["state"] = ""
    if given["since"] not in SINCE:
        given["since"] = ""
    if given["sort"] not in SORTS:
        given["sort"] = "urgent"
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


@dataclass(frozen=True, slots=True)
class Tab:
    """One queue that this person may open, with how many tickets stand in it."""

    queue: str
    label: str
    heading: str
    count: int
