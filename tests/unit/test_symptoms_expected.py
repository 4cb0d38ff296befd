"""The shape of tests/data/symptoms_expected.yml: expectations written before the articles they judge."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROWS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[1] / "data" / "symptoms_expected.yml").read_text(encoding="utf-8")
)
KNOWN: dict[str, list[str]] = yaml.safe_load("""
tool: [secure-messaging, sm-staff, medications, medical-records, landing-page-account, sign-in, oracle-health,
  mobile-app, medical-supplies, appointments, travel-pay, check-in, health-care-application, security-privacy]
team: [messaging, medications, medical-records, horizon, identity, tier3, mobile]
severity: [critical, high, medium, low]
route: [mhv-coordinator, uae-appointments, travel-pay, check-in, enrollment-system, pharmacy, care-team,
  facility-records, login-gov, id-me, identity-correction, dlc, service-desk, facility-eligibility,
  privacy-officer, benefits-help, myva411, web-application, patient-advocate, vhie, champva-meds]
article: [sm-message-a-care-team, sm-cannot-find-care-team, sm-blocked-or-not-connected,
  sm-attachment-refused, sm-old-conversation, sm-send-or-load-error, rx-refill-not-through,
  rx-prescription-missing, rx-refill-late, rx-explain-status, mr-result-not-showing, mr-page-cannot-load,
  mr-blue-button-download, mr-image-request,
  mr-wrong-record, portal-account-error-code, portal-bounced-to-landing-page, signin-loop-or-error,
  signin-identity-proofing, signin-multiple-ids-or-locked, sm-oracle-health-send-failure,
  sm-messages-not-available, sm-care-system-list-wrong-in-app, sm-team-blocked-facility-disagrees,
  rx-filled-but-late, rx-refill-partly-submitted, rx-duplicate-cards-after-move,
  mr-duplicate-records-after-move, mr-ccd-blue-button-differ, mr-ccd-and-images-fail-more,
  mr-short-date-range, portal-red-dot, portal-unverified-looks-like-no-access,
  portal-background-account-error, sm-when-to-escalate, rx-when-to-escalate, mr-viewing-when-to-escalate,
  mr-reports-when-to-escalate, portal-when-to-escalate, signin-when-to-escalate, always-patient-safety,
  always-security-privacy, when-to-escalate, how-severe-is-it, not-ours, sm-staff-when-to-escalate, sm-staff-sign-in,
  sm-staff-triage-group-request, sm-staff-sign-in-after-entra, sm-large-attachments, account-activity-log,
  privacy-when-to-escalate, supplies-sunday-maintenance, oracle-health-michigan, app-or-tool]
""")
NEEDS = {
    "resolve": {"article"},
    "known_issue": {"article"},
    "redirect": {"route"},
    "escalate": {"severity", "team"},
}


# Written before their articles had names: an expectation may leave the article open (symptoms_answers.yml names it).
ARTICLES_LATER = {f"K{n}" for n in (*range(24, 30), *range(72, 84))}


def test_there_is_one_expectation_for_every_symptom() -> None:
    assert [row["row"] for row in ROWS] == [f"K{n:02}" for n in range(1, 89)]


def test_no_symptom_belongs_to_an_area_that_is_not_written() -> None:
    assert [row["row"] for row in ROWS if not row["area_now"]] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["row"])
def test_a_row_says_what_the_call_gives_and_why(row: dict[str, Any]) -> None:
    assert row.keys() - {"then"} == {"row", "area_now", "says", "call", "facts", "expect", "why"}
    assert len(row["says"]) >= 10
    call = row["call"]
    assert call.keys() <= {"tool", "audience", "platform", "code", "facility", "urgent"}
    assert call["tool"] in KNOWN["tool"]
    assert call["audience"] in {"veteran", "caregiver", "staff"}
    assert call["platform"] in {"web", "app", "staff-portal"}
    assert call.get("urgent", "harm") in {"harm", "privacy"}
    assert all(isinstance(value, str) for value in call.values())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["row"])
def test_an_outcome_names_what_it_needs_and_nothing_else(row: dict[str, Any]) -> None:
    for outcome in (row["expect"], row.get("then", row["expect"])):
        named = outcome.keys() - {"outcome", "when"}
        needed = NEEDS[outcome["outcome"]]
        if named or row["area_now"]:
            assert named == (needed if named or row["row"] not in ARTICLES_LATER else needed - {"article"})
        assert all(outcome[key] in KNOWN[key] for key in named)


def test_harm_is_critical_and_privacy_is_never_answered_by_an_article() -> None:
    harm = [row["expect"] for row in ROWS if row["call"].get("urgent") == "harm"]
    privacy = [row["expect"] for row in ROWS if row["call"].get("urgent") == "privacy"]
    assert harm
    assert privacy
    assert {(expect["outcome"], expect["severity"]) for expect in harm} == {("escalate", "critical")}
    assert {expect["outcome"] for expect in privacy} == {"escalate"}
    assert {expect["severity"] for expect in privacy} <= {"high", "critical"}
