"""Triage by keyboard alone, and a Critical ticket that reaches an analyst on another page."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect
from sqlalchemy import text

from portal.core.db import db, transaction
from tests.browser.conftest import Portal
from tests.browser.journeys import HARM, number_of_ticket, press, start

NewPage = Callable[..., Page]
SAID = "The page works again. Please sign out and sign in once more."


def test_three_tickets_by_keyboard(new_page: NewPage, portal: Portal) -> None:
    page = new_page("analyst")
    page.goto("/tickets/?queue=triage")
    rows = page.locator("#queue [data-hit]")
    numbers = rows.all_inner_texts()
    page.keyboard.press("j")
    expect(rows.first).to_be_focused()
    page.keyboard.press("Enter")
    title = page.locator("#pane .pane__title")
    expect(title).to_be_focused()
    page.keyboard.press("4")
    expect(page.locator("#pane #answer-caller-text")).to_be_focused()
    page.keyboard.type(SAID)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#pane .card__head").first).to_contain_text("Back to Tier 2")
    expect(page.locator("#queue")).not_to_contain_text(numbers[0])
    expect(page.locator("#flash")).to_contain_text("Sent back to Tier 2")  # also after the list was read anew
    expect(page.locator("#tabs [aria-current]")).to_have_text(f"All in triage ({len(numbers) - 1})")
    page.keyboard.press("Escape")
    expect(rows.filter(has_text=numbers[1])).to_be_focused()  # it stands where the first stood
    page.keyboard.press("Enter")
    expect(title).to_have_attribute("data-number", numbers[1])
    page.keyboard.press("l")
    expect(page.locator("#pane #link-known-issue")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#pane #move-link summary")).to_be_focused()
    page.keyboard.press("5")
    expect(page.locator("#pane #not-tier3-route")).to_be_focused()
    page.locator("#pane #not-tier3-route").select_option(index=1)
    page.locator("#pane #not-tier3-reason").fill("It is about an appointment, so it goes there.")
    page.locator("#pane #move-not-tier3").get_by_role("button", name="Not Tier 3").press("Enter")
    expect(page.locator("#pane .card__head").first).to_contain_text("Not Tier 3")
    page.keyboard.press("Escape")
    expect(page.locator("#pane")).to_be_hidden()
    assert page.url.endswith("/tickets/?queue=triage")

    page.goto("/tickets/?queue=answers")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(title).to_be_focused()
    page.keyboard.press("1")
    page.locator("#pane #move-answer").get_by_role("button", name="Send back to Tier 2").press("Enter")
    expect(page.locator("#pane .card__head").first).to_contain_text("Back to Tier 2")

    page.goto("/tickets/?queue=all&state=routed")
    (routed,) = rows.all_inner_texts()
    page.goto("/tickets/?queue=all")
    numbers = rows.all_inner_texts()
    for _ in numbers[: numbers.index(routed) + 1]:
        page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-chosen]")).to_have_text("1 chosen")
    page.keyboard.press("t")
    expect(page.locator("[data-for]")).to_contain_text("Take: 1 ticket done.")
    expect(page.locator("#announce")).to_contain_text("Take: 1 ticket done. Undo")
    expect(rows.filter(has_text=numbers[numbers.index(routed) + 1])).to_be_focused()
    page.keyboard.press("z")
    expect(page.locator("#flash")).to_contain_text("Undone.")
    expect(rows.filter(has_text=routed)).to_be_focused()
    states = portal.value(
        "SELECT group_concat(state) FROM (SELECT state FROM ticket WHERE id <= 5 ORDER BY id)"
    )
    assert sorted(states.split(",")) == ["back_to_tier2", "back_to_tier2", "not_tier3", "on_hold", "routed"]


def test_the_pane_keeps_what_was_typed_and_its_keys_are_about_what_it_shows(
    new_page: NewPage, portal: Portal
) -> None:
    with portal.app.app_context(), transaction():
        db.session.execute(text("UPDATE ticket SET state = 'new' WHERE state IN ('returned', 'routed')"))
    page = new_page("analyst")
    page.goto("/tickets/?queue=new")
    rows = page.locator("#queue [data-hit]")
    first, second, third = rows.all_inner_texts()[:3]
    title = page.locator("#pane .pane__title")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(title).to_have_attribute("data-number", first)
    page.keyboard.press("]")
    expect(title).to_have_attribute("data-number", second)
    page.keyboard.press("h")
    expect(page.locator("#pane #route-team")).to_be_focused()
    page.locator("#pane #move-route").get_by_role("button", name="Hand to team").press("Enter")
    expect(page.locator("#pane .problems")).to_be_focused()
    expect(page.locator("#pane #route-team")).to_be_visible()

    expect(page.locator("#pane #similar-title")).to_be_attached()
    page.context.clear_cookies()
    page.locator("#pane #noted-note").fill("The team knows of it.")
    page.locator("#pane").get_by_role("button", name="Add the note").click()
    expect(page.locator("#pane .pane__said")).to_be_focused()
    expect(page.locator("#pane .pane__said")).to_contain_text("You were signed out.")
    expect(page.locator("#pane #noted-note")).to_have_value("The team knows of it.")
    page.context.add_cookies([portal.open_session("analyst")])
    page.evaluate("document.querySelectorAll('[name=csrf_token]').forEach(one => { one.value = 'old' })")
    page.locator("#pane").get_by_role("button", name="Add the note").click()
    expect(page.locator("#pane")).to_contain_text("What you typed is back in its box")
    page.locator("#pane").get_by_role("button", name="Add the note").click()
    expect(page.locator("#pane .timeline")).to_contain_text("The team knows of it.")
    assert page.locator("h1").count() == 1

    page.keyboard.press("t")
    expect(page.locator("#pane .card__head").first).to_contain_text("Triaging")
    expect(page.locator("#queue")).not_to_contain_text(second)
    assert portal.value(f"SELECT taken_by IS NULL FROM ticket WHERE number = '{first}'")
    page.keyboard.press("j")
    expect(page.locator("#queue [data-hit]", has_text=third)).to_be_focused()
    expect(page.locator("#tabs")).to_contain_text("Mine (1)")

    # whoever has the focus in the list is told of what is new, and sees it when they ask for it
    with portal.app.app_context(), transaction():
        db.session.execute(text(f"UPDATE ticket SET state = 'reopened' WHERE number = '{second}'"))
    page.evaluate("window.news(document.getElementById('queue'))")
    page.get_by_role("button", name="show").click()
    expect(page.locator("#queue [data-hit]", has_text=second)).to_be_focused()
    expect(page.locator("[data-news]")).to_be_empty()


def test_a_critical_ticket_arrives_on_another_page_and_is_taken(new_page: NewPage, portal: Portal) -> None:
    analyst, agent = new_page("analyst"), new_page("agent")
    analyst.clock.install()
    analyst.goto("/articles/sm-when-to-escalate")
    expect(analyst.locator("#critical .critical")).to_have_count(0)
    start(agent, HARM)
    press(agent, "File as Critical")
    number = number_of_ticket(agent)
    expect(agent.locator("main")).to_contain_text("Nobody has taken it yet")

    analyst.clock.fast_forward(20_000)
    line = analyst.locator("#critical .critical")
    expect(line).to_contain_text(f"Critical, nobody has it: {number}")
    expect(analyst.locator("#critical-said")).to_contain_text(number)
    assert analyst.title().startswith("▲ 1 Critical: ")
    line.get_by_role("button", name="Take it").click()
    expect(analyst.locator("main")).to_contain_text("Taken by Tier 3 at")
    expect(line).to_have_count(0)
    agent.get_by_role("link", name="Look again").click()
    expect(agent.locator("main")).to_contain_text("Taken by Tier 3 at")
