"""The whole intake with a practice call: every page with its banner, every end a practice end, and nothing written outside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.accounts.actor import Actor, Desk
from portal.core.clock import utcnow
from portal.core.db import Base, db
from portal.criteria.table import NOT_SURE
from portal.intake import practice
from portal.intake.models import Intake, PracticeAttempt
from portal.intake.practice import PracticeCall
from portal.knowledge.snapshot import Snapshot
from portal.tickets import service as tickets
from tests.conftest import Browse
from tests.page import Page

SignIn = Callable[..., Actor]
BANNER = "Practice: nothing will be filed."
LINKED = ("sm-when-to-escalate", "SM129 on reply, clinic says the person is on the team (K05)")
OUTSIDE = ("ticket", "report", "evaluation", "event", "external_ref", "link", "audit")


@pytest.fixture(autouse=True)
def agent(content: Snapshot, sign_in: SignIn) -> Actor:
    return sign_in("agent")


def put(app: Flask, actor: Actor, call: PracticeCall) -> str:
    """An answered practice call; gives its address."""
    with app.app_context():
        count = db.session.scalar(select(func.count()).select_from(PracticeAttempt))
        row = PracticeAttempt(
            by=actor.id, round=f"round{count}", place=1, article_id=call.article.id, example=call.example.name,
            revision="0" * 40, chosen="undecided", outcome="undecided", grade="right", at=utcnow(),
        )  # fmt: skip
        db.session.add(row)
        db.session.commit()
        return f"/intake/practice/round{count}/1"


def the_call(content: Snapshot, id: tuple[str, str]) -> PracticeCall:
    call = practice.find_call(content, id)
    assert call is not None
    return call


def begin(app: Flask, browse: Browse, actor: Actor, call: PracticeCall) -> Page:
    path = put(app, actor, call)
    page = browse.get(path)
    assert "Practise the whole intake with this call" in page.words
    return browse.post(f"{path}/intake", key=f"key{path}")


def step(browse: Browse) -> str:
    return browse.url.rpartition("/")[2]


CALL = {
    "urgent": "no", "no_message": "y", "tool": NOT_SURE, "audience": "veteran", "platform": NOT_SURE,
    "facilities": "", "external_ref": "",
}  # fmt: skip


def first_page(call: PracticeCall) -> dict[str, str]:
    facts = {name: value for name, value in call.facts().items() if name in CALL}
    return {**CALL, "text": call.words, "tool": call.article.tool or NOT_SURE, **facts}


def go_on(browse: Browse, page: Page, call: PracticeCall) -> Page:
    """The page that is open, filled in by what is found out."""
    given: Mapping[str, str] = call.example.given
    unknown = dict.fromkeys(re.findall(r'name="([\w-]+-unknown)"', page.text), "y")
    match step(browse):
        case "call":
            return browse.post(browse.url, **first_page(call))
        case "known-issues":
            return browse.post(browse.url, shown=re.findall(r'name="shown" value="([^"]+)"', page.text))
        case "questions":
            asked = re.findall(r'name="asked" value="([^"]+)"', page.text)
            if not asked:
                return browse.post(browse.url.replace("questions", "undecided"), action="tier2")
            answers = {f"answer-{id}": given.get(id, NOT_SURE) for id in asked}
            return browse.post(browse.url, asked=asked, **answers)
        case "facts":
            return browse.post(browse.url, **unknown)
        case "check":
            assert "Finish practice" in page.words
            assert "File it" not in page.words
            fields = {"title": "SM - Something fails", "words": call.words, "ref_later": "y", "nobody": "y"}
            severity = re.search(r'value="(\w+)" selected', page.text)
            assert severity
            return browse.post(browse.url, action="file", severity=severity[1], **fields)
        case "runbook":
            if given.get("followed") == "yes":
                return browse.post(browse.url, result="did_not_help", asked_left="1", left_all="done")
            return browse.post(browse.url, result="works_now")
        case "elsewhere":
            return browse.post(browse.url)
        case "critical" | "privacy":
            assert "Finish practice" in page.words
            return browse.post(browse.url, text=call.words, tool=call.article.tool or NOT_SURE, **unknown)
    raise AssertionError(browse.url)


def walk(app: Flask, browse: Browse, actor: Actor, call: PracticeCall) -> Page:
    """From the practice call to the end, with the banner on every page."""
    page = begin(app, browse, actor, call)
    for _ in range(20):
        if step(browse) == "end":
            assert "Practice: nothing was filed." in page.words
            return page
        assert BANNER in page.words, browse.url
        assert page.status == 200, page.words
        page = go_on(browse, page, call)
    raise AssertionError(f"no end: {browse.url}")


def outside(app: Flask) -> dict[str, int]:
    with app.app_context():
        return {
            name: db.session.scalar(select(func.count()).select_from(Base.metadata.tables[name])) or 0
            for name in OUTSIDE
        }


def intakes(app: Flask) -> list[Intake]:
    with app.app_context():
        return list(db.session.scalars(select(Intake).order_by(Intake.id)))


def has_left_no_trace(app: Flask, browse: Browse, before: Mapping[str, int]) -> None:
    assert outside(app) == before
    home = browse.get("/")
    assert "My calls (0 open)" in home.words
    assert "No call is open." in home.words
    assert "No calls yet today." in browse.get("/my-calls").words


def sample(content: Snapshot) -> list[PracticeCall]:
    """Some of every outcome: the first of every kind of decision in each table that always applies, and every 40th other."""
    calls = [call for call in practice.calls_of(content) if practice.has_intake(call, content)]
    always = {(call.article.id, call.decision().severity): call for call in calls if call.area == "always"}
    undecided = [call for call in calls if call.decision().outcome == "undecided"]
    return [*always.values(), *undecided[:1], *calls[::40]]


def test_the_whole_intake_comes_to_what_the_rules_say_and_writes_nothing(
    app: Flask, browse: Browse, content: Snapshot, agent: Actor
) -> None:
    before = outside(app)
    seen = set()
    for call in sample(content):
        page = walk(app, browse, agent, call)
        assert page.title.startswith("Practice finished")
        decided = practice.answer_words(
            practice.answer_of(call.decision()), content.catalogue.routes, content.articles
        )
        assert f"Right You came to: {decided} The rules say: {decided}" in page.words, call.id
        seen.add(str(call.decision().outcome))
    assert seen == {"escalate", "resolve", "redirect", "undecided"}
    has_left_no_trace(app, browse, before)
    assert {
        (row.end, row.text, row.external_ref, row.evaluation_id, row.handed_at) for row in intakes(app)
    } == {("practised", "", None, None, None)}


def test_the_end_shows_what_would_have_been_filed(
    app: Flask, browse: Browse, content: Snapshot, agent: Actor
) -> None:
    call = the_call(content, LINKED)
    page = walk(app, browse, agent, call)
    assert "T3-PRACTICE filed." in page.words
    assert "With the messaging team, in the queue" in page.words
    assert "Medium" in page.words
    assert "What developers would see SM - Something fails Labels: MHV-Tier-3" in page.words
    assert f"Happens: {call.words}" in page.words
    assert "Escalated to MHV Tier 3: T3-PRACTICE, Secure Messaging, severity Medium." in page.words
    assert call.article.say in page.words


def test_another_severity_is_partly_right(
    app: Flask, browse: Browse, content: Snapshot, agent: Actor
) -> None:
    call = the_call(content, LINKED)
    page = begin(app, browse, agent, call)
    while step(browse) != "check":
        page = go_on(browse, page, call)
    page = browse.post(
        browse.url, action="file", severity="high", title="SM - Something fails", words=call.words,
        ref_later="y", nobody="y",
    )  # fmt: skip
    assert (
        "Partly right You came to: Goes to Tier 3, High The rules say: Goes to Tier 3, Medium" in page.words
    )


def test_finishing_twice_ends_once(app: Flask, browse: Browse, content: Snapshot, agent: Actor) -> None:
    call = the_call(content, LINKED)
    page = begin(app, browse, agent, call)
    while step(browse) != "check":
        page = go_on(browse, page, call)
    path = browse.url
    go_on(browse, page, call)
    [row] = intakes(app)
    browse.post(path, action="file", severity="low", title="Another title", words=call.words, nobody="y")
    assert step(browse) == "end"
    assert [one.outcome for one in intakes(app)] == [row.outcome]


# --- other ends


def to_issues(app: Flask, browse: Browse, content: Snapshot, agent: Actor, **changes: str) -> str:
    call = the_call(content, LINKED)
    begin(app, browse, agent, call)
    browse.post(browse.url, **{**first_page(call), **changes})
    return browse.url


def test_my_caller_has_this_adds_no_report(
    app: Flask, browse: Browse, content: Snapshot, agent: Actor
) -> None:
    before = outside(app)
    to_issues(
        app, browse, content, agent, alert_words="SM903", text="The inbox does not open at all", no_message=""
    )
    page = browse.post(browse.url, report="sm-messages-not-available", external_ref="", ref_later="y")
    assert step(browse) == "end"
    assert "A known issue ended this call before the rules were asked." in page.words
    assert "Report 1, receipt R-PRACTICE." in page.words
    assert "The rules say: Goes to Tier 3, Medium" in page.words
    has_left_no_trace(app, browse, before)
    with app.app_context():
        issue = "sm-messages-not-available"
        assert tickets.report_counts([issue], utcnow()) == {}
        assert tickets.several_people([issue], "SM903", None, utcnow()) == 0


def test_a_critical_practice_with_a_known_issue_files_neither_ticket_nor_report(
    app: Flask, browse: Browse, content: Snapshot, agent: Actor
) -> None:
    before = outside(app)
    to_issues(app, browse, content, agent, urgent="harm")
    assert step(browse) == "critical"
    page = browse.post(
        browse.url, text="The inbox does not open at all", tool="secure-messaging", known_issue="sm-messages-not-available"
    )  # fmt: skip
    assert "Filed as Critical: T3-PRACTICE" in page.words
    assert "Partly right You came to: Goes to Tier 3, Critical" in page.words
    facts = browse.url.replace("end", "facts")
    has_left_no_trace(app, browse, before)
    assert browse.get(facts).title.startswith("Practice finished")


def test_a_privacy_practice_reaches_nobody(
    app: Flask, browse: Browse, content: Snapshot, agent: Actor
) -> None:
    before = outside(app)
    to_issues(app, browse, content, agent, urgent="privacy")
    page = browse.get(browse.url)
    call = the_call(content, LINKED)
    page = go_on(browse, page, call)
    assert "T3-PRACTICE. Only cleared staff can read it." in page.words
    assert "What developers would see" not in page.words
    has_left_no_trace(app, browse, before)


@pytest.mark.parametrize("action", ["tier2", "triage"])
def test_handing_over_and_triage_stay_with_the_person_and_are_not_enough_to_decide(
    action: str, app: Flask, browse: Browse, content: Snapshot, agent: Actor, sign_in: SignIn
) -> None:
    before = outside(app)
    call = next(
        c
        for c in practice.calls_of(content)
        if c.area == "secure-messaging" and c.decision().outcome == "undecided"
    )
    page = begin(app, browse, agent, call)
    while "Hand to Tier 2" not in page.words:
        page = go_on(browse, page, call)
    page = browse.post(browse.url.replace("questions", "undecided"), action=action)
    while step(browse) != "end":
        page = go_on(browse, page, call)
    assert "Right You came to: Not enough to decide" in page.words
    has_left_no_trace(app, browse, before)
    number = f"I-{intakes(app)[0].id:06d}"
    sign_in("agent", email="tier2@example.org", desk=Desk.TIER2)
    assert browse.get(f"/intake/{number}/end").status == 404
    assert "Nothing filed under this number." in browse.get(f"/look-up?number={number}").words


# --- what stands around it


def test_an_open_practice_is_no_open_call_and_goes_on_where_it_was_left(
    app: Flask, browse: Browse, content: Snapshot, agent: Actor
) -> None:
    before = outside(app)
    path = to_issues(app, browse, content, agent)
    assert "My calls (0 open)" in browse.get(path).words
    page = browse.post(f"{path.rpartition('/')[0]}/leave", step=step(browse))
    assert browse.url == "/intake/practice/round0/1"
    assert "waits under My calls" not in page.words
    has_left_no_trace(app, browse, before)
    browse.get("/intake/practice/round0/1")
    browse.post("/intake/practice/round0/1/intake", key="another")
    assert browse.url == path
    assert len(intakes(app)) == 1


def test_two_clicks_begin_one_intake_and_after_its_end_a_new_one_begins(
    app: Flask, browse: Browse, content: Snapshot, agent: Actor
) -> None:
    walk(app, browse, agent, the_call(content, LINKED))
    for key, count in (("key/intake/practice/round0/1", 1), ("new", 2), ("new", 2)):
        browse.post("/intake/practice/round0/1/intake", key=key)
        assert len(intakes(app)) == count


def test_after_the_end_there_is_no_number_to_add_and_no_other_problem(
    app: Flask, browse: Browse, content: Snapshot, agent: Actor
) -> None:
    page = walk(app, browse, agent, the_call(content, LINKED))
    assert "Another problem, same caller" not in page.words
    end = browse.url
    for name, fields in (("another", {"key": "other"}), ("number", {"external_ref": "4211888"})):
        browse.post(end.replace("end", name), **fields)
        assert browse.url == end
    assert [(row.practice_id, row.external_ref) for row in intakes(app)] == [(1, None)]


def test_page_1_is_filled_with_the_call_and_the_banner_says_what_is_found_out(
    app: Flask, browse: Browse, content: Snapshot, agent: Actor
) -> None:
    call = the_call(content, LINKED)
    page = begin(app, browse, agent, call)
    assert step(browse) == "call"
    assert page.text.count(call.words) == 2
    assert '<option value="secure-messaging" selected>' in page.text
    for question, answer in call.found_out():
        assert f"{question} {answer}" in page.words


def test_what_a_real_call_brings_along_comes_from_the_practice_call(
    app: Flask, browse: Browse, content: Snapshot, agent: Actor
) -> None:
    call = the_call(
        content, ("sm-when-to-escalate", "inbox will not come up for six callers this hour (K16)")
    )
    page = begin(app, browse, agent, call)
    while step(browse) != "facts":
        page = go_on(browse, page, call)
    assert "Are several people affected? Yes from the practice call" in page.words


def test_a_call_not_answered_yet_and_one_of_another_person_begin_nothing(
    app: Flask, browse: Browse, content: Snapshot, agent: Actor, sign_in: SignIn
) -> None:
    call = the_call(content, LINKED)
    path = put(app, agent, call)
    with app.app_context():
        row = db.session.scalar(select(PracticeAttempt))
        assert row is not None
        row.at = row.grade = row.chosen = row.outcome = None
        db.session.commit()
    browse.get("/intake/practice")
    assert browse.post(f"{path}/intake", key="k").status == 404
    path = put(app, agent, call)
    sign_in("analyst")
    browse.get("/intake/practice")
    assert browse.post(f"{path}/intake", key="k").status == 404
    assert intakes(app) == []


def test_a_tool_that_is_not_ours_has_no_practice_intake(
    app: Flask, browse: Browse, content: Snapshot, agent: Actor
) -> None:
    call = next(call for call in practice.calls_of(content) if not practice.has_intake(call, content))
    path = put(app, agent, call)
    assert "Practise the whole intake" not in browse.get(path).words
    assert browse.post(f"{path}/intake", key="k").status == 404


def test_a_practice_whose_example_has_gone_still_opens_and_ends(
    app: Flask, browse: Browse, content: Snapshot, agent: Actor
) -> None:
    call = the_call(content, LINKED)
    page = begin(app, browse, agent, call)
    with app.app_context():
        row = db.session.scalar(select(PracticeAttempt))
        assert row is not None
        row.example = "no such example"
        db.session.commit()
    while step(browse) != "end":
        page = go_on(browse, page, call)
    assert "You came to: Goes to Tier 3, Medium" not in page.words
    assert "The rules say" not in page.words
    assert "T3-PRACTICE filed." in page.words
