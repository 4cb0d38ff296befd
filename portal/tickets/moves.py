"""What is done with a ticket after its filing: its moves by the table, links to known issues, notes, corrections, caller texts.

Every function runs in the caller's transaction, checks the version that the person saw, and leaves an event and an audit line.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from portal.accounts.actor import COMMAND_LINE, Actor, Permission
from portal.accounts.service import audit, hold_lock
from portal.core.errors import Invalid, NotAllowed
from portal.knowledge.catalogue import Catalogue
from portal.knowledge.snapshot import Snapshot
from portal.tickets import guard, notices, question_store, store
from portal.tickets.clocks import Happening, due_at, ledger
from portal.tickets.known_issue import can_be_linked
from portal.tickets.lifecycle import (
    HANDLED_BY,
    OTHER,
    Given,
    Side,
    Standing,
    Transition,
    acting_as,
    caller_text_wrong,
    check_given,
    check_move,
    find_move,
    holder,
    own_fields,
    sides_of,
)
from portal.tickets.models import Event, Rejection, Ticket
from portal.tickets.notice import handles, mentioned
from portal.tickets.question import Ask, put
from portal.tickets.reports import count_linked, uncount_linked
from portal.tickets.store import ChangedMeanwhile
from portal.tickets.ticket import OVER, HoldReason, State

logger = logging.getLogger(__name__)
NOTE_MOST = 4000
JUST_TAKEN = timedelta(minutes=30)
DUE_AT = time(
    6
)  # where the person is: before the desks open, and on the same day in every zone from Guam to Hawaii


@dataclass(frozen=True, slots=True)
class By:
    """Who acts, when, and on what they saw: `version` of the ticket, `zone` of the person, for what "today" is."""

    actor: Actor
    version: int
    snapshot: Snapshot
    now: datetime
    zone: tzinfo = UTC

    @property
    def catalogue(self) -> Catalogue:
        return self.snapshot.catalogue


def standing(ticket: Ticket) -> Standing:
    return Standing(State(ticket.state), ticket.team, ticket.desk, ticket.filed_by, ticket.privacy)


# --- the moves of the table


def move_ticket(
    number: str, name: str, given: Given, *, by: By, as_it_is: bool = False, all_the_same: bool = True
) -> Ticket:
    """One row of the table. `as_it_is`: the caller text is used although something is doubtful about it. `all_the_same`: also
    when another analyst has just taken it.

    Raises MoveRefused, NotAllowed, ChangedMeanwhile, PersonalData, DoubtfulText, or Invalid that names the fields.
    """
    ticket = store.lock_ticket(number, by.actor)
    if ticket.version != by.version:
        raise ChangedMeanwhile("Somebody changed this ticket meanwhile.")
    move = check_move(name, standing(ticket), by.actor)
    given = own_fields(move, given)
    _check(move, given, ticket, by, as_it_is)
    if not all_the_same and Side.TRIAGE in move.by:
        _ask_who_took(ticket, by)
    data = _EFFECTS.get(move.event, _nothing)(ticket, given, by)
    return moved(ticket, move, data, by)


def _check(move: Transition, given: Given, ticket: Ticket, by: By, as_it_is: bool) -> None:
    wrong = check_given(move, given, by.catalogue, by.now.astimezone(by.zone).date())
    if wrong:
        raise Invalid("Some fields do not fit.", wrong)
    seen = {
        "reason": given.reason,
        "note": given.note if move.event == "held" else "",
    }  # by any agent with the number
    if not ticket.privacy:
        guard.check_personal_data(seen, guard.allowed(ticket, by.catalogue))
    if "caller_text" in move.required:
        guard.check_caller_words(
            {"caller_text": [given.caller_text]}, ticket, by.catalogue, as_it_is=as_it_is
        )
    own = [ask.words for ask in given.questions if not ask.fact]
    guard.check_caller_words({"questions": own}, ticket, by.catalogue, as_it_is=as_it_is)


def _ask_who_took(ticket: Ticket, by: By) -> None:
    """Raises Invalid for "all_the_same" while another analyst is at it."""
    theirs = holder(State(ticket.state), ticket.taken_by, by.actor.id) == OTHER
    if theirs and by.now - ticket.state_at < JUST_TAKEN:
        minutes = int((by.now - ticket.state_at).total_seconds() // 60)
        wrong = f"Another analyst took it {f'{minutes} min ago' if minutes else 'just now'}."
        raise Invalid(wrong, {"all_the_same": wrong})


def moved(ticket: Ticket, move: Transition, data: dict[str, object], by: By) -> Ticket:
    source = ticket.state
    target = move.target or State(ticket.held_state or State.TRIAGING)
    if target is State.ON_HOLD:
        ticket.held_state = source if source != State.ON_HOLD else ticket.held_state
    else:
        ticket.hold_reason = ticket.follow_up_at = ticket.held_state = None
    ticket.state, ticket.state_at = target, by.now
    if move.event in HANDLED_BY and by.actor != COMMAND_LINE:
        ticket.taken_at = ticket.taken_at or by.now
    if move.event == "taken":
        ticket.taken_by = by.actor.id
    set_due(ticket, by.catalogue, Happening(move.event, by.now, data))
    note(ticket, move.event, data, by)
    audit(by.actor, f"{move.event.replace('_', ' ')} ticket", f"ticket:{ticket.number}", target, by.now)
    return ticket


def set_due(ticket: Ticket, catalogue: Catalogue, *after: Happening) -> None:
    """When its next target is reached; `after`: what is about to be noted on it."""
    over = State(ticket.state) in OVER  # nothing is due, whatever the events
    ticket.due_at = (
        None
        if over
        else due_at(
            ledger([*ticket.events, *after]),
            ticket.severity,
            looked_at=ticket.taken_at,
            follow_up_at=ticket.follow_up_at,
            catalogue=catalogue,
        )
    )


def note(ticket: Ticket, kind: str, data: Mapping[str, object], by: By, named: Sequence[str] = ()) -> None:
    """An event, and the notices that follow from it; `named`: groups that a note names."""
    inside = may_see_inside(ticket, by.actor)
    said = {"as": acting_as(by.actor, by.catalogue), "inside": inside, **data}
    actor_id = by.actor.id if by.actor != COMMAND_LINE else None
    ticket.events.append(Event(kind=kind, actor=actor_id, at=by.now, data=said))
    store.save()
    notices.tell(ticket, kind, said, actor_id, by.now, named)


Effect = Callable[[Ticket, Given, By], dict[str, object]]


def _nothing(ticket: Ticket, given: Given, by: By) -> dict[str, object]:
    return {"team": ticket.team, **_said(given)}


def _said(given: Given) -> dict[str, object]:
    """The words that go with a move, where there are any."""
    words = {"because": given.reason.strip(), "note": given.note.strip()}
    return {name: text for name, text in words.items() if text}


def _route(ticket: Ticket, given: Given, by: By) -> dict[str, object]:
    ticket.team, ticket.route_because = given.team, given.reason.strip()
    return {"team": given.team, **_said(given)}


def _hold(ticket: Ticket, given: Given, by: By) -> dict[str, object]:
    assert given.follow_up is not None  # check_given asked for it
    ticket.hold_reason = given.hold_reason or HoldReason.CALLER  # to ask is to hold
    ticket.follow_up_at = _due_on(given.follow_up, by)
    said = given.note.strip()  # no note that stays inside: the desk may be the one to answer it
    asks = given.questions
    if ticket.hold_reason == HoldReason.CALLER and not ticket.privacy:
        asks = asks or ((Ask(said),) if said else ())
    asks = tuple(put(ask, by.catalogue.facts) for ask in asks)
    question_store.insert(ticket.id, asks, by.actor.id, by.now)
    said = " ".join(ask.words for ask in asks) or said
    return {"reason": ticket.hold_reason, "until": given.follow_up.isoformat(), "because": said}


def _postpone(ticket: Ticket, given: Given, by: By) -> dict[str, object]:
    """It waits for the same, until another day."""
    assert given.follow_up is not None  # check_given asked for it
    ticket.follow_up_at = _due_on(given.follow_up, by)
    return {"reason": ticket.hold_reason, "until": given.follow_up.isoformat()}


def _due_on(day: date, by: By) -> datetime:
    return datetime.combine(day, DUE_AT, by.zone).astimezone(UTC)


def _resume(ticket: Ticket, given: Given, by: By) -> dict[str, object]:
    """Nobody is asked any longer for what nobody waits for."""
    taken_back = question_store.withdraw_open(ticket.id, by.now)
    return {
        **_nothing(ticket, given, by),
        **({"because": "the open questions are taken back"} if taken_back else {}),
    }


def _return(ticket: Ticket, given: Given, by: By) -> dict[str, object]:
    return {"team": ticket.team, "reason": given.return_reason, **_said(given)}


def _answer_ready(ticket: Ticket, given: Given, by: By) -> dict[str, object]:
    """The team's text is proposed here; what callers hear changes when Tier 3 sends it back."""
    return {"team": ticket.team, "caller_text": given.caller_text.strip(), **_said(given)}


def _answer(ticket: Ticket, given: Given, by: By) -> dict[str, object]:
    ticket.caller_text = given.caller_text.strip()
    return {"caller_text": ticket.caller_text}


def _not_tier3(ticket: Ticket, given: Given, by: By) -> dict[str, object]:
    ticket.caller_text = by.catalogue.routes[given.route].say or ticket.caller_text
    return {"route": given.route, **_said(given)}


def _duplicate(ticket: Ticket, given: Given, by: By) -> dict[str, object]:
    other = store.find_ticket(given.duplicate_of)
    if other is None or other.id == ticket.id or not store.is_visible(other.id, by.actor):
        raise Invalid(
            "There is no such ticket.", {"duplicate_of": "There is no other ticket with this number"}
        )
    if other.privacy != ticket.privacy or other.state == State.DUPLICATE:
        raise Invalid(
            "It cannot be that one.", {"duplicate_of": f"{other.number} cannot stand for this ticket"}
        )
    return {"of": other.number}


def _link(ticket: Ticket, given: Given, by: By) -> dict[str, object]:
    issue = given.known_issue
    if not can_be_linked(issue, by.snapshot):
        raise Invalid(
            "It cannot be linked.", {"known_issue": "Select a known issue that callers are counted for"}
        )
    why = given.note.strip() or "chosen by hand"
    question_store.withdraw_open(ticket.id, by.now)  # of a hold: nobody is asked for what is known
    store.set_link(ticket, issue, why, by.actor.id or None, by.now)
    ticket.known_issue_id = issue
    count_linked(ticket, by.actor, by.now)
    return {"known_issue": issue, "why": why}


def _unlink(ticket: Ticket, given: Given, by: By) -> dict[str, object]:
    issue = ticket.known_issue_id or ""
    _take_link_away(ticket, by)
    return {"known_issue": issue, **_said(given)}


_EFFECTS: dict[str, Effect] = {
    "routed": _route,
    "held": _hold,
    "resumed": _resume,
    "postponed": _postpone,
    "returned": _return,
    "answer_ready": _answer_ready,
    "answered": _answer,
    "not_tier3": _not_tier3,
    "duplicate": _duplicate,
    "linked": _link,
    "unlinked": _unlink,
}


def ready_words(ticket: Ticket) -> str:
    """What the team, or the known issue that was fixed, proposed for the caller; empty unless an answer is ready."""
    said = [e.data.get("caller_text", "") for e in ticket.events if e.kind == "answer_ready"]
    return said[-1] if said and ticket.state == State.ANSWER_READY else ""


def check_words(number: str, name: str, given: Given, *, by: By, as_it_is: bool) -> None:
    """What `move_ticket` would say of the words and choices for this ticket, and nothing is moved."""
    ticket = store.get_ticket(number, by.actor)
    move = check_move(name, standing(ticket), by.actor)
    _check(move, own_fields(move, given), ticket, by, as_it_is)


def note_undone(ticket: Ticket, event: str, by: By) -> None:
    """A move was taken back: the ticket's columns are as they were before it."""
    note(ticket, "undone", {"event": event, "state": ticket.state, "team": ticket.team}, by)
    audit(by.actor, f"undo {event.replace('_', ' ')} ticket", f"ticket:{ticket.number}", ticket.state, by.now)


def note_refusal(move: str, number: str, actor: Actor, now: datetime) -> None:
    """Audit a move that was refused, in a transaction of its own."""
    logger.info("refused to %s %s for user %s", move, number, actor.id)
    audit(actor, f"{move} ticket", f"ticket:{number}", "refused", now)


def close_resolved(*, days: int, snapshot: Snapshot, now: datetime) -> list[str]:
    """Close what was resolved at least `days` ago, oldest first; the numbers. Of two that do it at once one finds nothing."""
    closed = []
    hold_lock("close resolved")
    move = find_move("close", State.RESOLVED)
    for ticket in store.list_resolved_before(now - timedelta(days=days)):
        moved(ticket, move, {}, By(COMMAND_LINE, ticket.version, snapshot, now))
        closed.append(ticket.number)
    return closed


def set_all_due(catalogue: Catalogue) -> int:
    """After a change of targets, hours or holidays: every open ticket's anew; how many have changed."""
    changed = 0
    for ticket in store.list_open():
        before = ticket.due_at
        set_due(ticket, catalogue)
        changed += ticket.due_at != before
    store.save()
    return changed


# --- known issues


def refuse_known_issue(number: str, issue: str, *, by: By) -> Ticket:
    """ "Not this": remembered, so that it is not suggested for this ticket again. Repeating it is harmless."""
    ticket = store.lock_ticket(number, by.actor)
    check_move("link", standing(ticket), by.actor)
    if issue not in by.snapshot.articles:
        raise Invalid("There is no such known issue.", {"known_issue": "Select the known issue"})
    if issue not in store.list_rejected(ticket.id):
        if ticket.known_issue_id == issue:
            _take_link_away(ticket, by)
        else:
            _reject(ticket, issue, by)
        note(ticket, "not_this", {"known_issue": issue}, by)
        audit(by.actor, "refuse known issue", f"ticket:{number}", issue, by.now)
    return ticket


def _take_link_away(ticket: Ticket, by: By) -> None:
    """Also what an agent recognised in the call is a link. Its report goes, if no call but this one made it."""
    issue = ticket.known_issue_id or ""
    store.remove_link(ticket, issue)
    uncount_linked(ticket)
    ticket.known_issue_id = None
    _reject(ticket, issue, by)


def _reject(ticket: Ticket, issue: str, by: By) -> None:
    if issue not in store.list_rejected(ticket.id):
        store.add(Rejection(ticket_id=ticket.id, known_issue_id=issue, by=by.actor.id, at=by.now))


def list_rejected(ticket: Ticket) -> list[str]:
    return store.list_rejected(ticket.id)


# --- words


def set_caller_text(number: str, text: str, *, by: By, as_it_is: bool = False) -> Ticket:
    """What the help desk may read out from now on. By Tier 3 and the owning team."""
    ticket = _for_inside(number, by)
    text = text.strip()
    if wrong := caller_text_wrong(text):
        raise Invalid(f"{wrong}.", {"caller_text": wrong})
    guard.check_caller_words({"caller_text": [text]}, ticket, by.catalogue, as_it_is=as_it_is)
    if text == ticket.caller_text:
        return ticket
    ticket.caller_text = text
    note(ticket, "caller_text", {"caller_text": text}, by)
    audit(by.actor, "set caller text", f"ticket:{number}", "ok", by.now)
    return ticket


def add_note(number: str, text: str, *, by: By) -> Ticket:
    """Words for those who work on it: of Tier 3 and the team only for them, of the desk for all who see the ticket."""
    ticket = store.lock_ticket(number, by.actor)
    if not sides_of(by.actor, standing(ticket)):
        raise NotAllowed("Your account may not add to this ticket.")
    text = text.strip()
    if not 1 <= len(text) <= NOTE_MOST:
        wrong = f"Enter a note of at most {NOTE_MOST} characters"
        raise Invalid(f"{wrong}.", {"note": wrong})
    if not ticket.privacy:
        guard.check_personal_data({"note": text}, guard.allowed(ticket, by.catalogue))
    last = ticket.events[-1]
    if (last.kind, last.actor, last.data.get("note")) == ("noted", by.actor.id, text):
        return ticket  # a double click
    known = handles(standing(ticket), inside=may_see_inside(ticket, by.actor))
    note(ticket, "noted", {"note": text}, by, mentioned(text, known))
    audit(by.actor, "add note", f"ticket:{number}", "ok", by.now)
    return ticket


def may_see_inside(ticket: Ticket, actor: Actor) -> bool:
    """Notes of Tier 3 and the teams stay with them: what a desk sees, it may read out."""
    return actor.may(Permission.TRIAGE) or Side.TEAM in sides_of(actor, standing(ticket))


def _for_inside(number: str, by: By) -> Ticket:
    ticket = store.lock_ticket(number, by.actor)
    if ticket.version != by.version:
        raise ChangedMeanwhile("Somebody changed this ticket meanwhile.")
    if sides_of(by.actor, standing(ticket)).isdisjoint({Side.TRIAGE, Side.TEAM}):
        raise NotAllowed("Your account may not write what callers are told.")
    return ticket
