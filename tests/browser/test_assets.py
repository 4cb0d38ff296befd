"""What a visit costs: few requests the first time, the page alone afterwards, and nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Portal


@pytest.mark.parametrize("who", ["", "agent"], ids=["sign-in", "home"])
def test_first_visit_takes_at_most_eight_requests_and_a_return_visit_the_page_alone(
    who: str, new_page: Callable[..., Page], portal: Portal
) -> None:
    path = "/" if who else "/accounts/sign-in"
    first = new_page(who)
    first.goto(path, wait_until="networkidle")
    assert len(portal.asked) <= 8, portal.asked
    assert len(portal.asked) == len(set(portal.asked))
    portal.asked.clear()
    again = first.context.new_page()
    again.goto(path, wait_until="networkidle")
    assert portal.asked == [path]


def test_nothing_is_fetched_from_elsewhere(page: Page, portal: Portal) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in (
        "/",
        "/known-issues",
        "/search/?q=refill",
        "/articles/sm-when-to-escalate",
        "/intake",
        "/tickets/",
    ):
        page.goto(path, wait_until="networkidle")
    assert [url for url in asked if not url.startswith((portal.url, "data:"))] == []
