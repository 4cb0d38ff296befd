"""One move of many tickets: what it would do, what it did, taken back, stopped half-way, and clashes with others."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from portal.accounts.actor import Actor, Role
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.criteria.severity import Severity
from portal.knowledge.snapshot import Snapshot
from portal.tickets import bulk, service
from portal.tickets.lifecycle import Given
from portal.tickets.models import BulkMove, Event, Link, Report, Ticket
from portal.tickets.service import By
from tests.conftest import Browse
from tests.factories import a_basis, make_ticket, make_user
from tests.page import Page

SignIn = Callable[..., Actor]
File = Callable[..., str]
ISSUE = "sm-oracle-health-send-failure"
REASON = "It is their screen."


@pytest.fixture
def agent(app: Flask, content: Snapshot) -> Actor:
    with app.app_context():
        return make_user(Role.AGENT, email="filer@example.org")


@pytest.fixture
def file(app: Flask, agent: Actor) -> File:
    def go(**values: Any) -> str:
        with app.app_context():
            return make_ticket(agent, **{"basis": a_basis("undecided"), **values})

    return go


@pytest.fixture
def move(app: Flask, content: Snapshot) -> Callable[..., None]:
    def go(number: str, name: str, actor: Actor, **given: Any) -> None:
        with app.app_context(), transaction():
            version = service.get_ticket(number, actor).version
            service.move_ticket(number, name, Given(**given), by=By(actor, version, content, utcnow()))

    return go


@pytest.fixture
def states(app: Flask) -> Callable[[], list[str]]:
    def go() -> list[str]:
        with app.app_context():
            return list(db.session.scalars(select(Ticket.state).order_by(Ticket.id)))

    return go


@pytest.fixture
def count(app: Flask) -> Callable[..., int]:
    def go(table: type, *where: Any) -> int:
        with app.app_context():
            return db.session.scalar(select(func.count()).select_from(table).where(*where)) or 0

    return go


def choose(browse: Browse, move: str, *numbers: str, queue: str = "new", **more: str) -> Page:
    browse.get(f"/tickets/?queue={queue}")
    return browse.post("/tickets/bulk", move=move, n=list(numbers), query=f"queue={queue}", **more)


def at(page: Page, ending: str = "") -> str:
    """The address of the form of a choice of tickets."""
    return next(
        f.action for f in page.forms if f.action and re.fullmatch(rf"/tickets/bulk/\d+{ending}", f.action)
    )


def test_what_a_link_would_do_what_it_did_and_back(
    browse: Browse, sign_in: SignIn, file: File, move: Callable[..., None], states: Callable[[], list[str]],
    count: Callable[..., int],
) -> None:  # fmt: skip
    first, second, gone, other = (
        file(title="SM - A"),
        file(title="SM - B"),
        file(title="SM - C"),
        file(title="SM - D"),
    )
    analyst = sign_in("analyst")
    move(gone, "answer", analyst, caller_text="The page works again. Please sign in once more.")
    page = choose(browse, "link", first, second, gone)
    assert "2 tickets will change, 1 cannot." in page.words
    assert "SM - C This ticket is answered, back to Tier 2 now, so this cannot be done." in page.words
    assert states() == ["new", "new", "back_to_tier2", "new"]
    refused = browse.post(at(page), known_issue="")
    assert (refused.status, "Select the known issue" in refused.words) == (422, True)
    page = browse.post(at(page), known_issue=ISSUE)
    assert "2 tickets done. 1 not." in page.words
    assert states() == ["linked", "linked", "back_to_tier2", "new"]
    assert (count(Link), count(Report)) == (2, 2)
    browse.post(at(page, "/undo").removesuffix("/undo"), known_issue=ISSUE)  # sent again
    assert count(Event, Event.kind == "linked") == 2
    page = browse.post(at(page, "/undo"))
    assert "Undone. The tickets are as they were." in page.words
    assert states() == ["new", "new", "back_to_tier2", "new"]
    assert (count(Link), count(Report), count(Event, Event.kind == "undone")) == (0, 0, 2)
    words = browse.get(f"/tickets/{first}").words
    assert "Taken back by a Tier 3 analyst: the link to the known issue." in words
    assert "Nobody" not in words
    assert other in browse.get("/tickets/").text


def test_of_two_the_second_is_told_before_after_and_when_undoing(
    browse: Browse,
    sign_in: SignIn,
    file: File,
    move: Callable[..., None],
    states: Callable[[], list[str]],
    app: Flask,
) -> None:
    seen, later, quiet = file(title="SM - A"), file(title="SM - B"), file(title="SM - C")
    sign_in("analyst")
    with app.app_context():
        colleague = make_user(Role.ANALYST, email="second@example.org")
    page = choose(browse, "route", seen, later, quiet)
    move(seen, "take", colleague)
    again = browse.get(at(page))
    assert "2 tickets will change, 1 cannot." in again.words
    assert "SM - A Somebody changed this ticket meanwhile." in again.words
    page = browse.post(at(again), team="messaging", reason=REASON)
    assert states() == ["triaging", "routed", "routed"]
    move(later, "accept", colleague)
    page = browse.post(at(page, "/undo"))
    assert "1 ticket put back. 1 stayed, since somebody changed them meanwhile." in page.words
    assert states() == ["triaging", "accepted", "new"]
    assert "This ticket is" not in browse.get(f"/tickets/{quiet}").words


def test_taking_needs_no_preview_and_can_be_undone_for_a_short_time_only(
    browse: Browse, sign_in: SignIn, file: File, states: Callable[[], list[str]], app: Flask
) -> None:
    first, second, third = file(severity=Severity.CRITICAL), file(), file()

    def focused(page: Page) -> list[str]:
        return re.findall(r"autofocus>(T3-[\d-]+)<", page.text)

    sign_in("analyst")
    assert focused(browse.get("/tickets/")) == []
    assert focused(browse.get("/tickets/?queue=new&at=7")) == [third]
    page = choose(browse, "take", first, third, queue="triage")
    assert focused(page) == [second]  # the other two stay in this list
    assert focused(browse.post(at(page, "/undo"))) == [first]
    page = choose(browse, "take", second, third)
    assert focused(page) == [first]
    browse.post(at(page, "/undo"))
    page = choose(browse, "take", first, second)
    assert focused(page) == [third]
    assert "Take: 2 tickets done. Undo" in page.words
    assert "nobody has it" not in page.words
    assert states() == ["triaging", "triaging", "new"]
    undo = at(page, "/undo")
    browse.post(undo)
    assert states() == ["new", "new", "new"]
    assert "Critical, nobody has it" in browse.get("/").words
    sign_in("agent", email="filer@example.org")
    assert "Nobody has taken it yet" in browse.get(f"/tickets/{first}").words
    sign_in("analyst")
    page = choose(browse, "take", first)
    with app.app_context(), transaction():
        db.session.execute(update(BulkMove).values(done_at=utcnow() - timedelta(seconds=40)))
    assert "Undo" not in browse.get("/tickets/").words
    late = browse.send(at(page, "/undo"))
    assert late.status_code == 409
    assert states() == ["triaging", "new", "new"]


def test_all_of_a_list_a_hundred_at_a_time_and_on_after_a_crash(
    browse: Browse,
    sign_in: SignIn,
    file: File,
    states: Callable[[], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for place in range(5):
        file(title=f"SM - Case {place}")
    file(tool="medications", title="RX - Other")
    sign_in("analyst")
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    browse.get("/tickets/?tool=secure-messaging")
    page = browse.post("/tickets/bulk", move="route", all="y", query="queue=new&tool=secure-messaging")
    assert "5 tickets will change." in page.words
    url, whole = at(page), bulk.move_one
    page = browse.post(url, team="messaging", reason=REASON)
    assert "2 of 5 done." in page.words
    done: list[int] = []

    def break_down(id: int, row: int, *, by: By) -> None:
        if done:
            raise RuntimeError("the machine stops here")
        whole(id, row, by=by)
        done.append(row)

    monkeypatch.setattr(bulk, "move_one", break_down)
    assert browse.send(url).status_code == 500
    monkeypatch.setattr(bulk, "move_one", whole)
    assert states() == ["routed"] * 3 + ["new"] * 3
    assert "3 of 5 done." in browse.get(url).words
    page = browse.post(url)
    assert states() == ["routed"] * 5 + ["new"]
    page = browse.post(at(page, "/undo"))
    assert "2 of 5 undone." in page.words
    for _ in range(2):
        page = browse.post(url + "/undo")
    assert states() == ["new"] * 6


def test_privacy_reports_and_choices_of_others_stay_out(
    browse: Browse, sign_in: SignIn, file: File, states: Callable[[], list[str]]
) -> None:
    private, open_one = file(privacy=True, basis=None, title="Somebody else"), file()
    sign_in("analyst")
    page = choose(browse, "not-tier3", private, open_one)
    assert "1 ticket will change." in page.words
    assert private not in page.text
    assert "Choose the tickets first." in choose(browse, "take", private).words
    mine = at(page)
    everything = browse.post("/tickets/bulk", move="not-tier3", all="y", query="queue=privacy")
    assert "Choose the tickets first." in everything.words
    sign_in("analyst", email="cleared@example.org", privacy=True)
    assert browse.client.get(mine).status_code == 404
    page = choose(browse, "route", private, open_one, queue="privacy")
    assert "1 ticket will change, 1 cannot." in page.words
    assert "Security and privacy reports stay with cleared staff." in page.words
    sign_in("agent")
    assert browse.client.get(mine).status_code == 403
    assert states() == ["new", "new"]


def test_words_are_checked_once_before_any_ticket_moves(
    browse: Browse, sign_in: SignIn, file: File, states: Callable[[], list[str]]
) -> None:
    first, second = file(), file()
    sign_in("analyst")
    tomorrow = (utcnow() + timedelta(days=2)).date().isoformat()
    page = choose(browse, "ask", first, second)
    refused = browse.post(at(page), questions="Is 509-555-0143 the right number?", follow_up=tomorrow)
    assert refused.status == 422
    assert "509-555-0143" in refused.text
    assert states() == ["new", "new"]
    browse.post(at(page), questions="Which browser is it, please?", follow_up=tomorrow)
    assert states() == ["on_hold", "on_hold"]
    page = choose(browse, "answer", first, file())
    doubtful = browse.post(at(page), caller_text="The back end works again now.")
    assert "Use this text as it is" in doubtful.words
    browse.post(at(page), caller_text="The back end works again now.", as_it_is="y")
    assert states() == ["on_hold", "on_hold", "back_to_tier2"]


def test_answers_that_are_ready_go_back_together_each_with_its_own_words(
    app: Flask, browse: Browse, sign_in: SignIn, file: File, move: Callable[..., None],
    states: Callable[[], list[str]],
) -> None:  # fmt: skip
    said = ["The page works again. Please sign in once more.", "The list loads again. Please look once more."]
    numbers = [file(), file()]
    analyst = sign_in("analyst")
    for number, words in zip(numbers, said, strict=True):
        move(number, "route", analyst, team="messaging", reason=REASON)
        move(number, "accept", analyst)
        move(number, "answer-ready", analyst, caller_text=words)
    taken_up = file()
    page = choose(browse, "answer", taken_up, queue="new")
    assert "words that are ready" not in page.words
    assert browse.post(at(page), caller_text="").status == 422
    page = choose(browse, "answer", *numbers, taken_up, queue="answers")
    assert all(f"“{words}”" in page.words for words in said)
    page = browse.post(at(page), caller_text=" ")
    assert "2 tickets done. 1 not." in page.words
    assert f"{taken_up} SM - Reply fails: SM98 Enter what the caller is told" in page.words
    assert states() == ["back_to_tier2", "back_to_tier2", "new"]
    with app.app_context():
        assert list(db.session.scalars(select(Ticket.caller_text).order_by(Ticket.id)))[:2] == said
    browse.post(at(page, "/undo"))
    assert states() == ["answer_ready", "answer_ready", "new"]
