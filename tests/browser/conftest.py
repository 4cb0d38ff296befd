"""A real portal on a free port, Chromium, and a page that fails its test on any script error or policy violation.

Each test starts with the demo portal as it was set up, and with people who are signed in already: one test uses the form.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pygit2
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from flask import Flask
from playwright._impl._api_structures import SetCookieParam
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from sqlalchemy import text
from werkzeug.serving import WSGIRequestHandler, make_server

from portal import assets
from portal.accounts import service, sessions
from portal.app import create_app
from portal.core.clock import utcnow
from portal.core.config import ROOT, Config
from portal.core.db import db, transaction
from portal.serve import prepare
from tests.conftest import keep_templates
from tests.run import BROWSERS

PASSWORD = "demo-password-for-tests"
# As a file that the browser keeps, compiled, axe is there in a third of the time that it takes as words in each page.
AXE_PATH, AXE = "/axe.min.js", Axe().axe_script.encode()
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip

SLOW = bool(os.environ.get("PORTAL_TEST_SLOW"))  # see slowly()
PATIENCE = 20_000  # ms, for a machine that is busy with other tests
expect.set_options(timeout=PATIENCE)


class Quiet(WSGIRequestHandler):
    """Keeps connections open, as a real server does, and logs nothing."""

    protocol_version = "HTTP/1.1"

    def log_request(self, *_args: object) -> None:
        return


def slowly(answer: Iterable[bytes]) -> Iterator[bytes]:
    """A page that comes late and in two parts, as on a busy machine: shows which test looks before all of it is there."""
    page = b"".join(closing(answer))
    time.sleep(0.15)
    yield page[: len(page) // 4]
    time.sleep(0.25)
    yield page[len(page) // 4 :]


def closing(answer: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from answer
    finally:
        if hasattr(answer, "close"):
            answer.close()


@dataclass
class Portal:
    """The running portal: `url` without a slash at its end; `asked` holds the path of every request that reached it."""

    app: Flask
    url: str = ""
    asked: list[str] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == AXE_PATH:
            kept = [("Content-Type", "text/javascript"), ("Cache-Control", "max-age=31536000, immutable")]
            start_response("200 OK", kept)
            return [AXE]
        self.asked.append(environ["PATH_INFO"])
        answer: Iterable[bytes] = self.app.wsgi_app(environ, start_response)
        if environ["PATH_INFO"].startswith("/static/"):
            # Read at once: werkzeug leaves a file open when the browser goes away meanwhile.
            return [b"".join(closing(answer))]
        is_page = environ.get("HTTP_SEC_FETCH_DEST") == "document" or environ["REQUEST_METHOD"] == "POST"
        return slowly(answer) if SLOW and is_page else answer

    def value(self, statement: str) -> Any:
        """The one value that this SQL gives."""
        with self.app.app_context():
            found = db.session.execute(text(statement)).scalar_one()
            db.session.remove()
        return found

    def get(self, who: str, path: str) -> tuple[int, str]:
        """Status and text that this person gets, without a browser."""
        client, cookie = self.app.test_client(), self.open_session(who)
        client.set_cookie(cookie["name"], cookie["value"])
        answer = client.get(path)
        return answer.status_code, answer.get_data(as_text=True)

    def open_session(self, who: str) -> SetCookieParam:
        """Signed in without the form: the cookie."""
        with self.app.app_context(), transaction():
            person = service.actor_named(f"{who}@example.org").id
            key = service.open_session(
                person,
                data={"csrf_token": "raw"},
                lifetime=timedelta(hours=12),
                user_agent="Test",
                now=utcnow(),
            )
        rules: sessions.PortalSessions = self.app.session_interface  # type: ignore[assignment]
        return SetCookieParam(name=rules.cookie, value=key, url=self.url)


def chromium() -> str | None:
    return os.environ.get("PORTAL_TEST_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def config_in(folder: Path) -> Config:
    return Config(
        secret_key="browser-tests" * 4,
        database_url=f"sqlite:///{folder / 'portal.db'}",
        instance_dir=folder,
        index_dir=folder / "index",
        vendor_dir=folder / "vendor",
        demo=True,
        demo_password=PASSWORD,
    )


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Made by the first of the processes that run these tests, and copied by the others."""
    folder: Path = tmp_path_factory.mktemp("browser") / "own"
    many = "PYTEST_XDIST_WORKER" in os.environ
    shared = (tmp_path_factory.getbasetemp().parent if many else folder.parent) / "prepared"
    shared.mkdir(exist_ok=True)
    with (shared.parent / "prepared.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (shared / "prepared.db").exists():
            assets.build(ROOT / "node_modules", ROOT / "static", shared / "vendor")
            prepare(create_app(config_in(shared)))
            shutil.copy(shared / "portal.db", shared / "prepared.db")
    shutil.copytree(shared, folder)
    return config_in(folder)


@pytest.fixture(scope="session")
def running(prepared: Config) -> Iterator[Portal]:
    portal = Portal(create_app(prepared))
    keep_templates(portal.app)
    server = make_server("127.0.0.1", 0, portal, threaded=True, request_handler=Quiet)
    portal.url = f"http://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield portal
    server.shutdown()
    thread.join(5)
    server.server_close()


@pytest.fixture
def portal(running: Portal, prepared: Config) -> Portal:
    """As it was set up: what earlier tests did is gone."""
    with running.app.app_context():
        db.engine.dispose()
    folder = prepared.instance_dir
    for old in folder.glob("portal.db*"):
        old.unlink()
    shutil.copy(folder / "prepared.db", folder / "portal.db")
    running.asked.clear()
    return running


@pytest.fixture
def content_kept(prepared: Config) -> Iterator[None]:
    """What a test publishes is no news to the others."""
    main = pygit2.Repository(str(prepared.content_repository)).references["refs/heads/main"]
    before = main.target
    yield
    pygit2.Repository(str(prepared.content_repository)).references["refs/heads/main"].set_target(before)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        pytest.fail("No Chromium: install it, or name one in PORTAL_TEST_CHROMIUM")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield launched
        launched.close()


# What the server answered, and requests that a later one took over: the browser's and htmx's words for it, no error of a script.
ANSWERS = ("Failed to load resource", "Response Status Error Code 401", "htmx:afterRequest", "htmx:sendAbort")


def watch(page: Page, trouble: list[str]) -> Page:
    """Note script errors and what the policy refused."""

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(ANSWERS):
            trouble.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    return page


@pytest.fixture
def new_page(browser: Browser, portal: Portal) -> Iterator[Callable[..., Page]]:
    """`new_page("agent")`: a page in a context of its own, signed in; `js=False` and `width=320` change it."""
    contexts: list[BrowserContext] = []
    trouble: list[str] = []

    def make(who: str = "", *, js: bool = True, width: int = 1280, height: int = 800) -> Page:
        context = browser.new_context(
            base_url=portal.url, java_script_enabled=js, viewport={"width": width, "height": height}
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        if who:
            context.add_cookies([portal.open_session(who)])
        return watch(context.new_page(), trouble)

    yield make
    for context in contexts:
        context.close()
    assert trouble == []


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """An agent of the HRC help desk."""
    return new_page("agent")


def sign_in(page: Page, who: str) -> None:
    """With the demo password, through the form that is open."""
    page.get_by_label("E-mail").fill(f"{who}@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "sign-in" not in url)
