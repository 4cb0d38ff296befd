"""The desk mends what it filed and adds what it has learned, until a team accepts. In the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.accounts.service import audit
from portal.core.errors import Conflict, Invalid
from portal.knowledge.catalogue import Catalogue, Fact, FactType
from portal.tickets import guard, store
from portal.tickets.lifecycle import may_correct
from portal.tickets.models import Ticket
from portal.tickets.moves import By, note, standing
from portal.tickets.store import ChangedMeanwhile

FACT_MOST = 1000
PLACED = ("alert_words", "error_code", "facility")  # facts that are columns of the ticket
CORRECTED = ("title", "summary", "alert_words", "error_code", "details")


def open_facts(ticket: Ticket, catalogue: Catalogue) -> list[Fact]:
    """What the caller could not say, as far as it is asked for by a field of its own."""
    keys = (key for key in ticket.not_known if key in catalogue.facts and key not in PLACED)
    return [catalogue.facts[key] for key in keys]


def correct_ticket(number: str, texts: Mapping[str, str], facts: Mapping[str, str], *, by: By) -> Ticket:
    """The desk mends what it filed and adds what it has learned, until a team accepts.

    `texts`: the fields of CORRECTED; `facts`: of those that were not known, by id, empty where they still are not.
    The event names the fields and keeps no old text: events last for ever, and the text may have been wrong to keep.
    """
    ticket = store.lock_ticket(number, by.actor)
    if ticket.version != by.version:
        raise ChangedMeanwhile("Somebody changed this ticket meanwhile.")
    if not may_correct(standing(ticket), by.actor):
        raise Conflict("This ticket can be corrected until a team accepts it. Add a note instead.")
    new: dict[str, Any] = {name: texts[name].strip() for name in CORRECTED}
    learned = {f.id: facts.get(f.id, "").strip() for f in open_facts(ticket, by.catalogue)}
    learned = {key: text for key, text in learned.items() if text}
    _check_correction(new, learned, ticket, by.catalogue)
    changed = [name for name in CORRECTED if new[name] != (getattr(ticket, name) or "")]
    if not changed and not learned:
        return ticket
    for name in changed:
        setattr(ticket, name, new[name])
    ticket.error_code = ticket.error_code or None
    known = {**ticket.facts, **learned}
    said = {key for key in PLACED if new.get(key)}
    ticket.facts, ticket.not_known = (
        known,
        [k for k in ticket.not_known if k not in learned and k not in said],
    )
    if changed:
        note(ticket, "corrected", {"fields": changed}, by)
    if learned:
        note(ticket, "facts_added", {"facts": sorted(learned)}, by)
    audit(by.actor, "correct ticket", f"ticket:{number}", " ".join([*changed, *learned]), by.now)
    return ticket


def _check_correction(
    texts: Mapping[str, str], facts: Mapping[str, str], ticket: Ticket, catalogue: Catalogue
) -> None:
    """Raises Invalid or PersonalData; a fact's field is named `fact_` and its id."""
    wanted = (("title", "a title"), ("summary", "what happens"))
    wrong = {name: f"Enter {words}" for name, words in wanted if not texts[name]}
    for key, text in facts.items():
        fact = catalogue.facts[key]
        if fact.type is FactType.CHOICE and text not in fact.choices:
            wrong[f"fact_{key}"] = "Select one of the answers"
        elif len(text) > FACT_MOST:
            wrong[f"fact_{key}"] = f"Enter at most {FACT_MOST} characters"
    if wrong:
        raise Invalid("Some fields do not fit.", wrong)
    if not ticket.privacy:
        public = {name: texts[name] for name in CORRECTED if name != "details"}
        public |= {f"fact_{key}": text for key, text in facts.items() if catalogue.facts[key].public}
        guard.check_personal_data(public, guard.allowed(ticket, catalogue))
