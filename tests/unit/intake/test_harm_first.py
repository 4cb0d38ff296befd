"""What may harm or delay care is filed as Critical from every tool and for everybody, ours or not; privacy never below High."""

import pytest

from portal.criteria.decide import decide
from portal.intake import filing
from portal.intake.case import Case
from portal.intake.record import Call
from portal.intake.wizard import Step
from portal.knowledge.snapshot import Snapshot
from tests.unit.intake.test_case import NOW, case

WORDS = "It went wrong and nobody noticed in time"
"""Nothing in them points to a tool or to harm: the first question alone decides."""


def calls(snapshot: Snapshot, urgent: str) -> list[Case]:
    """One call for each tool and each kind of person who uses it, and one without a tool."""
    tools = snapshot.catalogue.tools.values()
    asked = [("", "veteran"), *((tool.id, one) for tool in tools for one in tool.audiences)]
    return [
        case(
            snapshot,
            text=WORDS,
            alert_words="",
            urgent=urgent,
            call=Call(tool=tool, audience=audience, done=True),
        )
        for tool, audience in asked
    ]


def test_harm_is_critical_from_every_tool(snapshot: Snapshot) -> None:
    read = calls(snapshot, "harm")
    assert len(read) > len(snapshot.catalogue.tools)
    assert {one.waiting for one in read} == {Step.CRITICAL}
    drafts = [filing.urgent(one, NOW, None, told=True) for one in read]
    assert {(draft.severity, draft.snow_severity) for draft in drafts} == {("critical", "critical")}
    assert {one.decision.rule.id if one.decision.rule else "" for one in read} == {"harm"}


@pytest.mark.parametrize(("urgent", "severity"), [("privacy", "high"), ("both", "critical")])
def test_privacy_is_for_cleared_staff_from_every_tool(snapshot: Snapshot, urgent: str, severity: str) -> None:
    read = calls(snapshot, urgent)
    assert {one.waiting for one in read} == {Step.PRIVACY}
    drafts = [filing.private(one, NOW) for one in read]
    assert {(draft.severity, draft.privacy, draft.summary) for draft in drafts} == {(severity, True, "")}


@pytest.mark.parametrize(
    "id", ["sm-when-to-escalate", "sm-staff-when-to-escalate", "privacy-when-to-escalate"]
)
def test_a_case_that_is_only_checked_is_critical_as_well(snapshot: Snapshot, id: str) -> None:
    table = snapshot.articles[id].table
    assert table is not None
    for example in table.examples:
        decision = decide(table, {**example.given, "urgent": "harm"})
        assert (decision.outcome, decision.severity) == ("escalate", "critical"), example.name
