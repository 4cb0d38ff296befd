"""The exact GitHub issue, and the promise that nothing else gets into it."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.criteria.severity import Severity
from portal.knowledge.catalogue import Facility
from portal.tickets.developer_text import PublicTicket, Shape, default_shape, developer_text, public_part
from portal.tickets.ticket import Origin, Reference, TicketDraft
from tests.unit.tickets.made import CATALOGUE, a_basis, a_draft

FACILITIES = {"668": Facility("668", "Spokane", "America/Los_Angeles", "oracle_health", None)}
FULL = {
    "references": (Reference("hrc", "1234567"),), "platform": "web", "facilities": ("668",), "ehr": "oracle_health",
    "error_code": "SM98", "alert_words": "We cannot send\nyour message",
    "facts": {
        "occurred_at": "today 10:42 EST", "device": "windows", "browser": "Chrome 141", "steps": "1. Open\n2. Reply",
        "expected": "It is sent.", "tried": "Signed out and in.", "care_team": "Blue team", "record_date": "2026-11-01",
    },
    "not_known": ("os_version",),
}  # fmt: skip
HRC_BODY = """### HRC record(s)
HRC 1234567

### Portal ticket
T3-2026-000123

### Description
The reply is not sent.
- Which care team? Blue team

### Severity and reason
Medium: One person is stopped.

### Facility, EHR, people affected
668 Spokane | Oracle Health | 3 callers in 24 hours

### Device | Browser | OS or app version
Windows | Chrome 141 | VA.gov on a computer

### When (with zone)
today 10:42 EST

### Steps to reproduce
1. Open
2. Reply

### Expected
It is sent.

### Actual, alert, code
Alert: "We cannot send your message"
Code: SM98

### Tried by Tier 1/2
Signed out and in.

### Not known
- Which version of the phone's system?

### Acceptance criteria
- [ ] cause found
- [ ] resolved

### Definition of done
- [ ] criteria met
- [ ] Tier 3 told, in words a caller may hear"""
SNOW_BODY = """### INC number
INC0123456

### Portal ticket
number follows with filing

### Severity (ServiceNow words) and Tier 3 severity
High | Medium: One person is stopped.

### Description
Staff cannot open the pool.

### Facility, EHR, people affected
facility not known | EHR not known | one caller so far

### Role and group or pool
Nurse | Blue pool

### Staff affected
4

### Steps
not asked

### Expected
not known

### Actual
Alert: not asked
Code: none

### Tried
not asked

### Not known
- What should happen?

### Screenshots
held in the incident

### Acceptance criteria
- [ ] cause found
- [ ] resolved

### Definition of done
- [ ] criteria met
- [ ] Tier 3 told, in words a caller may hear"""


def test_the_hrc_shape_letter_by_letter() -> None:
    public = public_part(a_draft(**FULL), CATALOGUE, number="T3-2026-000123", people=3)
    text = developer_text(public, Shape.HRC, CATALOGUE, FACILITIES)
    assert text.title == "SM - Reply fails: SM98"
    assert text.labels == ("MHV-Tier-3", "SM-Label")
    assert text.body == HRC_BODY
    assert text.findings == ()


def test_the_servicenow_shape_letter_by_letter() -> None:
    draft = a_draft(
        tool="sm-staff",
        audience="staff",
        title="SM/Admin - Pool cannot be opened",
        summary="Staff cannot open the pool.",
        snow_severity="high",
        references=(Reference("snow", "INC0123456"),),
        facts={"staff_role": "Nurse", "group_or_pool": "Blue pool", "staff_affected": "4"},
        not_known=("expected",),
    )
    text = developer_text(public_part(draft, CATALOGUE), Shape.SNOW, CATALOGUE, {})
    assert text.labels == ("MHV-Tier-3", "MHV-Secure-Messaging", "Liferay/SM Clinician Portal")
    assert text.body == SNOW_BODY


def test_a_phone_app_shows_its_versions() -> None:
    draft = a_draft(platform="ios", facts={"app_version": "2.41.0"}, not_known=("os_version",))
    text = developer_text(public_part(draft, CATALOGUE), Shape.HRC, CATALOGUE, {})
    assert "App on iPhone or iPad | app | not known, app 2.41.0" in text.body


def test_words_that_the_caller_could_not_read_are_not_reported_as_no_message() -> None:
    draft = a_draft(not_known=("alert_words",))
    public = public_part(draft, CATALOGUE)
    assert "Alert: not known" in developer_text(public, Shape.HRC, CATALOGUE, {}).body


def test_what_callers_typed_makes_no_heading_and_hides_nothing() -> None:
    draft = a_draft(summary="# Big\n<!-- hidden --> text")
    body = developer_text(public_part(draft, CATALOGUE), Shape.HRC, CATALOGUE, {}).body
    assert "\\# Big\n&lt;!-- hidden --> text" in body


def test_personal_data_blocks_the_copy_and_is_marked() -> None:
    draft = a_draft(summary="His number is 509-555-0143, please call.")
    text = developer_text(public_part(draft, CATALOGUE), Shape.HRC, CATALOGUE, {})
    assert not text.is_clean
    assert [piece for piece, found in text.marked if found] == ["509-555-0143"]
    assert "".join(piece for piece, _ in text.marked) == text.whole


def test_help_lines_and_own_numbers_pass_the_guard() -> None:
    draft = a_draft(
        summary="Caller was sent on from 877-327-0022.", references=(Reference("hrc", "1234567890"),)
    )
    assert developer_text(public_part(draft, CATALOGUE), Shape.HRC, CATALOGUE, {}).findings == ()


def test_the_shape_follows_the_origin_and_staff() -> None:
    assert default_shape(Origin.HRC, "veteran") is Shape.HRC
    assert default_shape(Origin.SNOW, "veteran") is Shape.SNOW
    assert default_shape(Origin.DIRECT, "staff") is Shape.SNOW


SECRETS = st.text(alphabet="qxzvkj", min_size=12, max_size=20)
INSIDE = (
    "details", "caller_text", "override_reason", "likely_match", "desk", "known_issue_id", "sub_area",
)  # fmt: skip


@given(secret=SECRETS, shape=st.sampled_from(Shape), field=st.sampled_from(INSIDE))
def test_no_field_outside_the_allow_list_ever_appears(secret: str, shape: Shape, field: str) -> None:
    draft = a_draft(**{**FULL, field: secret})
    assert secret not in developer_text(public_part(draft, CATALOGUE), shape, CATALOGUE, FACILITIES).whole


@given(secret=SECRETS, shape=st.sampled_from(Shape), fact=st.sampled_from(["record_date", "no_such_fact"]))
def test_no_fact_that_is_not_public_ever_appears(secret: str, shape: Shape, fact: str) -> None:
    draft = a_draft(
        facts={fact: secret}, not_known=(fact,), basis=a_basis(because=secret, answers={"q": secret})
    )
    whole = developer_text(public_part(draft, CATALOGUE), shape, CATALOGUE, {}).whole
    assert secret not in whole
    assert "date of the record" not in whole


def test_every_field_of_a_draft_is_public_or_known_to_stay() -> None:
    stays = {
        "origin", "audience", "intake_id", "sub_area", "details", "basis", "override_reason", "known_issue_id", "shown",
        "refused", "likely_match", "privacy", "caller_text", "desk",
    }  # fmt: skip
    public = {field.name for field in fields(PublicTicket)} - {"number", "people"}
    assert {field.name for field in fields(TicketDraft)} == public | stays


@pytest.mark.parametrize("severity", list(Severity))
def test_every_severity_is_written_as_a_word(severity: Severity) -> None:
    body = developer_text(public_part(a_draft(severity=severity), CATALOGUE), Shape.HRC, CATALOGUE, {}).body
    assert f"{severity.capitalize()}: One person is stopped." in body
