"""Two people write one article in two browsers; a second person decides; pages that need more than one to be reached."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.knowledge import store
from portal.knowledge.access import knowledge_base
from portal.knowledge.content_store import Author, Clash
from tests.browser.conftest import Portal
from tests.browser.inspection import inspect
from tests.browser.journeys import press
from tests.browser.samples import send_rules_in
from tests.browser.test_axe import ELSEWHERE

NewPage = Callable[..., Page]
ARTICLE = "/articles/sm-blocked-or-not-connected"
PATH = "runbook/sm-blocked-or-not-connected.md"


PASTE = """(area, bytes) => {
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([new Uint8Array(bytes)], "image.png", { type: "image/png" }));
  area.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


def a_picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (640, 90), "red").save(out, format="png")
    return out.getvalue()


@pytest.fixture
def content(portal: Portal) -> Iterator[Callable[[], str]]:
    """The article's file as it is served; what a test published is taken back."""
    with portal.app.app_context():
        base = knowledge_base()

    def text() -> str:
        return (base.content.read(PATH, base.content.head() or "") or b"").decode()

    before = text()
    yield text
    head, author = base.content.head() or "", Author("Test", "test@example.org")
    base.content.save({PATH: before.encode()}, base=head, author=author, message="Take back", now=utcnow())


def edit(page: Page) -> None:
    page.goto(f"{ARTICLE}/edit")
    page.get_by_text("Where it belongs, who owns it, sources").click()


def publish(page: Page, message: str) -> None:
    page.get_by_label("What changed").fill(message)
    press(page, "Publish")
    page.wait_for_load_state()


def test_two_browsers_merge_and_clash(new_page: NewPage, content: Callable[[], str]) -> None:
    one, two = new_page("editor", width=683), new_page("admin")
    edit(one)
    edit(two)
    one.get_by_label("Text", exact=True).press("Control+End")
    one.keyboard.type("\n\n## Seen from two windows\nThe last line, ")
    press(one, "Bold")
    expect(one.locator("#preview strong", has_text="words")).to_be_visible()
    expect(one.locator("[data-saved]")).to_have_text("Saved.")

    two.goto(ARTICLE)
    expect(two.get_by_text("Messaging team is editing this")).to_be_visible()
    edit(two)
    two.get_by_label("Depends on").fill("a switch")
    publish(two, "Say what it depends on")
    expect(two.get_by_text("Published. Readers and search have it now.")).to_be_visible()

    publish(one, "Add a section")
    expect(one.get_by_text("merged with a change by Administrator")).to_be_visible()
    assert "depends_on:\n  - a switch\n" in content()
    assert "The last line, **words**" in content()

    edit(one)
    edit(two)
    two.get_by_label("Depends on").fill("switch two")
    publish(two, "Other switch")
    one.get_by_label("Depends on").fill("switch three")
    publish(one, "Third switch")
    expect(one.get_by_role("heading", name="The same lines changed twice")).to_be_visible()
    inspect(one)
    press(one, "Publish the merged text")
    expect(one.locator(".problems")).to_contain_text("Choose what stands at this place")
    inspect(one)
    one.locator("label", has_text="Both, ").click()
    press(one, "Publish the merged text")
    expect(one.get_by_text("Published. Readers and search have it now.")).to_be_visible()
    assert "  - switch two\n  - switch three\n" in content()


def test_toolbar_marks_the_chosen_lines(new_page: NewPage) -> None:
    page = new_page("editor")
    page.goto(f"{ARTICLE}/edit")
    body = page.get_by_label("Text", exact=True)
    body.fill("one\ntwo")
    body.press("Control+a")
    press(page, "Numbered steps")
    expect(body).to_have_value("1. one => what one should see\n2. two => what one should see")
    body.press("Control+a")
    press(page, "List")
    expect(body).to_have_value("- one => what one should see\n- two => what one should see")
    body.fill("See ")
    page.get_by_label("Article to link to").fill("sm-when-to-escalate")
    press(page, "Link to article")
    expect(body).to_have_value(
        "See [Secure messaging: resolve, escalate, or send elsewhere](/articles/sm-when-to-escalate)"
    )
    body.press("Control+z")
    expect(body).to_have_value("See ")

    body.fill("before, after")
    body.evaluate("area => area.setSelectionRange(8, 8)")
    body.evaluate(PASTE, list(a_picture()))
    expect(page.get_by_label("What it shows")).to_be_focused()
    press(page, "Add the picture")
    expect(page.get_by_text("A picture needs alternative text")).to_be_visible()
    expect(page.get_by_label("What it shows")).to_be_focused()
    inspect(page)
    page.get_by_label("What it shows").fill("The key of the app")
    page.locator("label", has_text="Nothing in this picture").click()
    press(page, "Add the picture")
    expect(body).to_have_value(
        re.compile(r"^before, !\[The key of the app\]\(/articles/images/\w{16}\.webp\)after$")
    )
    page.locator("#preview img").scroll_into_view_if_needed()
    expect(page.locator("#preview img")).to_have_js_property("naturalWidth", 640)
    body.press("Control+z")
    expect(body).to_have_value("before, after")


def test_draft_is_previewed_and_discarded_without_script(
    new_page: NewPage, content: Callable[[], str]
) -> None:
    page, before = new_page("editor", js=False, width=320), content()
    page.goto(f"{ARTICLE}/edit")
    page.get_by_label("Title").fill("")
    press(page, "Keep draft and preview")
    expect(page.locator("#f-title-problem")).to_contain_text("Is empty")
    page.get_by_label("Title").fill("A title without script")
    page.get_by_label("Title").press("Enter")
    expect(page.locator(".preview__title")).to_have_text("A title without script")
    press(page, "Raw text")
    assert "title: A title without script\n" in page.get_by_label("The whole file").input_value()
    press(page, "Fields")
    expect(page.get_by_label("Title")).to_have_value("A title without script")
    page.get_by_role("link", name="Discard the draft").click()
    expect(page.get_by_text("It cannot be brought back.")).to_be_visible()
    press(page, "Discard the draft")
    expect(page.get_by_text("Your draft is discarded.")).to_be_visible()
    assert content() == before


def test_second_person_reads_what_changes_and_sends_it_back(new_page: NewPage) -> None:
    author, second = new_page("editor"), new_page("admin")
    author.goto("/articles/sm-when-to-escalate/edit?view=raw")
    send_rules_in(author)
    second.goto("/articles/drafts")
    second.locator("[data-hit]").click()
    expect(second.get_by_role("button", name="Approve and publish")).to_be_visible()
    inspect(second)
    press(second, "Send back")
    expect(second.locator(".problems")).to_contain_text("Say in 3 to 500 characters what is missing")
    inspect(second)
    second.get_by_label("Or say what is missing").fill("Which line, and why?")
    press(second, "Send back")
    author.goto("/articles/sm-when-to-escalate/edit")
    expect(author.get_by_text("Which line, and why?")).to_be_visible()
    inspect(author)


def test_clash_of_an_upgrade_is_readable(
    new_page: NewPage, portal: Portal, content: Callable[[], str]
) -> None:
    ours = content()
    title = next(line for line in ours.split("\n") if line.startswith("title:"))
    theirs, base = ours.replace(title, "title: Shipped"), ours.replace(title, "title: Before")
    with portal.app.app_context(), transaction():
        store.record_conflicts([Clash(PATH, base, theirs, ours)], utcnow())
    page = new_page("editor")
    page.goto("/articles/conflicts")
    inspect(page)
    page.locator("[data-hit]").click()
    expect(page.get_by_role("group", name="Place 1 of 1")).to_be_visible()
    inspect(page)
    press(page, "Keep ours as it is")
    expect(page.get_by_text("No clash waits for you.")).to_be_visible()
    assert content() == ours


def test_pages_that_are_looked_at_here_exist(portal: Portal) -> None:
    assert set(portal.app.view_functions) >= ELSEWHERE
