from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from portal.criteria.severity import Severity
from portal.criteria.table import FACTS, DecisionTable, OutcomeKind, nearest_line, normal_code, parse_table


def messages(front_matter: object) -> dict[str, str]:
    table, problems = parse_table(front_matter)  # type: ignore[arg-type]
    assert (table is None) == bool(problems)
    return {problem.key: problem.message for problem in problems}


def test_front_matter_becomes_a_table(sm: DecisionTable) -> None:
    assert (sm.id, sm.tool, sm.applies_always, sm.sub_areas) == (
        "sm-when-to-escalate",
        "secure-messaging",
        False,
        (),
    )
    assert [one.id for one in sm.inputs] == ["audience", "shows", "several", "followed"]
    assert sm.input("shows").codes["error"] == ("SM98", "SM99", "SM117")
    assert sm.rules[2].when == {"several": ("yes",), "shows": ("error", "nothing")}
    assert sm.rules[0].then.severity is Severity.HIGH
    assert sm.rules[3].then.outcome is OutcomeKind.RESOLVE
    assert sm.rules[4].when == {}
    assert sm.examples[1].expect == {"outcome": "redirect", "route": "mhv-coordinator"}


def test_conditions_of_a_rule_are_told_in_words(sm: DecisionTable) -> None:
    assert [sm.conditions(rule.when) for rule in sm.rules] == [
        ["VA staff"],
        ["Blocked or not connected"],
        ["Are several people affected? Yes", "An error or code or Nothing happens"],
        ["Was the runbook followed to its end? No"],
        [],
    ]


def test_a_fact_takes_label_and_choices_from_the_one_list(sm: DecisionTable) -> None:
    assert sm.input("several").ask == FACTS["several_people"].label
    assert list(sm.input("audience").choices) == ["veteran", "caregiver", "staff"]


def test_yes_no_numbers_and_dates_are_words_however_the_loader_reads_them(
    sm_front_matter: dict[str, Any],
) -> None:
    sm_front_matter["inputs"][3]["choices"] = {True: "Yes, it did not help", False: 404}
    sm_front_matter["inputs"][1]["codes"] = {"error": [801, "sm-98"]}
    sm_front_matter["rules"][3]["when"] = {"followed": False}
    sm_front_matter["title"] = date(2027, 3, 1)
    table, problems = parse_table(sm_front_matter)
    assert problems == []
    assert table is not None
    assert table.input("followed").choices == {"yes": "Yes, it did not help", "no": "404"}
    assert table.input("shows").codes == {"error": ("801", "SM98")}
    assert table.rules[3].when == {"followed": ("no",)}
    assert table.title == "2027-03-01"


def test_a_table_that_applies_always_has_no_tool(sm_front_matter: dict[str, Any]) -> None:
    sm_front_matter["applies"] = "always"
    assert messages(sm_front_matter) == {
        "tool": "choose one tool, or every tool (applies: always), and not both"
    }
    del sm_front_matter["tool"]
    table, _ = parse_table(sm_front_matter)
    assert table is not None
    assert (table.applies_always, table.tool) == (True, None)
    sm_front_matter["sub_areas"] = ["folders"]
    assert messages(sm_front_matter) == {"sub_areas": "only a table for a tool has sub-areas"}


@pytest.mark.parametrize(
    ("where", "value", "key", "message"),
    [
        (
            ("rules", 1, "when"),
            {"shows": "purple"},
            "rules[1].when.shows",
            "'purple' is not a choice of this input",
        ),
        (
            ("rules", 1, "when"),
            {"colour": "red"},
            "rules[1].when.colour",
            "'colour' is not an input of this table",
        ),
        (("rules", 1, "when"), {"shows": []}, "rules[1].when.shows", "names no choice"),
        (("rules", 1, "when"), ["shows"], "rules[1].when", "needs keys with values here"),
        (("rules", 0, "then", "severity"), None, "rules[0].then.severity", "is missing"),
        (("rules", 0, "then", "severity"), "urgent", "rules[0].then.severity", "'urgent' is not a severity"),
        (("rules", 0, "then", "route"), "coordinator", "rules[0].then.route", "is not known here"),
        (("rules", 0, "then", "outcome"), "ignore", "rules[0].then.outcome", "'ignore' is not an outcome"),
        (("rules", 0, "then", "outcome"), None, "rules[0].then.outcome", "is missing"),
        (("rules", 0, "then", "because"), "", "rules[0].then.because", "is missing"),
        (("rules", 1, "then", "route"), None, "rules[1].then.route", "is missing"),
        (("rules", 3, "then", "runbook"), None, "rules[3].then.runbook", "is missing"),
        (("rules", 1, "id"), "many", "rules[2].id", "'many' is used twice"),
        (("rules", 1, "if"), "x", "rules[1].if", "is not known here"),
        (("rules",), [], "rules", "a table has at least one rule"),
        (("rules",), "all", "rules", "needs a list here"),
        (("rules", 2), "all", "rules[2]", "needs keys with values here"),
        (("inputs", 0, "fact"), "weather", "inputs[0].fact", "'weather' is not a fact"),
        (("inputs", 0, "ask"), "Who?", "inputs[0].ask", "is not known here"),
        (("inputs", 1, "ask"), None, "inputs[1].ask", "is missing"),
        (
            ("inputs", 1, "id"),
            "What it shows",
            "inputs[1].id",
            "'What it shows' cannot be the id of an input",
        ),
        (
            ("inputs", 1, "codes"),
            {"gone": ["SM1"]},
            "inputs[1].codes.gone",
            "'gone' is not a choice of this question",
        ),
        (
            ("inputs", 3, "choices"),
            {"yes": "Yes"},
            "inputs[3].choices",
            "a question needs at least two choices",
        ),
        (
            ("inputs", 3, "choices", "not_sure"),
            "?",
            "inputs[3].choices",
            "'not_sure' cannot be the id of a choice",
        ),
        (
            ("examples", 0, "given", "shows"),
            "red",
            "examples[0].given.shows",
            "'red' is not a choice of this input",
        ),
        (("examples", 0, "given", "shows"), [], "examples[0].given.shows", "an example gives one answer"),
        (("examples", 0, "expect"), {}, "examples[0].expect", "says nothing that could come true"),
        (("examples", 0, "expect", "mood"), "good", "examples[0].expect.mood", "is not known here"),
        (("id",), None, "id", "is missing"),
        (("title",), {"a": 1}, "title", "needs a word or a text here"),
        (("applies",), "sometimes", "applies", "can only be always, not 'sometimes'"),
    ],
)
def test_a_mistake_is_named_by_its_key(
    sm_front_matter: dict[str, Any], where: tuple[Any, ...], value: object, key: str, message: str
) -> None:
    place: Any = sm_front_matter
    for step in where[:-1]:
        place = place[step]
    place[where[-1]] = value
    assert messages(sm_front_matter)[key].startswith(message)


@pytest.mark.parametrize(
    "key", ["id", "title", "tool", "applies", "sub_areas", "inputs", "rules", "examples"]
)
def test_no_shape_of_data_raises(sm_front_matter: dict[str, Any], key: str) -> None:
    for rubbish in (None, 7, "x", [], [None], [[]], {"a": {"b": None}}, {1: 2}, True):
        messages({**sm_front_matter, key: rubbish})
        for field in ("when", "then", "id"):
            messages({**sm_front_matter, "rules": [{"id": "r", "then": {}, field: rubbish}]})
        for field in ("choices", "codes", "fact", "ask"):
            messages({**sm_front_matter, "inputs": [{"id": "q", "ask": "Q?", field: rubbish}]})


def test_a_problem_carries_file_and_the_nearest_line(sm_front_matter: dict[str, Any]) -> None:
    del sm_front_matter["rules"][1]["then"]["route"]
    lines = {"rules": 18, "rules[1]": 22, "rules[1].then": 24}
    _, problems = parse_table(sm_front_matter, lines, "criteria/sm.md")
    assert [(problem.file, problem.line) for problem in problems] == [("criteria/sm.md", 24)]
    assert str(problems[0]) == "criteria/sm.md:24: rules[1].then.route: is missing"


def test_the_nearest_line_is_that_of_the_closest_key_around() -> None:
    lines = {"rules": 18, "rules[1]": 22}
    assert nearest_line(lines, "rules[1].when.shows") == 22
    assert nearest_line(lines, "rules[2].id") == 18
    assert nearest_line(lines, "title") is None
    assert nearest_line(None, "rules") is None


def test_a_code_is_the_same_however_it_is_typed() -> None:
    assert {normal_code(code) for code in ("SM98", "sm 98", "SM-98", " sm_98 ")} == {"SM98"}


def test_not_sure_is_no_choice_of_any_fact() -> None:
    assert all("not_sure" not in fact.choices for fact in FACTS.values())
