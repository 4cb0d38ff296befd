"""The way back to the caller: asked without script and answered on the desk's list; words looked at while they are typed."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Portal
from tests.browser.journeys import press
from tests.browser.test_ticket_life import NewPage, open_ticket, send_move, stands, unfold
from tests.web.test_tickets_life import in_days

NUMBER = "T3-2026-000005"  # with the messaging team; the care team is not known


def test_a_question_goes_to_the_desk_and_its_answer_ends_the_hold_without_script(
    new_page: NewPage, portal: Portal
) -> None:
    team = open_ticket(new_page, "editor", NUMBER)
    unfold(team, "ask")
    expect(team.get_by_label("Which care team, as the screen names it?")).to_be_checked()
    team.get_by_label("Your own questions, one a line").fill("Does it fail in the app too? Yes / No")
    team.locator("#ask-follow-up").fill(in_days(2))
    send_move(team, "ask", "Ask through Tier 2")
    stands(team, "On hold", "It waits for the caller, asked through Tier 2")

    agent: Page = new_page("agent", js=False)
    agent.goto("/")
    agent.get_by_role("link", name="Questions from Tier 3 for this desk (2)").click()
    card = agent.locator(".asked").filter(has_text=NUMBER)
    card.locator("summary").click()
    card.get_by_label("Which care team, as the screen names it?", exact=True).fill("Primary care, blue team")
    card.get_by_label("Does it fail in the app too?", exact=True).select_option("No")
    press(card, "Send the answers")
    expect(agent.locator("#flash")).to_contain_text(f"{NUMBER} goes on")
    expect(agent.locator(".asked").filter(has_text=NUMBER)).to_have_count(0)

    team.goto(f"/tickets/{NUMBER}")
    stands(team, "With the team", "The messaging team has it")
    expect(team.locator("main")).to_contain_text("Primary care, blue team")
    expect(team.get_by_role("navigation", name="Main")).to_contain_text("Notices (1)")
    assert portal.value("SELECT count(*) FROM question WHERE answered_at IS NULL AND ticket_id = 5") == 0


def test_words_for_the_caller_are_looked_at_while_typed_and_copied_with_one_key(new_page: NewPage) -> None:
    page = new_page("analyst")
    page.context.grant_permissions(["clipboard-write"])
    page.goto(f"/tickets/{NUMBER}")
    box = page.locator("#words-caller-text")
    box.fill("The API is down. We will call you today.")
    expect(page.locator("#words-caller-text-doubts")).to_contain_text("Callers do not know the word “API”.")
    box.fill("Please sign out, sign in and send it once more.")
    expect(page.locator("#words-caller-text-doubts")).to_be_empty()
    press(page, "Set the words for the caller")
    expect(page.locator(".say__text")).to_contain_text("Please sign out")
    page.keyboard.press("c")
    expect(page.locator("#announce")).to_have_text("Copied.")
