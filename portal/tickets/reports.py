"""Callers counted with a known issue: reports of agents, and tickets that are linked to it. Each call counts once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.accounts.actor import Actor, Permission
from portal.accounts.service import audit
from portal.core.errors import NotAllowed
from portal.tickets import issue_store, report_store, store
from portal.tickets.models import Report, Ticket
from portal.tickets.ticket import Counts, Receipt, ReportDraft, Via, report_number


def add_report(draft: ReportDraft, *, actor: Actor, now: datetime) -> Receipt:
    """Count one more caller. The same record on the same known issue, or the same intake, is counted once."""
    if not actor.may(Permission.FILE):
        raise NotAllowed("Your account may not add reports.")
    value = draft.reference.value if draft.reference else None
    same = (draft.known_issue_id, value, draft.intake_id)
    earlier = report_store.find_same_report(*same)
    if earlier is None:
        count = store.next_number("report")
        earlier = report_store.find_same_report(
            *same
        )  # whoever held the counter may have added this very call
    if earlier:
        if draft.intake_id is not None and earlier.intake_id != draft.intake_id:
            earlier.again_at, earlier.stopped_at = now, None  # another call on the same record
        return Receipt(
            earlier.number, earlier.known_issue_id, report_store.count_reports(earlier.known_issue_id), False
        )
    report = Report(
        number=report_number(count),
        known_issue_id=draft.known_issue_id,
        intake_id=draft.intake_id,
        by=actor.id,
        desk=draft.desk,
        origin=draft.origin,
        external_ref=value,
        facility=draft.facility,
        ehr=draft.ehr,
        platform=draft.platform,
        at=now,
        via=draft.via,
    )
    store.add(report)
    audit(actor, "add report", f"report:{report.number}", draft.known_issue_id, now)
    return Receipt(
        report.number, draft.known_issue_id, report_store.count_reports(draft.known_issue_id), True
    )


def take_back_report(intake_id: int, *, actor: Actor, now: datetime) -> None:
    """The report that this call added; one that counted its record before stays."""
    for report in report_store.list_reports_of_intake(intake_id):
        if report.ticket_id is None:
            audit(actor, "take back report", f"report:{report.number}", report.known_issue_id, now)
            report_store.remove_report(report)


def report_counts(ids: Iterable[str], now: datetime) -> dict[str, Counts]:
    """By known issue; those without any report are left out."""
    return report_store.report_counts(ids, now)


@dataclass(frozen=True, slots=True)
class Spread:
    """Where the callers of a known issue are: (place, how many), the most first. For Tier 3 and the owning team."""

    facilities: tuple[tuple[str, int], ...]
    ehrs: tuple[tuple[str, int], ...]


def spread_of(known_issue_id: str) -> Spread:
    """An empty place stands for callers who did not know it."""
    reports = issue_store.list_reports(known_issue_id)
    facilities = Counter(report.facility or "" for report in reports)
    ehrs = Counter(report.ehr or "" for report in reports)
    return Spread(tuple(facilities.most_common()), tuple(ehrs.most_common()))


def list_reports(known_issue_id: str) -> list[Report]:
    """Oldest first, each record once."""
    return issue_store.list_reports(known_issue_id)


def several_people(
    known_issue_ids: Sequence[str], error_code: str | None, facility: str | None, now: datetime
) -> int:
    """How many different calls of the last 24 hours share a known issue, or the code at the same facility."""
    return report_store.count_calls(known_issue_ids, error_code, facility, now)


# --- linked tickets


def count_linked(ticket: Ticket, actor: Actor, now: datetime) -> None:
    """One report for a linked ticket, unless its record or its call is counted for this issue already. Can be repeated."""
    issue = ticket.known_issue_id or ""
    values = [ref.value for ref in ticket.references]
    same = (issue, values, ticket.intake_id, ticket.id)
    own = report_store.find_report_of_ticket(ticket.id)
    if own and own.known_issue_id != issue:  # it followed another one before
        report_store.remove_report(own)
        own = None
    counted = report_store.find_counted(*same)
    if own is None and counted is None:
        count = store.next_number("report")
        counted = report_store.find_counted(*same)  # whoever held the counter may have added this very call
    if counted:
        uncount_linked(ticket)
        return
    first = values[0] if values else None
    if own:
        own.external_ref = own.external_ref or first
        return
    report = Report(
        number=report_number(count),
        known_issue_id=issue,
        ticket_id=ticket.id,
        by=actor.id or ticket.filed_by,
        desk=ticket.desk,
        origin=ticket.origin,
        external_ref=first,
        facility=ticket.facilities[0] if ticket.facilities else None,
        ehr=ticket.ehr,
        platform=ticket.platform,
        at=ticket.filed_at,
        via=Via.TICKET,
    )
    store.add(report)
    audit(actor, "add report", f"report:{report.number}", issue, now)


def reports_of_ticket(ticket: Ticket) -> list[Report]:
    """All that count the call or the record of this ticket: made in the call, or with the known issue that it is linked to."""
    found = [] if ticket.intake_id is None else report_store.list_reports_of_intake(ticket.intake_id)
    if ticket.known_issue_id:
        values = [ref.value for ref in ticket.references]
        counted = report_store.find_report_of_ticket(ticket.id) or report_store.find_counted(
            ticket.known_issue_id, values, ticket.intake_id, ticket.id
        )
        found += [counted] if counted and counted not in found else []
    return found


def uncount_linked(ticket: Ticket) -> None:
    """Take away the report that counts only because this ticket is linked."""
    own = report_store.find_report_of_ticket(ticket.id)
    if own:
        report_store.remove_report(own)
