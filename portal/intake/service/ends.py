"""One-click ends, and what follows an end: its record number, the next problem of the same caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from portal.accounts.actor import Actor
from portal.accounts.service import audit
from portal.core.db import db
from portal.core.errors import Invalid
from portal.criteria.decide import Decision
from portal.criteria.table import OutcomeKind
from portal.intake import derive, endings, store
from portal.intake.case import Case
from portal.intake.endings import Ending
from portal.intake.my_calls import day_start
from portal.intake.record import Call, Record
from portal.intake.service.call import needed_reference, report_of
from portal.intake.service.file import file_critical_ticket
from portal.intake.service.row import (
    UNDOABLE,
    At,
    NotThere,
    case_of,
    end_with,
    find_row,
    refuse_practice,
    saved,
)
from portal.intake.wizard import End, Step
from portal.knowledge import service as knowledge
from portal.knowledge.article import Article
from portal.tickets import service as tickets
from portal.tickets.references import cut, external_reference


def answer_article(
    article: Article, result: str, steps: Sequence[int], words: str = "", *, key: str, back: str, at: At
) -> Case:
    """One click on an article ends a call. `words`: what the caller said. `back`: the page to go on at if it was wrong."""
    ending = endings.answered(article, steps, result, words=words, catalogue=at.snapshot.catalogue)
    ticked = {article.id: list(steps)}
    return _one_click(End.ANSWERED, ending, key, back, at, ticked=ticked, tool=article.tool)


def redirect(route_id: str, words: str = "", *, key: str, back: str, at: At) -> Case:
    route = at.snapshot.catalogue.routes[route_id]
    return _one_click(End.ELSEWHERE, endings.elsewhere(route, "", words), key, back, at)


def _one_click(
    end: End, words: Ending, key: str, back: str, at: At, *, ticked: Any = None, tool: str | None = None
) -> Case:
    row, made = store.add(
        at.actor, key, at.now, ticked=ticked or {}, call={**asdict(Call(tool=tool or "")), "facilities": []}
    )
    if not made:
        return case_of(store.record_of(row), at)
    return end_with(row, end, words, at, back=back)


def report_issue(
    article: Article,
    *,
    urgent: str,
    external_ref: str,
    ref_later: bool,
    platform: str,
    facilities: Sequence[str],
    told: bool,
    key: str,
    back: str,
    at: At,
) -> Case:
    """From results, board or article. Harm: the report is added and a Critical ticket filed; privacy: its own page, no report.

    `told`: the caller knows the workaround.
    """
    if urgent == "no":
        reference = needed_reference(external_ref, at, later=ref_later)
    else:  # nothing stops these, a number that is none least of all
        number = cut(external_ref, at.snapshot.catalogue)
        reference = number.reference if number and number.accepted and number.system != "portal" else None
    call = Call(tool=article.tool or "", platform=platform, article=article.id)
    values: dict[str, Any] = {
        "urgent": urgent, "call": {**asdict(call), "facilities": list(facilities)}, "ref_later": ref_later,
        "external_ref": reference.value if reference else None,
    }  # fmt: skip
    row, made = store.add(at.actor, key, at.now, **values)
    case = case_of(store.record_of(row), at)
    if not made or urgent in ("privacy", "both"):
        return case
    if urgent == "harm":
        row.text = f"The caller has the known issue “{article.title}”, and care may be at risk."
        return file_critical_ticket(row, article, at, told=False)
    receipt = report_of(article, row, at)
    return end_with(row, End.REPORTED, endings.reported(article, receipt, told, case), at, back=back)


def record_decision(
    article: Article,
    answers: Mapping[str, str],
    decision: Decision,
    *,
    override_outcome: str = "",
    override_reason: str = "",
    at: At,
) -> None:
    """A checked case, with or without a call."""
    knowledge.record_evaluation(
        article_id=article.id,
        revision=at.snapshot.revision,
        answers=answers,
        decision=decision,
        actor=at.actor,
        now=at.now,
        override_outcome=override_outcome or None,
        override_reason=override_reason,
    )


def end_with_decision(
    article: Article, decision: Decision, words: str = "", *, key: str, back: str, at: At
) -> Case:
    """*Solved* or *sent there* on a checked case."""
    if decision.outcome == OutcomeKind.REDIRECT:
        return redirect(decision.route or "", words, key=key, back=back, at=at)
    runbook = at.snapshot.in_use(decision.runbook) or article
    return answer_article(runbook, "works_now", (), words, key=key, back=back, at=at)


def may_undo(record: Record, actor: Actor, now: datetime) -> bool:
    """On the day of the end, whoever ended it; not once Tier 2 goes on."""
    kept = record.undo
    if kept is None or kept["by"] != actor.id or record.end not in UNDOABLE or record.ended_at is None:
        return False
    return record.ended_at >= day_start(actor, now)


def undo(number: str, *, at: At) -> tuple[Case, str]:
    """*That was not it*: the call is open again where it was. One without a call before it is dropped: the page to go on at.

    Raises NotThere when the end stands, also for one taken back already.
    """
    row = find_row(number, at.actor, lock=True)
    record = store.record_of(row)
    if not may_undo(record, at.actor, at.now) or row.undo is None:
        raise NotThere(case_of(record, at).waiting)
    kept, row.undo = row.undo, None
    if row.end == End.REPORTED:
        tickets.take_back_report(row.id, actor=at.actor, now=at.now)
    audit(at.actor, f"undo end {row.end}", f"intake:{number}", "ok", at.now)
    row.handed_at = None if row.end == End.HANDED_OVER else row.handed_at
    if kept["back"]:
        case = end_with(row, End.ABANDONED, endings.dropped(endings.TAKEN_BACK), at)
        row.ended_at = None  # in no figure of its day
        return case, kept["back"]
    row.end = row.ended_at = None
    return saved(row, Step.END, at, **kept["row"]), ""


def drop(number: str, reason: str, *, at: At) -> Case:
    """Nothing comes of this open call. `reason` is a key of DROPPED; sent again it changes nothing."""
    row = find_row(number, at.actor, lock=True)
    refuse_practice(row, at)
    case = case_of(store.record_of(row), at)
    if row.end == End.ABANDONED:
        return case
    if row.end is not None or (row.handed_at is not None and row.worker != at.actor.id):
        raise NotThere(case.waiting)
    if reason not in endings.DROPPED:
        raise Invalid("Select why you drop this call.", {"reason": "Select why you drop this call"})
    return end_with(row, End.ABANDONED, endings.dropped(endings.DROPPED[reason]), at)


def add_number(number: str, raw: str, *, at: At) -> Case:
    """The record number that was put off: on the intake, its ticket and its report."""
    row = find_row(number, at.actor, lock=True)
    refuse_practice(row, at)
    reference = external_reference(raw, at.snapshot.catalogue, derive.origin(at.actor.desk))
    for receipt in (row.outcome.get("ticket"), row.outcome.get("report")):
        if receipt:
            tickets.add_reference(
                receipt, reference, actor=at.actor, catalogue=at.snapshot.catalogue, now=at.now
            )
    row.external_ref, row.ref_later, row.changed_at = reference.value, False, at.now
    db.session.flush()
    return case_of(store.record_of(row), at)


def another_problem(number: str, *, key: str, at: At) -> Case:
    """A new call of the same caller: keeps reference, audience, platform and facility."""
    row = find_row(number, at.actor)
    refuse_practice(row, at)
    before = store.record_of(row)
    call = Call(
        audience=before.call.audience, platform=before.call.platform, facilities=before.call.facilities
    )
    values: dict[str, Any] = {
        "call": {**asdict(call), "facilities": list(call.facilities)}, "external_ref": before.external_ref or None,
    }  # fmt: skip
    row, _ = store.add(at.actor, key, at.now, **values)
    return case_of(store.record_of(row), at)
