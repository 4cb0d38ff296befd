"""What changed between two tables, in words: for the history, and for the second person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from portal.criteria.table import DecisionTable, Example, Input, Outcome, Rule

ARROW = " → "
_THEN = ("outcome", "severity", "team", "runbook", "route", "because")


def changes_in_words(old: DecisionTable, new: DecisionTable) -> list[str]:
    """One sentence a change: questions, then rules, then examples, each in the order of the new table."""
    return [*_inputs(old, new), *_rules(old, new), *_examples(old, new)]


def _inputs(old: DecisionTable, new: DecisionTable) -> Iterator[str]:
    before, after = {one.id: one for one in old.inputs}, {one.id: one for one in new.inputs}
    yield from _rows("question", list(before), list(after))
    for id, one in after.items():
        if id in before:
            yield from (f"question {id}: {said}" for said in _input(before[id], one))


def _input(old: Input, new: Input) -> Iterator[str]:
    for what, one, two in (
        ("asks", old.ask, new.ask),
        ("help", old.help, new.help),
        ("fact", old.fact, new.fact),
    ):
        if one != two:
            yield f"{what} {_quoted(one)}{ARROW}{_quoted(two)}"
    for choice in dict.fromkeys([*old.choices, *new.choices]):
        one, two = old.choices.get(choice), new.choices.get(choice)
        if one is None:
            yield f"answer {choice} added, {_quoted(two)}"
        elif two is None:
            yield f"answer {choice} removed"
        elif one != two:
            yield f"answer {choice} {_quoted(one)}{ARROW}{_quoted(two)}"
        yield from _words_of_list(f"codes of {choice}", old.codes.get(choice, ()), new.codes.get(choice, ()))
    kept = [choice for choice in old.choices if choice in new.choices]
    if kept != [choice for choice in new.choices if choice in old.choices]:
        yield f"answers in another order: {', '.join(new.choices)}"


def _rules(old: DecisionTable, new: DecisionTable) -> Iterator[str]:
    before, after = {one.id: one for one in old.rules}, {one.id: one for one in new.rules}
    yield from _rows("rule", list(before), list(after))
    for id, rule in after.items():
        if id in before:
            yield from (f"rule {id}: {said}" for said in _rule(before[id], rule))


def _rule(old: Rule, new: Rule) -> Iterator[str]:
    for name in dict.fromkeys([*old.when, *new.when]):
        one, two = (" or ".join(rule.when.get(name, ())) or "any" for rule in (old, new))
        if sorted(old.when.get(name, ())) != sorted(new.when.get(name, ())):
            yield f"when {name} {one}{ARROW}{two}"
    yield from _then(old.then, new.then)


def _then(old: Outcome, new: Outcome) -> Iterator[str]:
    for name in _THEN:
        one, two = getattr(old, name), getattr(new, name)
        if one != two and name == "because":
            yield f"because {_quoted(one)}{ARROW}{_quoted(two)}"
        elif one != two:
            yield f"{name} {one or 'none'}{ARROW}{two or 'none'}"
    yield from _words_of_list("collect", old.collect, new.collect)


def _examples(old: DecisionTable, new: DecisionTable) -> Iterator[str]:
    before, after = {one.name: one for one in old.examples}, {one.name: one for one in new.examples}
    yield from _rows("example", [f"“{name}”" for name in before], [f"“{name}”" for name in after])
    for name, one in after.items():
        if name in before:
            yield from (f"example “{name}”: {said}" for said in _example(before[name], one))


def _example(old: Example, new: Example) -> Iterator[str]:
    sides: tuple[tuple[str, Mapping[str, str], Mapping[str, str]], ...]
    sides = (("given", old.given, new.given), ("expects", old.expect, new.expect))
    for what, one, two in sides:
        for key in dict.fromkeys([*one, *two]):
            if one.get(key) != two.get(key):
                yield f"{what} {key} {one.get(key, 'nothing')}{ARROW}{two.get(key, 'nothing')}"


def _rows(what: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """Added, removed, moved: of rows that changed places, as few as explain the new order."""
    for name in old:
        if name not in new:
            yield f"{what} {name} removed"
    kept_old, kept_new = [one for one in old if one in new], [one for one in new if one in old]
    blocks = SequenceMatcher(None, kept_old, kept_new, autojunk=False).get_matching_blocks()
    still = {kept_new[at] for block in blocks for at in range(block.b, block.b + block.size)}
    for place, name in enumerate(new):
        below = new[place + 1] if place + 1 < len(new) else ""
        where = f"above {below}" if below else "to the end"
        if name not in old:
            yield f"{what} {name} added {where if below else 'at the end'}"
        elif name not in still:
            yield f"{what} {name} moved {where}"


def _words_of_list(what: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    gone, come = [one for one in old if one not in new], [one for one in new if one not in old]
    if gone or come:
        yield f"{what}: " + ", ".join([f"{one} added" for one in come] + [f"{one} removed" for one in gone])


def _quoted(text: str | None) -> str:
    return f"“{text}”" if text else "nothing"
