"""The coverage as a page and as a command: one made area, with gaps, on the shipped articles."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.accounts.actor import Actor, Role
from portal.core.clock import utcnow
from portal.core.config import ROOT, Config
from portal.core.db import db
from portal.knowledge.access import knowledge_base
from portal.search.access import current_engine
from tests.conftest import Browse, build_app, open_session
from tests.factories import make_user

AREA = """area: secure-messaging
name: Secure messaging
tables: [sm-when-to-escalate]
articles: [sm-cannot-find-care-team, sm-messages-not-available]
items:
  - {id: R1, says: Team is not offered, rules: [sm-when-to-escalate/team-look-first], confirmed: true}
  - {id: T3-2, says: Nobody wrote a rule, confirmed: false}
symptoms:
  - {id: K01, says: my doctor is not on the list, articles: [sm-cannot-find-care-team]}
  - {id: A1, says: "=purple elephants", articles: [sm-cannot-find-care-team]}
  - {id: A2, says: SM903 when opening messages, known_issues: [sm-messages-not-available]}
"""
SignIn = Callable[..., Actor]


@pytest.fixture(scope="module")
def content_with_area(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "content"
    shutil.copytree(ROOT / "content", folder, ignore=shutil.ignore_patterns("coverage"))
    (folder / "coverage").mkdir()
    (folder / "coverage" / "secure-messaging.yml").write_text(AREA, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def prepared(
    config: Config, portal_app: Flask, content_with_area: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Its repository and index, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("prepared")
    made = replace(config, content_dir=content_with_area, instance_dir=folder, index_dir=folder / "index")
    with build_app(made).app_context():
        knowledge_base().sync(utcnow())
        assert current_engine().catch_up()
        current_engine().index.close()
        db.engine.dispose()
    return folder


@pytest.fixture
def portal(make_app: Callable[..., Flask], content_with_area: Path, prepared: Path, tmp_path: Path) -> Flask:
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    return make_app(content_dir=content_with_area, instance_dir=tmp_path, index_dir=tmp_path / "index")


@pytest.fixture
def editor(portal: Flask) -> Browse:
    browse = Browse(portal.test_client())
    with portal.app_context():
        person = make_user(Role.EDITOR, scope="messaging")
    browse.token = open_session(portal, browse.client, person)
    return browse


def test_page_shows_what_is_reached_and_every_gap(editor: Browse) -> None:
    page = editor.get("/articles/coverage")
    assert page.status == 200
    assert "Secure messaging 1/2 3/3 2/3 1/1 1/2" in page.words
    assert "T3-2 Nobody wrote a rule ! Missing no rule" in page.words
    assert "A1 =purple elephants ! Missing search does not show sm-cannot-find-care-team" in page.words
    assert "Items reached by a rule: 1/2, and the floor is 100%" in page.words
    assert "Areas without a file of coverage: sm-staff" in page.words
    assert "known issue likely" in page.words
    alone = page.text.split("<h2>One source only</h2>")[1].split("<h2>")[0]
    assert '<a href="/articles/mr-short-date-range">' in alone
    assert '<a href="/articles/sm-when-to-escalate">' not in alone
    assert 'href="/articles/sm-when-to-escalate#rule-team-look-first"' in page.text


def test_page_is_filtered_by_the_team_that_owns_the_rules(editor: Browse) -> None:
    mine = editor.get("/articles/coverage?team=messaging")
    assert "Secure messaging 1/2" in mine.words
    assert "Below the floor" not in mine.words
    assert "To be confirmed, by team Messaging" in mine.words
    others = editor.get("/articles/coverage?team=identity")
    assert "This team owns the rules of no area." in others.words
    assert "Download as CSV" not in others.words


def test_csv_has_a_row_for_each_item_and_symptom_and_runs_no_formula(editor: Browse) -> None:
    answer = editor.client.get("/articles/coverage?format=csv")
    assert answer.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [row["id"] for row in rows] == ["R1", "T3-2", "K01", "A1", "A2"]
    assert rows[1]["missing"] == "no rule"
    assert rows[0]["rules"] == "sm-when-to-escalate/team-look-first"
    assert (rows[2]["place in search"], rows[3]["place in search"]) == ("1", "not shown")
    assert rows[3]["says"] == "'=purple elephants"
    others = editor.client.get("/articles/coverage?format=csv&team=identity").get_data(as_text=True)
    assert len(others.splitlines()) == 1


def test_without_areas_the_page_says_how_one_is_described(
    make_app: Callable[..., Flask], content_with_area: Path, tmp_path: Path, sign_in: SignIn
) -> None:
    folder = tmp_path / "content"
    shutil.copytree(content_with_area, folder, ignore=shutil.ignore_patterns("coverage"))
    bare = make_app(content_dir=folder, instance_dir=tmp_path, index_dir=tmp_path / "index")
    browse = Browse(bare.test_client())
    with bare.app_context():
        knowledge_base().sync(utcnow())
    browse.token = open_session(bare, browse.client, sign_in("analyst"))
    assert "No area is described yet." in browse.get("/articles/coverage").words


@pytest.mark.parametrize(
    ("role", "status"),
    [("agent", 403), ("editor", 200), ("analyst", 200), ("desk_lead", 200), ("admin", 200)],
)
def test_who_may_enter_and_who_is_shown_the_way(
    role: str, status: int, client: FlaskClient, content: object, sign_in: SignIn
) -> None:
    sign_in(role)
    assert client.get("/articles/coverage").status_code == status
    for path in ("/", "/articles/"):
        is_linked = 'href="/articles/coverage"' in client.get(path).get_data(as_text=True)
        assert is_linked == (status == 200), path


def run(portal: Flask, *words: str) -> tuple[int, str]:
    result = portal.test_cli_runner().invoke(args=["content", "coverage", *words])
    return result.exit_code, result.output


def test_command_prints_the_table_every_gap_and_what_is_below_its_floor(portal: Flask) -> None:
    code, printed = run(portal)
    lines = printed.splitlines()
    assert code == 1
    assert lines[1].split()[:7] == ["secure-messaging", "1/2", "1/1", "3/3", "2/3", "1/1", "1/2"]
    assert "secure-messaging T3-2 “Nobody wrote a rule”: no rule" in lines
    assert "Below the floor: symptoms whose article is found by search: 2/3, and the floor is 90%" in lines
    assert [line for line in lines if line.startswith("To be confirmed by messaging: ")]


def test_command_looks_at_one_area_and_passes_when_it_is_covered(
    portal: Flask, content_with_area: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "good"
    shutil.copytree(content_with_area, folder)
    good = "".join(line for line in AREA.splitlines(keepends=True) if "T3-2" not in line and "A1" not in line)
    (folder / "coverage" / "secure-messaging.yml").write_text(good, encoding="utf-8")
    code, printed = run(portal, str(folder), "--area", "secure-messaging")
    assert (code, printed.splitlines()[-1]) == (0, "Every floor is reached.")
    assert "0 gaps" in printed
    code, printed = run(portal, str(folder), "--area", "sign-in")
    assert (code, printed.splitlines()[-1]) == (
        1,
        "Below the floor: areas without a file of coverage: sign-in",
    )
