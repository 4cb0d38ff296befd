"""Known issues that live: made by an analyst alone, seen at once, their tickets linked, and what follows from each change."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.actor import COMMAND_LINE, Actor, Role
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.knowledge.content_store import Author
from portal.knowledge.service import KnowledgeBase
from portal.tickets import following, making, service
from portal.tickets.lifecycle import Given
from portal.tickets.models import IssueMade, Link, Report, Ticket
from portal.tickets.moves import By
from portal.tickets.ticket import Reference
from tests.conftest import Browse
from tests.factories import a_basis, make_report, make_ticket, make_user
from tests.filing import make_intake
from tests.page import Page

SignIn = Callable[..., Actor]
NEW = "/articles/known-issue/new"
TITLE = "Drafts vanish when the page is left"
ISSUE = "sm-drafts-vanish-when-the-page-is-left"


@pytest.fixture
def agent(app: Flask) -> Actor:
    with app.app_context():
        return make_user(Role.AGENT, email="filer@example.org")


@pytest.fixture
def file(app: Flask, own_content: KnowledgeBase, agent: Actor) -> Callable[..., str]:
    """A ticket in triage."""

    def go(number: int, **values: Any) -> str:
        given: dict[str, Any] = {
            "title": f"SM - {TITLE} (web, station 668)",
            "summary": f"The draft of a message is gone after leaving the page, caller {number}.",
            "alert_words": "Your draft could not be saved",
            "platform": "web",
            "basis": a_basis("undecided"),
            "references": (Reference("hrc", f"410000{number}"),),
        }
        with app.app_context():
            return make_ticket(agent, **{**given, **values})

    return go


def sent(page: Page, **fields: Any) -> dict[str, Any]:
    return {**page.form(NEW).sent(), **fields}


def test_made_from_tickets_it_is_live_for_every_desk_and_its_tickets_are_linked(
    app: Flask, browse: Browse, sign_in: SignIn, file: Callable[..., str], own_content: KnowledgeBase
) -> None:
    one, two = file(1), file(2, summary="Mrs. Smith lost her draft after leaving the page.")
    private = file(3, privacy=True, summary="Somebody else's drafts are shown.")
    sign_in("agent")
    assert browse.get(f"{NEW}?tickets={one}").status == 403
    sign_in("analyst")
    assert f"{NEW}?tickets={one}" in browse.get(f"/tickets/{one}").text
    page = browse.get(f"{NEW}?tickets={one},{two},{private},T3-2026-999999")
    assert f"From 2 tickets: {one} , {two}" in page.words
    form = sent(page)
    assert (form["title"], form["tool"], form["error_texts"]) == (
        TITLE, "secure-messaging", "Your draft could not be saved",
    )  # fmt: skip
    assert "Smith" not in page.text
    assert "Somebody else" not in page.text
    refused = browse.post(NEW, **sent(page, caller_text="Tier 3 fixes it by tomorrow.", symptoms=""))
    assert refused.status == 422
    assert "Callers do not know the word “Tier 3”." in refused.words
    assert "Promises a time: “by tomorrow”." in refused.words
    assert "Needs at least 1." in refused.words
    with app.app_context():
        assert db.session.scalars(select(IssueMade)).all() == []
    form = sent(page, symptoms="my draft is gone\nnothing was kept")
    live = browse.post(NEW, **form)
    assert live.title.startswith(TITLE)
    assert "Not yet confirmed by the team" in live.words
    assert f"Linked and counted: {one}, {two}." in live.words
    assert browse.post(NEW, **form).title.startswith(TITLE)  # a double click
    with app.app_context():
        snapshot = own_content.snapshot()
        assert snapshot.articles[ISSUE].owner == "messaging"
        assert own_content.content.revision(snapshot.revision).author == "Analyst"
        assert sorted(a for a in snapshot.articles if a.startswith(ISSUE)) == [ISSUE]
        assert [link.known_issue_id for link in db.session.scalars(select(Link))] == [ISSUE, ISSUE]
        assert len(db.session.scalars(select(Report)).all()) == 2
    sign_in("editor", scope="messaging")
    assert TITLE in browse.get("/team").words
    sign_in("agent")
    assert TITLE in browse.get("/known-issues").words
    assert TITLE in browse.get("/search/?q=draft+vanish+page").words
    assert f"{TITLE}: 2 today." in browse.get("/").words
    page = browse.post(
        "/intake",
        urgent="no", text="My drafts vanish when I leave the page", alert_words="Your draft could not be saved",
        tool="secure-messaging", audience="veteran", platform="web", key="k1",
    )  # fmt: skip
    assert TITLE in page.words
    assert "My caller has this" in page.words


def test_from_words_the_form_comes_back_checked_and_what_looks_personal_waits_for_a_person(
    browse: Browse, sign_in: SignIn, own_content: KnowledgeBase
) -> None:
    sign_in("analyst")
    board = browse.get("/known-issues")
    assert board.form("/articles/known-issue/words")
    words = "Vets of Dr. Jones see “We can't open your inbox today” and SM903"
    page = browse.post("/articles/known-issue/words", words=words)
    form = sent(page)
    assert (form["tool"], form["error_codes"]) == ("secure-messaging", "SM903")
    assert form["error_texts"] == "We can't open your inbox today"
    assert "Is it one of these already? Messages not available" in page.words
    empty = sent(page, title="", tool="", symptoms="", facilities="no such place")
    checked = browse.post("/articles/known-issue/check", **empty)
    assert checked.status == 200
    assert "Select the tool." in checked.words
    fragment = browse.client.post(
        "/articles/known-issue/check", data={"csrf_token": browse.token, **empty},
        headers={"HX-Request": "true", "HX-Target": "checked"},
    )  # fmt: skip
    assert "Select the tool." in fragment.text
    assert "<html" not in fragment.text
    form |= {"title": "Inbox closed", "symptoms": "Dr. Robert Jones cannot open the inbox"}
    held = browse.post(NEW, **form)
    assert held.status == 422
    assert "nobody_meant" in held.text
    assert browse.post(NEW, **form, nobody_meant="y").title.startswith("Inbox closed")


def test_killed_between_commit_and_links_the_links_follow(
    app: Flask,
    browse: Browse,
    sign_in: SignIn,
    file: Callable[..., str],
    own_content: KnowledgeBase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    number = file(1)
    sign_in("analyst")
    page = browse.get(f"{NEW}?tickets={number}")

    def killed(*_args: object, **_given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(making, "finish", killed)
        with pytest.raises(KeyboardInterrupt):
            browse.post(NEW, **sent(page))
    with app.app_context():
        assert ISSUE in own_content.snapshot().articles
        assert db.session.scalars(select(Link)).all() == []
        db.session.rollback()
        assert making.catch_up(own_content, utcnow()) == 0  # whoever makes it may still be at it
        assert making.catch_up(own_content, utcnow() + timedelta(minutes=2)) == 1
        assert making.catch_up(own_content, utcnow() + timedelta(minutes=2)) == 0
        assert service.get_ticket(number, sign_in("analyst")).state == "linked"
        assert [link.by for link in db.session.scalars(select(Link))] == [None]


# --- how it stands, and what follows


@pytest.fixture
def live(
    app: Flask, browse: Browse, sign_in: SignIn, file: Callable[..., str], own_content: KnowledgeBase
) -> tuple[str, str]:
    """A known issue with two linked tickets, seen as it stands."""
    one, two = file(1), file(2)
    sign_in("analyst")
    browse.post(NEW, **sent(browse.get(f"{NEW}?tickets={one},{two}")))
    with app.app_context():
        following.follow(own_content, utcnow())
    return one, two


def stand(browse: Browse, **fields: str) -> Page:
    page = browse.get(f"/articles/{ISSUE}/status")
    return browse.post(
        f"/articles/{ISSUE}/status", **{**page.form(f"/articles/{ISSUE}/status").sent(), **fields}
    )


def test_news_reach_linked_tickets_and_a_fix_answers_them(
    app: Flask,
    browse: Browse,
    sign_in: SignIn,
    live: tuple[str, str],
    own_content: KnowledgeBase,
    agent: Actor,
) -> None:
    sign_in("agent")
    assert browse.get(f"/articles/{ISSUE}/status").status == 403
    sign_in("editor", email="rx@example.org", scope="medications")
    assert browse.get(f"/articles/{ISSUE}/status").status == 403
    sign_in("editor", scope="messaging")
    assert "How it stands" in browse.get(f"/articles/{ISSUE}").words
    browse.post("/notices/follow", what=ISSUE, on="y")
    refused = stand(browse, status="workaround_available", caller_text="It works by tomorrow.")
    assert refused.status == 422
    assert "Enter the workaround, a step a line" in refused.words
    assert "Promises a time: “by tomorrow”" in refused.words
    page = stand(browse, status="workaround_available", workaround="Write the text in another program first.")
    assert "Workaround" in page.words
    assert "How it stands: workaround" not in page.words
    assert f"● New {TITLE} : another state" in browse.get("/notices").words
    sign_in("analyst")
    news = f"News of the known issue “{TITLE}”: now workaround available; another workaround: Write the text"
    assert news in browse.get(f"/tickets/{live[0]}").words
    assert browse.get(f"/tickets/{live[1]}").words.count("News of the known issue") == 1
    said = "Drafts are kept again. Please sign in once more and try."
    with app.app_context():  # by git, as an editor at a terminal
        base = own_content.content
        path, head = f"known-issue/{ISSUE}.md", own_content.snapshot().revision
        text = (
            (base.read(path, head) or b"").decode().replace("status: workaround_available", "status: fixed")
        )
        text = re.sub("caller_text: .*", f"caller_text: {said}", text)
        base.save({path: text.encode()}, base=head, author=Author("T", "t@x"), message="Fixed", now=utcnow())
        assert following.follow(own_content, utcnow()) == 1
        assert following.follow(own_content, utcnow()) == 0
    page = browse.get(f"/tickets/{live[0]}")
    assert "Answer ready" in page.words
    assert page.text.split('id="answer-caller-text"')[1].split("</textarea>")[0].count(said) == 1
    assert live[1] in browse.get("/tickets/?queue=answers").words
    assert "Came back?" not in browse.get("/known-issues").words
    with app.app_context():
        make_report(agent, ISSUE, now=utcnow() + timedelta(seconds=2), reference=Reference("hrc", "4100999"))
    board = browse.get("/known-issues")
    assert f"Came back? {TITLE} was fixed" in board.words
    assert "1 caller reported it since" in board.words
    browse.post(f"/articles/known-issue/{ISSUE}/leave-fixed")
    with app.app_context():
        make_report(agent, ISSUE, now=utcnow() + timedelta(seconds=4), reference=Reference("hrc", "4100998"))
        db.session.rollback()
    page = browse.post(f"/articles/{ISSUE}/status", status="recurring")
    assert "Came back" in page.words
    assert "Fixed on" not in page.words
    sign_in("agent")
    assert "Came back?" not in browse.get("/known-issues").words


def test_a_fix_without_new_words_and_a_dismissal_leave_no_ticket_behind(
    app: Flask,
    browse: Browse,
    sign_in: SignIn,
    live: tuple[str, str],
    own_content: KnowledgeBase,
    file: Callable[..., str],
) -> None:
    sign_in("analyst")
    refused = stand(browse, status="fixed")
    assert refused.status == 422
    assert "Say what callers hear now that it is fixed" in refused.words
    with app.app_context():  # by git nobody is asked
        base = own_content.content
        path, head = f"known-issue/{ISSUE}.md", own_content.snapshot().revision
        text = (base.read(path, head) or b"").decode().replace("status: suspected", "status: fixed")
        base.save({path: text.encode()}, base=head, author=Author("T", "t@x"), message="Fixed", now=utcnow())
        following.follow(own_content, utcnow())
    page = browse.get(f"/tickets/{live[0]}")
    assert "is fixed, but what callers are told is as it was before" in page.words
    assert live[0] in browse.get("/tickets/?queue=triage").words
    late = file(3)
    with app.app_context():
        late_analyst = make_user(Role.ANALYST, email="late@example.org")
        with transaction():
            by = By(late_analyst, 1, own_content.snapshot(), utcnow())
            service.move_ticket(late, "link", Given(known_issue=ISSUE), by=by)
        following.follow(own_content, utcnow())
    assert late in browse.get("/tickets/?queue=answers").words


def test_tickets_of_a_dismissed_known_issue_are_in_triage_again(
    app: Flask, browse: Browse, sign_in: SignIn, live: tuple[str, str], own_content: KnowledgeBase
) -> None:
    sign_in("analyst")
    stand(browse, status="dismissed", reason="Two callers had the wrong address.")
    with app.app_context():
        following.follow(own_content, utcnow())
        following.follow(own_content, utcnow())
        kinds = [e.kind for e in service.list_tickets_named([live[1]], COMMAND_LINE)[0].events]
    assert kinds.count("reopened") == 1
    assert (
        "Its known issue was dismissed: look at this ticket again." in browse.get(f"/tickets/{live[1]}").words
    )
    assert live[1] in browse.get("/tickets/?queue=triage").words


def test_a_fixed_one_may_be_back_for_callers_who_say_so_or_return_each_counted_once(
    app: Flask, browse: Browse, sign_in: SignIn, live: tuple[str, str], own_content: KnowledgeBase, agent: Actor,
    file: Callable[..., str],
) -> None:  # fmt: skip
    stand(browse, status="fixed", caller_text="Drafts are kept again. Please sign in once more and try.")
    with app.app_context():
        following.follow(own_content, utcnow())

    def back() -> str:
        return browse.get("/known-issues").words.partition("; ")[2].partition(" reported it since")[0]

    browse.post(f"/tickets/{live[0]}/still-happening")
    assert f"Came back? {TITLE} was fixed" in browse.get("/known-issues").words
    assert back() == "1 caller"
    browse.post(f"/tickets/{live[0]}/stopped")
    assert "Came back?" not in browse.get("/known-issues").words
    first = {"references": (Reference("hrc", "4100001"),)}
    file(3, privacy=True, **first)
    assert "Came back?" not in browse.get("/known-issues").words
    again = file(4, **first)
    assert back() == "1 caller"
    browse.post(f"/tickets/{again}/not-this", known_issue=ISSUE)
    assert "Came back?" not in browse.get("/known-issues").words
    with app.app_context():
        same = {"reference": Reference("hrc", "4100002"), "now": utcnow() + timedelta(seconds=2)}
        make_report(agent, ISSUE, intake_id=make_intake(agent, key="again"), **same)
    assert back() == "1 caller"
    file(2)
    assert back() == "1 caller"  # on the same record
    with app.app_context():
        make_report(agent, ISSUE, now=utcnow() + timedelta(seconds=2), reference=Reference("hrc", "4100999"))
    assert back() == "2 callers"


def test_two_people_at_once_are_told_and_nothing_typed_is_lost(
    app: Flask, browse: Browse, sign_in: SignIn, live: tuple[str, str]
) -> None:
    page = browse.get(f"/articles/{ISSUE}/status")
    mine = page.form(f"/articles/{ISSUE}/status").sent()
    stand(browse, status="confirmed")
    clash = browse.post(
        f"/articles/{ISSUE}/status", **{**mine, "status": "fix_in_progress", "reason": "They look at it now."}
    )
    assert clash.status == 409
    assert "Somebody changed this meanwhile." in clash.words
    assert "They look at it now." in clash.text
    assert '<option value="fix_in_progress" selected>' in clash.text
    clash = browse.post(
        f"/articles/{ISSUE}/status", **{**mine, "status": "dismissed", "reason": "It is no fault at all."}
    )
    assert "does not follow from how it stands now. You had chosen “Dismissed: it is none”" in clash.words


def test_who_is_on_the_phone_already_hears_of_it_before_filing(
    browse: Browse, sign_in: SignIn, own_content: KnowledgeBase
) -> None:
    sign_in("agent")
    quiet = {"HX-Request": "true", "HX-Target": "alerts"}
    assert browse.client.get("/known-issues/alerts?seen=", headers=quiet).status_code == 204
    call = {
        "urgent": "no", "text": "My drafts vanish when the page is left", "alert_words": "Your draft could not be saved",
        "tool": "secure-messaging", "audience": "veteran", "platform": "web", "key": "k1",
    }  # fmt: skip
    browse.post("/intake", **call)
    asked = browse.post("/intake/I-000001/known-issues")
    assert "New since you looked" not in asked.words
    sign_in("analyst")
    words = "Drafts vanish when the page is left"
    form = sent(
        browse.post("/articles/known-issue/words", words=words), error_texts="Your draft could not be saved"
    )
    assert browse.post(NEW, **form).title.startswith(TITLE)
    sign_in("agent")
    fresh = browse.client.get("/known-issues/alerts?seen=", headers=quiet)
    assert fresh.status_code == 200
    assert f"{TITLE}: new." in fresh.text
    assert "<html" not in fresh.text
    assert browse.client.get(f"/known-issues/alerts?seen={ISSUE}", headers=quiet).status_code == 204
    asked = browse.get("/intake/I-000001/questions")
    assert f"New since you looked at known issues: {TITLE}" in asked.words
    page = browse.get("/intake/I-000001/known-issues")
    assert "My caller has this" in page.words
    asked = browse.post("/intake/I-000001/known-issues", shown=ISSUE)
    assert "New since you looked" not in asked.words


# --- counting


def test_merged_known_issues_count_together_and_a_record_once(
    app: Flask,
    browse: Browse,
    sign_in: SignIn,
    live: tuple[str, str],
    own_content: KnowledgeBase,
    agent: Actor,
) -> None:
    target = "sm-messages-not-available"
    now = utcnow()
    with app.app_context():
        for record, facility in (("4100001", "668"), ("4100777", "668"), ("4100778", None)):
            make_report(agent, target, now=now, reference=Reference("hrc", record), facility=facility)
        make_report(agent, target, now=now - timedelta(days=3), reference=Reference("hrc", "4100779"))
    sign_in("analyst")
    refused = stand(browse, status="merged", reason="One cause.")
    assert refused.status == 422
    assert "Select an open known issue that is not merged itself" in refused.words
    page = stand(browse, status="merged", merged_into=target)
    assert page.title.startswith("Messages not available")
    assert f"“{TITLE}” was merged into this." in page.words
    assert "5 callers (4 today)" in page.words  # 4100001 is a linked ticket's record too
    assert (
        "Callers a day in the last 14 days, oldest first: 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 4."
        in page.words
    )
    assert "Facilities: not known 4, 668 1." in page.words
    words = browse.get(f"/tickets/{live[0]}").words
    assert "merged into “Messages not available" in words
    assert "Messages are not working for some people right now." in words  # what callers hear now
    table = browse.client.get(f"/articles/known-issue/{target}/reports.csv").text
    assert len(table.splitlines()) == 6
    assert table.count("4100001") == 1
    back = browse.get(f"/articles/{target}/status")
    assert f'value="{ISSUE}"' not in back.text  # no circle
    sign_in("agent")
    page = browse.get(f"/articles/{ISSUE}")
    assert "5 callers (4 today)" in page.words
    assert "Facilities" not in page.words
    assert "CSV" not in page.words
    assert browse.client.get(f"/articles/known-issue/{target}/reports.csv").status_code == 403
    with app.app_context():
        number = make_report(agent, target, now=now, reference=Reference("hrc", "4100002"))
        counted = db.session.scalar(select(Report.number).join(Ticket).where(Ticket.number == live[1]))
        assert number == counted  # it is counted for the merged one
        before = own_content.content.history(f"known-issue/{ISSUE}.md")[1].commit
    sign_in("admin")
    browse.post(f"/articles/{ISSUE}/restore", at=before)
    page = browse.get(f"/articles/{ISSUE}")
    assert page.title.startswith(TITLE)
    assert "2 callers (2 today)" in page.words
    assert "4 callers (3 today)" in browse.get(f"/articles/{target}").words
