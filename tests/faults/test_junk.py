"""Junk to every address of the portal, as every role: never an error of ours. Seeded, so a failure can be repeated."""

from __future__ import annotations

import logging
import os
import random
import re
import traceback
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from portal.accounts import service as accounts
from portal.accounts.actor import COMMAND_LINE, Desk, Role
from portal.core.db import transaction
from portal.knowledge.snapshot import Snapshot
from portal.tickets.ticket import Reference
from tests.conftest import Browse, open_session
from tests.factories import make_report, make_ticket, make_user
from tests.faults.junk import FIRST, JUNK, field_names
from tests.web.test_intake import CALL, CHECK, FACTS, to_check, to_facts

FIELDS = field_names()
SEEDS = [int(one) for one in os.environ.get("PORTAL_TEST_SEEDS", "1").split(",")]  # more of them by hand
PEOPLE: tuple[tuple[Role, dict[str, Any]], ...] = (
    (Role.AGENT, {"desk": Desk.HRC}),
    (Role.AGENT, {"desk": Desk.TIER2, "email": "tier2@example.org"}),
    (Role.ANALYST, {"privacy": True}),
    (Role.EDITOR, {"scope": "messaging"}),
    (Role.DESK_LEAD, {"scope": "hrc"}),
    (Role.ADMIN, {}),
)


def some_records(app: Flask) -> list[str]:
    """Numbers of a ticket, a privacy ticket and a report, beside the ids that junk values carry."""
    with app.app_context():
        agent = make_user(Role.AGENT, email="filer@example.org")
        return [
            make_ticket(agent, references=(Reference("hrc", "4211888"),)),
            make_ticket(agent, privacy=True, tool="medications", desk="esd"),
            make_report(agent, "sm-messages-not-available"),
            FIRST,
        ]


def addresses(app: Flask) -> list[Rule]:
    ends_session = {"accounts.sign_out", "accounts.sign_out_everywhere"}
    left_out = {
        *ends_session,
        "health.show_readiness",
    }  # says 503 here, since no migration made this database
    return [
        r for r in app.url_map.iter_rules() if r.endpoint in app.view_functions and r.endpoint not in left_out
    ]


def path_of(rule: Rule, pick: random.Random, known: list[str]) -> str:
    """The address with a known record, else junk, at each place."""

    def fill(_match: re.Match[str]) -> str:
        value = pick.choice(known) if pick.random() < 0.6 else pick.choice(JUNK)
        return quote(value[:300], safe="") or "x"

    return re.sub(r"<[^>]+>", fill, rule.rule)


def fields(pick: random.Random) -> dict[str, list[str]]:
    return {
        name: [pick.choice(JUNK)] * pick.choice((1, 1, 2))
        for name in pick.sample(FIELDS, pick.randint(0, 24))
    }


def a_body(pick: random.Random) -> Any:
    """JSON of the right names and any shape."""

    def value(depth: int = 0) -> Any:
        kinds = [pick.choice(JUNK), pick.choice(JUNK), None, 10**400, -1, 1.5, True, "\ud800", [], {}]
        if depth < 2:
            kinds += [[value(depth + 1) for _ in range(2)], {pick.choice(JUNK): value(depth + 1)}]
        return pick.choice(kinds)

    names = ("tool", "sub_area", "audience", "origin", "external_refs", "summary", "details", "severity", "facility",
             "error_code", "criteria", "answers", "known_issue", "known_issues_refused", "override_reason", "text")  # fmt: skip
    good = {"tool": "medications", "audience": "veteran", "origin": "hrc", "external_refs": ["1234567"], "details": "",
            "summary": "The list of medications turns grey.", "severity": "medium"}  # fmt: skip
    base = dict(good) if pick.random() < 0.6 else {}
    return {**base, **{name: value() for name in pick.sample(names, pick.randint(0, 3))}}


def clients(app: Flask) -> Iterator[tuple[FlaskClient, dict[str, str], dict[str, str]]]:
    """A client of each role with its CSRF header and its bearer header; the last one is signed out."""
    for role, account in PEOPLE:
        client = app.test_client()
        with app.app_context():
            person = make_user(role, **account)
            with transaction():
                token = accounts.create_token(COMMAND_LINE, person.email)
        yield client, {"X-CSRFToken": open_session(app, client, person)}, {"Authorization": f"Bearer {token}"}
    yield app.test_client(), {}, {}


def send(
    client: FlaskClient,
    rule: Rule,
    pick: random.Random,
    known: list[str],
    form: dict[str, str],
    bearer: dict[str, str],
) -> int:
    """The status of one request that is right but for its values."""
    path = path_of(rule, pick, known)
    method = "POST" if "POST" in (rule.methods or ()) else "GET"
    options: dict[str, Any] = {"query_string": fields(pick) if pick.random() < 0.5 or method == "GET" else {}}
    if rule.rule.startswith("/api/"):
        headers = {
            **bearer,
            "Idempotency-Key": re.sub(r"[\r\n\0]", "", pick.choice(JUNK).encode().decode("latin-1"))[:300],
        }
        if method == "POST":
            options["json"] = a_body(pick)
    else:
        htmx = {"HX-Request": "true", "HX-Target": pick.choice(("results", "main", "board"))}
        headers = {**form, **(htmx if pick.random() < 0.3 else {})}
        if method == "POST":
            options["data"] = fields(pick)
    return client.open(path, method=method, headers=headers, **options).status_code


def causes(records: list[logging.LogRecord]) -> list[str]:
    """What went wrong in the portal, each kind once: the error and the last lines of ours that it went through."""
    found = {}
    for record in records:
        if record.exc_info and record.exc_info[1]:
            ours = [f for f in traceback.extract_tb(record.exc_info[2]) if "/portal/" in f.filename]
            where = " < ".join(
                f"{f.filename.rpartition('/portal/')[2]}:{f.lineno}" for f in reversed(ours[-3:])
            )
            found[where] = (
                f"{record.getMessage()}: {type(record.exc_info[1]).__name__} {str(record.exc_info[1])[:200]} in {where}"
            )
    return list(found.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_no_junk_is_answered_with_an_error_of_ours(
    app: Flask, content: Snapshot, caplog: pytest.LogCaptureFixture, seed: int
) -> None:
    pick, known, failed = random.Random(seed), some_records(app), 0
    for client, form, bearer in clients(app):
        if form:
            client.post("/intake", data={**CALL, "key": f"k{seed}"}, headers=form)
        for rule in addresses(app):
            failed += send(client, rule, pick, known, form, bearer) >= 500
    assert not failed, "\n".join(causes(caplog.records))


# --- each page of a call, rightly filled in but for one field


def one_wrong(form: dict[str, str]) -> Iterator[dict[str, str]]:
    for name in form:
        for value in JUNK:
            yield {**form, name: value}


def hurl(browse: Browse, url: str, forms: Iterator[dict[str, str]], share: float) -> int:
    """How many of these forms (a share of them) were answered with an error of ours."""
    pick = random.Random(7)
    answers = (browse.send(url, **form).status_code for form in forms if pick.random() < share)
    return sum(status >= 500 for status in answers)


SHARE = float(os.environ.get("PORTAL_TEST_SHARE", "0.05"))  # of all single faults; 1 by hand


def test_junk_in_the_first_page(
    app: Flask, content: Snapshot, sign_in: Any, browse: Browse, caplog: Any
) -> None:
    sign_in("agent")
    browse.get("/intake")
    failed = hurl(
        browse,
        "/intake",
        one_wrong({**CALL, "key": "k", "version": "1", "code": "", "article": "", "mask": "text"}),
        SHARE,
    )
    assert not failed, "\n".join(causes(caplog.records))


def test_junk_in_the_facts(app: Flask, content: Snapshot, sign_in: Any, browse: Browse, caplog: Any) -> None:
    sign_in("agent")
    to_facts(browse)
    earlier = {**FACTS, "occurred_at": "earlier", "occurred_at-day": "2026-01-05", "occurred_at-time": "10:00",
               "attachment": "yes", "attachment-type": "pdf", "attachment-size": "3", "version": "", "details": "x"}  # fmt: skip
    url = browse.url
    failed = hurl(browse, url, one_wrong(earlier), SHARE)
    assert not failed, "\n".join(causes(caplog.records))


def test_junk_in_the_last_page(
    app: Flask, content: Snapshot, sign_in: Any, browse: Browse, caplog: Any
) -> None:
    sign_in("agent")
    to_check(browse)
    failed = hurl(
        browse,
        browse.url,
        one_wrong({**CHECK, "action": "update", "severity_reason": "", "seen": ""}),
        SHARE,
    )
    assert not failed, "\n".join(causes(caplog.records))


@pytest.mark.parametrize("urgent", ["harm", "privacy"])
def test_junk_in_the_pages_that_cannot_wait(
    app: Flask, content: Snapshot, sign_in: Any, browse: Browse, caplog: Any, urgent: str
) -> None:
    sign_in("agent")
    failed = 0
    pick = random.Random(3)
    facts = {
        "text": "Someone may be harmed by this now", "tool": "not_sure", "facilities": "541",
        "external_ref": "4211888", "occurred_at": "earlier", "occurred_at-day": "2026-01-05",
        "occurred_at-zone": "UTC", "occurred_at-time": "10:00", "known_issue": "",
    }  # fmt: skip
    for form in one_wrong(facts):
        if pick.random() < SHARE / 2:
            browse.post("/intake", **{**CALL, "urgent": urgent, "key": str(pick.random())})
            failed += browse.send(browse.url, **form).status_code >= 500
    assert not failed, "\n".join(causes(caplog.records))


# --- what was an error of ours once


def test_a_zone_that_is_none_is_refused(content: Snapshot, sign_in: Any, browse: Browse) -> None:
    sign_in("agent")
    to_facts(browse)
    for zone in ("deadbeef", "America", "../UTC", "/etc/localtime", "Z" * 5000, "\0"):
        assert browse.send(browse.url, **{**FACTS, "occurred_at-zone": zone}).status_code == 422


def test_numbers_too_long_to_be_any_are_read_as_none(content: Snapshot, sign_in: Any, browse: Browse) -> None:
    sign_in("agent")
    to_facts(browse)
    for number in ("9" * 5000, "²", "٣"):
        questions = browse.url.replace("/facts", "/questions")
        assert (
            browse.send(questions, asked="repeats", version=number, **{"answer-repeats": "yes"}).status_code
            == 303
        )
        assert browse.send(browse.url, **{**FACTS, "version": number}).status_code == 303
        answer = {"article": "sm-attachment-refused", "step": number}
        assert browse.send("/intake/answer", **answer, result="works_now").status_code == 303
        asked = browse.send("/intake/answer", **answer, result="did_not_help")
        assert "left-1" in asked.get_data(as_text=True)


@pytest.mark.parametrize(
    "number", ["I-99999999999999999999", "I-²²²²²²", "R-99999999999999999999", "T3-2026-٠٠٠٠٠١"]
)
def test_numbers_of_nothing_are_not_found(
    content: Snapshot, sign_in: Any, browse: Browse, number: str
) -> None:
    sign_in("agent")
    assert browse.client.get(f"/intake/{number}").status_code == 404
    assert browse.client.get(f"/tickets/{number}").status_code == 404
    assert browse.client.get("/look-up", query_string={"number": number}).status_code == 200
