"""The whole life of a ticket without script: filed, triaged, handed over, answered, told to the caller; and two at once."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Portal
from tests.browser.journeys import file_it, fill_facts, press, refuse_issues, start

NewPage = Callable[..., Page]
SAID = "The message can be sent again. Please sign out, sign in and send it once more."


def open_ticket(new_page: NewPage, who: str, number: str) -> Page:
    page = new_page(who, js=False)
    page.goto("/tickets/" if who in ("editor", "agent") else "/tickets/?queue=all")
    page.get_by_role("link", name=number).click()
    return page


def send_move(page: Page, move: str, button: str) -> None:
    """The button of an opened move; its form is a native fold."""
    page.locator(f"#move-{move}").get_by_role("button", name=button).click()


def unfold(page: Page, move: str) -> None:
    page.locator(f"#move-{move} > summary").click()


def stands(page: Page, state: str, ball: str) -> None:
    head = page.locator("main .card__head").first
    expect(head).to_contain_text(state)
    expect(head).to_contain_text(ball)


def test_from_filing_to_resolved_without_script(new_page: NewPage, portal: Portal) -> None:
    agent = new_page("agent", js=False)
    start(agent, facility="668")
    refuse_issues(agent)
    fill_facts(agent)
    press(agent, "Continue")
    number = file_it(agent)

    analyst = open_ticket(new_page, "analyst", number)
    stands(analyst, "In triage", "Tier 3 has it")
    suggestion = analyst.get_by_role("listitem").filter(has_text="Sending to an Oracle Health").first
    expect(suggestion).to_contain_text("not this, said the agent")
    press(suggestion, "Not this")
    expect(analyst.locator("main")).to_contain_text("Not “Sending to an Oracle Health facility fails (SM98)”")
    press(analyst, "Take")
    stands(analyst, "Triaging", "You took it")
    unfold(analyst, "route")
    send_move(analyst, "route", "Hand to team")
    expect(analyst.get_by_role("alert")).to_contain_text("Say why, in 10 to 300 characters")
    analyst.get_by_label("Why this team?").fill("Replies to their new facilities fail with their code.")
    send_move(analyst, "route", "Hand to team")
    stands(analyst, "With the team", "The messaging team has it")

    team = open_ticket(new_page, "editor", number)
    press(team, "Accept")
    stands(team, "Accepted by the team", "The messaging team has it")
    press(team, "Start work")
    stands(team, "In progress", "The messaging team has it")
    unfold(team, "answer-ready")
    team.locator("#answer-ready-caller-text").fill("The API is up again.")
    send_move(team, "answer-ready", "Answer ready")
    expect(team.locator("main")).to_contain_text("Callers do not know the word")
    team.locator("#answer-ready-caller-text").fill(SAID)
    send_move(team, "answer-ready", "Answer ready")
    stands(team, "Answer ready", "Tier 3 has it")

    analyst.goto("/tickets/?queue=answers")
    analyst.get_by_role("link", name=number).click()
    unfold(analyst, "answer")
    expect(analyst.locator("#answer-caller-text")).to_have_value(SAID)
    send_move(analyst, "answer", "Send back to Tier 2")
    stands(analyst, "Back to Tier 2", "The help desk has it, to tell the caller")

    agent.goto("/tickets/?queue=tell")
    agent.get_by_role("link", name=number).click()
    expect(agent.locator(".say__text")).to_contain_text(SAID)
    unfold(agent, "resolve")
    send_move(agent, "resolve", "Resolved")
    stands(agent, "Resolved", "Nobody has to act")
    assert portal.value(f"SELECT state FROM ticket WHERE number = '{number}'") == "resolved"


def test_two_analysts_on_one_ticket(new_page: NewPage) -> None:
    first, second = (open_ticket(new_page, "analyst", "T3-2026-000001") for _ in range(2))
    press(first, "Take")
    stands(first, "Triaging", "You took it")
    unfold(second, "route")
    second.get_by_label("Team", exact=True).select_option(label="Horizon")
    second.get_by_label("Why this team?").fill("The page is theirs, so it goes there.")
    send_move(second, "route", "Hand to team")
    alert = second.get_by_role("alert")
    expect(alert).to_contain_text("Somebody changed this ticket meanwhile.")
    expect(alert).to_contain_text("Last: Taken by a Tier 3 analyst.")
    expect(alert).to_contain_text("The page is theirs, so it goes there.")
    send_move(second, "route", "Hand to team")
    stands(second, "With the team", "The My HealtheVet portal team has it")
