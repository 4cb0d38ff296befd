"""The same portal on PostgreSQL: its migrations, its demo data, filing at once, and every main page."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal.accounts import service as accounts
from portal.accounts.actor import COMMAND_LINE, Actor
from portal.accounts.audit_store import AuditFilters, page_of_audit
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.core.errors import Conflict
from portal.criteria.severity import Severity
from portal.intake import service as practice
from portal.intake import store
from portal.intake.practice import Answer
from portal.intake.service import At
from portal.knowledge import service as knowledge
from portal.knowledge import store as articles
from portal.knowledge.access import current_snapshot, knowledge_base
from portal.knowledge.content_merge import Held
from portal.knowledge.content_store import Author, Change, Clash, Revision
from portal.knowledge.issue_draft import IssueDraft
from portal.knowledge.issue_states import IssueChange
from portal.tickets import finding, following, importing, issue_store, making, service
from portal.tickets.access import current_index, look_for_spikes
from portal.tickets.exported import Exported, read_export
from portal.tickets.finding import Asked
from portal.tickets.models import Event, Ticket
from portal.tickets.service import By
from portal.tickets.ticket import Counts, Reference
from tests.conftest import open_session
from tests.factories import a_basis, make_report, make_ticket
from tests.filing import (
    answers_to_one_question,
    at_once,
    callers_at_once,
    numbers_of_filings,
    numbers_of_one_intake,
    takers_of_one_ticket,
)
from tests.unit.tickets.test_groups import ONE_DAY

PAGES = (
    "/", "/known-issues", "/my-calls", "/look-up?number=4100231", "/tickets/", "/tickets/?queue=all&sort=filed",
    "/tickets/?queue=due", "/tickets/spikes", "/tickets/?queue=critical", "/tickets/?queue=mine", "/tickets/?queue=questions",
    "/tickets/?queue=triage&sort=left&facility=668", "/tickets/?queue=new&at=1", "/tickets/?queue=answers",
    "/tickets/?queue=all&words=reply+fails",
    "/tickets/?queue=returned", "/desk/questions", "/notices", "/tickets/T3-{year}-000006",
    "/tickets/search?q=fails+sm98", "/tickets/search?q=4100231", "/tickets/T3-{year}-000001/similar",
    "/tickets/T3-{year}-000001", "/articles/sm-when-to-escalate", "/articles/sm-when-to-escalate/history",
    "/search/?q=refill+late", "/intake", "/intake/practice", "/intake/practice/hardest", "/accounts/", "/readyz",
    "/articles/flags", "/team?team=messaging", "/team/work.csv?team=messaging",
)  # fmt: skip


@pytest.fixture
def analyst(postgres_app: Flask) -> Actor:
    with postgres_app.app_context():
        return accounts.actor_named("analyst@example.org")


@pytest.fixture
def client(postgres_app: Flask, analyst: Actor) -> FlaskClient:
    client = postgres_app.test_client()
    open_session(postgres_app, client, analyst)
    return client


def test_demo_tickets_were_filed_and_routed(postgres_app: Flask) -> None:
    with postgres_app.app_context():
        rows = db.session.execute(text("SELECT team, state FROM ticket ORDER BY id")).all()
        db.session.remove()
    assert ("messaging", "routed") in [tuple(row) for row in rows]
    assert any(state == "new" for _, state in rows)


@pytest.mark.parametrize("path", PAGES)
def test_page_answers(path: str, client: FlaskClient, postgres_app: Flask) -> None:
    with postgres_app.app_context():
        number: str = db.session.execute(text("SELECT number FROM ticket ORDER BY id LIMIT 1")).scalar_one()
        db.session.remove()
    assert client.get(path.format(year=number[3:7]), follow_redirects=True).status_code == 200


@pytest.mark.parametrize("path", ["/desk", "/desk?period=day", "/desk?format=csv"])
def test_the_desk_in_figures(path: str, postgres_app: Flask) -> None:
    client = postgres_app.test_client()
    with postgres_app.app_context():
        lead = accounts.actor_named("lead@example.org")
    open_session(postgres_app, client, lead)
    assert client.get(path).status_code == 200


def test_200_filings_at_once_give_200_numbers(postgres_app: Flask, analyst: Actor) -> None:
    numbers = numbers_of_filings(postgres_app, analyst, 200)
    assert len(set(numbers)) == 200


def test_50_submits_of_one_intake_give_one_ticket(postgres_app: Flask, analyst: Actor) -> None:
    assert len(set(numbers_of_one_intake(postgres_app, analyst, 50))) == 1


def test_the_demo_shows_the_states_of_a_life(postgres_app: Flask) -> None:
    with postgres_app.app_context():
        states = (
            db.session.execute(text("SELECT state FROM ticket WHERE id <= 7 ORDER BY id")).scalars().all()
        )
        counted = (
            db.session.execute(text("SELECT known_issue_id FROM report WHERE ticket_id = 6")).scalars().all()
        )
        db.session.remove()
    assert states == ["new", "answer_ready", "on_hold", "returned", "routed", "linked", "back_to_tier2"]
    assert counted == ["sm-oracle-health-send-failure"]


def test_of_20_who_take_one_ticket_at_once_one_has_it(postgres_app: Flask, analyst: Actor) -> None:
    takers = takers_of_one_ticket(postgres_app, analyst, analyst, 20)
    assert sorted(takers) == ["told"] * 19 + ["took"]


def test_of_20_who_answer_a_question_at_once_one_is_kept_and_the_hold_ends_once(
    postgres_app: Flask, analyst: Actor
) -> None:
    answers, events = answers_to_one_question(postgres_app, analyst, 20)
    assert sorted(answers) == ["kept"] + ["told"] * 19
    assert events.count("replied") == events.count("resumed") == 1


def test_many_tickets_are_taken_and_put_back_and_who_looked_is_noted_once(
    postgres_app: Flask, client: FlaskClient, analyst: Actor
) -> None:
    with postgres_app.app_context():
        numbers = [
            make_ticket(analyst, basis=a_basis("undecided"), severity=Severity.CRITICAL) for _ in range(3)
        ]
    token = {"X-CSRFToken": open_session(postgres_app, client, analyst)}
    poll = {"HX-Request": "true", "HX-Target": "critical"}
    assert numbers[0] in client.get("/tickets/critical", headers=poll).get_data(as_text=True)
    form = {"move": "take", "n": numbers, "query": "queue=new"}
    assert client.post("/tickets/bulk", data=form, headers=token).location.startswith("/tickets/?queue=new")
    assert numbers[0] not in client.get("/tickets/critical", headers=poll).get_data(as_text=True)
    for _ in range(2):
        client.get(f"/tickets/{numbers[0]}?queue=mine&at=0", buffered=True)
    with postgres_app.app_context():
        one = db.session.execute(text("SELECT max(id) FROM bulk_move")).scalar_one()
        looks = db.session.execute(text("SELECT count(*) FROM ticket_view")).scalar_one()
        states = db.session.execute(text("SELECT state FROM ticket ORDER BY id DESC LIMIT 3")).scalars().all()
        db.session.remove()
    assert (states, looks) == (["triaging"] * 3, 1)
    client.post(f"/tickets/bulk/{one}/undo", headers=token)
    with postgres_app.app_context():
        states = db.session.execute(text("SELECT state FROM ticket ORDER BY id DESC LIMIT 3")).scalars().all()
        db.session.remove()
    assert states == ["new"] * 3


def test_a_spike_is_opened_once(postgres_app: Flask, analyst: Actor) -> None:
    with postgres_app.app_context():
        for one in ONE_DAY:
            make_ticket(analyst, title=one.title, summary=one.summary, basis=a_basis("undecided"))
        opened = []
        for _ in range(2):
            with transaction():
                opened.append(sum("spins" in words for words in look_for_spikes()))
        assert opened == [1, 0]
        db.session.remove()


def test_the_ticket_index_follows(postgres_app: Flask, analyst: Actor) -> None:
    with postgres_app.app_context():
        number, index = make_ticket(analyst, summary="A kaleidoscope turns on the page."), current_index()
        asked = Asked("kaleidoscope", current_snapshot().catalogue, {})
        found = finding.search_tickets(index, asked, actor=analyst, now=utcnow(), page=1)
        assert [one.row.number for one in found.page.items] == [number]
        assert finding.catch_up(index, utcnow(), whole=True)
        assert finding.diagnose(index) == []
        db.session.remove()


def test_api_files_once_for_one_key(postgres_app: Flask) -> None:
    with postgres_app.app_context(), transaction():
        token = accounts.create_token(COMMAND_LINE, "agent@example.org", "test")
    body = {
        "tool": "medications", "audience": "veteran", "origin": "hrc", "external_refs": ["7654321"],
        "summary": "The list does not load after a new sign-in.", "details": "", "severity": "medium",
    }  # fmt: skip
    headers = {
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": "one",
        "Content-Type": "application/json",
    }
    client = postgres_app.test_client()
    first = client.post("/api/v1/tickets", data=json.dumps(body), headers=headers)
    second = client.post("/api/v1/tickets", data=json.dumps(body), headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json["number"] == second.json["number"]


@pytest.mark.parametrize("table", ["event", "audit"])
def test_append_only_tables_refuse_changes(table: str, postgres_app: Flask) -> None:
    with postgres_app.app_context(), pytest.raises(DBAPIError, match="append-only"), transaction():
        db.session.execute(text(f"DELETE FROM {table}"))


def test_audit_chain_is_whole(postgres_app: Flask) -> None:
    with postgres_app.app_context():
        assert accounts.verify_chain() is None
        db.session.remove()


def test_20_clicks_start_one_practice_round_and_keep_one_answer(postgres_app: Flask, analyst: Actor) -> None:
    with postgres_app.app_context():
        at = At(analyst, current_snapshot(), utcnow())

    def begin(_place: int) -> str:
        with transaction():
            practice.start_practice("all", 5, key="mine", at=at)
        return str(len(practice.read_round("mine", at=at).attempts))

    def answer(place: int) -> str:
        with transaction():
            practice.answer_practice("mine", 1, Answer("escalate", f"severity {place}"), at=at)
        return str(practice.read_round("mine", at=at).at(1).chosen)

    assert set(at_once(postgres_app, 20, begin)) == {"5"}
    assert len(set(at_once(postgres_app, 20, answer))) == 1
    with postgres_app.app_context():
        assert sum(tally.answers for tally in store.practice_tallies()) == 1
        db.session.remove()


def test_20_keeps_of_one_draft_are_one_and_it_is_sent_in_once(postgres_app: Flask) -> None:
    with postgres_app.app_context():
        editor, base = accounts.actor_named("editor@example.org"), knowledge_base()
        opened = knowledge.open_work(base, "sm-when-to-escalate", actor=editor)

    def keep(place: int) -> str:
        with transaction():
            work = replace(opened.work, text=f"{opened.work.text}\nLine {place}\n")
            knowledge.keep_draft(base, work, message="At once", actor=editor, now=utcnow())
        return "kept"

    def submit(_place: int) -> str:
        try:
            with transaction():
                knowledge.submit(opened.work, passed=0, actor=editor, now=utcnow())
        except Conflict:
            return "too late"
        return "sent in"

    assert set(at_once(postgres_app, 20, keep)) == {"kept"}
    assert at_once(postgres_app, 20, submit).count("sent in") == 1
    with postgres_app.app_context():
        assert [one.state for one in knowledge.list_drafts(editor)] == ["in_review"]
        with pytest.raises(knowledge.InReview), transaction():
            knowledge.keep_draft(base, opened.work, message="Late", actor=editor, now=utcnow())
        assert len(knowledge.list_waiting(base, editor)) == 1
        db.session.remove()


def test_history_written_anew_is_followed_and_a_fetched_change_is_held(postgres_app: Flask) -> None:
    clash = Clash("reference/made.md", "base\n", "theirs secret\n", "ours secret\n")
    held = Held("criteria/made.md", "secret\n", "b" * 40, Author("Outside", "o@example.org"), "By git")
    step = Revision("a" * 40, utcnow(), "Outside", "By git")
    change = Change(step, ("criteria/made.md",), (clash,), (held, held))
    with postgres_app.app_context():
        head = knowledge_base().content.head() or ""
        for _ in range(2):
            with transaction():
                knowledge.note_changes([change], utcnow())
        with transaction():
            articles.note_revisions([replace(change, revision=replace(step, commit="c" * 40))], now=utcnow())
            articles.replace_revisions({"a" * 40: "c" * 40, "b" * 40: "d" * 40, head: "e" * 40})
            paths = ["criteria/made.md", "reference/made.md"]
            articles.clean_texts(paths, lambda words: words.replace("secret", "(removed)"))
        [draft] = [one for one in articles.list_in_review() if one.article_id == "made"]
        assert (draft.text, draft.base_revision, draft.author_name) == ("(removed)\n", "d" * 40, "Outside")
        assert [row.commit for row in articles.list_revisions("made")] == ["c" * 40]
        [kept] = [one for one in articles.list_open_conflicts() if one.path == clash.path]
        assert (kept.theirs, kept.ours) == ("theirs (removed)\n", "ours (removed)\n")
        with transaction():
            articles.put_in_draft(kept.id, draft.id)
        assert articles.list_conflicts_of_draft(draft.id) == [kept]
        with transaction():
            articles.delete_draft("made", draft.author)
            articles.resolve_conflict(kept.id, utcnow())
        assert articles.list_conflicts_of_draft(draft.id) == []
        with transaction():
            articles.replace_revisions({"e" * 40: head})
        db.session.remove()


def test_50_reports_at_once_count_as_50_and_one_record_sent_50_times_as_one(
    postgres_app: Flask, analyst: Actor
) -> None:
    records = [f"43000{place:02}" for place in range(50)]
    assert callers_at_once(postgres_app, analyst, records, "mr-short-date-range") == 50
    assert callers_at_once(postgres_app, analyst, ["4300100"] * 50, "mr-short-date-range") == 51


def test_a_known_issue_is_made_merged_and_counted(postgres_app: Flask, analyst: Actor) -> None:
    with postgres_app.app_context():
        base, now = knowledge_base(), utcnow()
        following.follow(base, now)
        number = make_ticket(analyst, basis=a_basis("undecided"), references=(Reference("hrc", "4400001"),))
        draft = IssueDraft(
            title="Letters are cut", tool="secure-messaging", symptoms=("the end of my letter is gone",)
        )
        by = By(analyst, 0, base.snapshot(), now)
        made = making.make_known_issue(base, draft, [number], key="pg", by=by)
        assert made == making.Made("sm-letters-are-cut", (number,), ())
        assert making.make_known_issue(base, draft, [number], key="pg", by=by).linked == ()
        following.follow(base, now)
        into = "sm-care-system-list-wrong-in-app"
        before = service.report_counts([into], now).get(into, Counts()).total
        make_report(analyst, into, reference=Reference("hrc", "4400001"))
        make_report(analyst, into, reference=Reference("hrc", "4400002"))
        assert (
            issue_store.count_since(into, now) == 2
        )  # the new ticket on the first record is the same caller
        issue = base.snapshot().articles[made.article_id]
        change = IssueChange("merged", (), draft.caller_text, merged_into=into)
        knowledge.change_issue(base, issue, change, revision=base.snapshot().revision, actor=analyst, now=now)
        assert following.follow(base, now) == 1
        assert service.report_counts([into], utcnow())[into].total == before + 2
        events = db.session.scalars(select(Event.kind).join(Ticket).where(Ticket.number == number)).all()
        assert events[-1] == "issue_news"
        db.session.remove()


def test_one_task_of_a_kind_is_open_for_a_team(postgres_app: Flask, analyst: Actor) -> None:
    with postgres_app.app_context():
        found = at_once(postgres_app, 6, lambda _place: _add_review())
        assert sorted(found) == ["False"] * 5 + ["True"]
        with transaction():
            knowledge.decide_task(
                "messaging",
                "review",
                "sm-down",
                accepted=True,
                reason="",
                actor=accounts.actor_named("admin@example.org"),
                now=utcnow(),
            )
        assert _add_review() == "True"


def _add_review() -> str:
    with transaction():
        return str(knowledge.add_task("messaging", "review", "sm-down", "new", utcnow()))


def test_a_record_imported_20_times_at_once_is_one_ticket_and_clocks_and_audit_read_the_same(
    postgres_app: Flask, analyst: Actor
) -> None:
    data = b"number,short_description,opened_at\nINC7700001,Pool 100%_done,2025-03-04 09:00:00\n"
    with postgres_app.app_context():
        snapshot, now = current_snapshot(), utcnow()
    [row] = read_export(data, "snow", snapshot.catalogue, {}, ZoneInfo("UTC"), now)
    assert isinstance(row, Exported)

    def take(_place: int) -> str:
        with transaction():
            return importing.take(row, actor=analyst, catalogue=snapshot.catalogue, now=now, apply=True)[0]

    assert sorted(at_once(postgres_app, 20, take)) == ["already here"] * 19 + ["new"]
    with postgres_app.app_context():
        ticket = service.get_ticket("T3-2025-000001", analyst)
        assert ticket.due_at == datetime(2025, 3, 4, 17, tzinfo=UTC)
        with transaction():
            service.set_all_due(snapshot.catalogue)
            assert service.set_all_due(snapshot.catalogue) == 0
        filters = AuditFilters(
            what="IMPORT", object="t3-2025-000001", since=str((now - timedelta(days=1)).date())
        )
        assert page_of_audit(filters, UTC, 1).total == 1
        assert page_of_audit(AuditFilters(object="%_"), UTC, 1).total == 0
        db.session.remove()
