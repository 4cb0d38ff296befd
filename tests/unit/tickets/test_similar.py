"""How much two tickets are alike, and what is said about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from portal.tickets.groups import Alike
from portal.tickets.similar import likeness

NOW = datetime(2026, 10, 6, 15, 0, tzinfo=UTC)


def said(title: str, summary: str = "", **kw: Any) -> Alike:
    return Alike(
        **{"number": "T3-2026-000001", "at": NOW, "tool": "sm", "title": title, "summary": summary, **kw}
    )


def like(one: Alike, other: Alike) -> tuple[float, tuple[str, ...]]:
    return likeness(one, other, lambda _found: 1.0)


MINE = said(
    "SM - Reply fails: SM98 (web, station 668)", "The reply is not sent.", code="SM98", facilities=("668",)
)


def test_the_reasons_stand_in_words() -> None:
    other = said(
        "SM - Reply fails (iOS app)",
        "Reply stays and is never sent.",
        code="sm-98",
        facilities=("541", "668"),
        at=NOW - timedelta(days=2),
    )
    score, why = like(MINE, other)
    assert score > 1
    assert why == ("code sm-98", "words “fails”, “reply”, “sent”", "station 668", "2 days earlier")


def test_a_code_of_another_tool_and_few_words_are_nothing_in_common() -> None:
    assert like(MINE, said("RX - List empty", "No medication shows.", tool="rx", code="SM98")) == (0.0, ())
    assert like(MINE, said("SM - Attach a file", "The picture is too large.")) == (0.0, ())
    assert like(said(""), said("")) == (0.0, ())


def test_nearer_in_time_and_place_is_more_alike() -> None:
    same_day = said("SM - Reply fails", "The reply is not sent.", facilities=("668",))
    later = said("SM - Reply fails", "The reply is not sent.", at=NOW + timedelta(days=20))
    assert like(MINE, same_day)[0] > like(MINE, later)[0] > 0
    assert like(MINE, later)[1][-1] == "20 days later"
    assert like(MINE, said("SM - Reply fails", "The reply is not sent.", at=NOW + timedelta(days=90)))[1] == (
        "words “fails”, “reply”, “sent”",
    )


def test_a_rare_word_in_common_weighs_more_than_common_ones() -> None:
    weights = {"kaleidoscop": 8.0}
    mine = said("", "the kaleidoscope letter inbox page")
    rare = likeness(mine, said("", "kaleidoscope folder draft send"), lambda found: weights.get(found, 1.0))
    common = likeness(mine, said("", "letter folder draft send"), lambda found: weights.get(found, 1.0))
    assert rare[0] > common[0] == 0.0
