"""The pages of the search, as a reader sees them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from portal.accounts.actor import Actor
from portal.core.clock import utcnow
from portal.knowledge.snapshot import Snapshot
from portal.search.access import EXTENSION, PACE
from portal.search.engine import SearchEngine
from portal.search.service import OLD_NOTICE, list_misses
from portal.web.pace import Pace
from tests.conftest import Browse


@pytest.mark.parametrize(
    ("typed", "searched"),
    [
        ("dr renewed my pills but i dont see it", "dr renewed my pills but i dont see it"),
        ("dr appointment not listed", "dr appointment not listed"),
        ("message to dr smithers fails", "message to dr s… fails"),
        ("message to Dr. Renewed fails", "message to Dr. R… fails"),
    ],
)
def test_what_follows_a_title_is_a_name_unless_the_knowledge_base_has_the_word(
    content: Snapshot, sign_in: Callable[..., Actor], browse: Browse, typed: str, searched: str
) -> None:
    sign_in("agent")
    page = browse.post("/search/", q=typed)
    assert f'value="{searched}"' in page.text
    assert ("Personal data was taken out" in page.words) is (typed != searched)


def test_more_searches_than_a_person_types_are_asked_to_wait(
    app: Flask, content: Snapshot, sign_in: Callable[..., Actor], browse: Browse
) -> None:
    sign_in("agent")
    usual, app.extensions[PACE] = app.extensions[PACE], Pace(2)
    try:
        browse.get("/search/?q=refill+late")
        assert browse.send("/search/suggest", q="refill").status_code == 200
        refused = browse.client.get("/search/?q=refill+late")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
        assert browse.client.get("/articles/").status_code == 200
    finally:
        app.extensions[PACE] = usual


@pytest.mark.parametrize(
    ("typed", "article"),
    [
        ("only see a month of labs", "mr-short-date-range"),
        ("same med twice on the list", "rx-duplicate-cards-after-move"),
        ("new start a message page", "sm-start-message-flow"),
    ],
)
def test_what_is_meant_so_is_said_and_answered_from_the_results(
    content: Snapshot, sign_in: Callable[..., Actor], browse: Browse, typed: str, article: str
) -> None:
    sign_in("agent")
    page = browse.get("/search/?q=" + typed.replace(" ", "+"))
    first, *others = page.text.split('<li class="hit ')[1:]
    assert f'name="article" value="{article}"' in first
    assert first.count('<details class="hit__say" open>') == 1
    assert all('hit__say" open' not in one for one in others)
    assert sum("hit__say" in one for one in others) > 0
    button = re.findall(r'name="result" value="(\w+)"', first)
    assert button == re.findall(r'name="result" value="(\w+)"', browse.get(f"/articles/{article}").text)[:1]
    end = browse.post("/intake/answer", article=article, key="a-key-for-results", result=button[0])
    assert content.articles[article].title in end.words


def test_words_of_danger_stand_above_the_results_and_are_no_slip_of_the_pen(
    content: Snapshot, sign_in: Callable[..., Actor], browse: Browse
) -> None:
    sign_in("agent")
    for words in ("chest pain", "he cant breathe!", "caller is SUICIDAL", "out of insulin tomorrow"):
        page = browse.get("/search/?q=" + words.replace(" ", "+"))
        assert "988, then press 1" in page.words, words
        assert "instead of" not in page.words, words
    page = browse.get("/search/?q=shows+another+guys+prescriptions")
    assert "Report another person's information" in page.words
    assert "988" not in browse.get("/search/?q=refill+late").words
    fields = page.form("/intake").fields
    critical = browse.post("/intake", **fields)
    assert browse.url.endswith("/privacy"), critical.title
    assert "shows another guys prescriptions" in critical.text


def test_a_miss_on_an_old_index_says_so_and_is_no_work_for_the_team(
    app: Flask,
    browse: Browse,
    sign_in: Callable[..., Actor],
    content: Snapshot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sign_in()
    engine: SearchEngine = app.extensions[EXTENSION]

    def missed() -> list[str]:
        with app.app_context():
            return [words for words, _ in list_misses(utcnow() - timedelta(days=1))]

    with monkeypatch.context() as patched:
        patched.setattr(engine, "is_old", lambda _loaded: True)
        assert OLD_NOTICE in browse.get("/search/?q=vermicelli").words
    assert missed() == []
    assert engine.catch_up()
    assert OLD_NOTICE not in browse.get("/search/?q=vermicelli").words
    assert missed() == ["vermicelli"]
