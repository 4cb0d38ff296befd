"""The ends of a call: reported, answered, elsewhere, handed over, Critical, privacy; each with its receipt and note."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.accounts import store as account_store
from portal.accounts.actor import Actor, Desk, Role
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.criteria.severity import Severity
from portal.intake import service
from portal.intake.filing import Check
from portal.intake.models import Intake
from portal.knowledge.models import Evaluation
from portal.knowledge.snapshot import Snapshot
from portal.tickets import service as ticket_service
from portal.tickets.lifecycle import Given
from portal.tickets.models import Report
from tests.conftest import Browse
from tests.factories import make_user
from tests.filing import at_once
from tests.web.test_intake import CALL, CHECK, FACTS, here, none_of_these, number, start, tickets, to_check

SignIn = Callable[..., Actor]
ISSUE = "sm-messages-not-available"


@pytest.fixture(autouse=True)
def agent(content: Snapshot, sign_in: SignIn) -> Actor:
    return sign_in("agent")


def reports(app: Flask) -> list[Report]:
    with app.app_context():
        return list(db.session.scalars(select(Report).order_by(Report.id)))


def the_intake(app: Flask) -> Intake:
    with app.app_context():
        found = db.session.scalar(select(Intake).order_by(Intake.id.desc()))
        assert found is not None
        return found


# --- R


def test_my_caller_has_this_ends_on_the_third_page(app: Flask, browse: Browse) -> None:
    page = start(browse, alert_words="SM903 not available", text="The inbox does not open at all")
    assert here(browse) == "known-issues"
    end = browse.post(browse.url, report=ISSUE)
    assert here(browse) == "end"
    [report] = reports(app)
    assert (report.known_issue_id, report.external_ref, report.platform, report.facility) == (
        ISSUE,
        "4211888",
        "web",
        "541",
    )
    assert f"Report 1, receipt {report.number}." in end.words
    assert f"Caller added as report {report.number}." in end.words
    assert "Messages are not working for some people right now." in end.words
    assert tickets(app) == []
    assert page.status == 200


def test_a_report_without_a_number_is_asked_for_it_on_the_same_card(app: Flask, browse: Browse) -> None:
    start(browse, alert_words="SM903", text="The inbox does not open at all", external_ref="")
    refused = browse.post(browse.url, report=ISSUE, external_ref="")
    assert refused.status == 422
    assert "Enter an HRC or INC number, or tick that you will add it in wrap-up" in refused.words
    browse.post(browse.url, report=ISSUE, external_ref="", ref_later="y")
    assert here(browse) == "end"
    page = browse.get("/my-calls")
    assert "Number missing" in page.words
    browse.get("/intake/I-000001/end")
    browse.post("/intake/I-000001/number", external_ref="INC0123456")
    [report] = reports(app)
    assert report.external_ref == "INC0123456"
    assert "Number missing" not in browse.get("/my-calls").words


def test_a_report_from_the_board_takes_two_pages(app: Flask, browse: Browse) -> None:
    board = browse.get("/known-issues")
    form = board.form(f"/intake/report/{ISSUE}")
    end = browse.post(
        f"/intake/report/{ISSUE}", key=form.fields["key"], urgent="no", external_ref="4211888", platform="ios"
    )
    assert here(browse) == "end"
    assert "Report 1, receipt R-000001." in end.words
    browse.post(
        f"/intake/report/{ISSUE}", key=form.fields["key"], urgent="no", external_ref="4211888", platform="ios"
    )
    assert len(reports(app)) == 1


def test_a_report_that_lacks_an_answer_shows_the_questions_again(browse: Browse) -> None:
    browse.get("/known-issues")
    refused = browse.post(f"/intake/report/{ISSUE}", external_ref="4211888")
    assert refused.status == 422
    assert "Select whether any of this is true" in refused.words
    assert 'Select where it happens, or "Not sure"' in refused.words
    assert 'value="4211888"' in refused.text


def test_a_report_with_harm_is_added_and_a_critical_ticket_filed_and_linked(
    app: Flask, browse: Browse
) -> None:
    browse.get("/known-issues")
    end = browse.post(
        f"/intake/report/{ISSUE}", key="k", urgent="harm", external_ref="4211888", platform="web"
    )
    [report], [ticket] = reports(app), tickets(app)
    assert (ticket.severity, ticket.known_issue_id) == ("critical", ISSUE)
    assert report.intake_id == ticket.intake_id
    assert f"Filed as Critical: {ticket.number}" in end.title
    assert report.number in end.words


def test_a_report_with_privacy_opens_its_page_and_adds_nothing(app: Flask, browse: Browse) -> None:
    browse.get("/known-issues")
    browse.post(f"/intake/report/{ISSUE}", key="k", urgent="privacy", external_ref="4211888", platform="web")
    assert here(browse) == "privacy"
    assert reports(app) == []


def test_nobody_is_added_to_what_is_no_fault(browse: Browse) -> None:
    browse.get("/known-issues")
    assert (
        browse.send(
            "/intake/report/sm-old-conversation", urgent="no", platform="web", ref_later="y"
        ).status_code
        == 404
    )


# --- S


def test_an_article_ends_the_call_in_one_click(app: Flask, browse: Browse) -> None:
    page = browse.get("/articles/sm-attachment-refused")
    key = page.form("/intake/answer").fields["key"]
    end = browse.post(
        "/intake/answer",
        key=key,
        article="sm-attachment-refused",
        step=["1", "2", "4"],
        result="will_try_later",
    )
    assert "The caller will try it later. Not counted as solved." in end.words
    assert "Steps done: Send the text without the file first, if it matters today;" in end.words
    assert "sm-attachment-refused" not in end.words
    assert "Result: caller will try later." in end.words
    again = browse.post(
        "/intake/answer", key=key, article="sm-attachment-refused", step=["1"], result="will_try_later"
    )
    assert again.title == end.title
    with app.app_context():
        assert len(list(db.session.scalars(select(Intake)))) == 1


def test_only_an_article_for_agents_has_the_buttons_of_a_call(browse: Browse, sign_in: SignIn) -> None:
    sign_in("analyst")
    for article, has in (("sm-attachment-refused", True), ("triage-hrc-record", False)):
        page = browse.get(f"/articles/{article}")
        assert page.status == 200
        assert ("Works now" in page.words) is has, article


def test_an_article_that_did_not_help_starts_a_call_with_its_steps(app: Flask, browse: Browse) -> None:
    browse.get("/articles/sm-attachment-refused")
    page = browse.post(
        "/intake/answer", article="sm-attachment-refused", step=["1", "2"], result="did_not_help"
    )
    assert page.headings == ["What about the other steps?"]
    assert "left-2" not in page.text
    fields = page.form("/intake/answer").fields
    assert fields["article"] == "sm-attachment-refused"
    fields = {**fields, "step": ["1", "2"], "left-3": "done", "left-4": "not", "left-5": "not"}
    page = browse.post("/intake/answer", **fields)
    assert here(browse) == "call"
    assert 'value="secure-messaging" selected' in page.text
    page = browse.post(browse.url, **{**CALL, "alert_words": "SM124", "text": "The file is refused again"})
    none_of_these(browse, page)
    assert here(browse) == "facts"  # the runbook counts as followed
    assert "steps 1, 2, 3; could not be done: steps 4, 5." in browse.get(browse.url).text


def test_nothing_is_asked_of_steps_where_all_are_ticked_or_there_are_none(browse: Browse) -> None:
    browse.get("/articles/sm-attachment-refused")
    every = [str(number) for number in range(1, 7)]
    browse.post("/intake/answer", article="sm-attachment-refused", step=every, result="did_not_help")
    assert here(browse) == "call"
    browse.get("/articles/mr-short-date-range")
    browse.post("/intake/answer", article="mr-short-date-range", result="did_not_help")
    assert here(browse) == "call"


def test_all_steps_can_be_said_to_be_done_at_once(app: Flask, browse: Browse) -> None:
    browse.get("/articles/sm-attachment-refused")
    page = browse.post("/intake/answer", article="sm-attachment-refused", result="did_not_help")
    browse.post("/intake/answer", **{**page.form("/intake/answer").fields, "left_all": "done"})
    assert here(browse) == "call"
    assert the_intake(app).ticked == {"sm-attachment-refused": [1, 2, 3, 4, 5, 6]}


def test_a_card_of_several_cases_says_what_fits_the_steps_done(browse: Browse) -> None:
    card = browse.get("/articles/portal-account-error-code")
    assert "Say instead when the case ends with step 3 or 6" in card.words
    for step, said in (
        (["1", "3"], "often comes back when the page is loaded again"),
        (["1", "4"], "we will work on it"),
    ):
        key = browse.get("/articles/portal-account-error-code").form("/intake/answer").fields["key"]
        sent = {"article": "portal-account-error-code", "result": "will_try_later", "step": step}
        end = browse.post("/intake/answer", key=key, **sent)
        assert end.words.count(said) == 2, step  # to the caller, and in the note


def test_a_runbook_that_works_ends_the_call_as_answered(app: Flask, browse: Browse) -> None:
    none_of_these(browse, start(browse, alert_words="SM124", text="The file is refused as too large"))
    end = browse.post(browse.url, step=["1", "2"], result="works_now")
    assert here(browse) == "end"
    assert "Result: works now." in end.words
    with app.app_context():
        evaluation = db.session.scalar(select(Evaluation))
        assert evaluation is not None
        assert evaluation.outcome == "resolve"


# --- E


def test_a_tool_that_is_not_ours_ends_on_the_third_page(app: Flask, browse: Browse) -> None:
    page = start(
        browse, tool="appointments", text="I cannot cancel my appointment", alert_words="", no_message="y"
    )
    assert "Not MHV Tier 3. Send it to: Unified Appointments Experience (production support)" in page.words
    end = browse.post(f"/intake/{number(browse)}/elsewhere")
    assert here(browse) == "end"
    assert "Not MHV Tier 3: Appointments belongs to another VA team." in end.words
    assert "It does not go to the MHV Tier 3 queue." in end.words
    assert tickets(app) == []


def test_a_code_of_a_tool_that_is_not_ours_lets_its_rules_say_where_and_why(browse: Browse) -> None:
    page = start(
        browse, tool="health-care-application", text="It was refused at the end", alert_words="HCA422"
    )
    assert "Not MHV Tier 3. Send it to: Enrollment System support" in page.words
    end = browse.post(f"/intake/{number(browse)}/elsewhere")
    assert "Not MHV Tier 3: Enrollment keeps the data" in end.words


def test_rules_that_redirect_name_the_route(browse: Browse) -> None:
    none_of_these(browse, start(browse, alert_words="SM129", text="The team is greyed out for me"))
    page = browse.post(browse.url, asked="facility_confirms", **{"answer-facility_confirms": "not_asked"})
    assert here(browse) == "elsewhere"
    assert "This goes to: My HealtheVet coordinator at the facility" in page.title
    end = browse.post(browse.url)
    assert "Sent to My HealtheVet coordinator at the facility." in end.words


def test_a_route_card_ends_the_call_in_one_click(browse: Browse) -> None:
    page = browse.get("/articles/route/enrollment-system")
    end = browse.post(
        "/intake/redirect", key=page.form("/intake/redirect").fields["key"], route="enrollment-system"
    )
    assert "Put the case on the agenda of the next call with them. No status can be promised." in end.words
    assert browse.send("/intake/redirect", route="nowhere").status_code == 404


# --- H


def hand_over(browse: Browse) -> str:
    none_of_these(browse, start(browse, tool="sm-staff", text="The staff inbox looks odd today"))
    browse.post(f"/intake/{number(browse)}/undecided", action="tier2")
    return number(browse)


def test_a_call_handed_to_tier_2_is_an_end_for_its_agent(browse: Browse) -> None:
    where = hand_over(browse)
    page = browse.get(browse.url)
    assert page.headings == ["Handed to Tier 2 with all answers"]
    assert f"To Tier 2: intake {where}, known issues checked." in page.words
    assert "route the record to the queue “Tier II”" in page.words
    browse.get(f"/intake/{where}/questions")
    assert here(browse) == "end"


def test_any_tier_2_agent_goes_on_at_the_same_page(app: Flask, browse: Browse, sign_in: SignIn) -> None:
    where = hand_over(browse)
    sign_in("agent", email="tier2@example.org", desk=Desk.TIER2)
    assert "Handed to Tier 2" in browse.get("/").words
    assert "4211888 Sm staff Waits for Tier 2 Go on" in browse.get("/my-calls").words
    found = browse.get(f"/look-up?number={where}")
    assert "was handed to Tier 2" in found.words
    browse.get(f"/intake/{where}")
    assert here(browse) == "questions"
    browse.post(f"/intake/{where}/undecided", action="triage")
    assert here(browse) == "facts"
    unknown = re.findall(r'name="(\w+-unknown)"', browse.get(browse.url).text)
    browse.post(browse.url, **dict.fromkeys(unknown, "y"))
    browse.post(browse.url, **{**CHECK, "title": "SM/Admin - Problem: inbox looks odd"})
    [ticket] = tickets(app)
    assert ticket.desk == "hrc"
    assert the_intake(app).end == "filed"


def test_a_call_handed_over_is_open_to_no_other_desk(browse: Browse, sign_in: SignIn) -> None:
    where = hand_over(browse)
    sign_in("agent", email="other@example.org")
    assert where not in browse.get("/my-calls").words
    assert browse.get(f"/intake/{where}/questions").status == 404
    found = browse.get(f"/look-up?number={where}")
    assert "Open and go on" not in found.words


# --- C


def to_critical(browse: Browse) -> None:
    page = browse.get("/intake")
    fields = {"urgent": "harm", "text": "The page says filled, the parcel never came, last pill yesterday"}
    browse.post("/intake", key=page.form("/intake").fields["key"], **fields)


def test_harm_leaves_page_1_at_once_and_files_on_the_third_page(app: Flask, browse: Browse) -> None:
    to_critical(browse)
    assert here(browse) == "critical"
    fields = {
        "text": "The parcel never came, last pill yesterday",
        "tool": "medications",
        "external_ref": "4211888",
    }
    end = browse.post(browse.url, told="y", **fields)
    assert here(browse) == "end"
    [ticket] = tickets(app)
    assert (ticket.severity, ticket.snow_severity, ticket.tool) == ("critical", "critical", "medications")
    assert "CRITICAL, patient safety." in end.words
    assert "call 877-327-0022" in end.words


def test_a_known_issue_never_ends_a_critical_call(app: Flask, browse: Browse) -> None:
    to_critical(browse)
    page = browse.get(browse.url)
    [offered] = re.findall(r'name="known_issue" value="([^"]+)"', page.text)[:1]
    fields = {
        "text": "The parcel never came, last pill yesterday",
        "tool": "medications",
        "known_issue": offered,
    }
    browse.post(browse.url, **fields)
    [ticket], [report] = tickets(app), reports(app)
    assert ticket.known_issue_id == report.known_issue_id == offered


def test_facts_follow_a_critical_ticket(app: Flask, browse: Browse) -> None:
    to_critical(browse)
    browse.post(browse.url, text="The parcel never came, last pill yesterday", tool="medications")
    page = browse.get(f"/intake/{number(browse)}/facts")
    assert page.headings == ["Facts that follow"]
    unknown = {
        name: "y"
        for name in re.findall(r'name="(\w+-unknown)"', page.text)
        if not name.startswith("occurred")
    }
    end = browse.post(browse.url, occurred_at="now", **{"occurred_at-zone": "America/New_York"}, **unknown)
    assert "The facts are added." in end.words
    [ticket] = tickets(app)
    assert "(during the call)" in ticket.facts["occurred_at"]
    assert "days_of_supply" in ticket.not_known


def test_of_the_facts_that_follow_what_is_left_empty_stays_open_and_nothing_is_guessed(
    app: Flask, browse: Browse
) -> None:
    to_critical(browse)
    browse.post(browse.url, text="The parcel never came, last pill yesterday", tool="medications")
    page = browse.get(f"/intake/{number(browse)}/facts")
    assert "checked" not in page.text
    browse.post(browse.url, days_of_supply="0")
    [ticket] = tickets(app)
    assert (ticket.facts["days_of_supply"], "occurred_at" in ticket.facts) == ("0", False)
    assert ticket.not_known == []


def test_who_filed_a_critical_sees_that_it_was_handed_on_and_then_taken(
    app: Flask, browse: Browse, content: Snapshot
) -> None:
    to_critical(browse)
    end = browse.post(browse.url, text="Something is wrong and it may do harm", tool="not_sure")
    address, [ticket] = browse.url, tickets(app)
    assert "Nobody has taken it yet" in end.words
    with app.app_context():
        analyst = make_user(Role.ANALYST)
        with transaction():
            by = ticket_service.By(analyst, 1, content, utcnow())
            ticket_service.move_ticket(ticket.number, "take", Given(), by=by)
    assert "Taken by Tier 3 at" in browse.get(address).words
    with app.app_context(), transaction():
        given = Given(team="medications", reason="It is theirs to look at.")
        by = ticket_service.By(analyst, 2, content, utcnow())
        ticket_service.move_ticket(ticket.number, "route", given, by=by)
    assert "Tier 3 handed it to the team" in browse.get(address).words
    with app.app_context(), transaction():
        by = ticket_service.By(analyst, 3, content, utcnow())
        ticket_service.move_ticket(ticket.number, "accept", Given(), by=by)
    assert "Taken by the team" in browse.get(address).words


def test_critical_needs_words_and_a_tool_and_nothing_else(browse: Browse) -> None:
    page = browse.get("/intake")
    browse.post("/intake", key=page.form("/intake").fields["key"], urgent="harm")
    refused = browse.post(browse.url)
    assert refused.status == 422
    assert "Enter what happens" in refused.words
    assert 'Select the tool, or "Not sure"' in refused.words


# --- P


def file_private(browse: Browse, urgent: str = "privacy") -> None:
    page = browse.get("/intake")
    fields = {"urgent": urgent, "text": "Sees results of another person, born 03/04/1951"}
    browse.post("/intake", key=page.form("/intake").fields["key"], **fields)
    facts = {
        "how_noticed": "screen",
        "occurred_at": "now",
        "occurred_at-zone": "America/New_York",
        "kind_of_data": "records",
    }
    browse.post(
        browse.url,
        tool="medical-records",
        still_visible="yes",
        external_ref="4211888",
        text="Sees results of another person",
        **facts,
    )


def test_privacy_is_filed_for_cleared_people_only(app: Flask, browse: Browse, sign_in: SignIn) -> None:
    file_private(browse)
    end = browse.get(browse.url)
    assert here(browse) == "end"
    [ticket] = tickets(app)
    assert (ticket.privacy, ticket.severity, ticket.summary) == (True, "high", "")
    assert f"Security/privacy report {ticket.number}; no details here by design." in end.words
    assert "another person" not in end.words.replace("Another problem", "")
    assert browse.get(f"/tickets/{ticket.number}").status == 404
    assert ticket.number not in browse.get("/tickets/").words
    sign_in("analyst")
    assert browse.get(f"/tickets/{ticket.number}").status == 404
    sign_in("analyst", email="cleared@example.org", privacy=True)
    assert browse.get(f"/tickets/{ticket.number}").status == 200


def test_the_intake_keeps_nothing_of_a_privacy_report(app: Flask, browse: Browse) -> None:
    file_private(browse)
    intake = the_intake(app)
    assert (intake.text, intake.facts, intake.answers, intake.draft) == ("", {}, {}, {})
    assert "results" not in str(intake.outcome)


def test_both_is_private_and_critical(app: Flask, browse: Browse) -> None:
    file_private(browse, "both")
    [ticket] = tickets(app)
    assert (ticket.privacy, ticket.severity) == (True, "critical")


def test_the_privacy_page_matches_nothing_and_clears_the_text(browse: Browse) -> None:
    page = browse.get("/intake")
    fields = {"urgent": "privacy", "text": "SM903 and the name of another person", "alert_words": "SM903"}
    page = browse.post("/intake", key=page.form("/intake").fields["key"], **fields)
    assert here(browse) == "privacy"
    assert "Messages not available" not in page.words.split("Security or privacy", 1)[1]
    assert "SM903 and the name of another person" in page.text
    page = browse.post(browse.url, clear="text", **fields)
    assert page.status == 200
    assert "SM903 and the name of another person" not in page.text


def test_a_rule_about_privacy_leads_to_the_private_report(app: Flask, browse: Browse) -> None:
    page = start(browse, tool="sign-in", alert_words="MVI209", text="A change in the profile is not saved")
    none_of_these(browse, page)
    assert here(browse) == "privacy"
    facts = {
        "how_noticed-unknown": "y",
        "occurred_at-unknown": "y",
        "kind_of_data": "account",
        "still_visible-unknown": "y",
    }
    browse.post(browse.url, tool="sign-in", external_ref="4211888", **facts)
    [ticket] = tickets(app)
    assert (ticket.privacy, ticket.severity, ticket.alert_words, ticket.error_code) == (
        True,
        "high",
        "",
        None,
    )
    with app.app_context():
        assert [e.rule for e in db.session.scalars(select(Evaluation))] == ["mixed-identity"]


# --- after the end, and beside it


def test_another_problem_of_the_same_caller_keeps_who_and_where(browse: Browse) -> None:
    to_check(browse)
    browse.post(browse.url, **CHECK)
    page = browse.post(f"/intake/{number(browse)}/another", key="next")
    assert here(browse) == "call"
    assert 'value="4211888"' in page.text
    assert 'value="541"' in page.text
    assert re.search(r'name="platform" value="web" checked', page.text)
    assert 'value="secure-messaging" selected' not in page.text


def test_a_service_now_call_gets_a_work_note_and_a_comment_for_the_customer(
    browse: Browse, sign_in: SignIn
) -> None:
    sign_in("agent", email="esd@example.org", desk=Desk.ESD)
    start(browse, alert_words="SM903", text="The inbox does not open at all", external_ref="INC0123456")
    end = browse.post(browse.url, report=ISSUE)
    assert "Work note" in end.words
    assert "Customer-visible comment" in end.words
    assert re.search(r"data-copy-source>\s*INC0123456\n", end.text)


def test_a_checked_case_starts_a_call_with_its_answers(app: Flask, browse: Browse) -> None:
    browse.get("/articles/sm-when-to-escalate/check")
    browse.post(
        "/intake/decide",
        article="sm-when-to-escalate",
        action="intake",
        **{"answer-shows": "error", "answer-repeats": "yes"},
    )
    assert here(browse) == "call"
    none_of_these(browse, browse.post(browse.url, **{**CALL, "alert_words": "", "no_message": "y"}))
    assert here(browse) == "facts"
    with app.app_context():
        assert [e.outcome for e in db.session.scalars(select(Evaluation))] == ["undecided"]


def test_a_checked_case_is_recorded_and_closed(app: Flask, browse: Browse) -> None:
    browse.get("/articles/sm-when-to-escalate/check")
    answers = {
        "answer-urgent": "no",
        "answer-shows": "file",
        "answer-followed": "no",
        "answer-several": "no",
        "answer-audience": "veteran",
    }
    end = browse.post("/intake/decide", key="k", article="sm-when-to-escalate", action="solved", **answers)
    assert "Answered with “Attachment refused" in end.words
    with app.app_context():
        evaluation = db.session.scalar(select(Evaluation))
        assert evaluation is not None
        assert (evaluation.outcome, evaluation.rule) == ("resolve", "file-rules")


def test_an_override_of_a_checked_case_is_kept_with_its_reason(app: Flask, browse: Browse) -> None:
    browse.get("/articles/sm-when-to-escalate/check")
    answers = {"answer-shows": "file", "answer-followed": "no"}
    override = {"override_outcome": "escalate", "override_reason": "The scan fails for the whole clinic"}
    browse.post("/intake/decide", article="sm-when-to-escalate", action="override", **answers, **override)
    assert here(browse) == "call"
    assert the_intake(app).check["override"]["reason"] == "The scan fails for the whole clinic"


def test_my_calls_lists_the_day_for_its_agent_only(browse: Browse, sign_in: SignIn) -> None:
    to_check(browse)
    browse.post(browse.url, **CHECK)
    start(browse, external_ref="")
    page = browse.get("/my-calls")
    assert re.search(r"T3-\d{4}-000001 SM - Reply fails: SM99 \(web, station 541\) Filed", page.words)
    assert "Waits at: Known issues" in page.words
    assert "My calls (1 open)" in page.words
    sign_in("agent", email="other@example.org")
    assert "No calls yet today" in browse.get("/my-calls").words


def test_a_call_that_nobody_touched_for_30_days_is_purged(app: Flask, browse: Browse) -> None:
    start(browse)
    with app.app_context(), transaction():
        assert service.abandon_old(utcnow() + timedelta(days=29)) == 0
        assert service.abandon_old(utcnow() + timedelta(days=31)) == 1
    intake = the_intake(app)
    assert (intake.end, intake.text, intake.alert_words) == ("abandoned", "", "")


def test_fifty_submits_of_one_intake_make_one_ticket(app: Flask, browse: Browse, content: Snapshot) -> None:
    to_check(browse)
    where = number(browse)
    check = Check(title=CHECK["title"], summary=CHECK["words"], severity=Severity.MEDIUM)

    def file(_place: int) -> str:
        person = account_store.find_actor("agent@example.org")
        assert person is not None
        at = service.At(person, content, utcnow())
        with transaction():
            case = service.file(
                where, check, external_ref="4211888", ref_later=False, seen=[], matches=[], version=0, at=at
            )
        return str(case.record.outcome["ticket"])

    assert set(at_once(app, 50, file)) == {f"T3-{utcnow().year}-000001"}
    assert len(tickets(app)) == 1
    assert FACTS["care_team"] == tickets(app)[0].facts["care_team"]


def test_an_explained_answer_claims_nothing_and_names_whom_to_contact(browse: Browse) -> None:
    page = browse.get("/articles/sm-staff-triage-group-request?q=nurse+wants+to+be+added")
    fields = page.form("/intake/answer").fields
    end = browse.post("/intake/answer", **fields, step="1", result="explained")
    assert "Caller says: nurse wants to be added." in end.words
    told = "Caller was told to contact My HealtheVet coordinator at the facility."
    assert f"Explained to the caller. {told}" in " ".join(end.words.split())
    assert "works now" not in end.words.replace("Nothing is said to work now", "")
    assert "How" in end.words


def test_what_is_meant_so_is_explained_on_page_2(browse: Browse) -> None:
    page = start(
        browse, tool="medical-records", text="I only see a month of labs", alert_words="", no_message="y"
    )
    assert "This answers it" in page.words
    end = browse.post(browse.url, answer="mr-short-date-range")
    assert "Caller says: I only see a month of labs." in end.words
    assert "Explained to the caller." in end.words
    assert "works now" not in end.words


def test_a_report_keeps_the_health_system_and_claims_no_workaround_that_was_not_told(
    app: Flask, browse: Browse
) -> None:
    page = browse.get("/known-issues")
    assert "Sign out and in once, in case only this session is broken." in page.words
    fields = {"urgent": "no", "platform": "web", "facilities": "Spokane"}
    end = browse.post(f"/intake/report/{ISSUE}", key="one", external_ref="4211888", **fields)
    assert "Workaround given" not in end.words
    end = browse.post(f"/intake/report/{ISSUE}", key="two", external_ref="4211889", told="y", **fields)
    assert "Workaround given: Sign out and in once, in case only this session is broken." in end.words
    assert [(report.facility, report.ehr) for report in reports(app)] == [("668", "oracle_health")] * 2


def test_a_health_system_that_is_none_is_masked_like_any_text(app: Flask, browse: Browse) -> None:
    browse.get("/known-issues")
    fields = {"urgent": "no", "platform": "web", "ref_later": "y", "facilities": "call 555-201-3344"}
    browse.post(f"/intake/report/{ISSUE}", key="k", **fields)
    assert reports(app)[0].facility == "call [phone]"


def test_harm_needs_no_platform_and_no_number_that_fits(app: Flask, browse: Browse) -> None:
    page = browse.get("/known-issues")
    assert " required" not in page.text.partition('name="platform"')[2].partition(">")[0]
    end = browse.post(f"/intake/report/{ISSUE}", key="k", urgent="harm", external_ref="the second one")
    assert "Filed as Critical" in end.title
    assert [(t.severity, t.platform) for t in tickets(app)] == [("critical", None)]


def test_the_workaround_on_page_2_is_given_only_where_it_was_told(browse: Browse) -> None:
    page = start(browse, alert_words="SM903", text="The inbox does not open at all")
    assert "I told the caller the workaround" in page.words
    assert "Workaround given" not in browse.post(browse.url, report=ISSUE).words
    start(browse, alert_words="SM903", text="The inbox does not open at all", external_ref="4211890")
    assert "Workaround given: Sign out and in once" in browse.post(browse.url, report=ISSUE, told="y").words


def test_a_critical_that_nobody_takes_stands_in_red_before_its_filer(
    app: Flask, browse: Browse, content: Snapshot, sign_in: SignIn
) -> None:
    to_critical(browse)
    browse.post(browse.url, text="Something is wrong and it may do harm", tool="not_sure")
    address, [ticket] = browse.url, tickets(app)
    line = f"{ticket.number} : 18 min, not taken. Tell your desk lead, or call 877-327-0022"
    assert "not taken. Tell" not in browse.get("/").words
    with app.app_context(), transaction():
        db.session.execute(update(Intake).values(ended_at=utcnow() - timedelta(minutes=18, seconds=20)))
    assert line in browse.get("/").words
    assert line in browse.get("/my-calls").words
    end = browse.get(address)
    assert "Nobody has taken it yet: 18 min. Tell your desk lead now, or call 877-327-0022" in end.words
    assert "If nobody has taken it" not in end.words
    sign_in("agent", email="other@example.org")
    assert line not in browse.get("/").words
    sign_in("agent")
    with app.app_context():
        analyst = make_user(Role.ANALYST)
        with transaction():
            by = ticket_service.By(analyst, 1, content, utcnow())
            ticket_service.move_ticket(ticket.number, "take", Given(), by=by)
    assert line not in browse.get("/").words
    assert "Taken by Tier 3 at" in browse.get(address).words


def test_harm_from_a_card_goes_straight_to_critical_with_the_steps(app: Flask, browse: Browse) -> None:
    browse.get("/articles/rx-refill-late?q=refill+not+here")
    page = browse.post(
        "/intake/answer", article="rx-refill-late", words="refill not here", step=["1"], result="harm"
    )
    assert here(browse) == "critical"
    assert ">\nrefill not here</textarea>" in page.text
    browse.post(browse.url, text="The refill has not come and runs out today", tool="medications", told="y")
    [ticket] = tickets(app)
    assert ticket.severity == "critical"
    assert "step 1" in ticket.facts["tried"]


def test_a_release_that_answers_leaves_its_own_words_in_the_note(browse: Browse, content: Snapshot) -> None:
    browse.get("/articles/sm-start-message-flow")
    end = browse.post("/intake/answer", article="sm-start-message-flow", result="explained")
    release = content.articles["sm-start-message-flow"].release
    assert release
    assert " ".join(release.caller_text.split()) in end.words
    assert "Thank you for calling" not in end.words


def test_a_report_leaves_words_place_and_number_in_the_note(browse: Browse) -> None:
    page = start(browse, alert_words="SM903", text="The inbox does not open at all", external_ref="4211890")
    assert "I told the caller the workaround" in page.words
    note = browse.post(browse.url, report=ISSUE).words
    assert "Caller says: The inbox does not open at all." in note
    assert "Where: VA.gov on a computer" in note
    assert "Record: 4211890" in note
