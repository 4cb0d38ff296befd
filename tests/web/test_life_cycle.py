"""Confidence, review and staleness of articles, as readers and editors see them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from portal.accounts.actor import Role
from portal.core.clock import utcnow
from portal.knowledge.article import Confidence
from portal.knowledge.content_store import Author
from portal.knowledge.service import KnowledgeBase
from tests.conftest import Browse, open_session
from tests.factories import make_user
from tests.small_base import serve_small

RUNBOOK, RULES, RELEASE = "runbook/sm-send-error.md", "criteria/sm-rules.md", "release/sm-new-page.md"


@pytest.fixture
def base(app: Flask, tmp_path: Path) -> Iterator[KnowledgeBase]:
    with serve_small(app, tmp_path) as made:
        yield made


@pytest.fixture
def editor(app: Flask, browse: Browse) -> Browse:
    with app.app_context():
        browse.token = open_session(app, browse.client, make_user(Role.EDITOR, scope="messaging"))
    return browse


def write(base: KnowledgeBase, path: str, old: str, new: str) -> None:
    """By somebody else, in git."""
    head = base.snapshot().revision
    text = (base.content.read(path, head) or b"").decode()
    assert old in text
    data = {path: text.replace(old, new, 1).encode()}
    base.content.save(
        data, base=head, author=Author("Somebody", "s@example.org"), message="Change", now=utcnow()
    )


def test_a_confirmed_article_falls_with_its_text_and_rises_when_the_team_confirms(
    base: KnowledgeBase, editor: Browse
) -> None:
    page = editor.get("/articles/sm-send-error")
    assert "Not yet confirmed by the team" in page.words
    assert "Confirm: read again, still right" in page.words
    page = editor.post("/articles/sm-send-error/confirm")
    assert "Not yet confirmed" not in page.words
    assert "Confirm: read again" not in page.words
    article = base.snapshot().articles["sm-send-error"]
    assert article.confidence is Confidence.VALIDATED
    assert article.review_by >= utcnow().date() + timedelta(days=80)
    sent = editor.get("/articles/sm-send-error/edit").form("/articles/sm-send-error/edit").sent()
    page = editor.post(
        "/articles/sm-send-error/edit",
        **{**sent, "f-aliases": "send error\nno send", "message": "More words"},
    )
    assert "counts as not confirmed" not in page.words
    assert base.snapshot().articles["sm-send-error"].confidence is Confidence.VALIDATED
    sent = editor.get("/articles/sm-send-error/edit").form("/articles/sm-send-error/edit").sent()
    body = str(sent["body"]).replace("2. Sign in again", "2. Sign out and in again")
    page = editor.post(
        "/articles/sm-send-error/edit", **{**sent, "body": body, "message": "The way out first"}
    )
    assert "it counts as not confirmed until the team confirms it" in page.words
    assert "Not yet confirmed by the team" in page.words
    assert base.snapshot().articles["sm-send-error"].confidence is Confidence.NOT_VALIDATED
    assert len(base.content.history(RUNBOOK)) == 4, "the fall stands in the save's own commit"
    assert "Confirm" not in editor.get("/articles/sm-rules?at=" + base.snapshot().revision).words
    editor.post("/articles/sm-rules/confirm")
    assert base.snapshot().articles["sm-rules"].confidence is Confidence.VALIDATED, "it changes no rule"


def test_an_article_is_stale_when_what_it_depends_on_tells_something_else(
    base: KnowledgeBase, editor: Browse
) -> None:
    write(base, RUNBOOK, "sources: [ex", "depends_on: [a_switch, SM98]\nsources: [ex")
    assert base.snapshot().stale == {}
    write(base, RELEASE, "review_by: 2027-02-03", "review_by: 2027-03-03")
    assert base.snapshot().stale == {}, "a date is no news"
    write(base, RELEASE, "summary: Nothing is broken.", "summary: The button has moved.")
    why = "“A new page to start a message” has changed since this article was last changed"
    assert base.snapshot().stale == {"sm-send-error": why}
    write(base, RULES, "Who keeps the list decides.", "Who keeps it decides.")
    assert base.snapshot().stale == {"sm-send-error": why}, "carried over"
    page = editor.get("/articles/sm-send-error")
    assert "May be out of date" in page.words
    assert why in page.words
    assert f"Ranked lower: {why}" in editor.get("/search/?q=message+cannot+be+sent").words
    assert why in editor.get("/team").words
    assert KnowledgeBase(base.content, base.shipped).snapshot().stale == {"sm-send-error": why}, (
        "after a restart"
    )
    editor.post("/articles/sm-send-error/confirm")
    assert base.snapshot().stale == {}
    write(base, "error_codes.yml", "next_step: ", "next_step: Tier 2 first. ")
    assert "“SM98” has changed" in base.snapshot().stale["sm-send-error"]


def test_an_overdue_article_says_so_in_search_and_stands_lower(base: KnowledgeBase, editor: Browse) -> None:
    write(base, RUNBOOK, "review_by: 2027-02-18", "review_by: 2026-02-18")
    page = editor.get("/search/?q=send+error")
    assert "Review overdue since Feb 18, 2026" in page.words
    assert "Ranked lower: its review is overdue" in page.words
    assert "Overdue since Feb 18, 2026" in editor.get("/team").words
