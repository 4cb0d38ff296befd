"""The knowledge base by git: what is fetched, what waits for a person, and a remote that is away."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.core.clock import utcnow
from portal.core.db import db
from portal.knowledge.content_store import Author, ContentStore
from portal.knowledge.models import Draft
from portal.knowledge.remote import Remote
from portal.knowledge.service import Follower, KnowledgeBase, exchange
from tests.conftest import Browse
from tests.unit.knowledge import small_content
from tests.unit.knowledge.test_content_remote import git
from tests.web.test_editor import (
    RULES,
    RUNBOOK,
    another,
    audited,
    drafts,
    sent_by,
    served,
)
from tests.web.test_editor import base as _base
from tests.web.test_editor import editor as _editor
from tests.web.test_second_person import NEW_RULES
from tests.web.test_upgrade_clashes import upgrade

base, editor = _base, _editor
RULES_FILE, RUNBOOK_FILE = "criteria/sm-rules.md", "runbook/sm-send-error.md"


@pytest.fixture
def clone(base: KnowledgeBase, app: Flask, tmp_path: Path) -> Path:
    """A clone of the remote that the portal shares with it."""
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "remote.git")
    base.remote = Remote(tmp_path / "content.git", str(tmp_path / "remote.git"))
    with app.app_context():
        assert exchange(base).error == ""
    git(tmp_path, "clone", "--quiet", str(tmp_path / "remote.git"), "clone")
    return tmp_path / "clone"


@pytest.fixture
def follower(base: KnowledgeBase, clone: Path, app: Flask) -> Iterator[Follower]:
    def run(act: object) -> None:
        with app.app_context():
            act()  # type: ignore[operator]

    made = Follower(base, 3600, run)
    base.saved = made.soon
    yield made
    base.saved = lambda: None


def push(clone: Path, **texts: str) -> None:
    git(clone, "pull", "--quiet")
    for name, text in texts.items():
        (clone / {"rules": RULES_FILE, "runbook": RUNBOOK_FILE}[name]).write_text(text)
    git(clone, "commit", "--quiet", "--all", "--message", "From outside")
    git(clone, "push", "--quiet")


def fetched(app: Flask, base: KnowledgeBase) -> None:
    with app.app_context():
        assert exchange(base).error == ""


def test_rules_by_git_wait_for_a_second_person_and_then_go_back(
    clone: Path, editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    push(clone, rules=NEW_RULES)
    fetched(app, base)
    assert served(base, RULES_FILE) == small_content.RULES
    assert "Outside, by git" in editor.get("/articles/drafts").words
    [(_, _, state)] = drafts(app)
    assert state == "in_review"
    author = another(app, "outside@example.org", "messaging")
    assert "A second person decides" in author.get("/articles/drafts").words
    page = editor.get("/articles/drafts/1")
    assert "Outside changed this by git" in page.words
    page = editor.post("/articles/drafts/1/approve", **page.form("/articles/drafts/1/approve").sent())
    assert "Published." in page.words
    assert served(base, RULES_FILE) == NEW_RULES
    assert "approved by Editor" in editor.get(f"{RULES}/history").words
    assert drafts(app) == []
    fetched(app, base)
    git(clone, "pull", "--quiet")
    assert (clone / RULES_FILE).read_text() == NEW_RULES


def test_refused_rules_are_dropped_and_a_newer_change_waits_anew(
    clone: Path, editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    push(clone, rules=NEW_RULES)
    fetched(app, base)
    editor.get("/articles/drafts/1")
    page = editor.post("/articles/drafts/1/refuse", reason="Not without the team")
    assert "Refused. Tell Outside" in page.words
    assert drafts(app) == []
    assert ("editor@example.org", "refuse article", "article:sm-rules") in audited(app)
    push(clone, rules=NEW_RULES.replace("It came back.", "It came back twice."))
    fetched(app, base)
    assert len(drafts(app)) == 1
    assert served(base, RULES_FILE) == small_content.RULES


def test_a_bad_file_is_listed_and_its_last_good_version_serves_after_a_restart_too(
    clone: Path, editor: Browse, base: KnowledgeBase, app: Flask, tmp_path: Path
) -> None:
    push(clone, runbook="---\nid: [\n---\n")
    fetched(app, base)
    (clone / "catalogue.yml").write_text("tools: 5\n")
    (clone / "reference").mkdir(exist_ok=True)
    (clone / RULES_FILE).write_bytes(b"\xff\xfe")
    push(clone)
    fetched(app, base)
    restarted = KnowledgeBase(ContentStore(tmp_path / "content.git"), base.shipped)
    for one in (base, restarted):
        snapshot = one.snapshot()
        assert snapshot.articles["sm-send-error"].title == "A message cannot be sent"
        assert "sm-rules" in snapshot.articles
        assert snapshot.catalogue.tools
        assert {problem.file for problem in snapshot.problems} >= {RUNBOOK_FILE, "catalogue.yml"}
    assert editor.get(RUNBOOK).headings == ["A message cannot be sent"]
    admin = another(app, "admin@example.org", "", "admin")
    assert RUNBOOK_FILE in admin.get("/admin/content-problems").words


def test_a_remote_that_is_away_stops_no_save_and_gets_all_when_it_is_back(
    clone: Path, editor: Browse, base: KnowledgeBase, app: Flask, tmp_path: Path, follower: Follower
) -> None:
    place, away = tmp_path / "remote.git", tmp_path / "away.git"
    place.rename(away)
    sent = sent_by(editor, f"{RUNBOOK}/edit")
    page = editor.post(f"{RUNBOOK}/edit", **{**sent, "f-title": "Sending fails", "message": "Title"})
    assert "Published." in page.words
    assert until(lambda: bool(base.remote and base.remote.state().error))
    admin = another(app, "admin@example.org", "", "admin")
    page = admin.get("/admin/content-problems")
    assert "not reachable" in page.words
    assert "1 save waits" in page.words
    assert "Remote" in admin.get("/admin/system").words
    ready = admin.client.get("/readyz").get_json()
    assert ready["remote"] == "unreachable"
    assert "1 save waits" in ready["details"]["remote"]
    away.rename(place)
    follower.soon()
    assert until(lambda: base.content.waiting() == 0)
    assert "nothing waits" in admin.get("/admin/content-problems").words
    git(clone, "pull", "--quiet")
    assert "title: Sending fails\n" in (clone / RUNBOOK_FILE).read_text()


def until(true: object) -> bool:
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        if true():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


def test_commands_say_what_they_did(clone: Path, base: KnowledgeBase, app: Flask, tmp_path: Path) -> None:
    run = app.test_cli_runner().invoke
    push(clone, runbook=small_content.RUNBOOK.replace("A message cannot be sent", "From outside"))
    assert "pulled" in run(args=["content", "pull"]).output
    assert "title: From outside" in served(base)
    assert "nothing to push" in run(args=["content", "push"]).output
    (base.shipped / RULES_FILE).write_text(NEW_RULES)
    done = run(args=["content", "sync"]).output
    assert "nothing new to pull, pushed" in done
    shutil.rmtree(tmp_path / "remote.git")
    done = run(args=["content", "pull"])
    assert done.exit_code == 1
    assert "saves that wait: 0" in done.output.lower()
    base.remote = None
    done = run(args=["content", "push"])
    assert done.exit_code == 1


def test_a_clash_of_rules_is_closed_when_the_draft_of_it_is_approved(
    editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    ours = small_content.RULES.replace("severity: medium", "severity: low")
    head = base.content.head() or ""
    author = Author("Editor", "editor@example.org")
    base.content.save({RULES_FILE: ours.encode()}, base=head, author=author, message="x", now=utcnow())
    with app.app_context():
        upgrade(base, RULES_FILE, NEW_RULES)
    place = "/articles/conflicts/1"
    choices = {"choice-1": "theirs", "choice-2": "theirs"}

    def send_in() -> None:
        fields = editor.get(place).form(place).sent()
        page = editor.post(place, **{**fields, **choices})
        assert "The clash is closed when it is approved." in page.words
        editor.post(f"{RULES}/edit", **page.form(f"{RULES}/edit").sent())

    send_in()
    assert "In a draft that waits for approval" in editor.get("/articles/conflicts").words
    editor.post(f"{RULES}/withdraw")
    editor.post(f"{RULES}/discard")
    page = editor.get("/articles/conflicts")
    assert RULES_FILE in page.words
    assert "In a draft" not in page.words
    send_in()
    colleague = another(app, "second@example.org", "messaging")
    waits = f"/articles/drafts/{draft_number(app)}"
    page = colleague.post(f"{waits}/approve", **colleague.get(waits).form(f"{waits}/approve").sent())
    assert "Published." in page.words
    assert "No clash waits for you." in editor.get("/articles/conflicts").words
    assert ("second@example.org", "resolve clash", f"file:{RULES_FILE}") in audited(app)


def draft_number(app: Flask) -> int:
    with app.app_context():
        return db.session.scalars(select(Draft.id)).one()
