"""Rules from nothing to published with the keyboard alone: an author at the tables, then a second person."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from portal.core.clock import utcnow
from portal.knowledge.access import knowledge_base
from portal.knowledge.content_store import Author
from tests.browser.conftest import Portal
from tests.browser.inspection import inspect

OLD, NEW = "criteria/travel-pay-when-to-escalate.md", "criteria/travel-claims.md"
BODY = """## Goes to Tier 3 if

- Never

## You solve it if

- It is a status

## Elsewhere if

- The page breaks
"""


@pytest.fixture
def free_tool(portal: Portal) -> Iterator[None]:
    """Travel pay without rules in use, so that new ones decide for it alone; afterwards all is as it was."""
    with portal.app.app_context():
        base = knowledge_base()
    author = Author("Test", "test@example.org")

    def save(**files: bytes | None) -> None:
        head = base.content.head() or ""
        paths = {"old": OLD, "new": NEW}
        changes = {paths[name]: data for name, data in files.items()}
        base.content.save(changes, base=head, author=author, message="Test", now=utcnow())

    before = base.content.read(OLD, base.content.head() or "") or b""
    save(old=before.replace(b"tool: travel-pay\n", b"tool: travel-pay\npublication: retired\n"))
    yield
    save(old=before)
    if base.content.read(NEW, base.content.head() or "") is not None:
        save(new=None)


def go(page: Page, target: Locator, back: bool = False) -> None:
    """Tab until the focus is there."""
    target.first.wait_for()
    for _ in range(150):
        if target.first.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
    pytest.fail(f"The keyboard does not reach {target}")


def put(page: Page, label: str, text: str) -> None:
    """Type over what stands in a field."""
    go(page, page.get_by_label(label, exact=True))
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def push(page: Page, name: str, exact: bool = True) -> None:
    go(page, page.get_by_role("button", name=name, exact=exact))
    page.keyboard.press("Enter")
    page.wait_for_load_state()


def pick(page: Page, label: str, first_letters: str) -> None:
    go(page, page.get_by_label(label, exact=True))
    page.keyboard.type(first_letters)


def test_rules_from_nothing_to_published_by_keyboard(
    new_page: Callable[..., Page], free_tool: None, portal: Portal
) -> None:
    page = new_page("admin")
    page.goto("/articles/new")
    pick(page, "Type", "Rules")
    put(page, "Title", "Travel claims")
    pick(page, "Owner", "Messaging")
    push(page, "Start writing")
    page.wait_for_url("**/articles/travel-claims/edit")
    put(page, "Summary", "A status is read to the caller, the rest goes to the travel office.")
    put(page, "Text", BODY)
    pick(page, "Decides for", "Travel")
    put(page, "Sources", "Travel office")
    go(page, page.get_by_role("button", name="Rules", exact=True), back=True)
    page.keyboard.press("Enter")
    page.wait_for_url("**/articles/travel-claims/table")

    push(page, "Edit the question shows")
    expect(page.locator("#r-id")).to_be_focused()
    put(page, "Question", "What does the caller ask about?")
    put(page, "Answer, answer An error", "The status of a claim")
    put(page, "Short name, answer An error", "status")
    put(page, "Answer, answer Nothing happens", "Anything else")
    push(page, "Done")
    expect(page.locator("#open-inputs-0")).to_be_focused()
    push(page, "Edit the rule error")
    expect(page.get_by_label("The status of a claim")).to_be_checked()
    go(page, page.get_by_role("radio", name="Goes to Tier 3"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Severity", exact=True).first).to_be_hidden()
    put(page, "Where it goes", "nowhere")
    expect(page.locator("#r-then-route-problem")).to_contain_text("'nowhere' is no route")
    put(page, "Where it goes", "travel-pay")
    put(page, "Because", "The travel claim system shows it.")
    signed_in = page.context.cookies()
    page.context.clear_cookies()
    push(page, "Done")
    expect(page.get_by_role("alert")).to_contain_text(
        "You were signed out. What you typed is still on this page."
    )
    expect(page.get_by_role("link", name="Sign in in a new tab")).to_be_in_viewport()
    page.context.add_cookies(signed_in)  # type: ignore[arg-type]
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator("#open-rules-0")).to_be_focused()
    expect(page.get_by_role("alert")).to_have_count(0)
    push(page, "Remove the rule nothing")
    expect(page.get_by_role("button", name="Undo the last step")).to_be_focused()
    expect(page.locator("#checks")).to_contain_text("No rule fits: Anything else.")
    push(page, "Add a rule for this case")
    expect(page.locator("#r-id")).to_be_focused()
    put(page, "Short name", "rest")
    go(page, page.get_by_role("radio", name="Goes to Tier 3"))
    page.keyboard.press("Space")
    pick(page, "Severity", "Low")
    put(page, "Because", "Nobody knows it yet.")
    push(page, "Done")
    push(page, "Up the rule rest")
    expect(page.locator("#up-rules-0")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#up-rules-0")).to_be_focused()
    push(page, "Remove the example the screen shows an error")
    expect(page.locator("#checks")).to_contain_text("no example ends at 'error'")
    pick(page, "What does the caller ask about?", "The")
    expect(page.locator("#tried")).to_contain_text("The travel claim system shows it. Rule error")
    go(page, page.get_by_role("button", name="Keep as an example"), back=True)
    page.keyboard.press("Enter")
    put(page, "The case, in a caller's words", "my claim still says in process")
    push(page, "Done")
    expect(page.locator("#checks")).to_contain_text("No gap: every case has a rule")
    inspect(page)
    put(page, "What changed, in a few words", "New rules for travel claims")
    push(page, "Send for approval")
    page.wait_for_url("**/articles/drafts")

    second = new_page("editor")
    second.goto("/articles/drafts")
    go(second, second.locator("[data-hit]"))
    second.keyboard.press("Enter")
    second.wait_for_load_state()
    push(second, "Approve and publish")
    expect(second.get_by_role("heading", level=1)).to_have_text("Travel claims")
    expect(second.get_by_text("Published.")).to_be_visible()
    with portal.app.app_context():
        text = (knowledge_base().content.read(NEW, knowledge_base().content.head() or "") or b"").decode()
    assert (
        "  - id: rest\n    when: {shows: nothing}\n    then: {outcome: escalate, severity: low, because: Nobody knows it yet.}\n"
        in text
    )
    assert "    expect: {outcome: redirect, route: travel-pay, rule: error}\n" in text
