"""What an upgrade and a team changed both waits for a person to choose."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.knowledge.models import Draft
from portal.knowledge.service import KnowledgeBase, note_changes, pending_changes
from tests.conftest import Browse
from tests.unit.knowledge import small_content
from tests.web.test_editor import RULES, RUNBOOK, _author, another, audited, sent_by, served
from tests.web.test_editor import base as _base
from tests.web.test_editor import editor as _editor

base, editor = _base, _editor


def upgrade(base: KnowledgeBase, path: str, text: str) -> None:
    """A later version ships another text of the file."""
    (base.shipped / path).write_text(text, encoding="utf-8")
    base.sync(utcnow())
    changes = pending_changes(base)
    with transaction():
        note_changes(changes, utcnow())


@pytest.fixture
def clashing(editor: Browse, base: KnowledgeBase, app: Flask) -> str:
    """Team and upgrade changed the title; the upgrade the review date too. The address of the clash."""
    sent = sent_by(editor, f"{RUNBOOK}/edit")
    editor.post(f"{RUNBOOK}/edit", **{**sent, "f-title": "Ours", "message": "Title"})
    shipped = small_content.RUNBOOK.replace("A message cannot be sent", "Shipped").replace(
        "2027-02-18", "2027-06-01"
    )
    with app.app_context():
        upgrade(base, "runbook/sm-send-error.md", shipped)
    return "/articles/conflicts/1"


@pytest.mark.parametrize(
    ("choice", "title"), [("theirs", "Shipped"), ("mine", "Ours"), ("own", "Both of us")]
)
def test_clash_of_an_upgrade_is_resolved(
    choice: str, title: str, clashing: str, editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    assert "title: Ours\n" in served(base)
    assert "2027-02-18" in served(base)
    assert "1 clash with what came in" in editor.get("/articles/").words
    assert "runbook/sm-send-error.md" in editor.get("/articles/conflicts").words
    sent = editor.get(clashing).form(clashing).sent()
    assert editor.post(clashing, **sent).status == 422
    page = editor.post(clashing, **{**sent, "choice-1": choice, "own-1": "title: Both of us"})
    assert "No clash waits for you." in page.words
    assert served(base) == small_content.RUNBOOK.replace("A message cannot be sent", title).replace(
        "2027-02-18", "2027-06-01"
    )
    assert editor.get(clashing).status == 404
    assert ("editor@example.org", "resolve clash", "file:runbook/sm-send-error.md") in audited(app)


def test_ours_may_stay_without_a_commit(clashing: str, editor: Browse, base: KnowledgeBase) -> None:
    head, sent = base.content.head(), editor.get(clashing).form(clashing).sent()
    assert "No clash waits for you." in editor.post(clashing, **{**sent, "action": "keep"}).words
    assert base.content.head() == head


def test_clash_is_for_the_owning_team_and_admins(clashing: str, app: Flask) -> None:
    other = another(app, "other@example.org", "tier3")
    assert other.get(clashing).status == 404
    assert other.send(clashing, action="keep").status_code == 404
    assert "No clash waits for you." in other.get("/articles/conflicts").words
    admin = another(app, "admin@example.org", "", "admin")
    assert admin.get(clashing).status == 200
    assert clashing in admin.get("/admin/content-problems").text


def test_clash_of_the_catalogue_is_for_admins_and_checked(
    editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    head, old = base.content.head() or "", "name: Tier 3, phrase"
    ours = small_content.CATALOGUE.replace(old, "name: Ours, phrase")
    base.content.save(
        {"catalogue.yml": ours.encode()}, base=head, author=_author(), message="x", now=utcnow()
    )
    with app.app_context():
        upgrade(base, "catalogue.yml", small_content.CATALOGUE.replace(old, "name: Shipped, phrase"))
    place = "/articles/conflicts/1"
    assert editor.get(place).status == 404
    admin = another(app, "admin@example.org", "", "admin")
    sent = admin.get(place).form(place).sent()
    page = admin.post(
        place, **{**sent, "choice-1": "own", "own-1": "  - {id: other, name: x, phrase: y, queue: z}"}
    )
    assert page.status == 422
    assert "there is no team 'tier3'" in page.words
    page = admin.post(place, **{**sent, "choice-1": "theirs"})
    assert "No clash waits for you." in page.words
    assert "name: Shipped, phrase" in served(base, "catalogue.yml")


def test_rules_are_for_one_tool_or_for_every_tool_by_one_field(
    editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    def text() -> str:
        with app.app_context():
            return db.session.scalars(select(Draft.text)).one()

    def sent() -> dict[str, object]:
        return sent_by(editor, f"{RULES}/edit")

    assert sent()["f-tool"] == "secure-messaging"
    page = editor.post(f"{RULES}/draft", **{**sent(), "f-tool": "always", "message": "All"})
    assert "Decides for" in page.words
    assert "applies: always\n" in text()
    assert "tool: " not in text()
    assert sent()["f-tool"] == "always"
    editor.post(f"{RULES}/draft", **{**sent(), "f-say": "Hello.", "message": "All"})
    assert text().count("applies: always\n") == 1
    page = editor.post(f"{RULES}/draft", **{**sent(), "f-tool": "", "message": "None"})
    assert "Choose one tool, or every tool (applies: always), and not both" in page.words
    # the parts of another tool are offered as soon as it is chosen, those of the same are let be
    other = next(id for id in base.snapshot().catalogue.tools if id != "secure-messaging")
    for tool, anew in ((other, True), ("", False)):
        answer = editor.send(f"{RULES}/preview", **{**sent(), "f-tool": tool})
        assert ('id="f-sub_areas" aria-describedby="f-sub_areas-problem" hx-swap-oob' in answer.text) is anew
    editor.post(f"{RULES}/draft", **{**sent(), "f-tool": "secure-messaging", "message": "Ours"})
    assert "applies" not in text()
