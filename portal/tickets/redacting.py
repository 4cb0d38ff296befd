"""Words that must not stay in a ticket, taken out of every text that holds them. The audit log keeps where, never what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from portal.accounts import service as accounts
from portal.accounts.actor import COMMAND_LINE, Actor, Permission
from portal.core.errors import Conflict, NotAllowed
from portal.core.pii import find_pii
from portal.core.removal import Removal, overwrite_freed, pattern_of
from portal.knowledge import service as knowledge
from portal.knowledge.snapshot import Snapshot
from portal.mail import service as mail
from portal.search import service as search
from portal.tickets import finding, redact_store, store
from portal.tickets.lifecycle import acting_as
from portal.tickets.models import Event, Ticket
from portal.tickets.store import TicketNotFound
from portal.tickets.word_index import WordIndex

CallTexts = Callable[[Removal, int], None]
TABLES = {
    "ticket": "The ticket",
    "event": "Its timeline",
    "question": "Questions to the caller",
    "intake": "The call that it came from",
    "evaluation": "The decision of the rules",
    "attachment": "Names of its files",
    "link": "Its link to a known issue",
    "bulk_move": "Moves of many tickets",
    "bulk_ticket": "What undoing would put back",
    "spike": "Possible new problems",
    "saved_view": "Saved views",
    "mail": "Mails in the portal",
    "session": "Forms that wait for somebody to sign in",
    "idempotency_key": "Answers kept for forms sent twice",
    "search_miss": "Searches that found nothing",
}


def find_words(number: str, words: str, *, actor: Actor, snapshot: Snapshot, of_call: CallTexts) -> Removal:
    """How many places hold them; nothing is changed. Raises Invalid for words too short, TicketNotFound as every page."""
    removal = _removal(words, snapshot, apply=False)
    _look(removal, _ticket(number, actor, store.get_ticket), of_call)
    return removal


def take_out(
    number: str,
    words: str,
    *,
    actor: Actor,
    version: int | None,
    snapshot: Snapshot,
    of_call: CallTexts,
    now: datetime,
) -> Removal:
    """Put "[removed]" in their place, everywhere, in the caller's transaction; `clean_index` and the file come after it.

    `version`: of the ticket as the places were shown; raises ChangedMeanwhile when it is another. None: whatever it is.
    """
    removal = _removal(words, snapshot, apply=True)
    ticket = _ticket(number, actor, store.lock_ticket)
    if version is not None and ticket.version != version:
        raise store.ChangedMeanwhile("Somebody changed this ticket meanwhile.")
    overwrite_freed()
    _look(removal, ticket, of_call)
    if not removal.found:
        raise Conflict("These words no longer stand anywhere in this ticket.")
    ticket = _ticket(number, actor, store.get_ticket)
    ticket.events.append(
        Event(
            kind="redacted", actor=actor.id or None, at=now, data={"as": acting_as(actor, snapshot.catalogue)}
        )
    )
    store.save()
    kinds = "+".join(sorted({str(one.kind) for one in find_pii(words)})) or "words"
    for table in TABLES:  # a row each, since all in one would be cut short
        places = [(place.partition("."), count) for place, count in sorted(removal.found.items())]
        fields = " ".join(f"{name}:{count}" for (of, _, name), count in places if of == table)
        if fields:
            accounts.audit(actor, "redact ticket", f"ticket:{number}", f"{kinds} {table} {fields}", now)
    return removal


def catch_up(index: WordIndex, now: datetime) -> None:
    """So that nobody finds the ticket by these words any more."""
    finding.catch_up(index, now)


def clean_index(index: WordIndex, now: datetime) -> None:
    """Build the index of words anew, since what it had replaced stays in its file; where another process writes, begin anew."""
    if not finding.rebuild(index, now):
        index.drop()


def places_in_words(removal: Removal) -> list[tuple[str, int]]:
    """By what a reader knows, in a fixed order."""
    counts = dict.fromkeys(TABLES.values(), 0)
    for place, count in removal.found.items():
        counts[TABLES[place.partition(".")[0]]] += count
    return [(words, count) for words, count in counts.items() if count]


def _ticket(number: str, actor: Actor, get: Callable[[str, Actor], Ticket]) -> Ticket:
    """The command line reaches privacy tickets too: whoever runs it holds the database, and it prints no text."""
    if actor == COMMAND_LINE:
        found = store.find_ticket(number)
        if found is None:
            raise TicketNotFound(f"There is no ticket {number}.")
        return found
    if not actor.may(Permission.TRIAGE):
        raise NotAllowed("Your account may not take words out of tickets.")
    return get(number, actor)


def _removal(words: str, snapshot: Snapshot, *, apply: bool) -> Removal:
    return Removal(pattern_of(words), ids_of(snapshot), apply)


def ids_of(snapshot: Snapshot) -> frozenset[str]:
    """What stands for something in the portal wherever it is a whole text."""
    catalogue = snapshot.catalogue
    ids = {*catalogue.teams, *catalogue.tools, *catalogue.routes, *catalogue.facts, *snapshot.articles}
    for fact in catalogue.facts.values():
        ids.update(fact.choices)
    return frozenset(ids)


def _look(removal: Removal, ticket: Ticket, of_call: CallTexts) -> None:
    intake, evaluation = ticket.intake_id, ticket.evaluation_id
    redact_store.remove_words(removal, ticket)
    if intake is not None:
        of_call(removal, intake)
    if evaluation is not None:
        knowledge.remove_words(removal, evaluation)
    mail.remove_words(removal)
    accounts.remove_words(removal)
    search.remove_words(removal)
