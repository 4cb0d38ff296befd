"""What a condition of a rule may say about an answer. To add an operator, add one entry here; there is no
expression language.

A condition is kept as the tuple of words written under `when`; the first operator whose `applies_to` accepts
it reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Wanted = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operator:
    name: str
    applies_to: Callable[[Wanted], bool]
    test: Callable[[str, Wanted], bool]


OPERATORS: tuple[Operator, ...] = (
    Operator("anything", lambda wanted: not wanted, lambda answer, wanted: True),
    Operator("is", lambda wanted: len(wanted) == 1, lambda answer, wanted: answer == wanted[0]),
    Operator("is_one_of", lambda wanted: len(wanted) > 1, lambda answer, wanted: answer in wanted),
)


def operator_for(wanted: Wanted) -> Operator:
    return next(operator for operator in OPERATORS if operator.applies_to(wanted))


def fits(answer: str, wanted: Wanted) -> bool:
    """Whether one real answer meets a condition; whether it is known at all is the caller's question."""
    return operator_for(wanted).test(answer, wanted)
