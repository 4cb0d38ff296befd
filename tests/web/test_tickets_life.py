"""The life of a ticket as people meet it: moves with what they need, two on one ticket, words, links, corrections, closing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.accounts.actor import Actor, Desk, Role
from portal.accounts.models import AuditRow
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.core.errors import Conflict, Invalid, NotAllowed
from portal.knowledge.snapshot import Snapshot
from portal.tickets import service
from portal.tickets.lifecycle import Given
from portal.tickets.models import Link, Rejection, Report, Ticket
from portal.tickets.service import By, DoubtfulText, PersonalData
from portal.tickets.ticket import Reference, State
from tests.conftest import Browse
from tests.factories import a_basis, make_report, make_ticket, make_user
from tests.page import Page

SignIn = Callable[..., Actor]
File = Callable[..., str]
ISSUE, OTHER = "sm-oracle-health-send-failure", "sm-messages-not-available"
REASON = "It is their screen."
SAID = "The page works again. Please sign out and sign in once more."


@pytest.fixture
def agent(app: Flask, content: Snapshot) -> Actor:
    with app.app_context():
        return make_user(Role.AGENT, email="filer@example.org")


@pytest.fixture
def file(app: Flask, agent: Actor) -> File:
    def go(**values: Any) -> str:
        with app.app_context():
            return make_ticket(agent, **values)

    return go


@pytest.fixture
def waiting(file: File) -> str:
    """In triage, since no rule decided."""
    return file(basis=a_basis("undecided"), references=(Reference("hrc", "1234567"),))


@pytest.fixture
def move(app: Flask, content: Snapshot) -> Callable[..., None]:
    """`move(number, "take", analyst)`: by the service, on the newest version."""

    def go(number: str, name: str, actor: Actor, *, as_it_is: bool = False, **given: Any) -> None:
        with app.app_context(), transaction():
            version = service.get_ticket(number, actor).version
            by = By(actor, version, content, utcnow())
            service.move_ticket(number, name, Given(**given), by=by, as_it_is=as_it_is)

    return go


@pytest.fixture
def analyst(app: Flask, content: Snapshot) -> Actor:
    with app.app_context():
        return make_user(Role.ANALYST)


@pytest.fixture
def value(app: Flask) -> Callable[[Any], Any]:
    def go(statement: Any) -> Any:
        with app.app_context():
            return db.session.scalar(statement)

    return go


@pytest.fixture
def refusals(app: Flask) -> Callable[[], list[str]]:
    def go() -> list[str]:
        with app.app_context():
            rows = select(AuditRow.what).where(AuditRow.result == "refused").order_by(AuditRow.id)
            return list(db.session.scalars(rows))

    return go


def version_of(page: Page, number: str, move: str) -> str:
    return page.form(f"/tickets/{number}/{move}").fields["version"]


def press(browse: Browse, number: str, move: str, **fields: str) -> Page:
    """Open the ticket and send one of its forms."""
    page = browse.get(f"/tickets/{number}")
    return browse.post(f"/tickets/{number}/{move}", version=version_of(page, number, move), **fields)


def in_days(days: int) -> str:
    return (utcnow() + timedelta(days=days)).date().isoformat()


def test_tier_3_sets_severity_and_tool_anew_and_the_clock_goes_on(
    browse: Browse, sign_in: SignIn, waiting: str, app: Flask, value: Callable[[Any], Any]
) -> None:
    sign_in("agent")
    assert browse.get(f"/tickets/{waiting}/assess").status == 403
    sign_in("analyst")
    page = browse.get(f"/tickets/{waiting}/assess")
    action = f"/tickets/{waiting}/assess"
    sent = {**page.form(action).sent(), "severity": "critical", "tool": "medications"}
    refused = browse.post(action, **{**sent, "reason": "short"})
    assert refused.status == 422
    assert "Say why, in 10 to 300 characters" in refused.words
    assert "Social Security" in browse.post(action, **{**sent, "reason": "Her number is 219-09-9999."}).words
    before = value(select(Ticket.due_at))
    page = browse.post(action, **{**sent, "reason": "The caller has no insulin left."})
    said = "severity medium → critical, tool Secure Messaging → Medications: The caller has no insulin left."
    assert f"Set by a Tier 3 analyst: {said}" in page.words
    assert value(select(Ticket.due_at)) < before
    assert value(select(Ticket.snow_severity)) == "critical"
    assert waiting in browse.get("/tickets/critical").words
    assert browse.post(action, **{**sent, "reason": "The same once more."}).status == 409
    again = browse.get(action).form(action).sent()
    browse.post(action, **{**again, "reason": "Nothing is changed by this."})
    assert browse.get(f"/tickets/{waiting}").words.count("Set by a Tier 3 analyst") == 1


# --- a whole life


def test_from_triage_to_the_caller_and_closed(
    browse: Browse, sign_in: SignIn, waiting: str, app: Flask, value: Callable[[Any], Any], content: Snapshot
) -> None:
    sign_in("analyst")
    assert "Triaging" in press(browse, waiting, "take").words
    press(browse, waiting, "route", team="messaging", reason=REASON)
    sign_in("editor", scope="messaging")
    assert "Accepted by the team" in press(browse, waiting, "accept").words
    assert "In progress" in press(browse, waiting, "start").words
    page = press(browse, waiting, "answer-ready", caller_text=SAID, note="A setting was wrong.")
    assert "Tier 3 has it" in page.words
    sign_in("agent")
    words = browse.get(f"/tickets/{waiting}").words
    assert SAID not in words
    assert "A setting was wrong." not in words
    sign_in("analyst")
    page = browse.get(f"/tickets/{waiting}")
    assert "Note: A setting was wrong." in page.words
    assert page.text.split('id="answer-caller-text"')[1].split("</textarea>")[0].count(SAID) == 1
    page = press(browse, waiting, "answer", caller_text=SAID)
    assert "The help desk has it, to tell the caller" in page.words
    sign_in("agent")
    assert waiting in browse.get("/tickets/?queue=tell").words
    assert SAID in browse.get("/look-up?number=1234567").words
    page = press(browse, waiting, "resolve", note="")
    assert "Nobody has to act" in page.words
    assert waiting not in browse.get("/tickets/?queue=desk").words
    assert waiting in browse.get("/tickets/?queue=desk&state=resolved").words
    with app.app_context(), transaction():
        early = service.close_resolved(days=3, snapshot=content, now=utcnow() + timedelta(days=2))
        late = service.close_resolved(days=3, snapshot=content, now=utcnow() + timedelta(days=4))
    assert (early, late) == ([], [waiting])
    page = press(browse, waiting, "reopen", reason="It began again this morning.")
    assert "Reopened" in page.words
    assert "Closed by the portal after the set number of days." in page.words


def test_the_command_closes_by_the_setting(
    app: Flask, file: File, move: Callable[..., None], analyst: Actor, make_app: Callable[..., Flask]
) -> None:
    number = file(basis=a_basis("undecided"))
    move(number, "answer", analyst, caller_text=SAID)
    move(number, "resolve", analyst)
    waits = app.test_cli_runner().invoke(args=["tickets", "close-resolved"])
    assert waits.output == "0 closed.\n"
    at_once = make_app(close_after_days=0).test_cli_runner().invoke(args=["tickets", "close-resolved"])
    assert at_once.output == f"Closed {number}.\n1 closed.\n"


CARD = {
    "new": "in triage since", "triaging": "in triage, taken by an analyst since", "returned": "returned to triage since",
    "reopened": "reopened, in triage since", "routed": "with the team since", "accepted": "accepted by the team since",
    "in_progress": "in progress since", "answer_ready": "answer ready since", "on_hold": "on hold since",
    "back_to_tier2": "answered, back to Tier 2 since", "linked": "linked to a known issue since",
    "not_tier3": "not for Tier 3 since", "duplicate": "duplicate since", "withdrawn": "withdrawn since",
    "resolved": "resolved since", "closed": "closed since",
}  # fmt: skip


@pytest.mark.parametrize("state", State)
def test_page_queue_and_card_have_words_for_every_state(
    state: State, browse: Browse, sign_in: SignIn, waiting: str, app: Flask
) -> None:
    with app.app_context(), transaction():
        ticket = db.session.get_one(Ticket, 1)
        ticket.state = state
        if state is State.ON_HOLD:
            ticket.hold_reason, ticket.follow_up_at, ticket.held_state = "release", utcnow(), "new"
    for role in ("agent", "analyst"):
        sign_in(role)
        assert CARD[state] in browse.get("/look-up?number=1234567").words
        assert browse.get(f"/tickets/{waiting}").status == 200
        queue = "desk" if role == "agent" else "all"
        assert waiting in browse.get(f"/tickets/?queue={queue}&state={state}").words


# --- hold, return, duplicate, elsewhere


def test_a_hold_needs_a_reason_and_a_day_to_come_and_goes_back_to_where_it_was(
    browse: Browse, sign_in: SignIn, file: File, app: Flask
) -> None:
    number = file(references=(Reference("hrc", "1234567"),))
    sign_in("editor", scope="messaging")
    press(browse, number, "accept")
    page = press(
        browse, number, "hold", hold_reason="caller_via_tier2", follow_up=in_days(-1), note="Which team?"
    )
    assert page.status == 422
    assert "Enter a date after today" in page.words
    assert in_days(-1) in page.text
    assert "Which team?" in page.text
    assert '<details class="move" name="moves" id="move-hold" open>' in page.text
    seen_by_all = {"hold_reason": "caller_via_tier2", "follow_up": in_days(3), "note": "Call 509-555-0143"}
    assert press(browse, number, "hold", **seen_by_all).status == 422
    press(browse, number, "hold", hold_reason="caller_via_tier2", follow_up=in_days(3), note="Which team?")
    page = browse.get(f"/tickets/{number}")
    assert "It waits for the caller, asked through Tier 2" in page.words
    sign_in("agent")
    assert "Ask the caller. Which team?" in browse.get("/look-up?number=1234567").words
    sign_in("analyst")
    assert number not in browse.get("/tickets/?queue=questions").words
    with app.app_context():
        tabs = service.list_tabs(
            make_user(Role.ANALYST, email="a2@example.org"), current(), utcnow() + timedelta(days=4)
        )
    assert {tab.queue: tab.count for tab in tabs if tab.queue in ("questions", "due")} == {
        "questions": 1,
        "due": 0,
    }
    row = browse.client.get("/tickets/tickets.csv?queue=all").get_data(as_text=True)
    assert '"the caller, asked through Tier 2",' in row
    assert "Enter a date after today" in press(browse, number, "postpone", follow_up=in_days(-1)).words
    page = press(browse, number, "postpone", follow_up=in_days(9))
    assert "instead, by a Tier 3 analyst" in page.words
    assert "Which team? ? Open" in page.words
    page = press(browse, number, "resume")
    assert "Accepted by the team" in page.words
    assert "On hold:" not in page.words
    press(browse, number, "hold", hold_reason="release", follow_up=in_days(3))
    page = press(browse, number, "link", known_issue=ISSUE)
    assert "Linked to the known issue and counted there." in page.words
    assert "On hold:" not in page.words


def current() -> Any:
    from portal.knowledge.access import current_snapshot

    return current_snapshot().catalogue


def test_a_returned_ticket_says_why_and_waits_in_its_own_queue(
    browse: Browse, sign_in: SignIn, file: File
) -> None:
    number = file()
    sign_in("editor", scope="messaging")
    page = press(browse, number, "return", return_reason="", reason="Which care team is it?")
    assert "Select the reason" in page.words
    press(browse, number, "return", return_reason="lacks_facts", reason="Which care team is it?")
    sign_in("analyst")
    assert number in browse.get("/tickets/?queue=returned").words
    assert number in browse.get("/tickets/?queue=triage").words
    assert (
        "Returned by the messaging team, lacks facts: Which care team is it?"
        in browse.get(f"/tickets/{number}").words
    )


def test_a_duplicate_names_the_other_ticket_and_the_card_leads_there(
    browse: Browse, sign_in: SignIn, waiting: str, file: File
) -> None:
    other = file(basis=a_basis("undecided"))
    private = file(privacy=True, summary="", details="Seen.")
    sign_in("analyst")
    for wrong in (waiting, "T3-2020-000001", private):
        assert press(browse, waiting, "duplicate", duplicate_of=wrong).status == 422
    press(browse, waiting, "duplicate", duplicate_of=other.lower())
    card = browse.get("/look-up?number=1234567")
    assert f"It goes on as {other}" in card.words
    assert press(browse, other, "duplicate", duplicate_of=waiting).status == 422


def test_not_tier_3_gives_the_words_of_the_place_that_takes_it(
    browse: Browse, sign_in: SignIn, waiting: str, content: Snapshot
) -> None:
    sign_in("analyst")
    page = press(browse, waiting, "not-tier3", route="uae-appointments", reason="It is about an appointment.")
    route = content.catalogue.routes["uae-appointments"]
    assert f"it goes to {route.name}" in page.words
    assert route.say in browse.get("/look-up?number=1234567").words


# --- refused


def test_a_move_that_is_not_in_the_table_is_refused_and_audited(
    browse: Browse, sign_in: SignIn, waiting: str, refusals: Callable[[], list[str]]
) -> None:
    sign_in("analyst")
    browse.get(f"/tickets/{waiting}")
    for name in ("accept", "close", "no-such-move"):
        response = browse.send(f"/tickets/{waiting}/{name}", version="1")
        assert response.status_code == 409
        assert "This ticket is in triage now, so this cannot be done." in response.get_data(as_text=True)
    sign_in("agent")
    browse.get(f"/tickets/{waiting}")
    response = browse.send(f"/tickets/{waiting}/take", version="1")
    assert response.status_code == 403
    assert "Your account may not do this with this ticket." in response.get_data(as_text=True)
    assert refusals() == ["accept ticket", "close ticket", "unknown move ticket", "take ticket"]


def test_nobody_moves_what_they_cannot_see(browse: Browse, sign_in: SignIn, waiting: str) -> None:
    sign_in("agent", email="esd@example.org", desk=Desk.ESD)
    browse.get("/tickets/")
    for name in ("withdraw", "note", "correct", "caller-text", "references"):
        assert browse.send(f"/tickets/{waiting}/{name}", version="1", reason=REASON).status_code == 404


def test_a_privacy_ticket_is_moved_by_cleared_analysts_and_never_linked(
    browse: Browse, sign_in: SignIn, file: File
) -> None:
    number = file(privacy=True, summary="SM98", details="Saw another name.")
    sign_in("analyst")
    browse.get("/tickets/")
    assert browse.send(f"/tickets/{number}/take", version="1").status_code == 404
    sign_in("analyst", email="cleared@example.org", privacy=True)
    page = browse.get(f"/tickets/{number}")
    assert "Looks like" not in page.words
    assert browse.send(f"/tickets/{number}/link", version="1", known_issue=ISSUE).status_code == 403
    assert browse.send(f"/tickets/{number}/not-this", known_issue=ISSUE).status_code == 403
    assert "Triaging" in press(browse, number, "take").words
    assert "On hold" in press(browse, number, "hold", hold_reason="access", follow_up=in_days(2)).words


# --- two on one ticket


def test_two_analysts_the_second_sees_both_versions_and_overwrites_nothing(
    browse: Browse, sign_in: SignIn, waiting: str, move: Callable[..., None], analyst: Actor
) -> None:
    sign_in("analyst", email="second@example.org")
    seen = version_of(browse.get(f"/tickets/{waiting}"), waiting, "hold")
    move(waiting, "route", analyst, team="medications", reason="The list of medicines fails.")
    response = browse.send(
        f"/tickets/{waiting}/hold",
        version=seen,
        hold_reason="release",
        follow_up=in_days(5),
        note="The next one.",
    )
    assert response.status_code == 409
    page = Page(response.get_data(as_text=True), 409)
    page.check()
    assert "Somebody changed this ticket meanwhile." in page.words
    assert "Last: Handed to the Medications" in page.words
    assert "A release" in page.words
    assert in_days(5) in page.words
    assert page.text.split('id="hold-note"')[1].split("</textarea>")[0].endswith("The next one.")
    assert "With the team" in page.words
    again = browse.post(
        f"/tickets/{waiting}/hold", version=version_of(page, waiting, "hold"), hold_reason="release",
        follow_up=in_days(5),
    )  # fmt: skip
    assert "On hold" in again.words


def test_two_texts_for_the_caller_are_both_shown(
    browse: Browse, sign_in: SignIn, waiting: str, app: Flask, analyst: Actor, content: Snapshot
) -> None:
    sign_in("analyst", email="second@example.org")
    seen = version_of(browse.get(f"/tickets/{waiting}"), waiting, "caller-text")
    with app.app_context(), transaction():
        service.set_caller_text(waiting, "We found the cause.", by=By(analyst, int(seen), content, utcnow()))
    response = browse.send(f"/tickets/{waiting}/caller-text", version=seen, caller_text="It is mended now.")
    assert response.status_code == 409
    text = response.get_data(as_text=True)
    assert "We found the cause." in text
    assert "It is mended now." in text
    assert "We found the cause." in browse.get("/look-up?number=1234567").words


# --- words


def test_words_for_the_caller_are_checked_and_doubts_can_be_overruled(
    browse: Browse, sign_in: SignIn, waiting: str
) -> None:
    sign_in("analyst")
    doubtful = "The back end was restarted. We will call you within two hours."
    page = press(browse, waiting, "caller-text", caller_text=doubtful)
    assert page.status == 422
    assert "Callers do not know the word “back end”." in page.words
    assert "Promises a time" in page.words
    assert doubtful in page.text
    assert "Use this text as it is" in page.words
    assert doubtful not in browse.get("/look-up?number=1234567").words
    page = press(browse, waiting, "caller-text", caller_text=doubtful, as_it_is="y")
    assert "The words for the caller are set." in page.words
    assert doubtful in browse.get("/look-up?number=1234567").words


def test_a_text_that_is_hard_to_read_is_a_warning(
    app: Flask, waiting: str, analyst: Actor, content: Snapshot
) -> None:
    hard = (
        "Notwithstanding considerable organizational preparation, the comprehensive administrative reconfiguration "
        "necessitates supplementary verification activities immediately preceding authorization of individual "
        "correspondence, communication or documentation."
    )
    with app.app_context():
        by = By(analyst, 1, content, utcnow())
        with pytest.raises(DoubtfulText, match="Look at the text") as found, transaction():
            service.set_caller_text(waiting, hard, by=by)
        assert "reads like school grade" in found.value.fields["caller_text"].lower()
        with transaction():
            service.set_caller_text(waiting, hard, by=by, as_it_is=True)
        assert service.get_ticket(waiting, analyst).caller_text == hard


def test_personal_data_in_words_for_the_caller_is_refused_whatever_is_ticked(
    browse: Browse, sign_in: SignIn, waiting: str
) -> None:
    sign_in("analyst")
    page = press(browse, waiting, "answer", caller_text="Please call 509-555-0143 about it.", as_it_is="y")
    assert page.status == 422
    assert "In triage" in page.words
    assert '<details class="move" name="moves" id="move-answer" open>' in page.text


def test_notes_of_tier_3_stay_inside_and_those_of_the_desk_are_seen_by_all(
    browse: Browse, sign_in: SignIn, waiting: str
) -> None:
    sign_in("analyst")
    browse.get(f"/tickets/{waiting}")
    browse.post(f"/tickets/{waiting}/note", note="Looks like the old fault of spring.")
    sign_in("agent")
    assert "old fault of spring" not in browse.get(f"/tickets/{waiting}").text
    assert "Internal note" not in browse.get(f"/tickets/{waiting}").words
    for _ in range(2):  # a double click is one note
        page = browse.post(f"/tickets/{waiting}/note", note="The caller tried a second phone.")
    assert page.words.count("Note by HRC help desk (Tier 1): The caller tried a second phone.") == 1
    assert browse.post(f"/tickets/{waiting}/note", note="  ").status == 422
    assert browse.send(f"/tickets/{waiting}/caller-text", version="1", caller_text=SAID).status_code == 403
    sign_in("analyst")
    page = browse.get(f"/tickets/{waiting}")
    assert "old fault of spring" in page.words
    assert "second phone" in page.words


# --- the desk


def test_the_words_for_the_caller_come_first_while_they_are_to_be_told(
    browse: Browse, sign_in: SignIn, waiting: str
) -> None:
    sign_in("analyst")
    assert "SM - " not in browse.get("/tickets/?queue=new").text.split("<tbody>")[1]
    page = press(browse, waiting, "answer", caller_text=SAID)
    assert page.words.index("Tell the caller") < page.words.index(SAID) < page.words.index("Facts")
    press(browse, waiting, "resolve")
    page = browse.get(f"/tickets/{waiting}")
    assert page.words.index("Facts") < page.words.index(SAID)


def test_a_note_with_personal_data_is_refused_and_its_masked_text_is_one_click_away(
    browse: Browse, sign_in: SignIn, waiting: str
) -> None:
    sign_in("analyst")
    typed = "Caller gave SSN 123-45-6789,\nphone 509-555-1234. Call 877-327-0022 is ours."
    browse.get(f"/tickets/{waiting}")
    page = browse.post(f"/tickets/{waiting}/note", note=typed)
    assert page.status == 422
    assert "looks like a Social Security number: take it out, or use the masked text" in page.words
    masked = "Caller gave SSN [number],\nphone [phone]. Call 877-327-0022 is ours."
    sent = page.form(f"/tickets/{waiting}/note").sent()
    assert sent["note"] == typed
    assert sent["masked-note"] == masked
    mended = browse.post(f"/tickets/{waiting}/note", **{**sent, "note": "Nothing of it.", "masked": "note"})
    assert "Nothing of it." in mended.text.split('class="timeline"')[1]
    page = browse.post(f"/tickets/{waiting}/note", **sent, masked="note")
    assert "The note stands in the timeline." in page.words
    assert "phone [phone]. Call 877-327-0022" in page.text.split('class="timeline"')[1]
    assert "123-45-6789" not in page.text
    page = press(browse, waiting, "route", team="messaging", reason="She is at 509-555-1234.")
    sent = page.form(f"/tickets/{waiting}/route").sent()
    assert sent["masked-reason"] == "She is at [phone]."
    assert "Handed to the" in browse.post(f"/tickets/{waiting}/route", **sent, masked="reason").words


def test_the_desk_corrects_its_ticket_until_a_team_accepts(
    browse: Browse, sign_in: SignIn, file: File, app: Flask
) -> None:
    number = file(error_code="SM98", details="Old.")
    sign_in("agent")
    page = browse.get(f"/tickets/{number}/correct")
    form = {
        name: page.form(f"/tickets/{number}/correct").fields[name]
        for name in ("version", "title", "error_code")
    }
    texts = {"summary": "Only replies fail.", "alert_words": "", "details": "Old."}
    refused = browse.post(f"/tickets/{number}/correct", **form, **{**texts, "summary": "Call 509-555-0143"})
    assert refused.status == 422
    assert "Call 509-555-0143" in refused.text
    assert browse.post(f"/tickets/{number}/correct", **{**form, "title": ""}, **texts).status == 422
    done = browse.post(f"/tickets/{number}/correct", **{**form, "error_code": ""}, **texts)
    assert "Only replies fail." in done.words
    assert "Corrected by HRC help desk (Tier 1): what happens, code." in done.words
    stale = browse.send(f"/tickets/{number}/correct", **form, **{**texts, "summary": "Other words."})
    assert stale.status_code == 409
    text = stale.get_data(as_text=True)
    assert "Now on the ticket:" in text
    assert "Only replies fail." in text
    assert "Other words." in text
    sign_in("editor", scope="messaging")
    press(browse, number, "accept")
    sign_in("agent")
    assert "You can correct it" not in browse.get(f"/tickets/{number}/correct").words
    late = browse.send(f"/tickets/{number}/correct", version="3", title="T", **texts)
    assert late.status_code == 409


def test_the_desk_adds_what_the_caller_could_not_say_before(
    browse: Browse, sign_in: SignIn, file: File, app: Flask, agent: Actor
) -> None:
    number = file(not_known=("care_team", "works_on_web", "alert_words", "record_date"), alert_words="")
    sign_in("agent")
    page = browse.get(f"/tickets/{number}/correct")
    fields = page.form(f"/tickets/{number}/correct").fields
    form = {
        "version": fields["version"],
        "title": fields["title"],
        "summary": "The reply is not sent.",
        "details": "",
    }
    given = {
        **form,
        "error_code": "",
        "alert_words": "Not sent",
        "fact_works_on_web": "maybe",
        "fact_care_team": "Blue",
    }
    refused = browse.post(f"/tickets/{number}/correct", **given)
    assert refused.status == 422
    assert "Select one of the answers" in refused.words
    hidden = browse.post(
        f"/tickets/{number}/correct",
        **{**given, "fact_works_on_web": "", "fact_care_team": "Call 509-555-0143"},
    )
    assert hidden.status == 422
    done = browse.post(f"/tickets/{number}/correct", **{**given, "fact_works_on_web": "no"})
    assert "Facts added: Which care team, as the screen names it?" in done.words
    with app.app_context():
        ticket = service.get_ticket(number, agent)
        assert ticket.facts == {"care_team": "Blue", "works_on_web": "no"}
        assert ticket.not_known == ["record_date"]


def test_an_analyst_does_not_correct_the_words_of_a_desk(
    app: Flask, waiting: str, analyst: Actor, content: Snapshot
) -> None:
    texts = {"title": "T", "summary": "S", "alert_words": "", "error_code": "", "details": ""}
    with app.app_context(), pytest.raises(Conflict), transaction():
        service.correct_ticket(waiting, texts, {}, by=By(analyst, 1, content, utcnow()))


def test_the_desk_takes_its_ticket_back_with_a_reason(browse: Browse, sign_in: SignIn, file: File) -> None:
    number = file()
    sign_in("agent")
    assert press(browse, number, "withdraw", reason="no").status == 422
    page = press(browse, number, "withdraw", reason="The caller found the setting.")
    assert "Nobody has it: the desk took it back" in page.words
    assert "Withdrawn by HRC help desk (Tier 1): The caller found the setting." in page.words
    sign_in("editor", scope="messaging")
    assert number not in browse.get("/tickets/").words


# --- known issues


def test_a_ticket_in_triage_shows_what_it_looks_like_and_why(
    browse: Browse, sign_in: SignIn, file: File, value: Callable[[Any], Any]
) -> None:
    number = file(
        basis=a_basis("undecided"), error_code="SM98", facilities=("668",), refused=(ISSUE,), shown=(ISSUE,),
        references=(Reference("hrc", "1234567"),),
    )  # fmt: skip
    sign_in("agent")
    assert "Looks like" not in browse.get(f"/tickets/{number}").words
    sign_in("analyst")
    page = browse.get(f"/tickets/{number}")
    assert "Looks like Sending to an Oracle Health facility fails (SM98)" in page.words
    assert "code SM98" in page.words
    assert "not this, said the agent" in page.words
    page = press(browse, number, "link", known_issue=ISSUE, note="code SM98")
    assert "It follows its known issue" in page.words
    assert "Messages to this one facility are not going through right now." in page.words
    card = browse.get("/look-up?number=1234567")
    assert "Messages to this one facility are not going through right now." in card.words
    assert "R-000001" not in card.words
    assert "1 caller" in browse.get(f"/articles/{ISSUE}").words


def test_not_this_is_remembered_and_linking_by_hand_takes_it_back(
    browse: Browse, sign_in: SignIn, file: File, value: Callable[[Any], Any]
) -> None:
    number = file(basis=a_basis("undecided"), error_code="SM98", facilities=("668",), known_issue_id=ISSUE)
    sign_in("analyst")
    page = browse.get(f"/tickets/{number}")
    assert "Recognised: the agent recognised it in the call" in page.words
    for _ in range(2):
        page = browse.post(f"/tickets/{number}/not-this", known_issue=ISSUE)
    assert "Looks like Sending" not in page.words
    assert page.words.count("Not “Sending to an Oracle Health facility fails (SM98)”") == 1
    assert value(select(func.count()).select_from(Link)) == 0
    assert value(select(Rejection.known_issue_id)) == ISSUE
    assert browse.send(f"/tickets/{number}/not-this", known_issue="nothing").status_code == 422
    press(browse, number, "link", known_issue=ISSUE)
    assert value(select(func.count()).select_from(Rejection)) == 0
    assert value(select(Ticket.state)) == "linked"


def test_unlinking_needs_a_reason_and_takes_the_caller_out_of_the_count(
    browse: Browse, sign_in: SignIn, waiting: str, value: Callable[[Any], Any], app: Flask
) -> None:
    sign_in("analyst")
    press(browse, waiting, "link", known_issue=ISSUE)
    assert value(select(func.count()).select_from(Report)) == 1
    with app.app_context():
        assert service.several_people([ISSUE], None, None, utcnow()) == 1
    assert press(browse, waiting, "unlink", reason="").status == 422
    page = press(browse, waiting, "unlink", reason="The code is another one.")
    assert "Triaging" in page.words
    assert value(select(func.count()).select_from(Report)) == 0
    assert value(select(Ticket.known_issue_id)) is None
    assert value(select(Rejection.known_issue_id)) == ISSUE
    assert "1 caller" not in browse.get(f"/articles/{ISSUE}").words


def test_only_faults_that_callers_are_counted_for_can_be_linked(
    app: Flask, waiting: str, analyst: Actor, content: Snapshot, move: Callable[..., None]
) -> None:
    by_design = next(
        a.id for a in content.articles.values() if a.known_issue and a.known_issue.nature == "by_design"
    )
    for wrong in (by_design, "sm-when-to-escalate", "nothing"):
        with pytest.raises(Invalid) as found:
            move(waiting, "link", analyst, known_issue=wrong)
        assert list(found.value.fields) == ["known_issue"]


def test_a_record_counts_once_whether_reported_or_linked_first(
    app: Flask, file: File, move: Callable[..., None], analyst: Actor, agent: Actor, value: Callable[[Any], Any],
    content: Snapshot,
) -> None:  # fmt: skip
    one, two = Reference("hrc", "1111111"), Reference("hrc", "2222222")
    count = select(func.count()).select_from(Report).where(Report.known_issue_id == ISSUE)
    with app.app_context():
        reported = make_report(agent, ISSUE, reference=one)
    first = file(basis=a_basis("undecided"), references=(one,))
    move(first, "link", analyst, known_issue=ISSUE)
    assert value(count) == 1
    second = file(basis=a_basis("undecided"), references=(Reference("snow", "INC0000022"), two))
    move(second, "link", analyst, known_issue=ISSUE)
    assert value(count) == 2
    with app.app_context():
        assert make_report(agent, ISSUE, reference=two) == "R-000002"
        assert make_report(agent, ISSUE, reference=Reference("snow", "INC0000022")) == "R-000002"
    move(first, "unlink", analyst, reason="It is another fault.")
    assert value(count) == 2
    assert value(select(Report.number).where(Report.external_ref == "1111111")) == reported


def test_a_number_that_comes_later_does_not_count_a_linked_ticket_twice(
    app: Flask, file: File, move: Callable[..., None], analyst: Actor, agent: Actor, value: Callable[[Any], Any],
    content: Snapshot,
) -> None:  # fmt: skip
    with app.app_context():
        make_report(agent, ISSUE, reference=Reference("hrc", "1111111"))
    number = file(basis=a_basis("undecided"))
    move(number, "link", analyst, known_issue=ISSUE)
    count = select(func.count()).select_from(Report)
    assert value(count) == 2
    with app.app_context(), transaction():
        service.add_reference(
            number, Reference("hrc", "1111111"), actor=agent, catalogue=content.catalogue, now=utcnow()
        )
    assert value(count) == 1


@pytest.mark.parametrize("role", ["agent", "editor", "desk_lead"])
def test_only_analysts_say_not_this(browse: Browse, sign_in: SignIn, waiting: str, role: str) -> None:
    sign_in(role, **({"scope": "messaging"} if role == "editor" else {}))
    browse.get(f"/tickets/{waiting}")
    assert browse.send(f"/tickets/{waiting}/not-this", known_issue=ISSUE).status_code == 403


def test_services_refuse_whoever_has_no_part_in_the_ticket(
    app: Flask, waiting: str, content: Snapshot
) -> None:
    with app.app_context():
        other = make_user(Role.EDITOR, email="rx@example.org", scope="medications")
        own = make_user(Role.EDITOR, email="sm@example.org", scope="messaging")
        with pytest.raises(service.TicketNotFound):
            service.add_note(waiting, "Words.", by=By(other, 1, content, utcnow()))
        with pytest.raises(NotAllowed), transaction():
            service.refuse_known_issue(waiting, OTHER, by=By(own, 1, content, utcnow()))
        with pytest.raises(PersonalData), transaction():
            service.set_caller_text(
                waiting, "Mail vet@example.org about it.", by=By(own, 1, content, utcnow())
            )
