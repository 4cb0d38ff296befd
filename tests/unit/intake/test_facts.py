from datetime import UTC, datetime

import pytest

from portal.intake import facts
from portal.knowledge.snapshot import Snapshot

NOW = datetime(2026, 11, 21, 15, 42, tzinfo=UTC)
EAST = {"occurred_at-zone": "America/New_York"}


def ids(snapshot: Snapshot, **given: object) -> list[str]:
    values = {"collect": (), "minimum": (), "platform": "web", "known": (), "answers": {}, **given}
    return [fact.id for fact in facts.needed(snapshot.catalogue.facts, **values)]  # type: ignore[arg-type]


def test_a_web_case_asks_for_device_and_browser(snapshot: Snapshot) -> None:
    assert ids(snapshot) == ["occurred_at", "device", "browser", "steps", "expected", "tried"]


def test_an_app_case_asks_for_versions_instead(snapshot: Snapshot) -> None:
    assert ids(snapshot, platform="ios") == [
        "occurred_at", "app_version", "os_version", "works_on_web", "steps", "expected", "tried",
    ]  # fmt: skip


def test_facts_of_another_action_are_left_out(snapshot: Snapshot) -> None:
    minimum = snapshot.catalogue.tools["secure-messaging"].minimum_facts
    read = ids(snapshot, minimum=minimum, collect=("msg_where",), action="read", known=("facility",))
    assert read == ["occurred_at", "device", "browser", "msg_where", "steps", "expected", "tried"]
    reply = ids(snapshot, minimum=minimum, collect=("msg_where",), action="reply", known=("facility",))
    assert reply == [
        "occurred_at", "device", "browser", "care_team", "other_teams", "attachment", "steps", "expected", "tried",
    ]  # fmt: skip


def test_a_fact_that_makes_no_sense_with_an_answer_is_not_asked(snapshot: Snapshot) -> None:
    collect = ("rx_status_word", "facility")
    assert "rx_status_word" in ids(snapshot, collect=collect, answers={"about": "wrong"})
    assert "rx_status_word" not in ids(snapshot, collect=collect, answers={"about": "list"})


def test_a_question_that_asks_the_same_answers_the_fact(snapshot: Snapshot) -> None:
    wanted = [snapshot.catalogue.facts[id] for id in ("works_on_web", "pharmacy_called", "device")]
    answers = {"on_web": "yes", "pharmacy": "not_called"}
    assert facts.answered(wanted, answers) == {"works_on_web": "on_web"}
    answers = {"on_web": "not_sure", "pharmacy": "no_request"}
    assert facts.answered(wanted, answers) == {"works_on_web": "on_web", "pharmacy_called": "pharmacy"}


def test_what_facts_say_of_questions_is_true_of_the_rules(snapshot: Snapshot) -> None:
    tables = [article.table for article in snapshot.articles.values() if article.table]
    offered = {one.id: set(one.choices) for table in tables for one in table.inputs}
    for table in tables:
        for one in table.inputs:
            offered[one.id] |= set(one.choices)
    named = [fact for fact in snapshot.catalogue.facts.values() if fact.answered_by or fact.not_asked_if]
    assert len(named) >= 3
    for fact in named:
        for question in fact.answered_by:
            assert len(offered[question] & set(fact.choices)) >= 2, fact.id
        for question, no in fact.not_asked_if.items():
            assert set(no) <= offered[question], fact.id


def test_what_page_1_asked_is_not_asked_again(snapshot: Snapshot) -> None:
    assert not {"alert_words", "error_code"} & set(ids(snapshot, collect=("alert_words", "error_code")))


@pytest.mark.parametrize(
    ("fact", "values", "said"),
    [
        ("occurred_at", {}, 'Enter when it last happened, or press "Caller can\'t say"'),
        (
            "occurred_at",
            {"occurred_at": "today", "occurred_at-time": "23:00", **EAST},
            "The time is in the future",
        ),
        (
            "occurred_at",
            {"occurred_at": "earlier", **EAST},
            'Enter when it last happened, or press "Caller can\'t say"',
        ),
        (
            "occurred_at",
            {"occurred_at": "today", "occurred_at-time": "9:05", "occurred_at-zone": ""},
            "Select the time zone of the caller",
        ),
        ("occurred_at", {"occurred_at": "now", **EAST}, None),
        ("occurred_at", {"occurred_at": "today", "occurred_at-time": "9:05", **EAST}, None),
        ("app_version", {"app_version": "two"}, 'Enter a version like 2.41.0, or press "Caller can\'t say"'),
        ("app_version", {"app_version": "2.41.0"}, None),
        ("care_team", {}, "Enter the care team's name, or press \"Caller can't say\""),
        ("care_team", {"care_team": "x" * 121}, "Use at most 120 characters"),
        (
            "days_of_supply",
            {"days_of_supply": "-3"},
            'Enter the days that are left as a number, or press "Caller can\'t say"',
        ),
        ("days_of_supply", {"days_of_supply": "3"}, None),
        ("record_date", {"record_date": "2026-12-24"}, "The day is in the future"),
        (
            "attachment",
            {"attachment": "yes"},
            'Select whether a file was attached, or press "Caller can\'t say"',
        ),
        ("attachment", {"attachment": "yes", "attachment-type": "pdf", "attachment-size": "3.5"}, None),
        ("attachment", {"attachment": "no"}, None),
        ("device", {"device": "toaster"}, 'Select the device, or press "Caller can\'t say"'),
    ],
)
def test_what_is_wrong_with_an_answer(
    snapshot: Snapshot, fact: str, values: dict[str, str], said: str | None
) -> None:
    assert facts.problem(snapshot.catalogue.facts[fact], values, NOW) == said


@pytest.mark.parametrize(
    ("fact", "values", "said"),
    [
        ("occurred_at", {"occurred_at": "now", **EAST}, "Nov 21, 2026, 10:42 EST (during the call)"),
        (
            "occurred_at",
            {"occurred_at": "today", "occurred_at-time": "9:05", **EAST},
            "Nov 21, 2026, 09:05 EST",
        ),
        (
            "occurred_at",
            {"occurred_at": "earlier", "occurred_at-day": "2026-11-19", **EAST},
            "Nov 19, 2026 (time not known, EST)",
        ),
        ("browser", {"browser": "chrome", "browser-version": "141"}, "Chrome 141"),
        (
            "attachment",
            {"attachment": "yes", "attachment-type": "pdf", "attachment-size": "3.5"},
            "Yes: PDF, 3.5 MB",
        ),
        ("other_teams", {"other_teams": "not_tried"}, "Not tried"),
        ("record_date", {"record_date": "2026-11-03"}, "Nov 3, 2026"),
    ],
)
def test_how_an_answer_reads_on_the_ticket(
    snapshot: Snapshot, fact: str, values: dict[str, str], said: str
) -> None:
    assert facts.words(snapshot.catalogue.facts[fact], values, NOW) == said


def test_a_fact_the_caller_cannot_say_is_not_open(snapshot: Snapshot) -> None:
    fact = snapshot.catalogue.facts["care_team"]
    assert facts.is_open(fact, {}, [])
    assert not facts.is_open(fact, {}, ["care_team"])
