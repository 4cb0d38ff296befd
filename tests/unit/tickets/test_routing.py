"""Who gets a ticket, at once or after a look, and why."""

from __future__ import annotations

from typing import Any

import pytest

from portal.criteria.severity import Severity
from portal.tickets.routing import choose_team, needs_reason
from tests.unit.tickets.made import CATALOGUE, a_basis, a_draft


@pytest.mark.parametrize(
    ("draft", "team", "state", "because"),
    [
        ({}, "messaging", "routed", "Secure Messaging for a Veteran goes to the Messaging team."),
        (
            {"audience": "staff"},
            "horizon",
            "routed",
            "Secure Messaging for VA staff goes to the Horizon team.",
        ),
        (
            {"sub_area": "pools"},
            "medications",
            "routed",
            "Secure Messaging (Message pools) for a Veteran goes to the Medications team.",
        ),
        (
            {"sub_area": "pools", "audience": "staff"},
            "medications",
            "routed",
            "Secure Messaging (Message pools) for VA staff goes to the Medications team.",
        ),
        (
            {"sub_area": "reply", "audience": "caregiver"},
            "messaging",
            "routed",
            "Secure Messaging for a caregiver goes to the Messaging team.",
        ),
        ({"basis": a_basis(team="horizon")}, "horizon", "routed", "The rules send it to the Horizon team."),
        (
            {"basis": a_basis(team="gone")},
            "messaging",
            "routed",
            "Secure Messaging for a Veteran goes to the Messaging team.",
        ),
    ],
)
def test_decision_then_sub_area_then_staff_then_tool_gives_the_team(
    draft: dict[str, Any], team: str, state: str, because: str
) -> None:
    routing = choose_team(a_draft(**draft), CATALOGUE)
    assert (routing.team, routing.state, routing.because) == (team, state, because)


@pytest.mark.parametrize(
    ("draft", "team", "because"),
    [
        ({"tool": ""}, None, "No team is known for it. It waits in triage: a person chooses the team."),
        ({"tool": "gone"}, None, "No team is known for it. It waits in triage: a person chooses the team."),
        (
            {"tool": "travel"},
            None,
            "Travel pay is not looked after by Tier 3. It waits in triage: a person chooses the team.",
        ),
        (
            {"basis": a_basis("undecided")},
            "messaging",
            "Secure Messaging for a Veteran goes to the Messaging team. It waits in triage: no rule decided.",
        ),
        (
            {"basis": None},
            "messaging",
            "Secure Messaging for a Veteran goes to the Messaging team. It waits in triage: no rule decided.",
        ),
        (
            {"likely_match": "sm-down"},
            "messaging",
            "Secure Messaging for a Veteran goes to the Messaging team. It waits in triage: it looks like a known issue.",
        ),
        (
            {"known_issue_id": "sm-down"},
            "messaging",
            "Secure Messaging for a Veteran goes to the Messaging team. It waits in triage: it looks like a known issue.",
        ),
        (
            {"tool": "odd"},
            "tier3",
            "Odd tool for a Veteran goes to the Tier 3 team. It waits in triage: this team takes nothing without a look.",
        ),
        ({"privacy": True}, None, "Security and privacy reports stay with cleared Tier 3 staff."),
    ],
)
def test_what_is_not_clear_waits_in_triage_and_says_why(
    draft: dict[str, Any], team: str | None, because: str
) -> None:
    routing = choose_team(a_draft(**draft), CATALOGUE)
    assert (routing.team, routing.state, routing.because) == (team, "new", because)


def test_a_person_who_decides_otherwise_with_a_reason_has_decided() -> None:
    draft = a_draft(basis=a_basis("resolve"), override_reason="The runbook was followed twice.")
    assert choose_team(draft, CATALOGUE).state == "routed"


@pytest.mark.parametrize("outcome", ["resolve", "redirect"])
def test_filing_against_the_rules_needs_a_reason(outcome: str) -> None:
    draft = a_draft(basis=a_basis(outcome))
    assert (
        needs_reason(draft.basis, draft)
        == "The rules do not send this case to Tier 3: say why you decide otherwise"
    )


def test_a_lower_severity_needs_a_reason_and_a_higher_one_does_not() -> None:
    basis = a_basis(severity=Severity.HIGH)
    lower, higher = a_draft(severity=Severity.LOW), a_draft(severity=Severity.CRITICAL)
    assert needs_reason(basis, lower) == "The rules say severity High: say why it is lower"
    assert needs_reason(basis, higher) == ""
    assert needs_reason(a_basis("undecided"), lower) == ""
    assert needs_reason(None, lower) == ""
