"""Reckoning with sets of cases, exactly and without listing them.

A case is one complete set of answers. A `Box` is a set of cases: for each input the choices it may still
have, as bits. Every question of the engine (is there a gap, can this rule be reached, can this answer still
matter) comes down to one: *is there a case in this box that none of these rules takes?* `Space.left_over`
answers it by splitting only where a rule sticks into the box, at the rule that leaves the fewest ways out;
the product of all choices is never walked. Sets of rules are bits as well, so that one step looks at all
rules at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from portal.criteria.operators import fits
from portal.criteria.table import DecisionTable

Box = tuple[int, ...]
End = tuple[str | None, ...] | None
"""How a case ends: `Outcome.end` of the rule that decides it; None where no rule does."""
Takes = tuple[tuple[int, int], ...]
"""(position of an input, choices as bits): what a rule asks of the inputs that it mentions, in its order."""


def first_bit(bits: int) -> int:
    return bits & -bits


def with_choices(box: Box, place: int, bits: int) -> Box:
    return (*box[:place], bits, *box[place + 1 :])


def narrowed(box: Box, takes: Takes) -> Box | None:
    """The cases of `box` that a rule takes; None where there are none."""
    for place, bits in takes:
        if not box[place] & bits:
            return None
        box = with_choices(box, place, box[place] & bits)
    return box


def holds(takes: Takes, box: Box) -> bool:
    """Whether a rule takes every case of the box."""
    return all(not box[place] & ~bits for place, bits in takes)


class Space:
    """All cases of a table, each rule as what it `takes` of them. Conditions on `leaving_out` count as met."""

    def __init__(self, table: DecisionTable, leaving_out: Collection[int] = ()) -> None:
        self.table = table
        places = {one.id: place for place, one in enumerate(table.inputs) if place not in leaving_out}
        choices = {one.id: list(one.choices) for one in table.inputs}
        self.takes: list[Takes] = [
            tuple(
                (
                    places[name],
                    sum(1 << i for i, choice in enumerate(choices[name]) if fits(choice, wanted)),
                )
                for name, wanted in rule.when.items()
                if name in places
            )
            for rule in table.rules
        ]
        self._seen: dict[tuple[int, int], tuple[int, int]] = {}

    def box(self, answers: Mapping[str, str]) -> Box:
        """The cases that these answers leave. What is no choice of today's table says nothing."""
        return tuple(
            1 << list(one.choices).index(answers[one.id])
            if answers.get(one.id) in one.choices
            else (1 << len(one.choices)) - 1
            for one in self.table.inputs
        )

    def answers(self, box: Box) -> dict[str, str]:
        """One case of the box, at the inputs that the rules mention."""
        mentioned = {place for takes in self.takes for place, _ in takes}
        return {
            one.id: list(one.choices)[first_bit(box[place]).bit_length() - 1]
            for place, one in enumerate(self.table.inputs)
            if place in mentioned
        }

    def left_over(self, box: Box, rules: int, used: set[int] | None = None) -> Box | None:
        """Cases of `box` that none of `rules` (as bits) takes, as a box that is not empty.

        None when every case is taken; then the rules that were added to `used` take every case by themselves.
        """
        used = set() if used is None else used
        while True:
            # the rules that stick out of the box at one input or more, at two, at three
            touching, once, twice, thrice = rules, 0, 0, 0
            for place, bits in enumerate(box):
                meets, sticks_out = self._at(place, bits)
                touching &= meets
                thrice |= twice & sticks_out
                twice |= once & sticks_out
                once |= sticks_out
            if not touching:
                return box
            tightest = first_bit(touching & ~once or touching & ~twice or touching & ~thrice or touching)
            used.add(tightest.bit_length() - 1)
            if tightest & ~once:
                return None
            takes = self.takes[tightest.bit_length() - 1]
            *ways_out, last = [(place, bits) for place, bits in takes if box[place] & ~bits]
            for place, bits in ways_out:
                found = self.left_over(with_choices(box, place, box[place] & ~bits), touching, used)
                if found:
                    return found
                box = with_choices(box, place, box[place] & bits)
            box, rules = with_choices(box, last[0], box[last[0]] & ~last[1]), touching

    def _at(self, place: int, bits: int) -> tuple[int, int]:
        """The rules that take some of these choices of an input, and those that do not take all of them."""
        if (place, bits) not in self._seen:
            meets = sticks_out = 0
            for position, takes in enumerate(self.takes):
                taken = next((taken for at, taken in takes if at == place), bits)
                meets |= bool(bits & taken) << position
                sticks_out |= bool(bits & ~taken) << position
            self._seen[place, bits] = meets, sticks_out
        return self._seen[place, bits]

    def deciding(self, box: Box) -> Iterator[tuple[int | None, Box]]:
        """The rules that decide cases of the box, from the top, each with some of them; None last: no rule."""
        for position, takes in enumerate(self.takes):
            part = narrowed(box, takes)
            cases = part and self.left_over(part, (1 << position) - 1)
            if cases:
                yield position, cases
                if holds(takes, box):
                    return
        cases = self.left_over(box, (1 << len(self.takes)) - 1)
        if cases:
            yield None, cases

    def end(self, position: int | None) -> End:
        return None if position is None else self.table.rules[position].then.end

    def ending_otherwise(self, box: Box, end: End) -> Box | None:
        """Cases of the box that do not end so."""
        return next((cases for position, cases in self.deciding(box) if self.end(position) != end), None)

    def is_settled(self, box: Box) -> bool:
        """Whether all cases of the box end alike, with some rule."""
        position, _ = next(self.deciding(box))
        return position is not None and not self.ending_otherwise(box, self.end(position))


def space_of(table: DecisionTable) -> Space:
    """Made once for each table: every page of a call decides by all tables of its tool."""
    if "space" not in table.kept:
        table.kept["space"] = Space(table)
    space: Space = table.kept["space"]
    return space
