"""The main job as a person does it: look it up, decide, check known issues, file; it stands in the right team's queue."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Portal, sign_in
from tests.browser.journeys import (
    CODE,
    FACILITY_SAYS,
    HARM,
    NUMBER,
    PRIVACY,
    REPEATS,
    SHOWS,
    TEAM_MISSING,
    Loads,
    an_intake_at,
    answer,
    choose,
    file_it,
    fill_call,
    fill_facts,
    find,
    number_of_ticket,
    press,
    refuse_issues,
    start,
    tick,
)

NewPage = Callable[..., Page]
with_and_without_script = pytest.mark.parametrize("js", [True, False], ids=["script", "no-script"])


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(words)


@pytest.mark.parametrize(
    ("view", "js"),
    [("guided", True), ("compact", True), ("guided", False), ("compact", False)],
    ids=["guided", "compact", "guided-no-script", "compact-no-script"],
)
def test_words_lead_over_a_runbook_and_the_criteria_into_the_right_queue(
    view: str, js: bool, new_page: NewPage, portal: Portal
) -> None:
    page = new_page("agent", js=js)
    page.goto("/")
    find(page, "cant message my doctor")
    page.locator(".hit").first.get_by_role("link", name="I can't find my care team").click()
    tick(page, "Start a new message and choose")
    tick(page, "Open Contact list")
    press(page, "Did not help")
    heading(page, "What about the other steps?")
    for left in page.locator("label").filter(has_text="Could not be done").all():
        left.click()
    press(page, "Continue")
    heading(page, "The call")
    fill_call(page, text=TEAM_MISSING)
    press(page, "Continue")
    heading(page, "Known issues")
    refuse_issues(page)
    heading(page, "Questions")
    if view == "compact":
        press(page, "Show all open questions at once")
        expect(page.locator("fieldset.question")).not_to_have_count(1)
    else:
        expect(page.locator("fieldset.question")).to_have_count(1)
    answer(page, (SHOWS, "The team is not in the list"), (FACILITY_SAYS, "Yes"))
    heading(page, "Facts the team needs")
    expect(page.locator(".decision")).to_contain_text("Goes to Tier 3")
    expect(page.get_by_role("textbox", name="What was tried already?")).to_have_value(
        re.compile("steps 1, 4; could not be done: steps 2, 3")
    )
    fill_facts(page, {"Which care team": "Primary care, blue team"})
    press(page, "Continue")
    heading(page, "Check and file")
    number = file_it(page)
    heading(page, f"{number} filed")
    expect(page.get_by_label("Case note")).to_have_value(re.compile(rf"Escalated to MHV Tier 3: {number}"))

    messaging = new_page("editor", js=js)
    messaging.goto("/tickets/")
    messaging.get_by_role("link", name=number).click()
    expect(messaging.locator("main")).to_contain_text("Primary care, blue team")
    expect(messaging.locator("main")).to_contain_text("With the team")
    assert number not in portal.get("rx", "/tickets/")[1]
    assert portal.get("rx", f"/tickets/{number}")[0] in (403, 404)


def add_caller(page: Page) -> None:
    """The three questions of a report, in the form that is open."""
    form = page.locator("form.report:visible").first
    choose(form, "Is any of this true?", "No")
    form.get_by_label("Record number").fill(NUMBER)
    form.get_by_label("Where does it happen?").select_option(label="VA.gov on a computer")
    form.get_by_role("button", name="Add my caller").click()


@with_and_without_script
@pytest.mark.parametrize("place", ["results", "board", "article"])
def test_caller_is_added_to_a_known_issue_in_two_loads(
    place: str, js: bool, new_page: NewPage, portal: Portal
) -> None:
    page = new_page("agent", js=js)
    page.goto("/")
    before = portal.value("SELECT count(*) FROM report")
    loads = Loads(page)
    if place == "results":
        find(page, "messages not available")
        page.locator("main summary").filter(has_text="Add my caller: Messages").click()
    elif place == "board":
        page.get_by_role("link", name="Known issues (").click()
        page.locator("main summary").filter(has_text="Add my caller: Messages").click()
    else:
        page.get_by_role("link", name="Add my caller").first.click()
    add_caller(page)
    expect(page.locator("main")).to_contain_text(re.compile(r"R-\d{6}"))
    assert len(loads.pages) == 2, loads.pages
    assert portal.value("SELECT count(*) FROM report") == before + 1


def test_critical_is_filed_at_once_and_its_facts_follow(new_page: NewPage, portal: Portal) -> None:
    page = new_page("agent")
    page.goto("/")
    loads = Loads(page)
    page.get_by_role("combobox").fill("Refill never came, she has insulin for one day")
    page.get_by_role("combobox").press("Control+Enter")
    choose(page, "Is any of this true?", HARM)
    press(page, "Continue")
    heading(page, "Critical: file now")
    page.get_by_label("Which tool?").select_option(label="Medications")
    tick(page, "Caller was told what to do now")
    press(page, "File as Critical")
    number = number_of_ticket(page)
    assert len(loads.pages) == 3, loads.pages
    expect(page.get_by_label("Case note")).to_have_value(re.compile("CRITICAL, patient safety"))
    page.get_by_role("link", name="Add the facts that follow").click()
    fill_facts(page)
    press(page, "Add to the ticket")
    expect(page.locator("main")).to_contain_text("The facts are added")

    analyst = new_page("analyst")
    analyst.goto(f"/tickets/{number}")
    expect(analyst.locator("main")).to_contain_text("Critical")
    expect(analyst.get_by_role("heading", name="Not known")).to_be_visible()


def test_privacy_report_is_seen_by_cleared_staff_only(new_page: NewPage, portal: Portal) -> None:
    page = new_page("agent")
    start(page, PRIVACY, text="She sees lab results that are not hers")
    heading(page, "Security or privacy")
    page.get_by_label("Which tool?").select_option(label="Medical Records")
    fill_facts(page)
    press(page, "File the report")
    number = number_of_ticket(page)
    expect(page.get_by_label("Case note")).to_have_value(re.compile("no details here by design"))
    expect(page.locator("main")).not_to_contain_text("lab results")

    for who in ("agent", "lead", "editor", "rx", "tier2"):
        assert number not in portal.get(who, "/tickets/")[1], who
        assert portal.get(who, f"/tickets/{number}")[0] in (403, 404), who
    desk = new_page("tier2")
    desk.goto("/")
    find(desk, number)
    expect(desk.locator("main")).to_contain_text("Handled by cleared staff")
    expect(desk.locator("main")).not_to_contain_text("Medical Records")

    cleared = new_page("analyst")
    cleared.goto(f"/tickets/{number}")
    expect(cleared.locator("main")).to_contain_text("She sees lab results that are not hers")


@with_and_without_script
def test_call_back_is_answered_by_the_number_alone(js: bool, new_page: NewPage) -> None:
    page = new_page("agent", js=js)
    page.goto("/")
    find(page, "Record # 4100231")
    expect(page.locator(".look-up")).to_contain_text("Tell the caller")
    press(page, "Still happening")
    expect(page.locator(".look-up")).to_contain_text("Still happening said today")
    press(page, "It is another problem")
    heading(page, "The call")
    expect(page.get_by_label("Record number of this call")).to_have_value("4100231")


@with_and_without_script
@pytest.mark.parametrize("where", ["call", "facts"])
def test_sign_out_in_the_middle_loses_nothing(where: str, js: bool, new_page: NewPage) -> None:
    page = new_page("agent", js=js)
    if where == "call":
        page.goto("/intake")
        fill_call(page, text=CODE, alert="It says SM98")
    else:
        an_intake_at(page, "facts")
        fill_facts(page, {"Which care team": "Primary care, green team"})
    address = page.url.split("?")[0]
    other = new_page("agent", js=js)
    other.goto("/accounts/")
    press(other, "Sign out everywhere")
    expect(other.get_by_role("heading", level=1)).to_have_text("Sign in")

    press(page, "Continue")
    expect(page.locator("main")).to_contain_text("everything you typed is here")
    sign_in(page, "agent")
    assert page.url.split("?")[0] == address
    if where == "call":
        expect(page.get_by_label("What happens?")).to_have_value(CODE)
        expect(page.get_by_label("Record number of this call")).to_have_value(NUMBER)
        press(page, "Continue")
        heading(page, "Known issues")
    else:
        expect(page.get_by_role("textbox", name="Which care team")).to_have_value("Primary care, green team")
        press(page, "Continue")
        heading(page, "Check and file")


@with_and_without_script
def test_double_click_refresh_and_back_file_one_ticket(js: bool, new_page: NewPage, portal: Portal) -> None:
    before = portal.value("SELECT count(*) FROM ticket")
    page = new_page("agent", js=js)
    page.goto("/intake")
    fill_call(page, text=CODE, alert="It says SM98")
    page.get_by_role("button", name="Continue").dblclick()
    heading(page, "Known issues")
    refuse_issues(page)
    answer(page, (REPEATS, "Yes"))
    fill_facts(page)
    press(page, "Continue")
    tick(page, "No person can be recognised")
    page.get_by_role("button", name="File it").dblclick()
    number = number_of_ticket(page)
    page.reload()
    heading(page, f"{number} filed")
    page.go_back()
    if page.get_by_role("button", name="File it").is_visible():
        tick(page, "No person can be recognised")
        press(page, "File it")
    heading(page, f"{number} filed")
    page.go_back()
    assert portal.value("SELECT count(*) FROM ticket") == before + 1
    assert portal.value("SELECT count(*) FROM intake") == 1


def test_known_code_is_filed_within_six_loads_after_the_box(page: Page) -> None:
    page.goto("/")
    loads = Loads(page)
    page.get_by_role("combobox").fill("Reply to my doctor fails, SM98")
    page.get_by_role("combobox").press("Control+Enter")
    heading(page, "The call")
    expect(page.get_by_label("What happens?")).to_have_value("Reply to my doctor fails, SM98")
    expect(page.get_by_label("Which tool?")).to_have_value("secure-messaging")
    fill_call(page, alert="We can't send it")
    press(page, "Continue")
    refuse_issues(page)
    answer(page, (REPEATS, "Yes"))
    fill_facts(page)
    press(page, "Continue")
    file_it(page)
    assert len(loads.pages) <= 6, loads.pages


def test_typed_text_is_saved_three_seconds_after_the_last_key(new_page: NewPage) -> None:
    page = new_page("agent")
    page.clock.install()
    page.goto("/intake")
    page.get_by_label("What happens?").press_sequentially("Reply fails")
    saved = page.locator("[data-saved]")
    page.clock.run_for(2500)
    expect(saved).to_be_empty()
    page.clock.run_for(600)
    expect(saved).to_have_text("Saved.")
    other = new_page("agent")
    other.goto("/")
    other.get_by_role("link", name="Continue I-000001").click()
    expect(other.get_by_label("What happens?")).to_have_value("Reply fails")


def tab_to(page: Page, name: str) -> None:
    """By Tab alone to the field with this name."""
    for _ in range(60):
        if page.evaluate("document.activeElement.name || ''") == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {name}")


def test_keyboard_alone_goes_from_the_box_to_the_facts(page: Page) -> None:
    keys = page.keyboard
    page.goto("/known-issues")
    keys.press("/")
    keys.type("Reply to my doctor fails, SM98")
    keys.press("Control+Enter")
    heading(page, "The call")
    keys.press("1")
    expect(page.locator("input[name=urgent][value=no]")).to_be_checked()
    tab_to(page, "alert_words")
    keys.type("We can't send it")
    tab_to(page, "platform")
    keys.press("1")
    expect(page.locator("input[name=platform][value=web]")).to_be_checked()
    keys.press("Control+Enter")
    heading(page, "Known issues")
    keys.press("n")
    heading(page, "Questions")
    keys.press("1")
    expect(page.locator("fieldset.question input[type=radio]").first).to_be_checked()
    keys.press("Control+Enter")
    heading(page, "Facts the team needs")
    tab_to(page, "occurred_at")
    keys.press("u")
    expect(page.locator("[name=occurred_at-unknown]")).to_be_checked()
    expect(page.locator("[name=device-unknown]")).not_to_be_checked()
    keys.press("Control+Enter")
    expect(page.locator(".problems")).to_be_focused()


def test_arrows_and_enter_open_a_suggestion(page: Page) -> None:
    page.goto("/")
    box = page.get_by_role("combobox")
    box.press_sequentially("cant message my doc")
    options = page.get_by_role("option")
    expect(options.first).to_contain_text("I can't find my care team")
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", "suggestion-1")
    box.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    box.press("ArrowDown")
    box.press("Enter")
    heading(page, "I can't find my care team")


def test_single_keys_can_be_switched_off(page: Page) -> None:
    page.goto("/accounts/")
    tick(page, "Single-key shortcuts")
    press(page, "Save settings")
    expect(page.locator("main")).to_contain_text("Your settings are saved")
    page.goto("/known-issues")
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Search")).not_to_be_focused()
    page.keyboard.press("a")
    expect(page.locator("details.adder[open]")).to_have_count(0)


def test_case_note_is_copied_by_button_and_by_key(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    an_intake_at(page, "end")
    note = page.get_by_label("Case note").input_value()
    assert note.startswith("Escalated to MHV Tier 3: T3-")
    for key in (False, True):
        page.evaluate("navigator.clipboard.writeText('')")
        if key:
            page.keyboard.press("c")
        else:
            press(page, "Copy case note")
        expect(page.locator("#announce")).to_have_text("Copied.")
        assert page.evaluate("navigator.clipboard.readText()") == note
        page.evaluate("document.getElementById('announce').textContent = ''")


def test_idle_dialog_opens_two_minutes_before_the_sign_out(page: Page) -> None:
    page.clock.install()
    page.goto("/intake")
    dialog = page.get_by_role("dialog", name="Are you still there?")
    page.clock.run_for("12:55")
    expect(dialog).to_be_hidden()
    page.clock.run_for("00:10")
    expect(dialog).to_be_visible()
    press(dialog, "Stay signed in")
    expect(dialog).to_be_hidden()
    page.clock.run_for("14:40")
    expect(dialog).to_contain_text("30 seconds")
    page.clock.run_for("00:30")
    expect(dialog).to_contain_text("You have been signed out")
