"""Every page of the URL map, empty, full and with errors: axe finds nothing, and nothing runs out of a narrow window.

A GET endpoint that no sample and no walk shows fails, so that no page is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AxeResults  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, ViewportSize
from werkzeug.exceptions import MethodNotAllowed

from tests.browser.conftest import AXE_PATH, PATIENCE, Portal, watch
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
    find,
    number_of_ticket,
    press,
    refuse_issues,
    start,
    tick,
)  # fmt: skip

RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "resultTypes": ["violations"],
}
NOT_PAGES = {
    "static", "health.show_health", "health.show_readiness", "health.show_openapi", "search_api.search",
    "tickets_api.show_ticket", "tickets_api.list_tools", "tickets.export_tickets", "tickets.show_critical",
    "tickets.export_found", "tickets.download_file", "knowledge.show_picture",
    "intake.resume", "intake.export_hardest_practice",
    "home.export_work", "home.show_alerts", "accounts.export_audit", "issues.export_reports",
}  # fmt: skip
ELSEWHERE = {"knowledge.show_merge", "knowledge.show_conflict"}  # test_editor.py: they take two people
DESK = ViewportSize(width=683, height=768)
NARROW = (640, 320)  # half a screen at 200 % text, and a phone at 400 %
SHOWN = {"error": ".problems", "empty": ".empty"}
Look = Callable[[], None]
COVERED = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  const mine = top && (one.contains(top) || top.contains(one) || one.labels && [...one.labels].some(l => l.contains(top)));
  return [one.outerHTML.slice(0, 120), !mine && one !== document.body && box.right > 0];
}"""


@dataclass(frozen=True)
class Sample:
    """One state of one page: who looks, and where. `act` brings the page into the state after loading it."""

    endpoint: str
    state: str
    who: str
    path: str
    act: Callable[[Page], None] | None = None


def send(name: str) -> Callable[[Page], None]:
    """Send the form of this button as it stands, past the browser's own checks."""

    def act(page: Page) -> None:
        button = page.locator("main").get_by_role("button", name=name).first
        button.evaluate("button => button.form.noValidate = true")
        button.click()
        page.wait_for_load_state()

    return act


def suggest(page: Page) -> None:
    page.get_by_role("combobox", name="Search").press_sequentially("refill")
    page.get_by_role("option").first.wait_for()


def accept_without_reason(page: Page) -> None:
    page.get_by_label("How does it stand?").select_option("accepted_risk")
    send("Save, live at once")(page)


def open_report(page: Page) -> None:
    page.locator("details.adder summary").first.click()


def answer_here(page: Page) -> None:
    page.locator(".asked details.adder summary").first.click()


def open_folds(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details.fold').forEach(one => { one.open = true; })")


def search_with_personal_data(page: Page) -> None:
    find(page, "SSN 123-45-6789, refill is late")


def open_more(page: Page) -> None:
    page.get_by_text("Where it belongs, who owns it, sources").click()


def leave_out_the_title(page: Page) -> None:
    page.get_by_label("Title").fill("")
    page.locator("#f-title-problem p").wait_for()


def send_rules_in(page: Page) -> None:
    page.locator("#f-text").press("Control+End")
    page.keyboard.type("One more line.")
    page.get_by_label("What changed").fill("One more line")
    press(page, "Send for approval")
    page.get_by_role("heading", name="Drafts and approvals").wait_for()


def name_no_runbook(page: Page) -> None:
    page.locator("label[for=r-then-outcome-resolve]").click()
    page.get_by_label("Runbook", exact=True).fill("no-such")
    page.locator("#r-then-runbook-problem p").wait_for()


def see_what_would_change(page: Page) -> None:
    """The rule behind a filed call goes, so that its case is decided otherwise."""
    text = page.locator("#f-text")
    text.fill(text.input_value().replace("severity: medium", "severity: high"))
    press(page, "What would change")
    page.locator("details.replay summary").first.click()


def decline_without_a_reason(page: Page) -> None:
    page.locator(".work__more summary").first.click()
    page.locator(".work__more").first.get_by_role("button", name="Decline").click()
    page.wait_for_load_state()


def flag_and_comment(page: Page) -> None:
    """Leaves a comment below the article too."""
    path = urlsplit(page.url).path
    for kind in ("A comment for other readers", "I do not understand it"):
        page.goto(path)
        page.get_by_text(kind, exact=True).click()
        page.get_by_label("In your words").fill("Callers call this list the address book.")
        press(page, "Send")
    page.goto("/articles/flags")


def open_rules_sent_in(page: Page) -> None:
    send_rules_in(page)
    page.locator("[data-hit]").click()
    page.get_by_text("Take it back").wait_for()


def look_at_rules_sent_in(page: Page) -> None:
    send_rules_in(page)
    page.goto("/articles/sm-when-to-escalate/edit")


def ask_to_discard(page: Page) -> None:
    page.get_by_label("What changed").fill("Half a thought")
    press(page, "Keep draft and preview")
    page.get_by_role("link", name="Discard the draft").click()


def name_no_successor(page: Page) -> None:
    page.get_by_label("Replaced by").fill("nowhere")
    send("Retire this article")(page)


def ask_about_idleness(page: Page) -> None:
    page.locator("[data-idle]").evaluate("dialog => dialog.showModal()")


def sign_out_elsewhere(page: Page) -> None:
    page.context.clear_cookies()
    press(page, "Save settings")
    page.get_by_label("Password").wait_for()


def open_move(name: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.locator(f"#move-{name} > summary").click()

    return act


def send_move(name: str, button: str) -> Callable[[Page], None]:
    """Open this move and send it as it stands."""

    def act(page: Page) -> None:
        open_move(name)(page)
        page.locator(f"#move-{name}").get_by_role("button", name=button).click()
        page.wait_for_load_state()

    return act


def change_meanwhile(page: Page) -> None:
    """Hand over with the version of a page that is older than the last move."""
    open_move("route")(page)
    page.locator("#route-version").evaluate("field => field.value = '99'")
    page.get_by_label("Team", exact=True).select_option(label="Horizon")
    page.get_by_label("Why this team?").fill("The page of the portal stays empty, so it is theirs")
    page.locator("#move-route").get_by_role("button", name="Hand to team").click()
    page.locator("[data-focus]").wait_for()


def doubt_the_words(page: Page) -> None:
    page.get_by_label("To the caller", exact=True).last.fill("The back end is down. We will call you today.")
    press(page, "Set the words for the caller")
    page.get_by_text("Use this text as it is").wait_for()


def correct_meanwhile(page: Page) -> None:
    page.locator("#correct-version").evaluate("field => field.value = '99'")
    page.get_by_label("What happens?").fill("Other words")
    press(page, "Save the correction")
    page.locator("[data-focus]").wait_for()


def show_places(page: Page) -> None:
    page.get_by_label("Words to take out").fill("the")
    press(page, "Show the places")


def correct_nothing(page: Page) -> None:
    page.get_by_label("What happens?").fill("")
    press(page, "Save the correction")


def assess_without_reason(page: Page) -> None:
    press(page, "Set severity and tool")


def file_a_critical(page: Page) -> None:
    start(page, HARM)
    press(page, "File as Critical")
    page.locator(".receipt").wait_for()
    page.goto("/tickets/?queue=critical")


def open_beside_the_list(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.locator("#queue [data-hit]").first.click()
    page.locator(".pane .pane__title").wait_for()


def choose_two(move: str) -> Callable[[Page], None]:
    """Two tickets of the list, and what is to be done with them."""

    def act(page: Page) -> None:
        for box in page.locator("#queue [name=n]").all()[:2]:
            box.check()
        page.get_by_role("button", name=move).click()
        page.wait_for_load_state()

    return act


def hand_two_over_badly(page: Page) -> None:
    choose_two("Hand to")(page)
    page.get_by_role("button", name="Hand to team").click()
    page.locator(".problems").wait_for()


def take_one_again(page: Page) -> None:
    """Nothing that is in triage already can be taken, so the page says what stayed as it was."""
    choose_two("Take")(page)
    choose_two("Take")(page)


A, E, T = "knowledge.show_article", "knowledge.edit_article", "tickets.show_ticket"
R = "knowledge.edit_table"
SAMPLES = (
    Sample("accounts.show_sign_in", "form", "", "/accounts/sign-in"),
    Sample("accounts.show_sign_in", "error", "", "/accounts/sign-in", send("Sign in")),
    Sample("accounts.show_account", "full", "agent", "/accounts/"),
    Sample("accounts.show_account", "error", "agent", "/accounts/", send("Change password")),
    Sample("accounts.show_account", "signed out", "agent", "/accounts/", sign_out_elsewhere),
    Sample("home.index", "full", "agent", "/"),
    Sample("home.index", "suggestions", "agent", "/", suggest),
    Sample("home.index", "idle", "agent", "/", ask_about_idleness),
    Sample("home.index", "no desk", "admin", "/"),
    Sample("home.show_board", "now", "agent", "/known-issues", open_report),
    Sample("home.show_board", "windows", "agent", "/known-issues?tab=windows"),
    Sample("home.show_board", "by design", "agent", "/known-issues?tab=by_design"),
    Sample("home.show_board", "empty", "agent", "/known-issues?tab=fixed&facility=668&platform=ios"),
    Sample("home.show_my_calls", "empty", "tier2", "/my-calls"),
    Sample("home.look_up", "question", "agent", "/look-up?number=4099870"),
    Sample("home.look_up", "linked", "agent", "/look-up?number=4100244"),
    Sample("home.look_up", "unknown", "agent", "/look-up?number=T3-2020-999999"),
    Sample("home.look_up", "report", "agent", "/look-up?number=R-000001"),
    Sample("home.look_up", "known", "agent", "/look-up?number=4100231"),
    Sample("home.show_brief", "full", "analyst", "/tickets/brief"),
    Sample("home.show_questions", "full", "agent", "/desk/questions", answer_here),
    Sample("home.show_questions", "empty", "esd", "/desk/questions"),
    Sample("tickets.show_answers", "error", "agent", "/tickets/T3-2026-000003/answers", send("Send the answers")),
    Sample(T, "ask error", "analyst", "/tickets/T3-2026-000001", send_move("ask", "Ask through Tier 2")),
    Sample("home.show_desk", "full", "lead", "/desk"),
    Sample("home.show_desk", "day", "lead", "/desk?period=day"),
    Sample("home.show_notices", "empty", "admin", "/notices"),
    Sample("home.show_notices", "full", "agent", "/notices"),
    Sample("home.show_help", "full", "agent", "/help"),
    Sample("home.show_system", "full", "admin", "/admin/system"),
    Sample("accounts.show_audit", "full", "admin", "/accounts/audit"),
    Sample("accounts.show_audit", "empty", "admin", "/accounts/audit?who=nobody-at-all"),
    Sample("home.show_content_problems", "empty", "admin", "/admin/content-problems"),
    Sample("knowledge.list_articles", "all", "agent", "/articles/"),
    Sample("knowledge.list_articles", "empty", "agent", "/articles/?tool=no-such-tool"),
    Sample(A, "runbook", "agent", "/articles/sm-cannot-find-care-team"),
    Sample(A, "known issue", "agent", "/articles/sm-messages-not-available?add=1"),
    Sample(A, "by design", "agent", "/articles/mr-short-date-range"),
    Sample(A, "criteria", "agent", "/articles/sm-when-to-escalate"),
    Sample(A, "release", "agent", "/articles/sm-start-message-flow"),
    Sample(A, "reference", "agent", "/articles/not-ours"),
    Sample(A, "missing", "agent", "/articles/no-such-article"),
    Sample("knowledge.show_history", "full", "agent", "/articles/sm-cannot-find-care-team/history"),
    Sample("knowledge.show_diff", "full", "agent", "/articles/sm-cannot-find-care-team/diff"),
    Sample("knowledge.new_article", "form", "editor", "/articles/new"),
    Sample("knowledge.new_article", "error", "editor", "/articles/new", send("Start writing")),
    Sample(E, "fields", "editor", "/articles/sm-messages-not-available/edit", open_more),
    Sample(E, "raw", "editor", "/articles/sm-cannot-find-care-team/edit?view=raw"),
    Sample(E, "error", "editor", "/articles/sm-cannot-find-care-team/edit", send("Publish")),
    Sample(E, "problems", "editor", "/articles/sm-cannot-find-care-team/edit", leave_out_the_title),
    Sample("issues.new_issue", "full", "analyst", "/articles/known-issue/new?tickets=T3-2026-000005"),
    Sample("issues.new_issue", "error", "analyst", "/articles/known-issue/new", send("Publish now")),
    Sample("knowledge.show_status", "full", "analyst", "/articles/sm-messages-not-available/status"),
    Sample("knowledge.show_status", "error", "editor", "/articles/sm-messages-not-available/status", accept_without_reason),
    Sample("knowledge.show_retire", "full", "editor", "/articles/sm-cannot-find-care-team/retire"),
    Sample("knowledge.show_retire", "error", "editor", "/articles/sm-cannot-find-care-team/retire", name_no_successor),
    Sample("knowledge.ask_discard", "full", "editor", "/articles/sm-cannot-find-care-team/edit", ask_to_discard),
    Sample("home.show_team", "full", "editor", "/team"),
    Sample("home.show_team", "all teams", "admin", "/team?team=medications"),
    Sample("home.show_team", "error", "editor", "/team", decline_without_a_reason),
    Sample("knowledge.new_flag", "form", "agent", "/articles/sm-cannot-find-care-team/flag?at=do"),
    Sample("knowledge.new_flag", "error", "agent", "/articles/sm-cannot-find-care-team/flag", send("Send")),
    Sample("knowledge.list_flags", "empty", "lead", "/articles/flags"),
    Sample("knowledge.list_flags", "full", "esd", "/articles/sm-cannot-find-care-team/flag", flag_and_comment),
    Sample("knowledge.list_conflicts", "nothing, empty", "editor", "/articles/conflicts"),
    Sample("knowledge.list_drafts", "nothing", "editor", "/articles/drafts"),
    Sample("knowledge.list_drafts", "full", "editor", "/articles/sm-when-to-escalate/edit?view=raw", send_rules_in),
    Sample("knowledge.show_waiting", "author", "editor", "/articles/sm-when-to-escalate/edit?view=raw", open_rules_sent_in),
    Sample(R, "full", "editor", "/articles/sm-when-to-escalate/table"),
    Sample(R, "question open", "admin", "/articles/check-in-when-to-escalate/table?open=inputs-0"),
    Sample(R, "rule open, problems", "admin", "/articles/check-in-when-to-escalate/table?open=rules-2", name_no_runbook),
    Sample(R, "example open, tried", "admin", "/articles/check-in-when-to-escalate/table?open=examples-1&t-shows=no_link"),
    Sample("knowledge.show_what_if", "full", "editor", "/articles/sm-when-to-escalate/edit?view=raw", see_what_would_change),
    Sample(E, "in review", "editor", "/articles/sm-when-to-escalate/edit?view=raw", look_at_rules_sent_in),
    Sample("knowledge.check_case", "question", "agent", "/articles/sm-when-to-escalate/check"),
    Sample("knowledge.check_case", "all", "agent", "/articles/sm-when-to-escalate/check?view=all"),
    Sample(
        "knowledge.check_case", "decided", "agent",
        "/articles/sm-when-to-escalate/check?urgent=no&audience=veteran&several=no&platform=web&shows=error&repeats=yes",
    ),
    Sample("knowledge.show_matrix", "full", "agent", "/articles/matrix"),
    Sample("knowledge.list_codes", "full", "agent", "/articles/codes"),
    Sample("knowledge.list_codes", "empty", "agent", "/articles/codes?q=zzzzz"),
    Sample("knowledge.list_facilities", "full", "agent", "/articles/facilities"),
    Sample("knowledge.list_listings", "full", "admin", "/articles/catalogue"),
    Sample("knowledge.list_entries", "full", "admin", "/articles/catalogue/teams"),
    Sample("knowledge.list_entries", "empty", "admin", "/articles/catalogue/teams?q=zzzzz"),
    Sample("knowledge.edit_entry", "rows", "admin", "/articles/catalogue/routes/entry?name=travel-pay"),
    Sample("knowledge.edit_entry", "error", "admin", "/articles/catalogue/tools/entry", send("Publish")),
    Sample("knowledge.show_remove", "used", "admin", "/articles/catalogue/teams/remove?name=mobile"),
    Sample("knowledge.show_remove", "unused", "admin", "/articles/catalogue/synonyms/remove?name=rx"),
    Sample(E, "a file", "admin", "/articles/facilities.yml/edit"),
    Sample("home.show_coverage", "full", "editor", "/articles/coverage"),
    Sample("home.show_coverage", "open", "editor", "/articles/coverage?team=messaging", open_folds),
    Sample("home.show_coverage", "empty", "admin", "/articles/coverage?team=nobody"),
    Sample("knowledge.show_code", "full", "agent", "/articles/code/SM98"),
    Sample("knowledge.show_route", "full", "agent", "/articles/route/uae-appointments"),
    Sample("search.show_results", "full", "agent", "/search/?q=refill+late"),
    Sample("search.show_results", "report", "agent", "/search/?q=messages+not+available", open_report),
    Sample("search.show_results", "masked", "agent", "/", search_with_personal_data),
    Sample("search.show_results", "second page", "agent", "/search/?q=message&page=2"),
    Sample("search.show_results", "corrected", "agent", "/search/?q=perscription"),
    Sample("search.show_results", "no hit, empty", "agent", "/search/?q=zzzzqqq"),
    Sample("search.show_results", "empty", "agent", "/search/"),
    Sample("tickets.list_tickets", "desk", "agent", "/tickets/"),
    Sample("tickets.list_tickets", "team", "editor", "/tickets/"),
    Sample("tickets.list_tickets", "triage", "analyst", "/tickets/"),
    Sample("tickets.list_tickets", "critical", "analyst", "/", file_a_critical),
    Sample("tickets.list_tickets", "beside", "analyst", "/tickets/", open_beside_the_list),
    Sample("tickets.list_tickets", "undo", "analyst", "/tickets/?queue=triage", choose_two("Take")),
    Sample("tickets.show_bulk", "preview", "analyst", "/tickets/?queue=triage", choose_two("Link to")),
    Sample("tickets.show_bulk", "error", "analyst", "/tickets/?queue=triage", hand_two_over_badly),
    Sample("tickets.show_bulk", "some not done", "analyst", "/tickets/?queue=triage", take_one_again),
    Sample("tickets.list_tickets", "returned", "analyst", "/tickets/?queue=returned"),
    Sample("tickets.list_tickets", "on hold", "analyst", "/tickets/?queue=all&state=on_hold"),
    Sample("tickets.list_tickets", "due, empty", "analyst", "/tickets/?queue=due"),
    Sample("tickets.list_tickets", "tell", "agent", "/tickets/?queue=tell"),
    Sample("tickets.list_tickets", "empty", "analyst", "/tickets/?code=ZZ9"),
    Sample("tickets.list_tickets", "unknown", "analyst", "/tickets/?queue=nothing"),
    Sample("tickets.search_tickets", "full", "analyst", "/tickets/search?q=fails"),
    Sample("tickets.search_tickets", "nothing, empty", "agent", "/tickets/search?q=zzzz"),
    Sample("tickets.search_tickets", "form", "agent", "/tickets/search"),
    Sample("tickets.list_spikes", "empty", "analyst", "/tickets/spikes"),
    Sample("tickets.show_similar", "full", "analyst", "/tickets/T3-2026-000001/similar"),
    Sample(T, "agent", "agent", "/tickets/T3-2026-000005"),
    Sample(T, "agent error", "agent", "/tickets/T3-2026-000005", send("Add number")),
    Sample(T, "file error", "agent", "/tickets/T3-2026-000005", send("Add the file")),
    Sample(T, "analyst", "analyst", "/tickets/T3-2026-000001?shape=snow"),
    Sample(T, "analyst error", "analyst", "/tickets/T3-2026-000001", send_move("route", "Hand to team")),
    Sample(T, "hold error", "analyst", "/tickets/T3-2026-000001", send_move("hold", "Put on hold")),
    Sample(T, "answer open", "analyst", "/tickets/T3-2026-000001", open_move("answer")),
    Sample(T, "doubtful words", "analyst", "/tickets/T3-2026-000001", doubt_the_words),
    Sample(T, "answer ready", "analyst", "/tickets/T3-2026-000002", open_move("answer")),
    Sample(T, "on hold", "agent", "/tickets/T3-2026-000003"),
    Sample(T, "looks like", "analyst", "/tickets/T3-2026-000004"),
    Sample(T, "returned, withdraw", "tier2", "/tickets/T3-2026-000004", open_move("withdraw")),
    Sample(T, "linked", "analyst", "/tickets/T3-2026-000006", open_move("unlink")),
    Sample(T, "back", "agent", "/tickets/T3-2026-000007", open_move("resolve")),
    Sample("tickets.show_assess", "full", "analyst", "/tickets/T3-2026-000005/assess"),
    Sample("tickets.show_assess", "error", "analyst", "/tickets/T3-2026-000005/assess", assess_without_reason),
    Sample("tickets.show_correct", "full", "agent", "/tickets/T3-2026-000005/correct"),
    Sample("tickets.show_correct", "error", "agent", "/tickets/T3-2026-000005/correct", correct_nothing),
    Sample("tickets.show_correct", "changed", "agent", "/tickets/T3-2026-000005/correct", correct_meanwhile),
    Sample("tickets.show_redact", "full", "analyst", "/tickets/T3-2026-000005/redact"),
    Sample("tickets.show_redact", "error", "analyst", "/tickets/T3-2026-000005/redact", send("Show the places")),
    Sample("tickets.show_redact", "places", "analyst", "/tickets/T3-2026-000005/redact", show_places),
    Sample(T, "changed", "analyst", "/tickets/T3-2026-000001", change_meanwhile),
    Sample(T, "team", "editor", "/tickets/T3-2026-000005"),
    Sample(T, "accepted", "editor", "/tickets/T3-2026-000005", send("Accept")),
    Sample(T, "missing", "agent", "/tickets/T3-2020-999999"),
    Sample("home.show_system", "not allowed", "agent", "/admin/system"),
    Sample("intake.show_hardest_practice", "empty", "lead", "/intake/practice/hardest"),
    Sample("intake.show_practice", "not allowed", "editor", "/intake/practice"),
    Sample("intake.start", "report error", "agent", "/articles/sm-messages-not-available?add=1", send("Add my caller")),
)  # fmt: skip


# --- calls, looked at on every page on their way


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


def inspect(page: Page, *, goes_on: bool = True) -> None:
    """axe looks at the whole page at once, so that what sticks to an edge of the window covers nothing. `goes_on`: in the
    window of before.
    """
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": DESK["width"], "height": max(height, DESK["height"])})
    page.add_script_tag(url=AXE_PATH)
    found = AxeResults(page.evaluate("rules => axe.run(rules)", RULES))
    assert found.response["violations"] == [], f"{page.url}\n{found.generate_report()}"
    for width in NARROW:
        page.set_viewport_size({"width": width, "height": 360})
        needed = page.evaluate("document.documentElement.scrollWidth")
        assert needed <= width, f"{page.url} is {needed} px wide at {width}"
    if goes_on:
        page.set_viewport_size(DESK)


@pytest.fixture(scope="module")
def window(browser: Browser, running: Portal) -> Iterator[tuple[Page, list[str]]]:
    """One window for all pages, so that styles and scripts are read once and axe is warm; and the troubles in it."""
    context = browser.new_context(base_url=running.url, viewport=DESK, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    trouble: list[str] = []
    page = watch(context.new_page(), trouble)
    page.on("dialog", lambda dialog: dialog.accept())
    yield page, trouble
    context.close()


@pytest.fixture
def open_as(window: tuple[Page, list[str]], portal: Portal) -> Iterator[Callable[[str], Page]]:
    page, trouble = window
    page.set_viewport_size(DESK)

    def change(who: str) -> Page:
        page.context.clear_cookies()
        if who:
            page.context.add_cookies([portal.open_session(who)])
        return page

    yield change
    found, trouble[:] = list(trouble), []
    assert found == []


@pytest.mark.parametrize("walk", WALKS, ids=lambda w: w.__name__)
def test_call_is_accessible_and_reflows_on_its_way(
    walk: Callable[[Page, Look], None], open_as: Callable[[str], Page], portal: Portal
) -> None:
    page, seen = open_as("agent"), set()

    def look() -> None:
        page.wait_for_load_state()
        seen.add(endpoint(portal, page.url))
        inspect(page)

    walk(page, look)
    assert {f"intake.{name}" for name in WALKS[walk]} <= seen


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: f"{s.endpoint}-{s.state}".replace(" ", "-"))
def test_page_is_accessible_and_reflows(sample: Sample, open_as: Callable[[str], Page]) -> None:
    page = open_as(sample.who)
    page.goto(sample.path)
    if sample.act:
        sample.act(page)
    page.wait_for_load_state()
    for word, mark in SHOWN.items():
        assert word not in sample.state or page.locator(mark).is_visible()
    inspect(page, goes_on=False)


@pytest.mark.parametrize("path", ["", "/articles/sm-cannot-find-care-team", "/known-issues", "/"])
def test_what_has_the_focus_is_never_covered(path: str, open_as: Callable[[str], Page]) -> None:
    page = open_as("agent")
    if path:
        page.goto(path)
    else:
        start(page, number="")
        page.wait_for_url("**/known-issues")
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        at, is_covered = page.evaluate(COVERED)
        assert not is_covered, at
        seen.add(at)
    assert len(seen) > 20


SHOWN_INSTEAD = """html => {
    const made = new DOMParser().parseFromString(html, "text/html");
    document.body.className = made.body.className;
    document.body.replaceChildren(...made.body.childNodes);
    const card = document.querySelector(".answer .card").getBoundingClientRect();
    return [document.querySelectorAll(".alert-line").length, card.bottom];
}"""


def test_every_answer_card_ends_above_the_fold(new_page: Callable[..., Page], portal: Portal) -> None:
    """On half a screen, under two alert lines: the main form of a desk. A card that grew needs shorter words.

    Each is drawn in the place of the one before, with its styles; a hundred pages loaded one by one take ten times as long.
    """
    page = new_page("analyst", js=False, width=DESK["width"], height=DESK["height"])
    page.goto("/articles/")
    paths = page.locator("main a[data-hit]").evaluate_all("links => links.map(link => link.pathname)")
    assert len(paths) > 50
    bottoms: dict[str, float] = {}
    for path in paths:
        alerts, bottoms[path] = page.evaluate(SHOWN_INSTEAD, portal.get("analyst", path)[1])
        assert alerts == 2
    assert {path: bottom for path, bottom in bottoms.items() if bottom > DESK["height"]} == {}


def endpoint(portal: Portal, url: str) -> str:
    try:
        return str(portal.app.url_map.bind("").match(urlsplit(url).path, method="GET")[0])
    except MethodNotAllowed:
        return ""


def test_every_page_of_the_url_map_is_looked_at(portal: Portal) -> None:
    covered = {sample.endpoint for sample in SAMPLES} | {
        f"intake.{name}" for walk in WALKS.values() for name in walk
    }
    pages = {rule.endpoint for rule in portal.app.url_map.iter_rules() if "GET" in (rule.methods or set())}
    assert pages - covered == NOT_PAGES | ELSEWHERE
