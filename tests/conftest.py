"""One app for all tests, a fresh copy of an empty database for each, a client, and a browser of pages that
checks them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from itsdangerous import URLSafeTimedSerializer
from jinja2 import FileSystemBytecodeCache
from werkzeug.test import TestResponse

from portal.accounts import service, sessions, store
from portal.accounts.actor import Actor, Role
from portal.core.clock import utcnow
from portal.core.config import ROOT, Config
from portal.core.db import db, transaction
from portal.knowledge import access
from portal.knowledge.access import knowledge_base
from portal.knowledge.content_store import ContentStore
from portal.knowledge.service import KnowledgeBase
from portal.knowledge.snapshot import Snapshot
from portal.search import access as search_access
from portal.search.service import SearchEngine
from tests.factories import an_actor, make_user
from tests.page import Page

settings.register_profile(
    "portal", deadline=None
)  # how long a case takes says more of the machine than of us
settings.load_profile("portal")
STATIC = ("app.css", "app.js", "favicon.svg")


class Client(FlaskClient):
    """Reads every answer to its end, as a server does, so that what follows the answer has happened too."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("buffered", True)
        return super().open(*args, **kwargs)


def build_app(config: Config) -> Flask:
    from portal.app import create_app

    built = create_app(config)
    built.test_client_class = Client
    keep_templates(built)
    return built


def keep_templates(app: Flask) -> None:
    """Compiled by the first of all processes that run tests; to compile them all takes a second."""
    kept = ROOT / ".stamps" / "templates"
    kept.mkdir(parents=True, exist_ok=True)
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(kept))


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("portal")
    vendor = folder / "vendor"
    vendor.mkdir()
    (vendor / "manifest.json").write_text(json.dumps({name: name for name in STATIC}))
    return Config(
        secret_key="x" * 40,
        database_url=f"sqlite:///{folder / 'portal.db'}",
        instance_dir=folder,
        index_dir=folder / "index",
        vendor_dir=vendor,
        testing=True,
    )


@pytest.fixture(scope="session")
def portal_app(config: Config) -> Flask:
    built = build_app(config)
    with built.app_context():
        db.create_all()
        db.engine.dispose()
    shutil.copy(config.instance_dir / "portal.db", config.instance_dir / "empty.db")
    return built


def fresh_database(app: Flask, folder: Path) -> None:
    with app.app_context():
        db.engine.dispose()
    for old in folder.glob("portal.db*"):
        old.unlink()
    shutil.copy(folder / "empty.db", folder / "portal.db")
    shutil.rmtree(folder / "index" / "tickets", ignore_errors=True)


@pytest.fixture
def app(portal_app: Flask, config: Config) -> Flask:
    fresh_database(portal_app, config.instance_dir)
    return portal_app


@pytest.fixture(scope="session")
def content(portal_app: Flask) -> Snapshot:
    """The shipped knowledge base, brought in once and served to every test of the run."""
    with portal_app.app_context():
        base = knowledge_base()
        base.sync(utcnow())
        return base.snapshot()


@pytest.fixture(scope="session")
def shipped_index(portal_app: Flask, content: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The search index of the shipped knowledge base, to copy: to build one takes a second."""
    folder = tmp_path_factory.mktemp("shipped") / "index"
    engine = SearchEngine(folder, lambda: content)
    assert engine.catch_up()
    engine.index.close()
    return folder


@pytest.fixture
def own_content(
    app: Flask, config: Config, content: Snapshot, shipped_index: Path, tmp_path: Path
) -> Iterator[KnowledgeBase]:
    """The shipped knowledge base in a repository of this test alone, for tests that publish."""
    shutil.copytree(config.content_repository, tmp_path / "content.git")
    shutil.copytree(shipped_index, tmp_path / "index")
    made = KnowledgeBase(ContentStore(tmp_path / "content.git"), config.content_dir)
    names = (access.EXTENSION, search_access.EXTENSION)
    before = {name: app.extensions[name] for name in names}
    app.extensions[access.EXTENSION] = made
    app.extensions[search_access.EXTENSION] = SearchEngine(tmp_path / "index", made.snapshot)
    yield made
    app.extensions.update(before)


@pytest.fixture
def make_app(app: Flask, config: Config) -> Iterator[Callable[..., Flask]]:
    """Another app on the same database with some settings changed."""
    made: list[Flask] = []

    def make(**changes: Any) -> Flask:
        made.append(build_app(replace(config, **changes)))
        return made[-1]

    yield make
    for one in made:
        with one.app_context():
            db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def actor() -> Actor:
    return an_actor()


class Browse:
    """A person at a browser without script: loads pages, checks each, and sends forms with the token of the
    last page.
    """

    def __init__(self, client: FlaskClient) -> None:
        self.client, self.token, self.url = client, "", "/"

    def get(self, url: str, **kwargs: Any) -> Page:
        return self._page(self.client.get(url, follow_redirects=True, **kwargs))

    def post(self, url: str, **fields: Any) -> Page:
        """The page after the form: redirects are followed."""
        return self._page(self.send(url, follow_redirects=True, **fields))

    def send(self, url: str, *, follow_redirects: bool = False, **fields: Any) -> TestResponse:
        data, headers = {"csrf_token": self.token, **fields}, {"Referer": f"http://localhost{self.url}"}
        return self.client.post(url, data=data, headers=headers, follow_redirects=follow_redirects)

    def _page(self, response: TestResponse) -> Page:
        page = Page(response.get_data(as_text=True), response.status_code)
        page.check()
        self.token, self.url = page.token or self.token, response.request.full_path.rstrip("?")
        return page


@pytest.fixture
def browse(client: FlaskClient) -> Browse:
    return Browse(client)


def open_session(app: Flask, client: FlaskClient, actor: Actor) -> str:
    """Sign the client in without the form; gives the CSRF token of the new session."""
    rules: sessions.PortalSessions = app.session_interface  # type: ignore[assignment]
    with app.app_context(), transaction():
        key = service.open_session(
            actor.id,
            data={"csrf_token": "raw"},
            lifetime=timedelta(hours=12),
            user_agent="Test",
            now=utcnow(),
        )
    client.set_cookie(rules.cookie, key, domain="localhost")
    return str(URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps("raw"))


@pytest.fixture
def sign_in(app: Flask, browse: Browse) -> Callable[..., Actor]:
    """`sign_in("analyst", privacy=True)`: make the account if need be, and open its session in `client` and
    `browse`.
    """

    def go(role: str = "agent", **account: Any) -> Actor:
        with app.app_context():
            found = store.find_actor(account.get("email") or f"{role}@example.org")
            person = found or make_user(Role(role), **account)
        browse.token = open_session(app, browse.client, person)
        return person

    return go
