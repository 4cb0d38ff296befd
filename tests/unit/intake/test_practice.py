from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from portal.criteria.severity import Severity
from portal.criteria.table import Example, parse_table
from portal.intake import practice
from portal.intake.practice import (
    Answer,
    Grade,
    PracticeCall,
    Tally,
    answer_of,
    answer_words,
    areas,
    calls_of,
    choose,
    compare,
    hardest,
    options,
)
from portal.knowledge.article import ArticleKind
from portal.knowledge.snapshot import Snapshot

SM = "sm-when-to-escalate"
TABLE, _ = parse_table(
    {
        "id": SM, "title": "Messages", "tool": "secure-messaging",
        "inputs": [
            {"id": "audience", "fact": "audience"},
            {"id": "shows", "ask": "What does the screen show?", "choices": {"blocked": "Blocked", "error": "An error"}},
            {"id": "asked", "ask": "Was the facility asked?", "choices": {"yes": "Yes", "no": "No"}},
        ],
        "rules": [
            {"id": "blocked", "when": {"shows": "blocked"},
             "then": {"outcome": "redirect", "route": "mhv-coordinator", "because": "The facility decides."}},
            *(
                {"id": runbook, "when": {"audience": audience, "asked": asked},
                 "then": {"outcome": "resolve", "runbook": runbook, "because": "It mostly helps."}}
                for runbook, audience, asked in (
                    ("sm-cannot-find-care-team", "veteran", "no"), ("sm-old-conversation", "veteran", "yes"),
                    ("sm-attachment-refused", "caregiver", "no"), ("sm-send-or-load-error", "caregiver", "yes"),
                )
            ),
            {"id": "rest", "then": {"outcome": "escalate", "severity": "high", "because": "Nothing else helps."}},
        ],
        "examples": [],
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def calls(snapshot: Snapshot) -> list[PracticeCall]:
    return calls_of(snapshot)


def a_call(snapshot: Snapshot, name: str, given: Mapping[str, str], article: str = SM) -> PracticeCall:
    """An example of the table above, which expects what no rule says."""
    assert TABLE is not None
    return PracticeCall(snapshot.articles[article], TABLE, Example(name, given, {"outcome": "resolve"}))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SM129 on reply, clinic says the person is on the team (K05)", "SM129 on reply, clinic says the person is on the team."),
        ("what does parked mean (K39)", "What does parked mean?"),
        ("whatever was tried failed", "Whatever was tried failed."),
        ("a popup (the new one) is shown", "A popup (the new one) is shown."),
        ("is it a scam?", "Is it a scam?"),
    ],
)  # fmt: skip
def test_the_name_of_an_example_becomes_a_sentence_without_its_number(
    name: str, words: str, snapshot: Snapshot
) -> None:
    assert a_call(snapshot, name, {}).words == words


def test_what_is_found_out_is_worded_as_the_intake_does_and_in_its_order(snapshot: Snapshot) -> None:
    call = a_call(snapshot, "x", {"shows": "blocked", "audience": "veteran", "asked": "not_sure"})
    assert call.found_out() == [
        ("Who has the problem?", "Veteran"),
        ("What does the screen show?", "Blocked"),
        ("Was the facility asked?", "Not sure"),
    ]


def test_what_is_right_is_what_the_rules_say_not_what_the_example_expects(snapshot: Snapshot) -> None:
    call = a_call(snapshot, "x", {"shows": "blocked"})
    assert call.example.expect == {"outcome": "resolve"}
    assert answer_of(call.decision()) == Answer("redirect", "mhv-coordinator")


@pytest.mark.parametrize(
    ("chosen", "decided", "grade"),
    [
        ("escalate:high", "escalate:high", Grade.RIGHT),
        ("escalate:low", "escalate:high", Grade.PARTLY),
        ("redirect:pharmacy", "redirect:care-team", Grade.PARTLY),
        ("resolve:rx-refill-late", "resolve:rx-explain-status", Grade.PARTLY),
        ("undecided", "undecided", Grade.RIGHT),
        ("undecided", "escalate:high", Grade.WRONG),
        ("resolve:rx-refill-late", "redirect:pharmacy", Grade.WRONG),
    ],
)
def test_an_answer_is_right_partly_or_not(chosen: str, decided: str, grade: Grade) -> None:
    assert compare(Answer.read(chosen), Answer.read(decided)) is grade


@pytest.mark.parametrize("written", ["escalate:high", "redirect:pharmacy", "undecided"])
def test_an_answer_is_written_as_it_is_read(written: str) -> None:
    assert str(Answer.read(written)) == written


def test_an_answer_is_named_as_the_page_offers_it(snapshot: Snapshot) -> None:
    def words(written: str) -> str:
        return answer_words(Answer.read(written), snapshot.catalogue.routes, snapshot.articles)

    assert words("escalate:high") == "Goes to Tier 3, High"
    assert words("redirect:pharmacy") == "Send it elsewhere: VA pharmacy"
    assert words("resolve:sm-cannot-find-care-team") == "Solve it with a runbook: I can't find my care team"
    assert words("redirect:gone") == "Send it elsewhere: gone"
    assert words("undecided") == "Not enough to decide"


def test_every_example_of_a_tool_is_a_call(snapshot: Snapshot, calls: list[PracticeCall]) -> None:
    wanted = {
        (article.id, example.name)
        for article in snapshot.of_kind(ArticleKind.CRITERIA)
        if article.table and article.tool
        for example in article.table.examples
    }
    assert wanted == {call.id for call in calls if call.article.tool}


def test_a_call_that_harm_and_privacy_do_not_concern_is_none(calls: list[PracticeCall]) -> None:
    always = [call for call in calls if call.article.table and call.article.table.applies_always]
    assert {str(call.decision().outcome) for call in always} == {"escalate"}
    assert {call.area for call in always} == {"always"}


def test_areas_are_those_that_have_calls_all_of_them_first(
    snapshot: Snapshot, calls: list[PracticeCall]
) -> None:
    found = areas(snapshot, [call for call in calls if call.area in ("medications", "always")])
    assert found == {
        "all": "All areas, mixed",
        "medications": "Medications",
        "always": "Harm, security and privacy",
    }


def test_the_same_seed_gives_the_same_round_and_another_one_another(calls: list[PracticeCall]) -> None:
    first = [call.id for call in choose(calls, 10, "a", {})]
    assert first == [call.id for call in choose(list(reversed(calls)), 10, "a", {})]
    assert first != [call.id for call in choose(calls, 10, "b", {})]
    assert len(set(first)) == 10


def test_a_round_is_as_long_as_there_are_calls(calls: list[PracticeCall]) -> None:
    assert len(choose(calls[:3], 20, "a", {})) == 3


def test_new_calls_come_before_missed_ones_and_those_before_what_was_right(
    calls: list[PracticeCall],
) -> None:
    new, missed, partly, right = calls[:4]
    latest = {missed.id: Grade.WRONG, partly.id: Grade.PARTLY, right.id: Grade.RIGHT}
    for seed in "abcdef":
        assert [call.id for call in choose(calls[:4], 1, seed, latest)] == [new.id]
        assert {call.id for call in choose(calls[:4], 3, seed, latest)} == {new.id, missed.id, partly.id}


def test_every_call_offers_four_of_each_and_what_is_right_among_them(
    snapshot: Snapshot, calls: list[PracticeCall]
) -> None:
    for call in calls:
        offered, right = options(call, snapshot, "seed"), answer_of(call.decision())
        assert len(set(offered.runbooks)) == len(set(offered.routes)) == 4, call.id
        assert not right.target or right.target in offered.of(right.outcome), call.id
        assert set(offered.runbooks) <= {a.id for a in snapshot.of_kind(ArticleKind.RUNBOOK)}, call.id


def test_the_choices_stand_alike_for_one_seed_and_what_is_right_has_no_place_of_its_own(
    snapshot: Snapshot,
) -> None:
    call = a_call(snapshot, "x", {"shows": "blocked"})
    shown = {seed: options(call, snapshot, seed).routes for seed in "abcdefghijkl"}
    assert shown["a"] == options(call, snapshot, "a").routes
    assert {routes.index("mhv-coordinator") for routes in shown.values()} == {0, 1, 2, 3}


def test_the_other_choices_are_those_the_same_rules_name(snapshot: Snapshot) -> None:
    call = a_call(snapshot, "x", {"shows": "error", "audience": "staff"})
    assert set(options(call, snapshot, "seed").runbooks) == {
        "sm-cannot-find-care-team",
        "sm-old-conversation",
        "sm-attachment-refused",
        "sm-send-or-load-error",
    }


def test_the_targets_of_an_outcome(snapshot: Snapshot) -> None:
    offered = options(a_call(snapshot, "x", {"shows": "blocked"}), snapshot, "seed")
    assert list(offered.of("escalate")) == ["critical", "high", "medium", "low"]
    assert offered.of("resolve") == offered.runbooks
    assert offered.of("redirect") == offered.routes
    assert not offered.of("undecided")
    assert not offered.of("nonsense")


# --- what owners see


def a_tally(call: PracticeCall, **values: int) -> Tally:
    given = {"answers": 6, "people": 4, "wrong": 2, "partly": 1, **values}
    return Tally(call.id, str(answer_of(call.decision())), **given)


def test_hardest_stands_first_and_partly_right_is_not_right(calls: list[PracticeCall]) -> None:
    easy, hard, tie = calls[:3]
    found = hardest(
        [a_tally(easy, wrong=1, partly=0), a_tally(hard), a_tally(tie, people=8, wrong=6, partly=0)], calls
    )
    assert [(call.id, tally.share) for call, tally in found] == [
        (tie.id, 0.75),
        (hard.id, 0.75),
        (easy.id, 0.25),
    ]


@pytest.mark.parametrize("few", [{"answers": 4}, {"people": 2}, {"wrong": 0, "partly": 0}])
def test_what_few_people_answered_or_nobody_missed_is_not_shown(
    few: dict[str, int], calls: list[PracticeCall]
) -> None:
    assert hardest([a_tally(calls[0])], calls)
    assert hardest([a_tally(calls[0], **few)], calls) == []


def test_answers_to_earlier_rules_and_to_calls_that_have_gone_are_not_shown(
    calls: list[PracticeCall],
) -> None:
    old = replace(a_tally(calls[0]), outcome=f"escalate:{Severity.LOW}:before")
    assert hardest([old], calls) == []
    assert hardest([a_tally(calls[0])], calls[1:]) == []


def test_a_call_named_like_a_word_for_authors_keeps_what_is_no_number() -> None:
    assert practice.NUMBER.sub("", "refill late (K33)") == "refill late"
    assert practice.NUMBER.sub("", "refill late (K2, twice)") == "refill late (K2, twice)"
