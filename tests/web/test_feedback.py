"""Readers say what is wrong, the owning team answers: flags, comments, the work list and the team's page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.accounts import store
from portal.accounts.actor import Role
from portal.accounts.models import AuditRow
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.criteria.decide import decide as rule_decide
from portal.knowledge import service as knowledge
from portal.knowledge.models import Flag
from portal.knowledge.service import KnowledgeBase
from portal.knowledge.snapshot import Snapshot
from portal.search import service as search
from portal.tickets import service as tickets
from portal.tickets.lifecycle import Given
from portal.tickets.models import Ticket
from tests.conftest import Browse, open_session
from tests.factories import make_report, make_ticket, make_user
from tests.page import Page
from tests.small_base import serve_small

RUNBOOK = "/articles/sm-send-error"
WORDS = "Step 2 does not say where the sign-out is."


@pytest.fixture
def base(app: Flask, tmp_path: Path) -> Iterator[KnowledgeBase]:
    with serve_small(app, tmp_path) as made:
        yield made


@pytest.fixture
def person(app: Flask) -> Callable[..., Browse]:
    """`person("editor", "messaging")`: somebody at a browser of their own."""

    def make(role: str = "agent", scope: str = "", email: str = "") -> Browse:
        browse = Browse(app.test_client())
        with app.app_context():
            actor = make_user(Role(role), scope=scope, email=email or f"{role}@example.org")
        browse.token = open_session(app, browse.client, actor)
        return browse

    return make


def flag(browse: Browse, words: str = WORDS, kind: str = "unclear", **more: object) -> Page:
    browse.get(f"{RUNBOOK}/flag")
    return browse.post(
        f"{RUNBOOK}/flag", **{"kind": kind, "place": "do-2", "words": words, "key": "k1", **more}
    )


def test_a_reader_flags_a_step_once_and_sees_it_beside_the_article(
    base: KnowledgeBase, app: Flask, person: Callable[..., Browse]
) -> None:
    agent = person()
    page = agent.get(RUNBOOK)
    assert "Something is wrong here" in page.text
    assert f'href="{RUNBOOK}/flag?at=more-about-it"' in page.text
    assert '<option value="more-about-it" selected>' in agent.get(f"{RUNBOOK}/flag?at=more-about-it").text
    wrong = flag(agent, words="no", kind="")
    assert wrong.status == 422
    assert "Select what is the matter" in wrong.text
    held = flag(agent, words="The caller, SSN 219-09-9999, cannot sign out.")
    assert held.status == 422
    assert "looks like a Social Security number" in held.text
    assert "219-09-9999" in held.text, "what was typed is kept"
    named = flag(agent, words="Mr. Halloran cannot find the sign-out.")
    assert named.status == 422
    assert "is nobody’s" in named.text
    assert flag(agent).status == 200
    page = flag(agent)
    assert "You flagged Do, step 2" in page.text
    assert "not answered yet" in page.text
    assert WORDS in agent.get("/articles/flags").text
    assert "You flagged" not in person(email="other@example.org").get(RUNBOOK).text
    with app.app_context():
        [row] = db.session.scalars(select(Flag))
        assert (row.revision, row.as_who, row.state) == (
            base.snapshot().revision,
            "HRC help desk (Tier 1)",
            "open",
        )
        whats = list(db.session.scalars(select(AuditRow.what)))
        assert "flag article" in whats
        assert WORDS not in " ".join(db.session.scalars(select(AuditRow.result)))


def test_a_comment_is_read_by_others_until_it_is_hidden(
    base: KnowledgeBase, person: Callable[..., Browse]
) -> None:
    agent = person()
    said = "Callers call the sign-out the little man."
    assert said in flag(agent, words=said, kind="comment").text
    other = person(email="other@example.org")
    page = other.get(RUNBOOK)
    assert said in page.text
    assert "/hide" not in page.text
    assert other.send("/articles/flags/1/hide").status_code == 403
    assert person("editor", "medications", "rx@example.org").send("/articles/flags/1/hide").status_code == 403
    editor = person("editor", "messaging")
    assert "/articles/flags/1/hide" in editor.get(RUNBOOK).text
    assert said not in editor.post("/articles/flags/1/hide").text
    assert "Comment, hidden" in agent.get("/articles/flags").text


def test_one_task_of_a_kind_is_open_for_a_team(app: Flask) -> None:
    with app.app_context():
        with transaction():
            assert knowledge.add_task("messaging", "review", "sm-down", "published by Tier 3", utcnow())
            assert not knowledge.add_task("messaging", "review", "sm-down", "again", utcnow())
            assert knowledge.add_task("other", "review", "sm-down", "", utcnow())
        assert [task.detail for task in knowledge.open_tasks("messaging")] == ["published by Tier 3"]
        admin = make_user(Role.ADMIN)
        with transaction():
            knowledge.decide_task(
                "messaging", "review", "sm-down", accepted=True, reason="", actor=admin, now=utcnow()
            )
            assert knowledge.add_task("messaging", "review", "sm-down", "changed", utcnow())
        assert ("review", "sm-down") in knowledge.decisions("messaging")


def decide(browse: Browse, kind: str, subject: str, decision: str, **more: object) -> Page:
    fields = {"team": "messaging", "kind": kind, "subject": subject, "decision": decision, **more}
    return browse.post("/team/work", **fields)


def test_an_accepted_flag_opens_a_draft_with_its_words_and_a_declined_one_is_answered(
    base: KnowledgeBase, app: Flask, person: Callable[..., Browse]
) -> None:
    agent, editor = person(), person("editor", "messaging")
    flag(agent)
    flag(agent, words="The second line is from last year.", kind="outdated", key="k2", place="")
    page = editor.get("/team")
    assert "A message cannot be sent, Do, step 2: Sign in again. I do not understand it" in page.words
    assert person("analyst").get("/team?team=messaging").text.count("Accept<") == 0, (
        "who does not own it looks only"
    )
    assert (
        person("editor", "medications", "rx@example.org").client.get("/team?team=messaging").status_code
        == 404
    )
    assert agent.client.get("/team").status_code == 403
    decide(editor, "flag", "1", "accept")
    assert "I do not understand it" not in editor.get("/team").words
    editor.post(f"{RUNBOOK}/discard")
    assert "I do not understand it" in editor.get("/team").words, "nothing came of it"
    assert "Not answered yet" in agent.get("/articles/flags").words
    page = decide(editor, "flag", "1", "accept")
    assert "Accepted. The words stand at the end of your draft" in page.text
    sent = page.form(f"{RUNBOOK}/edit").sent()
    assert sent["body"].endswith(f"## Note to the author\n\n- Flag, once: A message cannot be sent, Do, step 2: Sign in again. "
                                 f"I do not understand it: “{WORDS}”\n")  # fmt: skip
    assert "take the notes to the author out" in page.text
    assert (
        "To work in; then take the notes out at the end of the text. Flag, once: A message cannot be sent, Do"
        in page.words
    )
    refused = editor.post(f"{RUNBOOK}/edit", **{**sent, "message": "Say where the sign-out is"})
    assert refused.status == 422, "a note is never published"
    assert WORDS not in base.content.read("runbook/sm-send-error.md", base.snapshot().revision).decode()
    body = (
        str(sent["body"])
        .partition("## Note to the author")[0]
        .replace("2. Sign in again", "2. Sign out on top, then in")
    )
    assert "Answer: The team is working it into the article." in agent.get("/articles/flags").words
    page = editor.post(f"{RUNBOOK}/edit", **{**sent, "body": body, "message": "Say where the sign-out is"})
    assert "Published" in page.text
    told = "A message cannot be sent : what you flagged is in the article now"
    assert told in agent.get("/notices").words
    assert told not in editor.get("/notices").words
    editor.client.post(f"{RUNBOOK}/autosave", data={**sent, "csrf_token": editor.token})
    editor.post(f"{RUNBOOK}/discard")
    assert "I do not understand it" not in editor.get("/team").words, "it is in the article"
    assert (
        "2. Sign out on top"
        in base.content.read("runbook/sm-send-error.md", base.snapshot().revision).decode()
    )
    short = decide(editor, "flag", "2", "decline", reason="no")
    assert short.status == 422
    assert "Say why, in 10 to 300 characters" in short.text
    decide(editor, "flag", "2", "decline", reason="It was checked on Monday and is right.")
    assert editor.client.post("/team/work", data={"csrf_token": editor.token, "team": "messaging", "kind": "flag",
                                                  "subject": "2", "decision": "accept"}).status_code == 409  # fmt: skip
    mine = agent.get("/articles/flags").words
    assert "Answer: It is in the article. See what changed" in mine
    assert "Answer: It was checked on Monday and is right." in mine
    with app.app_context():
        whats = list(db.session.scalars(select(AuditRow.what)))
        assert {"accepted flag", "declined flag"} <= set(whats)


def test_misses_and_overrides_are_counted_until_the_team_decides_and_again_after(
    base: KnowledgeBase, app: Flask, person: Callable[..., Browse]
) -> None:
    editor = person("editor", "messaging")
    now = utcnow()

    def happen(at: datetime) -> None:
        with app.app_context():
            caller = make_user(email=f"{at.timestamp()}@example.org")
        with app.app_context(), transaction():
            search.count_miss("read receipt", 0, now=at)
            rules = base.snapshot().articles["sm-rules"]
            answers = {"shows": "error", "followed": "no"}
            assert rules.table
            knowledge.record_evaluation(
                article_id="sm-rules", revision="r", answers=answers, decision=rule_decide(rules.table, answers),
                actor=caller, now=at, override_outcome="escalate",
                override_reason="The caller, (555) 867-5309, tried it twice.",
            )  # fmt: skip

    happen(now - timedelta(hours=2))
    happen(now - timedelta(hours=1))
    page = editor.get("/team")
    assert "Not found × 2 “read receipt”" in page.words
    assert "rule try-first: it said “You solve it”, the agent decided “Goes to Tier 3”" in page.words
    assert "867" not in page.words
    rows = editor.client.get("/team/work.csv?team=messaging").get_data(as_text=True)
    assert "Not found,“read receipt”,2," in rows
    assert "Add it to an article" in page.text
    wrong = decide(editor, "miss", "read receipt", "accept", article="no-such")
    assert wrong.status == 422
    assert "Choose the article that is to say it" in wrong.text
    new = editor.get("/articles/new?type=runbook&owner=messaging&title=Read+receipt&miss=read+receipt")
    page = editor.post("/articles/new", **new.form("/articles/new").sent())
    assert "Searched and not found: “read receipt”" in page.text
    assert "read receipt" not in editor.get("/team").words
    editor.post("/articles/read-receipt/discard")
    assert "Not found × 2 “read receipt”" in editor.get("/team").words, "nothing came of it"
    editor.post("/articles/new", **new.form("/articles/new").sent())
    decide(
        editor,
        "override",
        "sm-rules#try-first#escalate",
        "decline",
        reason="Two tries are what the rule asks for.",
    )
    page = editor.get("/team")
    assert "read receipt" not in page.words
    assert "try-first" not in page.words
    happen(now + timedelta(minutes=1))
    page = editor.get("/team")
    assert "Not found “read receipt”" in page.words, "once more than decided"


def test_the_page_shows_what_came_since_it_was_marked_as_seen(
    content: Snapshot, app: Flask, person: Callable[..., Browse]
) -> None:
    editor, analyst = person("editor", "messaging"), person("analyst")
    with app.app_context():
        found = make_user()
        number = make_ticket(found, title="SM - Reply fails: SM98 (web)")
        secret = make_ticket(found, title="SM - Sees another inbox", privacy=True)
        make_report(found, "sm-messages-not-available")
    page = editor.get("/team")
    assert number in page.text
    assert secret not in page.text
    assert f"{number} SM - Reply fails: SM98 (web)" in page.words
    assert "accepted by nobody" in page.words
    assert page.words.count(number) == 1, "once, however it stands"
    assert "+1 of 1 caller" in page.words
    assert "Arrived (1)" in page.words
    seen = page.form("/team/seen").sent()
    page = editor.post("/team/seen", **seen)
    assert "Arrived (1)" not in page.words
    assert "Accepted by nobody (1)" in page.words, "what waits stays"
    assert "none new of 1 caller" in page.words
    assert "Arrived (1)" in analyst.get("/team?team=messaging").words, "each person has an own last look"
    with app.app_context(), transaction():
        db.session.execute(update(Ticket).where(Ticket.number == number).values(state="accepted"))
    page = editor.get("/team")
    assert "Accepted by nobody (1)" not in page.words
    assert f"{number} SM - Reply fails: SM98 (web) target" in page.words
    admin = person("admin").get("/team?team=messaging")
    assert number not in admin.text
    assert "Tickets are shown to the team and to Tier 3" in admin.words
    empty = analyst.get("/team?team=supplies") if "supplies" in content.catalogue.teams else page
    assert empty.status == 200


def test_a_review_opens_the_article_and_a_return_is_counted_by_its_rule(
    base: KnowledgeBase, app: Flask, person: Callable[..., Browse]
) -> None:
    editor = person("editor", "messaging")
    with app.app_context():
        agent, team = make_user(), store.find_actor("editor@example.org")
        assert team
        with transaction():
            knowledge.add_task(
                "messaging", "review", "sm-down", "published by Tier 3, not read by the team yet", utcnow()
            )
            answers = {"shows": "error", "followed": "yes"}
            table = base.snapshot().articles["sm-rules"].table
            assert table
            made = knowledge.record_evaluation(
                article_id="sm-rules", revision="r", answers=answers, decision=rule_decide(table, answers),
                actor=agent, now=utcnow(),
            )  # fmt: skip
            evaluation_id = made.id
        number = make_ticket(agent)
        with transaction():
            db.session.execute(
                update(Ticket)
                .where(Ticket.number == number)
                .values(evaluation_id=evaluation_id, team="messaging", state="routed")
            )
        version = tickets.get_ticket(number, team).version
        by = tickets.By(team, version, base.snapshot(), utcnow(), UTC)
        with transaction():
            given = Given(return_reason="lacks_facts", reason="The name of the care team is missing.")
            tickets.move_ticket(number, "return", given, by=by)
    page = editor.get("/team")
    assert "Messages are down: published by Tier 3, not read by the team yet" in page.words
    assert "When messaging goes to Tier 3, rule single: returned as lacks facts" in page.words
    assert "name of the care team" not in page.words
    page = decide(editor, "review", "sm-down", "accept")
    assert page.title.startswith("Edit: Messages are down")
    assert "Note to the author" not in page.text
    page = decide(editor, "returned", "sm-rules#single#lacks_facts", "accept")
    assert "Returned tickets, once: When messaging goes to Tier 3" in page.text
    assert "Work list (" not in editor.get("/team").words
