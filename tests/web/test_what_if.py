"""Past decisions under rules that wait for approval: as the author and the second person see them."""

# ruff: noqa: F811  the fixtures of test_editor

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from portal.accounts.actor import Role
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.criteria.decide import decide
from portal.knowledge import service
from portal.knowledge.service import KnowledgeBase
from portal.tickets import service as tickets
from tests.conftest import Browse, open_session
from tests.factories import a_ticket_draft, make_user
from tests.unit.knowledge import small_content
from tests.web.test_editor import RULES, another, base, editor  # noqa: F401  base and editor are fixtures
from tests.web.test_second_person import send_in

AGAIN = {"shows": "error", "followed": "yes"}


@pytest.fixture
def numbers(base: KnowledgeBase, app: Flask) -> list[str]:
    """An ordinary and a privacy ticket on the same decision; two checked cases, one of them long ago."""
    table, filed = base.snapshot().articles["sm-rules"].table, []
    assert table is not None
    with app.app_context():
        actor, now, snapshot = make_user(Role.AGENT), utcnow(), base.snapshot()
        for answers, days, privacy in (
            (AGAIN, 1, False),
            (AGAIN, 2, True),
            ({"shows": "blocked"}, 3, None),
            (AGAIN, 200, None),
        ):
            at = now - timedelta(days=days)
            with transaction():
                kept = service.record_evaluation(
                    article_id="sm-rules", revision=snapshot.revision, answers=answers,
                    decision=decide(table, answers), actor=actor, now=at,
                )  # fmt: skip
                if privacy is not None:
                    draft = tickets.checked(a_ticket_draft(actor, privacy=privacy), snapshot.catalogue)
                    filing = tickets.file_ticket(
                        draft, actor=actor, catalogue=snapshot.catalogue, now=at, evaluation_id=kept.id
                    )
                    filed.append(filing.number)
    return filed


def test_second_person_reads_which_decisions_turn(editor: Browse, app: Flask, numbers: list[str]) -> None:
    ordinary, private = numbers
    page = editor.get(f"{RULES}/what-if")
    assert "3 decisions in the last 90 days: all decided as before." in page.words
    waits = f"/articles/drafts/{send_in(editor)}"
    colleague = another(app, "second@example.org", "messaging")
    for url, browse in ((waits, colleague), (f"{RULES}/what-if", editor)):
        page = browse.get(url)
        assert "3 decisions in the last 90 days: 2 would end otherwise." in page.words
        assert (
            "Goes to Tier 3 ● Medium rule single → becomes ↑ Goes to Tier 3 ◆ High rule single : 2 decisions"
            in page.words
        )
        assert f"/tickets/{ordinary}" in page.text
        assert "An error · Was the runbook followed? Yes" in page.words
        assert "a privacy ticket" in page.words
        assert private not in page.text
    assert (
        "4 decisions in the last 365 days: 3 would end otherwise." in colleague.get(f"{waits}?days=365").words
    )
    assert "in the last 90 days" in colleague.get(f"{waits}?days=x").words
    assert "0 decisions in the last 7 days" not in colleague.get(f"{waits}?days=7").words
    fragment = colleague.client.get(
        f"{waits}?days=30", headers={"HX-Request": "true", "HX-Target": "what_if"}
    )
    assert "in the last 30 days" in fragment.text
    assert "<html" not in fragment.text


def test_cleared_person_opens_the_privacy_ticket(editor: Browse, app: Flask, numbers: list[str]) -> None:
    send_in(editor)
    browse = Browse(app.test_client())
    with app.app_context():
        person = make_user(Role.EDITOR, email="cleared@example.org", scope="messaging", privacy=True)
    browse.token = open_session(app, browse.client, person)
    page = browse.get(browse.get("/articles/drafts").text.split('data-hit href="')[1].split('"')[0])
    assert f"/tickets/{numbers[1]}" in page.text
    assert browse.get(f"/tickets/{numbers[1]}").status == 200


def test_case_that_the_new_rules_leave_open_is_a_group_of_its_own(
    editor: Browse,
    numbers: list[str],
) -> None:
    text = small_content.RULES.replace("when: {followed: no}", "when: {followed: no, shows: error, sees: x}").replace(
        "rules:\n", "  - id: sees\n    ask: What else?\n    choices: {x: Ex, y: Why}\nrules:\n"
    ).replace("  - id: single\n", "  - id: single\n    when: {sees: x}\n")  # fmt: skip
    editor.send(f"{RULES}/draft", view="raw", text=text)
    page = editor.get(f"{RULES}/what-if")
    assert "Now undecided, before ↑ Goes to Tier 3 ● Medium rule single : 2 decisions" in page.words


def test_new_rules_and_other_teams_have_nothing_to_compare(
    editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    assert another(app, "other@example.org", "tier3").get(f"{RULES}/what-if").status == 403
    editor.send(f"{RULES}/draft", view="raw", text="---\nid: sm-rules\nrules: none\n---\n")
    assert "There are no rules to compare yet" in editor.get(f"{RULES}/what-if").words
    assert "There are no rules to compare yet" in editor.get("/articles/sm-send-error/what-if").words
