"""What holds for every page: no address vanishes unnoticed, no GET writes, every fragment is a part of its page."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from portal.accounts.actor import Actor, Permission
from portal.core.clock import utcnow
from portal.core.config import ROOT
from portal.core.db import db, transaction
from portal.intake.service import At, start_practice
from portal.knowledge.snapshot import Snapshot
from portal.web import journal
from tests.factories import make_ticket
from tests.filing import make_intake

ROUTES = Path(__file__).with_name("routes.txt")
SAMPLES = {
    "article_id": "sm-when-to-escalate", "code": "SM98", "route_id": "uae-appointments", "filename": "vendor/app.css",
    "number": "T3-2026-000001", "key": "round", "place": "1", "draft_id": "1", "clash_id": "1", "id": "1",
    "name": "0123456789abcdef.webp",
}  # fmt: skip
FRAGMENTS = (
    ("/search/?q=refill+late", "results"),
    ("/known-issues", "board"),
    ("/articles/codes?q=sm9", "codes"),
    ("/tickets/", "queue"),
    ("/tickets/T3-2026-000001", "pane"),
    ("/tickets/T3-2026-000001/similar", "similar"),
    ("/articles/sm-cannot-find-care-team/edit", "preview"),
    ("/articles/sm-cannot-find-care-team/edit", "picture"),
    ("/articles/known-issue/new", "checked"),
    ("/articles/sm-when-to-escalate/what-if", "what_if"),
    ("/articles/sm-when-to-escalate/table", "rows"),
    ("/articles/sm-when-to-escalate/table", "checks"),
)


def routes(app: Flask) -> list[str]:
    rows = {
        f"{','.join(sorted(m for m in rule.methods or () if m in ('GET', 'POST')))} {rule.rule} {rule.endpoint}"
        for rule in app.url_map.iter_rules()
    }
    return sorted(rows)


def test_no_address_vanishes_or_appears_unnoticed(app: Flask) -> None:
    assert routes(app) == ROUTES.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was committed while a page was made; the three journals, which follow the answer, are held back."""
    seen: list[str] = []
    monkeypatch.setattr(journal, "on_close", lambda _response, _write: None)
    event.listen(db.session, "after_commit", lambda _session: seen.append("commit"))
    return seen


@pytest.mark.parametrize("role", ["agent", "analyst", "admin"])
def test_no_get_commits(
    role: str,
    app: Flask,
    client: FlaskClient,
    sign_in: Callable[..., Actor],
    content: Snapshot,
    commits: list[str],
) -> None:
    person = sign_in(role, privacy=role == "analyst")
    with app.app_context():
        make_ticket(sign_in("agent"))
    sign_in(role)
    intake = "I-000001"
    if person.may(Permission.FILE):
        with app.app_context():
            intake = f"I-{make_intake(person):06d}"
            with transaction():
                start_practice("all", 5, key="round", at=At(person, content, utcnow()))
    commits.clear()
    for row in ROUTES.read_text(encoding="utf-8").splitlines():
        verb, rule, _ = row.split(" ")
        if verb == "GET":
            path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: SAMPLES[found[1]], rule)
            client.get(path.replace(SAMPLES["number"], intake) if rule.startswith("/intake") else path)
            assert commits == [], rule


def test_the_check_on_commits_sees_a_commit(app: Flask, commits: list[str]) -> None:
    with app.app_context(), transaction():
        pass
    assert commits == ["commit"]


def words(html: str) -> str:
    """Without the form tokens, which differ from answer to answer, and the blanks."""
    html = re.sub(r'name="csrf_token" value="[^"]*"|name="key" value="[^"]*"', "", html)
    return re.sub(r"\s+", " ", unescape(html)).strip()


@pytest.mark.parametrize(("path", "target"), FRAGMENTS)
def test_a_fragment_is_a_part_of_its_page(
    path: str, target: str, app: Flask, client: FlaskClient, sign_in: Callable[..., Actor], content: Snapshot
) -> None:
    edits = path.endswith(("/edit", "/what-if", "/table"))
    person = sign_in("admin" if edits else "analyst" if path.endswith("/new") else "agent")
    if SAMPLES["number"] in path:
        with app.app_context():
            make_ticket(person)
    page = client.get(path).get_data(as_text=True)
    fragment = client.get(path, headers={"HX-Request": "true", "HX-Target": target}).get_data(as_text=True)
    assert words(fragment.split('<div id="flash"')[0]) in words(page)


def test_every_fragment_that_a_view_offers_is_tested() -> None:
    views = [*Path("portal").glob("*/views.py"), *Path("portal").glob("*/views/*.py")]
    source = "".join(path.read_text(encoding="utf-8") for path in views)
    offered = {
        name
        for names in re.findall(r"fragments=\(([^)]*)\)", source)
        for name in re.findall(r'"(\w+)"', names)
    }
    assert offered == {target for _, target in FRAGMENTS}


def test_migrations_stand_in_one_line() -> None:
    """Two branches of work that each add one would leave a new database without either."""
    folder = ScriptDirectory(str(ROOT / "portal" / "core" / "migrations"))
    assert len(folder.get_heads()) == 1
