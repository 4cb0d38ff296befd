"""A known issue from an analyst's words to the open page of an agent: checked while typed, live with one press."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Portal
from tests.browser.journeys import press

TITLE = "Page stays white after sign-in"
SAID = "The page stays white for some people right now. We are looking at it. I am adding your call to our report."


@pytest.mark.usefixtures("content_kept")
def test_an_analyst_makes_it_known_and_an_open_page_says_so(
    new_page: Callable[..., Page], portal: Portal
) -> None:
    agent = new_page("agent")
    agent.goto("/help")
    alerts = agent.locator("#alerts")
    expect(alerts).not_to_contain_text(TITLE)
    analyst = new_page("analyst", width=683)
    analyst.goto("/known-issues")
    analyst.get_by_label("What do callers say?").fill(f"{TITLE}, “Something is wrong on our side”")
    press(analyst, "New from these words")
    analyst.get_by_label("Title").fill(TITLE)
    analyst.get_by_label("Tool").select_option("landing-page-account")
    analyst.get_by_label("Say").fill("Tier 3 mends it by tomorrow.")
    checked = analyst.locator("#checked")
    expect(checked).to_contain_text("Promises a time: “by tomorrow”")
    analyst.get_by_label("Say").fill(SAID)
    expect(checked).to_contain_text("Ready to publish.")
    press(analyst, "Publish now")
    expect(analyst.locator("h1")).to_have_text(TITLE)
    analyst.goto(f"{analyst.url}/status")
    expect(analyst.get_by_label("Merged into")).to_be_hidden()
    analyst.get_by_label("How does it stand?").select_option("merged")
    expect(analyst.get_by_label("Merged into")).to_be_visible()
    agent.evaluate("htmx.trigger('#alerts', 'poll')")
    expect(alerts).to_contain_text(f"{TITLE}: new.")
    expect(alerts.locator(".alert-line")).to_have_count(2)
    alerts.locator(".alert-line").filter(has_text=TITLE).get_by_role("link").first.click()
    expect(agent.get_by_role("group", name="Is any of this true?")).to_be_visible()
