"""Exports of the two case systems: columns by any of their names, encodings, dates, and what is refused with line and column."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from portal.core.errors import Invalid
from portal.criteria.severity import Severity
from portal.tickets.exported import Exported, Refusal, read_export
from portal.tickets.ticket import Reference, State
from tests.unit.tickets.made import CATALOGUE

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HRC = "Record #,Title,Description,Entered Queue,Status Reason,Area,Sub Area\r\n"
SNOW = "number,short_description,description,opened_at,state,priority,location,closed_at\r\n"


def read(text: str | bytes, source: str = "hrc") -> list[Exported | Refusal]:
    data = text.encode() if isinstance(text, str) else text
    zone = ZoneInfo("America/New_York")
    return list(read_export(data, source, CATALOGUE, {"668": None}, zone, NOW))


def one(text: str | bytes, source: str = "hrc") -> Exported:
    (row,) = read(text, source)
    assert isinstance(row, Exported), row
    return row


def test_a_record_of_dynamics() -> None:
    row = one(
        HRC
        + '1234567,Reply fails,"Line one\r\nline two, with ""quotes""",11/20/2026 2:05 PM,In Progress,Medications,\r\n'
    )
    assert row.reference == Reference("hrc", "1234567")
    assert row.description == 'Line one\r\nline two, with "quotes"'
    assert row.opened_at == datetime(2026, 11, 20, 19, 5, tzinfo=UTC)
    assert (row.tool, row.end, row.their_state, row.severity, row.privacy) == (
        "rx",
        None,
        "in progress",
        None,
        False,
    )


def test_an_incident_of_servicenow() -> None:
    cells = (
        "INC0123456,Pool is empty,,2026-11-03 09:00:00,Closed,2 - High,Spokane (668),2026-11-04 09:00:00\r\n"
    )
    row = one(SNOW + cells, "snow")
    assert row.reference == Reference("snow", "INC0123456")
    assert (row.end, row.ended_at) == (State.CLOSED, datetime(2026, 11, 4, 14, tzinfo=UTC))
    assert (row.severity, row.facility) == (Severity.HIGH, "668")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(encoding: str, delimiter: str) -> None:
    cells = [
        ["Case Number", "Subject", "Created On"],
        ["1234567", "Caf\u00e9 page fails", "2026-11-20 14:05"],
    ]
    text = "\n".join(delimiter.join(row) for row in cells)
    assert one(text.encode(encoding)).title == "Caf\u00e9 page fails"


def test_security_and_privacy_are_seen_in_area_and_sub_area() -> None:
    rows = [
        f"123456{n},T,D,2026-11-20,New,{area}\r\n"
        for n, area in enumerate(("Security / Privacy,", "Messaging,Privacy"))
    ]
    assert [row.privacy for row in read(HRC + "".join(rows)) if isinstance(row, Exported)] == [True, True]


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("none,T,D,2026-11-20,New,,", "Record #", "Enter an HRC or INC number, for example HRC 1234567"),
        ("INC0123456,T,D,2026-11-20,New,,", "Record #", "it is a number of the other system"),
        ("1234567, ,D,2026-11-20,New,,", "Title", "it is empty"),
        ("1234567,T,D,soon,New,,", "Entered Queue", "it is no date and time that is known"),
        ("1234567,T,D,2027-01-01,New,,", "Entered Queue", "it lies in the future"),
        ("1234567,T,D,2026-11-20,Resolved,,", "", "it is resolved and does not say since when"),
        ("1234567,T,D", "", "it has 3 cells, the first line has 7"),
    ],
)  # fmt: skip
def test_what_is_refused_says_line_column_and_reason(row: str, column: str, reason: str) -> None:
    good = '7654321,"Two\r\nlines",D,2026-11-20,New,,\r\n'
    found = read(HRC + good + row + "\r\n")
    assert isinstance(found[0], Exported)
    assert found[1] == Refusal(4, column, reason)  # the good one takes the lines 2 and 3


def test_a_record_that_stands_twice_is_taken_once() -> None:
    row = "1234567,T,D,2026-11-20,New,,\r\n"
    assert read(HRC + row + row)[1] == Refusal(3, "Record #", "the same record stands in line 2")


def test_an_end_before_the_beginning_is_refused() -> None:
    found = read(SNOW + "INC0123456,T,D,2026-11-20 09:00:00,Closed,,,2026-11-19 09:00:00\r\n", "snow")
    assert found == [Refusal(2, "closed_at", "it is no date and time between the opening and today")]


def test_no_such_export_is_refused_as_a_whole() -> None:
    with pytest.raises(Invalid, match=r"Columns are missing\. reference: one of record,"):
        read("Name,Age\r\nx,1\r\n")
    with pytest.raises(Invalid, match="this is no CSV"):
        read(HRC + '1234567,"never closed')
