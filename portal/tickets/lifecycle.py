"""The moves of a ticket: from, to, who may, what is required, which event. Everything that is not here is refused. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from portal.accounts.actor import DESK_NAMES, Actor, Permission, TeamId
from portal.core.errors import Conflict, NotAllowed
from portal.knowledge.catalogue import Catalogue
from portal.tickets.ticket import State


@dataclass(frozen=True, slots=True)
class Transition:
    """`source` None: there is no ticket yet. `by_team`: members of the owning team may too, by Permission.ACCEPT."""

    name: str
    label: str
    source: State | None
    target: State
    permission: Permission
    required: tuple[str, ...]
    event: str
    by_team: bool = False


TRANSITIONS = (
    Transition("file", "File", None, State.NEW, Permission.FILE, ("tool", "title", "summary"), "filed"),
    Transition("route", "Hand to team", State.NEW, State.ROUTED, Permission.TRIAGE, ("team", "reason"), "routed"),
    Transition("accept", "Accept", State.ROUTED, State.ACCEPTED, Permission.TRIAGE, (), "accepted", by_team=True),
)  # fmt: skip
STATE_WORDS = {
    State.NEW: "in triage",
    State.ROUTED: "with the team",
    State.ACCEPTED: "accepted by the team",
}
TIER3 = "Tier 3 has it"


class MoveRefused(Conflict):
    """The ticket is in another state than this move starts from."""


def find_move(name: str, state: State) -> Transition:
    """Raises MoveRefused when there is no such move from this state."""
    for transition in TRANSITIONS:
        if transition.name == name and transition.source is state:
            return transition
    raise MoveRefused(f"This ticket is {STATE_WORDS[state]} now, so this cannot be done.")


def may_move(transition: Transition, actor: Actor, team: str | None) -> bool:
    own = team is not None and TeamId(team) in actor.teams and actor.may(Permission.ACCEPT)
    return actor.may(transition.permission) or (transition.by_team and own)


def check_move(name: str, state: State, actor: Actor, team: str | None) -> Transition:
    """The move, if it exists and this person may make it; else raises MoveRefused or NotAllowed."""
    transition = find_move(name, state)
    if not may_move(transition, actor, team):
        raise NotAllowed("Your account may not do this with this ticket.")
    return transition


def moves(state: State, actor: Actor, team: str | None, *, privacy: bool) -> list[Transition]:
    """What this person may do now. A privacy ticket stays where it is: no team may read it."""
    if privacy:
        return []
    return [one for one in TRANSITIONS if one.source is state and may_move(one, actor, team)]


def ball_words(state: State, team: str | None, catalogue: Catalogue) -> str:
    """Who has the ball (model.md), as agents say it: "the messaging team has it"."""
    known = catalogue.teams.get(team or "")
    if state is State.NEW or known is None:
        return TIER3
    return f"{known.phrase} has it"


def acting_as(actor: Actor, catalogue: Catalogue) -> str:
    """In which role somebody acts, for the timeline: roles, never names."""
    if actor.may(Permission.TRIAGE):
        return "a Tier 3 analyst"
    own = sorted(catalogue.teams[team].phrase for team in actor.teams if team in catalogue.teams)
    return own[0] if own else DESK_NAMES[actor.desk]
