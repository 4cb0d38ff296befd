"""The decision table: inputs that are asked, rules read from the top, examples that must come true.

Also front matter -> table. A table with any problem is no table: half a table would decide wrongly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from portal.core.problem import Problem
from portal.criteria.severity import Severity

NOT_SURE = "not_sure"
FOLLOWED = "followed"
"""The input that turns to `yes` when a runbook did not help, so that the rules are read again."""


class OutcomeKind(StrEnum):
    ESCALATE = "escalate"
    RESOLVE = "resolve"
    REDIRECT = "redirect"


@dataclass(frozen=True, slots=True)
class Fact:
    """An input that the call itself may supply. `choices`: id -> label."""

    label: str
    choices: Mapping[str, str]


FACTS: Mapping[str, Fact] = {
    "urgent": Fact(
        "Is any of this true?",
        {
            "no": "No",
            "harm": "Yes, someone could be harmed, go without medicine or miss care",
            "privacy": "Yes, somebody sees another person's information or is in their account",
            "both": "Both",
        },
    ),
    "audience": Fact(
        "Who has the problem?",
        {"veteran": "Veteran", "caregiver": "Caregiver or delegate", "staff": "VA staff"},
    ),
    "platform": Fact(
        "Where does it happen?",
        {
            "web": "VA.gov on a computer",
            "mobile_web": "VA.gov on a phone or tablet",
            "ios": "App on iPhone or iPad",
            "android": "App on Android",
            "staff_portal": "Staff portal",
        },
    ),
    "ehr": Fact(
        "Which health record does the facility use?", {"vista": "VistA", "oracle_health": "Oracle Health"}
    ),
    "migration_phase": Fact(
        "Is the facility moving to the new health record?",
        {
            "none": "No move near",
            "before": "Soon: warnings are shown",
            "during": "Now: the tool is blocked for the move",
            "after": "Just moved, up to 7 days ago",
        },
    ),
    "several_people": Fact("Are several people affected?", {"yes": "Yes", "no": "No, as far as we know"}),
    "desk": Fact(
        "Which desk has the call?",
        {
            "hrc": "Health Resource Center",
            "esd": "Enterprise Service Desk",
            "tier2": "Tier 2",
            "none": "No desk",
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Input:
    """`choices`: id -> label. `codes`: choice -> error codes that imply it. `fact`: a key of FACTS, or
    None.
    """

    id: str
    ask: str
    help: str
    choices: Mapping[str, str]
    codes: Mapping[str, tuple[str, ...]]
    fact: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    outcome: OutcomeKind
    because: str
    severity: Severity | None = None
    team: str | None = None
    runbook: str | None = None
    route: str | None = None
    collect: tuple[str, ...] = ()

    @property
    def end(self) -> tuple[str | None, ...]:
        """What makes two outcomes the same for the caller; the reason and the facts to collect may differ."""
        return (self.outcome, self.severity, self.team, self.runbook, self.route)


@dataclass(frozen=True, slots=True)
class Rule:
    """`when`: input -> condition, in the order written; empty fits everything. Conditions: operators.py."""

    id: str
    when: Mapping[str, tuple[str, ...]]
    then: Outcome


@dataclass(frozen=True, slots=True)
class Example:
    """`expect`: any of outcome (or `undecided`), rule, severity, team, runbook, route."""

    name: str
    given: Mapping[str, str]
    expect: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """Hit policy first: the first rule that fits decides. `tool` is None exactly where `applies_always`."""

    id: str
    title: str
    applies_always: bool
    tool: str | None
    sub_areas: tuple[str, ...]
    inputs: tuple[Input, ...]
    rules: tuple[Rule, ...]
    examples: tuple[Example, ...]
    kept: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)  # see space_of

    def input(self, input_id: str) -> Input:
        return next(one for one in self.inputs if one.id == input_id)

    def conditions(self, when: Mapping[str, tuple[str, ...]]) -> list[str]:
        """What must be so, in words: an answer that says nothing by itself has its question before it."""
        found = []
        for input_id, wanted in when.items():
            one = self.input(input_id)
            labels = [one.choices[choice] for choice in wanted]
            alone = min(len(label.split()) for label in labels) > 1 and not {"yes", "no"}.intersection(wanted)
            said = " or ".join(label.removeprefix("Yes, ") if alone else label for label in labels)
            found.append(said if alone else f"{one.ask or one.id} {said}")
        return found


EXPECTED = ("outcome", "rule", "severity", "team", "runbook", "route")
# outcome -> what `then` must name, what it may name
THEN: Mapping[OutcomeKind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    OutcomeKind.ESCALATE: (("severity",), ("team", "collect")),
    OutcomeKind.RESOLVE: (("runbook",), ()),
    OutcomeKind.REDIRECT: (("route",), ()),
}


def normal_code(code: str) -> str:
    """`sm 98`, `SM-98` and `SM98` are one code."""
    return re.sub(r"[\s_-]+", "", code).upper()


def nearest_line(lines: Mapping[str, int] | None, key: str) -> int | None:
    """The line of `key`, or of the closest key that it lies in: what is missing has no line of its own."""
    while key and lines:
        if key in lines:
            return lines[key]
        key = re.sub(r"(^|\.)[^.\[\]]*$|\[\d+\]$", "", key)
    return None


def parse_table(
    front_matter: Mapping[str, object], lines: Mapping[str, int] | None = None, file: str = ""
) -> tuple[DecisionTable | None, list[Problem]]:
    """The table, or None and why. Other keys of the article are left alone. `lines`: key path -> line."""
    reader = _Reader(file, lines)
    always = reader.text(front_matter, "applies", "", needed=False)
    tool = reader.text(front_matter, "tool", "", needed=False)
    sub_areas = reader.texts(front_matter.get("sub_areas") or (), "sub_areas")
    if always not in ("", "always"):
        reader.wrong("applies", f"can only be always, not '{always}'")
    elif bool(always) == bool(tool):
        reader.wrong("tool", "choose one tool, or every tool (applies: always), and not both")
    if sub_areas and not tool:
        reader.wrong("sub_areas", "only a table for a tool has sub-areas")
    inputs = [reader.input(*item) for item in reader.items(front_matter.get("inputs"), "inputs")]
    known = {one.id: one for one in inputs}
    rules = [reader.rule(*item, known) for item in reader.items(front_matter.get("rules"), "rules")]
    examples = [
        reader.example(*item, known) for item in reader.items(front_matter.get("examples"), "examples")
    ]
    if not front_matter.get("rules"):
        reader.wrong("rules", "a table has at least one rule")
    for key, ids in (
        ("inputs", [one.id for one in inputs]),
        ("rules", [rule.id if rule else "" for rule in rules]),
    ):
        for position, name in enumerate(ids):
            if name and name in ids[:position]:
                reader.wrong(f"{key}[{position}].id", f"'{name}' is used twice")
    table = DecisionTable(
        reader.text(front_matter, "id", ""),
        reader.text(front_matter, "title", ""),
        bool(always),
        tool or None,
        sub_areas,
        tuple(inputs),
        tuple(rule for rule in rules if rule),
        tuple(examples),
    )
    return (None if reader.problems else table), reader.problems


class _Reader:
    """Reads plain data of any shape and notes what is wrong with it; each method gives something usable
    back.
    """

    def __init__(self, file: str, lines: Mapping[str, int] | None) -> None:
        self.file, self.lines = file, lines
        self.problems: list[Problem] = []

    def wrong(self, key: str, message: str) -> None:
        self.problems.append(Problem(self.file, key, message, nearest_line(self.lines, key)))

    def word(self, value: object, key: str) -> str:
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, str | int | float | date):
            return str(value).strip()
        self.wrong(key, "needs a word or a text here")
        return ""

    def text(self, given: Mapping[str, object], name: str, at: str, *, needed: bool = True) -> str:
        key = f"{at}.{name}" if at else name
        if given.get(name) not in (None, ""):
            return self.word(given[name], key)
        if needed:
            self.wrong(key, "is missing")
        return ""

    def texts(self, value: object, key: str) -> tuple[str, ...]:
        """One word or a list of words; a word that stands twice is kept once."""
        if not isinstance(value, list | tuple):
            value = [value]
        return tuple(dict.fromkeys(self.word(one, f"{key}[{i}]") for i, one in enumerate(value)))

    def mapping(self, given: Mapping[str, object], name: str, at: str) -> dict[str, object]:
        value = given.get(name) if given.get(name) is not None else {}
        if isinstance(value, Mapping):
            return {self.word(key, f"{at}.{name}"): one for key, one in value.items()}
        self.wrong(f"{at}.{name}", "needs keys with values here")
        return {}

    def items(self, value: object, key: str) -> list[tuple[dict[str, object], str]]:
        """Each mapping of a list, with its key path."""
        if not isinstance(value, list | tuple | None):
            self.wrong(key, "needs a list here")
            return []
        found = []
        for position, one in enumerate(value or ()):
            at = f"{key}[{position}]"
            if isinstance(one, Mapping):
                found.append(({self.word(name, at): content for name, content in one.items()}, at))
            else:
                self.wrong(at, "needs keys with values here")
        return found

    def only(self, given: Mapping[str, object], allowed: Sequence[str], at: str) -> None:
        for name in given:
            if name not in allowed:
                self.wrong(f"{at}.{name}", f"is not known here; known are {', '.join(allowed)}")

    def one_of(self, value: str, allowed: Mapping[str, object], key: str, what: str) -> None:
        if value not in allowed:
            self.wrong(key, f"'{value}' is not {what} ({', '.join(allowed) or 'there are none'})")

    def input(self, given: dict[str, object], at: str) -> Input:
        fact = self.text(given, "fact", at, needed=False)
        self.only(given, ("id", "fact", "codes") if fact else ("id", "ask", "help", "choices", "codes"), at)
        if fact:
            self.one_of(fact, FACTS, f"{at}.fact", "a fact")
            ask, choices = (FACTS[fact].label, dict(FACTS[fact].choices)) if fact in FACTS else ("", {})
        else:
            ask = self.text(given, "ask", at)
            labels = self.mapping(given, "choices", at)
            choices = {choice: self.text(labels, choice, f"{at}.choices") for choice in labels}
            if len(choices) < 2:
                self.wrong(f"{at}.choices", "a question needs at least two choices")
            for choice in choices:
                if choice == NOT_SURE or not re.fullmatch(r"[a-z0-9_-]+", choice):
                    self.wrong(f"{at}.choices", f"'{choice}' cannot be the id of a choice")
        codes = {}
        for choice, listed in self.mapping(given, "codes", at).items():
            self.one_of(choice, choices, f"{at}.codes.{choice}", "a choice of this question")
            codes[choice] = tuple(normal_code(code) for code in self.texts(listed, f"{at}.codes.{choice}"))
        name = self.text(given, "id", at)
        if name and not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
            self.wrong(f"{at}.id", f"'{name}' cannot be the id of an input")
        return Input(name, ask, self.text(given, "help", at, needed=False), choices, codes, fact or None)

    def answers(
        self, given: Mapping[str, object], name: str, at: str, known: Mapping[str, Input]
    ) -> dict[str, tuple[str, ...]]:
        """Choices per input, each of them checked."""
        found = {}
        for input_id, value in self.mapping(given, name, at).items():
            key = f"{at}.{name}.{input_id}"
            found[input_id] = self.texts(value, key)
            self.one_of(input_id, known, key, "an input of this table")
            for choice in found[input_id] if input_id in known else ():
                if not (name == "given" and choice == NOT_SURE):
                    self.one_of(choice, known[input_id].choices, key, "a choice of this input")
        return found

    def rule(self, given: dict[str, object], at: str, known: Mapping[str, Input]) -> Rule | None:
        self.only(given, ("id", "when", "then"), at)
        when = self.answers(given, "when", at, known)
        for input_id, wanted in when.items():
            if not wanted:
                self.wrong(f"{at}.when.{input_id}", "names no choice")
        then = self.outcome(self.mapping(given, "then", at), f"{at}.then")
        name = self.text(given, "id", at)
        return Rule(name, when, then) if then else None

    def outcome(self, then: dict[str, object], at: str) -> Outcome | None:
        kind = self.text(then, "outcome", at)
        if kind not in THEN:
            if kind:
                self.one_of(kind, {one: one for one in OutcomeKind}, f"{at}.outcome", "an outcome")
            return None
        needs, may = THEN[OutcomeKind(kind)]
        self.only(then, ("outcome", "because", *needs, *may), at)
        told = {
            name: self.text(then, name, at, needed=name in needs)
            for name in ("severity", "team", "runbook", "route")
        }
        if told["severity"]:
            self.one_of(told["severity"], {one: one for one in Severity}, f"{at}.severity", "a severity")
        return Outcome(
            OutcomeKind(kind),
            self.text(then, "because", at),
            Severity(told["severity"]) if told["severity"] in list(Severity) else None,
            told["team"] or None,
            told["runbook"] or None,
            told["route"] or None,
            self.texts(then.get("collect") or (), f"{at}.collect"),
        )

    def example(self, given: dict[str, object], at: str, known: Mapping[str, Input]) -> Example:
        self.only(given, ("name", "given", "expect"), at)
        answers = self.answers(given, "given", at, known)
        for input_id, choices in answers.items():
            if len(choices) != 1:
                self.wrong(f"{at}.given.{input_id}", "an example gives one answer")
        expect = self.mapping(given, "expect", at)
        self.only(expect, EXPECTED, f"{at}.expect")
        if not expect:
            self.wrong(f"{at}.expect", "says nothing that could come true")
        return Example(
            self.text(given, "name", at),
            {input_id: choices[0] for input_id, choices in answers.items() if choices},
            {name: self.text(expect, name, f"{at}.expect") for name in expect},
        )
