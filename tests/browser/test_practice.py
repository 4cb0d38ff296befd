"""Practice calls without script: a round from home to its summary, and the calls that were missed once more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from portal.accounts import service as accounts
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.intake import practice
from portal.intake.models import PracticeAttempt
from portal.knowledge.access import current_snapshot
from tests.browser.conftest import Portal
from tests.browser.inspection import inspect
from tests.browser.journeys import REPEATS, SHOWS, answer, choose, fill_facts, press, refuse_issues, tick

NewPage = Callable[..., Page]


with_and_without_script = pytest.mark.parametrize("js", [False, True], ids=["no-script", "script"])


@with_and_without_script
def test_a_new_agent_practises_a_round(js: bool, new_page: NewPage, portal: Portal) -> None:
    page = new_page("tier2", js=js, width=360)
    page.goto("/")
    page.get_by_role("link", name="Try a practice call").click()
    page.get_by_label("What are the calls about?").select_option(label="Medications")
    tick(page, "5 calls")
    press(page, "Start")
    before = portal.value("SELECT count(*) FROM intake")
    for place in range(1, 6):
        heading = page.get_by_role("heading", level=1)
        expect(heading).to_have_text(f"Practice call {place} of 5")
        expect(page.get_by_role("group", name="How severe is it?")).to_be_hidden()
        choose(page, "What do you do?", "Goes to Tier 3")
        press(page, "Check my answer")
        expect(page.get_by_role("alert")).to_contain_text("Select how severe it is")
        choose(page, "How severe is it?", "Low")
        press(page, "Check my answer")
        expect(heading).to_contain_text(f"ight: practice call {place} of 5")
        expect(page.get_by_role("link", name="Check this case")).to_be_visible()
        page.locator("[data-key=n]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Practice round finished")
    press(page, "Repeat the")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Practice call 1 of")
    assert portal.value("SELECT count(*) FROM intake") == before


def test_a_round_is_answered_with_digits_and_n(new_page: NewPage) -> None:
    page = new_page("agent")
    page.goto("/intake/practice")
    press(page, "Start")
    page.get_by_role("heading", name="Practice call 1 of 5").wait_for()
    page.keyboard.press("4")
    expect(page.get_by_label("Not enough to decide")).to_be_checked()
    page.keyboard.press("Control+Enter")
    page.get_by_role("heading", name="right: practice call 1 of 5").or_(
        page.get_by_role("heading", name="Right: practice call 1 of 5")
    ).wait_for()
    page.keyboard.press("n")
    page.get_by_role("heading", name="Practice call 2 of 5").wait_for()


@with_and_without_script
def test_the_whole_intake_is_practised_and_nothing_is_filed(
    js: bool, new_page: NewPage, portal: Portal
) -> None:
    counts = "SELECT (SELECT count(*) FROM ticket) + (SELECT count(*) FROM report) + (SELECT count(*) FROM evaluation)"
    before = portal.value(counts)
    page = new_page("agent", js=js, width=360)
    page.goto(an_answered_call(portal, "Send does nothing, also in a new session"))
    press(page, "Practise the whole intake")
    banner = page.get_by_text("Practice: nothing will be filed.")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("The call")
    expect(banner).to_be_visible()
    choose(page, "Is any of this true?", "No")
    tick(page, "No message shown")
    press(page, "Continue")
    expect(heading).to_have_text("Known issues")
    expect(banner).to_be_visible()
    refuse_issues(page)
    expect(heading).to_have_text("Questions")
    expect(banner).to_be_visible()
    page.get_by_text("What you find out").click()
    expect(page.get_by_text(f"{SHOWS} Nothing happens")).to_be_visible()
    answer(page, (SHOWS, "Nothing happens"), (REPEATS, "Yes"))
    expect(heading).to_have_text("Facts the team needs")
    fill_facts(page)
    press(page, "Continue")
    expect(heading).to_have_text("Check and file")
    tick(page, "I will add it in wrap-up")
    tick(page, "No person can be recognised")
    press(page, "Finish practice")
    expect(heading).to_have_text("Practice finished")
    expect(page.locator("main")).to_contain_text("You came to: Goes to Tier 3, Medium")
    expect(page.locator("main")).to_contain_text("T3-PRACTICE")
    expect(page.get_by_role("link", name="My calls (0 open)")).to_be_visible()
    assert portal.value(counts) == before


def an_answered_call(portal: Portal, example: str) -> str:
    """The address of a practice call that the agent answered."""
    with portal.app.app_context(), transaction():
        db.session.add(
            PracticeAttempt(
                by=accounts.actor_named("agent@example.org").id, round="mine", place=1, article_id="sm-when-to-escalate",
                example=example, revision="0" * 40, chosen="undecided", outcome="escalate:medium", grade="wrong", at=utcnow(),
            )
        )  # fmt: skip
    return "/intake/practice/mine/1"


def answer_for_many(portal: Portal) -> None:
    """Three people miss four calls of each table, twice."""
    with portal.app.app_context(), transaction():
        for who in ("agent", "esd", "tier2"):
            person = accounts.actor_named(f"{who}@example.org").id
            seen: Counter[str] = Counter()
            for place, call in enumerate(practice.calls_of(current_snapshot())):
                seen[call.article.id] += 1
                for key in ("a", "b") if seen[call.article.id] <= 4 else ():
                    outcome = str(practice.answer_of(call.decision()))
                    grade = ("wrong", "partly", "right")[(place + len(who)) % 3]
                    db.session.add(
                        PracticeAttempt(
                            by=person, round=key, place=place, article_id=call.article.id, example=call.example.name,
                            revision="0" * 40, chosen="undecided", outcome=outcome, grade=grade, at=utcnow(),
                        )
                    )  # fmt: skip


def test_what_is_hardest_for_all_is_accessible_and_reflows(new_page: NewPage, portal: Portal) -> None:
    answer_for_many(portal)
    page = new_page("lead", width=683)
    page.goto("/intake/practice/hardest")
    expect(page.get_by_role("heading", level=2)).not_to_have_count(0)
    page.locator("main summary").first.click()
    inspect(page)
