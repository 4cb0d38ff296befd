"""Tickets found by what they say: similar ones and the text search, each within what one may see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from portal.accounts.actor import Actor, Desk, Role
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.knowledge.access import current_snapshot
from portal.knowledge.snapshot import Snapshot
from portal.tickets import finding, service
from portal.tickets.access import current_index
from portal.tickets.finding import Asked
from portal.tickets.lifecycle import Given
from portal.tickets.service import By
from portal.tickets.ticket import Reference
from portal.tickets.word_index import Entry, IndexAway, Noted, WordIndex
from tests.conftest import Browse
from tests.factories import a_basis, make_ticket, make_user

SignIn = Callable[..., Actor]
File = Callable[..., str]
LABEL = {
    "tool": "medications",
    "title": "RX - Label shows an old address (web)",
    "summary": "The label shows an old address.",
}


@pytest.fixture
def file(app: Flask, content: Snapshot) -> File:
    with app.app_context():
        agents = {desk: make_user(email=f"{desk}@example.org", desk=desk) for desk in (Desk.HRC, Desk.ESD)}

    def go(desk: Desk = Desk.HRC, **values: Any) -> str:
        with app.app_context():
            return make_ticket(agents[desk], **values)

    return go


def test_similar_tickets_stand_on_a_page_and_in_a_fragment_with_reasons(
    browse: Browse, sign_in: SignIn, file: File
) -> None:
    mine = file(**LABEL, facilities=("668",))
    other = file(**LABEL, facilities=("668",), now=utcnow() - timedelta(days=2))
    private = file(**LABEL, privacy=True)
    file(tool="medications", title="RX - Refill fails (web)", summary="The request is refused.")
    sign_in("analyst")
    on_page = browse.get(f"/tickets/{mine}")
    assert f'hx-get="/tickets/{mine}/similar"' in on_page.text
    page = browse.get(f"/tickets/{mine}/similar")
    assert "Similar open (1)" in page.words
    assert other in page.words
    assert "words “address”, “label”, “shows”, station 668, 2 days earlier" in page.words
    fragment = browse.client.get(
        f"/tickets/{mine}/similar", headers={"HX-Request": "true", "HX-Target": "similar"}
    )
    assert "<html" not in fragment.text
    assert other in fragment.text
    sign_in("analyst", email="cleared@example.org", privacy=True)
    assert private in browse.get(f"/tickets/{mine}/similar").words
    sign_in("agent", email="other-desk@example.org", desk=Desk.ESD)
    assert browse.client.get(f"/tickets/{mine}/similar").status_code == 404


def test_words_in_the_box_lead_an_analyst_to_tickets_and_a_cut_number_to_no_rules(
    browse: Browse, sign_in: SignIn, file: File
) -> None:
    number = file(**LABEL)
    file(**LABEL, privacy=True)
    sign_in("analyst")
    page = browse.get("/search/?q=label+shows+address")
    assert "1 ticket with these words" in page.words
    assert number in browse.get("/tickets/search?q=label+shows+address").words
    assert "ticket with these words" not in browse.get("/search/?q=portal").words
    page = browse.post("/search/", q="T3-2026-99")
    assert "Nothing filed under this number. A ticket’s number ends in six digits" in page.words
    sign_in("agent")
    assert "ticket with these words" not in browse.get("/search/?q=label+shows+address").words


def test_a_number_a_code_words_and_a_phrase_find_tickets(browse: Browse, sign_in: SignIn, file: File) -> None:
    reply = file(
        references=(Reference("hrc", "4100231"),),
        error_code="SM98",
        details="The caller tried a second phone.",
    )
    label = file(**LABEL)
    sign_in("analyst")

    def found(**query: str) -> list[str]:
        page = browse.get("/tickets/search", query_string=query)
        return [number for number in (reply, label) if number in page.words]

    assert browse.get("/tickets/search").headings[0] == "Search tickets"
    assert found(q="HRC 4100231") == [reply]
    assert found(q=label.lower()) == [label]
    assert found(q="sm-98") == [reply]
    assert found(q="second phone reply") == [reply]
    assert found(q='"old address"') == [label]
    assert "No ticket has all of these words" in browse.get("/tickets/search?q=%22address+old%22").words
    assert found(q="labels", open="1") == [label]
    none = browse.get("/tickets/search?q=label+kaleidoscope")
    assert "No ticket has all of these words. These have some of them:" in none.words
    assert label in none.words
    assert "has these words" in browse.get("/tickets/search?q=kaleidoscope").words
    csv = browse.client.get("/tickets/search.csv?q=label")
    assert label in csv.text
    assert reply not in csv.text


def test_the_words_of_a_list_are_looked_for_in_the_whole_ticket(
    app: Flask, browse: Browse, sign_in: SignIn, file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    basis = a_basis("undecided")
    told = file(**LABEL, basis=basis, details="Seen on a second phone.")
    ended = file(**LABEL, basis=basis, details="Seen on a second phone.")
    private = file(**LABEL, privacy=True, details="Seen on a second phone.")
    other = file(title="SM - Second phone (web)", basis=basis, references=(Reference("hrc", "4100231"),))
    sign_in("analyst")
    browse.post(
        f"/tickets/{ended}/not-tier3", version="1", route="uae-appointments", reason="Not ours at all."
    )

    def listed(query: str) -> list[str]:
        text = browse.get(f"/tickets/?{query}").text
        return [number for number in (told, ended, private, other) if f">{number}</a>" in text]

    assert "Words in the ticket" in browse.get("/tickets/").words
    assert listed("words=labels+phone") == [told]
    assert listed("queue=all&words=labels+phone") == [told, ended]
    assert listed("queue=all&words=%22second+phone%22") == [told, ended, other]
    assert listed("words=HRC+4100231") == [other]
    assert listed("words=kaleidoscope") == []
    assert browse.client.get("/tickets/tickets.csv?queue=all&words=labels+phone").text.count("T3-") == 2
    opened = browse.get(f"/tickets/{told}?queue=all&words=labels+phone&at=1")
    assert f"‹ {ended}" in opened.words or f"{ended} ›" in opened.words
    assert other not in opened.words.partition("Facts")[0]
    preview = browse.post("/tickets/bulk", all="y", move="not-tier3", query="queue=all&words=labels+phone")
    assert preview.headings[0] == "Not Tier 3: 2 tickets"
    masked = browse.client.get("/tickets/?words=label+SSN+123-45-6789")
    assert masked.status_code == 303
    assert "6789" not in masked.location

    def away(*_args: object) -> list[int]:
        raise IndexAway

    monkeypatch.setattr(WordIndex, "find", away)
    page = browse.get("/tickets/?words=Second+phone")
    assert "only titles were looked through" in page.words
    assert f">{other}</a>" in page.text
    assert f">{told}</a>" not in page.text
    query = "queue=all&words=Second+phone"
    for answer in (
        browse.get(f"/tickets/tickets.csv?{query}"),
        browse.post("/tickets/bulk", all="y", move="take", query=query),
    ):
        assert answer.headings[0] == "All tickets"
        assert "The ticket index is being built." in answer.words
    with app.app_context():
        assert service.get_ticket(other, sign_in("analyst")).state == "new"


def test_personal_data_is_taken_out_of_the_words_before_they_stand_in_an_address(
    browse: Browse, sign_in: SignIn, content: Snapshot
) -> None:
    sign_in("analyst")
    answer = browse.client.get("/tickets/search", query_string={"q": "label SSN 123-45-6789"})
    assert answer.status_code == 303
    assert "6789" not in answer.location


def test_everybody_finds_only_what_they_may_open(browse: Browse, sign_in: SignIn, file: File) -> None:
    ours, theirs = file(**LABEL), file(Desk.ESD, **LABEL)
    private = file(**LABEL, privacy=True)
    messages = file(title="SM - Label missing (web)", summary="The label of a folder is missing.")

    def seen(path: str = "/tickets/search?q=label") -> set[str]:
        text = browse.get(path).text + browse.client.get(path.replace("search?", "search.csv?")).text
        return {
            number
            for number in (ours, theirs, private, messages)
            if f"/tickets/{number}" in text or f"{number}," in text
        }

    sign_in("analyst")
    assert seen() == {ours, theirs, messages}
    assert seen("/tickets/?queue=all&words=label") == {ours, theirs, messages}
    sign_in("analyst", email="cleared@example.org", privacy=True)
    assert seen() == {ours, theirs, private, messages}
    assert seen("/tickets/?queue=privacy&words=label") == {private}
    sign_in("agent", email="hrc-two@example.org", desk=Desk.HRC)
    assert seen() == {ours, messages}
    assert seen(f"/tickets/search?q={theirs}") == set()
    assert seen("/tickets/?queue=desk&words=label") == {ours, messages}
    sign_in("editor", scope="medications")
    assert seen() == {ours, theirs}
    sign_in("admin")
    assert browse.client.get("/tickets/search?q=label").status_code == 403


def test_a_changed_ticket_is_noticed_and_the_command_builds_anew(app: Flask, file: File) -> None:
    number = file(**LABEL, basis=a_basis("undecided"))
    runner = app.test_cli_runner()
    assert runner.invoke(args=["tickets", "index", "--check"]).output == "The ticket index is missing.\n"
    with app.app_context():
        index, now = current_index(), utcnow()
        assert finding.catch_up(index, now)
        assert finding.diagnose(index) == []
        agent = make_user(Role.ANALYST)
        with transaction():
            by = By(agent, 1, current_snapshot(), now)
            service.move_ticket(
                number, "not-tier3", Given(route="pharmacy", reason="The pharmacy prints it."), by=by
            )
    stale = runner.invoke(args=["tickets", "index", "--check"])
    assert (stale.exit_code, stale.output) == (
        1,
        "The ticket index is stale: 1 missing or old, 0 too many.\n",
    )
    assert runner.invoke(args=["tickets", "index"]).output == "The ticket index is built.\n"
    assert runner.invoke(args=["tickets", "index", "--check"]).exit_code == 0
    with app.app_context():
        asked = Asked("old address label", current_snapshot().catalogue, {}, is_open=True)
        assert finding.matching_ids(index, asked, actor=agent, now=now) == []
        assert len(finding.matching_ids(index, replace(asked, is_open=False), actor=agent, now=now)) == 1


def test_the_index_of_another_database_is_thrown_away(app: Flask, file: File) -> None:
    file(**LABEL, now=utcnow() - timedelta(hours=2))
    with app.app_context():
        index, analyst = current_index(), make_user(Role.ANALYST)
        index.add([Entry(1, 7, ["stranger"], [], [])], Noted(1, "2020-01-01T00:00:00+00:00"))
        asked = Asked("stranger", current_snapshot().catalogue, {})
        assert finding.matching_ids(index, asked, actor=analyst, now=utcnow()) == []
        assert index.noted().event_id > 1
