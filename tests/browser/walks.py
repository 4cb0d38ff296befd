"""Calls that axe looks at on every page on their way."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.journeys import (
    CODE,
    FACILITY_SAYS,
    HARM,
    PRIVACY,
    REPEATS,
    answer,
    choose,
    file_it,
    fill_call,
    fill_facts,
    number_of_ticket,
    press,
    refuse_issues,
    start,
    tick,
)

Look = Callable[[], None]


def a_filed_call(page: Page, look: Look) -> None:
    page.goto("/intake")
    look()
    press(page, "Continue")
    look()
    fill_call(page, text="Jane Miller, SSN 123-45-6789, cannot reply, SM98", alert="Sorry, SM98", number="")
    press(page, "Continue")
    look()
    page.get_by_label("What happens?").fill(CODE)
    press(page, "Continue")
    look()
    press(page, "My caller has this")
    look()
    refuse_issues(page)
    look()
    press(page, "Continue")
    look()
    press(page, "Show all open questions at once")
    look()
    answer(page, (REPEATS, "Yes"))
    look()
    press(page, "Continue")
    look()
    page.get_by_text("Add a file: picture, PDF or text").click()
    press(page, "Add the file")
    look()
    chosen = page.get_by_label("Add a file")
    chosen.set_input_files({"name": "what it says.txt", "mimeType": "text/plain", "buffer": b"SM98 at 12:01"})
    fill_facts(page)
    press(page, "Continue")
    page.get_by_text("Files that go along (1)").wait_for()
    look()
    page.get_by_text("The exact text").click()
    press(page, "File it")
    look()
    tick(page, "I will add it in wrap-up")
    file_it(page)
    look()
    press(page, "Add number")
    look()
    for path in ("/", "/my-calls"):
        page.goto(path)
        look()


def a_report(page: Page, look: Look) -> None:
    start(page)
    press(page, "My caller has this")
    page.locator(".receipt").wait_for()
    look()


def an_answered_call(page: Page, look: Look) -> None:
    start(page, number="4100231")
    look()
    refuse_issues(page)
    answer(page, (REPEATS, "No"))
    look()
    page.get_by_text("I decide otherwise").click()
    look()
    press(page, "Decide this way")
    look()
    page.go_back()
    press(page, "Works now")
    look()


def a_call_for_others(page: Page, look: Look) -> None:
    start(page, text="The care team is greyed out and cannot be chosen", alert="SM129")
    refuse_issues(page)
    answer(page, (FACILITY_SAYS, "No"))
    look()
    press(page, "Done: sent there")
    look()


def a_call_for_tier_2(page: Page, look: Look) -> None:
    start(page, text="A grey square blinks in the corner", alert="", tool="Not sure")
    look()
    press(page, "Hand to Tier 2")
    look()


def a_critical_call(page: Page, look: Look) -> None:
    start(page, HARM)
    look()
    page.get_by_label("What happens?").fill("")
    press(page, "File as Critical")
    look()
    page.get_by_label("What happens?").fill(CODE)
    press(page, "File as Critical")
    look()
    page.get_by_role("link", name="Add the facts that follow").click()
    look()


def a_privacy_call(page: Page, look: Look) -> None:
    start(page, PRIVACY)
    look()
    page.get_by_label("Which tool?").select_option(label="Select")
    press(page, "File the report")
    look()
    page.get_by_label("Which tool?").select_option(label="Secure Messaging")
    fill_facts(page)
    press(page, "File the report")
    number = number_of_ticket(page)
    look()
    page.goto(f"/look-up?number={number}")
    look()


def a_call_in_two_windows(page: Page, look: Look) -> None:
    start(page)
    page.get_by_role("link", name="Change the call").click()
    look()
    page.locator("[name=version]").evaluate("field => field.value = '99'")
    page.get_by_label("What happens?").fill("Sending fails with SM98, in another window")
    press(page, "Continue")
    look()


def a_practice_round(page: Page, look: Look) -> None:
    page.goto("/intake/practice")
    look()
    page.get_by_label("What are the calls about?").select_option(label="Secure Messaging")
    tick(page, "5 calls")
    press(page, "Start")
    look()
    press(page, "Check my answer")
    look()
    for outcome in (
        "Goes to Tier 3",
        "Send it elsewhere",
        "Solve it with a runbook",
        "Not enough to decide",
        "Goes to Tier 3",
    ):
        choose(page, "What do you do?", outcome)
        look()
        if outcome != "Not enough to decide":
            page.locator(".practice__more:visible label").first.click()
        press(page, "Check my answer")
        page.locator(".traces").wait_for(state="attached")
        look()
        page.locator("[data-key=n]").click()
        page.wait_for_load_state()
    look()
    page.locator(".practice__rows a").first.click()
    press(page, "Practise the whole intake")
    look()
    choose(page, "Is any of this true?", "No")
    tick(page, "No message shown")
    page.get_by_label("Which tool?").select_option(label="Secure Messaging")
    choose(page, "Where does it happen?", "Not sure")
    press(page, "Continue")
    refuse_issues(page)
    look()
    page.goto(page.url.rpartition("/")[0] + "/call")
    choose(page, "Is any of this true?", HARM)
    press(page, "Continue")
    look()
    press(page, "Finish practice")
    page.get_by_role("heading", name="Practice finished").wait_for()
    look()
    page.goto("/intake/practice")
    look()


WALKS: dict[Callable[[Page, Look], None], set[str]] = {
    a_filed_call: {"start", "show_known_issues", "show_questions", "show_facts", "show_check", "show_end"},
    a_report: {"show_end"},
    an_answered_call: {"show_runbook", "show_decide", "show_end"},
    a_call_for_others: {"show_elsewhere", "show_end"},
    a_call_for_tier_2: {"show_questions", "show_end"},
    a_critical_call: {"show_critical", "show_facts", "show_end"},
    a_privacy_call: {"show_privacy", "show_end"},
    a_call_in_two_windows: {"show_call"},
    a_practice_round: {"show_practice", "show_practice_call", "show_practice_round"},
}
