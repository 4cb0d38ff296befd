"""Every move from every state by every role: what is not listed is refused."""

from __future__ import annotations

import itertools

import pytest

from portal.accounts.actor import Actor, Grant, Role
from portal.core.errors import Conflict, NotAllowed
from portal.tickets.lifecycle import TRANSITIONS, acting_as, ball_words, check_move, moves
from portal.tickets.ticket import State
from tests.factories import an_actor
from tests.unit.tickets.made import CATALOGUE

TEAM = "messaging"
ACTORS: dict[str, Actor] = {
    "agent": an_actor(Role.AGENT),
    "analyst": an_actor(Role.ANALYST),
    "own editor": an_actor(Role.EDITOR, grants=frozenset({Grant(Role.EDITOR, "messaging")})),
    "other editor": an_actor(Role.EDITOR, grants=frozenset({Grant(Role.EDITOR, "medications")})),
    "desk lead": an_actor(Role.DESK_LEAD),
    "admin": an_actor(Role.ADMIN),
    "nobody": an_actor(None),
}
ALLOWED = {
    ("route", State.NEW, "analyst"),
    ("accept", State.ROUTED, "analyst"),
    ("accept", State.ROUTED, "own editor"),
}


@pytest.mark.parametrize(
    ("move", "state", "who"), list(itertools.product(("route", "accept", "close"), State, ACTORS))
)
def test_only_these_moves_exist_for_these_roles(move: str, state: State, who: str) -> None:
    actor = ACTORS[who]
    allowed = (move, state, who) in ALLOWED
    assert (move in {one.name for one in moves(state, actor, TEAM, privacy=False)}) is allowed
    if allowed:
        assert check_move(move, state, actor, TEAM).name == move
    else:
        with pytest.raises((Conflict, NotAllowed)):
            check_move(move, state, actor, TEAM)


def test_nobody_moves_a_privacy_ticket() -> None:
    assert [moves(state, ACTORS["analyst"], TEAM, privacy=True) for state in State] == [[], [], []]


def test_every_state_is_reached_by_a_move() -> None:
    assert {one.target for one in TRANSITIONS} == set(State)


def test_the_ball_is_said_as_agents_say_it() -> None:
    assert ball_words(State.NEW, "messaging", CATALOGUE) == "Tier 3 has it"
    assert ball_words(State.ROUTED, "messaging", CATALOGUE) == "the messaging team has it"
    assert ball_words(State.ACCEPTED, "messaging", CATALOGUE) == "the messaging team has it"


def test_the_timeline_names_roles_and_never_a_person() -> None:
    assert acting_as(ACTORS["analyst"], CATALOGUE) == "a Tier 3 analyst"
    assert acting_as(ACTORS["own editor"], CATALOGUE) == "the messaging team"
    assert acting_as(ACTORS["agent"], CATALOGUE) == "HRC help desk (Tier 1)"
