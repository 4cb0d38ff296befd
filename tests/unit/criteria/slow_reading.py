"""Small random tables, and the rules read the slow and obvious way: every case listed. What the engine must agree with."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping

from portal.criteria.severity import Severity
from portal.criteria.table import NOT_SURE, DecisionTable, Input, Outcome, OutcomeKind, Rule

OUTCOMES = (
    Outcome(OutcomeKind.ESCALATE, "it is bad", severity=Severity.HIGH),
    Outcome(OutcomeKind.ESCALATE, "it is middling", severity=Severity.MEDIUM),
    Outcome(OutcomeKind.REDIRECT, "not ours", route="elsewhere"),
    Outcome(OutcomeKind.RESOLVE, "there is a way", runbook="a-way"),
)


def random_table(
    seed: int, *, inputs: int = 4, choices: int = 3, rules: int = 6, mentioned: int = 3
) -> DecisionTable:
    """The same table for the same seed. Every second one ends in a rule that fits everything."""
    dice = random.Random(seed)
    asked = tuple(
        Input(
            f"q{i}",
            f"Question {i}?",
            "",
            {f"c{k}": f"Choice {k}" for k in range(dice.randint(2, choices))},
            {},
        )
        for i in range(inputs)
    )
    written = []
    for number in range(rules):
        chosen = dice.sample(asked, dice.randint(1, min(mentioned, inputs)))
        when = {
            one.id: tuple(dice.sample(list(one.choices), dice.randint(1, len(one.choices) - 1)))
            for one in chosen
        }
        written.append(
            Rule(f"r{number}", {} if number == rules - 1 and seed % 2 else when, dice.choice(OUTCOMES))
        )
    return DecisionTable(f"t{seed}", "A table", False, "a-tool", (), asked, tuple(written), ())


def completions(table: DecisionTable, answers: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Every complete set of answers that these leave."""
    given = [
        [answers[one.id]] if answers.get(one.id) in one.choices else list(one.choices) for one in table.inputs
    ]
    for values in itertools.product(*given):
        yield dict(zip((one.id for one in table.inputs), values, strict=True))


def first_match(table: DecisionTable, case: Mapping[str, str]) -> Rule | None:
    return next(
        (rule for rule in table.rules if all(case[name] in wanted for name, wanted in rule.when.items())),
        None,
    )


def end_of(table: DecisionTable, answers: Mapping[str, str]) -> tuple[str | None, ...] | None:
    """How all completions end, or None when they differ or one of them has no rule."""
    found = [first_match(table, case) for case in completions(table, answers)]
    ends = {rule.then.end if rule else None for rule in found}
    return ends.pop() if len(ends) == 1 else None


def inputs_that_matter(table: DecisionTable, answers: Mapping[str, str]) -> set[str]:
    """Unanswered inputs that can change the decision, whatever else is answered; `not_sure` stays open in each of them."""
    open_ids = [one.id for one in table.inputs if answers.get(one.id) not in (NOT_SURE, *one.choices)]
    choices = [list(table.input(name).choices) for name in open_ids]
    ends = {
        values: end_of(table, {**answers, **dict(zip(open_ids, values, strict=True))})
        for values in itertools.product(*choices)
    }
    return {
        name
        for place, name in enumerate(open_ids)
        if any(
            ends[(*values[:place], other, *values[place + 1 :])] != end
            for values, end in ends.items()
            for other in choices[place]
        )
    }
