"""Rules are sent in, read by a second person with what would change, and published or given back."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from portal.core.db import db
from portal.knowledge.models import Draft
from portal.knowledge.service import KnowledgeBase
from tests.conftest import Browse
from tests.unit.knowledge import small_content
from tests.web.test_editor import (
    RULES,
    RUNBOOK,
    after_sign_in,
    another,
    audited,
    drafts,
    sent_by,
    served,
    text_on,
)
from tests.web.test_editor import base as _base
from tests.web.test_editor import editor as _editor

base, editor = _base, _editor


NEW_RULES = small_content.RULES.replace("severity: medium, collect", "severity: high, collect").replace(
    "{outcome: escalate, severity: medium}\n---", "{outcome: escalate, severity: high}\n---"
)


def send_in(browse: Browse, text: str = NEW_RULES) -> int:
    sent = sent_by(browse, f"{RULES}/edit?view=raw")
    page = browse.post(f"{RULES}/edit", **{**sent, "text": text, "message": "High when it comes back"})
    assert "Sent in." in page.words, page.words
    with browse.client.application.app_context():
        return db.session.scalars(select(Draft.id)).one()


def test_rules_are_published_by_a_second_person_only(editor: Browse, base: KnowledgeBase, app: Flask) -> None:
    number = send_in(editor)
    waits = f"/articles/drafts/{number}"
    assert served(base, "criteria/sm-rules.md") == small_content.RULES
    page = editor.get(waits)
    assert "Approve and publish" not in page.words
    assert editor.send(f"{waits}/approve", seen="x").status_code == 403
    assert editor.send(f"{waits}/refuse", reason="Not mine").status_code == 403
    colleague = another(app, "second@example.org", "messaging")
    assert "(1 for you to decide)" in colleague.get("/articles/").words
    assert "1 text waits for your approval." in colleague.get("/team").words
    assert "waits for your approval" not in editor.get("/team").words
    assert "Notices (1)" in colleague.get("/").words
    assert (
        "When messaging goes to Tier 3 : a text waits for your team’s approval"
        in colleague.get("/notices").words
    )
    assert "a text waits" not in editor.get("/notices").words
    page = colleague.get(waits)
    assert "Rule single: severity medium → high" in page.words
    assert "Example “again”: expects severity medium → high" in page.words
    page = colleague.post(f"{waits}/approve", **page.form(f"{waits}/approve").sent())
    assert "Published." in page.words
    assert served(base, "criteria/sm-rules.md") == NEW_RULES
    newest = base.content.history("criteria/sm-rules.md")[0]
    assert (newest.author, newest.message) == ("Editor", "High when it comes back")
    assert "a text waits" not in colleague.get("/notices").words, "somebody has decided"
    assert "your text is approved and published" in editor.get("/notices").words
    assert "approved by Second" in editor.get(f"{RULES}/history").words
    assert "Rule single: severity medium → high" in editor.get(f"{RULES}/diff").words
    assert [row[:2] for row in audited(app)][-2:] == [
        ("editor@example.org", "submit article"), ("second@example.org", "approve article")
    ]  # fmt: skip
    assert drafts(app) == []


def test_text_sent_back_is_a_draft_again_with_the_reason(
    editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    number = send_in(editor)
    colleague = another(app, "second@example.org", "messaging")
    colleague.get(f"/articles/drafts/{number}")
    assert colleague.post(f"/articles/drafts/{number}/refuse", reason=" ").status == 422
    page = colleague.post(f"/articles/drafts/{number}/refuse", reason="Say why it is high")
    assert "Sent back to Editor." in page.words
    assert "Sent back. Second: Say why it is high" in editor.get(f"{RULES}/edit").words
    assert "your text was sent back to you" in editor.get("/notices").words
    assert "Say why it is high" not in editor.get("/notices").words
    assert ("second@example.org", "refuse article", "article:sm-rules") in audited(app)
    assert colleague.get(f"/articles/drafts/{number}").status == 404
    assert send_in(editor) == number


def test_other_words_than_those_read_are_not_approved(
    editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    number = send_in(editor)
    colleague = another(app, "second@example.org", "messaging")
    seen = colleague.get(f"/articles/drafts/{number}").form(f"/articles/drafts/{number}/approve").sent()
    editor.post(f"{RULES}/withdraw")
    send_in(editor, NEW_RULES.replace("It came back.", "It came back twice."))
    assert colleague.post(f"/articles/drafts/{number}/approve", **seen).status == 409
    assert served(base, "criteria/sm-rules.md") == small_content.RULES


def test_text_in_review_is_not_changed_until_it_is_taken_back(editor: Browse, app: Flask) -> None:
    send_in(editor)
    page = editor.get(f"{RULES}/edit")
    assert "Your text waits for approval" in page.words
    assert "data-autosave" not in page.text
    assert editor.send(f"{RULES}/autosave", view="raw", text="other", message="").status_code == 409
    page = editor.post(f"{RULES}/edit", view="raw", text="typed in another window", message="x")
    assert page.status == 409
    assert "typed in another window" in page.text
    editor.post(f"{RULES}/withdraw")
    assert drafts(app) == [("editor@example.org", "sm-rules", "draft")]
    assert text_on(editor.get(f"{RULES}/edit")) == NEW_RULES


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (small_content.RULES.replace("when: {followed: no}", "when: {followed: maybe}"), "maybe"),
        (small_content.RULES.replace("severity: medium, collect", "severity: high, collect"), "single"),
        (small_content.RULES, "there is nothing to approve"),
    ],
)
def test_rules_with_a_problem_are_not_sent_in(text: str, said: str, editor: Browse, app: Flask) -> None:
    sent = sent_by(editor, f"{RULES}/edit?view=raw")
    page = editor.post(f"{RULES}/edit", **{**sent, "text": text, "message": "Try"})
    assert page.status == 422
    assert said in page.words
    assert [state for _, _, state in drafts(app)] == ["draft"]


def test_another_team_neither_sees_nor_decides(editor: Browse, base: KnowledgeBase, app: Flask) -> None:
    number = send_in(editor)
    other = another(app, "other@example.org", "tier3")
    assert "Nothing waits for approval." in other.get("/articles/drafts").words
    assert other.get(f"/articles/drafts/{number}").status == 404
    assert other.send(f"/articles/drafts/{number}/approve", seen="x").status_code == 404
    assert other.send(f"/articles/drafts/{number}/refuse", reason="Not ours").status_code == 404


def test_earlier_rules_come_back_by_way_of_a_second_person(
    editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    first = base.content.head()
    number = send_in(editor)
    colleague = another(app, "second@example.org", "messaging")
    page = colleague.get(f"/articles/drafts/{number}")
    colleague.post(
        f"/articles/drafts/{number}/approve", **page.form(f"/articles/drafts/{number}/approve").sent()
    )
    editor.get(f"{RULES}/history")
    page = editor.post(f"{RULES}/restore", at=first)
    assert text_on(page) == small_content.RULES
    assert served(base, "criteria/sm-rules.md") == NEW_RULES


def test_draft_is_not_replaced_by_a_version_that_is_brought_back(
    editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    first = base.content.head()
    send_in(editor)
    editor.post(f"{RULES}/withdraw")
    page = editor.post(f"{RULES}/restore", at=first)
    assert "You have a draft of this article." in page.words
    assert text_on(page) == NEW_RULES


def test_draft_outlives_a_restore(editor: Browse, base: KnowledgeBase, app: Flask) -> None:
    first = base.content.head()
    sent = sent_by(editor, f"{RUNBOOK}/edit")
    editor.post(f"{RUNBOOK}/edit", **{**sent, "f-title": "Sending fails", "message": "Title"})
    sent = sent_by(editor, f"{RUNBOOK}/edit")
    editor.send(f"{RUNBOOK}/autosave", **{**sent, "f-summary": "Half a thought"})
    editor.post(f"{RUNBOOK}/restore", at=first)
    assert served(base) == small_content.RUNBOOK
    assert sent_by(editor, f"{RUNBOOK}/edit")["f-summary"] == "Half a thought"


def test_reason_survives_being_signed_out(editor: Browse, app: Flask) -> None:
    place = f"/articles/drafts/{send_in(editor)}"
    colleague = another(app, "second@example.org", "messaging")
    colleague.get(place)
    page = after_sign_in(colleague, f"{place}/refuse", "second@example.org", reason="Say why")
    assert page.form(f"{place}/refuse").sent()["reason"] == "Say why"
