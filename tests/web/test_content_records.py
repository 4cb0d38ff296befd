from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from portal.accounts.models import User
from portal.core.db import db, transaction
from portal.knowledge import store
from portal.knowledge.content_store import Change, Clash, Revision
from portal.knowledge.models import ArticleRevision, ContentConflict, ContentHead, Evaluation
from portal.knowledge.store import EvaluationNotFound

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
LATER = datetime(2026, 11, 21, 9, 45, tzinfo=UTC)
CLASH = Clash("runbook/a.md", "base\n", "shipped\n", "team\n")
TABLES = [model.__table__ for model in (User, ArticleRevision, ContentHead, ContentConflict, Evaluation)]


@pytest.fixture(autouse=True)
def database(tmp_path: Path) -> Iterator[None]:
    """The tables of the room and one account, in a file of their own."""
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path / 'portal.db'}"
    db.init_app(app)
    with app.app_context():
        db.metadata.create_all(db.engine, tables=TABLES)
        with transaction():
            db.session.add(User(id=7, email="agent@example.org", name="Agent", desk="hrc"))
        yield
        db.session.remove()
        db.engine.dispose()


def change(commit: str, *paths: str, clashes: tuple[Clash, ...] = ()) -> Change:
    return Change(Revision(commit, NOW, "Messaging editor", "Edit"), paths, clashes)


def test_steps_are_noted_once_however_often_they_are_told() -> None:
    steps = [change("c1", "runbook/a.md", "catalogue.yml"), change("c2", "runbook/a.md", "criteria/b.md")]
    assert store.list_noted_commits() == []
    with transaction():
        assert store.note_revisions(steps, now=LATER) == 3
    with transaction():
        assert store.note_revisions(steps, now=LATER) == 0
    assert store.list_noted_commits() == ["c2", "c1"]
    revisions = store.list_revisions("a", 10)
    assert [(r.commit, r.at, r.author, r.approved_by) for r in revisions] == [
        ("c2", NOW, "Messaging editor", None),
        ("c1", NOW, "Messaging editor", None),
    ]
    assert [r.commit for r in store.list_revisions("a", limit=1)] == ["c2"]
    assert store.list_revisions("catalogue", 10) == []


def test_an_article_that_moved_to_another_folder_is_one_revision() -> None:
    with transaction():
        assert store.note_revisions([change("c1", "runbook/a.md", "reference/a.md")], now=NOW) == 1


def test_noting_nothing_keeps_the_head() -> None:
    with transaction():
        store.note_revisions([change("c1")], now=NOW)
    with transaction():
        assert store.note_revisions([], now=NOW) == 0
    assert store.list_noted_commits() == ["c1"]


def test_a_clash_is_kept_once_whether_told_by_the_import_or_by_its_step() -> None:
    with transaction():
        assert store.record_conflicts([CLASH, CLASH], NOW) == 1
    with transaction():
        store.note_revisions([change("c1", clashes=(CLASH,))], now=LATER)
    (conflict,) = store.list_open_conflicts()
    assert (conflict.path, conflict.base, conflict.theirs, conflict.ours, conflict.at) == (
        "runbook/a.md",
        "base\n",
        "shipped\n",
        "team\n",
        NOW,
    )


def test_a_resolved_clash_is_not_opened_again_but_another_one_is() -> None:
    with transaction():
        store.record_conflicts([CLASH], NOW)
    with transaction():
        store.list_open_conflicts()[0].resolved_at = LATER
    with transaction():
        assert store.record_conflicts([CLASH], LATER) == 0
        assert store.record_conflicts([Clash("runbook/a.md", "shipped\n", "next\n", "team\n")], LATER) == 1
    assert [conflict.theirs for conflict in store.list_open_conflicts()] == ["next\n"]


def test_a_decision_is_kept_as_it_was_made() -> None:
    with transaction():
        kept = store.add_evaluation(
            article_id="sm-when-to-escalate",
            revision="a" * 40,
            answers={"shows": "no", "tried": "yes"},
            outcome="escalate",
            rule="r2",
            because="the team is not shown",
            severity="medium",
            team="messaging",
            override_outcome="resolve",
            override_reason="the caller found it meanwhile",
            by=7,
            at=NOW,
        ).id
    found = store.get_evaluation(kept)
    assert found.answers == {"shows": "no", "tried": "yes"}
    assert (found.outcome, found.rule, found.team, found.by, found.at) == (
        "escalate",
        "r2",
        "messaging",
        7,
        NOW,
    )
    assert found.override_reason == "the caller found it meanwhile"


def test_a_decision_that_was_never_made_is_not_found() -> None:
    with pytest.raises(EvaluationNotFound):
        store.get_evaluation(1)
