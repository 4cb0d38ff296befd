"""The moves of a ticket as one table: from, to, who, what is required, which event. What is not in it is refused. Pure.

Three choices beyond the words of the states. The four states in which Tier 3 decides (new, triaging, returned, reopened)
share their moves, so that nobody has to press "Take" before deciding. What the rules handed to a team, Tier 3 can take until
the team accepts: a Critical ticket needs a person at once, whoever's it is. A ticket that its desk takes back is `withdrawn`, not
resolved, since nobody solved it. Every end but `linked` can be reopened with a reason, a link is taken away with one; the portal
reopens what is linked to a known issue that was none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from portal.accounts.actor import COMMAND_LINE, DESK_NAMES, Actor, Desk, Permission, Role, TeamId
from portal.core.errors import Conflict, NotAllowed
from portal.knowledge.catalogue import Catalogue
from portal.tickets.question import Ask, asks_wrong
from portal.tickets.ticket import (
    ENDED,
    IN_TRIAGE,
    TICKET_FORM,
    WITH_TEAM,
    HoldReason,
    ReturnReason,
    State,
)

REASON_LEAST, REASON_MOST = 10, 300
CALLER_MOST = 2000
HOLD_DAYS = 366


class Side(StrEnum):
    """In which standing towards a ticket somebody acts; each asks for the permission below."""

    TRIAGE = "triage"  # Tier 3
    TEAM = "team"  # the tool team that the ticket is with
    DESK = "desk"  # whoever filed it, and their desk
    CLOCK = "clock"  # the portal itself, by its command line


PERMISSIONS = {
    Side.TRIAGE: Permission.TRIAGE,
    Side.TEAM: Permission.ACCEPT,
    Side.DESK: Permission.FILE,
    Side.CLOCK: Permission.ADMIN,
}


@dataclass(frozen=True, slots=True)
class Transition:
    """`source` None: there is no ticket yet. `target` None: back to where the hold began. `privacy`: also for such tickets."""

    name: str
    label: str
    source: State | None
    target: State | None
    by: tuple[Side, ...]
    required: tuple[str, ...]
    event: str
    optional: tuple[str, ...] = ()
    privacy: bool = True


def _from(
    sources: Iterable[State],
    name: str,
    label: str,
    target: State | None,
    by: tuple[Side, ...],
    required: tuple[str, ...],
    event: str,
    *,
    optional: tuple[str, ...] = (),
    privacy: bool = True,
) -> tuple[Transition, ...]:
    """One row for each of the sources."""
    return tuple(
        Transition(name, label, source, target, by, required, event, optional, privacy) for source in sources
    )


FIVE = (
    "link",
    "route",
    "ask",
    "answer",
    "not-tier3",
)  # what Tier 3 does next with a ticket, in this order; keys 1 to 5
HANDLED_BY = {
    **dict.fromkeys(("taken", "linked", "answered", "held", "not_tier3", "duplicate"), "analyst"),
    "routed": "handed",
    **dict.fromkeys(("accepted", "started", "answer_ready"), "team"),
}  # event -> who has done something with the ticket
_TIER3, _TEAM, _DESK, _CLOCK = (Side.TRIAGE,), (Side.TRIAGE, Side.TEAM), (Side.DESK,), (Side.CLOCK,)
_ANYONE = (Side.DESK, Side.TRIAGE)
_LINKING = (Side.TRIAGE, Side.CLOCK)  # the portal attaches the reports of a spike
S = State
OPEN_TO_DESK = (S.NEW, S.TRIAGING, S.RETURNED, S.REOPENED, S.ROUTED)  # until a team accepts
TRANSITIONS = (
    Transition("file", "File", None, S.NEW, _DESK, ("tool", "title", "summary"), "filed"),
    *_from(IN_TRIAGE, "link", "Link to known issue", S.LINKED, _LINKING, ("known_issue",), "linked", optional=("note",),
           privacy=False),
    *_from(IN_TRIAGE, "route", "Hand to team", S.ROUTED, _TIER3, ("team", "reason"), "routed", privacy=False),
    *_from(IN_TRIAGE, "ask", "Ask through Tier 2", S.ON_HOLD, _TIER3, ("questions", "follow_up"), "held", privacy=False),
    *_from(IN_TRIAGE, "answer", "Answer", S.BACK_TO_TIER2, _TIER3, ("caller_text",), "answered"),
    *_from(IN_TRIAGE, "not-tier3", "Not Tier 3", S.NOT_TIER3, _TIER3, ("route", "reason"), "not_tier3"),
    *_from((S.NEW, S.RETURNED, S.REOPENED), "take", "Take", S.TRIAGING, _TIER3, (), "taken"),
    *_from((S.ROUTED,), "take", "Take", S.TRIAGING, _TIER3, (), "taken", privacy=False),
    *_from((S.ROUTED,), "accept", "Accept", S.ACCEPTED, _TEAM, (), "accepted", privacy=False),
    *_from((S.ACCEPTED,), "start", "Start work", S.IN_PROGRESS, _TEAM, (), "started", privacy=False),
    *_from((S.ACCEPTED, S.IN_PROGRESS), "answer-ready", "Answer ready", S.ANSWER_READY, _TEAM, ("caller_text",), "answer_ready",
           optional=("note",), privacy=False),
    *_from((S.ANSWER_READY,), "answer", "Send back to Tier 2", S.BACK_TO_TIER2, _TIER3, ("caller_text",), "answered"),
    *_from((S.BACK_TO_TIER2,), "resolve", "Resolved", S.RESOLVED, _ANYONE, (), "resolved", optional=("note",)),
    *_from((S.ON_HOLD,), "resume", "End the hold", None, _TEAM, (), "resumed"),
    *_from((S.ON_HOLD,), "postpone", "Another date", S.ON_HOLD, _TEAM, ("follow_up",), "postponed"),
    *_from((S.ON_HOLD,), "link", "Link to known issue", S.LINKED, _TIER3, ("known_issue",), "linked", optional=("note",),
           privacy=False),
    *_from(WITH_TEAM, "ask", "Ask through Tier 2", S.ON_HOLD, _TEAM, ("questions", "follow_up"), "held", privacy=False),
    *_from((S.ANSWER_READY,), "ask", "Ask through Tier 2", S.ON_HOLD, _TIER3, ("questions", "follow_up"), "held", privacy=False),
    *_from(WITH_TEAM, "hold", "Put on hold", S.ON_HOLD, _TEAM, ("hold_reason", "follow_up"), "held", optional=("note",),
           privacy=False),
    *_from((*IN_TRIAGE, S.ANSWER_READY), "hold", "Put on hold", S.ON_HOLD, _TIER3, ("hold_reason", "follow_up"), "held",
           optional=("note",)),
    *_from((S.ROUTED, S.ACCEPTED), "return", "Return", S.RETURNED, _TEAM, ("return_reason", "reason"), "returned",
           privacy=False),
    *_from(IN_TRIAGE, "duplicate", "Duplicate", S.DUPLICATE, _TIER3, ("duplicate_of",), "duplicate"),
    *_from((S.LINKED,), "answer-ready", "Its known issue is fixed", S.ANSWER_READY, _CLOCK, ("caller_text",), "answer_ready",
           optional=("note",), privacy=False),
    *_from((S.LINKED,), "reopen", "Its known issue is over", S.REOPENED, _CLOCK, ("reason",), "reopened", privacy=False),
    *_from((S.LINKED,), "unlink", "Unlink", S.TRIAGING, _TIER3, ("reason",), "unlinked", privacy=False),
    *_from((S.BACK_TO_TIER2, *(end for end in ENDED if end is not S.LINKED)), "reopen", "Reopen", S.REOPENED, _ANYONE,
           ("reason",), "reopened"),
    *_from(OPEN_TO_DESK, "withdraw", "Withdraw", S.WITHDRAWN, _DESK, ("reason",), "withdrawn"),
    *_from((S.RESOLVED,), "close", "Close", S.CLOSED, _CLOCK, (), "closed"),
)  # fmt: skip
MOVED = frozenset(one.event for one in TRANSITIONS)

STATE_WORDS = {
    S.NEW: "in triage",
    S.TRIAGING: "in triage, taken by an analyst",
    S.RETURNED: "returned to triage",
    S.REOPENED: "reopened, in triage",
    S.ROUTED: "with the team",
    S.ACCEPTED: "accepted by the team",
    S.IN_PROGRESS: "in progress",
    S.ANSWER_READY: "answer ready",
    S.ON_HOLD: "on hold",
    S.BACK_TO_TIER2: "answered, back to Tier 2",
    S.LINKED: "linked to a known issue",
    S.NOT_TIER3: "not for Tier 3",
    S.DUPLICATE: "duplicate",
    S.WITHDRAWN: "withdrawn",
    S.RESOLVED: "resolved",
    S.CLOSED: "closed",
}
HOLD_WORDS = {
    HoldReason.CALLER: "the caller, asked through Tier 2",
    HoldReason.KNOWN_ISSUE: "the fix of a known issue",
    HoldReason.RELEASE: "a release",
    HoldReason.VENDOR: "a vendor or partner",
    HoldReason.ACCESS: "access to something",
}
RETURN_WORDS = {
    ReturnReason.WRONG_TOOL: "wrong tool or team",
    ReturnReason.NOT_A_BUG: "works as designed",
    ReturnReason.LACKS_FACTS: "lacks facts",
    ReturnReason.DUPLICATE: "a duplicate",
    ReturnReason.FIXED: "already fixed",
    ReturnReason.NOT_TIER3: "not for Tier 3",
}
TIER3 = "Tier 3 has it"
ENDED_BALL = {
    S.LINKED: "it follows its known issue",
    S.NOT_TIER3: "nobody here has it: it goes elsewhere",
    S.DUPLICATE: "nobody has it: it goes on under the other ticket",
    S.WITHDRAWN: "nobody has it: the desk took it back",
    S.RESOLVED: "nobody has to act",
    S.CLOSED: "nobody has to act",
}


class MoveRefused(Conflict):
    """The ticket is in another state than this move starts from."""


@dataclass(frozen=True, slots=True)
class Standing:
    """All of a ticket that decides who may move it and where to."""

    state: State
    team: str | None
    desk: str
    filed_by: int
    privacy: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """What a person gives with a move. Each move looks at the fields that its row names and at no other."""

    team: str = ""
    reason: str = ""
    hold_reason: str = ""
    follow_up: date | None = None
    return_reason: str = ""
    route: str = ""
    duplicate_of: str = ""
    known_issue: str = ""
    caller_text: str = ""
    note: str = ""
    questions: tuple[Ask, ...] = ()


# --- who may


def own_desks(actor: Actor) -> list[str]:
    """The desk of the person, and those that they lead."""
    if not actor.may(Permission.FILE):
        return []
    led = {grant.scope for grant in actor.grants if grant.role is Role.DESK_LEAD}
    return sorted(({str(actor.desk)} | led) - {str(Desk.NONE), ""})


def sides_of(actor: Actor, ticket: Standing) -> frozenset[Side]:
    """Empty for a privacy ticket and somebody who is not cleared."""
    if actor == COMMAND_LINE:
        return frozenset(_CLOCK)
    if ticket.privacy and not actor.may(Permission.PRIVACY):
        return frozenset()
    stands = {
        Side.TRIAGE: True,
        Side.TEAM: ticket.team is not None and TeamId(ticket.team) in actor.teams,
        Side.DESK: ticket.filed_by == actor.id or ticket.desk in own_desks(actor),
        Side.CLOCK: False,
    }
    return frozenset(side for side, stand in stands.items() if stand and actor.may(PERMISSIONS[side]))


def find_move(name: str, state: State) -> Transition:
    """Raises MoveRefused when there is no such move from this state."""
    for transition in TRANSITIONS:
        if transition.name == name and transition.source is state:
            return transition
    raise MoveRefused(f"This ticket is {STATE_WORDS[state]} now, so this cannot be done.")


def check_move(name: str, ticket: Standing, actor: Actor) -> Transition:
    """The move, if it exists and this person may make it; else raises MoveRefused or NotAllowed."""
    transition = find_move(name, ticket.state)
    if ticket.privacy and not transition.privacy:
        raise NotAllowed("Security and privacy reports stay with cleared staff.")
    if sides_of(actor, ticket).isdisjoint(transition.by):
        raise NotAllowed("Your account may not do this with this ticket.")
    return transition


def moves(ticket: Standing, actor: Actor) -> list[Transition]:
    """What this person may do now, in the order of the table: the first one is the next step."""
    sides = sides_of(actor, ticket)
    return [
        one
        for one in TRANSITIONS
        if one.source is ticket.state and sides.intersection(one.by) and (one.privacy or not ticket.privacy)
    ]


def may_correct(ticket: Standing, actor: Actor) -> bool:
    """The desk corrects its own ticket until a team has accepted it; later it adds notes."""
    return ticket.state in OPEN_TO_DESK and Side.DESK in sides_of(actor, ticket)


# --- what is required


def own_fields(move: Transition, given: Given) -> Given:
    """Without whatever was sent beside the fields of this move."""
    names = {*move.required, *move.optional}.intersection(Given.__slots__)
    return Given(**{name: getattr(given, name) for name in names})


def check_given(move: Transition, given: Given, catalogue: Catalogue, today: date) -> dict[str, str]:
    """Field -> what is wrong with it, for the fields of this move. `today`: where the person is."""
    fields = (*move.required, *move.optional)
    found = {name: _WRONG[name](given, catalogue, today) for name in fields if name in _WRONG}
    return {
        name: words
        for name, words in found.items()
        if words and (name in move.required or getattr(given, name))
    }


def _reason(given: Given, _catalogue: Catalogue, _today: date) -> str:
    fits = REASON_LEAST <= len(given.reason.strip()) <= REASON_MOST
    return "" if fits else f"Say why, in {REASON_LEAST} to {REASON_MOST} characters"


def _follow_up(given: Given, _catalogue: Catalogue, today: date) -> str:
    if given.follow_up is None or given.follow_up <= today:
        return "Enter a date after today"
    late = given.follow_up > today + timedelta(days=HOLD_DAYS)
    return "Enter a date within a year" if late else ""


def caller_text_wrong(text: str) -> str:
    """What is wrong with the length of words for the caller; empty when nothing is."""
    fits = REASON_LEAST <= len(text.strip()) <= CALLER_MOST
    return "" if fits else f"Enter what the caller is told, in {REASON_LEAST} to {CALLER_MOST} characters"


def _note(given: Given, _catalogue: Catalogue, _today: date) -> str:
    return "" if len(given.note) <= CALLER_MOST else f"Enter at most {CALLER_MOST} characters"


_WRONG: dict[str, Callable[[Given, Catalogue, date], str]] = {
    "team": lambda g, c, _t: "" if g.team in c.teams else "Select the team",
    "reason": _reason,
    "hold_reason": lambda g, _c, _t: "" if g.hold_reason in list(HoldReason) else "Select what it waits for",
    "follow_up": _follow_up,
    "return_reason": lambda g, _c, _t: "" if g.return_reason in list(ReturnReason) else "Select the reason",
    "route": lambda g, c, _t: "" if g.route in c.routes else "Select where it goes",
    "duplicate_of": lambda g, _c, _t: (
        "" if TICKET_FORM.fullmatch(g.duplicate_of) else "Enter the number of the other ticket"
    ),
    "known_issue": lambda g, _c, _t: "" if g.known_issue else "Select the known issue",
    "caller_text": lambda g, _c, _t: caller_text_wrong(g.caller_text),
    "note": _note,
    "questions": lambda g, c, _t: asks_wrong(g.questions, c.facts),
}


# --- in words


def ball_words(state: State, team: str | None, catalogue: Catalogue, hold_reason: str | None = None) -> str:
    """Who has the ball, as agents say it: "the messaging team has it"."""
    if state in ENDED_BALL:
        return ENDED_BALL[state]
    if state is State.BACK_TO_TIER2:
        return "the help desk has it, to tell the caller"
    if state is State.ON_HOLD:
        return f"it waits for {HOLD_WORDS[HoldReason(hold_reason)]}" if hold_reason else "it waits"
    known = catalogue.teams.get(team or "")
    if state in (*IN_TRIAGE, State.ANSWER_READY) or known is None:
        return TIER3
    return f"{known.phrase} has it"


YOU, OTHER = "You", "Another analyst"  # roles, never names


def holder(state: State, taken_by: int | None, actor_id: int) -> str:
    """Who of Tier 3 took it and has not moved it on; empty when nobody did."""
    if state is not State.TRIAGING or taken_by is None:
        return ""
    return YOU if taken_by == actor_id else OTHER


def acting_as(actor: Actor, catalogue: Catalogue) -> str:
    """In which role somebody acts, for the timeline: roles, never names."""
    if actor == COMMAND_LINE:
        return "the portal"
    if actor.may(Permission.TRIAGE):
        return "a Tier 3 analyst"
    own = sorted(catalogue.teams[team].phrase for team in actor.teams if team in catalogue.teams)
    return own[0] if own else DESK_NAMES[actor.desk]
