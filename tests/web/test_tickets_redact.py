"""Personal data leaves a ticket and all that repeats it: by the form, by the command, in every file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DatabaseError

from portal.accounts.actor import Actor, Role
from portal.accounts.models import AuditRow, IdempotencyKey, SessionRow
from portal.accounts.service import verify_chain
from portal.core.clock import utcnow
from portal.core.config import Config
from portal.core.db import db, transaction
from portal.intake.models import Intake
from portal.knowledge.models import Evaluation
from portal.knowledge.snapshot import Snapshot
from portal.mail.models import Mail
from portal.search.models import SearchMiss
from portal.tickets import finding, service
from portal.tickets.access import current_index
from portal.tickets.models import (
    Attachment,
    BulkMove,
    BulkTicket,
    Event,
    Link,
    Question,
    SavedView,
    SpikeRow,
    Ticket,
)
from portal.tickets.redacting import TABLES
from portal.tickets.service import By
from tests.conftest import Browse
from tests.factories import a_basis, make_ticket, make_user
from tests.page import Page

SignIn = Callable[..., Actor]
NAME, TRACES = "Quentin Marmelade", ("quentin", "marmelad")
SAID = f"The inbox of {NAME} is empty."


def filled(agent: Actor, snapshot: Snapshot, *, privacy: bool = False) -> str:
    """A ticket with the name in every table that can hold it; gives its number."""
    now, places = utcnow(), iter(range(10))
    with transaction():
        run = db.session.execute
        call = {"tool": "secure-messaging", "facilities": [], "no_words": SAID}
        intake = run(
            insert(Intake)
            .returning(Intake.id)
            .values(
                key=f"k{privacy}",
                owner=agent.id,
                desk="hrc",
                view="",
                state="end",
                end="filed",
                created_at=now,
                changed_at=now,
                urgent="",
                text=SAID,
                alert_words=SAID,
                call=call,
                ref_later=False,
                answers={"a": SAID},
                facts={"tried": SAID},
                not_known=[],
                ticked={},
                shown=[],
                refused=[],
                check={"title": SAID},
                outcome={"note": [SAID]},
                draft={},
                version=1,
            )
        ).scalar_one()
        decision = run(
            insert(Evaluation)
            .returning(Evaluation.id)
            .values(
                article_id="sm-when-to-escalate",
                revision=snapshot.revision,
                answers={"a": SAID},
                outcome="escalate",
                because="",
                override_reason=SAID,
                by=agent.id,
                at=now,
            )
        ).scalar_one()
    number = make_ticket(agent, intake_id=intake, privacy=privacy, basis=a_basis("undecided"))
    with transaction():
        run = db.session.execute
        id = db.session.scalar(select(Ticket.id).where(Ticket.number == number))
        texts = (
            "title",
            "summary",
            "details",
            "alert_words",
            "caller_text",
            "override_reason",
            "route_because",
        )
        facts = {"tried": SAID.upper(), "affected": "one_person"}
        run(
            update(Ticket)
            .where(Ticket.id == id)
            .values(
                **dict.fromkeys(texts, SAID), facts=facts, evaluation_id=decision, version=Ticket.version + 1
            )
        )
        run(
            insert(Question).values(
                ticket_id=id,
                words=SAID,
                kind="text",
                choices=[],
                asked_by=agent.id,
                asked_at=now,
                answer=SAID,
                answered_at=now,
            )
        )
        run(
            insert(Attachment).values(
                ticket_id=id, name="quentin_marmelade-2.png", content_type="image/png", size=1, sha256="",
                stored=f"x{agent.id}", scan="none", by=agent.id, at=now,
            )
        )  # fmt: skip
        run(insert(Link).values(ticket_id=id, known_issue_id=f"x{next(places)}", why=SAID, at=now))
        bulk = run(
            insert(BulkMove)
            .returning(BulkMove.id)
            .values(by=agent.id, at=now, move="route", given={"reason": SAID}, query="q=Quentin+Marmelade")
        ).scalar_one()
        run(
            insert(BulkTicket).values(
                bulk_id=bulk, ticket_id=id, version=1, result="moved", why="", before={"x": SAID}
            )
        )
        run(
            insert(SpikeRow).values(
                kind="words",
                tool="",
                facility="",
                words=NAME,
                because=SAID,
                since=now,
                numbers=[number],
                state="dismissed",
                reason=SAID,
                opened_at=now,
                at=now,
            )
        )
        run(
            insert(SessionRow).values(
                id=f"s{privacy}{agent.id}",
                data={"carried": {"/x": [["note", SAID]]}},
                created_at=now,
                last_seen_at=now,
                expires_at=now,
            )
        )
        run(
            insert(IdempotencyKey).values(
                user_id=agent.id, key=f"i{privacy}", payload_hash="x", result={"note": SAID}, at=now
            )
        )
        for place, name in enumerate((NAME, NAME.lower())):
            query = f"q={NAME.replace(' ', '+')}&tool=x" if place else f"q=Quent%69n%20{NAME.split()[1]}"
            run(insert(SavedView).values(user_id=agent.id, name=f"{name}{' ' * privacy}", query=query))
        run(
            insert(Mail).values(
                address="x@example.org", kind="test", dedupe_key=f"k{privacy}{agent.id}", subject=NAME, body=SAID,
                state="delivered", queued_at=now, due_at=now, tries=1, last_error="",
            )
        )  # fmt: skip
        run(insert(SearchMiss).values(words=NAME.lower(), results=0, at=now))
    with transaction():
        by = By(agent, 0, snapshot, now)
        service.add_note(number, SAID, by=by)
    finding.catch_up(current_index(), now)
    return number


@pytest.fixture
def agent(app: Flask, content: Snapshot) -> Actor:
    with app.app_context():
        return make_user(Role.AGENT, email="filer@example.org", privacy=True)


def traces(folder: Path) -> list[str]:
    """Files of the database and of the ticket index that hold a part of the name."""
    files = [*folder.glob("portal.db*"), *(folder / "index" / "tickets").glob("*")]
    return [file.name for file in files if any(one.encode() in file.read_bytes().lower() for one in TRACES)]


def confirm(browse: Browse, page: Page, url: str, **fields: str) -> Page:
    form = page.form(url).fields
    return browse.post(url, words=form["words"], version=form["version"], sure="y", **fields)


def test_an_analyst_takes_a_name_out_of_a_ticket_and_all_that_repeats_it(
    browse: Browse, sign_in: SignIn, agent: Actor, app: Flask, config: Config, content: Snapshot
) -> None:
    with app.app_context():
        number = filled(agent, content)
    assert len(traces(config.instance_dir)) >= 2
    sign_in("analyst")
    url = f"/tickets/{number}/redact"
    assert "Take out personal data" in browse.get(f"/tickets/{number}").words
    browse.get(url)
    page = browse.post(url, words=" x ")
    assert page.status == 422
    assert "Enter at least 2 letters" in page.words
    assert "stand nowhere in this ticket" in browse.post(url, words="Nobody Here").words
    page = browse.post(url, words="quentin  MARMELADE")
    assert "37 places to clear" in page.words
    for words in TABLES.values():
        assert words in page.words
    with app.app_context(), transaction():
        db.session.execute(update(Ticket).where(Ticket.number == number).values(version=Ticket.version + 1))
    page = confirm(browse, page, url)
    assert page.status == 409
    assert "Nothing was taken out" in page.words
    assert "37 places to clear" in page.words
    page = confirm(browse, page, url)
    assert "Taken out in 37 places" in page.words
    assert NAME not in page.words
    assert "The inbox of [removed] is empty." in page.words
    assert "Words that must not stay were taken out by a Tier 3 analyst." in page.words
    assert traces(config.instance_dir) == []
    assert number not in browse.get("/tickets/search?q=marmelade").words
    assert number in browse.get("/tickets/search?q=inbox").words
    with app.app_context():
        ticket = db.session.scalars(select(Ticket).where(Ticket.number == number)).one()
        assert ticket.facts == {"tried": "THE INBOX OF [removed] IS EMPTY.", "affected": "one_person"}
        views = db.session.execute(select(SavedView.name, SavedView.query)).all()
        assert views == [("[removed] 1", "q=[removed]"), ("[removed] 2", "q=[removed]&tool=x")]
        assert db.session.scalar(select(Attachment.name)) == "[removed]-2.png"
        rows = db.session.scalars(
            select(AuditRow).where(AuditRow.what == "redact ticket", AuditRow.result != "refused")
        ).all()
        assert {row.object for row in rows} == {f"ticket:{number}"}
        results = [row.result for row in rows]
        assert "words event data:1" in results
        assert sum(int(one.rpartition(":")[2]) for result in results for one in result.split()[2:]) == 37
        assert not any(one in str(results).lower() for one in TRACES)
        assert verify_chain() is None
        with pytest.raises(DatabaseError, match="append-only"), transaction():
            db.session.execute(update(Event).values(kind="x"))


def test_who_may_not_see_a_ticket_takes_nothing_out_of_it(
    browse: Browse, sign_in: SignIn, agent: Actor, app: Flask, content: Snapshot
) -> None:
    with app.app_context():
        number = filled(agent, content, privacy=True)
    sign_in("analyst")
    assert browse.get(f"/tickets/{number}/redact").status == 404
    assert browse.post(f"/tickets/{number}/redact", words=NAME).status == 404
    assert browse.post(f"/tickets/{number}/redact", words=NAME, sure="y").status == 404
    sign_in("analyst", email="cleared@example.org", privacy=True)
    browse.get(f"/tickets/{number}/redact")
    assert "places to clear" in browse.post(f"/tickets/{number}/redact", words=NAME).words


def test_the_command_says_where_asks_and_leaves_no_trace_in_any_file(
    agent: Actor, app: Flask, config: Config, content: Snapshot, tmp_path: Path
) -> None:
    with app.app_context():
        number = filled(agent, content, privacy=True)
        with transaction():  # an older copy, in what is free space now
            db.session.execute(text("CREATE TABLE old AS SELECT summary FROM ticket"))
            db.session.execute(text("DROP TABLE old"))
    (tmp_path / "words").write_text(f"{NAME}\n")

    def run(*more: str, given: str = "", name: str = number) -> Any:
        command = ["tickets", "redact", name, "--text-file", str(tmp_path / "words"), *more]
        return app.test_cli_runner().invoke(args=command, input=given)

    said = run("--dry-run")
    assert "ticket.title: 1" in said.output
    assert "37 places hold the words." in said.output
    assert NAME not in said.output
    assert run(given="n\n").exit_code == 1
    assert traces(config.instance_dir)
    assert run("--yes", name="T3-2020-999999").exit_code == 1
    said = run("--yes")
    assert said.exit_code == 0
    assert "Taken out." in said.output
    assert traces(config.instance_dir) == []
    assert "0 places hold the words." in run("--yes").output
