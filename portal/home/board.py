"""The known-issue board as a reader's caller needs it: filtered by where the caller is and what they use; as a file. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from portal.criteria.table import FACTS
from portal.home.gather import BoardRow
from portal.intake.case import stations
from portal.knowledge.article import KnownIssue
from portal.knowledge.catalogue import Facility
from portal.knowledge.snapshot import Snapshot

CSV_HEAD = (
    "id", "title", "nature", "status", "tool", "since", "fixed", "signs", "codes", "say", "facilities", "health record",
    "platforms", "callers today", "callers in all", "last report (UTC)",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BoardFilters:
    """Empty means any. `facility`: as typed, a station or a name."""

    tool: str = ""
    facility: str = ""
    ehr: str = ""
    platform: str = ""

    @property
    def given(self) -> dict[str, str]:
        """Those that are set, for addresses."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name))}


def read_filters(args: Mapping[str, str], snapshot: Snapshot) -> BoardFilters:
    """From an address; what is no value of ours counts as not given."""

    def one_of(name: str, choices: Collection[str]) -> str:
        return value if (value := args.get(name, "")) in choices else ""

    return BoardFilters(
        one_of("tool", snapshot.catalogue.tools),
        " ".join(args.get("facility", "")[:80].split()),
        one_of("ehr", FACTS["ehr"].choices),
        one_of("platform", FACTS["platform"].choices),
    )


def fitting(rows: Sequence[BoardRow], filters: BoardFilters, snapshot: Snapshot) -> list[BoardRow]:
    """What can be the caller's: an issue that names no facility, record or platform may be met with any."""
    places = stations(filters.facility, snapshot.facilities)
    records = {snapshot.facilities[place].ehr for place in places if place in snapshot.facilities} - {""}
    if filters.ehr:
        records = {filters.ehr}

    def fits(row: BoardRow) -> bool:
        issue = row.article.known_issue
        return (
            issue is not None
            and filters.tool in ("", row.article.tool)
            and _meets(issue.facilities, places)
            and _meets(issue.ehr, records)
            and _meets(issue.platforms, [filters.platform] if filters.platform else ())
        )

    return [row for row in rows if fits(row)]


def windows_of(moving: Sequence[Facility], filters: BoardFilters, snapshot: Snapshot) -> list[Facility]:
    places = stations(filters.facility, snapshot.facilities)
    return [facility for facility in moving if _meets(places, [facility.station])]


def _meets(named: Collection[str], wanted: Collection[str]) -> bool:
    return not named or not wanted or not set(named).isdisjoint(wanted)


def filter_words(filters: BoardFilters, snapshot: Snapshot) -> list[str]:
    """Each filter that is set, as a reader calls it."""
    tool = snapshot.catalogue.tools.get(filters.tool)
    places = [
        f"{snapshot.facilities[place].name} ({place})" if place in snapshot.facilities else place
        for place in stations(filters.facility, snapshot.facilities)
    ]
    kinds = (FACTS["ehr"].choices.get(filters.ehr), FACTS["platform"].choices.get(filters.platform))
    return [words for words in (tool.name if tool else "", *places, *kinds) if words]


def csv_rows(rows: Sequence[BoardRow], snapshot: Snapshot) -> list[tuple[object, ...]]:
    return [_csv_row(row, row.article.known_issue, snapshot) for row in rows if row.article.known_issue]


def _csv_row(row: BoardRow, issue: KnownIssue, snapshot: Snapshot) -> tuple[object, ...]:
    article, counts, tool = row.article, row.counts, snapshot.catalogue.tools.get(row.article.tool or "")
    last = f"{counts.last_at:%Y-%m-%d %H:%M}" if counts.last_at else ""

    def named(values: Sequence[str], fact: str) -> str:
        return ", ".join(FACTS[fact].choices.get(value, value) for value in values)

    return (
        article.id, article.title, issue.nature, issue.status or "", tool.name if tool else "", issue.since or "",
        issue.fixed or "", "; ".join(issue.symptoms), ", ".join(article.error_codes), issue.caller_text,
        ", ".join(issue.facilities), named(issue.ehr, "ehr"), named(issue.platforms, "platform"), counts.today, counts.total,
        last,
    )  # fmt: skip
