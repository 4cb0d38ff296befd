"""One call from its first words to a filed ticket: guided, compact, refused, sent twice, signed out in the middle."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.accounts import service as accounts
from portal.accounts.actor import Actor, Desk
from portal.core.db import db, transaction
from portal.intake.models import Intake
from portal.knowledge.models import Evaluation
from portal.knowledge.snapshot import Snapshot
from portal.tickets.models import Ticket
from tests.conftest import Browse
from tests.page import Page

SignIn = Callable[..., Actor]
CALL = {
    "urgent": "no",
    "text": "Reply to the care team fails every time",
    "alert_words": "SM99 Something went wrong",
    "tool": "secure-messaging",
    "audience": "veteran",
    "platform": "web",
    "facilities": "541",
    "external_ref": "HRC record 4211888",
}
FACTS = {
    "occurred_at": "now",
    "occurred_at-zone": "America/New_York",
    "device": "windows",
    "browser": "edge",
    "browser-version": "141",
    "care_team": "Primary care, blue team",
    "other_teams": "yes",
    "attachment": "no",
    "steps": "Open the conversation, select Reply, write the text and select Send.",
    "expected": "The reply is sent.",
    "tried": "Signed out and in.",
}
CHECK = {
    "title": "SM - Reply fails: SM99 (web, station 541)",
    "words": "Reply to the care team fails every time",
    "severity": "medium",
    "external_ref": "4211888",
    "nobody": "y",
    "action": "file",
}


@pytest.fixture(autouse=True)
def agent(content: Snapshot, sign_in: SignIn) -> Actor:
    return sign_in("agent")


def start(browse: Browse, **changes: Any) -> Page:
    """Page 1 filled in and sent."""
    page = browse.get("/intake")
    return browse.post("/intake", key=page.form("/intake").fields["key"], **{**CALL, **changes})


def here(browse: Browse) -> str:
    """The page the browser shows, without the number of the intake."""
    return re.sub(r"^/intake/I-\d+/", "", browse.url)


def number(browse: Browse) -> str:
    found = re.match(r"/intake/(I-\d+)", browse.url)
    assert found
    return found[1]


def none_of_these(browse: Browse, page: Page) -> Page:
    """Where known issues are shown; the page is left out when none fits."""
    if here(browse) != "known-issues":
        return page
    shown = re.findall(r'name="shown" value="([^"]+)"', page.text)
    return browse.post(browse.url, shown=shown)


def to_facts(browse: Browse, **changes: Any) -> Page:
    none_of_these(browse, start(browse, **changes))
    return browse.post(browse.url, asked="repeats", **{"answer-repeats": "yes"})


def to_check(browse: Browse, **changes: Any) -> Page:
    to_facts(browse, **changes)
    return browse.post(browse.url, **FACTS)


def intakes(app: Flask) -> list[Intake]:
    with app.app_context():
        return list(db.session.scalars(select(Intake).order_by(Intake.id)))


def tickets(app: Flask) -> list[Ticket]:
    with app.app_context():
        return list(db.session.scalars(select(Ticket).order_by(Ticket.id)))


def test_a_call_with_a_known_code_is_filed_on_the_sixth_page(app: Flask, browse: Browse) -> None:
    pages = []
    page = browse.get("/intake?code=SM99")
    pages.append(here(browse))
    page = browse.post("/intake", key=page.form("/intake").fields["key"], **CALL)
    pages.append(here(browse))
    none_of_these(browse, page)
    pages.append(here(browse))
    browse.post(browse.url, asked="repeats", **{"answer-repeats": "yes"})
    pages.append(here(browse))
    browse.post(browse.url, **FACTS)
    pages.append(here(browse))
    end = browse.post(browse.url, **CHECK)
    pages.append(here(browse))
    assert [p.partition("?")[0] for p in pages] == [
        "/intake",
        "known-issues",
        "questions",
        "facts",
        "check",
        "end",
    ]
    [ticket] = tickets(app)
    assert (ticket.team, ticket.state, ticket.severity) == ("messaging", "routed", "medium")
    assert ticket.error_code == "SM99"
    assert ticket.facts["browser"] == "Edge 141"
    assert "With the messaging team, in the queue “Messaging”." in end.words
    assert f"Escalated to MHV Tier 3: {ticket.number}, Secure Messaging, severity Medium." in end.words


def test_the_decision_is_kept_with_its_answers_and_revision(
    app: Flask, browse: Browse, content: Snapshot
) -> None:
    to_check(browse)
    browse.post(browse.url, **CHECK)
    with app.app_context():
        evaluation = db.session.scalar(select(Evaluation))
        assert evaluation is not None
        assert (evaluation.outcome, evaluation.rule, evaluation.revision) == (
            "escalate",
            "fault-repeats",
            content.revision,
        )
        assert evaluation.answers["repeats"] == "yes"
        assert evaluation.answers["shows"] == "error"


def test_what_was_typed_is_dropped_when_the_ticket_stands(app: Flask, browse: Browse) -> None:
    to_check(browse)
    browse.post(browse.url, **CHECK)
    [intake] = intakes(app)
    assert (intake.text, intake.alert_words, intake.facts, intake.draft, intake.check) == ("", "", {}, {}, {})


def test_page_1_names_every_field_that_is_missing(browse: Browse) -> None:
    page = browse.get("/intake")
    refused = browse.post("/intake", key=page.form("/intake").fields["key"], text="short")
    assert refused.status == 422
    for message in (
        "Select whether any of this is true",
        "Enter what happens, in one or two sentences (10 characters or more)",
        "Enter the words on the screen, or tick that there were none",
        'Select the tool, or "Not sure"',
        "Select who has the problem",
        'Select where it happens, or "Not sure"',
    ):
        assert message in refused.words
    assert "short" in refused.text


def test_a_catalogue_task_is_refused_with_advice(browse: Browse) -> None:
    refused = start(browse, external_ref="SCTASK0123456")
    assert refused.status == 422
    assert "SCTASK numbers are catalogue tasks" in refused.words


def test_a_deep_link_prefills_and_says_why(browse: Browse) -> None:
    page = browse.get("/intake?code=SM130&article=sm-old-conversation")
    assert 'value="secure-messaging" selected' in page.text
    assert "Chosen from code SM130." in page.words


def test_words_from_the_box_prefill_page_1_and_store_nothing(app: Flask, browse: Browse) -> None:
    browse.get("/")
    page = browse.post("/intake", q="cant message my doctor, call 555-201-3344")
    assert "cant message my doctor, call [phone]" in page.text
    assert "Personal data in what you typed was masked" in page.words
    assert 'value="secure-messaging" selected' in page.text
    assert intakes(app) == []


def test_the_known_issue_page_cannot_be_skipped(browse: Browse) -> None:
    start(browse)
    for step in ("questions", "facts", "check", "runbook", "elsewhere", "end"):
        browse.get(f"/intake/{number(browse)}/{step}")
        assert here(browse) == "known-issues"


def test_a_refused_known_issue_is_kept_on_the_ticket_which_waits_in_triage(
    app: Flask, browse: Browse
) -> None:
    page = start(browse, alert_words="SM98 again", facilities="668")
    assert "Sending to an Oracle Health facility fails (SM98)" in page.words
    assert "Why it matches:" in page.words
    none_of_these(browse, page)
    browse.post(browse.url, asked="repeats", **{"answer-repeats": "yes"})
    browse.post(browse.url, **FACTS)
    check = browse.get(browse.url)
    assert "Not this Sending to an Oracle Health facility fails (SM98)" in check.words
    browse.post(browse.url, **CHECK)
    [ticket] = tickets(app)
    assert "sm-oracle-health-send-failure" in ticket.refused
    assert (ticket.team, ticket.state) == ("messaging", "new")


def test_a_known_issue_that_appeared_since_is_shown_once_before_filing(app: Flask, browse: Browse) -> None:
    start(browse, alert_words="SM98 again", facilities="668")
    browse.post(browse.url)  # nothing was shown then
    browse.post(browse.url, asked="repeats", **{"answer-repeats": "yes"})
    browse.post(browse.url, **FACTS)
    page = browse.get(browse.url)
    assert "Appeared meanwhile: Sending to an Oracle Health facility fails (SM98)" in page.words
    refused = browse.post(browse.url, **CHECK)
    assert refused.status == 422
    assert "look at it once, then file" in refused.words
    seen = re.findall(r'name="seen" value="([^"]+)"', refused.text)
    browse.post(browse.url, seen=seen, **CHECK)
    [ticket] = tickets(app)
    assert ticket.refused == ["sm-oracle-health-send-failure"]


def test_known_issues_are_left_out_where_none_fits_and_the_receipt_says_so(
    app: Flask, browse: Browse
) -> None:
    odd = "The second window says otherwise"
    page = start(browse, text=odd, alert_words="SM99")
    assert here(browse) == "questions"
    assert "Known issues" in page.words  # its place in the line of steps stays
    known = f"/intake/{number(browse)}/known-issues"
    assert "No known issue fits" in browse.get(known).words
    browse.post(f"/intake/{number(browse)}/questions", asked="repeats", **{"answer-repeats": "yes"})
    page = browse.post(browse.url, rest="y", **FACTS)
    assert "No known issue fitted today" in page.words
    page = browse.post(browse.url, **CHECK)
    assert "Known issues checked: none fitted." in page.words
    assert len(tickets(app)) == 1


def test_did_not_help_comes_back_to_the_rules_with_the_runbook_followed(app: Flask, browse: Browse) -> None:
    page = start(browse, alert_words="SM124", text="The file is refused as too large")
    none_of_these(browse, page)
    assert here(browse) == "runbook"  # nobody is asked whether it was followed: its page has the buttons
    page = browse.get(browse.url)
    assert "Attachment refused" in page.title
    assert 'href="#h-types-and-limits"' in page.text
    assert 'id="h-types-and-limits"' in page.text
    page = browse.post(browse.url, step=["1", "2"], result="did_not_help")
    assert page.headings == ["What about the other steps?"]
    assert here(browse) == "runbook"
    left = {f"left-{step}": "not" for step in (3, 4, 5, 6)}
    page = browse.post(browse.url, step=["1", "2"], result="did_not_help", asked_left="1", **left)
    assert here(browse) == "facts"
    assert "steps 1, 2; could not be done: steps 3, 4, 5, 6." in page.text
    [intake] = intakes(app)
    assert intake.answers["followed"] == "yes"
    assert intake.ticked == {"sm-attachment-refused": [1, 2]}


def test_the_compact_view_asks_all_open_questions_and_is_remembered(app: Flask, browse: Browse) -> None:
    page = start(browse, alert_words="", no_message="y")
    page = none_of_these(browse, page)
    assert page.text.count('name="asked"') == 1
    page = browse.post(f"/intake/{number(browse)}/view")
    assert 2 <= page.text.count('name="asked"') <= 5
    answers = {"answer-shows": "error", "answer-repeats": "yes"}
    browse.post(browse.url, asked=["shows", "repeats"], **answers)
    assert here(browse) == "facts"
    page = none_of_these(browse, start(browse, alert_words="", no_message="y", external_ref=""))
    assert page.text.count('name="asked"') > 1


def test_guided_and_compact_end_with_the_same_answers(app: Flask, browse: Browse, agent: Actor) -> None:
    none_of_these(browse, start(browse, alert_words="", no_message="y"))
    browse.post(browse.url, asked="shows", **{"answer-shows": "error"})
    browse.post(browse.url, asked="repeats", **{"answer-repeats": "yes"})
    with app.app_context(), transaction():
        accounts.set_preferences(agent, timezone="", compact=True, keys=True, mail=True)
    none_of_these(browse, start(browse, alert_words="", no_message="y", external_ref=""))
    browse.post(browse.url, asked=["shows", "repeats"], **{"answer-shows": "error", "answer-repeats": "yes"})
    guided, compact = intakes(app)
    assert guided.answers == compact.answers == {"shows": "error", "repeats": "yes"}


def test_an_answer_can_be_changed_and_a_question_needs_one(browse: Browse) -> None:
    page = none_of_these(browse, start(browse))
    refused = browse.post(browse.url, asked="repeats")
    assert refused.status == 422
    assert "Select an answer, or Not sure" in refused.words
    browse.post(browse.url, asked="repeats", **{"answer-repeats": "yes"})
    page = browse.get(f"/intake/{number(browse)}/questions?ask=shows")
    assert "What does the screen show?" in page.words
    browse.post(f"/intake/{number(browse)}/questions", asked="shows", **{"answer-shows": "blocked"})
    assert here(browse) == "questions"


def test_nothing_known_offers_tier_2_or_triage_and_never_nothing(app: Flask, browse: Browse) -> None:
    page = start(browse, alert_words="", no_message="y")
    page = none_of_these(browse, page)
    for _ in range(9):
        asked = re.findall(r'name="asked" value="([^"]+)"', page.text)
        if not asked:
            break
        page = browse.post(browse.url, asked=asked[0], **{f"answer-{asked[0]}": "not_sure"})
    assert page.headings == ["Not enough to decide"]
    assert "Hand to Tier 2" in page.words
    assert "File for Tier 3 triage" in page.words
    browse.post(f"/intake/{number(browse)}/undecided", action="triage")
    assert here(browse) == "facts"
    browse.post(browse.url, **FACTS)
    browse.post(browse.url, **CHECK)
    [ticket] = tickets(app)
    assert ticket.state == "new"


def test_not_sure_of_the_tool_goes_to_triage(app: Flask, browse: Browse) -> None:
    page = start(
        browse,
        tool="not_sure",
        platform="not_sure",
        alert_words="",
        cant_look="y",
        text="Something does not work",
    )
    none_of_these(browse, page)
    browse.post(f"/intake/{number(browse)}/undecided", action="triage")
    browse.post(browse.url, occurred_at="now", steps="Signed in.", expected="It works.", tried="Nothing.")
    assert here(browse) == "check"
    browse.post(browse.url, **{**CHECK, "title": "MHV - Problem: something"})
    [ticket] = tickets(app)
    assert (ticket.team, ticket.state, ticket.tool) == (None, "new", "")
    assert "alert_words" in ticket.not_known


def test_the_rules_can_be_overruled_with_a_reason(app: Flask, browse: Browse) -> None:
    page = start(browse, alert_words="SM124", text="The file is refused as too large")
    none_of_these(browse, page)
    where = f"/intake/{number(browse)}/decide"
    refused = browse.post(where, choice="escalate", reason="because")
    assert refused.status == 422
    assert "Say in 10 to 300 characters why you decide otherwise" in refused.words
    browse.post(where, choice="escalate", reason="A third caller of this clinic has the same today")
    assert here(browse) == "facts"
    browse.post(browse.url, **FACTS)
    browse.post(browse.url, **CHECK)
    [ticket] = tickets(app)
    assert ticket.override_reason == "A third caller of this clinic has the same today"
    with app.app_context():
        evaluation = db.session.scalar(select(Evaluation))
        assert evaluation is not None
        assert (evaluation.outcome, evaluation.override_outcome) == ("resolve", "escalate")

    none_of_these(browse, start(browse, alert_words="SM124", text="The file is refused as too large"))
    assert 'value="tier2"' in browse.get(browse.url).text
    why = "The caller cannot reach the file from this computer"
    end = browse.post(f"/intake/{number(browse)}/decide", choice="tier2", reason=why)
    assert here(browse) == "end"
    assert f"Why to Tier 2: {why}." in " ".join(end.words.split())
    with app.app_context():
        [_, evaluation] = db.session.scalars(select(Evaluation).order_by(Evaluation.id))
        assert (evaluation.override_outcome, evaluation.override_reason) == ("tier2", why)
    assert intakes(app)[1].check.get("override") is None


def test_callers_who_cannot_say_do_not_stop_a_filing(app: Flask, browse: Browse) -> None:
    page = to_facts(browse)
    unknown = re.findall(r'name="(\w+-unknown)"', page.text)
    browse.post(browse.url, **dict.fromkeys(unknown, "y"))
    assert here(browse) == "check"
    browse.post(browse.url, **CHECK)
    [ticket] = tickets(app)
    assert {"occurred_at", "device", "care_team", "steps"} <= set(ticket.not_known)
    assert ticket.facts == {}


def test_a_fact_that_is_missing_is_named(browse: Browse) -> None:
    to_facts(browse)
    refused = browse.post(browse.url, **{**FACTS, "care_team": ""})
    assert refused.status == 422
    assert "Enter the care team's name, or press \"Caller can't say\"" in refused.words


def test_a_lower_severity_needs_a_reason_and_a_higher_does_not(app: Flask, browse: Browse) -> None:
    to_check(browse)
    refused = browse.post(browse.url, **{**CHECK, "severity": "low"})
    assert refused.status == 422
    assert "Say in 10 to 300 characters why it is lower" in refused.words
    browse.post(browse.url, **{**CHECK, "severity": "high"})
    [ticket] = tickets(app)
    assert ticket.severity == "high"
    assert ticket.severity_because == "Raised by the agent."


def test_filing_needs_the_tick_that_nobody_can_be_recognised(browse: Browse) -> None:
    to_check(browse)
    refused = browse.post(browse.url, **{**CHECK, "nobody": ""})
    assert refused.status == 422
    assert "Tick that no person can be recognised" in refused.words


def test_the_exact_text_for_developers_follows_what_is_edited(browse: Browse) -> None:
    to_check(browse)
    page = browse.post(
        browse.url,
        **{**CHECK, "title": "SM - Reply fails for one team (web)", "action": "update", "nobody": ""},
    )
    assert page.status == 200
    assert "SM - Reply fails for one team (web) Labels: MHV-Tier-3" in page.words


def test_personal_data_is_held_back_and_the_masked_text_is_one_button_away(
    app: Flask, browse: Browse
) -> None:
    refused = start(browse, text="The caller, number 123-45-6789, cannot reply")
    assert refused.status == 422
    assert '"123-4…" looks like a Social Security number' in refused.words
    assert "Masked text: The caller, number [number], cannot reply" in refused.words
    assert "123-45-6789" in refused.text  # everything typed is still there
    assert intakes(app) == []
    key = refused.form("/intake").fields["key"]
    browse.post(
        "/intake", key=key, **{**CALL, "text": "The caller, number 123-45-6789, cannot reply", "mask": "text"}
    )
    assert here(browse) == "known-issues"
    [intake] = intakes(app)
    assert intake.text == "The caller, number [number], cannot reply"


def test_a_possible_name_warns_once(browse: Browse) -> None:
    refused = start(browse, text="Mrs. Smith cannot reply to the team")
    assert refused.status == 422
    assert 'This may be a name: "Mrs. S…"' in refused.words
    passed = re.findall(r'name="passed" value="(\w+)"', refused.text)
    key = refused.form("/intake").fields["key"]
    browse.post("/intake", key=key, passed=passed, **{**CALL, "text": "Mrs. Smith cannot reply to the team"})
    assert here(browse) == "known-issues"


def test_personal_data_is_held_back_in_facts_and_on_the_last_page(browse: Browse) -> None:
    to_facts(browse)
    refused = browse.post(browse.url, **{**FACTS, "tried": "Called back at 555-201-3344"})
    assert refused.status == 422
    assert "Called back at [phone]" in refused.words
    browse.post(browse.url, **FACTS)
    refused = browse.post(browse.url, **{**CHECK, "words": "Write to jane.doe@example.com about it"})
    assert refused.status == 422
    assert "looks like an email address" in refused.words


def test_a_double_click_on_page_1_makes_one_intake(app: Flask, browse: Browse) -> None:
    page = browse.get("/intake")
    key = page.form("/intake").fields["key"]
    first = browse.send("/intake", key=key, **CALL)
    second = browse.send("/intake", key=key, **CALL)
    assert first.headers["Location"] == second.headers["Location"] == "/intake/I-000001/known-issues"
    assert len(intakes(app)) == 1


def test_back_to_the_first_page_finds_the_same_call(app: Flask, browse: Browse) -> None:
    page = browse.get("/intake")
    address = browse.url
    browse.post("/intake", key=page.form("/intake").fields["key"], **CALL)
    browse.get(address)
    assert here(browse) == "known-issues"
    assert len(intakes(app)) == 1


def test_a_double_click_on_file_makes_one_ticket(app: Flask, browse: Browse) -> None:
    to_check(browse)
    where = browse.url
    first = browse.send(where, **CHECK)
    second = browse.send(where, **CHECK)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(tickets(app)) == 1


def test_pages_of_an_ended_call_lead_to_its_receipt(browse: Browse) -> None:
    to_check(browse)
    browse.post(browse.url, **CHECK)
    for step in ("call", "known-issues", "questions", "facts", "check"):
        browse.get(f"/intake/{number(browse)}/{step}")
        assert here(browse) == "end"


def test_two_windows_see_both_versions(browse: Browse) -> None:
    start(browse)
    where = f"/intake/{number(browse)}/call"
    version = browse.get(where).form(where).fields["version"]
    browse.post(where, version=version, **{**CALL, "text": "The first window says something"})
    clash = browse.post(where, version=version, **{**CALL, "text": "The second window says otherwise"})
    assert clash.status == 409
    assert "Someone changed this intake in another window" in clash.title
    assert "The first window says something" in clash.words
    assert "The second window says otherwise" in clash.words
    form = clash.form(where)
    browse.post(where, **{name: value for name, value in form.fields.items() if name != "csrf_token"})
    assert here(browse) == "questions"  # no known issue fits these words, so none is shown
    assert "The second window says otherwise" in browse.get(where).text


def test_the_same_answers_from_two_windows_are_no_clash(browse: Browse) -> None:
    start(browse)
    where = f"/intake/{number(browse)}/call"
    version = browse.get(where).form(where).fields["version"]
    browse.post(where, version=version, **CALL)
    again = browse.post(where, version=version, **CALL)
    assert again.status == 200


def test_a_sign_out_in_the_middle_loses_nothing(app: Flask, browse: Browse, sign_in: SignIn) -> None:
    to_facts(browse)
    where = browse.url
    for name in list(browse.client._cookies or {}):
        browse.client.delete_cookie(name[2], domain="localhost", path="/")
    page = browse.get("/accounts/sign-in")
    held = browse.post(where, **{**FACTS, "care_team": "Blue team of the clinic"})
    assert held.status == 401
    assert "everything you typed is here" in held.words
    form = held.form("/accounts/sign-in")
    fields = {k: v for k, v in form.fields.items() if k != "csrf_token"}
    fields.update(email="agent@example.org", password="correct horse battery")
    radio = {f"carry-{name}": value for name, value in FACTS.items()} | {
        "carry-care_team": "Blue team of the clinic"
    }
    page = browse.post("/accounts/sign-in", **{**fields, **radio})
    assert browse.url == where
    assert "Blue team of the clinic" in page.text


def test_words_of_the_box_come_through_a_sign_in(browse: Browse) -> None:
    for name in list(browse.client._cookies or {}):
        browse.client.delete_cookie(name[2], domain="localhost", path="/")
    browse.get("/accounts/sign-in")
    held = browse.post("/intake", q="cant message my doctor")
    form = held.form("/accounts/sign-in")
    fields = {k: v for k, v in form.fields.items() if k != "csrf_token"}
    page = browse.post(
        "/accounts/sign-in", **{**fields, "email": "agent@example.org", "password": "correct horse battery"}
    )
    assert page.headings == ["The call"]
    assert "cant message my doctor" in page.text


def test_typed_text_is_saved_for_its_owner_before_it_is_sent(app: Flask, browse: Browse) -> None:
    page = browse.get("/intake")
    address, key = browse.url, page.form("/intake").fields["key"]
    answer = browse.send(
        "/intake/autosave", key=key, step="call", text="Mr. Raw types his number 123-45-6789"
    )
    assert answer.status_code == 204
    [intake] = intakes(app)
    assert intake.text == ""
    assert intake.draft["call"]["text"] == "Mr. Raw types his number 123-45-6789"
    page = browse.get(address)
    assert here(browse) == "call"
    assert "Mr. Raw types his number 123-45-6789" in page.text


def test_save_and_leave_waits_under_my_calls(browse: Browse) -> None:
    to_facts(browse)
    where = browse.url
    browse.post(f"/intake/{number(browse)}/leave", step="facts", care_team="Green team")
    page = browse.get("/my-calls")
    assert "Waits at: Facts" in page.words
    assert "Green team" in browse.get(where).text


def test_another_person_does_not_find_the_call(browse: Browse, sign_in: SignIn) -> None:
    to_facts(browse)
    where = browse.url
    sign_in("agent", email="other@example.org")
    assert browse.get(where).status == 404
    assert browse.send(where, **FACTS).status_code == 404


def test_the_record_that_already_has_a_ticket_is_named(browse: Browse, app: Flask) -> None:
    to_check(browse)
    browse.post(browse.url, **CHECK)
    [ticket] = tickets(app)
    page = start(browse)
    assert f"This record already has {ticket.number}" in page.words


def test_a_second_caller_at_the_facility_makes_it_several_people(app: Flask, browse: Browse) -> None:
    to_check(browse)
    browse.post(browse.url, **CHECK)
    page = none_of_these(browse, start(browse, external_ref="4211999"))
    assert here(browse) == "facts"
    assert "Several callers with the same fault" in page.words
    assert "1 other caller in 24 hours" in page.words


def test_nothing_is_counted_twice_in_the_database(app: Flask, browse: Browse) -> None:
    to_check(browse)
    browse.post(browse.url, **CHECK)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Evaluation)) == 1


def test_staff_calls_come_from_the_service_desk(browse: Browse, sign_in: SignIn) -> None:
    sign_in("agent", email="esd@example.org", desk=Desk.ESD)
    page = browse.get("/intake")
    assert re.search(r'name="audience" value="staff" checked', page.text)


def test_the_zone_of_the_facility_is_the_one_that_is_chosen(browse: Browse) -> None:
    assert 'value="America/New_York" selected' in to_facts(browse, facilities="506").text  # Detroit's clock
    page = to_facts(browse, facilities="531", external_ref="")
    assert 'value="America/Denver" selected' in page.text
    refused = browse.post(browse.url, **{**FACTS, "occurred_at": "earlier", "occurred_at-zone": ""})
    assert "Select the time zone of the caller" in refused.words
    assert "Ann Arbor Eastern" in browse.get("/articles/facilities").words


@pytest.mark.parametrize(("desk", "example"), [(Desk.HRC, "HRC 1234567"), (Desk.ESD, "INC0123456")])
def test_what_is_no_number_is_answered_with_an_example_of_the_own_desk(
    browse: Browse, sign_in: SignIn, desk: Desk, example: str
) -> None:
    sign_in("agent", email=f"{desk}@example.org", desk=desk)
    refused = start(browse, external_ref="the second one")
    assert refused.status == 422
    assert f"Enter an HRC or INC number, for example {example}" in refused.words


def test_a_number_glued_to_its_desk_is_taken(app: Flask, browse: Browse) -> None:
    start(browse, external_ref="HRC1112223")
    assert here(browse) == "known-issues"
    assert intakes(app)[0].external_ref == "1112223"


def test_a_fact_that_a_question_asked_is_on_the_ticket_and_not_asked_again(
    app: Flask, browse: Browse
) -> None:
    app_call = {"tool": "mobile-app", "platform": "ios", "text": "The app closes when the records open"}
    none_of_these(browse, start(browse, alert_words="", no_message="y", **app_call))
    browse.post(browse.url, asked="about", **{"answer-about": "crash"})
    browse.post(browse.url, result="did_not_help", asked_left="1")
    browse.post(browse.url, asked="on_web", **{"answer-on_web": "yes"})
    page = browse.get(browse.url)
    assert here(browse) == "facts"
    assert 'name="works_on_web"' not in page.text
    assert "Nothing yet" not in page.text
    assert "Sign in, open" not in page.text
    assert ">\n</textarea>" in page.text.partition('name="tried"')[2][:200]
    browse.post(browse.url, occurred_at="now", steps="Opened the records.", rest="y")
    assert here(browse) == "check"
    assert "/questions?ask=on_web" in browse.get(browse.url).text
    browse.post(browse.url, **{**CHECK, "title": "App - Crash: closes on records"})
    [ticket] = tickets(app)
    assert ticket.facts["works_on_web"] == "Yes"
    assert ticket.facts["steps"] == "Opened the records."
    assert "works_on_web" not in ticket.not_known
    assert {"app_version", "os_version", "tried"} <= set(ticket.not_known)


def test_the_rest_leaves_what_was_typed_wrong_to_be_put_right(browse: Browse) -> None:
    page = to_facts(browse)
    assert "Caller can’t say the rest" in page.words
    refused = browse.post(browse.url, rest="y", occurred_at="today", **{"occurred_at-time": "soon"})
    assert refused.status == 422
    assert "Enter the care team's name" not in refused.words
    assert 'name="care_team-unknown" value="y" data-key="u" checked' in refused.text
