"""States of pages for axe to look at: who opens which page, and what brings it into the state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Page

from tests.browser.journeys import (
    HARM,
    find,
    press,
    start,
)


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
