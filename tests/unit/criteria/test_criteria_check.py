from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from slow_reading import OUTCOMES, completions, first_match, random_table

from portal.criteria.cases import Space
from portal.criteria.check import Known, check, check_partition, gap, unreachable
from portal.criteria.table import DecisionTable, Input, Rule, parse_table

KNOWN = Known(
    articles=frozenset({"sm-send-or-load-error", "sm-when-to-escalate"}),
    runbooks=frozenset({"sm-send-or-load-error"}),
    routes=frozenset({"mhv-coordinator"}),
    teams=frozenset({"messaging"}),
    facts=frozenset({"alert_words", "occurred_at"}),
    codes=frozenset({"SM106", "SM119", "SM129", "SM151", "SM98", "SM99", "SM117"}),
)


def found(front_matter: dict[str, Any], known: Known = KNOWN) -> list[tuple[str, str]]:
    table, problems = parse_table(front_matter)
    assert problems == []
    assert table is not None
    return [(problem.key, problem.message) for problem in check(table, known)]


def test_the_table_of_secure_messaging_has_no_problem(sm_front_matter: dict[str, Any]) -> None:
    assert found(sm_front_matter) == []


def test_a_gap_is_shown_as_one_case_in_words(sm_front_matter: dict[str, Any]) -> None:
    del sm_front_matter["rules"][4], sm_front_matter["examples"][4]
    assert found(sm_front_matter) == [
        (
            "rules",
            'no rule fits this case: Who has the problem? "Veteran" · What does the screen show? "An error or code" · '
            'Are several people affected? "No, as far as we know" · '
            'Was the runbook followed to its end? "Yes, it did not help"',
        )
    ]


def test_a_table_that_applies_always_may_leave_cases_to_the_others(sm_front_matter: dict[str, Any]) -> None:
    del sm_front_matter["rules"][4], sm_front_matter["examples"][4], sm_front_matter["tool"]
    assert found({**sm_front_matter, "applies": "always"}) == []


def test_an_unreachable_rule_names_the_rules_that_take_its_cases(sm_front_matter: dict[str, Any]) -> None:
    late = {"id": "late", "when": {"shows": ["blocked", "error"], "several": "yes"}, "then": {**ROUTE}}
    sm_front_matter["rules"].insert(3, late)
    assert found(sm_front_matter) == [
        ("rules[3]", "'late' can never decide: all its cases are taken above by 'blocked-list', 'many'"),
        ("rules[3]", "no example ends at 'late'"),
    ]


ROUTE = {"outcome": "redirect", "route": "mhv-coordinator", "because": "It is theirs."}


def test_a_question_that_no_rule_asks_about_is_dead(sm_front_matter: dict[str, Any]) -> None:
    sm_front_matter["inputs"].append({"id": "ehr", "fact": "ehr"})
    assert found(sm_front_matter) == [("inputs[4]", "no rule asks about 'ehr'")]


def test_an_example_that_does_not_come_true_says_what_came_instead(sm_front_matter: dict[str, Any]) -> None:
    sm_front_matter["examples"][3]["expect"] = {"outcome": "escalate", "severity": "medium"}
    assert found(sm_front_matter) == [
        ("examples[3].expect.outcome", "'a first try' expects escalate and gets resolve by rule 'try-first'"),
        ("examples[3].expect.severity", "'a first try' expects medium and gets none by rule 'try-first'"),
    ]


def test_an_example_may_expect_that_nothing_is_decided(sm_front_matter: dict[str, Any]) -> None:
    given = {"audience": "veteran", "shows": "not_sure"}
    sm_front_matter["examples"].append(
        {"name": "a vague call", "given": given, "expect": {"outcome": "undecided"}}
    )
    assert found(sm_front_matter) == []


def test_a_rule_without_an_example_is_uncovered(sm_front_matter: dict[str, Any]) -> None:
    del sm_front_matter["examples"][2]
    assert found(sm_front_matter) == [("rules[2]", "no example ends at 'many'")]


def test_a_runbook_that_did_not_help_must_not_come_again(sm_front_matter: dict[str, Any]) -> None:
    sm_front_matter["rules"][3]["when"] = {"several": "no"}
    problems = found(sm_front_matter)
    assert (
        "rules[3]",
        "'try-first' still resolves when the runbook was followed and did not help",
    ) in problems


def test_a_table_that_resolves_asks_whether_the_runbook_was_followed(sm_front_matter: dict[str, Any]) -> None:
    del sm_front_matter["inputs"][3], sm_front_matter["rules"][3]["when"]
    for example in sm_front_matter["examples"]:
        del example["given"]["followed"]
    problems = found(sm_front_matter)
    assert (
        "rules[3]",
        "'try-first' resolves, so the table needs a question 'followed' with the answer yes",
    ) in problems


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            lambda table: table["rules"][3]["then"].update(runbook="gone"),
            ("rules[3].then.runbook", "'gone' is no article"),
        ),
        (
            lambda table: table["rules"][3]["then"].update(runbook="sm-when-to-escalate"),
            ("rules[3].then.runbook", "'sm-when-to-escalate' is no runbook"),
        ),
        (
            lambda table: table["rules"][1]["then"].update(route="gone"),
            ("rules[1].then.route", "'gone' is no route of the catalogue"),
        ),
        (
            lambda table: table["rules"][0]["then"].update(team="gone"),
            ("rules[0].then.team", "'gone' is no team of the catalogue"),
        ),
        (
            lambda table: table["rules"][4]["then"].update(collect=["occurred_at", "gone"]),
            ("rules[4].then.collect", "'gone' is no ticket fact"),
        ),
        (
            lambda table: table["inputs"][1]["codes"].update(nothing=["sm 1"]),
            ("inputs[1].codes.nothing", "'SM1' is no error code"),
        ),
        (
            lambda table: table["inputs"][1]["codes"].update(nothing=["SM98"]),
            ("inputs[1].codes.nothing", "'SM98' stands under two choices"),
        ),
    ],
)
def test_a_name_that_leads_nowhere_is_a_problem(
    sm_front_matter: dict[str, Any], change: Callable[[dict[str, Any]], None], problem: tuple[str, str]
) -> None:
    change(sm_front_matter)
    assert problem in found(sm_front_matter)


def test_a_problem_of_the_check_carries_file_and_line(sm: DecisionTable) -> None:
    problem = check(
        sm, Known(*[frozenset()] * 6), "criteria/sm.md", {"rules[1].then.route": 31, "rules": 18}
    )[0]
    assert (
        str(problem)
        == "criteria/sm.md:31: rules[1].then.route: 'mhv-coordinator' is no route of the catalogue"
    )


@pytest.mark.parametrize("chunk", range(8))
def test_gaps_and_unreachable_rules_are_those_that_listing_every_case_finds(chunk: int) -> None:
    for seed in range(chunk * 20, (chunk + 1) * 20):
        table = random_table(seed, rules=4 + seed % 7, mentioned=1 + seed % 3)
        deciding = [first_match(table, case) for case in completions(table, {})]
        missing = gap(table)
        assert (missing is None) == (None not in deciding)
        if missing is not None:
            assert {first_match(table, case) for case in completions(table, missing)} == {None}
        covered = unreachable(table)
        assert [rule for rule, _ in covered] == [rule for rule in table.rules if rule not in deciding]
        for rule, takers in covered:
            own = [
                case
                for case in completions(table, {})
                if all(case[name] in wanted for name, wanted in rule.when.items())
            ]
            above = DecisionTable("above", "", False, "a-tool", (), table.inputs, tuple(takers), ())
            assert all(first_match(above, case) for case in own)


@pytest.mark.parametrize(("mentioned", "wanted"), [(2, 3), (3, 1), (3, 4), (4, 5)])
def test_a_table_with_two_billion_cases_takes_few_steps(
    monkeypatch: pytest.MonkeyPatch, mentioned: int, wanted: int
) -> None:
    dice = random.Random(5)
    inputs = tuple(Input(f"q{i}", "Q?", "", {f"c{k}": f"C{k}" for k in range(6)}, {}) for i in range(12))
    rules = []
    for number in range(60):
        chosen = dice.sample(inputs, mentioned)
        when = {one.id: tuple(dice.sample(list(one.choices), wanted)) for one in chosen}
        rules.append(Rule(f"r{number}", when, dice.choice(OUTCOMES)))
    table = DecisionTable("large", "", False, "a-tool", (), inputs, tuple(rules), ())
    looked_up = Space._at
    steps = 0

    def counted(space: Space, place: int, bits: int) -> tuple[int, int]:
        nonlocal steps
        steps += 1
        return looked_up(space, place, bits)

    monkeypatch.setattr(Space, "_at", counted)
    check(table, KNOWN)
    assert steps < 60_000


def part(table_id: str, *sub_areas: str, tool: str = "messaging") -> DecisionTable:
    return DecisionTable(table_id, "", False, tool, sub_areas, (), (), ())


TOOLS = {"messaging": {"folders": "Folders", "sending": "Send a message"}, "records": {}}
WIDE = "decides for the whole tool already: choose the parts that this one decides for"
ONE_OF = "take it out of one of them (a table that names no part decides for whatever no other table names)"


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ([part("all")], []),
        ([part("a", "folders"), part("b", "sending"), part("r", tool="records")], []),
        ([part("wide"), part("a", "folders")], []),  # the wide one decides for the rest
        ([part("wide"), part("a", "folders", "sending")], []),  # and for calls that name no part
        (
            [part("a", "folders")],
            [
                "no table decides for “Send a message”: name it in one of them, or let one name no part at all, "
                "which then decides for the rest"
            ],
        ),
        (
            [part("a", "folders", "sending"), part("b", "sending"), part("wide")],
            [
                f"“Send a message” is decided by 'b' too: {ONE_OF}",
                f"“Send a message” is decided by 'a' too: {ONE_OF}",
            ],
        ),
        ([part("a"), part("b"), part("c", "folders")], [f"'b' {WIDE}", f"'a' {WIDE}"]),
        ([part("a", "folders", "sending", "drafts")], ["'drafts' is no sub-area of 'messaging'"]),
        ([part("a", tool="pharmacy")], ["'pharmacy' is no tool of the catalogue"]),
    ],
)
def test_the_tables_of_a_tool_share_out_its_sub_areas(
    tables: list[DecisionTable], expected: list[str]
) -> None:
    problems = check_partition({f"{table.id}.md": table for table in tables}, TOOLS)
    assert [problem.message for problem in problems] == expected
