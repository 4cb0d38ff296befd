"""Each article ends its named call: opened, used, and the call closed with a receipt or a note for the case system."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml
from sqlalchemy import select

from portal.accounts.actor import Actor
from portal.core.db import db
from portal.knowledge.snapshot import Snapshot
from portal.tickets.models import Ticket
from tests.conftest import Browse
from tests.page import Page

SignIn = Callable[..., Actor]
CALLS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[1] / "data" / "named_calls.yml").read_text(encoding="utf-8")
)


def calls_that(end: str) -> list[Any]:
    return [pytest.param(call, id=call["article"]) for call in CALLS if end in call["end"]]


@pytest.fixture(autouse=True)
def agent(content: Snapshot, sign_in: SignIn) -> Actor:
    return sign_in("agent")


def opened(browse: Browse, call: dict[str, Any], content: Snapshot) -> Page:
    page = browse.get(f"/articles/{call['article']}")
    assert page.status == 200
    assert page.headings[0].strip() == content.articles[call["article"]].title
    return page


def assert_ended(page: Page, browse: Browse, *words: str) -> None:
    """The end page: nothing more to do, and a note that is ready for the case."""
    assert page.status == 200
    assert browse.url.endswith("/end")
    assert "Case note" in page.words
    for said in words:
        assert said in page.text, said


@pytest.mark.parametrize("call", calls_that("works_now"))
def test_a_runbook_answers_the_caller(call: dict[str, Any], browse: Browse, content: Snapshot) -> None:
    form = opened(browse, call, content).form("/intake/answer")
    page = browse.post("/intake/answer", **form.fields, step="1", result="works_now")
    assert_ended(page, browse, "Result: works now.")
    assert content.articles[call["article"]].title in page.words


@pytest.mark.parametrize("call", calls_that("answered"))
def test_what_is_meant_so_is_answered(call: dict[str, Any], browse: Browse, content: Snapshot) -> None:
    form = opened(browse, call, content).form("/intake/answer")
    page = browse.post("/intake/answer", **form.fields, result="explained")
    assert_ended(page, browse, "Explained to the caller.")
    assert content.articles[call["article"]].title in page.words


@pytest.mark.parametrize("call", calls_that("report"))
def test_a_caller_is_added_to_a_known_issue(call: dict[str, Any], browse: Browse, content: Snapshot) -> None:
    form = opened(browse, call, content).form(f"/intake/report/{call['article']}")
    answers = {**form.fields, "urgent": "no", "ref_later": "y", "platform": "web"}
    page = browse.post(f"/intake/report/{call['article']}", **answers)
    assert_ended(page, browse, "R-000001")


@pytest.mark.parametrize("call", calls_that("case"))
def test_criteria_decide_the_case_and_it_ends(
    call: dict[str, Any], browse: Browse, content: Snapshot
) -> None:
    end_by_criteria(call, browse, content)


@pytest.mark.parametrize("call", calls_that("redirect"))
def test_what_is_not_ours_is_sent_there(call: dict[str, Any], browse: Browse, content: Snapshot) -> None:
    card = f"/articles/route/{call['end']['redirect']}"
    assert card in opened(browse, call, content).text
    form = browse.get(card).form("/intake/redirect")
    page = browse.post("/intake/redirect", **form.fields)
    assert_ended(page, browse, content.catalogue.routes[call["end"]["redirect"]].name)


@pytest.mark.parametrize("call", calls_that("leads_to"))
def test_a_reference_leads_to_the_rules_that_end_the_call(
    call: dict[str, Any], browse: Browse, content: Snapshot
) -> None:
    there = call["end"]["leads_to"]
    assert f"/articles/{there}" in opened(browse, call, content).text
    end_by_criteria(next(one for one in CALLS if one["article"] == there), browse, content)


def end_by_criteria(call: dict[str, Any], browse: Browse, content: Snapshot) -> None:
    """The case is checked on the page that the article links to, recorded, and the call ended."""
    here = f"/articles/{call['article']}/check"
    assert here in opened(browse, call, content).text
    decided = browse.get(f"{here}?{urlencode(call['end']['case'])}")
    fields = decided.form("/intake/decide").fields
    if call["end"]["outcome"] == "redirect":
        assert "Goes elsewhere" in decided.words
        assert_ended(browse.post("/intake/decide", **fields, action="redirected"), browse, "Sent")
    else:
        assert "Goes to Tier 3" in decided.words
        browse.post("/intake/decide", **fields, action="intake")
        page = file_it(call, browse, content)
        assert_ended(page, browse, only_ticket(browse))


def only_ticket(browse: Browse) -> str:
    """The number of the one ticket there is."""
    with browse.client.application.app_context():
        return db.session.scalars(select(Ticket.number)).one()


def file_it(call: dict[str, Any], browse: Browse, content: Snapshot) -> Page:
    """From page 1, with the answers of the checked case: no known issue fits, the caller cannot say any fact."""
    case, number = call["end"]["case"], browse.url.split("/")[2]
    tool = content.articles[call["article"]].tool or "medications"
    first = {
        "urgent": case.get("urgent", "no"),
        "text": call["call"],
        "no_message": "y",
        "tool": tool,
        "audience": case.get("audience", "veteran"),
        "platform": case.get("platform", "web"),
    }
    facts = {f"{id}-unknown": "y" for id in content.catalogue.facts}
    answers: dict[str, dict[str, Any]] = {
        "call": first,
        "known-issues": {},
        "facts": facts,
        "check": {
            "title": call["call"],
            "words": call["call"],
            "severity": "medium",
            "nobody": "y",
            "ref_later": "y",
        },
        "critical": {"text": call["call"], "tool": tool},
        "privacy": {"tool": tool, **facts},
    }
    page = browse.get(f"/intake/{number}")
    for _ in answers:
        step = browse.url.rsplit("/", 1)[-1]
        if step == "end":
            break
        shown = re.findall(r'name="shown" value="([^"]+)"', page.text)
        page = browse.post(browse.url, **answers[step], shown=shown)
        assert page.status == 200, page.words
    return page
