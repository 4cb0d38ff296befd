"""`content redact`: a text that must not stay is gone from every version, draft, clash and index, here and elsewhere."""

from __future__ import annotations

import subprocess
from io import BytesIO
from pathlib import Path

import pygit2
import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import AuditRow
from portal.app import connect_rewriting
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.knowledge.content_layout import picture_path
from portal.knowledge.content_store import Author, ContentStore, Seal
from portal.knowledge.models import ArticleRevision, ContentConflict, ContentHead, Draft, Evaluation, Flag
from portal.knowledge.remote import Remote
from portal.knowledge.service import KnowledgeBase, exchange
from portal.search import access as search_access
from tests.conftest import Browse
from tests.unit.knowledge import small_content
from tests.unit.knowledge.test_content_remote import git
from tests.web.test_editor import RULES, RUNBOOK, sent_by, served
from tests.web.test_editor import base as _base
from tests.web.test_editor import editor as _editor
from tests.web.test_pictures import a_picture, filled, pictures
from tests.web.test_upgrade_clashes import upgrade

base, editor = _base, _editor
SECRET = "the caller Quentin Marmelade of station 541"
PATH = "runbook/sm-send-error.md"
WITH = small_content.RUNBOOK.replace("Copy the text =>", f"Copy the text of {SECRET} =>")


@pytest.fixture
def text_file(tmp_path: Path) -> str:
    (tmp_path / "text").write_text(f"{SECRET}\n")
    return str(tmp_path / "text")


@pytest.fixture
def sealed(base: KnowledgeBase, app: Flask) -> KnowledgeBase:
    base.content.seal = Seal(b"shared")
    connect_rewriting(app, base)
    return base


def save(base: KnowledgeBase, app: Flask, text: str, message: str = "Edit") -> str:
    author, head = Author("Editor", "editor@example.org"), base.content.head() or ""
    saved = base.content.save({PATH: text.encode()}, base=head, author=author, message=message, now=utcnow())
    with app.app_context():
        from portal.knowledge.service import note_changes, pending_changes

        changes = pending_changes(base)
        with transaction():
            note_changes(changes, utcnow())
    return saved.revision


def objects_with(place: Path, words: str) -> list[str]:
    """Objects of the repository, reachable or not, that hold the words."""
    listed = subprocess.run(
        ["git", "-C", str(place), "cat-file", "--batch-all-objects", "--batch-check"], capture_output=True, text=True, check=True
    ).stdout  # fmt: skip
    found = []
    for line in listed.splitlines():
        name, kind, _ = line.split()
        data = subprocess.run(
            ["git", "-C", str(place), "cat-file", kind, name], capture_output=True, check=True
        ).stdout
        found += [name] if words.encode() in data else []
    return found


def everything(app: Flask, base: KnowledgeBase) -> str:
    """All texts and revisions that the database holds of articles, and the audit log."""
    with app.app_context():
        rows = [
            str(sorted((k, v) for k, v in vars(row).items() if not k.startswith("_")))
            for model in (ArticleRevision, ContentHead, ContentConflict, Draft, Evaluation, Flag, AuditRow)
            for row in db.session.scalars(select(model))
        ]
    return "\n".join(rows)


def test_a_text_is_gone_from_git_drafts_clashes_and_search(
    editor: Browse, sealed: KnowledgeBase, app: Flask, tmp_path: Path, text_file: str
) -> None:
    base = sealed
    before = save(base, app, WITH, f"For {SECRET}")
    dirty = save(base, app, WITH.replace("A message cannot be sent", "Sending fails"))
    editor.post(
        f"{RUNBOOK}/draft", **{**sent_by(editor, f"{RUNBOOK}/edit"), "f-title": "Mine", "message": SECRET}
    )
    with app.app_context():
        upgrade(base, PATH, small_content.RUNBOOK.replace("Copy the text =>", "Copy all of it =>"))
        search_access.current_engine().catch_up()
        with transaction():
            said = {"place": f"Copy the text of {SECRET}", "words": SECRET, "answer": "", "as_who": "agent"}
            kept_by = {"by": db.session.scalars(select(Draft.author)).one(), "at": utcnow(), "state": "open"}
            db.session.add(Flag(article_id="sm-send-error", revision=dirty, kind="wrong", **said, **kept_by))
    run = app.test_cli_runner().invoke
    told = run(args=["content", "redact", "--id", "sm-send-error", "--text-file", text_file, "--dry-run"])
    assert "2 versions of sm-send-error hold the text" in told.output
    assert SECRET in served(base)
    assert (
        run(args=["content", "redact", "--path", PATH, "--text-file", text_file], input="n\n").exit_code == 1
    )
    assert SECRET in served(base)
    done = run(args=["content", "redact", "--path", PATH, "--text-file", text_file, "--yes"])
    assert done.exit_code == 0, done.output
    assert SECRET not in done.output
    assert "Copy the text of (removed) =>" in served(base)
    assert objects_with(tmp_path / "content.git", SECRET) == []
    assert not base.content.has(before)
    kept = everything(app, base)
    assert "Quentin" not in kept
    assert before not in kept
    assert dirty not in kept
    assert "('what', 'redact article')" in kept
    assert "2 versions" in kept
    assert "(removed)" in editor.get(f"{RUNBOOK}/edit").text
    assert editor.get(f"{RUNBOOK}/history").words.count("Editor") >= 2
    with app.app_context():
        engine = search_access.current_engine()
        assert engine.diagnose() == []
    for file in (tmp_path / "index").rglob("*"):
        assert not file.is_file() or b"marmelad" not in file.read_bytes().lower(), file
    fsck = git(tmp_path / "content.git", "fsck", "--strict", "--full")
    assert fsck == ""
    sent = sent_by(editor, f"{RUNBOOK}/edit")
    assert "Published" in editor.post(f"{RUNBOOK}/edit", **{**sent, "message": "On"}).words
    assert editor.get(RULES).status == 200


def test_a_clone_and_another_portal_do_not_bring_it_back(
    editor: Browse, sealed: KnowledgeBase, app: Flask, tmp_path: Path, text_file: str
) -> None:
    base = sealed
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "remote.git")
    base.remote = Remote(tmp_path / "content.git", str(tmp_path / "remote.git"))
    save(base, app, WITH)
    picture = a_picture("webp")
    path, author = picture_path(picture, "webp"), Author("A", "a@example.org")
    head = base.content.head() or ""
    base.content.save({path: picture}, base=head, author=author, message="Add", now=utcnow())
    with app.app_context():
        exchange(base)
        git(tmp_path, "clone", "--quiet", str(tmp_path / "remote.git"), "clone")
        other = KnowledgeBase(
            ContentStore(tmp_path / "b/content.git", Seal(b"shared")),
            base.shipped,
            Remote(tmp_path / "b/content.git", str(tmp_path / "remote.git")),
        )
        other.content.create()
        assert exchange(other).error == ""
        edited = WITH.replace("A message cannot be sent", "Sending fails")
        author = Author("B", "b@example.org")
        other.content.save(
            {PATH: edited.encode()}, base=other.content.head() or "", author=author, message="b", now=utcnow()
        )
    done = app.test_cli_runner().invoke(
        args=["content", "redact", "--path", PATH, "--text-file", text_file, "--yes"]
    )
    assert done.exit_code == 0, done.output
    assert "made anew" in done.output
    image = ["--image", path.removeprefix("images/")]
    assert app.test_cli_runner().invoke(args=["content", "redact", *image, "--yes"]).exit_code == 0
    assert git(tmp_path / "remote.git", "show", f"main:{PATH}").count("(removed)") == 1
    clone = tmp_path / "clone"  # of before; its owner merges the two histories, and has changed the file too
    (clone / PATH).write_text(WITH.replace("2027-02-18", "2027-03-01"))
    git(clone, "commit", "--quiet", "--all", "--message", "stale")
    git(clone, "pull", "--quiet", "--no-rebase", "--no-edit", "-X", "ours")
    git(clone, "push", "--quiet")
    assert SECRET in git(tmp_path / "remote.git", "show", f"main:{PATH}")
    with app.app_context():
        for one in (other, base, other, base):
            assert exchange(one).error == ""
    for one in (base, other):
        text = served(one)
        assert "Sending fails" in text
        assert "2027-03-01" in text
        assert text.count("(removed)") == 1
        assert objects_with(one.content.path, SECRET) == []
        objects = git(one.content.path, "cat-file", "--batch-all-objects", "--batch-check")
        assert str(pygit2.hash(picture)) not in objects
        assert pictures(one) == {}
    assert base.content.head() == other.content.head()
    assert SECRET not in git(tmp_path / "remote.git", "log", "--patch", "main")


def test_a_list_that_no_portal_signed_changes_nothing(
    sealed: KnowledgeBase, app: Flask, tmp_path: Path
) -> None:
    base = sealed
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "remote.git")
    base.remote = Remote(tmp_path / "content.git", str(tmp_path / "remote.git"))
    with app.app_context():
        exchange(base)
        head = base.content.head() or ""
        git(tmp_path, "clone", "--quiet", str(tmp_path / "remote.git"), "clone")
        clone = tmp_path / "clone"
        evil = git(clone, "commit-tree", "-m", "evil", f"{head}^{{tree}}").strip()
        git(clone, "checkout", "--quiet", "--orphan", "main-redacted")
        git(clone, "rm", "--quiet", "-r", "--cached", ".")
        (clone / "list").write_text(f"mark {PATH} 4 {'0' * 64}\nbecame {head} {evil}\n")
        git(clone, "add", "list")
        git(clone, "commit", "--quiet", "--message", "What was taken out")
        git(clone, "push", "--quiet", "origin", "main-redacted")
        assert exchange(base).error == ""
    assert base.content.head() == head


def test_a_picture_is_gone_from_git_and_does_not_come_back(
    editor: Browse, sealed: KnowledgeBase, app: Flask, tmp_path: Path
) -> None:
    base, repo = sealed, tmp_path / "content.git"
    sent = a_picture()
    page = editor.post(f"{RUNBOOK}/picture", **filled(editor, file=(BytesIO(sent), "a.png")))
    editor.post(f"{RUNBOOK}/edit", **page.form(f"{RUNBOOK}/edit").sent())
    ((path, data),) = pictures(base).items()
    blob, run = str(pygit2.hash(data)), app.test_cli_runner().invoke
    assert editor.client.get(f"/articles/{path}").status_code == 200
    assert run(args=["content", "redact", "--id", "sm-send-error"]).exit_code == 2
    assert run(args=["content", "redact", "--image", "0123456789abcdef.webp"]).exit_code == 1
    done = run(args=["content", "redact", "--image", path.removeprefix("images/"), "--yes"])
    assert done.exit_code == 0, done.output
    assert f"1 versions hold the picture\n{PATH}: shows it too, and stays as it is" in done.output
    assert blob not in git(repo, "cat-file", "--batch-all-objects", "--batch-check")
    assert git(repo, "fsck", "--strict", "--full") == ""
    assert editor.client.get(f"/articles/{path}").status_code == 404
    assert "The send button (grey)" in editor.get(RUNBOOK).text
    assert [(one.file, one.message) for one in base.snapshot().problems] == [
        (PATH, f"there is no picture /articles/{path}")
    ]
    page = editor.post(f"{RUNBOOK}/picture", **filled(editor, file=(BytesIO(sent), "b.png")))
    assert "This picture was taken out of the knowledge base and does not come back" in page.words


@pytest.mark.parametrize(("given", "text"), [("../etc", "long enough"), ("sm-send-error", "abc")])
def test_what_is_no_article_or_too_short_is_refused(
    given: str, text: str, sealed: KnowledgeBase, app: Flask, tmp_path: Path
) -> None:
    (tmp_path / "text").write_text(text)
    done = app.test_cli_runner().invoke(
        args=["content", "redact", "--id", given, "--text-file", str(tmp_path / "text"), "--yes"]
    )
    assert done.exit_code == 1
