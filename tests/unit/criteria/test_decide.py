from __future__ import annotations

import random

import pytest
from slow_reading import completions, end_of, first_match, inputs_that_matter, random_table

from portal.criteria.decide import (
    Fit,
    decide,
    decide_all,
    derive_codes,
    derive_facts,
    explain,
    open_questions,
)
from portal.criteria.severity import Severity
from portal.criteria.table import NOT_SURE, DecisionTable, Input, Outcome, OutcomeKind, Rule

YES_NO = {"yes": "Yes", "no": "No"}


def a_table(table_id: str, *rules: Rule, always: bool = False, **more: object) -> DecisionTable:
    names = dict.fromkeys(name for rule in rules for name in rule.when)
    inputs = tuple(Input(name, f"{name}?", "", YES_NO, {}) for name in names)
    tool, sub_areas = more.get("tool", None if always else "a-tool"), more.get("sub_areas", ())
    return DecisionTable(table_id, table_id, always, tool, sub_areas, inputs, rules, ())  # type: ignore[arg-type]


def escalate(severity: str, **when: str) -> Rule:
    name = "-".join([severity, *when])
    outcome = Outcome(OutcomeKind.ESCALATE, f"because {name}", Severity(severity))
    return Rule(name, {key: (value,) for key, value in when.items()}, outcome)


def send_to(route: str, **when: str) -> Rule:
    outcome = Outcome(OutcomeKind.REDIRECT, f"goes to {route}", route=route)
    return Rule(route, {key: (value,) for key, value in when.items()}, outcome)


def random_answers(table: DecisionTable, seed: int) -> dict[str, str]:
    dice = random.Random(seed)
    given = {one.id: dice.choice([None, None, NOT_SURE, *one.choices]) for one in table.inputs}
    return {name: answer for name, answer in given.items() if answer}


def test_the_first_rule_that_fits_decides_and_gives_its_reason(sm: DecisionTable) -> None:
    decision = decide(sm, {"audience": "veteran", "shows": "error", "several": "no", "followed": "yes"})
    assert (decision.outcome, decision.severity, decision.because) == (
        "escalate",
        "medium",
        "The runbook did not help.",
    )
    assert decision.collect == ("alert_words", "occurred_at")
    assert decision.rule is not None
    assert decision.rule.id == "single"
    assert decision.next_question is None
    assert decision.open_rules == ()


def test_one_answer_decides_when_it_meets_the_first_rule(sm: DecisionTable) -> None:
    decision = decide(sm, {"audience": "staff"})
    assert (decision.outcome, decision.severity) == ("escalate", "high")


def test_a_call_with_known_facts_and_a_code_needs_one_question(sm: DecisionTable) -> None:
    answers = {"audience": "veteran", "several": "no", **derive_codes(sm, ["sm 98"])}
    decision = decide(sm, answers)
    assert decision.next_question is not None
    assert decision.next_question.id == "followed"
    assert decide(sm, {**answers, "followed": "no"}).runbook == "sm-send-or-load-error"


def test_questions_come_in_the_order_of_the_rules(sm: DecisionTable) -> None:
    answers: dict[str, str] = {}
    asked = []
    while question := decide(sm, answers).next_question:
        asked.append(question.id)
        answers[question.id] = {"audience": "veteran", "shows": "nothing", "several": "no", "followed": "no"}[
            question.id
        ]
    assert asked == ["audience", "shows", "several", "followed"]
    assert decide(sm, answers).outcome == "resolve"


def test_open_rule_above_does_not_block_when_every_completion_ends_alike(sm: DecisionTable) -> None:
    decision = decide(sm, {"shows": "error", "several": "yes"})
    assert (decision.outcome, decision.severity) == ("escalate", "high")
    assert decision.rule is not None
    assert decision.rule.id == "many"


def test_open_rule_above_with_another_end_blocks(sm: DecisionTable) -> None:
    decision = decide(sm, {"shows": "blocked"})
    assert decision.outcome == "undecided"
    assert decision.next_question is not None
    assert decision.next_question.id == "audience"
    assert [rule.id for rule in decision.open_rules] == ["staff-access", "blocked-list"]


def test_all_not_sure_asks_nothing_and_lists_what_is_still_open(sm: DecisionTable) -> None:
    decision = decide(sm, dict.fromkeys(["audience", "shows", "several", "followed"], NOT_SURE))
    assert decision.outcome == "undecided"
    assert decision.next_question is None
    assert decision.open_outcomes == ["escalate", "redirect", "resolve"]


def test_nothing_more_is_asked_when_no_answer_could_decide(sm: DecisionTable) -> None:
    decision = decide(sm, {"audience": NOT_SURE, "shows": "blocked"})
    assert decision.outcome == "undecided"
    assert decision.next_question is None
    assert decision.open_outcomes == ["escalate", "redirect"]


def test_a_question_is_asked_past_a_not_sure_that_it_can_make_irrelevant(sm: DecisionTable) -> None:
    decision = decide(sm, {"audience": NOT_SURE, "shows": "error"})
    assert decision.next_question is not None
    assert decision.next_question.id == "several"


def test_an_answer_that_is_no_choice_any_more_is_asked_again(sm: DecisionTable) -> None:
    decision = decide(sm, {"audience": "veteran", "shows": "purple"})
    assert decision.next_question is not None
    assert decision.next_question.id == "shows"


def test_a_case_that_no_rule_fits_is_undecided_with_nothing_open() -> None:
    decision = decide(a_table("t", escalate("critical", harm="yes")), {"harm": "no"})
    assert (decision.outcome, decision.next_question, decision.open_rules) == ("undecided", None, ())


def test_open_questions_begin_with_the_next_question_and_stop_at_the_limit(sm: DecisionTable) -> None:
    assert [one.id for one in open_questions(sm, {})] == ["audience", "shows", "several", "followed"]
    assert [one.id for one in open_questions(sm, {}, limit=2)] == ["audience", "shows"]
    assert open_questions(sm, {"audience": "staff"}) == []


@pytest.mark.parametrize("chunk", range(4))
def test_complete_answers_decide_as_the_first_match_does(chunk: int) -> None:
    for seed in range(chunk * 10, (chunk + 1) * 10):
        table = random_table(seed)
        for case in completions(table, {}):
            rule = first_match(table, case)
            decision = decide(table, case)
            assert decision.rule == rule
            assert decision.outcome == (rule.then.outcome if rule else "undecided")


@pytest.mark.parametrize("chunk", range(8))
def test_a_case_is_decided_and_asked_exactly_as_the_slow_reading_says(chunk: int) -> None:
    for seed in range(chunk * 20, (chunk + 1) * 20):
        table = random_table(seed)
        answers = random_answers(table, seed)
        decision, end = decide(table, answers), end_of(table, answers)
        matter = inputs_that_matter(table, answers)
        if end:
            assert decision.rule is not None
            assert decision.rule.then.end == end
            assert open_questions(table, answers) == []
        else:
            assert decision.outcome == "undecided"
            assert (decision.next_question is None) == (not matter)
            assert decision.next_question is None or decision.next_question.id in matter
            assert {one.id for one in open_questions(table, answers)} <= matter
            assert list(decision.open_rules) == [
                rule
                for rule in table.rules
                if rule in [first_match(table, case) for case in completions(table, answers)]
            ]


def test_explain_says_of_each_rule_what_ruled_it_out_or_is_still_open(sm: DecisionTable) -> None:
    traces = {trace.rule.id: trace for trace in explain(sm, {"audience": "veteran", "shows": "error"})}
    assert [trace.fit for trace in traces.values()] == [
        Fit.DOES_NOT_FIT,
        Fit.DOES_NOT_FIT,
        Fit.STILL_OPEN,
        Fit.STILL_OPEN,
        Fit.FITS,
    ]
    assert traces["staff-access"].ruled_out_by == (sm.input("audience"), "veteran")
    assert traces["many"].met == (sm.input("shows"),)
    assert traces["many"].open == (sm.input("several"),)


def test_explain_leaves_a_not_sure_open(sm: DecisionTable) -> None:
    trace = explain(sm, {"audience": NOT_SURE})[0]
    assert (trace.fit, trace.open) == (Fit.STILL_OPEN, (sm.input("audience"),))


@pytest.mark.parametrize("code", ["SM106", "sm 106", "SM-106"])
def test_a_code_answers_the_question_it_stands_under(sm: DecisionTable, code: str) -> None:
    assert derive_codes(sm, [code]) == {"shows": "blocked"}


def test_codes_that_disagree_leave_the_question_open(sm: DecisionTable) -> None:
    assert derive_codes(sm, ["SM106", "SM98"]) == {}
    assert derive_codes(sm, ["SM99", "SM98"]) == {"shows": "error"}
    assert derive_codes(sm, ["801"]) == {}


def test_facts_of_the_call_answer_the_inputs_that_name_them(sm: DecisionTable) -> None:
    facts = {"several_people": "yes", "audience": "caregiver", "platform": "ios"}
    assert derive_facts(sm, facts) == {"audience": "caregiver", "several": "yes"}


SAFETY = a_table("safety", escalate("critical", harm="yes"), always=True)
PRIVACY = a_table("privacy", escalate("high", seen="yes"), always=True)
TOOL = a_table("tool", escalate("medium", broken="yes"), send_to("pharmacy"))


@pytest.mark.parametrize(
    ("answers", "outcome", "severity", "decided_by"),
    [
        ({"harm": "yes", "seen": "no", "broken": "no"}, "escalate", "critical", "safety"),
        ({"harm": "no", "seen": "yes", "broken": "no"}, "escalate", "high", "privacy"),
        ({"harm": "yes", "seen": "yes"}, "escalate", "critical", "safety"),
        ({"harm": "no", "seen": "no", "broken": "yes"}, "escalate", "medium", "tool"),
        ({"harm": "no", "seen": "no", "broken": "no"}, "redirect", None, "tool"),
    ],
)
def test_tables_that_always_apply_run_before_the_table_of_the_tool(
    answers: dict[str, str], outcome: str, severity: str | None, decided_by: str
) -> None:
    decision, table = decide_all([SAFETY, PRIVACY], TOOL, answers)
    assert (decision.outcome, decision.severity) == (outcome, severity)
    assert table is not None
    assert table.id == decided_by


def test_the_first_escalate_keeps_its_reason_and_takes_the_higher_severity() -> None:
    decision, table = decide_all([PRIVACY, SAFETY], TOOL, {"harm": "yes", "seen": "yes"})
    assert (decision.severity, decision.because, table) == ("critical", "because high-seen", PRIVACY)


def test_a_table_that_always_applies_is_asked_first() -> None:
    decision, table = decide_all([SAFETY], TOOL, {"broken": "yes"})
    assert decision.next_question is not None
    assert (decision.next_question.id, table) == ("harm", SAFETY)


def test_a_case_is_not_sent_away_while_harm_is_unknown() -> None:
    decision, table = decide_all([SAFETY], TOOL, {"harm": NOT_SURE, "broken": "no"})
    assert (decision.outcome, decision.next_question, table) == ("undecided", None, SAFETY)
    decision, table = decide_all([SAFETY], TOOL, {"harm": NOT_SURE, "broken": "yes"})
    assert (decision.outcome, table) == ("escalate", TOOL)


def test_no_table_with_anything_to_say_gives_undecided_and_no_table() -> None:
    decision, table = decide_all([SAFETY], None, {"harm": "no"})
    assert (decision.outcome, table) == ("undecided", None)
