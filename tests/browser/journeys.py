"""What a person does in the portal, by the words on the page: find, fill in, answer, file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, Response

TEAM_MISSING = "Cannot message my doctor, the team is not in the list"
CODE = "A reply to the care team fails each time with SM98"
NUMBER = "4123456"
TICKET = re.compile(r"T3-\d{4}-\d{6}")
SHOWS, REPEATS = "What does the screen show?", "Does it fail again after signing out and in?"
FACILITY_SAYS = "Does the facility say that the team is assigned and not blocked?"
HARM = "Yes, someone could be harmed"
PRIVACY = "Yes, somebody sees another person's information"


class Loads:
    """Counts the pages that a person waits for: documents, without the redirects before them."""

    def __init__(self, page: Page) -> None:
        self.pages: list[str] = []
        page.on("response", self._note)

    def _note(self, response: Response) -> None:
        if response.request.resource_type == "document" and not 300 <= response.status < 400:
            self.pages.append(response.url)


def press(page: Page | Locator, name: str) -> None:
    """The first button with this name; when it opens a page, all of that page is there after it."""
    page.get_by_role("button", name=name).first.click()
    (page if isinstance(page, Page) else page.page).wait_for_load_state("domcontentloaded")


def choose(page: Page | Locator, question: str, answer: str) -> None:
    """An answer of a group, by the first words of both."""
    group = page.get_by_role("group", name=question).first
    group.locator("label").filter(has_text=re.compile(rf"^\s*{re.escape(answer)}")).first.click()


def tick(page: Page | Locator, label: str) -> None:
    page.locator("label").filter(has_text=label).first.click()


def find(page: Page, words: str) -> None:
    """Words into the one box of the page that is open."""
    box = page.get_by_role("combobox", name="Search")
    box.fill(words)
    box.press("Enter")
    page.wait_for_load_state()


def fill_call(
    page: Page,
    *,
    text: str | None = None,
    alert: str = "",
    tool: str = "Secure Messaging",
    platform: str = "VA.gov on a computer",
    facility: str = "",
    number: str = NUMBER,
) -> None:
    """Page 1 of an ordinary call."""
    choose(page, "Is any of this true?", "No")
    if text is not None:
        page.get_by_label("What happens?").fill(text)
    if alert:
        page.get_by_label("What are the exact words on the screen?").fill(alert)
    else:
        tick(page, "No message shown")
    page.get_by_label("Which tool?").select_option(label=tool)
    choose(page, "Where does it happen?", platform)
    if facility:
        page.get_by_label("Which VA health system?").fill(facility)
    if number:
        page.get_by_label("Record number of this call").fill(number)


def fill_facts(page: Page, values: Mapping[str, str] | None = None) -> None:
    """What is given, by the start of its label; every other open fact is one that the caller can't say."""
    for label, value in (values or {}).items():
        page.get_by_role("textbox", name=label).fill(value)
    page.locator(".fact").first.wait_for()
    for fact in page.locator(".fact").all():
        field = fact.locator("input:not([type=checkbox], [type=hidden]), textarea, select").first
        kind = field.get_attribute("type")
        is_answered = fact.locator("input:checked").count() if kind == "radio" else field.input_value()
        if not is_answered:
            tick(fact, "Caller can")


def refuse_issues(page: Page) -> None:
    """Past page 2, where it is shown."""
    if urlsplit(page.url).path.endswith("/known-issues"):
        press(page.locator("form.none"), "")


def answer(page: Page, *answers: tuple[str, str]) -> None:
    """Page 3: one question a page, or all on one."""
    for question, choice in answers:
        if not page.get_by_role("group", name=question).count():
            press(page, "Continue")
        choose(page, question, choice)
    press(page, "Continue")


def file_it(page: Page) -> str:
    """Page 5; the number of the ticket."""
    tick(page, "No person can be recognised")
    press(page, "File it")
    return number_of_ticket(page)


def number_of_ticket(page: Page) -> str:
    """The number on the receipt."""
    page.locator(".receipt").wait_for()
    found = TICKET.search(page.locator("main").inner_text())
    assert found
    return found[0]


def start(
    page: Page,
    urgent: str = "No",
    *,
    text: str = CODE,
    alert: str = "We could not send it, SM98",
    **more: str,
) -> None:
    """A call that left page 1."""
    page.goto("/intake")
    fill_call(page, text=text, alert=alert, **more)
    choose(page, "Is any of this true?", urgent)
    press(page, "Continue")


def an_intake_at(page: Page, step: str) -> None:
    """A fresh call brought to this step."""
    if step in ("critical", "privacy"):
        start(page, HARM if step == "critical" else PRIVACY)
        return
    if step == "elsewhere":
        start(page, text="The care team is greyed out and cannot be chosen", alert="SM129")
        refuse_issues(page)
        answer(page, (FACILITY_SAYS, "No"))
        return
    start(page)
    if step == "call":
        page.goto(page.url.replace("/known-issues", "/call"))
    if step in ("call", "known-issues"):
        return
    refuse_issues(page)
    if step == "questions":
        return
    if step == "runbook":
        answer(page, (REPEATS, "No"))
        return
    answer(page, (REPEATS, "Yes"))
    if step == "facts":
        return
    fill_facts(page)
    press(page, "Continue")
    if step == "end":
        file_it(page)
