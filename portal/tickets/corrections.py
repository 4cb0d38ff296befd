"""The desk mends what it filed, until a team accepts; Tier 3 sets severity and tool anew. In the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.accounts.actor import Actor
from portal.accounts.service import audit
from portal.core.errors import Conflict, Invalid, NotAllowed
from portal.criteria.severity import Severity, snow_severity
from portal.knowledge.catalogue import Catalogue, Fact, FactType
from portal.tickets import guard, store
from portal.tickets.lifecycle import REASON_LEAST, REASON_MOST, Side, Standing, may_correct, sides_of
from portal.tickets.models import Ticket
from portal.tickets.moves import By, note, set_due, standing
from portal.tickets.store import ChangedMeanwhile
from portal.tickets.ticket import ENDED

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


# --- severity and tool


def may_assess(ticket: Standing, actor: Actor) -> bool:
    """Tier 3, while anybody has still to act."""
    return ticket.state not in ENDED and Side.TRIAGE in sides_of(actor, ticket)


def assess_ticket(number: str, severity: str, tool: str, reason: str, *, by: By) -> Ticket:
    """What the filing got wrong, or what became worse. The clocks go on with the new targets; what was used stays.

    One that becomes Critical is pushed like any other that nobody has taken. The reason may be read by any agent with the number.
    """
    ticket = store.lock_ticket(number, by.actor)
    if not may_assess(standing(ticket), by.actor):
        raise NotAllowed("Tier 3 sets severity and tool, until the ticket has ended.")
    if ticket.version != by.version:
        raise ChangedMeanwhile("Somebody changed this ticket meanwhile.")
    _check_assessment(ticket, severity, tool, reason, by.catalogue)
    changed = {
        name: [getattr(ticket, name), new]
        for name, new in (("severity", severity), ("tool", tool))
        if getattr(ticket, name) != new
    }
    if not changed:
        return ticket
    own = Severity(severity)
    if "tool" in changed:
        ticket.tool, ticket.sub_area = tool, None
    if "severity" in changed:
        cannot_work = ticket.audience == "staff" and own is Severity.MEDIUM
        ticket.severity, ticket.snow_severity = own, snow_severity(own, cannot_work=cannot_work)
        ticket.severity_because = reason.strip()
        set_due(ticket, by.catalogue)
    note(ticket, "assessed", {**changed, "because": reason.strip()}, by)
    audit(by.actor, "assess ticket", f"ticket:{number}", " ".join(changed), by.now)
    return ticket


def _check_assessment(ticket: Ticket, severity: str, tool: str, reason: str, catalogue: Catalogue) -> None:
    wrong = {}
    if severity not in list(Severity):
        wrong["severity"] = "Select the severity"
    elif ticket.privacy and severity not in (Severity.CRITICAL, Severity.HIGH):
        wrong["severity"] = "A security or privacy report is High at least"
    if tool not in catalogue.tools and tool != ticket.tool:
        wrong["tool"] = "Select the tool"
    if not REASON_LEAST <= len(reason.strip()) <= REASON_MOST:
        wrong["reason"] = f"Say why, in {REASON_LEAST} to {REASON_MOST} characters"
    if wrong:
        raise Invalid("Some fields do not fit.", wrong)
    if not ticket.privacy:
        guard.check_personal_data({"reason": reason}, guard.allowed(ticket, catalogue))
