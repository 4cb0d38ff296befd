"""Reports of one problem that were filed one by one come out as one group; different problems of one tool do not."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from portal.tickets.groups import Alike, alike

NOW = datetime(2026, 10, 6, 15, 0, tzinfo=UTC)
SYMPTOMS = Path(__file__).parents[2] / "data" / "symptoms_expected.yml"


def said(number: int, title: str, summary: str = "", **kw: Any) -> Alike:
    given: dict[str, Any] = {"at": NOW + timedelta(minutes=20 * number), "tool": "secure-messaging"}
    return Alike(**{"number": f"T3-2026-{number:06d}", "title": title, "summary": summary, **given, **kw})


ONE_DAY = [
    said(
        1,
        "SM - Send fails: message wont send just spins (web)",
        "The Veteran selects Send and the page only spins. The message is never sent.",
    ),
    said(
        2,
        "SM - Send fails: spinning wheel when sending a message (web, station 668)",
        "After Send a spinning wheel, message not sent. Happens since this morning.",
        facilities=("668",),
    ),
    said(
        3,
        "SM - Send fails: vet cant send message, it spins (Android app)",
        "Sending a message spins forever and the message is not sent.",
    ),
    said(
        4,
        "SM - Send fails: caller sends message and it keeps spinning (web)",
        "Message does not send, the page keeps spinning after Send is selected. Tried Edge and Chrome.",
    ),
    said(
        5,
        "SM - Send fails: secure message will not send (iOS app)",
        "Send spins and nothing is sent.",
        facilities=("541",),
    ),
]
OTHERS = [
    said(
        6,
        "SM - Find a care team: team missing (web)",
        "The facility says the team is assigned. It is not in the list of care teams.",
    ),
    said(
        7,
        "SM - Reply fails: SM98 (web, station 668)",
        "A reply to one care team fails each time.",
        code="SM98",
    ),
    said(
        8,
        "SM - Attach a file fails: picture does not attach (web)",
        "Select Attach file, choose a picture, and nothing is attached to the message.",
    ),
    said(9, "RX - List does not load (web)", "The list of medications does not load.", tool="medications"),
]


def numbers(*places: int) -> tuple[str, ...]:
    return tuple(f"T3-2026-{place:06d}" for place in places)


def test_five_near_identical_reports_of_a_day_are_one_group() -> None:
    (group,) = alike([*OTHERS, *ONE_DAY])
    assert group.numbers == numbers(1, 2, 3, 4, 5)
    assert group.tool == "secure-messaging"
    assert group.since == ONE_DAY[0].at
    assert group.facilities == ("541", "668")
    assert group.because == "words “send”, “fails”, “message”, “sent”, “spins”, 2 facilities"


def test_the_symptoms_of_the_help_desk_are_all_different_problems() -> None:
    rows = yaml.safe_load(SYMPTOMS.read_text(encoding="utf-8"))
    tickets = [
        said(place, row["says"], row.get("facts", ""), tool=row["call"].get("tool", ""), code=row["call"].get("code"))
        for place, row in enumerate(rows)
    ]  # fmt: skip
    same_code = {row["call"]["code"] for row in rows if row["call"].get("code")}
    assert [group for group in alike(tickets) if group.code not in same_code] == []


def test_the_same_code_of_a_tool_is_one_problem_however_it_is_written() -> None:
    tickets = [
        said(1, "SM - Reply fails: SM903", "The reply is not sent.", code="SM903", facilities=("668",)),
        said(
            2,
            "SM - Open messages fails: sm-903",
            "Inbox empty.",
            code="sm-903",
            facilities=("668",),
            ehr="vista",
        ),
        said(3, "SM - Reply fails: SM98", "The reply is not sent.", code="SM98"),
        said(4, "RX - Error", "Error 903 shows.", code="SM903", tool="medications"),
    ]
    (group,) = alike(tickets)
    assert group.numbers == numbers(1, 2)
    assert (group.code, group.because) == ("SM903", "code SM903, words “fails”, station 668")


def test_the_same_alert_is_one_problem_and_a_near_alert_is_not() -> None:
    alert = "We can't access your {} records right now"
    tickets = [
        said(1, "MR - Error (web)", "Opens the page, gets a box.", alert_words=alert.format("vaccine")),
        said(
            2,
            "MR - Error (iOS app)",
            "Shown after signing in again.",
            alert_words=alert.format("vaccine").upper(),
        ),
        said(3, "MR - Error (web)", "Nothing else on it.", alert_words=alert.format("allergy")),
    ]
    (group,) = alike(tickets)
    assert group.numbers == numbers(1, 2)
    assert group.because.endswith("the same alert")


def test_what_is_a_week_apart_is_not_drawn_together() -> None:
    late = [
        said(n, one.title, one.summary, at=one.at + timedelta(days=8)) for n, one in enumerate(ONE_DAY, 11)
    ]
    assert [len(group.numbers) for group in alike([*ONE_DAY, *late])] == [5, 5]
    assert alike([ONE_DAY[0], late[0]]) == []


def test_a_screen_shown_by_two_tools_takes_more_of_the_same_words() -> None:
    app = said(6, ONE_DAY[2].title, ONE_DAY[2].summary, tool="app")
    assert alike([ONE_DAY[2], app])[0].numbers == numbers(3, 6)
    assert alike([ONE_DAY[3], app]) == []


def test_nothing_is_no_group() -> None:
    assert alike([]) == []
    assert alike([ONE_DAY[0]]) == []
    assert alike([said(1, ""), said(2, "")]) == []


WORDS = ("send", "spins", "inbox", "label", "refill", "loads", "empty", "folder")
ANY_TICKETS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(WORDS), max_size=5),
        st.sampled_from((None, "SM98", "RX99")),
        st.sampled_from(("sm", "rx")),
        st.integers(0, 20),
    ),
    max_size=14,
)


@given(ANY_TICKETS, st.randoms(use_true_random=False))
def test_the_order_of_the_tickets_changes_nothing_and_none_is_in_two_groups(
    drawn: list[tuple[list[str], str | None, str, int]], chance: random.Random
) -> None:
    tickets = [
        said(place, " ".join(typed), code=code, tool=tool, at=NOW + timedelta(days=day))
        for place, (typed, code, tool, day) in enumerate(drawn)
    ]
    groups = alike(tickets)
    shuffled = list(tickets)
    chance.shuffle(shuffled)
    assert alike(shuffled) == groups
    grouped = [number for group in groups for number in group.numbers]
    assert len(grouped) == len(set(grouped))
    assert all(len(group.numbers) >= 2 for group in groups)


def test_five_hundred_open_tickets_take_a_moment() -> None:
    chance = random.Random(3)
    made = [f"word{n}" for n in range(850)]
    tickets = [
        said(
            n,
            " ".join(chance.choices(made, k=6)),
            " ".join(chance.choices(made, k=30)),
            tool=f"tool{n % 6}",
            at=NOW,
        )
        for n in range(500)
    ]
    alike(tickets)  # words are read once
    taken = []
    for _ in range(5):
        started = time.process_time()
        alike(tickets)
        taken.append(time.process_time() - started)
    assert min(taken) < 0.05
