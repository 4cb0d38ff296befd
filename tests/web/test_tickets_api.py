"""The tickets of the JSON API: every field that does not fit is named, and the same key gives the same answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal.accounts import service as accounts
from portal.accounts import store
from portal.accounts.actor import Actor, Desk, Role
from portal.accounts.models import AuditRow
from portal.core.db import db, transaction
from portal.knowledge.snapshot import Snapshot
from portal.tickets.models import Ticket
from tests.factories import make_ticket, make_user

Post = Callable[..., TestResponse]
BODY: dict[str, Any] = {
    "tool": "medications",
    "audience": "veteran",
    "origin": "hrc",
    "external_refs": ["1234567"],
    "summary": "The list of medications turns grey after two refreshes and stays so.",
    "details": "",
    "severity": "medium",
}
CRITERIA = "sm-when-to-escalate"


def a_body(**changes: Any) -> dict[str, Any]:
    """The body with changes; None takes a field out."""
    return {name: value for name, value in {**BODY, **changes}.items() if value is not None}


def token_for(app: Flask, role: Role, **account: Any) -> str:
    with app.app_context():
        person = make_user(role, **account)
        admin = accounts.store.find_actor("root@example.org") or make_user(
            Role.ADMIN, email="root@example.org"
        )
        with transaction():
            for grant in person.grants:
                assert grant.role is not Role.ADMIN
            return accounts.create_token(admin, person.email)


@pytest.fixture
def token(app: Flask, content: Snapshot) -> str:
    return token_for(app, Role.AGENT)


@pytest.fixture
def post(client: FlaskClient, token: str) -> Post:
    def go(body: Any, key: str | None = "k1", token: str = token) -> TestResponse:
        headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
        return client.post("/api/v1/tickets", json=body, headers=headers)

    return go


def named(response: TestResponse) -> list[str]:
    """The fields that a refusal names."""
    assert response.content_type == "application/problem+json"
    return [error["field"] for error in response.get_json()["errors"]]


def test_a_ticket_is_filed_and_read_again(post: Post, client: FlaskClient, token: str) -> None:
    response = post(
        a_body(external_refs=["INC0123456", "Record # 1234567"], facility="668", error_code="rx 99")
    )
    filed = response.get_json()
    assert response.status_code == 201
    assert set(filed) == {"number", "team", "state", "severity", "url", "because", "possible_known_issues"}
    assert (filed["team"], filed["state"], filed["severity"]) == ("medications", "new", "medium")
    assert filed["url"] == f"/tickets/{filed['number']}"
    assert filed["because"].endswith("It waits in triage: no rule decided.")
    read = client.get(f"/api/v1/tickets/{filed['number']}", headers={"Authorization": f"Bearer {token}"})
    got = read.get_json()
    assert got["external_refs"] == ["INC0123456", "1234567"]
    assert got["facilities"] == ["668"]
    assert got["title"] == "RX - The list of medications turns grey after two refreshes and stays so"


def test_the_same_key_and_body_give_the_same_answer_and_one_ticket(app: Flask, post: Post) -> None:
    first, second = post(a_body()), post(a_body())
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.get_json() == second.get_json()
    other = post(a_body(summary="Quite another problem than before."))
    assert other.status_code == 409
    assert other.content_type == "application/problem+json"
    assert post(a_body(), key="k2").status_code == 201
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Ticket)) == 2


def test_a_refused_body_leaves_its_key_free(post: Post) -> None:
    assert post(a_body(tool="no-such-tool")).status_code == 422
    assert post(a_body()).status_code == 201


def test_a_key_is_needed(post: Post) -> None:
    response = post(a_body(), key=None)
    assert response.status_code == 422
    assert named(response) == ["Idempotency-Key"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tool": "no-such-tool"}, "tool"),
        ({"tool": None}, "tool"),
        ({"tool": 7}, "tool"),
        ({"sub_area": "no-such-area"}, "sub_area"),
        ({"audience": "doctor"}, "audience"),
        ({"audience": None}, "audience"),
        ({"origin": "fax"}, "origin"),
        ({"external_refs": None}, "external_refs"),
        ({"external_refs": ["1234567", "call me"]}, "external_refs.1"),
        ({"external_refs": ["SCTASK0123456"]}, "external_refs.0"),
        ({"external_refs": ["T3-2026-000001"]}, "external_refs.0"),
        ({"summary": None}, "summary"),
        ({"summary": "short"}, "summary"),
        ({"details": None}, "details"),
        ({"severity": "urgent"}, "severity"),
        ({"severity": None}, "severity"),
        ({"facility": "the big one"}, "facility"),
        ({"ehr": "paper"}, "ehr"),
        ({"platform": "fridge"}, "platform"),
        ({"error_code": "<script>"}, "error_code"),
        ({"answers": {"repeats": "yes"}}, "criteria"),
        ({"criteria": "no-such-criteria"}, "criteria"),
        ({"criteria": CRITERIA}, "criteria"),
        ({"tool": "secure-messaging", "criteria": CRITERIA, "answers": {"colour": "red"}}, "answers.colour"),
        (
            {"tool": "secure-messaging", "criteria": CRITERIA, "answers": {"repeats": "maybe"}},
            "answers.repeats",
        ),
        ({"known_issue": "no-such-issue"}, "known_issue"),
        ({"known_issue": CRITERIA}, "known_issue"),
        ({"known_issues_refused": ["no-such-issue"]}, "known_issues_refused"),
        ({"priority": "high"}, "priority"),
    ],
)
def test_a_field_that_does_not_fit_is_named(post: Post, changes: dict[str, Any], field: str) -> None:
    response = post(a_body(**changes))
    assert response.status_code == 422
    assert named(response) == [field]


@pytest.mark.parametrize("body", [[], "text", 5, None])
def test_a_body_that_is_no_object_is_refused(post: Post, body: Any) -> None:
    assert post(body).status_code == 422


def test_personal_data_in_the_summary_is_refused_with_its_place_and_audited_without_its_value(
    app: Flask, post: Post
) -> None:
    response = post(a_body(summary="His number is 509-555-0143, refills are lost."))
    assert response.status_code == 422
    problem = response.get_json()
    assert problem["spans"] == [{"field": "summary", "start": 14, "end": 26, "kind": "phone"}]
    assert named(response) == ["summary"]
    with app.app_context():
        kept = db.session.scalars(select(AuditRow.result).where(AuditRow.what == "guard")).all()
    assert kept == ["summary:phone:14-26"]


def test_details_stay_and_may_hold_what_the_summary_may_not(post: Post) -> None:
    assert post(a_body(details="His number is 509-555-0143.")).status_code == 201


def test_a_decision_routes_at_once_and_its_severity_is_kept(
    app: Flask, post: Post, content: Snapshot
) -> None:
    table = content.articles[CRITERIA].table
    assert table is not None
    case = next(one for one in table.examples if one.expect.get("outcome") == "escalate")
    body = a_body(
        tool="secure-messaging", criteria=CRITERIA, answers=dict(case.given), severity="critical",
        summary="The page keeps turning and nothing is shown at all in the end.",
    )  # fmt: skip
    filed = post(body).get_json()
    assert filed["state"] == "routed"
    assert filed["team"] == "messaging"


def test_a_decision_that_is_not_tier_3_needs_a_reason(post: Post, content: Snapshot) -> None:
    table = content.articles[CRITERIA].table
    assert table is not None
    case = next(one for one in table.examples if one.expect.get("outcome") == "resolve")
    body = a_body(tool="secure-messaging", criteria=CRITERIA, answers=dict(case.given), severity="critical")
    assert named(post(body)) == ["override_reason"]
    assert named(post({**body, "override_reason": "short"})) == ["override_reason"]
    assert post({**body, "override_reason": "The runbook was followed twice."}).status_code == 201


def test_answers_that_decide_nothing_need_a_reason_and_wait_in_triage(post: Post) -> None:
    body = a_body(tool="secure-messaging", criteria=CRITERIA, answers={}, severity="critical")
    assert named(post(body)) == ["override_reason"]
    filed = post({**body, "override_reason": "Nobody at the desk could tell."}).get_json()
    assert filed["state"] == "new"


def test_a_severity_below_the_decisions_needs_a_reason(post: Post, content: Snapshot) -> None:
    table = content.articles[CRITERIA].table
    assert table is not None
    case = next(one for one in table.examples if one.expect.get("outcome") == "escalate")
    body = a_body(tool="secure-messaging", criteria=CRITERIA, answers=dict(case.given), severity="low")
    assert named(post(body)) == ["override_reason"]
    assert post({**body, "override_reason": "The caller can wait a week."}).status_code == 201


def test_a_likely_known_issue_is_named_and_keeps_the_ticket_in_triage(post: Post, content: Snapshot) -> None:
    issue = content.articles["sm-messages-not-available"]
    assert issue.known_issue is not None
    words = (*issue.known_issue.error_texts, *issue.known_issue.symptoms)[0]
    table = content.articles[CRITERIA].table
    assert table is not None
    case = next(one for one in table.examples if one.expect.get("outcome") == "escalate")
    body = a_body(
        tool="secure-messaging", criteria=CRITERIA, answers=dict(case.given), severity="critical",
        summary=f"{words}. {' '.join(issue.known_issue.symptoms[:2])}",
    )  # fmt: skip
    filed = post(body).get_json()
    assert issue.id in [one["id"] for one in filed["possible_known_issues"]]
    assert filed["state"] == "new"
    refused = post({**body, "known_issues_refused": [issue.id]}, key="k2").get_json()
    assert issue.id not in [one["id"] for one in refused["possible_known_issues"]]
    assert refused["state"] == "new"


def test_without_a_token_nothing_is_filed_and_the_cookie_does_not_count(
    client: FlaskClient, sign_in: Callable[..., Actor], content: Snapshot
) -> None:
    sign_in("agent")
    response = client.post("/api/v1/tickets", json=a_body(), headers={"Idempotency-Key": "k1"})
    assert response.status_code == 401
    assert client.get("/api/v1/tools").status_code == 401


def test_a_ticket_of_another_desk_or_a_private_one_is_not_found(
    app: Flask, client: FlaskClient, token: str
) -> None:
    with app.app_context():
        other = make_user(Role.AGENT, email="esd@example.org", desk=Desk.ESD)
        filer = store.find_actor("agent@example.org")
        assert filer is not None
        hidden = [make_ticket(other), make_ticket(filer, privacy=True, title="SEC", summary="")]
    for number in (*hidden, "T3-2026-999999", "x"):
        response = client.get(f"/api/v1/tickets/{number}", headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == 404
        assert response.content_type == "application/problem+json"


def test_the_tools_are_listed_with_what_a_ticket_needs(client: FlaskClient, token: str) -> None:
    tools = client.get("/api/v1/tools", headers={"Authorization": f"Bearer {token}"}).get_json()["tools"]
    messaging = next(tool for tool in tools if tool["id"] == "secure-messaging")
    assert messaging["team"] == "messaging"
    assert {"id": "reply", "name": "Reply"} in messaging["sub_areas"]
    assert [tool["in_scope"] for tool in tools if tool["id"] == "appointments"] == [False]
