"""Every page of the URL map, empty, full and with errors: axe finds nothing, and nothing runs out of a narrow window.

A GET endpoint that no sample and no walk shows fails, so that no page is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.exceptions import MethodNotAllowed

from tests.browser.conftest import PATIENCE, Portal, watch
from tests.browser.inspection import DESK, inspect
from tests.browser.journeys import start
from tests.browser.samples import SAMPLES, Sample
from tests.browser.walks import WALKS, Look

NOT_PAGES = {
    "static", "health.show_health", "health.show_readiness", "health.show_openapi", "search_api.search",
    "tickets_api.show_ticket", "tickets_api.list_tools", "tickets.export_tickets", "tickets.show_critical",
    "tickets.export_found", "tickets.download_file", "knowledge.show_picture",
    "intake.resume", "intake.export_hardest_practice",
    "home.export_work", "home.show_alerts", "accounts.export_audit", "issues.export_reports",
}  # fmt: skip
ELSEWHERE = {"knowledge.show_merge", "knowledge.show_conflict"}  # test_editor.py: they take two people
SHOWN = {"error": ".problems", "empty": ".empty"}
COVERED = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  const mine = top && (one.contains(top) || top.contains(one) || one.labels && [...one.labels].some(l => l.contains(top)));
  return [one.outerHTML.slice(0, 120), !mine && one !== document.body && box.right > 0];
}"""


@pytest.fixture(scope="module")
def window(browser: Browser, running: Portal) -> Iterator[tuple[Page, list[str]]]:
    """One window for all pages, so that styles and scripts are read once and axe is warm; and the troubles in it."""
    context = browser.new_context(base_url=running.url, viewport=DESK, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    trouble: list[str] = []
    page = watch(context.new_page(), trouble)
    page.on("dialog", lambda dialog: dialog.accept())
    yield page, trouble
    context.close()


@pytest.fixture
def open_as(window: tuple[Page, list[str]], portal: Portal) -> Iterator[Callable[[str], Page]]:
    page, trouble = window
    page.set_viewport_size(DESK)

    def change(who: str) -> Page:
        page.context.clear_cookies()
        if who:
            page.context.add_cookies([portal.open_session(who)])
        return page

    yield change
    found, trouble[:] = list(trouble), []
    assert found == []


@pytest.mark.parametrize("walk", WALKS, ids=lambda w: w.__name__)
def test_call_is_accessible_and_reflows_on_its_way(
    walk: Callable[[Page, Look], None], open_as: Callable[[str], Page], portal: Portal
) -> None:
    page, seen = open_as("agent"), set()

    def look() -> None:
        page.wait_for_load_state()
        seen.add(endpoint(portal, page.url))
        inspect(page)

    walk(page, look)
    assert {f"intake.{name}" for name in WALKS[walk]} <= seen


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: f"{s.endpoint}-{s.state}".replace(" ", "-"))
def test_page_is_accessible_and_reflows(sample: Sample, open_as: Callable[[str], Page]) -> None:
    page = open_as(sample.who)
    page.goto(sample.path)
    if sample.act:
        sample.act(page)
    page.wait_for_load_state()
    for word, mark in SHOWN.items():
        assert word not in sample.state or page.locator(mark).is_visible()
    inspect(page, goes_on=False)


@pytest.mark.parametrize("path", ["", "/articles/sm-cannot-find-care-team", "/known-issues", "/"])
def test_what_has_the_focus_is_never_covered(path: str, open_as: Callable[[str], Page]) -> None:
    page = open_as("agent")
    if path:
        page.goto(path)
    else:
        start(page, number="")
        page.wait_for_url("**/known-issues")
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        at, is_covered = page.evaluate(COVERED)
        assert not is_covered, at
        seen.add(at)
    assert len(seen) > 20


SHOWN_INSTEAD = """html => {
    const made = new DOMParser().parseFromString(html, "text/html");
    document.body.className = made.body.className;
    document.body.replaceChildren(...made.body.childNodes);
    const card = document.querySelector(".answer .card").getBoundingClientRect();
    return [document.querySelectorAll(".alert-line").length, card.bottom];
}"""


def test_every_answer_card_ends_above_the_fold(new_page: Callable[..., Page], portal: Portal) -> None:
    """On half a screen, under two alert lines: the main form of a desk. A card that grew needs shorter words.

    Each is drawn in the place of the one before, with its styles; a hundred pages loaded one by one take ten times as long.
    """
    page = new_page("analyst", js=False, width=DESK["width"], height=DESK["height"])
    page.goto("/articles/")
    paths = page.locator("main a[data-hit]").evaluate_all("links => links.map(link => link.pathname)")
    assert len(paths) > 50
    bottoms: dict[str, float] = {}
    for path in paths:
        alerts, bottoms[path] = page.evaluate(SHOWN_INSTEAD, portal.get("analyst", path)[1])
        assert alerts == 2
    assert {path: bottom for path, bottom in bottoms.items() if bottom > DESK["height"]} == {}


@pytest.mark.parametrize("who", ["agent", "analyst", "admin"])
def test_the_open_menu_stays_on_the_page_at_every_width(who: str, new_page: Callable[..., Page]) -> None:
    page = new_page(who)
    page.goto("/known-issues")
    page.locator(".shell__more summary").click()
    inspect(page)
    for width in (1280, 683, 480, 360, 320):
        page.set_viewport_size({"width": width, "height": 740})
        box = page.locator(".shell__panel").bounding_box()
        assert box is not None
        assert (box["x"] >= 0, box["x"] + box["width"] <= width) == (True, True), (width, box)


def endpoint(portal: Portal, url: str) -> str:
    try:
        return str(portal.app.url_map.bind("").match(urlsplit(url).path, method="GET")[0])
    except MethodNotAllowed:
        return ""


def test_every_page_of_the_url_map_is_looked_at(portal: Portal) -> None:
    covered = {sample.endpoint for sample in SAMPLES} | {
        f"intake.{name}" for walk in WALKS.values() for name in walk
    }
    pages = {rule.endpoint for rule in portal.app.url_map.iter_rules() if "GET" in (rule.methods or set())}
    assert pages - covered == NOT_PAGES | ELSEWHERE
