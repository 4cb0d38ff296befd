from __future__ import annotations

import pytest

from portal.criteria.severity import Severity, highest, severity, snow_severity


@pytest.mark.parametrize(
    ("harm", "stopped", "workaround", "more", "expected"),
    [
        (True, "none", True, {"wish": True}, ("critical", "critical")),
        (False, "system", False, {}, ("critical", "critical")),
        (False, "group", True, {}, ("high", "high")),
        (False, "one", False, {}, ("medium", "medium")),
        (False, "one", False, {"cannot_work": True}, ("medium", "high")),
        (False, "one", True, {}, ("low", "medium")),
        (False, "none", False, {}, ("low", "medium")),
        (False, "none", False, {"wish": True}, ("low", "low")),
    ],
)
def test_the_first_question_that_is_true_gives_both_scales(harm, stopped, workaround, more, expected) -> None:
    assert severity(harm, stopped, workaround, **more) == expected


def test_an_outage_is_critical_for_servicenow_while_tier_3_calls_it_high() -> None:
    assert snow_severity(Severity.HIGH, outage=True) == "critical"
    assert snow_severity(Severity.HIGH) == "high"


def test_the_highest_of_two_is_the_more_severe_in_either_order() -> None:
    assert highest(Severity.LOW, Severity.HIGH) == "high"
    assert highest(Severity.CRITICAL, Severity.HIGH) == "critical"
