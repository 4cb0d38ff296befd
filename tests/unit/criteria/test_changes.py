"""What changed between two tables, sentence by sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from portal.criteria.changes import changes_in_words
from portal.criteria.severity import Severity
from portal.criteria.table import DecisionTable
from tests.unit.criteria.slow_reading import random_table


def with_rule(table: DecisionTable, place: int, **changes: Any) -> DecisionTable:
    rules = list(table.rules)
    rules[place] = replace(rules[place], **changes)
    return replace(table, rules=tuple(rules))


def in_order(table: DecisionTable, *places: int) -> DecisionTable:
    return replace(table, rules=tuple(table.rules[place] for place in places))


@pytest.mark.parametrize("seed", range(5))
def test_same_table_has_no_changes(seed: int) -> None:
    assert changes_in_words(random_table(seed), random_table(seed)) == []


def test_changed_rule_is_said_by_its_parts(sm: DecisionTable) -> None:
    many = sm.rules[2]
    new = with_rule(
        sm,
        2,
        then=replace(many.then, severity=Severity.CRITICAL, because="It spreads.", collect=("facility",)),
    )
    assert changes_in_words(sm, new) == [
        "rule many: severity high → critical",
        "rule many: because “More than one person is a systemic sign.” → “It spreads.”",
        "rule many: collect: facility added",
    ]
    assert changes_in_words(sm, with_rule(sm, 2, when={"shows": ("nothing",), "audience": ("veteran",)})) == [
        "rule many: when several yes → any",
        "rule many: when shows error or nothing → nothing",
        "rule many: when audience any → veteran",
    ]
    assert (
        changes_in_words(sm, with_rule(sm, 2, when={"shows": ("nothing", "error"), "several": ("yes",)}))
        == []
    )


def test_rules_added_removed_and_moved(sm: DecisionTable) -> None:
    assert changes_in_words(sm, in_order(sm, 0, 1, 3, 4)) == ["rule many removed"]
    assert changes_in_words(in_order(sm, 0, 1, 3, 4), sm) == ["rule many added above try-first"]
    assert changes_in_words(in_order(sm, 0, 1), in_order(sm, 0, 1, 4)) == ["rule single added at the end"]
    assert changes_in_words(sm, in_order(sm, 2, 0, 1, 3, 4)) == ["rule many moved above staff-access"]
    assert changes_in_words(sm, in_order(sm, 0, 2, 3, 4, 1)) == ["rule blocked-list moved to the end"]
    assert changes_in_words(sm, in_order(sm, 1, 0, 2, 3, 4)) == ["rule blocked-list moved above staff-access"]


def test_questions_and_examples(sm: DecisionTable) -> None:
    shows = sm.inputs[1]
    changed = replace(
        shows,
        ask="What is on the screen?",
        help="",
        choices={"error": "A code", "blocked": "Blocked or not connected", "frozen": "It hangs"},
        codes={**shows.codes, "blocked": ("SM106",)},
    )
    first = sm.examples[0]
    new = replace(
        sm,
        inputs=(sm.inputs[0], changed, *sm.inputs[2:]),
        examples=(
            replace(first, given={**first.given, "shows": "blocked"}, expect={"outcome": "redirect"}),
            *sm.examples[2:],
        ),
    )
    assert changes_in_words(sm, new) == [
        "question shows: asks “What does the screen show?” → “What is on the screen?”",
        "question shows: help “Let the caller read it.” → nothing",
        "question shows: codes of blocked: SM119 removed, SM129 removed, SM151 removed",
        "question shows: answer error “An error or code” → “A code”",
        "question shows: answer nothing removed",
        "question shows: answer frozen added, “It hangs”",
        "question shows: answers in another order: error, blocked, frozen",
        "example “a Veteran whose care team is greyed out” removed",
        "example “a member of staff”: given shows error → blocked",
        "example “a member of staff”: expects outcome escalate → redirect",
        "example “a member of staff”: expects severity high → nothing",
        "example “a member of staff”: expects rule staff-access → nothing",
    ]
