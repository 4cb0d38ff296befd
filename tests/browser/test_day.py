"""One whole day of the desk: ten tickets in, every one of them answered, and nobody counts one problem as five.

Four tickets come in by the pages that an agent sees; the others by the services, as they would on a busy day while nobody
looks. The analyst works by keyboard, with one page open from morning to evening.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from portal.accounts import service as accounts
from portal.accounts.actor import Desk
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.knowledge.access import current_snapshot
from portal.tickets import service as tickets
from portal.tickets.lifecycle import Given
from portal.tickets.service import By
from portal.tickets.ticket import Reference
from tests.browser.conftest import Portal
from tests.browser.journeys import (
    HARM,
    file_it,
    fill_facts,
    number_of_ticket,
    press,
    refuse_issues,
    start,
    tick,
)
from tests.browser.test_ticket_life import NewPage, send_move, stands, unfold
from tests.factories import a_basis, make_ticket, make_user
from tests.unit.tickets.test_groups import ONE_DAY
from tests.web.test_tickets_life import in_days

OH = "sm-oracle-health-send-failure"
SPIKE = "Messages spin and are not sent"
SPINS = "sm-messages-spin-and-are-not-sent"
ASKED = "Does it fail in the app too?"
SAID = {
    "critical": "The list of medicines is right again. Please sign out, sign in and look once more.",
    "asked": "The draft is kept now. Please write the message again and save it.",
    "returned": "The attachment can be opened again. Please sign out, sign in and open it once more.",
    OH: "Messages to this facility go out again. Please send yours once more.",
    SPINS: "Messages are sent again. Please sign out, sign in and send yours once more.",
}


def file(portal: Portal, who: str, record: str, **values: object) -> str:
    """A ticket that comes in while nobody of this test looks."""
    with portal.app.app_context():
        filer = accounts.actor_named(f"{who}@example.org")
        return make_ticket(filer, references=(Reference("hrc", record),), **values)


def move(portal: Portal, number: str, name: str, who: str, **given: str) -> None:
    """What somebody does whose page is not shown here."""
    with portal.app.app_context(), transaction():
        actor = accounts.actor_named(f"{who}@example.org")
        version = tickets.get_ticket(number, actor).version
        by = By(actor, version, current_snapshot(), utcnow())
        tickets.move_ticket(number, name, Given(**given), by=by)  # type: ignore[arg-type]


def state(portal: Portal, number: str) -> str:
    return str(portal.value(f"SELECT state FROM ticket WHERE number = '{number}'"))


def take_in_hand(analyst: Page, number: str) -> None:
    """Down the list to this row, and open it beside the list."""
    row = analyst.locator("#queue [data-hit]", has_text=number)
    for _ in range(analyst.locator("#queue [data-hit]").count()):
        analyst.keyboard.press("j")
        if row.evaluate("one => one === document.activeElement"):
            break
    analyst.keyboard.press("Enter")
    expect(analyst.locator("#pane .pane__title")).to_have_attribute("data-number", number)
    expect(analyst.locator("#pane .pane__title")).to_be_focused()


def in_pane(analyst: Page, words: str) -> None:
    expect(analyst.locator("#pane .card__head").first).to_contain_text(words)


def answer_by_keyboard(analyst: Page, key: str, button: str, text: str = "") -> None:
    analyst.keyboard.press(key)
    if text:
        analyst.locator("#pane #answer-caller-text").fill(text)
    analyst.locator("#pane #move-answer").get_by_role("button", name=button).press("Enter")
    in_pane(analyst, "Back to Tier 2")


# --- the day


def ten_come_in(portal: Portal, agent: Page) -> dict[str, list[str]]:
    """Nine of the ten, by what will become of them; the Critical one comes later."""
    start(agent, facility="668")
    refuse_issues(agent)
    fill_facts(agent)
    press(agent, "Continue")
    by_browser = file_it(agent)
    waits = {"basis": a_basis("undecided")}
    same_code = file(
        portal, "esd", "4300002", title="SM - New message fails: SM98 (web, station 687)", error_code="SM98",
        summary="A new message to one Oracle Health facility fails, others are sent.", facilities=("687",),
        ehr="oracle_health", platform="web", **waits,
    )  # fmt: skip
    alike = [
        file(portal, who, f"430001{place}", title=one.title, summary=one.summary, facilities=one.facilities, **waits)
        for place, (who, one) in enumerate(zip(("agent", "esd", "tier2", "agent", "tier2"), ONE_DAY, strict=True))
    ]  # fmt: skip
    returned = file(
        portal, "agent", "4300003", title="SM - Attachment cannot be opened (web)",
        summary="The attachment of a reply shows an empty page in two browsers.",
    )  # fmt: skip
    asked = file(
        portal, "agent", "4300004", title="SM - Draft is gone after leaving the page (web)",
        summary="What was written and saved as a draft is not in the folder of drafts.", **waits,
    )  # fmt: skip
    return {"linked": [by_browser, same_code], "alike": alike, "returned": [returned], "asked": [asked]}


def a_critical_one_is_pushed_and_taken(agent: Page, analyst: Page) -> str:
    """The analyst reads something else, and never loads the page again."""
    expect(analyst.locator("#critical .critical")).to_have_count(0)
    start(agent, HARM)
    press(agent, "File as Critical")
    number = number_of_ticket(agent)
    expect(agent.locator("main")).to_contain_text("Nobody has taken it yet")
    analyst.clock.fast_forward(20_000)
    line = analyst.locator("#critical .critical")
    expect(line).to_contain_text(f"Critical, nobody has it: {number}")
    press(line, "Take it")
    expect(analyst.locator("main")).to_contain_text("Taken by Tier 3 at")
    agent.get_by_role("link", name="Look again").click()
    expect(agent.locator("main")).to_contain_text("Taken by Tier 3 at")
    return number


def two_are_linked_with_one_key_each(analyst: Page, numbers: list[str]) -> None:
    for number in numbers:
        analyst.goto("/tickets/?queue=triage")
        take_in_hand(analyst, number)
        analyst.keyboard.press("l")
        in_pane(analyst, "Linked")
        expect(analyst.locator("#pane")).to_contain_text("Sending to an Oracle Health facility fails (SM98)")


def five_become_one_known_issue(portal: Portal, analyst: Page, agent: Page, alike: list[str]) -> None:
    """The timer notices, the analyst confirms; an agent who has the board open hears of it."""
    alerts = agent.locator("#alerts")
    expect(alerts).not_to_contain_text(SPIKE)
    assert portal.app.test_cli_runner().invoke(args=["tickets", "spikes"]).output.endswith("1 opened.\n")
    analyst.goto("/tickets/?queue=triage")
    analyst.get_by_role("link", name="Possible new problem").click()
    for number in alike:
        expect(analyst.locator(".spike")).to_contain_text(number)
    analyst.get_by_role("link", name="Confirm: make a known issue").click()
    expect(analyst.get_by_role("radio", name="Suspected")).to_be_checked()
    analyst.get_by_label("Title").fill(SPIKE)
    press(analyst, "Publish now")
    expect(analyst.locator("h1")).to_have_text(SPIKE)
    expect(analyst.locator("main")).to_contain_text("5 callers")
    agent.evaluate("htmx.trigger('#alerts', 'poll')")
    expect(alerts).to_contain_text(f"{SPIKE}: 5 today")
    assert {state(portal, number) for number in alike} == {"linked"}


def one_comes_back_from_a_team(portal: Portal, editor: Page, analyst: Page, number: str) -> None:
    """Returned with a reason, triaged again, and this time accepted and answered."""
    editor.goto("/tickets/")
    editor.get_by_role("link", name=number).click()
    unfold(editor, "return")
    editor.locator("#return-return-reason").select_option(label="Lacks facts")
    editor.locator("#return-reason").fill("Which kind of file is it, and how large?")
    send_move(editor, "return", "Return")
    stands(editor, "Returned", "Tier 3 has it")
    analyst.goto("/tickets/?queue=returned")
    take_in_hand(analyst, number)
    expect(analyst.locator("#pane")).to_contain_text("Which kind of file is it, and how large?")
    analyst.keyboard.press("2")
    analyst.locator("#pane #route-reason").fill("A PDF of 2 MB, says the record of the call.")
    analyst.locator("#pane #move-route").get_by_role("button", name="Hand to team").press("Enter")
    in_pane(analyst, "With the team")
    editor.goto(f"/tickets/{number}")
    press(editor, "Accept")
    unfold(editor, "answer-ready")
    editor.locator("#answer-ready-caller-text").fill(SAID["returned"])
    send_move(editor, "answer-ready", "Answer ready")
    stands(editor, "Answer ready", "Tier 3 has it")


def one_is_asked_and_a_colleague_answers(portal: Portal, analyst: Page, evening: Page, number: str) -> None:
    """The question stands on the list of the desk, so it does not wait for whoever filed."""
    analyst.goto("/tickets/?queue=triage")
    take_in_hand(analyst, number)
    analyst.keyboard.press("3")
    analyst.locator("#pane").get_by_label("Your own questions, one a line").fill(f"{ASKED} Yes / No")
    analyst.locator("#pane #ask-follow-up").fill(in_days(2))
    analyst.locator("#pane #move-ask").get_by_role("button", name="Ask through Tier 2").press("Enter")
    in_pane(analyst, "On hold")
    assert number in portal.get("lead", "/desk")[1]
    evening.goto("/")
    evening.get_by_role("link", name="Questions from Tier 3 for this desk (2)").click()
    card = evening.locator(".asked").filter(has_text=number)
    card.locator("summary").click()
    card.get_by_label(ASKED, exact=True).select_option("No")
    press(card, "Send the answers")
    expect(evening.locator("#flash")).to_contain_text(f"{number} goes on")
    analyst.goto("/tickets/?queue=triage")
    take_in_hand(analyst, number)
    expect(analyst.locator("#pane")).to_contain_text(f"{ASKED} No")
    answer_by_keyboard(analyst, "4", "Answer", SAID["asked"])


def both_known_issues_are_fixed(editor: Page) -> None:
    """Once said, for all of their tickets."""
    for issue in (OH, SPINS):
        editor.goto(f"/articles/{issue}/status")
        editor.get_by_label("How does it stand?").select_option(label="Fixed")
        editor.get_by_label("Say", exact=True).fill(SAID[issue])
        press(editor, "Save, live at once")
        expect(editor.locator("main")).to_contain_text("Fixed")


def all_go_back(analyst: Page, critical: str, ready: list[str]) -> None:
    """The last ones at once, each with the words of its own known issue."""
    analyst.goto("/tickets/?queue=mine")
    take_in_hand(analyst, critical)
    answer_by_keyboard(analyst, "4", "Answer", SAID["critical"])
    analyst.goto("/tickets/?queue=answers")
    for number in ready:
        expect(analyst.locator("#queue")).to_contain_text(number)
    take_in_hand(analyst, ready[0])
    answer_by_keyboard(analyst, "1", "Send back to Tier 2")
    analyst.goto("/tickets/?queue=answers")
    tick(analyst, "All 9 of this list")  # with two that were there before
    press(analyst, "Answer…")
    for words in (SAID[OH], SAID[SPINS]):
        expect(analyst.locator("main")).to_contain_text(words)
    press(analyst, "Answer: 9 tickets")
    expect(analyst.locator("[data-for]")).to_contain_text("Answer: 9 tickets done.")


def the_desk_tells_the_caller(agent: Page, number: str, words: str) -> None:
    agent.goto("/tickets/?queue=tell")
    agent.get_by_role("link", name=number).click()
    expect(agent.locator(".say__text")).to_have_text(words)
    unfold(agent, "resolve")
    send_move(agent, "resolve", "Resolved")
    stands(agent, "Resolved", "Nobody has to act")


@pytest.mark.usefixtures("content_kept")
def test_a_whole_day(new_page: NewPage, portal: Portal) -> None:
    with portal.app.app_context():
        make_user(email="evening@example.org", desk=Desk.HRC)
    agent, evening, editor, analyst = (new_page(who) for who in ("agent", "evening", "editor", "analyst"))
    analyst.clock.install()
    analyst.goto("/articles/sm-when-to-escalate")
    evening.goto("/known-issues")

    came = ten_come_in(portal, agent)
    critical = a_critical_one_is_pushed_and_taken(agent, analyst)
    everything = [number for numbers in came.values() for number in numbers] + [critical]
    assert len(set(everything)) == 10
    two_are_linked_with_one_key_each(analyst, came["linked"])
    five_become_one_known_issue(portal, analyst, evening, came["alike"])
    one_comes_back_from_a_team(portal, editor, analyst, came["returned"][0])
    one_is_asked_and_a_colleague_answers(portal, analyst, evening, came["asked"][0])
    both_known_issues_are_fixed(editor)
    all_go_back(analyst, critical, [*came["returned"], *came["linked"], *came["alike"]])
    assert {state(portal, number) for number in everything} == {"back_to_tier2"}

    the_desk_tells_the_caller(agent, came["linked"][0], SAID[OH])
    told = {
        number: portal.value(f"SELECT desk FROM ticket WHERE number = '{number}'") for number in everything
    }
    for number in everything[1:]:
        move(portal, number, "resolve", {"hrc": "evening", "esd": "esd", "tier2": "tier2"}[told[number]])
    assert {state(portal, number) for number in everything} == {"resolved"}
    status, page = portal.get("lead", "/desk")
    assert (status, [number for number in everything if number in page]) == (200, [])
    status, page = portal.get("admin", f"/accounts/audit?object=article:{SPINS}")
    assert (status, "publish known issue" in page) == (200, True)
