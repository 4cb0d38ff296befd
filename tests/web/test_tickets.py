"""Queues, the ticket's page, its moves, and the look-up card, as each role meets them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.actor import Actor, Desk, Role
from portal.accounts.models import AuditRow
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.core.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from portal.criteria.severity import Severity
from portal.knowledge.access import current_snapshot
from portal.knowledge.snapshot import Snapshot
from portal.tickets import service
from portal.tickets.lifecycle import Given
from portal.tickets.models import Event, Ticket
from portal.tickets.service import By, ChangedMeanwhile, PersonalData
from portal.tickets.ticket import Reference, State
from tests.conftest import Browse
from tests.factories import a_basis, make_report, make_ticket, make_user
from tests.filing import make_intake

SignIn = Callable[..., Actor]
File = Callable[..., str]
Audited = Callable[[str], list[tuple[str, str]]]
ISSUE = "sm-messages-not-available"
REASON = "It is their screen."


@pytest.fixture
def within(app: Flask) -> Iterator[None]:
    """For tests that call services; one that loads pages must not be inside, since a request shares what it finds."""
    with app.app_context():
        yield


@pytest.fixture
def agent(app: Flask, content: Snapshot) -> Actor:
    with app.app_context():
        return make_user(Role.AGENT, email="filer@example.org")


@pytest.fixture
def file(app: Flask, agent: Actor) -> Callable[..., str]:
    def go(**values: Any) -> str:
        with app.app_context():
            return make_ticket(agent, **values)

    return go


@pytest.fixture
def audited(app: Flask) -> Callable[[str], list[tuple[str, str]]]:
    """(object, result) of every audited line of this kind, in order."""

    def go(what: str) -> list[tuple[str, str]]:
        with app.app_context():
            rows = db.session.execute(
                select(AuditRow.object, AuditRow.result).where(AuditRow.what == what).order_by(AuditRow.id)
            )
            return [(row[0], row[1]) for row in rows]

    return go


# --- the right queue


def test_a_filed_ticket_stands_in_its_teams_queue_and_in_no_other(
    browse: Browse, sign_in: SignIn, file: File
) -> None:
    number = file()
    sign_in("editor", scope="messaging")
    page = browse.get("/tickets/")
    assert page.headings == ["Messaging: team queue"]
    assert number in page.words
    sign_in("editor", email="rx@example.org", scope="medications")
    other = browse.get("/tickets/")
    assert other.headings[0].startswith("Medications")
    assert number not in other.words
    assert "Nothing stands in this queue." in other.words
    assert browse.client.get(f"/tickets/{number}").status_code == 404
    assert browse.client.get("/tickets/?queue=team:messaging").status_code == 404


def test_a_ticket_in_triage_is_seen_by_its_team_as_such(browse: Browse, sign_in: SignIn, file: File) -> None:
    number = file(basis=a_basis("undecided"))
    sign_in("editor", scope="messaging")
    page = browse.get("/tickets/")
    assert number in page.words
    assert "In triage" in page.words
    sign_in("analyst")
    assert number in browse.get("/tickets/?queue=triage").words


def test_an_agent_sees_the_tickets_of_the_own_desk_only(browse: Browse, sign_in: SignIn, file: File) -> None:
    number = file()
    sign_in("agent")
    assert number in browse.get("/tickets/").words
    assert browse.get(f"/tickets/{number}").status == 200
    sign_in("agent", email="esd@example.org", desk=Desk.ESD)
    assert number not in browse.get("/tickets/").words
    assert browse.client.get(f"/tickets/{number}").status_code == 404


def test_a_ticket_without_a_team_waits_in_triage_and_is_never_lost(
    browse: Browse, sign_in: SignIn, file: File
) -> None:
    number = file(tool="")
    sign_in("analyst")
    page = browse.get("/tickets/?queue=triage")
    assert number in page.words
    assert "Not chosen" in page.words
    assert "It waits in triage: a person chooses the team." in browse.get(f"/tickets/{number}").words


def test_filters_order_and_pages_show_what_they_say(browse: Browse, sign_in: SignIn, file: File) -> None:
    now = utcnow()
    low = file(title="SM - 100% gone", severity=Severity.LOW, now=now - timedelta(days=2))
    high = file(title="SM - Cannot send", severity=Severity.HIGH, error_code="SM98", facilities=("668",))
    sign_in("analyst")

    def shown(query: str) -> list[str]:
        words = browse.get(f"/tickets/?queue=all&{query}").words
        return sorted((number for number in (low, high) if number in words), key=words.index)

    assert shown("") == [high, low]
    assert shown("sort=oldest") == [low, high]
    assert shown("words=100%25") == [low]
    assert shown("words=%25") == []
    assert shown("words=_") == []
    assert shown("severity=high") == [high]
    assert shown("code=sm98") == [high]
    assert shown("facility=668") == [high]
    assert shown("facility=66") == []
    assert shown("since=1") == [high]
    assert shown("state=routed&tool=secure-messaging&team=messaging") == [high, low]
    assert shown("state=accepted") == []
    assert shown("sort=no-such-column&state=;--") == [high, low]


def test_fifty_rows_a_page_and_exact_counts(browse: Browse, sign_in: SignIn, file: File) -> None:
    for _ in range(51):
        file()
    sign_in("analyst")
    page = browse.get("/tickets/?queue=all")
    assert "Page 1 of 2 (1–50 of 51)" in page.words
    assert "All (51)" in page.words
    assert "Page 2 of 2 (51–51 of 51)" in browse.get("/tickets/?queue=all&page=2").words
    assert browse.get("/tickets/?queue=all&page=99").status == 200


def test_csv_holds_the_same_rows_with_safe_cells_and_the_export_is_audited(
    browse: Browse, sign_in: SignIn, file: File, audited: Audited
) -> None:
    number = file(title='=HYPERLINK("x")', details="Kept here.")
    sign_in("analyst")
    response = browse.client.get("/tickets/tickets.csv?queue=all")
    text = response.get_data(as_text=True)
    assert response.mimetype == "text/csv"
    assert f"{number}," in text
    assert "'=HYPERLINK" in text
    assert "Kept here." not in text
    assert audited("export tickets") == [("queue:all", "ok")]


# --- the page


def test_the_page_answers_whose_move_it_is(
    browse: Browse, sign_in: SignIn, file: File, audited: Audited
) -> None:
    number = file(
        facilities=("668",), error_code="SM98", alert_words="Not sent", references=(Reference("hrc", "1234567"),),
        facts={"steps": "Open, reply", "tried": "Signed out and in", "record_date": "2026-11-01"},
        not_known=("care_team",), details="Kept at the desk.", shown=(ISSUE,), refused=(ISSUE,),
    )  # fmt: skip
    sign_in("analyst")
    page = browse.get(f"/tickets/{number}")
    assert page.headings == [f"{number}: SM - Reply fails: SM98"]
    for words in (
        "With the team", "The messaging team has it", "Medium", "ServiceNow: Medium", "The reply is not sent.", "“Not sent”",
        "SM98", "668", "Open, reply", "Signed out and in", "Which care team, as the screen names it?", "Kept at the desk.",
        "not this, says the agent", "HRC 1234567", "Filed by HRC help desk (Tier 1)", "Handed to the Messaging team by the rules",
        "“The team is working on it.”".strip("“”"), "### HRC record(s)", "MHV-Tier-3",
    ):  # fmt: skip
        assert words in page.words, words
    assert audited("read ticket") == [(f"ticket:{number}", "ok")]


def test_both_shapes_of_the_developers_text_can_be_copied_and_hold_no_details(
    browse: Browse, sign_in: SignIn, file: File
) -> None:
    number = file(details="Kept at the desk.")
    sign_in("analyst")
    hrc, snow = (browse.get(f"/tickets/{number}?shape={shape}").text for shape in ("hrc", "snow"))
    box = hrc.split('id="developer-body"')[1].split("</textarea>")[0]
    assert "### Tried by Tier 1/2" in box
    assert "Kept at the desk." not in box
    assert "### Screenshots\nheld in the incident" in snow
    sign_in("agent")  # files it, and reads what the caller is told
    page = browse.get(f"/tickets/{number}?shape=hrc")
    assert "developer-body" not in page.text
    assert "The team is working on it." in page.words


def test_personal_data_in_the_developers_text_takes_the_copy_away(
    browse: Browse, sign_in: SignIn, file: File, app: Flask, agent: Actor
) -> None:
    number = file()
    with app.app_context(), transaction():
        db.session.get_one(Ticket, 1).summary = "Call him on 509-555-0143."
    sign_in("analyst")
    page = browse.get(f"/tickets/{number}")
    assert "<mark>509-555-0143</mark>" in page.text
    assert 'id="developer-body"' not in page.text


def test_the_rules_that_decided_are_linked_as_they_stood(
    browse: Browse, sign_in: SignIn, file: File, content: Snapshot, app: Flask, agent: Actor
) -> None:
    from portal.criteria.decide import decide
    from portal.knowledge import service as knowledge

    table = content.articles["sm-when-to-escalate"].table
    assert table is not None
    with app.app_context(), transaction():
        kept = knowledge.record_evaluation(
            article_id=table.id, revision=content.revision, answers={"repeats": "yes"},
            decision=decide(table, {"repeats": "yes"}), actor=agent, now=utcnow(),
        )  # fmt: skip
        kept_id = kept.id
    number = file()
    with app.app_context(), transaction():
        db.session.get_one(Ticket, 1).evaluation_id = kept_id
    sign_in("analyst")
    page = browse.get(f"/tickets/{number}")
    assert f"/articles/sm-when-to-escalate?at={content.revision}" in page.text


def test_words_that_nobody_could_read_are_not_called_no_message(
    browse: Browse, sign_in: SignIn, file: File
) -> None:
    unread, none = file(not_known=("alert_words",)), file(facts={"alert_words": "No message shown"})
    sign_in("analyst")
    assert "Words on the screen Not known" in browse.get(f"/tickets/{unread}").words
    page = browse.get(f"/tickets/{none}")
    assert page.words.count("No message shown") == 2  # once on the page, once for developers


# --- moves


def test_an_analyst_hands_to_a_team_and_the_team_accepts(
    browse: Browse, sign_in: SignIn, file: File, audited: Audited
) -> None:
    number = file(basis=a_basis("undecided"))
    sign_in("analyst")
    browse.get(f"/tickets/{number}")
    page = browse.post(f"/tickets/{number}/route", version="1", team="medications", reason=REASON)
    assert "Handed to the Medications, Medical Devices and Supplies team." in page.words
    assert f"by a Tier 3 analyst: {REASON}" in page.words
    sign_in("editor", scope="medications")
    page = browse.get(f"/tickets/{number}")
    page = browse.post(
        f"/tickets/{number}/accept", version=page.form(f"/tickets/{number}/accept").fields["version"]
    )
    assert "Accepted by the team" in page.words
    assert audited("routed ticket") == [(f"ticket:{number}", "routed")]
    assert audited("accepted ticket") == [(f"ticket:{number}", "accepted")]


def test_two_analysts_the_second_keeps_what_was_typed(
    browse: Browse, sign_in: SignIn, file: File, audited: Audited
) -> None:
    number = file(basis=a_basis("undecided"))
    sign_in("analyst")
    browse.get(f"/tickets/{number}")
    browse.post(f"/tickets/{number}/route", version="1", team="medications", reason=REASON)
    response = browse.send(
        f"/tickets/{number}/route", version="1", team="messaging", reason="Other words of mine."
    )
    assert response.status_code == 409
    text = response.get_data(as_text=True)
    assert "Somebody changed this ticket meanwhile." in text
    assert "Other words of mine." in text
    assert audited("route ticket") == [(f"ticket:{number}", "refused")]


def test_a_move_without_team_or_reason_names_the_fields_and_keeps_the_text(
    browse: Browse, sign_in: SignIn, file: File
) -> None:
    number = file(basis=a_basis("undecided"))
    sign_in("analyst")
    browse.get(f"/tickets/{number}")
    short = browse.post(f"/tickets/{number}/route", version="1", team="medications", reason="short")
    assert short.status == 422
    assert "Say why, in 10 to 300 characters" in short.words
    teamless = browse.post(f"/tickets/{number}/route", version="1", team="", reason=REASON)
    assert teamless.status == 422
    assert "Select the team" in teamless.words
    assert REASON in teamless.text


@pytest.mark.parametrize("role", ["agent", "editor"])
def test_only_analysts_hand_to_a_team(browse: Browse, sign_in: SignIn, file: File, role: str) -> None:
    number = file(basis=a_basis("undecided"))
    sign_in(role, **({"scope": "messaging"} if role == "editor" else {}))
    assert "Hand to team" not in browse.get(f"/tickets/{number}").words
    assert (
        browse.send(f"/tickets/{number}/route", version="1", team="messaging", reason=REASON).status_code
        == 403
    )


def test_accepting_for_another_team_or_desk_is_refused_and_audited(
    browse: Browse, sign_in: SignIn, file: File, audited: Audited
) -> None:
    number = file()
    sign_in("agent")
    browse.get(f"/tickets/{number}")
    assert browse.send(f"/tickets/{number}/accept", version="1").status_code == 403
    assert audited("accept ticket") == [(f"ticket:{number}", "refused")]


@pytest.mark.usefixtures("within")
def test_a_move_that_does_not_exist_is_refused(agent: Actor) -> None:
    number = make_ticket(agent)
    analyst = make_user(Role.ANALYST)
    given = Given(team="messaging", reason=REASON)
    with pytest.raises(Conflict):
        service.move_ticket(number, "route", given, by=By(analyst, 1, current_snapshot(), utcnow()))
    with pytest.raises(ChangedMeanwhile):
        service.move_ticket(number, "accept", Given(), by=By(analyst, 7, current_snapshot(), utcnow()))


@pytest.mark.usefixtures("within")
def test_events_can_be_neither_changed_nor_deleted(agent: Actor) -> None:
    from sqlalchemy.exc import DatabaseError

    make_ticket(agent)
    for statement in (Event.__table__.update().values(kind="x"), Event.__table__.delete()):  # type: ignore[attr-defined]
        with pytest.raises(DatabaseError), transaction():
            db.session.execute(statement)


# --- numbers


def test_a_number_is_added_from_a_pasted_line_and_only_once(
    browse: Browse, sign_in: SignIn, file: File
) -> None:
    number = file()
    sign_in("agent")
    assert "Number missing" in browse.get(f"/tickets/{number}").words
    for _ in range(2):
        page = browse.post(f"/tickets/{number}/references", external_ref="INC0123456 - cannot reply")
        assert "INC0123456 stands on this ticket." in page.words
    assert page.words.count("INC0123456 added.") == 1
    refused = browse.post(f"/tickets/{number}/references", external_ref="SCTASK0123456")
    assert refused.status == 422
    assert "SCTASK numbers are catalogue tasks" in refused.words


@pytest.mark.usefixtures("within")
def test_a_report_takes_its_missing_number_and_the_same_record_counts_once(agent: Actor) -> None:
    number = make_report(agent, ISSUE)
    values: dict[str, Any] = {"actor": agent, "catalogue": current_snapshot().catalogue, "now": utcnow()}
    with transaction():
        service.add_reference(number, Reference("hrc", "1234567"), **values)
    assert make_report(agent, ISSUE, reference=Reference("hrc", "1234567")) == number
    other = make_report(agent, ISSUE)
    with pytest.raises(Conflict), transaction():
        service.add_reference(other, Reference("hrc", "1234567"), **values)
    assert [filed.words for filed in service.record_for(Reference("hrc", "1234567"))] == [f"added to {ISSUE}"]


# --- the guard and the rules of filing


@pytest.mark.usefixtures("within")
def test_personal_data_in_what_developers_see_is_refused_with_its_place(agent: Actor) -> None:
    with pytest.raises(PersonalData) as found:
        make_ticket(agent, summary="His number is 509-555-0143.", facts={"steps": "Wrote to vet@example.org"})
    spans = [(span.field, span.start, span.end) for span in found.value.spans]
    assert spans == [("summary", 14, 26), ("steps", 9, 24)]
    assert set(found.value.fields) == {"summary", "steps"}
    assert db.session.scalar(select(Ticket.id)) is None


@pytest.mark.usefixtures("within")
def test_details_and_facts_that_stay_are_not_blocked(agent: Actor) -> None:
    number = make_ticket(
        agent, details="His number is 509-555-0143.", references=(Reference("hrc", "1234567890"),)
    )
    assert number.startswith("T3-")


@pytest.mark.usefixtures("within")
def test_filing_against_the_rules_needs_a_reason(agent: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        make_ticket(agent, basis=a_basis("resolve"))
    assert list(refused.value.fields) == ["override_reason"]
    assert make_ticket(agent, basis=a_basis("resolve"), override_reason="Followed it twice, no change.")


@pytest.mark.usefixtures("within")
def test_facts_that_follow_are_guarded_and_no_longer_listed_as_not_known(agent: Actor) -> None:
    number = make_ticket(agent, not_known=("care_team", "steps"))
    values: dict[str, Any] = {"actor": agent, "catalogue": current_snapshot().catalogue, "now": utcnow()}
    with transaction():
        service.add_facts(number, {"steps": "Open, reply"}, ["expected"], **values)
    ticket = service.get_ticket(number, agent)
    assert ticket.facts == {"steps": "Open, reply"}
    assert ticket.not_known == ["care_team", "expected"]
    with pytest.raises(PersonalData), transaction():
        service.add_facts(number, {"tried": "Called 509-555-0143"}, [], **values)


# --- privacy


def test_a_privacy_ticket_is_invisible_but_to_cleared_people(
    browse: Browse, sign_in: SignIn, file: File
) -> None:
    number = file(
        privacy=True, title="SEC - Another person's record", summary="", details="Saw a stranger's data, 509-555-0143",
        severity=Severity.LOW, references=(Reference("hrc", "7654321"),),
    )  # fmt: skip
    for role, account in (
        ("agent", {"email": "filer@example.org"}),
        ("analyst", {}),
        ("editor", {"scope": "tier3"}),
        ("desk_lead", {}),
    ):
        sign_in(role, **account)
        assert browse.client.get(f"/tickets/{number}").status_code == 404
        for queue in ("", "?queue=all", "?queue=triage", "?queue=desk", "?queue=privacy"):
            assert number not in browse.client.get(f"/tickets/{queue}").get_data(as_text=True)
            assert number not in browse.client.get(f"/tickets/tickets.csv{queue}").get_data(as_text=True)
        assert browse.send(f"/tickets/{number}/references", external_ref="1234567").status_code == 404
        if role != "editor":
            card = browse.get("/look-up?number=7654321")
            assert "Handled by cleared staff." in card.words
            assert "stranger" not in card.text
            assert "Secure Messaging" not in card.words
            assert browse.send(f"/tickets/{number}/still-happening").status_code == 404
    sign_in("analyst", email="cleared@example.org", privacy=True)
    assert number not in browse.get("/tickets/?queue=all").words
    assert number in browse.get("/tickets/?queue=privacy").words
    page = browse.get(f"/tickets/{number}")
    assert "High" in page.words
    assert "Security and privacy reports never leave the portal." in page.words
    assert 'id="developer-body"' not in page.text
    assert (
        browse.send(f"/tickets/{number}/route", version="1", team="messaging", reason=REASON).status_code
        == 403
    )


# --- look-up


def test_any_agent_looks_up_by_the_exact_number_and_every_look_is_audited(
    browse: Browse, sign_in: SignIn, file: File, audited: Audited, app: Flask, agent: Actor
) -> None:
    number = file(references=(Reference("hrc", "1234567"),), details="Kept.", summary="Typed by the filer.")
    with app.app_context():
        receipt = make_report(agent, ISSUE, reference=Reference("hrc", "1234567"))
    sign_in("agent", email="esd@example.org", desk=Desk.ESD)
    page = browse.get("/look-up?number=HRC 1234567")
    for words in (
        number,
        receipt,
        "the messaging team has it",
        "The team is working on it.",
        "Secure Messaging",
    ):
        assert words in page.words, words
    for words in ("Kept.", "Typed by the filer.", "Open the ticket"):
        assert words not in page.words
    for exact in (number, receipt):
        assert exact in browse.get(f"/look-up?number={exact}").words
    for other in ("123456", "12345678", "T3-2026-00000", "%", "T3-2020-000001"):
        assert "Nothing filed under this number." in browse.get(f"/look-up?number={other}").words
    looks = audited("look up")
    assert looks[0] == ("number:1234567", f"{number} {receipt}")
    assert len(looks) == 8
    assert ("number:not recognised", "nothing") in looks


def test_a_call_that_filed_and_was_counted_is_one_card_and_one_answer(
    browse: Browse, sign_in: SignIn, file: File, app: Flask, agent: Actor, audited: Audited
) -> None:
    with app.app_context():
        call = make_intake(agent)
    number = file(intake_id=call, references=(Reference("hrc", "1234567"),))
    with app.app_context():
        receipt = make_report(agent, ISSUE, intake_id=call, reference=Reference("hrc", "1234567"))
    sign_in("agent", email="esd@example.org", desk=Desk.ESD)
    for typed in ("1234567", number):
        page = browse.get(f"/look-up?number={typed}")
        assert page.text.count('class="card card--blue look-up"') == 1
        assert f"also counted with Messages not available (SM900 to SM903) ({receipt})" in page.words
    assert set(audited("look up")) == {
        ("number:1234567", f"{number} {receipt}"),
        (f"number:{number}", f"{number} {receipt}"),
    }
    browse.post(f"/tickets/{number}/still-happening", number="1234567")
    assert "Still happening said today" in browse.get(f"/look-up?number={receipt}").words


def test_looking_up_many_numbers_in_a_short_time_is_stopped(
    browse: Browse, sign_in: SignIn, content: Snapshot, app: Flask, agent: Actor
) -> None:
    actor, now = sign_in("agent"), utcnow()
    catalogue = content.catalogue
    with app.app_context(), transaction():
        for _ in range(60):
            service.note_look("1234567", [], actor=actor, catalogue=catalogue, now=now)
    assert browse.client.get("/look-up?number=1234567").status_code == 429
    with app.app_context():
        with pytest.raises(TooMany):
            service.look_up("1234567", actor=actor, catalogue=catalogue, now=now + timedelta(minutes=4))
        assert (
            service.look_up("1234567", actor=actor, catalogue=catalogue, now=now + timedelta(minutes=6)) == []
        )


def test_still_and_stopped_happening_are_noted_under_the_same_number(
    browse: Browse, sign_in: SignIn, file: File, app: Flask, agent: Actor
) -> None:
    number = file()
    with app.app_context():
        receipt = make_report(agent, ISSUE)
    sign_in("agent", email="esd@example.org", desk=Desk.ESD)
    for which in (number, receipt):
        browse.get(f"/look-up?number={which}")
        page = browse.post(f"/tickets/{which}/still-happening", number=which)
        assert f"Noted on {which}: still happening today." in page.words
        assert "Still happening said today" in page.words
        page = browse.post(f"/tickets/{which}/stopped", number=which)
        assert "Stopped happening said today" in page.words
    assert browse.send("/tickets/T3-2026-999999/stopped").status_code == 404


@pytest.mark.usefixtures("within")
def test_saying_it_twice_a_day_is_one_line_and_opens_what_counted_as_answered(
    agent: Actor, content: Snapshot
) -> None:
    number, now = make_ticket(agent), utcnow()

    def called_back(at: datetime) -> bool:
        return service.still_happening(number, by=By(agent, 0, content, at))

    with transaction():
        assert [called_back(at) for at in (now, now, now + timedelta(days=1))] == [False] * 3
    ticket = service.get_ticket(number, agent)
    assert [e.kind for e in ticket.events] == ["filed", "routed", "still_happening", "still_happening"]
    with transaction():
        ticket.state = State.RESOLVED
        db.session.flush()
        assert called_back(now + timedelta(days=1))
        assert not called_back(now + timedelta(days=1))
    ticket = service.get_ticket(number, agent)
    assert (ticket.state, ticket.events[-1].kind) == (State.REOPENED, "reopened")
    assert "A caller called back" in ticket.events[-1].data["because"]


# --- counting


@pytest.mark.usefixtures("within")
def test_reports_are_counted_by_day_and_hour(agent: Actor) -> None:
    now = utcnow()
    for hours in (0.5, 0.7, 3.5, 20, 30):
        make_report(agent, ISSUE, now=now - timedelta(hours=hours))
    counts = service.report_counts([ISSUE, "no-reports"], now)
    assert set(counts) == {ISSUE}
    assert (counts[ISSUE].today, counts[ISSUE].total) == (4, 5)
    assert counts[ISSUE].hours == (0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 2)
    assert counts[ISSUE].last_at == now - timedelta(hours=0.5)
    assert service.report_counts([], now) == {}


@pytest.mark.usefixtures("within")
def test_several_people_counts_calls_not_rows(agent: Actor) -> None:
    now = utcnow()
    make_report(agent, ISSUE, now=now - timedelta(hours=1))
    make_ticket(
        agent, known_issue_id=ISSUE, error_code="SM98", facilities=("668",), now=now - timedelta(hours=1)
    )
    make_ticket(agent, error_code="SM98", facilities=("687", "668"), now=now - timedelta(hours=2))
    make_ticket(agent, error_code="SM98", facilities=("687",), now=now - timedelta(hours=2))
    make_ticket(agent, error_code="SM98", facilities=("668",), now=now - timedelta(hours=25))
    make_ticket(agent, error_code="SM98", facilities=("668",), privacy=True, now=now)
    assert service.several_people([ISSUE], None, None, now) == 2
    assert service.several_people([], "SM98", "668", now) == 2
    assert service.several_people([ISSUE], "SM98", "668", now) == 3
    assert service.several_people([], "SM98", None, now) == 0


@pytest.mark.usefixtures("within")
def test_people_who_may_not_file_or_read_are_refused(agent: Actor) -> None:
    admin = make_user(Role.ADMIN)
    with pytest.raises(NotAllowed):
        make_ticket(admin)
    with pytest.raises(NotAllowed):
        make_report(admin, ISSUE)
    number = make_ticket(agent)
    with pytest.raises(NotFound):
        service.get_ticket(number, admin)


def test_the_box_opens_a_ticket_for_its_team_and_a_card_for_a_desk(
    app: Flask, browse: Browse, sign_in: Callable[..., Actor], content: Snapshot
) -> None:
    agent = sign_in("agent")
    with app.app_context():
        number = make_ticket(agent)
    assert browse.send("/search/", q=number).location == f"/look-up?number={number}"
    sign_in("editor", scope="messaging")
    assert browse.send("/search/", q=number).location == f"/tickets/{number}"
