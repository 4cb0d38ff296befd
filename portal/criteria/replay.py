"""What a change of rules would have done: past cases decided by the table before and by the table after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from portal.criteria.cases import Space, space_of
from portal.criteria.decide import UNDECIDED, settled_rule
from portal.criteria.severity import Severity
from portal.criteria.table import DecisionTable


@dataclass(frozen=True, slots=True)
class Case:
    """A recorded decision: the answers that it was made on."""

    id: int
    at: datetime
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a table decides a case. `outcome` is an OutcomeKind or UNDECIDED, which has no rule."""

    outcome: str
    severity: Severity | None = None
    team: str | None = None
    runbook: str | None = None
    route: str | None = None
    rule: str | None = None

    @property
    def end(self) -> tuple[str | None, ...]:
        return (self.outcome, self.severity, self.team, self.runbook, self.route)


@dataclass(frozen=True, slots=True)
class Change:
    """Cases that both tables decide, but not alike. `cases` in the order in which they were given."""

    old: Verdict
    new: Verdict
    cases: tuple[Case, ...]

    @property
    def size(self) -> int:
        return len(self.cases)

    @property
    def ends_alike(self) -> bool:
        """Only the rule is another: nobody at the desk would have noticed."""
        return self.old.end == self.new.end

    @property
    def is_now_undecided(self) -> bool:
        return self.new.outcome == UNDECIDED


def what_if(old: DecisionTable, new: DecisionTable, cases: Iterable[Case]) -> list[Change]:
    """Every case that `new` decides otherwise than `old` does today; what ends otherwise first, large groups first.

    An answer that a table does not ask for says nothing to it, and a question without answer stays open, so a case may become
    undecided. Cases with the same answers are decided once.
    """
    asked = list(dict.fromkeys(one.id for table in (old, new) for one in table.inputs))
    spaces = space_of(old), space_of(new)
    known: dict[tuple[str | None, ...], tuple[Verdict, Verdict]] = {}
    found: dict[tuple[Verdict, Verdict], list[Case]] = {}
    for case in cases:
        key = tuple(case.answers.get(name) for name in asked)
        if key not in known:
            known[key] = verdict(spaces[0], case.answers), verdict(spaces[1], case.answers)
        if known[key][0] != known[key][1]:
            found.setdefault(known[key], []).append(case)
    changes = [Change(before, after, tuple(group)) for (before, after), group in found.items()]
    return sorted(changes, key=lambda one: (one.ends_alike, -one.size))


def verdict(space: Space, answers: Mapping[str, str]) -> Verdict:
    """As `decide` would end it, without looking for the next question."""
    rule = settled_rule(space, space.box(answers))
    if rule is None:
        return Verdict(UNDECIDED)
    then = rule.then
    return Verdict(then.outcome, then.severity, then.team, then.runbook, then.route, rule.id)
