"""Open calls can be told apart, and dropped when nothing comes of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from portal.accounts.actor import Actor, Desk
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.intake.service import abandon_old
from portal.knowledge.snapshot import Snapshot
from tests.conftest import Browse
from tests.web.test_intake import here, intakes, none_of_these, number, start, tickets

SignIn = Callable[..., Actor]


@pytest.fixture(autouse=True)
def agent(content: Snapshot, sign_in: SignIn) -> Actor:
    return sign_in("agent")


@pytest.mark.parametrize(
    ("reason", "words"), [("misclick", "misclick"), ("hung_up", "caller hung up"), ("other", "other reason")]
)
def test_a_dropped_call_keeps_its_reason_and_no_words(
    app: Flask, browse: Browse, reason: str, words: str
) -> None:
    page = start(browse)
    assert "Drop this call" in page.words
    where = number(browse)
    page = browse.post(f"/intake/{where}/drop", reason=reason)
    assert browse.url == "/"
    assert f"{where} is dropped." in page.words
    [intake] = intakes(app)
    assert (intake.end, intake.text, intake.alert_words, intake.answers) == ("abandoned", "", "", {})
    assert tickets(app) == []
    assert f"Dropped: {words} Dropped" in browse.get("/my-calls").words
    end = browse.get(f"/intake/{where}/end")
    assert end.headings == ["Dropped"]
    assert "Case note" not in end.words
    browse.post(f"/intake/{where}/drop", reason="other")
    assert f"Dropped: {words} Dropped" in browse.get("/my-calls").words


def test_every_page_of_an_open_call_can_drop_it(browse: Browse) -> None:
    page = start(browse, alert_words="SM124", text="The file is refused as too large")
    assert "Drop this call" in page.words
    assert "Drop this call" in none_of_these(browse, page).words
    assert here(browse) == "runbook"
    end = browse.post(browse.url, result="works_now", step="1")
    assert "Drop this call" not in end.words


def test_what_has_ended_or_is_a_colleague_s_is_not_dropped(
    app: Flask, browse: Browse, sign_in: SignIn
) -> None:
    none_of_these(browse, start(browse, tool="sm-staff", text="The staff inbox looks odd today"))
    where = number(browse)
    browse.post(f"/intake/{where}/undecided", action="tier2")
    browse.post(f"/intake/{where}/drop", reason="misclick")
    assert intakes(app)[0].end == "handed_over"
    sign_in("agent", email="other@example.org")
    browse.get("/")
    assert browse.send(f"/intake/{where}/drop", reason="misclick").status_code == 404
    sign_in("agent", email="tier2@example.org", desk=Desk.TIER2)
    browse.get(f"/intake/{where}/questions")
    browse.post(f"/intake/{where}/drop", reason="misclick")
    assert intakes(app)[0].end == "handed_over"


def test_a_reason_is_needed(app: Flask, browse: Browse) -> None:
    start(browse)
    assert browse.send(f"/intake/{number(browse)}/drop").status_code == 422
    assert intakes(app)[0].end is None


def test_open_calls_show_the_first_words_and_stand_above_those_that_ended(browse: Browse) -> None:
    start(browse, text="The inbox stays empty since this morning for my caller")
    browse.get("/articles/sm-attachment-refused")
    browse.post("/intake/answer", article="sm-attachment-refused", result="works_now", key="k")
    page = browse.get("/my-calls")
    first = "“The inbox stays empty since this morning …”"
    assert first in page.words
    assert page.words.index(first) < page.words.index("Answered: Attachment refused")
    assert first in browse.get("/").words
    browse.get("/my-calls")
    page = browse.post("/intake/I-000001/drop", reason="hung_up", back="my-calls")
    assert browse.url == "/my-calls"
    assert first not in page.words


def test_words_that_were_only_saved_tell_a_call_apart_too(browse: Browse) -> None:
    browse.get("/intake")
    browse.send("/intake/autosave", key="k", step="call", text="Caller cannot see the new lab result")
    assert "“Caller cannot see the new lab result”" in browse.get("/").words


def test_a_call_that_nobody_touched_has_an_end_page(app: Flask, browse: Browse) -> None:
    start(browse)
    where = number(browse)
    with app.app_context(), transaction():
        assert abandon_old(utcnow() + timedelta(days=31)) == 1
    page = browse.get(f"/intake/{where}")
    assert "Not touched for 30 days. Nothing was filed" in page.words
