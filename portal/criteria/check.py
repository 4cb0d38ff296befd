"""What is wrong with a table, said to its author with file, key and line: at save, in `content check`, in CI.

Gaps and unreachable rules are exact (cases.py), for any number of inputs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from portal.core.problem import Problem
from portal.criteria.cases import narrowed, space_of, with_choices
from portal.criteria.decide import decide
from portal.criteria.table import FOLLOWED, DecisionTable, OutcomeKind, Rule, nearest_line

READABLE = 8
"""As many rules as are worth sifting for those that are really needed to cover another."""


@dataclass(frozen=True, slots=True)
class Known:
    """Ids that a table may name, given by whoever has them. `facts` are ticket facts, for `collect`."""

    articles: frozenset[str]
    runbooks: frozenset[str]
    routes: frozenset[str]
    teams: frozenset[str]
    facts: frozenset[str]
    codes: frozenset[str]
    retired: frozenset[str] = frozenset()  # runbooks out of use, with no runbook in their place

    def holds(self, earlier: Known) -> bool:
        """Is everything that might be named before still there and in use? Then what was right is right."""
        more = (
            (self.articles, earlier.articles), (self.runbooks, earlier.runbooks), (self.routes, earlier.routes),
            (self.teams, earlier.teams), (self.facts, earlier.facts), (self.codes, earlier.codes),
            (earlier.retired, self.retired),
        )  # fmt: skip
        return all(now >= was for now, was in more)


def check(
    table: DecisionTable, known: Known, file: str = "", lines: Mapping[str, int] | None = None
) -> list[Problem]:
    """All problems of one table: first what decides wrongly, then examples, then dangling names."""
    found = [
        *_gaps(table),
        *_unreachable(table),
        *_no_way_back(table),
        *_dead_inputs(table),
        *_examples(table),
        *_dangling(table, known),
    ]
    return [Problem(file, key, message, nearest_line(lines, key)) for key, message in found]


def unreachable(table: DecisionTable) -> list[tuple[Rule, list[Rule]]]:
    """Rules that the rules above leave nothing to, in table order, each with some above that take all of it."""
    space, found = space_of(table), []
    for position, takes in enumerate(space.takes):
        own, takers = narrowed(space.box({}), takes), set[int]()
        if own is None or space.left_over(own, (1 << position) - 1, takers):
            continue
        for one in sorted(takers) if len(takers) <= READABLE else ():
            others = takers - {one}
            if space.left_over(own, sum(1 << above for above in others)) is None:
                takers = others
        found.append((table.rules[position], [table.rules[above] for above in sorted(takers)]))
    return found


def gap(table: DecisionTable) -> dict[str, str] | None:
    """A complete case that no rule fits, at the inputs that rules mention; None when there is none."""
    space = space_of(table)
    case = space.left_over(space.box({}), (1 << len(table.rules)) - 1)
    return space.answers(case) if case else None


def gap_conditions(table: DecisionTable) -> dict[str, tuple[str, ...]] | None:
    """Conditions of a rule that would fit some of the cases that no rule fits, and no others; None when there are none."""
    space = space_of(table)
    box = space.left_over(space.box({}), (1 << len(table.rules)) - 1)
    if box is None:
        return None
    found = {
        one.id: tuple(choice for place, choice in enumerate(one.choices) if bits >> place & 1)
        for one, bits in zip(table.inputs, box, strict=True)
    }
    return {name: choices for name, choices in found.items() if len(choices) < len(table.input(name).choices)}


def _gaps(table: DecisionTable) -> list[tuple[str, str]]:
    missing = gap(table)
    # a table that applies always may be silent: then the tool's own table decides
    if missing is None or table.applies_always:
        return []
    asked = [(table.input(name), choice) for name, choice in missing.items()]
    case = " · ".join(f'{one.ask} "{one.choices[choice]}"' for one, choice in asked)
    return [("rules", f"no rule fits this case: {case}")]


def _unreachable(table: DecisionTable) -> list[tuple[str, str]]:
    found = []
    for rule, covering in unreachable(table):
        takers = ", ".join(f"'{above.id}'" for above in covering)
        message = f"'{rule.id}' can never decide: all its cases are taken above by {takers}"
        found.append((f"rules[{table.rules.index(rule)}]", message))
    return found


def _no_way_back(table: DecisionTable) -> list[tuple[str, str]]:
    """Rules that would send a caller, whom the runbook did not help, to a runbook once more."""
    space, found = space_of(table), []
    asked = [place for place, one in enumerate(table.inputs) if one.id == FOLLOWED and "yes" in one.choices]
    for position, rule in enumerate(table.rules):
        if rule.then.outcome != OutcomeKind.RESOLVE:
            continue
        key = f"rules[{position}]"
        if not asked:
            found.append(
                (key, f"'{rule.id}' resolves, so the table needs a question '{FOLLOWED}' with the answer yes")
            )
            continue
        choices = list(table.inputs[asked[0]].choices)
        after = with_choices(space.box({}), asked[0], 1 << choices.index("yes"))
        part = narrowed(after, space.takes[position])
        if part and space.left_over(part, (1 << position) - 1):
            found.append((key, f"'{rule.id}' still resolves when the runbook was followed and did not help"))
    return found


def _dead_inputs(table: DecisionTable) -> list[tuple[str, str]]:
    mentioned = {name for rule in table.rules for name in rule.when}
    return [
        (f"inputs[{place}]", f"no rule asks about '{one.id}'")
        for place, one in enumerate(table.inputs)
        if one.id not in mentioned
    ]


def _examples(table: DecisionTable) -> list[tuple[str, str]]:
    found, reached = [], set()
    for place, example in enumerate(table.examples):
        decision = decide(table, example.given)
        rule = decision.rule.id if decision.rule else ""
        reached.add(rule)
        for name, expected in example.expect.items():
            got = rule if name == "rule" else getattr(decision, name)
            if got != expected:
                by = f" by rule '{rule}'" if rule else ""
                found.append(
                    (
                        f"examples[{place}].expect.{name}",
                        f"'{example.name}' expects {expected} and gets {got or 'none'}{by}",
                    )
                )
    for place, one in enumerate(table.rules):
        if one.id not in reached:
            found.append((f"rules[{place}]", f"no example ends at '{one.id}'"))
    return found


def _dangling(table: DecisionTable, known: Known) -> list[tuple[str, str]]:
    found = []
    for place, rule in enumerate(table.rules):
        then, at = rule.then, f"rules[{place}].then"
        if then.runbook and then.runbook not in known.runbooks:
            what = "is no runbook" if then.runbook in known.articles else "is no article"
            found.append((f"{at}.runbook", f"'{then.runbook}' {what}"))
        if then.runbook in known.retired:
            found.append((f"{at}.runbook", f"'{then.runbook}' is retired, and no runbook took its place"))
        if then.route and then.route not in known.routes:
            found.append((f"{at}.route", f"'{then.route}' is no route of the catalogue"))
        if then.team and then.team not in known.teams:
            found.append((f"{at}.team", f"'{then.team}' is no team of the catalogue"))
        found += [
            (f"{at}.collect", f"'{fact}' is no ticket fact")
            for fact in then.collect
            if fact not in known.facts
        ]
    for place, one in enumerate(table.inputs):
        listed = Counter(code for codes in one.codes.values() for code in codes)
        for choice, codes in one.codes.items():
            key = f"inputs[{place}].codes.{choice}"
            found += [(key, f"'{code}' is no error code") for code in codes if code not in known.codes]
            found += [(key, f"'{code}' stands under two choices") for code in codes if listed[code] > 1]
    return found


def check_partition(
    tables: Mapping[str, DecisionTable], tools: Mapping[str, Mapping[str, str]]
) -> list[Problem]:
    """Whether one table decides for each part of a tool: the one that names the part, else the one that names none.

    So a part goes to a table of its own in two steps without a hole: the new table names it, and the wide one decides
    for the rest. `tables`: file -> table; `tools`: id -> its sub-areas, id -> name. A tool without any table is no
    problem here: it is not written yet.
    """
    found = []
    for tool in dict.fromkeys(table.tool for table in tables.values() if table.tool):
        own = {file: table for file, table in tables.items() if table.tool == tool}
        if tool not in tools:
            found += [Problem(file, "tool", f"'{tool}' is no tool of the catalogue") for file in own]
        else:
            found += [
                Problem(file, "sub_areas", said)
                for file, table in own.items()
                for said in _claims(table, [one for one in own.values() if one is not table], tools[tool])
            ]
    return found


def _claims(table: DecisionTable, others: Sequence[DecisionTable], areas: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the parts that a table names, beside the other tables of its tool."""
    for wide in others:
        if not table.sub_areas and not wide.sub_areas:
            yield f"{_named(wide)} decides for the whole tool already: choose the parts that this one decides for"
    for area in table.sub_areas:
        if area not in areas:
            yield f"'{area}' is no sub-area of '{table.tool}'"
        for other in others:
            if area in other.sub_areas:
                yield (
                    f"“{areas.get(area, area)}” is decided by {_named(other)} too: take it out of one of them "
                    "(a table that names no part decides for whatever no other table names)"
                )
    every = [table, *others]
    missing = [name for id, name in areas.items() if not any(id in one.sub_areas for one in every)]
    if missing and all(one.sub_areas for one in every):
        yield (
            f"no table decides for {', '.join(f'“{name}”' for name in missing)}: name it in one of them, "
            "or let one name no part at all, which then decides for the rest"
        )


def _named(table: DecisionTable) -> str:
    return f"“{table.title}” ({table.id})" if table.title else f"'{table.id}'"
