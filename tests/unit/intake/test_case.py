from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from portal.intake.case import Case, read_case, stations
from portal.intake.record import Call, Record
from portal.intake.wizard import Step
from portal.knowledge.snapshot import Snapshot

NOW = datetime(2026, 11, 21, 15, 42, tzinfo=UTC)
RECORD = Record(
    id=789,
    owner=1,
    worker=None,
    desk="hrc",
    end=None,
    created_at=NOW,
    changed_at=NOW,
    handed_at=None,
    ended_at=None,
    urgent="no",
    text="Reply to the care team fails every time",
    alert_words="sm 99",
    call=Call(tool="secure-messaging", sub_area="reply", audience="veteran", platform="web", done=True),
    external_ref="",
    ref_later=False,
    answers={},
    facts={},
    not_known=(),
    ticked={},
    shown=(),
    refused=(),
    check={"issues_checked": True},
    outcome={},
)


def case(snapshot: Snapshot, others: int = 0, **changes: Any) -> Case:
    return read_case(replace(RECORD, **changes), snapshot, others=others, day=date(2026, 11, 21))


def test_what_is_derived_says_why(snapshot: Snapshot) -> None:
    said = {one.question.id: (one.label, one.because) for one in case(snapshot).derived}
    assert said["shows"] == ("An error or code", "from SM99")
    assert said["several"] == ("No, as far as we know", "0 other callers in 24 hours")


def test_an_answer_stands_above_what_was_derived(snapshot: Snapshot) -> None:
    read = case(snapshot, answers={"shows": "blocked"})
    assert read.answers["shows"] == "blocked"
    assert "shows" not in {one.question.id for one in read.derived}


def test_a_known_code_leaves_one_question(snapshot: Snapshot) -> None:
    read = case(snapshot)
    assert read.waiting is Step.QUESTIONS
    assert [one.id for one in read.questions(every=False)] == ["repeats"]
    assert case(snapshot, answers={"repeats": "yes"}).waiting is Step.FACTS


def test_another_caller_decides_without_a_question(snapshot: Snapshot) -> None:
    read = case(snapshot, others=1)
    assert (read.outcome, read.severity, read.waiting) == ("escalate", "high", Step.FACTS)


def test_the_action_comes_from_the_part_of_the_tool(snapshot: Snapshot) -> None:
    read = case(snapshot, answers={"repeats": "yes"})
    asked = [fact.id for fact in read.needed]
    assert read.action == "reply"
    assert "care_team" in asked
    assert "msg_where" not in asked


def test_a_tool_that_is_not_ours_goes_to_its_route(snapshot: Snapshot) -> None:
    read = case(snapshot, call=replace(RECORD.call, tool="appointments"))
    assert (read.outcome, read.route.id if read.route else "", read.waiting) == (
        "redirect",
        "uae-appointments",
        Step.ELSEWHERE,
    )


def test_a_tool_without_rules_waits_for_a_person(snapshot: Snapshot) -> None:
    others = {id: one for id, one in snapshot.articles.items() if id != "sm-staff-when-to-escalate"}
    snapshot = replace(snapshot, articles=others)
    read = case(
        snapshot, call=replace(RECORD.call, tool="sm-staff"), alert_words="", text="The inbox looks odd"
    )
    assert (read.outcome, read.waiting, read.questions(every=True)) == ("undecided", Step.QUESTIONS, [])
    assert (
        case(
            snapshot,
            call=replace(RECORD.call, tool="sm-staff"),
            check={"issues_checked": True, "triage": True},
        ).waiting
        is Step.FACTS
    )


def test_an_override_counts(snapshot: Snapshot) -> None:
    override = {"outcome": "redirect", "target": "care-team", "reason": "The clinic wants to be called"}
    read = case(snapshot, check={"issues_checked": True, "override": override})
    assert (read.waiting, read.because) == (Step.ELSEWHERE, "The clinic wants to be called")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("668", ("668",)),
        ("Spokane", ("668",)),
        ("station 541, walla walla", ("541", "687")),
        ("528A8; 668", ("528A8", "668")),
        ("a small clinic", ("a small clinic",)),
        ("", ()),
    ],
)
def test_stations_by_number_or_name(snapshot: Snapshot, typed: str, found: tuple[str, ...]) -> None:
    assert stations(typed, snapshot.facilities) == found


def asked_of(found: Case) -> set[str]:
    return {fact.id for fact in found.needed}


def test_a_rule_of_the_tool_says_what_is_needed_and_the_minimum_stands_in_where_none_does(
    snapshot: Snapshot,
) -> None:
    call = Call(tool="medications", audience="veteran", platform="web", facilities=("668",), done=True)
    changes: dict[str, Any] = {"call": call, "text": "The list does not load", "alert_words": ""}
    empty = case(snapshot, answers={"about": "list", "repeats": "yes"}, **changes)
    assert empty.outcome == "escalate"
    assert asked_of(empty) == {"occurred_at", "device", "browser", "steps", "expected", "tried"}
    minimum = set(snapshot.catalogue.tools["medications"].minimum_facts)
    assert minimum <= asked_of(case(snapshot, check={"issues_checked": True, "triage": True}, **changes))
    harm = case(snapshot, urgent="harm", **changes)  # decided by the rules for every tool
    assert minimum <= asked_of(harm)


def test_a_fact_is_filled_from_the_question_that_asks_the_same(snapshot: Snapshot) -> None:
    call = Call(tool="mobile-app", audience="veteran", platform="ios", done=True)
    answers = {"about": "crash", "on_web": "yes", "followed": "yes"}
    found = case(snapshot, call=call, text="The app closes", alert_words="", answers=answers)
    assert "works_on_web" not in asked_of(found)
    assert found.answered["works_on_web"][1] == "on_web"
