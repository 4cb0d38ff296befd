"""Pages 4 and 5, and those that cannot wait: facts, the last check, one ticket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from portal.core.db import db
from portal.core.errors import Invalid
from portal.intake import endings, filing, store
from portal.intake.case import Case, stations
from portal.intake.filing import Check
from portal.intake.models import Intake
from portal.intake.service.call import needed_reference, report_of
from portal.intake.service.row import (
    At,
    ChangedElsewhere,
    NotThere,
    case_of,
    check_version,
    end_with,
    evaluate,
    find_row,
    reference_of,
    saved,
    work_on,
)
from portal.intake.wizard import End, Step
from portal.knowledge.article import Article, Nature
from portal.search.match import Grade, Kind, Match
from portal.tickets import service as tickets
from portal.tickets.developer_text import default_shape, developer_text, public_part
from portal.tickets.routing import choose_team
from portal.tickets.ticket import Filing, TicketDraft

PRACTICE_TICKET = "T3-PRACTICE"


def save_facts(
    number: str, values: Mapping[str, str], not_known: Sequence[str], *, version: int, at: At
) -> Case:
    """Facts as checked by the form. After a Critical ticket was filed they go to the ticket."""
    row, _ = work_on(number, Step.FACTS, at=at)
    check_version(row, version, row.facts, values)
    return saved(row, Step.FACTS, at, facts={**row.facts, **values}, not_known=list(not_known))


def edit_check(number: str, check: Check, *, at: At) -> Case:
    """Keep what page 5 changed, to show the text that developers will see."""
    row, _ = work_on(number, Step.CHECK, at=at)
    edited = {
        "title": check.title,
        "summary": check.summary,
        "severity": str(check.severity),
        "severity_reason": check.reason,
    }
    return saved(row, Step.CHECK, at, check={**row.check, **edited})


def new_matches(case: Case, matches: Sequence[Match], seen: Sequence[str] = ()) -> list[Match]:
    """Likely known issues that appeared since page 2, to be shown once more before filing."""
    old = {*case.record.shown, *case.record.refused, *seen}
    return [match for match in matches if match.grade is Grade.LIKELY and match.id not in old]


def likely_refused(case: Case, matches: Sequence[Match]) -> str | None:
    """A known fault that fits well and was refused: the ticket then waits for a look in triage."""
    for match in matches:
        article = case.snapshot.articles.get(match.id)
        fault = (
            article is not None
            and article.known_issue is not None
            and article.known_issue.nature is Nature.FAULT
        )
        if match.grade is Grade.LIKELY and match.kind is Kind.ARTICLE and fault:
            return match.id
    return None


def file(
    number: str,
    check: Check,
    *,
    external_ref: str,
    ref_later: bool,
    seen: Sequence[str],
    matches: Sequence[Match],
    version: int,
    at: At,
) -> Case:
    """Ticket, decision and end in one transaction; sent again it gives the same ticket. `matches`: as if nothing were refused."""
    row = find_row(number, at.actor, lock=True)
    record = store.record_of(row)
    if not record.is_open and record.end is End.FILED:
        return case_of(record, at)
    row, case = work_on(number, Step.CHECK, at=at)
    if version and version != row.version:
        raise ChangedElsewhere([])
    if (
        filing.is_lower(check.severity, case.severity)
        and not filing.REASON_LEAST <= len(check.reason) <= filing.REASON_MOST
    ):
        wanted = "Say in 10 to 300 characters why it is lower"
        raise Invalid(f"{wanted}.", {"severity_reason": wanted})
    reference = needed_reference(external_ref or record.external_ref, at, later=ref_later)
    row.external_ref, row.ref_later = reference.value if reference else None, ref_later
    row.shown = list(dict.fromkeys([*row.shown, *seen]))
    row.refused = list(dict.fromkeys([*row.refused, *(id for id in seen if id in at.snapshot.articles)]))
    case = case_of(store.record_of(row), at)
    draft = filing.ordinary(case, check, at.now, likely_refused(case, matches))
    ticket = _ticket_of(draft, row, case, at)
    words = endings.filed(case, draft, ticket.number, ticket.state, ticket.team)
    return end_with(row, End.FILED, words, at, _would(draft, ticket, case, at))


def _ticket_of(draft: TicketDraft, row: Intake, case: Case, at: At) -> Filing:
    """The decision and its ticket, kept; for practice neither, but where the ticket would go."""
    if row.practice_id is not None:
        routing = choose_team(draft, at.snapshot.catalogue)
        return Filing(PRACTICE_TICKET, routing.team, routing.state, draft.severity, routing.because)
    row.evaluation_id = evaluate(case, at)
    return tickets.file_ticket(
        tickets.checked(draft, at.snapshot.catalogue),
        actor=at.actor,
        catalogue=at.snapshot.catalogue,
        now=at.now,
        evaluation_id=row.evaluation_id,
    )


def _would(draft: TicketDraft, ticket: Filing, case: Case, at: At) -> dict[str, Any]:
    """What the end of a practice intake shows of the ticket that was not filed; nothing of a privacy report leaves."""
    if case.record.practice is None:
        return {}
    catalogue, text = at.snapshot.catalogue, ""
    if not draft.privacy:
        public = public_part(draft, catalogue, people=case.others + 1)
        shape = default_shape(draft.origin, draft.audience)
        text = developer_text(public, shape, catalogue, at.snapshot.facilities).whole
    return {
        "severity": str(draft.severity),
        "because": ticket.because,
        "developers": text,
        "triage": bool(case.record.check.get("triage")),
    }


@dataclass(frozen=True, slots=True)
class UrgentInput:
    """5C as checked by its form. `known_issue`: a match that the agent ticked; it never ends the call."""

    text: str
    tool: str
    facilities: str
    external_ref: str
    told: bool = False
    known_issue: str = ""


def file_critical(number: str, given: UrgentInput, *, at: At) -> Case:
    """A Critical ticket at once; with a known issue also its report, and the ticket is linked to it."""
    row = find_row(number, at.actor, lock=True)
    if row.end == End.CRITICAL:
        return case_of(store.record_of(row), at)
    row, _ = work_on(number, Step.CRITICAL, at=at)
    reference = reference_of(given.external_ref, at)
    tool = given.tool if given.tool in at.snapshot.catalogue.tools else ""
    found = stations(given.facilities, at.snapshot.facilities)
    row.text, row.external_ref, row.ref_later = (
        given.text,
        reference.value if reference else None,
        reference is None,
    )
    row.call = {**row.call, "tool": tool, "facilities": list(found), "done": True}
    article = at.snapshot.articles.get(given.known_issue)
    return file_critical_ticket(row, article, at, told=given.told)


def file_critical_ticket(row: Intake, article: Article | None, at: At, *, told: bool) -> Case:
    case = case_of(store.record_of(row), at)
    receipt = report_of(article, row, at) if article else None
    draft = filing.urgent(case, at.now, article.id if article else None, told)
    ticket = _ticket_of(draft, row, case, at)
    words = endings.critical(case, draft, ticket.number, receipt)
    return end_with(row, End.CRITICAL, words, at, _would(draft, ticket, case, at))


def add_facts(number: str, values: Mapping[str, str], not_known: Sequence[str], *, at: At) -> Case:
    """The facts that follow a Critical ticket."""
    row = find_row(number, at.actor, lock=True)
    if row.end != End.CRITICAL:
        raise NotThere(case_of(store.record_of(row), at).waiting)
    case = case_of(replace(store.record_of(row), facts=dict(values), not_known=tuple(not_known)), at)
    said = filing.fact_words(case, at.now)
    tickets.add_facts(
        row.outcome["ticket"], said, not_known, actor=at.actor, catalogue=at.snapshot.catalogue, now=at.now
    )
    row.outcome = {**row.outcome, "facts_added": True}
    row.changed_at = at.now
    db.session.flush()
    return case_of(store.record_of(row), at)


def file_private(
    number: str, given: UrgentInput, values: Mapping[str, str], not_known: Sequence[str], *, at: At
) -> Case:
    """A report that only cleared people read. The agent keeps the receipt, and the intake keeps nothing of it."""
    row = find_row(number, at.actor, lock=True)
    if row.end == End.PRIVACY:
        return case_of(store.record_of(row), at)
    row, decided = work_on(number, Step.PRIVACY, at=at)
    reference = reference_of(given.external_ref, at)
    tool = given.tool if given.tool in at.snapshot.catalogue.tools else ""
    found = stations(given.facilities, at.snapshot.facilities)
    row.text, row.alert_words, row.facts, row.not_known = given.text, "", dict(values), list(not_known)
    row.external_ref, row.ref_later = reference.value if reference else None, reference is None
    row.call = {
        **row.call,
        "tool": tool,
        "facilities": list(found),
        "done": True,
        "error_code": "",
        "no_words": "",
    }
    now_known = case_of(store.record_of(row), at)
    case = replace(now_known, decision=decided.decision, article=decided.article, answers=decided.answers)
    draft = filing.private(case, at.now)
    ticket = _ticket_of(draft, row, case, at)
    words = endings.private(ticket.number)
    return end_with(row, End.PRIVACY, words, at, _would(draft, ticket, case, at))
