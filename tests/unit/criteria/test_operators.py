from __future__ import annotations

import pytest

from portal.criteria.operators import OPERATORS, fits, operator_for


@pytest.mark.parametrize(
    ("wanted", "name"), [((), "anything"), (("yes",), "is"), (("error", "nothing"), "is_one_of")]
)
def test_the_form_of_a_condition_names_its_operator(wanted: tuple[str, ...], name: str) -> None:
    assert operator_for(wanted).name == name


@pytest.mark.parametrize(
    ("answer", "wanted", "expected"),
    [
        ("yes", (), True),
        ("yes", ("yes",), True),
        ("no", ("yes",), False),
        ("nothing", ("error", "nothing"), True),
        ("blocked", ("error", "nothing"), False),
    ],
)
def test_an_answer_meets_a_condition_or_does_not(
    answer: str, wanted: tuple[str, ...], expected: bool
) -> None:
    assert fits(answer, wanted) is expected


def test_no_condition_is_read_by_two_operators() -> None:
    for wanted in ((), ("a",), ("a", "b"), ("a", "b", "c")):
        assert sum(operator.applies_to(wanted) for operator in OPERATORS) == 1
