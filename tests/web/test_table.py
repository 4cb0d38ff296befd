"""Rules of a draft as tables: rows written, added, moved and removed; checked and tried out; a page without script."""

# ruff: noqa: F811  the fixtures of test_editor

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.core.db import db, transaction
from portal.knowledge import store
from portal.knowledge.models import Draft
from portal.knowledge.service import KnowledgeBase
from portal.knowledge.snapshot import Snapshot
from tests.conftest import Browse
from tests.page import Page
from tests.unit.knowledge import small_content
from tests.web.test_editor import RULES, another, base, crlf, drafts, editor, knowledge_base_of, served  # noqa: F401

TABLE = f"{RULES}/table"
GAP = "No rule fits:"


def form_of(page: Page) -> dict[str, Any]:
    return {name: crlf(value) for name, value in page.form(TABLE).sent().items()}


def do(browse: Browse, page: Page, step: str, **fields: Any) -> Page:
    """Press a button of the page, with some fields filled in."""
    return browse.post(TABLE, **{**form_of(page), **fields, "do": step})


def text_of(app: Flask) -> str:
    with app.app_context():
        return db.session.scalars(select(Draft.text)).one()


def differs(app: Flask) -> list[str]:
    before, after = small_content.RULES.split("\n"), text_of(app).split("\n")
    return [f"-{line}" for line in before if line not in after] + [
        f"+{line}" for line in after if line not in before
    ]


def test_every_row_of_every_shipped_table_goes_through_its_form_unchanged(
    app: Flask, browse: Browse, sign_in: Any, content: Snapshot
) -> None:
    """The first, the last and a middle row of each part, through the real page."""
    sign_in("admin")
    shipped = knowledge_base_of(app)
    for article in content.articles.values():
        if article.table is None:
            continue
        text = (shipped.content.read(article.path, content.revision) or b"").decode()
        url = f"/articles/{article.id}/table"
        sizes = {
            "inputs": article.table.inputs,
            "rules": article.table.rules,
            "examples": article.table.examples,
        }
        for part, rows in sizes.items():
            for place in {0, len(rows) // 2, len(rows) - 1}:
                page = browse.get(f"{url}?open={part}-{place}")
                assert page.status == 200
                form = page.form(url)
                assert len(form.typed) < 500
                sent = {name: crlf(value) for name, value in form.sent().items()}
                answer = browse.send(f"/articles/{article.id}/autosave", **sent)
                assert answer.status_code == 204
                assert drafts(app) == [], (article.id, part, place)
        assert text


def test_rule_is_written_in_a_form_and_nothing_else_is_touched(
    editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    page = editor.get(TABLE)
    assert "No gap: every case has a rule" in page.words
    page = do(editor, page, "open rules-2")
    assert "Nothing ticked: any answer will do." in page.words
    page = do(editor, page, "stay", **{"r-then-severity": "high", "r-when-followed": ["yes"]})
    assert differs(app) == [
        "-    then: {outcome: escalate, severity: medium, collect: [alert_words], because: It came back.}",
        "+    when: {followed: yes}",
        "+    then: {outcome: escalate, severity: high, collect: [alert_words], because: It came back.}",
    ]
    assert "'again' expects medium and gets high by rule 'single'" in page.words
    page = do(editor, page, "open examples-2")
    page = do(editor, page, "close examples-2", **{"r-expect-severity": "high"})
    assert "No gap: every case has a rule" in page.words
    page = editor.post(f"{RULES}/edit", **{**form_of(page), "message": "High when it comes back"})
    assert "Sent in." in page.words
    assert served(base, "criteria/sm-rules.md") == small_content.RULES
    assert editor.get(TABLE).headings == [f"Edit: {base.snapshot().articles['sm-rules'].title}"]


def test_rows_are_added_moved_removed_and_the_last_step_taken_back(editor: Browse, app: Flask) -> None:
    page = do(editor, editor.get(TABLE), "down rules-0")
    lines = text_of(app)
    assert lines.index("id: try-first") < lines.index("id: blocked-list") < lines.index("id: single")
    assert 'id="down-rules-1" hx-post="/articles/sm-rules/table" hx-target="#rows" autofocus' in page.text
    page = do(editor, page, "undo")
    assert drafts(app) == []
    page = do(editor, page, "remove rules-1")
    assert "Removed the rule “try-first”." in page.words
    assert "id: try-first" not in text_of(app)
    page = do(editor, page, "undo")
    assert drafts(app) == []
    page = do(editor, page, "add rules")
    assert [line for line in text_of(app).split("\n") if "- id:" in line][2:] == [
        "  - id: blocked-list", "  - id: try-first", "  - id: new-rule", "  - id: single"
    ]  # fmt: skip
    assert "is missing" in page.words
    page = do(editor, page, "close rules-2", **{
        "r-id": "many", "r-when-shows": ["error"], "r-then-outcome": "redirect", "r-then-route": "nowhere", 
        "r-then-because": "a: b",
    })  # fmt: skip
    assert '    then: {outcome: redirect, route: nowhere, because: "a: b"}\n' in text_of(app)
    assert "then.route there is no route 'nowhere'" in page.words or "nowhere" in page.words
    assert "Undo the last step" not in page.words


def test_text_that_is_taken_out_does_not_come_back_by_undo(editor: Browse, app: Flask) -> None:
    page = do(editor, editor.get(TABLE), "remove rules-1")
    with app.app_context(), transaction():
        store.clean_texts(
            ["criteria/sm-rules.md"], lambda words: words.replace("on a second try", "[removed]")
        )
    do(editor, page, "undo")
    assert "because: Most clear [removed]." in text_of(app)


def test_question_with_answers_and_codes(editor: Browse, app: Flask) -> None:
    page = do(editor, editor.get(TABLE), "open inputs-0")
    sent = form_of(page)
    labels, ids = sent["r-choice-label"], sent["r-choice-id"]
    page = editor.post(TABLE, **{
        **sent, "do": "stay", "r-choice-label": [*labels[:2], "Nothing at all", ""], "r-choice-id": ids,
        "r-choice-code": ["", "", "SM98", ""], "r-choice-codes": ["", "", "", ""],
    })  # fmt: skip
    assert differs(app) == [
        "-    choices: {blocked: Blocked, error: An error}", "-    codes: {error: [SM98]}",
        "+    choices: {blocked: Blocked, error: An error, nothing_at_all: Nothing at all}",
        "+    codes: {nothing_at_all: [SM98]}",
    ]  # fmt: skip
    page = editor.post(TABLE, **{**form_of(page), "do": "close", "r-fact": "audience"})
    assert "fact: audience" in text_of(app)
    assert "What does the screen show?" not in text_of(app)


def test_new_name_is_followed_by_what_goes_by_it(editor: Browse, app: Flask) -> None:
    page = do(editor, editor.get(TABLE), "open inputs-0")
    sent = form_of(page)
    editor.send(f"{RULES}/autosave", **{**sent, "r-id": "sees"})
    assert "when: {shows: blocked}" in text_of(app)  # half a name, perhaps
    page = editor.post(
        TABLE, **{**sent, "do": "stay", "r-id": "sees", "r-choice-id": ["stopped", "error", "", ""]}
    )
    lines = text_of(app)
    assert "shows" not in lines.replace("shows/", "")
    assert "when: {sees: stopped}" in lines
    assert "given: {sees: stopped, followed: no}" in lines
    assert lines.count("{sees: error, followed: ") == 2
    assert "No gap: every case has a rule" in page.words
    page = do(editor, page, "open inputs-1")
    do(editor, page, "stay", **{"r-id": "sees"})
    assert "followed: no" in text_of(app)  # a name that is taken: nothing follows, and the problem is said


def test_rules_that_are_not_sent_in_lead_to_their_row(editor: Browse) -> None:
    page = editor.get(f"{TABLE}?open=rules-2")
    page = editor.post(f"{RULES}/edit", **{**form_of(page), "r-then-severity": "high", "message": "High"})
    assert page.status == 422
    assert f'href="{TABLE}?open=examples-2"' in page.text


def test_gap_is_said_in_words_and_filled(editor: Browse, app: Flask) -> None:
    page = do(editor, editor.get(TABLE), "remove rules-2")
    page = do(editor, page, "remove examples-2")
    assert f"{GAP} An error · Was the runbook followed? Yes." in page.words
    page = do(editor, page, "fill")
    assert "  - id: new-rule\n    when: {shows: error, followed: yes}\n" in text_of(app)


def test_case_is_tried_and_kept_as_an_example(editor: Browse, app: Flask) -> None:
    page = do(editor, editor.get(TABLE), "try", **{"t-shows": "error", "t-followed": "no"})
    assert "Most clear on a second try. Rule try-first" in page.words
    assert "– Not met blocked-list Ruled out: What does the screen show? An error" in page.words
    page = do(editor, page, "example")
    assert text_of(app).count("  - name: new example\n    given: {shows: error, followed: no}\n") == 1
    assert "expect: {outcome: resolve, runbook: sm-send-error, rule: try-first}" in text_of(app)
    page = do(editor, page, "try", **{"t-shows": "not_sure", "t-followed": ""})
    assert "Not enough to decide" in page.words


def test_what_is_typed_is_checked_at_once_and_not_kept(editor: Browse, app: Flask) -> None:
    page = editor.get(f"{TABLE}?open=rules-1")
    answer = editor.send(
        f"{TABLE}/check",
        **{**form_of(page), "r-then-runbook": "no-such", "t-shows": "error", "t-followed": "no"},
    )
    assert answer.status_code == 200
    said = unescape(answer.text)
    assert "'no-such'" in said
    assert 'id="r-then-runbook-problem" class="field__problem" hx-swap-oob="true"><p' in said
    assert "Rule try-first" in said
    assert drafts(app) == []


def test_rows_that_another_window_moved_are_not_written_over(editor: Browse, app: Flask) -> None:
    old = editor.get(f"{TABLE}?open=rules-0")
    page = do(editor, editor.get(TABLE), "down rules-0")
    moved = text_of(app)
    page = do(editor, old, "close", **{"r-then-because": "Typed for nothing"})
    assert page.status == 409
    assert "The rows were changed in another window" in page.words
    assert "Typed for nothing" in page.words
    assert text_of(app) == moved


def test_rules_that_are_no_rows_and_articles_without_rules(editor: Browse, app: Flask) -> None:
    editor.send(f"{RULES}/draft", view="raw", text=small_content.RULES.replace("rules:\n", "rules: &a\n"))
    assert "These rules cannot be shown as tables." in editor.get(TABLE).words
    assert editor.get("/articles/sm-send-error/table").status == 404
    assert another(app, "other@example.org", "tier3").get(TABLE).status == 403


@pytest.mark.parametrize(
    "step", ["", "up rules-99", "open rules-99", "remove x", "add x", "down examples-2", "nonsense"]
)
def test_steps_that_lead_nowhere_change_nothing(step: str, editor: Browse, app: Flask) -> None:
    assert do(editor, editor.get(TABLE), step).status == 200
    assert drafts(app) == []


def test_new_rules_have_their_tables(editor: Browse, base: KnowledgeBase, client: FlaskClient) -> None:
    editor.get("/articles/new")
    page = editor.post("/articles/new", type="criteria", title="Other rules", owner="messaging", id="")
    assert "Edit rules" in page.words or "New rules" in page.headings[0]
    page = editor.get("/articles/other-rules/table")
    assert "Questions" in page.words
    assert "in the fields and the text of the article" in page.words
    assert "No gap" not in page.words
    for at, text in (
        ("rule 1 (error): because", "Say why."),
        ("question 1 (shows): ask", "Say what to ask."),
    ):
        assert f"{at} : still stands as it began, “{text}”: write your own words" in page.words


def test_problems_name_their_row_as_the_table_counts_it(editor: Browse) -> None:
    page = do(
        editor,
        do(editor, editor.get(TABLE), "open rules-1"),
        "close rules-1",
        **{"r-then-runbook": "no-such"},
    )
    assert "rule 2 (try-first): runbook : 'no-such' is no article" in page.words
    page = do(editor, do(editor, editor.get(TABLE), "open inputs-1"), "close inputs-1", **{"r-ask": ""})
    assert "question 2 (followed): ask : is missing" in page.words
    assert "question 2 (followed): ask : is missing" in editor.get(f"{RULES}/edit").words


def test_the_question_that_a_runbook_needs_is_added_with_a_button(editor: Browse, app: Flask) -> None:
    page = do(editor, editor.get(TABLE), "remove inputs-1")  # and nothing goes by it any more
    page = do(editor, do(editor, page, "open rules-1"), "close rules-1", **{"r-when-followed": []})
    for place in range(3):
        page = do(editor, do(editor, page, f"open examples-{place}"), "close", **{"r-given-followed": ""})
    assert "Add this question" in page.words
    page = do(editor, page, "followed")
    assert "Add this question" not in page.words
    text = text_of(app)
    assert "choices: {yes: " in text
    assert text.count("when: {followed: no}") == 1


def test_enter_in_an_open_row_is_done(editor: Browse, app: Flask) -> None:
    page = do(editor, editor.get(TABLE), "open rules-2")
    first = page.text.partition('id="table-form"')[2].partition("<button")[2].partition(">")[0]
    assert 'type="submit"' in first  # what Enter presses
    assert 'value="close"' in first
    page = do(editor, page, "close", **{"r-then-severity": "high"})
    assert "r-then-severity" not in page.text
    assert "+    then: {outcome: escalate, severity: high" in "\n".join(differs(app))
