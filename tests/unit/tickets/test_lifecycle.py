"""Every move from every state by every role, cell by cell: what is not listed here is refused."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

import pytest

from portal.accounts.actor import COMMAND_LINE, Actor, Desk, Grant, Role, UserId
from portal.core.errors import Conflict, NotAllowed
from portal.tickets.lifecycle import (
    MOVED,
    OPEN_TO_DESK,
    STATE_WORDS,
    TRANSITIONS,
    Given,
    Side,
    Standing,
    acting_as,
    ball_words,
    check_given,
    check_move,
    find_move,
    may_correct,
    moves,
    own_fields,
    sides_of,
)
from portal.tickets.question import Ask
from portal.tickets.ticket import HoldReason, State
from portal.tickets.timeline import EVENTS
from tests.factories import an_actor
from tests.unit.tickets.made import CATALOGUE

FILER, TODAY = 7, date(2026, 11, 25)
MOVES = (
    "file", "take", "accept", "start", "answer-ready", "answer", "resolve", "resume", "postpone", "link", "route", "ask", "hold",
    "return", "not-tier3", "duplicate", "unlink", "reopen", "withdraw", "close", "no-such-move",
)  # fmt: skip


def an_editor(team: str) -> Actor:
    return an_actor(Role.EDITOR, grants=frozenset({Grant(Role.EDITOR, team)}), id=UserId(3))


ACTORS: dict[str, Actor] = {
    "analyst": an_actor(Role.ANALYST, id=UserId(2)),
    "own editor": an_editor("messaging"),
    "other editor": an_editor("medications"),
    "filer": an_actor(Role.AGENT, id=UserId(FILER)),
    "desk mate": an_actor(Role.AGENT, id=UserId(4)),
    "desk lead": an_actor(Role.DESK_LEAD, id=UserId(5)),
    "other desk": an_actor(Role.AGENT, id=UserId(6), desk=Desk.ESD),
    "admin": an_actor(Role.ADMIN, id=UserId(8)),
    "nobody": an_actor(None, id=UserId(9)),
    "command line": COMMAND_LINE,
}
TRIAGE = {
    "new": {"take", "link", "route", "ask", "hold", "answer", "not-tier3", "duplicate"},
    "triaging": {"link", "route", "ask", "hold", "answer", "not-tier3", "duplicate"},
    "returned": {"take", "link", "route", "ask", "hold", "answer", "not-tier3", "duplicate"},
    "reopened": {"take", "link", "route", "ask", "hold", "answer", "not-tier3", "duplicate"},
    "routed": {"take", "accept", "ask", "hold", "return"},
    "accepted": {"start", "answer-ready", "ask", "hold", "return"},
    "in_progress": {"answer-ready", "ask", "hold"},
    "answer_ready": {"answer", "ask", "hold"},
    "on_hold": {"resume", "postpone", "link"},
    "back_to_tier2": {"resolve", "reopen"},
    "linked": {"unlink"},
    "not_tier3": {"reopen"},
    "duplicate": {"reopen"},
    "withdrawn": {"reopen"},
    "resolved": {"reopen"},
    "closed": {"reopen"},
}
TEAM = {
    "routed": {"accept", "ask", "hold", "return"},
    "accepted": {"start", "answer-ready", "ask", "hold", "return"},
    "in_progress": {"answer-ready", "ask", "hold"},
    "on_hold": {"resume", "postpone"},
}
DESK = {
    "new": {"withdraw"},
    "triaging": {"withdraw"},
    "returned": {"withdraw"},
    "reopened": {"withdraw"},
    "routed": {"withdraw"},
    "back_to_tier2": {"resolve", "reopen"},
    "not_tier3": {"reopen"},
    "duplicate": {"reopen"},
    "withdrawn": {"reopen"},
    "resolved": {"reopen"},
    "closed": {"reopen"},
}
ALLOWED: dict[str, dict[str, set[str]]] = {
    "analyst": TRIAGE,
    "own editor": TEAM,
    "filer": DESK,
    "desk mate": DESK,
    "desk lead": DESK,
    "command line": {
        "resolved": {"close"},
        "linked": {"answer-ready", "reopen"},  # its known issue is fixed, or was none
        **{state: {"link"} for state in ("new", "triaging", "returned", "reopened")},  # reports of a spike
    },
}


def a_standing(state: State, **values: Any) -> Standing:
    given: dict[str, Any] = {"team": "messaging", "desk": "hrc", "filed_by": FILER}
    return Standing(state, **{**given, **values})


@pytest.mark.parametrize(("state", "who"), list(itertools.product(State, ACTORS)))
def test_only_these_moves_exist_for_these_roles(state: State, who: str) -> None:
    ticket, actor = a_standing(state), ACTORS[who]
    allowed = ALLOWED.get(who, {}).get(state, set())
    assert {one.name for one in moves(ticket, actor)} == allowed
    for move in MOVES:
        if move in allowed:
            assert check_move(move, ticket, actor).name == move
        else:
            with pytest.raises((Conflict, NotAllowed)):
                check_move(move, ticket, actor)


@pytest.mark.parametrize("state", State)
def test_a_privacy_ticket_is_moved_by_cleared_people_only_and_goes_to_no_team(state: State) -> None:
    ticket = a_standing(state, privacy=True)
    for who, actor in ACTORS.items():
        for move in MOVES if who != "command line" else ():
            with pytest.raises((Conflict, NotAllowed)):
                check_move(move, ticket, actor)
    cleared = an_actor(Role.ANALYST, privacy=True, id=UserId(2))
    unreachable = state in ("routed", "accepted", "in_progress", "linked")
    expected = set() if unreachable else TRIAGE[state] - {"link", "route", "ask"}
    assert {one.name for one in moves(ticket, cleared)} == expected


TARGETS = {
    ("take", "new"): "triaging", ("take", "returned"): "triaging", ("take", "reopened"): "triaging",
    ("take", "routed"): "triaging",
    ("accept", "routed"): "accepted", ("start", "accepted"): "in_progress",
    ("answer-ready", "accepted"): "answer_ready", ("answer-ready", "in_progress"): "answer_ready",
    ("answer-ready", "linked"): "answer_ready",
    ("answer", "answer_ready"): "back_to_tier2", ("answer", "triaging"): "back_to_tier2",
    ("resolve", "back_to_tier2"): "resolved", ("close", "resolved"): "closed", ("resume", "on_hold"): None,
    ("postpone", "on_hold"): "on_hold", ("link", "on_hold"): "linked",
    ("link", "triaging"): "linked", ("unlink", "linked"): "triaging", ("route", "triaging"): "routed",
    ("ask", "new"): "on_hold", ("ask", "in_progress"): "on_hold",
    ("hold", "in_progress"): "on_hold", ("hold", "new"): "on_hold", ("hold", "answer_ready"): "on_hold",
    ("return", "routed"): "returned", ("return", "accepted"): "returned", ("not-tier3", "triaging"): "not_tier3",
    ("duplicate", "triaging"): "duplicate", ("reopen", "resolved"): "reopened", ("reopen", "closed"): "reopened",
    ("withdraw", "routed"): "withdrawn",
}  # fmt: skip


@pytest.mark.parametrize(("move", "source"), TARGETS)
def test_a_move_leads_where_the_table_says(move: str, source: str) -> None:
    assert find_move(move, State(source)).target == TARGETS[(move, source)]


REQUIRED = {
    "take": (), "accept": (), "start": (), "resolve": (), "resume": (), "close": (),
    "answer-ready": ("caller_text",), "answer": ("caller_text",), "link": ("known_issue",), "route": ("team", "reason"),
    "ask": ("questions", "follow_up"), "postpone": ("follow_up",),
    "hold": ("hold_reason", "follow_up"), "return": ("return_reason", "reason"), "not-tier3": ("route", "reason"),
    "duplicate": ("duplicate_of",), "unlink": ("reason",), "reopen": ("reason",), "withdraw": ("reason",),
    "file": ("tool", "title", "summary"),
}  # fmt: skip


def test_every_row_requires_what_its_move_requires_and_appears_once() -> None:
    assert [(one.name, one.required) for one in TRANSITIONS if one.required != REQUIRED[one.name]] == []
    cells = [(one.name, one.source) for one in TRANSITIONS]
    assert len(cells) == len(set(cells))
    assert {one.name for one in TRANSITIONS} | {"no-such-move"} == set(MOVES)


def test_every_state_is_reached_and_every_event_has_words() -> None:
    assert {one.target for one in TRANSITIONS} == {*State, None}
    assert set(State) == set(STATE_WORDS)
    assert set(EVENTS) >= MOVED


def test_every_state_leads_on() -> None:
    assert set(State) - {one.source for one in TRANSITIONS} == set()


@pytest.mark.parametrize(
    ("move", "state", "given", "wrong"),
    [
        ("route", "new", Given(), {"team", "reason"}),
        ("route", "new", Given(team="nobody", reason="too short"), {"team", "reason"}),
        ("route", "new", Given(team="messaging", reason="It is their screen."), set()),
        ("hold", "routed", Given(), {"hold_reason", "follow_up"}),
        ("hold", "routed", Given(hold_reason="release", follow_up=date(2026, 11, 25)), {"follow_up"}),
        ("hold", "routed", Given(hold_reason="release", follow_up=date(2026, 11, 24)), {"follow_up"}),
        ("hold", "routed", Given(hold_reason="release", follow_up=date(2027, 11, 27)), {"follow_up"}),
        ("hold", "routed", Given(hold_reason="weather", follow_up=date(2026, 11, 26)), {"hold_reason"}),
        ("hold", "routed", Given(hold_reason="release", follow_up=date(2026, 11, 26)), set()),
        ("hold", "routed", Given(hold_reason="access", follow_up=date(2026, 11, 26), note="x" * 2001), {"note"}),
        ("ask", "new", Given(), {"questions", "follow_up"}),
        ("ask", "new", Given(questions=(Ask(fact="nothing"),), follow_up=date(2026, 11, 26)), {"questions"}),
        ("ask", "new", Given(questions=(Ask("Why"),), follow_up=date(2026, 11, 26)), {"questions"}),
        ("ask", "new", Given(questions=(Ask("Which browser?"),), follow_up=date(2026, 11, 26)), set()),
        ("return", "routed", Given(), {"return_reason", "reason"}),
        ("return", "routed", Given(return_reason="lacks_facts", reason="Which care team is it?"), set()),
        ("answer", "triaging", Given(caller_text="short"), {"caller_text"}),
        ("answer", "triaging", Given(caller_text="x" * 2001), {"caller_text"}),
        ("answer-ready", "accepted", Given(caller_text="It works again now."), set()),
        ("not-tier3", "new", Given(route="nowhere", reason="It is about something else."), {"route"}),
        ("duplicate", "new", Given(duplicate_of="123"), {"duplicate_of"}),
        ("duplicate", "new", Given(duplicate_of="T3-2026-000123"), set()),
        ("link", "new", Given(), {"known_issue"}),
        ("reopen", "closed", Given(reason=" x "), {"reason"}),
        ("withdraw", "new", Given(reason=""), {"reason"}),
        ("take", "new", Given(reason="x"), set()),
    ],
)  # fmt: skip
def test_what_a_move_needs_is_named_by_field(move: str, state: str, given: Given, wrong: set[str]) -> None:
    assert set(check_given(find_move(move, State(state)), given, CATALOGUE, TODAY)) == wrong


@pytest.mark.parametrize("state", ["new", "triaging", "returned", "reopened"])
def test_the_five_next_moves_come_first_and_in_their_order(state: str) -> None:
    found = [one.label for one in moves(a_standing(State(state)), ACTORS["analyst"])][:5]
    assert found == ["Link to known issue", "Hand to team", "Ask through Tier 2", "Answer", "Not Tier 3"]


def test_a_move_sees_only_its_own_fields() -> None:
    sent = Given(team="messaging", reason="It is theirs.", note="More.", caller_text="Words.")
    assert own_fields(find_move("route", State.NEW), sent) == Given(team="messaging", reason="It is theirs.")
    assert own_fields(find_move("take", State.NEW), sent) == Given()


@pytest.mark.parametrize("state", State)
def test_the_desk_corrects_until_a_team_accepts(state: State) -> None:
    ticket = a_standing(state)
    expected = state in ("new", "triaging", "returned", "reopened", "routed")
    assert [may_correct(ticket, ACTORS[who]) for who in ("filer", "desk mate", "desk lead")] == [expected] * 3
    assert not any(may_correct(ticket, ACTORS[who]) for who in ("analyst", "own editor", "other desk"))
    assert (state in OPEN_TO_DESK) is expected


def test_sides_add_up_and_clearance_comes_first() -> None:
    ticket = a_standing(State.NEW)
    analyst_who_filed = an_actor(Role.ANALYST, id=UserId(FILER))
    assert sides_of(analyst_who_filed, ticket) == {Side.TRIAGE, Side.DESK}
    assert sides_of(analyst_who_filed, a_standing(State.NEW, privacy=True)) == set()
    assert sides_of(ACTORS["own editor"], a_standing(State.NEW, team=None)) == set()


BALL = {
    "new": "Tier 3 has it", "triaging": "Tier 3 has it", "returned": "Tier 3 has it", "reopened": "Tier 3 has it",
    "routed": "the messaging team has it", "accepted": "the messaging team has it",
    "in_progress": "the messaging team has it", "answer_ready": "Tier 3 has it",
    "on_hold": "it waits for a release", "back_to_tier2": "the help desk has it, to tell the caller",
    "linked": "it follows its known issue", "not_tier3": "nobody here has it: it goes elsewhere",
    "duplicate": "nobody has it: it goes on under the other ticket",
    "withdrawn": "nobody has it: the desk took it back", "resolved": "nobody has to act", "closed": "nobody has to act",
}  # fmt: skip


@pytest.mark.parametrize("state", State)
def test_the_ball_is_said_as_agents_say_it(state: State) -> None:
    assert ball_words(state, "messaging", CATALOGUE, HoldReason.RELEASE) == BALL[state]


def test_the_timeline_names_roles_and_never_a_person() -> None:
    assert acting_as(ACTORS["analyst"], CATALOGUE) == "a Tier 3 analyst"
    assert acting_as(ACTORS["own editor"], CATALOGUE) == "the messaging team"
    assert acting_as(ACTORS["filer"], CATALOGUE) == "HRC help desk (Tier 1)"
