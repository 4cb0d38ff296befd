"""What a caller said goes along in links and forms, and never into the next call."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest

from portal.accounts.actor import Actor
from portal.knowledge.snapshot import Snapshot
from tests.conftest import Browse
from tests.page import Page

SignIn = Callable[..., Actor]
WORDS = "my picture wont attach to the message"


@pytest.fixture(autouse=True)
def agent(content: Snapshot, sign_in: SignIn) -> Actor:
    return sign_in("agent")


def link_to(page: Page, place: str) -> str:
    """The address of the first link that begins with `place` and brings something along, or of the bare one."""
    found = re.search(rf'href="({re.escape(place)}[?][^"]*)"', page.text)
    found = found or re.search(rf'href="({re.escape(place)}(?:#[^"]*)?)"', page.text)
    assert found, place
    return unescape(found[1])


def search(browse: Browse, words: str) -> Page:
    browse.get("/")
    return browse.post("/search/", q=words)


def did_not_help(browse: Browse, page: Page) -> Page:
    fields = page.form("/intake/answer").fields
    steps = re.findall(r'name="step" value="(\d+)"', page.text)
    return browse.post("/intake/answer", **fields, step=steps, result="did_not_help")


def test_words_go_from_the_search_through_the_article_into_its_call(browse: Browse) -> None:
    results = search(browse, WORDS)
    article = browse.get(link_to(results, "/articles/sm-attachment-refused"))
    assert article.form("/intake/answer").fields["words"] == WORDS
    assert WORDS in did_not_help(browse, article).text


def test_the_words_of_one_call_never_stand_in_the_next(browse: Browse) -> None:
    search(browse, "everything is slow today for caller one")
    page = did_not_help(browse, browse.get("/articles/sm-attachment-refused"))
    assert browse.url.endswith("/call")
    assert "caller one" not in page.text
    browse.get(link_to(search(browse, WORDS), "/articles/sm-attachment-refused"))
    code = browse.get("/articles/code/101")
    page = browse.get(link_to(code, "/intake"))
    assert WORDS not in page.text
    assert "caller one" not in page.text


def test_a_code_page_passes_words_and_code_on(browse: Browse) -> None:
    code = browse.get("/articles/code/SM98?q=message+to+the+clinic+fails")
    started = browse.get(link_to(code, "/intake"))
    assert "message to the clinic fails" in started.text
    assert 'name="alert_words" type="text" value="SM98"' in started.text
    article = browse.get(link_to(code, "/articles/sm-send-or-load-error"))
    call = did_not_help(browse, article)
    assert "message to the clinic fails" in call.text
    assert 'name="alert_words" type="text" value="SM98"' in call.text


def test_a_checked_case_passes_the_words_on_to_its_call(browse: Browse) -> None:
    rules = browse.get("/articles/sm-when-to-escalate?q=still+blocked+after+the+move")
    page = browse.get(link_to(rules, "/articles/sm-when-to-escalate/check"))
    assert page.form("/articles/sm-when-to-escalate/check").fields["q"] == "still blocked after the move"
    answers = "urgent=no&shows=file&followed=no&several=no&audience=veteran"
    page = browse.get(f"/articles/sm-when-to-escalate/check?q=still+blocked+after+the+move&{answers}")
    fields = page.form("/intake/decide").fields
    assert fields["words"] == "still blocked after the move"
    call = browse.post("/intake/decide", **fields, action="intake")
    assert browse.url.endswith("/call")
    assert "still blocked after the move" in call.text


def test_links_inside_an_article_take_words_and_code_along(browse: Browse) -> None:
    page = browse.get("/articles/signin-multiple-ids-or-locked?q=refused+%26+locked&code=101")
    brought = "?q=refused+%26+locked"
    route = browse.get(link_to(page, f"/articles/route/identity-correction{brought}"))
    assert route.form("/intake/redirect").fields["words"] == "refused & locked"
    rules = browse.get(link_to(page, "/articles/always-security-privacy"))
    assert browse.url == f"/articles/always-security-privacy{brought}&code=101"
    assert "q=refused+%26+locked" in rules.text
    page = browse.get("/articles/signin-multiple-ids-or-locked")
    assert 'href="/articles/always-security-privacy"' in page.text


def test_words_are_masked_in_every_address_and_form(browse: Browse) -> None:
    article = browse.get("/articles/sm-attachment-refused?q=call+me+at+555-201-3344")
    assert "555-201-3344" not in article.text
    fields = {**article.form("/intake/answer").fields, "words": "call me at 555-201-3344"}
    page = browse.post("/intake/answer", **fields, step=[str(n) for n in range(1, 20)], result="did_not_help")
    assert "555-201-3344" not in page.text
    assert "call me at [phone]" in page.text


def test_a_long_text_has_no_address_and_goes_along_nowhere(browse: Browse) -> None:
    results = search(browse, f"{WORDS} {'and so on ' * 30}")
    assert "?q=" not in link_to(results, "/articles/sm-attachment-refused")
    article = browse.get("/articles/sm-attachment-refused?q=" + "word+" * 60)
    assert "words" not in article.form("/intake/answer").fields


def test_an_answer_in_the_results_keeps_what_was_searched_for(browse: Browse) -> None:
    results = search(browse, "only see a month of labs")
    form = next(f for f in results.forms if f.fields.get("article") == "mr-short-date-range")
    end = browse.post("/intake/answer", **form.fields, result="explained")
    assert "Caller says: only see a month of labs." in end.words
    assert "Explained to the caller." in end.words
