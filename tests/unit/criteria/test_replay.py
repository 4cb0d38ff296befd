"""What a change of rules turns: exactly what reading every case the slow way finds."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from portal.criteria import replay
from portal.criteria.decide import UNDECIDED
from portal.criteria.replay import Case, what_if
from portal.criteria.severity import Severity
from portal.criteria.table import NOT_SURE, DecisionTable
from tests.unit.criteria.slow_reading import OUTCOMES, end_of, random_table

AT = datetime(2026, 11, 20, tzinfo=UTC)


def past(table: DecisionTable, seed: int, many: int = 60) -> list[Case]:
    """Answers as people leave them: some not given, some not sure, some of a question or a choice that is no more."""
    dice = random.Random(seed)
    cases = []
    for number in range(many):
        answers = {
            one.id: dice.choice([*one.choices, *one.choices, NOT_SURE, "gone"])
            for one in table.inputs
            if dice.random() < 0.8
        }
        cases.append(Case(number, AT, {**answers, "an_old_question": "yes"}))
    return cases


def changed_by_hand(old: DecisionTable, new: DecisionTable, cases: list[Case]) -> Counter[object]:
    ends = [(end_of(old, one.answers), end_of(new, one.answers), one.id) for one in cases]
    return Counter((before, after, id) for before, after, id in ends if before != after)


def as_counted(old: DecisionTable, new: DecisionTable, cases: list[Case]) -> Counter[object]:
    found: Counter[object] = Counter()
    for change in what_if(old, new, cases):
        before, after = (None if one.outcome == UNDECIDED else one.end for one in (change.old, change.new))
        if not change.ends_alike:
            found.update((before, after, case.id) for case in change.cases)
    return found


@pytest.mark.parametrize("seed", range(40))
def test_same_table_changes_nothing(seed: int) -> None:
    table = random_table(seed)
    assert what_if(table, table, past(table, seed)) == []


@pytest.mark.parametrize("seed", range(60))
def test_planted_change_gives_exactly_the_cases_that_slow_reading_finds(seed: int) -> None:
    old, dice = random_table(seed), random.Random(seed + 1000)
    rules = list(old.rules)
    place = dice.randrange(len(rules))
    planted = dice.choice(["then", "remove", "move", "input"])
    if planted == "then":
        rules[place] = replace(rules[place], then=dice.choice(OUTCOMES))
    elif planted == "remove":
        del rules[place]
    elif planted == "move":
        rules.insert(0, rules.pop(place))
    inputs = old.inputs
    if (
        planted == "input"
    ):  # a question goes: rules that ask it go with it, and its answers say nothing any more
        rules = [rule for rule in rules if inputs[0].id not in rule.when]
        inputs = inputs[1:]
    new = replace(old, inputs=inputs, rules=tuple(rules))
    cases = past(old, seed)
    assert as_counted(old, new, cases) == changed_by_hand(old, new, cases)


def test_groups_say_old_and_new_and_the_largest_comes_first(sm: DecisionTable) -> None:
    rules = list(sm.rules)
    rules[4] = replace(rules[4], then=replace(rules[4].then, severity=Severity.HIGH))
    rules[3] = replace(rules[3], then=replace(rules[3].then, runbook="another"))
    again = {"audience": "veteran", "shows": "error", "several": "no", "followed": "yes"}
    first = {**again, "followed": "no"}
    cases = [Case(n, AT, again if n % 3 else first) for n in range(9)]
    changes = what_if(sm, replace(sm, rules=tuple(rules)), cases)
    said = [(one.old.rule, one.old.severity, one.new.severity, one.new.runbook, one.size) for one in changes]
    assert said == [("single", "medium", "high", None, 6), ("try-first", None, None, "another", 3)]
    assert [case.id for case in changes[1].cases] == [0, 3, 6]


def test_another_rule_with_the_same_end_is_told_apart(sm: DecisionTable) -> None:
    renamed = replace(sm, rules=(*sm.rules[:4], replace(sm.rules[4], id="rest")))
    answers = {"audience": "veteran", "shows": "error", "several": "no", "followed": "yes"}
    (change,) = what_if(sm, renamed, [Case(1, AT, answers)])
    assert (change.old.rule, change.new.rule, change.ends_alike) == ("single", "rest", True)


def test_new_question_without_answer_leaves_a_case_undecided(sm: DecisionTable) -> None:
    asked = replace(sm.inputs[3], id="seen_before")
    rule = replace(sm.rules[4], id="new", when={"seen_before": ("yes",)}, then=sm.rules[0].then)
    new = replace(sm, inputs=(*sm.inputs, asked), rules=(*sm.rules[:4], rule, sm.rules[4]))
    answers = {"audience": "veteran", "shows": "error", "several": "no", "followed": "yes"}
    (change,) = what_if(sm, new, [Case(1, AT, answers), Case(2, AT, {**answers, "seen_before": "no"})])
    assert (change.is_now_undecided, [case.id for case in change.cases]) == (True, [1])


def test_same_answers_are_decided_once(sm: DecisionTable, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    slow = replay.verdict
    monkeypatch.setattr(replay, "verdict", lambda *given: asked.append(given) or slow(*given))
    kinds = past(sm, 1, 30)
    what_if(sm, replace(sm, rules=sm.rules[1:]), [kinds[n % 30] for n in range(10_000)])
    assert len(asked) <= 60
