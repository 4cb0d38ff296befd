from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from portal.home.weekly import week_of
from portal.home.work_list import Item, Kind, Said, csv_rows, grouped, teams_of_words
from portal.knowledge.parse import parse_article, parse_catalogue
from tests.unit.knowledge import small_content

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def said(subject: str, hours: int, words: str = "") -> Said:
    return Said(subject, subject.upper(), words, AT + timedelta(hours=hours), "an-article")


def test_groups_count_since_the_last_decision_and_the_most_frequent_comes_first() -> None:
    rows = [
        said("a", 1, "old"),
        said("b", 1),
        said("a", 3, "new"),
        said("a", 2, "mid"),
        said("c", 4),
        said("a", 4, "new"),
    ]
    decided: Mapping[tuple[str, str], datetime] = {
        ("override", "a"): AT + timedelta(hours=1), ("miss", "b"): AT + timedelta(hours=9), ("override", "c"): AT,
    }  # fmt: skip
    items = grouped(Kind.OVERRIDE, rows, decided)
    assert [(item.subject, item.count, item.words) for item in items] == [
        ("a", 3, ("new", "mid")), ("c", 1, ()), ("b", 1, ()),
    ]  # fmt: skip
    assert items[0].at == AT + timedelta(hours=4)
    assert grouped(Kind.OVERRIDE, rows[:1], decided) == []


def test_a_search_belongs_to_the_team_whose_tool_it_names_else_to_all() -> None:
    catalogue, _ = parse_catalogue(small_content.FILES["catalogue.yml"].encode())
    assert catalogue is not None
    both: Any = SimpleNamespace(tools=catalogue.tools, teams={"messaging": 1, "another": 2})
    tool = catalogue.tools["secure-messaging"]
    assert teams_of_words(f"where is {tool.name.lower()} now", both) == {"messaging"}
    assert teams_of_words("flux capacitor", both) == {"messaging", "another"}


def test_what_an_accepted_item_writes_and_exports() -> None:
    item = Item(Kind.MISS, "read receipt?", "“read receipt?”", ("x", "y"), 2, AT)
    assert item.notes == ["Not found, 2 times: “read receipt?”: “x”; “y”"]
    assert item.anchor == "miss-read-receipt-"
    runbook, _ = parse_article("runbook/sm-send-error.md", small_content.RUNBOOK.encode(), "")
    assert runbook is not None
    assert csv_rows([item], [runbook], {"sm-send-error": "why"}) == [
        ("Not found", "“read receipt?”", 2, "2026-11-25 09:00Z", "", "x | y"),
        ("Read again", "A message cannot be sent", 1, "2027-02-18", "sm-send-error", "why"),
    ]


@pytest.mark.parametrize(
    ("day", "week"),
    [(date(2026, 11, 25), "2026-W48"), (date(2027, 1, 1), "2026-W53"), (date(2027, 1, 4), "2027-W01")],
)
def test_weeks_are_those_of_iso(day: date, week: str) -> None:
    assert week_of(day) == week
