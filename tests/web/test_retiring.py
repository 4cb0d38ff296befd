"""An article that is retired leads on, and no rule sends a call to it."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.core.clock import utcnow
from portal.knowledge.service import KnowledgeBase, tables_for
from tests.conftest import Browse
from tests.unit.knowledge import small_content
from tests.web.test_editor import RULES, RUNBOOK, _author, audited, save, served, text_on
from tests.web.test_editor import base as _base
from tests.web.test_editor import editor as _editor

base, editor = _base, _editor


def test_retired_article_leads_on_and_is_offered_no_more(
    editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    page = editor.get(f"{RUNBOOK}/retire")
    assert "3 places link here" in page.words
    for name in ("Messages are down", "When messaging goes to Tier 3", "Error code SM98"):
        assert name in page.words
    assert "1 rule sends calls here" in page.words
    assert "When messaging goes to Tier 3: Most clear on a second try." in page.words
    for wrong in ("", "nowhere", "sm-down"):
        page = editor.post(f"{RUNBOOK}/retire", successor=wrong)
        assert page.status == 422
        assert "Rules send calls here: name the runbook that takes its place" in page.words
    text = small_content.RUNBOOK.replace("error_codes: [SM98]", "publication: retired\nerror_codes: [SM98]")
    page = editor.post(f"{RUNBOOK}/edit", view="raw", text=text, message="Retire it by hand")
    assert "'sm-send-error' is retired, and no runbook took its place" in page.words
    editor.post(f"{RUNBOOK}/discard")
    other = small_content.RUNBOOK.replace("sm-send-error", "sm-resend").replace(
        "A message cannot", "A text cannot"
    )
    save(base, "runbook/sm-resend.md", other)
    page = editor.post(f"{RUNBOOK}/retire", successor="a text cannot be sent")
    assert "Retired. Lists and search no longer offer it." in page.words
    assert "Retired. Replaced by A text cannot be sent" in page.words
    assert 'name="result"' not in page.text
    assert 'name="result"' in editor.get("/articles/sm-resend").text
    assert "A text cannot be sent" in editor.get(f"{RULES}/check?shows=error&followed=no").words
    assert "is retired: name 'sm-resend'" in editor.get(f"{RULES}/edit").words
    new = {"publication: retired", "replaced_by: sm-resend"}
    assert set(served(base).split("\n")) - set(small_content.RUNBOOK.split("\n")) == new
    assert "A message cannot be sent" not in editor.get("/articles/").words
    assert "A message cannot be sent" not in editor.get("/search/?q=cannot+be+sent").words
    assert ("editor@example.org", "retire article", "article:sm-send-error") in audited(app)


@pytest.mark.parametrize("successor", ["sm-down", "SM-DOWN", "' or 1=1"])
def test_article_is_not_replaced_by_nothing(successor: str, editor: Browse, base: KnowledgeBase) -> None:
    editor.get("/articles/sm-down/retire")
    page = editor.post("/articles/sm-down/retire", successor=successor)
    assert page.status == 422
    assert "An article cannot take its own place" in page.words or "There is no article" in page.words
    assert served(base, "known-issue/sm-down.md") == small_content.KNOWN_ISSUE


def test_rules_are_retired_by_a_second_person(editor: Browse, base: KnowledgeBase) -> None:
    editor.get(f"{RULES}/retire")
    page = editor.post(f"{RULES}/retire", successor="")
    assert "publication: retired" in text_on(page)
    assert served(base, "criteria/sm-rules.md") == small_content.RULES


def test_retired_rules_decide_no_more(base: KnowledgeBase) -> None:
    assert tables_for(base.snapshot(), "secure-messaging", None)[1] is not None
    text = small_content.RULES.replace("owner: messaging\n", "owner: messaging\npublication: retired\n")
    head = base.content.head() or ""
    base.content.save(
        {"criteria/sm-rules.md": text.encode()}, base=head, author=_author(), message="x", now=utcnow()
    )
    assert tables_for(base.snapshot(), "secure-messaging", None)[1] is None
