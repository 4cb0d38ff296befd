"""Answers in, decision out: the outcome, the next useful question, and what every rule says to the case.

An answer that is missing or `not_sure` is open. A case is decided as soon as every way of completing the open
answers ends alike (same outcome, severity, team, runbook and route); then nothing more is asked. Otherwise
the rules are read from the top: answers are supposed that make the topmost rule decide which still can, and
what this supposition can do without is dropped again. The decision depends on each input that remains, and
the first is asked: never a question in vain, in the order in which the author wrote the rules. `not_sure`
stays open and is not asked again. An answer that is no choice of the table any more counts as missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce

from portal.criteria.cases import Box, End, Space, first_bit, holds, narrowed, space_of, with_choices
from portal.criteria.operators import fits
from portal.criteria.severity import Severity, highest
from portal.criteria.table import FOLLOWED, NOT_SURE, DecisionTable, Input, OutcomeKind, Rule, normal_code

UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Decision:
    """`outcome` is an OutcomeKind or UNDECIDED. Undecided without `next_question`: nothing left to ask;
    `open_rules`, from the top, are those that may still decide. None of those either: the table has
    nothing to say to this case.
    """

    outcome: str
    rule: Rule | None = None
    because: str = ""
    severity: Severity | None = None
    team: str | None = None
    runbook: str | None = None
    route: str | None = None
    collect: tuple[str, ...] = ()
    next_question: Input | None = None
    open_rules: tuple[Rule, ...] = ()

    @property
    def open_outcomes(self) -> list[OutcomeKind]:
        """Without repeats, in the order of the rules."""
        return list(dict.fromkeys(rule.then.outcome for rule in self.open_rules))


class Fit(StrEnum):
    FITS = "fits"
    DOES_NOT_FIT = "does_not_fit"
    STILL_OPEN = "still_open"


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """One rule read by itself, whatever the rules above it say. `ruled_out_by`: the first input and choice
    against it.
    """

    rule: Rule
    fit: Fit
    met: tuple[Input, ...]
    open: tuple[Input, ...]
    ruled_out_by: tuple[Input, str] | None


def decide(table: DecisionTable, answers: Mapping[str, str]) -> Decision:
    space = space_of(table)
    box = space.box(answers)
    rule = settled_rule(space, box)
    if rule:
        then = rule.then
        return Decision(
            then.outcome, rule, then.because, then.severity, then.team, then.runbook, then.route, then.collect
        )
    deciding = [position for position, _ in space.deciding(box) if position is not None]
    question = next(_useful(space, box, _unsure(table, answers)), None)
    return Decision(
        UNDECIDED,
        next_question=table.inputs[question] if question is not None else None,
        open_rules=tuple(table.rules[position] for position in deciding),
    )


def settled_rule(space: Space, box: Box) -> Rule | None:
    """The rule that decides all cases of the box; None while they may still end differently, or without a rule."""
    found: list[int] = []
    for position, _ in space.deciding(box):
        if position is None or (found and space.end(position) != space.end(found[0])):
            return None
        found.append(position)
    # the rule that fits for certain stands last; without one, the topmost of those that end alike
    return space.table.rules[found[-1] if holds(space.takes[found[-1]], box) else found[0]]


def open_questions(table: DecisionTable, answers: Mapping[str, str], limit: int = 5) -> list[Input]:
    """Questions that can still change the outcome, the next one first: for a page that asks several at once.

    Which of them matter depends on the answers to the others, so the page decides again after them and may
    ask for more.
    """
    space = space_of(table)
    box = space.box(answers)
    if space.is_settled(box):
        return []
    useful = dict.fromkeys(_useful(space, box, _unsure(table, answers)))
    return [table.inputs[position] for position in useful][:limit]


def _unsure(table: DecisionTable, answers: Mapping[str, str]) -> frozenset[int]:
    """Open inputs that are not asked again."""
    return frozenset(place for place, one in enumerate(table.inputs) if answers.get(one.id) == NOT_SURE)


def _useful(space: Space, box: Box, unsure: frozenset[int]) -> Iterator[int]:
    """Inputs on which the decision depends, with repeats. None at all: no answers that can be given decide."""
    deciding = [(space.end(position), cases) for position, cases in space.deciding(box)]
    first_cases = dict(reversed(deciding))
    asked = Space(space.table, leaving_out=unsure) if unsure else space
    for end in dict.fromkeys(end for end, _ in deciding if end):
        decided = _suppose(space, asked, unsure, end, box, 0, first_cases[end])
        if decided:
            yield from _needed(space, box, decided)
            break
    else:
        return
    for _, cases in deciding:
        decided = tuple(box[at] if at in unsure else first_bit(bits) for at, bits in enumerate(cases))
        if space.is_settled(decided):
            yield from _needed(space, box, decided)


def _suppose(
    space: Space, asked: Space, unsure: frozenset[int], end: End, box: Box, rivals: int, cases: Box
) -> Box | None:
    """Answers in `box`, outside what `rivals` take, that lead to `end` whatever the `unsure` inputs are.

    `asked` reads the rules without their conditions on `unsure`. For the unsure answers of `cases` some rule
    must bring about the end: each that can is tried, with the rules above it that end otherwise as rivals.
    If other unsure answers still end otherwise, those are the next `cases`; none comes up twice.
    """
    for position, takes in enumerate(space.takes):
        if any(place in unsure and not first_bit(cases[place]) & bits for place, bits in takes):
            continue
        if space.end(position) != end:
            rivals |= 1 << position
            continue
        part = narrowed(box, asked.takes[position])
        left = part and asked.left_over(part, rivals)
        if part and left:
            if not space.ending_otherwise(left, end):
                return left
            one = tuple(bits if at in unsure else first_bit(bits) for at, bits in enumerate(left))
            against = space.ending_otherwise(one, end)
            found = _suppose(space, asked, unsure, end, part, rivals, against) if against else one
            if found:
                return found
        if holds(asked.takes[position], box):
            break
    return None


def _needed(space: Space, box: Box, decided: Box) -> list[int]:
    """The inputs that `decided` cannot do without, beginning with those of the topmost rules.

    With any one of them open again the case would be undecided, so the decision depends on each.
    """
    order = list(dict.fromkeys(place for takes in space.takes for place, _ in takes))
    for place in reversed(order):
        wider = with_choices(decided, place, box[place])
        if space.is_settled(wider):
            decided = wider
    return [place for place in order if decided[place] != box[place]]


def explain(table: DecisionTable, answers: Mapping[str, str]) -> list[RuleTrace]:
    """Every rule, in table order."""
    traces = []
    for rule in table.rules:
        met, still_open, against = [], [], None
        for name, wanted in rule.when.items():
            one, answer = table.input(name), answers.get(name, NOT_SURE)
            if answer not in one.choices:
                still_open.append(one)
            elif fits(answer, wanted):
                met.append(one)
            else:
                against = against or (one, answer)
        fit = Fit.DOES_NOT_FIT if against else Fit.STILL_OPEN if still_open else Fit.FITS
        traces.append(RuleTrace(rule, fit, tuple(met), tuple(still_open), against))
    return traces


def derive_codes(table: DecisionTable, codes: Iterable[str]) -> dict[str, str]:
    """Answers that error codes imply, by input. Codes that imply different answers leave their input to be
    asked.
    """
    wanted = {normal_code(code) for code in codes}
    implied = {
        one.id: [choice for choice, listed in one.codes.items() if wanted.intersection(listed)]
        for one in table.inputs
    }
    return {name: choices[0] for name, choices in implied.items() if len(choices) == 1}


def derive_facts(table: DecisionTable, facts: Mapping[str, str]) -> dict[str, str]:
    """Answers that the facts of a call give, by input. `facts`: key of FACTS -> choice; others are left
    alone.
    """
    return {one.id: facts[one.fact] for one in table.inputs if one.fact and facts.get(one.fact)}


def not_followed(table: DecisionTable) -> dict[str, str]:
    """What holds until a runbook of this call ends with *Did not help*."""
    return {one.id: "no" for one in table.inputs if one.id == FOLLOWED and "no" in one.choices}


def decide_all(
    always: Sequence[DecisionTable], tool_table: DecisionTable | None, answers: Mapping[str, str]
) -> tuple[Decision, DecisionTable | None]:
    """The decision of a case and the table that made it; None where no table has anything to say.

    Tables that always apply are read first. The first escalate wins, with the highest severity that any of
    them gives. A question of an earlier table comes before what a later one says. An earlier table that stays
    open keeps a later one from sending the case away: undecided then.
    """
    tables = [*always, *([tool_table] if tool_table else [])]
    decisions = [(decide(table, answers), table) for table in tables]
    severities = [decision.severity for decision, _ in decisions if decision.severity]
    spoken = [pair for pair in decisions if pair[0].outcome != UNDECIDED or pair[0].open_rules]
    for decision, table in spoken:
        if decision.outcome == OutcomeKind.ESCALATE:
            return replace(decision, severity=reduce(highest, severities)), table
        if decision.next_question:
            return decision, table
    return spoken[0] if spoken else (Decision(UNDECIDED), None)
