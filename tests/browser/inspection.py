"""What is asked of every page: axe finds nothing, and nothing runs out of a narrow window."""

from __future__ import annotations

from axe_playwright_python.base import AxeResults  # type: ignore[import-untyped]
from playwright.sync_api import Page, ViewportSize

from tests.browser.conftest import AXE_PATH

RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "resultTypes": ["violations"],
}
DESK = ViewportSize(width=683, height=768)
NARROW = (640, 320)  # half a screen at 200 % text, and a phone at 400 %


def inspect(page: Page, *, goes_on: bool = True) -> None:
    """axe looks at the whole page at once, so that what sticks to an edge of the window covers nothing. `goes_on`: in the
    window of before.
    """
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": DESK["width"], "height": max(height, DESK["height"])})
    page.add_script_tag(url=AXE_PATH)
    found = AxeResults(page.evaluate("rules => axe.run(rules)", RULES))
    assert found.response["violations"] == [], f"{page.url}\n{found.generate_report()}"
    for width in NARROW:
        page.set_viewport_size({"width": width, "height": 360})
        needed = page.evaluate("document.documentElement.scrollWidth")
        assert needed <= width, f"{page.url} is {needed} px wide at {width}"
    if goes_on:
        page.set_viewport_size(DESK)
