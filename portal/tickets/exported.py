"""CSV exports of HRC Dynamics and ServiceNow, read into rows: which column is which, dates, words of state and severity. Pure.

How either system names its columns is a setting of whoever exports, so each field has the names that we know of. Problems name
line, column and reason, never what stands in the cell.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from portal.core.errors import Invalid
from portal.criteria.severity import Severity
from portal.knowledge.catalogue import Catalogue
from portal.tickets.references import external_reference
from portal.tickets.ticket import Origin, Reference, State

TITLE_MOST, TEXT_MOST = 200, 20_000
# field -> names of its column, as `_plain` leaves them
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "reference": (
        "record",
        "record number",
        "case number",
        "ticket number",
        "number",
        "incident",
        "incident number",
    ),
    "title": ("title", "case title", "subject", "short description"),
    "description": ("description", "ticket description", "case description", "details"),
    "opened": ("entered queue", "opened", "opened at", "created on", "created", "sys created on"),
    "ended": ("closed", "closed at", "resolved", "resolved at", "resolved on", "closed on"),
    "state": ("status reason", "state", "status", "incident state"),
    "area": ("area", "category", "business service", "configuration item", "cmdb ci"),
    "sub_area": ("sub area", "subcategory"),
    "severity": ("severity", "priority"),
    "facility": ("facility", "station", "station number", "location"),
}
NEEDED = ("reference", "title", "opened")
SEVERITIES = {
    **{str(one): one for one in Severity}, "moderate": Severity.MEDIUM, "normal": Severity.MEDIUM, "planning": Severity.LOW,
    "1": Severity.CRITICAL, "2": Severity.HIGH, "3": Severity.MEDIUM, "4": Severity.LOW, "5": Severity.LOW,
}  # fmt: skip
ENDS = {
    "resolved": State.RESOLVED, "problem solved": State.RESOLVED, "closed": State.CLOSED, "closed complete": State.CLOSED,
    "canceled": State.WITHDRAWN, "cancelled": State.WITHDRAWN,
}  # fmt: skip  # any other word: it is open, and triage decides
FORMS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M",
    "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%Y-%m-%d", "%m/%d/%Y",
)  # fmt: skip
ORIGINS = {"hrc": Origin.HRC, "snow": Origin.SNOW}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that is left out: the line that it begins on, the column as the file names it, and why."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Exported:
    """A row as far as it is understood. `end` None: it is open there. `tool` empty: not said in words that we know."""

    line: int
    reference: Reference
    title: str
    description: str
    opened_at: datetime
    end: State | None
    ended_at: datetime | None
    their_state: str
    tool: str
    privacy: bool
    severity: Severity | None
    facility: str | None


def read_export(
    data: bytes, source: str, catalogue: Catalogue, stations: Container[str], zone: ZoneInfo, now: datetime
) -> Iterator[Exported | Refusal]:
    """In the order of the file. `source`: hrc or snow; `zone`: of times that name none. Raises Invalid for no such export."""
    text = _decoded(data)
    head = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    try:
        names = next(reader, [])
        file = _File(names, _columns(names), source, catalogue, stations, zone, now)
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                try:
                    yield file.row(line, cells)
                except _Wrong as wrong:
                    place = file.columns.get(wrong.field)
                    yield Refusal(line, "" if place is None else names[place], str(wrong))
            line = reader.line_num + 1
    except csv.Error as error:
        raise Invalid(f"Line {reader.line_num}: this is no CSV ({error}).") from error


def _decoded(data: bytes) -> str:
    """By its byte-order mark; else UTF-8, else the code page of Windows."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _plain(name: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", name.casefold()))


def _columns(names: list[str]) -> dict[str, int]:
    """Field -> place. The first name that we know wins; a file without one of NEEDED is refused as a whole."""
    plain = [_plain(name) for name in names]
    found = {
        name: plain.index(known[0])
        for name, wanted in COLUMNS.items()
        if (known := [one for one in wanted if one in plain])
    }
    missing = [name for name in NEEDED if name not in found]
    if missing:
        wanted = "; ".join(f"{name}: one of {', '.join(COLUMNS[name])}" for name in missing)
        raise Invalid(f"Columns are missing. {wanted}.")
    return found


class _Wrong(Exception):
    """A row does not fit, because of this field (or of none)."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True, slots=True)
class _File:
    """What the rows of one file share. `seen`: record -> its line."""

    names: list[str]
    columns: Mapping[str, int]
    source: str
    catalogue: Catalogue
    stations: Container[str]
    zone: ZoneInfo
    now: datetime
    seen: dict[str, int] = field(default_factory=dict)

    def row(self, line: int, cells: list[str]) -> Exported:
        """Raises _Wrong."""
        if len(cells) != len(self.names):
            raise _Wrong("", f"it has {len(cells)} cells, the first line has {len(self.names)}")
        given = {name: cells[place].strip() for name, place in self.columns.items()}
        reference = self._reference(given["reference"], line)
        if not given["title"]:
            raise _Wrong("title", "it is empty")
        opened = _time(given["opened"], self.zone)
        if opened is None or opened > self.now:
            raise _Wrong(
                "opened", "it lies in the future" if opened else "it is no date and time that is known"
            )
        end, ended_at = self._end(given, opened)
        area, sub_area = given.get("area", ""), given.get("sub_area", "")
        station = re.search(r"\b\d{3}[A-Z0-9]{0,2}\b", given.get("facility", "").upper())
        return Exported(
            line,
            reference,
            " ".join(given["title"].split())[:TITLE_MOST],
            given.get("description", "")[:TEXT_MOST],
            opened,
            end,
            ended_at,
            _plain(given.get("state", "")),
            _tool(area, self.catalogue) or _tool(sub_area, self.catalogue),
            bool(re.search(r"\b(?:security|privacy)\b", f"{area} {sub_area}", re.IGNORECASE)),
            _severity(given.get("severity", "")),
            station[0] if station and station[0] in self.stations else None,
        )

    def _reference(self, text: str, line: int) -> Reference:
        try:
            found = external_reference(text, self.catalogue, self.source)
        except Invalid as error:
            raise _Wrong("reference", next(iter(error.fields.values()))) from error
        if found.system != self.source:
            raise _Wrong("reference", "it is a number of the other system")
        if found.value in self.seen:
            raise _Wrong("reference", f"the same record stands in line {self.seen[found.value]}")
        self.seen[found.value] = line
        return found

    def _end(self, given: Mapping[str, str], opened: datetime) -> tuple[State | None, datetime | None]:
        """How and when it ended there; (None, None) when it is open."""
        state, ended = _plain(given.get("state", "")), _time(given.get("ended", ""), self.zone)
        if given.get("ended") and (ended is None or not opened <= ended <= self.now):
            raise _Wrong("ended", "it is no date and time between the opening and today")
        if state not in ENDS:
            return None, None
        if ended is None:
            raise _Wrong("ended", f"it is {state} and does not say since when")
        return ENDS[state], ended


def _time(text: str, zone: ZoneInfo) -> datetime | None:
    for form in FORMS:
        try:
            found = datetime.strptime(text, form)  # the zone is put to it here
        except ValueError:
            continue
        return found.replace(tzinfo=UTC if form.endswith("Z") else zone).astimezone(UTC)
    return None


def _severity(text: str) -> Severity | None:
    """ "1 - Critical", "High", "3"."""
    return next((SEVERITIES[word] for word in reversed(_plain(text).split()) if word in SEVERITIES), None)


def _tool(text: str, catalogue: Catalogue) -> str:
    """By its name or a word that callers use for it, the whole cell; empty when none or several fit."""
    wanted = _plain(text)
    fits = [
        tool.id
        for tool in catalogue.tools.values()
        if wanted and wanted in {_plain(name) for name in (tool.id, tool.name, tool.short, *tool.words)}
    ]
    exact = [id for id in fits if wanted in {_plain(id), _plain(catalogue.tools[id].name)}]
    return (exact or fits)[0] if len(exact or fits) == 1 else ""
