"""Questions to the caller through Tier 2: the desk answers them, Tier 3 or the team takes them back, the last one ends the hold.

They are put by the move that holds the ticket (moves.py). Any agent with the number may answer, as they may look it up. Every
function runs in the caller's transaction and leaves an event and an audit line.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from portal.accounts.actor import Actor, Desk, Permission
from portal.accounts.service import audit
from portal.core.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.knowledge.catalogue import Catalogue
from portal.tickets import guard, question_store, store
from portal.tickets import question as values
from portal.tickets.lifecycle import Side, find_move, own_desks, sides_of
from portal.tickets.models import Question, Ticket
from portal.tickets.moves import By, moved, note, standing
from portal.tickets.question import ALL_ANSWERED, Asked, Kind, read_answer
from portal.tickets.references import reference_words
from portal.tickets.ticket import Reference, State
from portal.web.paging import Page

PAGE_SIZE = 25
NONE_LEFT = "no question is open any more"


class AnsweredMeanwhile(Conflict):
    """Somebody answered a question since it was read, in other words."""


def answer_questions(number: str, typed: Mapping[int, tuple[str, bool]], *, by: By) -> int:
    """Some or all of them, by their ids: what was typed, and whether the caller does not know. How many are open still.

    The same answer again is harmless; another one raises AnsweredMeanwhile, and nothing of this one is kept. Raises Invalid
    or PersonalData with the fields `answer-<id>`.
    """
    if not by.actor.may(Permission.FILE):
        raise NotAllowed("Your account may not answer for a caller.")
    ticket = question_store.lock_ticket(number)
    rows = {row.id: row for row in question_store.list_of_ticket(ticket.id)}
    answers = _read(rows, typed, by.now.astimezone(by.zone).date())
    closed = [id for id in answers if not _value(rows[id]).is_open]
    if any(rows[id].answer != answers[id] for id in closed):
        raise AnsweredMeanwhile("A colleague answered meanwhile, or the question was taken back.")
    new = {id: text for id, text in answers.items() if id not in closed}
    fields = {f"answer-{id}": text for id, text in new.items()}
    guard.check_personal_data(fields, guard.allowed(ticket, by.catalogue))
    if new:
        _keep(ticket, [rows[id] for id in new], new, by)
    open_still = sum(_value(row).is_open for row in rows.values())
    if new and not open_still:
        _end_hold(ticket, ALL_ANSWERED, by)
    return open_still


def _read(rows: Mapping[int, Question], typed: Mapping[int, tuple[str, bool]], today: date) -> dict[int, str]:
    """The answers that were given; one that is left empty stays open."""
    found: dict[int, str] = {}
    wrong: dict[str, str] = {}
    for id, (text, not_known) in typed.items():
        if id in rows:
            try:
                given = read_answer(_value(rows[id]), text, not_known=not_known, today=today)
            except ValueError as error:
                wrong[f"answer-{id}"] = str(error)
            else:
                found |= {} if given is None else {id: given}
    if not wrong and not found:
        wrong = {f"answer-{next(iter(typed), 0)}": "Give an answer, or tick that the caller does not know"}
    if wrong:
        raise Invalid("Look at the answers.", wrong)
    return found


def _keep(ticket: Ticket, rows: list[Question], answers: Mapping[int, str], by: By) -> None:
    for row in rows:
        row.answer, row.answered_by, row.answered_at = answers[row.id], by.actor.id, by.now
        if row.fact and row.answer:
            _fill(ticket, row.fact, row.answer)
    pairs = [[row.words, row.answer] for row in rows]
    note(ticket, "replied", {"answers": pairs, "inside": False}, by)
    audit(by.actor, "answer question", f"ticket:{ticket.number}", f"{len(rows)} answered", by.now)


def _fill(ticket: Ticket, fact: str, words: str) -> None:
    """What is known now is no longer in the list of what is not."""
    if fact == "alert_words":
        ticket.alert_words = words
    elif fact == "error_code":
        ticket.error_code = words
    elif fact == "facility":
        ticket.facilities = ticket.facilities or [words]
    else:
        ticket.facts = {**ticket.facts, fact: words}
    ticket.not_known = [key for key in ticket.not_known if key != fact]


def withdraw_question(number: str, question_id: int, *, by: By) -> None:
    """By Tier 3 and the team that the ticket is with. Repeating it is harmless; an answered one stays."""
    ticket = store.lock_ticket(number, by.actor)
    if sides_of(by.actor, standing(ticket)).isdisjoint({Side.TRIAGE, Side.TEAM}):
        raise NotAllowed("Your account may not take back what Tier 3 asked.")
    rows = question_store.list_of_ticket(ticket.id)
    row = next((row for row in rows if row.id == question_id), None)
    if row is None:
        raise NotFound("There is no such question on this ticket.")
    if row.withdrawn_at is not None:
        return
    if row.answered_at is not None:
        raise Conflict("This question is answered already.")
    row.withdrawn_at = by.now
    note(ticket, "question_withdrawn", {"question": row.words}, by)
    audit(by.actor, "withdraw question", f"ticket:{number}", "ok", by.now)
    if not any(_value(one).is_open for one in rows):
        _end_hold(ticket, NONE_LEFT, by)


def _end_hold(ticket: Ticket, because: str, by: By) -> None:
    if ticket.state == State.ON_HOLD:
        moved(ticket, find_move("resume", State.ON_HOLD), {"because": because, "inside": False}, by)


# --- reading


def list_questions(ticket: Ticket) -> list[values.Question]:
    """All that were ever asked about this ticket, as they were asked."""
    return [_value(row) for row in question_store.list_of_ticket(ticket.id)]


def list_answered(number: str, actor: Actor) -> list[values.Question]:
    """Those that have an answer, for a colleague who was about to give another one."""
    ticket = store.find_ticket(number)
    found = list_questions(ticket) if ticket and not ticket.privacy and actor.may(Permission.FILE) else []
    return [question for question in found if question.answer is not None]


def asked_of(ticket: Ticket, catalogue: Catalogue, now: datetime) -> Asked:
    """Its open questions, for whoever has its caller on the line."""
    return _asked(ticket, question_store.open_of([ticket.id]).get(ticket.id, []), catalogue, now)


def count_asked(actor: Actor) -> int:
    """Tickets whose callers this person's desk is asked to reach."""
    desks = asked_desks(actor)
    return question_store.count_asked(desks) if desks else 0


def list_asked(actor: Actor, catalogue: Catalogue, now: datetime, page: int) -> Page[Asked]:
    """Those tickets with their questions, the one that has waited longest first."""
    desks = asked_desks(actor)
    total = question_store.count_asked(desks) if desks else 0
    number = max(1, min(page, -(-total // PAGE_SIZE)))
    tickets = question_store.list_asked(desks, PAGE_SIZE, (number - 1) * PAGE_SIZE) if total else []
    rows = question_store.open_of([ticket.id for ticket in tickets])
    found = [_asked(ticket, rows.get(ticket.id, []), catalogue, now) for ticket in tickets]
    return Page(found, number, PAGE_SIZE, total)


def asked_desks(actor: Actor) -> list[str]:
    """The person's own desks. Tier 2 works the records of Tier 1 of the same house, and is who calls a Veteran back."""
    desks = own_desks(actor)
    return sorted({*desks, Desk.HRC}) if Desk.TIER2 in desks else desks


def _asked(ticket: Ticket, rows: list[Question], catalogue: Catalogue, now: datetime) -> Asked:
    tool = catalogue.tools.get(ticket.tool)
    first = ticket.references[0] if ticket.references else None
    return Asked(
        number=ticket.number,
        reference=reference_words(Reference(first.system, first.value)) if first else "",
        tool=tool.name if tool else "Tool not known",
        follow_up_at=ticket.follow_up_at,
        is_due=ticket.follow_up_at is not None and ticket.follow_up_at <= now,
        questions=tuple(_value(row) for row in rows),
    )


def _value(row: Question) -> values.Question:
    return values.Question(
        row.id,
        row.words,
        Kind(row.kind),
        tuple(row.choices),
        row.asked_at,
        row.answer if row.answered_at else None,
        row.withdrawn_at is not None,
    )
