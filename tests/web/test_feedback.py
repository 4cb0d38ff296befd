"""Readers say what is wrong, the owning team answers: flags, comments, the work list and the team's page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.actor import Role
from portal.accounts.models import AuditRow
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.knowledge import service as knowledge
from portal.knowledge.models import Flag
from portal.knowledge.service import KnowledgeBase
from tests.conftest import Browse, open_session
from tests.factories import make_user
from tests.page import Page
from tests.small_base import serve_small

RUNBOOK = "/articles/sm-send-error"
WORDS = "Step 2 does not say where the sign-out is."


@pytest.fixture
def base(app: Flask, tmp_path: Path) -> Iterator[KnowledgeBase]:
    with serve_small(app, tmp_path) as made:
        yield made


@pytest.fixture
def person(app: Flask) -> Callable[..., Browse]:
    """`person("editor", "messaging")`: somebody at a browser of their own."""

    def make(role: str = "agent", scope: str = "", email: str = "") -> Browse:
        browse = Browse(app.test_client())
        with app.app_context():
            actor = make_user(Role(role), scope=scope, email=email or f"{role}@example.org")
        browse.token = open_session(app, browse.client, actor)
        return browse

    return make


def flag(browse: Browse, words: str = WORDS, kind: str = "unclear", **more: object) -> Page:
    browse.get(f"{RUNBOOK}/flag")
    return browse.post(
        f"{RUNBOOK}/flag", **{"kind": kind, "place": "do-2", "words": words, "key": "k1", **more}
    )


def test_a_reader_flags_a_step_once_and_sees_it_beside_the_article(
    base: KnowledgeBase, app: Flask, person: Callable[..., Browse]
) -> None:
    agent = person()
    page = agent.get(RUNBOOK)
    assert "Something is wrong here" in page.text
    assert f'href="{RUNBOOK}/flag?at=more-about-it"' in page.text
    assert '<option value="more-about-it" selected>' in agent.get(f"{RUNBOOK}/flag?at=more-about-it").text
    wrong = flag(agent, words="no", kind="")
    assert wrong.status == 422
    assert "Select what is the matter" in wrong.text
    held = flag(agent, words="The caller, SSN 219-09-9999, cannot sign out.")
    assert held.status == 422
    assert "looks like a Social Security number" in held.text
    assert "219-09-9999" in held.text, "what was typed is kept"
    named = flag(agent, words="Mr. Halloran cannot find the sign-out.")
    assert named.status == 422
    assert "is nobody’s" in named.text
    assert flag(agent).status == 200
    page = flag(agent)
    assert "You flagged Do, step 2" in page.text
    assert "not answered yet" in page.text
    assert WORDS in agent.get("/articles/flags").text
    assert "You flagged" not in person(email="other@example.org").get(RUNBOOK).text
    with app.app_context():
        [row] = db.session.scalars(select(Flag))
        assert (row.revision, row.as_who, row.state) == (
            base.snapshot().revision,
            "HRC help desk (Tier 1)",
            "open",
        )
        whats = list(db.session.scalars(select(AuditRow.what)))
        assert "flag article" in whats
        assert WORDS not in " ".join(db.session.scalars(select(AuditRow.result)))


def test_a_comment_is_read_by_others_until_it_is_hidden(
    base: KnowledgeBase, person: Callable[..., Browse]
) -> None:
    agent = person()
    said = "Callers call the sign-out the little man."
    assert said in flag(agent, words=said, kind="comment").text
    other = person(email="other@example.org")
    page = other.get(RUNBOOK)
    assert said in page.text
    assert "/hide" not in page.text
    assert other.send("/articles/flags/1/hide").status_code == 403
    assert person("editor", "medications", "rx@example.org").send("/articles/flags/1/hide").status_code == 403
    editor = person("editor", "messaging")
    assert "/articles/flags/1/hide" in editor.get(RUNBOOK).text
    assert said not in editor.post("/articles/flags/1/hide").text
    assert "Comment, hidden" in agent.get("/articles/flags").text


def test_one_task_of_a_kind_is_open_for_a_team(app: Flask) -> None:
    with app.app_context():
        with transaction():
            assert knowledge.add_task("messaging", "review", "sm-down", "published by Tier 3", utcnow())
            assert not knowledge.add_task("messaging", "review", "sm-down", "again", utcnow())
            assert knowledge.add_task("other", "review", "sm-down", "", utcnow())
        assert [task.detail for task in knowledge.open_tasks("messaging")] == ["published by Tier 3"]
        admin = make_user(Role.ADMIN)
        with transaction():
            knowledge.decide_task(
                "messaging", "review", "sm-down", accepted=True, reason="", actor=admin, now=utcnow()
            )
            assert knowledge.add_task("messaging", "review", "sm-down", "changed", utcnow())
        assert ("review", "sm-down") in knowledge.decisions("messaging")
