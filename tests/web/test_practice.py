"""Practice calls: a round and its answers, what is refused, what counts once, who may enter, and that nothing else is written."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import timedelta
from html import escape
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.accounts.actor import Actor
from portal.core.clock import utcnow
from portal.core.db import Base, db, transaction
from portal.intake import practice, service
from portal.intake.models import PracticeAttempt
from portal.intake.practice import Answer, PracticeCall
from portal.intake.service import At
from portal.knowledge.snapshot import Snapshot
from tests.conftest import Browse
from tests.factories import make_user
from tests.filing import at_once

SignIn = Callable[..., Actor]
BLOCKED = ("sm-when-to-escalate", "two teams are gray, the facility says the Veteran is blocked there (K04)")


@pytest.fixture(autouse=True)
def agent(content: Snapshot, sign_in: SignIn) -> Actor:
    return sign_in("agent")


def attempts(app: Flask) -> list[PracticeAttempt]:
    with app.app_context():
        return list(db.session.scalars(select(PracticeAttempt).order_by(PracticeAttempt.id)))


def calls(content: Snapshot) -> dict[tuple[str, str], PracticeCall]:
    return {call.id: call for call in practice.calls_of(content)}


def put(app: Flask, actor: Actor, ids: Sequence[tuple[str, str]], key: str = "round") -> str:
    """A round of these very calls; gives the address of the first."""
    with app.app_context(), transaction():
        for place, (article, example) in enumerate(ids, 1):
            db.session.add(
                PracticeAttempt(by=actor.id, round=key, place=place, article_id=article, example=example)
            )
    return f"/intake/practice/{key}/1"


def right_fields(row: PracticeAttempt, content: Snapshot) -> dict[str, str]:
    right = practice.answer_of(calls(content)[row.article_id, row.example].decision())
    return (
        {"outcome": right.outcome, right.outcome: right.target}
        if right.target
        else {"outcome": right.outcome}
    )


def rows_of_all_tables(app: Flask) -> dict[str, int]:
    with app.app_context():
        return {
            table.name: db.session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


# --- a round


def test_a_round_is_answered_call_by_call_and_ends_in_its_summary(
    app: Flask, browse: Browse, content: Snapshot
) -> None:
    browse.get("/intake/practice")
    page = browse.post("/intake/practice", area="medications", count="5", key="mine")
    assert page.title.startswith("Practice call 1 of 5")
    for row in attempts(app):
        assert browse.url == f"/intake/practice/mine/{row.place}"
        page = browse.post(browse.url, **right_fields(row, content))
        assert page.title.startswith(f"Right: practice call {row.place} of 5")
        assert browse.url == f"/intake/practice/mine/{row.place}"
        if row.place < 5:
            assert f'href="/intake/practice/mine/{row.place + 1}"' in page.text
            browse.get(f"/intake/practice/mine/{row.place + 1}")
    assert 'href="/intake/practice/mine"' in page.text
    done = browse.get("/intake/practice/mine")
    assert "Practice round finished" in done.words
    assert "5 of 5 right." in done.words
    assert "Repeat" not in done.words
    assert {row.article_id for row in attempts(app)} == {"rx-when-to-escalate"}
    assert "5 calls answered: 5 right, 0 partly right, 0 not right." in browse.get("/intake/practice").words


def test_a_call_shows_words_and_what_is_found_out_and_neither_number_nor_outcome(
    app: Flask, browse: Browse, agent: Actor
) -> None:
    page = browse.get(put(app, agent, [BLOCKED]))
    assert "Two teams are gray, the facility says the Veteran is blocked there." in page.words
    assert "K04" not in page.text
    assert 'What does the screen show? Blocked, greyed out or "not connected"' in page.words
    assert "Only the facility assigns a team" not in page.words
    assert "facility-manages" not in page.text


def test_the_result_names_rule_reason_say_text_and_the_places_to_read_on(
    app: Flask, browse: Browse, agent: Actor, content: Snapshot
) -> None:
    browse.get(put(app, agent, [BLOCKED]))
    page = browse.post(browse.url, outcome="escalate", escalate="high")
    assert page.title.startswith("Not right: practice call 1 of 1")
    assert "You chose: Goes to Tier 3, High" in page.words
    assert "Only the facility assigns a team or lifts a block; Tier 3 cannot do either." in page.words
    assert content.catalogue.routes["mhv-coordinator"].say in page.words
    for link in (
        "/articles/sm-when-to-escalate#rule-facility-manages",
        "/articles/route/mhv-coordinator",
        f"/articles/sm-when-to-escalate/check?{escape(urlencode(calls(content)[BLOCKED].example.given))}",
    ):
        assert f'href="{link}"' in page.text
    assert "See how the round went" in page.words


def test_the_link_to_check_the_case_leads_to_the_same_decision(
    app: Flask, browse: Browse, content: Snapshot
) -> None:
    for call in list(calls(content).values())[::25]:
        decision = call.decision()
        page = browse.get(f"/articles/{call.article.id}/check", query_string=dict(call.example.given))
        assert not decision.rule or f"Rule {decision.rule.id}" in page.words, call.id


def test_the_outcome_alone_is_partly_right(
    app: Flask, browse: Browse, agent: Actor, content: Snapshot
) -> None:
    browse.get(put(app, agent, [BLOCKED]))
    offered = practice.options(calls(content)[BLOCKED], content, "round/1").routes
    other = next(route for route in offered if route != "mhv-coordinator")
    page = browse.post(browse.url, outcome="redirect", redirect=other)
    assert page.title.startswith("Partly right")
    [row] = attempts(app)
    assert (row.chosen, row.outcome, row.grade) == (f"redirect:{other}", "redirect:mhv-coordinator", "partly")
    assert row.revision == content.revision


def test_what_is_not_known_is_right_when_the_rules_cannot_decide(
    app: Flask, browse: Browse, agent: Actor
) -> None:
    name = "only the words are known, nobody has asked anything yet"
    browse.get(put(app, agent, [("sm-when-to-escalate", name)]))
    page = browse.post(browse.url, outcome="undecided")
    assert page.title.startswith("Right")
    assert "Too much is not known to decide. Ask next: “What does the screen show?”" in page.words


def test_missed_calls_of_a_round_are_repeated(
    app: Flask, browse: Browse, agent: Actor, content: Snapshot
) -> None:
    ids = list(calls(content))[:3]
    put(app, agent, ids)
    for row in attempts(app):
        browse.get(f"/intake/practice/round/{row.place}")
        wrong = {"outcome": "undecided"} if row.place != 2 else right_fields(row, content)
        browse.post(browse.url, **wrong)
    page = browse.get("/intake/practice/round")
    assert "1 of 3 right." in page.words
    assert "Repeat the 2 calls I missed" in page.words
    page = browse.post("/intake/practice", again="round", key="again")
    assert page.title.startswith("Practice call 1 of 2")
    assert [(row.article_id, row.example) for row in attempts(app) if row.round == "again"] == [
        ids[0],
        ids[2],
    ]


def test_progress_shows_what_is_missed_until_it_is_right(
    app: Flask, browse: Browse, agent: Actor, content: Snapshot
) -> None:
    browse.get(put(app, agent, [BLOCKED]))
    browse.post(browse.url, outcome="undecided")
    page = browse.get("/intake/practice")
    assert "1 call answered: 0 right, 0 partly right, 1 not right." in page.words
    assert "Those I missed (1)" in page.words
    assert "Two teams are gray" in page.words
    browse.post("/intake/practice", area="missed", count="5", key="better")
    [row] = [row for row in attempts(app) if row.round == "better"]
    assert (row.article_id, row.example) == BLOCKED
    browse.post(browse.url, **right_fields(row, content))
    page = browse.get("/intake/practice")
    assert "Those I missed" not in page.words
    assert "Nothing is missed now" in page.words


def test_an_open_round_is_offered_to_go_on_with(browse: Browse) -> None:
    browse.get("/intake/practice")
    browse.post("/intake/practice", area="all", count="5", key="mine")
    page = browse.get("/intake/practice")
    assert "A round waits at call 1 of 5." in page.words
    assert 'href="/intake/practice/mine/1"' in page.text


# --- refusals


def test_an_answer_without_its_severity_is_asked_for_it_and_kept(
    app: Flask, browse: Browse, agent: Actor
) -> None:
    browse.get(put(app, agent, [BLOCKED]))
    page = browse.post(browse.url)
    assert page.status == 422
    assert "Select what you do" in page.words
    for outcome, said in (
        ("escalate", "Select how severe it is"),
        ("redirect", "Select where you send it"),
        ("resolve", "Select the runbook"),
    ):
        page = browse.post(browse.url, outcome=outcome)
        assert (page.status, said in page.words) == (422, True)
        assert f'value="{outcome}" checked' in page.text
    assert browse.post(browse.url, outcome="redirect", redirect="no-such-place").status == 422
    assert browse.post(browse.url, outcome="nonsense").status == 422
    assert [row.at for row in attempts(app)] == [None]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"area": "nowhere", "count": "5"}, "Select what the calls are about"),
        ({"area": "missed", "count": "5"}, "Select what the calls are about"),
        ({"area": "all", "count": "500"}, "Select how many calls"),
        ({"area": "all"}, "Select how many calls"),
    ],
)
def test_a_round_that_cannot_be_made_is_refused(
    fields: dict[str, str], said: str, app: Flask, browse: Browse
) -> None:
    browse.get("/intake/practice")
    page = browse.post("/intake/practice", **fields)
    assert (page.status, said in page.words) == (422, True)
    assert attempts(app) == []


@pytest.mark.parametrize("path", ["nowhere", "nowhere/1", "round/9"])
def test_what_is_not_there_is_not_found(path: str, app: Flask, browse: Browse, agent: Actor) -> None:
    put(app, agent, [BLOCKED])
    assert browse.get(f"/intake/practice/{path}").status == 404


def test_a_call_whose_example_has_gone_is_not_found_and_the_round_goes_on(
    app: Flask, browse: Browse, agent: Actor
) -> None:
    put(app, agent, [("sm-when-to-escalate", "no such example"), BLOCKED])
    assert browse.get("/intake/practice/round/1").status == 404
    page = browse.get("/intake/practice/round")
    assert "0 of 1 right." in page.words
    assert 'href="/intake/practice/round/2"' in page.text
    put(app, agent, [("sm-when-to-escalate", "no such example")], "gone")
    assert browse.get("/intake/practice").status == 200


def test_another_person_s_round_is_not_there(
    app: Flask, browse: Browse, agent: Actor, sign_in: SignIn
) -> None:
    path = put(app, agent, [BLOCKED])
    sign_in("analyst")
    browse.get("/intake/practice")
    assert browse.get(path).status == 404
    assert browse.post(path, outcome="undecided").status == 404
    assert browse.get("/intake/practice/round").status == 404
    assert browse.post("/intake/practice", again="round").status == 404
    assert [row.at for row in attempts(app)] == [None]


def test_a_round_without_a_miss_is_not_repeated(app: Flask, browse: Browse, agent: Actor) -> None:
    browse.get(put(app, agent, [BLOCKED]))
    browse.post(browse.url, outcome="redirect", redirect="mhv-coordinator")
    assert browse.post("/intake/practice", again="round", key="again").status == 404


# --- once


def test_the_first_answer_stands(app: Flask, browse: Browse, agent: Actor) -> None:
    browse.get(put(app, agent, [BLOCKED]))
    browse.post(browse.url, outcome="undecided")
    page = browse.post(browse.url, outcome="redirect", redirect="mhv-coordinator")
    assert page.title.startswith("Not right")
    assert [(row.chosen, row.grade) for row in attempts(app)] == [("undecided", "wrong")]


def test_ten_clicks_at_once_start_one_round_and_keep_one_answer(
    app: Flask, agent: Actor, content: Snapshot
) -> None:
    at = At(agent, content, utcnow())

    def begin(_place: int) -> str:
        with transaction():
            service.start_practice("all", 5, key="mine", at=at)
        return "begun"

    def answer(place: int) -> str:
        chosen = Answer("escalate", ("critical", "high", "medium", "low")[place % 4])
        with transaction():
            service.answer_practice("mine", 1, chosen, at=At(agent, content, utcnow()))
        with app.app_context():
            return str(service.read_round("mine", at=at).at(1).chosen)

    at_once(app, 10, begin)
    assert len(attempts(app)) == 5
    assert len(set(at_once(app, 10, answer))) == 1


def test_rules_that_changed_since_are_said_and_the_answer_keeps_its_grade(
    app: Flask, browse: Browse, agent: Actor
) -> None:
    browse.get(put(app, agent, [BLOCKED]))
    browse.post(browse.url, outcome="redirect", redirect="mhv-coordinator")
    with app.app_context(), transaction():
        row = db.session.scalar(select(PracticeAttempt))
        assert row is not None
        row.outcome = "escalate:low"
    page = browse.get("/intake/practice/round/1")
    assert page.title.startswith("Right")
    assert "The rules have changed since you answered." in page.words


# --- nothing else


def test_a_whole_round_writes_nothing_but_attempts(app: Flask, browse: Browse, content: Snapshot) -> None:
    before = rows_of_all_tables(app)
    for key, area in (("one", "always"), ("two", "all")):
        browse.get("/intake/practice")
        browse.post("/intake/practice", area=area, count="10", key=key)
        for row in [row for row in attempts(app) if row.round == key]:
            browse.get(f"/intake/practice/{key}/{row.place}")
            browse.post(browse.url, **right_fields(row, content))
            browse.get(browse.url)
        browse.get(f"/intake/practice/{key}")
    after = rows_of_all_tables(app)
    assert after.pop("practice_attempt") > before.pop("practice_attempt")
    assert after == before
    assert "My calls (0 open)" in browse.get("/").words
    assert "No calls yet today." in browse.get("/my-calls").words


# --- who may enter, and the way in


def test_home_and_help_lead_to_a_practice_call(browse: Browse) -> None:
    for path in ("/", "/help"):
        assert 'href="/intake/practice"' in browse.get(path).text
        assert "/intake/practice/hardest" not in browse.get(path).text


@pytest.mark.parametrize(
    ("role", "practises", "sees"),
    [
        ("agent", True, False),
        ("analyst", True, True),
        ("desk_lead", True, True),
        ("editor", False, True),
        ("admin", False, True),
    ],
)
def test_who_practises_and_who_sees_what_is_hardest(
    role: str, practises: bool, sees: bool, browse: Browse, sign_in: SignIn
) -> None:
    sign_in(role)
    assert browse.get("/intake/practice").status == (200 if practises else 403)
    for path in ("/intake/practice/hardest", "/intake/practice/hardest.csv"):
        assert browse.client.get(path).status_code == (200 if sees else 403)
    help_page = browse.get("/help").text
    assert ('href="/intake/practice"' in help_page, "/intake/practice/hardest" in help_page) == (
        practises,
        sees,
    )


# --- for owners


def answered(
    app: Flask, content: Snapshot, people: Sequence[Actor], id: tuple[str, str], *chosen: str, key: str
) -> None:
    """These people answer one call in turn, with one choice each."""
    for place, (person, written) in enumerate(zip(people, chosen, strict=True)):
        put(app, person, [id], key)
        with app.app_context(), transaction():
            at = At(person, content, utcnow() + timedelta(seconds=place))
            service.answer_practice(key, 1, Answer.read(written), at=at)


@pytest.fixture
def people(app: Flask) -> list[Actor]:
    with app.app_context():
        return [make_user(email=f"new{place}@example.org") for place in range(4)]


RIGHT = "redirect:mhv-coordinator"


def test_owners_see_a_call_from_five_answers_by_three_people_on(
    app: Flask, browse: Browse, content: Snapshot, people: list[Actor], sign_in: SignIn
) -> None:
    sign_in("editor", scope="messaging")
    answered(app, content, people[:2], BLOCKED, "undecided", "undecided", key="a")
    answered(app, content, people[:2], BLOCKED, RIGHT, RIGHT, key="b")
    answered(app, content, people[:1], BLOCKED, RIGHT, key="c")
    assert "Nothing to show yet" in browse.get("/intake/practice/hardest").words  # five answers, two people
    answered(app, content, people[2:4], BLOCKED, RIGHT, "redirect:pharmacy", key="d")
    page = browse.get("/intake/practice/hardest")
    assert "Two teams are gray, the facility says the Veteran is blocked there." in page.words
    assert (
        "75% of 4 people missed it (1 had the outcome right)" in page.words
    )  # a repeat does not undo a first answer
    assert "Send it elsewhere: My HealtheVet coordinator at the facility" in page.words
    assert 'href="/articles/sm-when-to-escalate#rule-facility-manages"' in page.text
    assert "new0" not in page.text


def test_own_team_stands_first_and_the_file_holds_the_same(
    app: Flask, browse: Browse, content: Snapshot, people: list[Actor], sign_in: SignIn
) -> None:
    late = ("rx-when-to-escalate", "the parcel went to an old address")
    for key, last in (("a", "undecided"), ("b", "redirect:pharmacy")):
        for id in (BLOCKED, late):
            answered(app, content, people[:3], id, "undecided", "undecided", last, key=key + id[0])
    for team, first, second in (("messaging", 0, 1), ("medications", 1, 0)):
        sign_in("editor", scope=team, email=f"{team}@example.org")
        page = browse.get("/intake/practice/hardest")
        places = [
            page.words.index("Two teams are gray"),
            page.words.index("The parcel went to an old address"),
        ]
        assert places[first] < places[second]
    text = browse.client.get("/intake/practice/hardest.csv").get_data(as_text=True).removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["Call"][:10] for row in rows] == ["The parcel", "Two teams "]
    assert rows[0] == {
        "Team": content.catalogue.teams["medications"].name,
        "Rules": "rx-when-to-escalate",
        "Call": "The parcel went to an old address.",
        "Rule": "for-the-pharmacist",
        "Right answer": "Send it elsewhere: VA pharmacy",
        "People": "3",
        "Answers": "6",
        "Wrong at first": "3",
        "Partly right at first": "0",
    }


def test_answers_to_rules_that_said_something_else_do_not_count(
    app: Flask, browse: Browse, content: Snapshot, people: list[Actor], sign_in: SignIn
) -> None:
    for key in "ab":
        answered(app, content, people, BLOCKED, *["undecided"] * 4, key=key)
    sign_in("analyst")
    assert "100% of 4 people" in browse.get("/intake/practice/hardest").words
    with app.app_context(), transaction():
        for row in db.session.scalars(select(PracticeAttempt)):
            row.outcome = "escalate:low"
    assert "Nothing to show yet" in browse.get("/intake/practice/hardest").words
