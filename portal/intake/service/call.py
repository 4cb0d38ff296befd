"""Pages 1 and 2: the call, and known issues. Calls also begin at an article or a checked case."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from portal.accounts.actor import Desk
from portal.accounts.service import audit
from portal.core.errors import Invalid
from portal.criteria.table import FACTS, NOT_SURE
from portal.intake import derive, endings, store
from portal.intake.case import NOT_DONE, Case, stations
from portal.intake.models import Intake
from portal.intake.record import NONE_FITTED, Call
from portal.intake.service.keep import abandon_old
from portal.intake.service.row import At, case_of, check_version, end_with, reference_of, saved, work_on
from portal.intake.wizard import End, Step
from portal.knowledge.article import Article
from portal.knowledge.snapshot import Snapshot
from portal.search.match import Match
from portal.tickets import service as tickets
from portal.tickets.ticket import Origin, Receipt, Reference, ReportDraft, Via

PRACTICE_REPORT = "R-PRACTICE"


@dataclass(frozen=True, slots=True)
class CallInput:
    """Page 1 as checked by its form. `external_ref` and `facilities` are as typed."""

    urgent: str
    text: str
    alert_words: str
    no_words: str
    tool: str
    audience: str
    platform: str
    facilities: str
    external_ref: str
    code: str = ""
    article: str = ""


def save_call(given: CallInput, *, at: At, number: str = "", key: str = "", version: int = 0) -> Case:
    """Start a call, or change its first page. The same key of the same person gives one intake, however often it is sent.

    Raises Invalid for a record number of another form.
    """
    reference = reference_of(given.external_ref, at)
    if not number:
        row, made = store.add(at.actor, key or secrets.token_urlsafe(16), at.now)
        case = case_of(store.record_of(row), at)
        if made:
            audit(at.actor, "start intake", f"intake:{case.record.number}", "ok", at.now)
            abandon_old(at.now)
        elif not case.record.is_open:
            return case  # sent again after its end: the same call
    else:
        row, case = work_on(number, Step.CALL, at=at)
    call = _call(given, case.record.call, at.snapshot)
    if row.practice_id is not None and call.tool == case.record.call.tool:
        call = replace(
            call, sub_area=case.record.call.sub_area
        )  # the part of the tool whose rules are practised
    sent = {"text": given.text, "alert_words": given.alert_words, "tool": call.tool, "urgent": given.urgent}
    stored = {
        "text": row.text,
        "alert_words": row.alert_words,
        "tool": row.call.get("tool", ""),
        "urgent": row.urgent,
    }
    check_version(row, version, stored, sent)
    check = dict(row.check)
    if (row.text, row.alert_words, row.call.get("tool"), row.call.get("facilities")) != (
        given.text, given.alert_words, call.tool, list(call.facilities),
    ):  # fmt: skip
        for looked in ("issues_checked", NONE_FITTED):  # other words may fit other known issues
            check.pop(looked, None)
    return saved(
        row,
        Step.CALL,
        at,
        urgent=given.urgent,
        text=given.text,
        alert_words=given.alert_words,
        call={**asdict(call), "facilities": list(call.facilities)},
        external_ref=reference.value if reference else None,
        check=check,
    )


def _call(given: CallInput, before: Call, snapshot: Snapshot) -> Call:
    codes = derive.codes_in(f"{given.alert_words} {given.text}", snapshot.codes)
    given_code = given.code if given.code in snapshot.codes else ""
    catalogue = snapshot.catalogue
    tool = catalogue.tools.get(given.tool)
    text = f"{given.text} {given.alert_words}"
    return replace(
        before,
        tool=tool.id if tool else "",
        sub_area=(derive.sub_area(text, tool) or (before.sub_area if before.tool == tool.id else ""))
        if tool
        else "",
        audience=given.audience if given.audience in FACTS["audience"].choices else "",
        platform=given.platform if given.platform in {*FACTS["platform"].choices, NOT_SURE} else "",
        facilities=stations(given.facilities, snapshot.facilities),
        error_code=next(iter(codes), given_code),
        no_words=given.no_words,
        article=given.article if given.article in snapshot.articles else before.article,
        done=bool(given.text and given.urgent),
    )


def start_from_article(
    article: Article,
    steps: Sequence[int],
    not_done: Sequence[int],
    words: str,
    code: str,
    *,
    urgent: str = "",
    key: str,
    at: At,
) -> Case:
    """*Did not help* on an article: a call that knows its tool, what was tried, and the words and the code that led here.

    `not_done`: steps that could not be done.
    """
    ticked = {article.id: list(steps)} if steps else {}
    area = article.sub_areas[0] if len(article.sub_areas) == 1 else ""
    call = Call(tool=article.tool or "", sub_area=area, error_code=code, article=article.id)
    answers = {"followed": "yes"} if article.section("do") is not None else {}
    values: dict[str, Any] = {
        "text": words,
        "urgent": urgent,
        "alert_words": code,
        "ticked": ticked,
        "check": {NOT_DONE: {article.id: list(not_done)}} if not_done else {},
        "answers": answers,
        "call": {**asdict(call), "facilities": []},
    }
    row, _ = store.add(at.actor, key, at.now, **values)
    return case_of(store.record_of(row), at)


def start_from_decision(
    article: Article,
    answers: Mapping[str, str],
    override: Mapping[str, str],
    words: str,
    code: str,
    *,
    key: str,
    at: At,
) -> Case:
    """From *Check a case*: the answers are kept, an override of its outcome, and the words and the code that led there."""
    tool = at.snapshot.catalogue.tools.get(article.tool or "")
    said = (derive.sub_area(words, tool) or "") if tool else ""
    areas = article.table.sub_areas if article.table else ()
    call = Call(
        tool=article.tool or "",
        sub_area=said if said in areas else areas[0] if len(areas) == 1 else "",
        audience=answers.get("audience", ""),
        platform=answers.get("platform", ""),
        error_code=code,
    )
    table = article.table
    asked = {one.id for one in table.inputs if one.fact is None} if table else set()
    kept = {id: value for id, value in answers.items() if id in asked}
    check = {"override": dict(override)} if override else {}
    values: dict[str, Any] = {
        "text": words,
        "alert_words": code,
        "answers": kept,
        "check": check,
        "call": {**asdict(call), "facilities": []},
    }
    row, _ = store.add(at.actor, key, at.now, **values)
    return case_of(store.record_of(row), at)


def refuse_issues(number: str, ids: Sequence[str], *, at: At) -> Case:
    """*None of these*: what was shown is kept as refused, and the call goes on. Nothing was shown: the time of that look."""
    row, _ = work_on(number, Step.KNOWN_ISSUES, at=at)
    shown = list(dict.fromkeys([*row.shown, *ids]))
    refused = list(dict.fromkeys([*row.refused, *(id for id in ids if id in at.snapshot.articles)]))
    check = {**row.check, "issues_checked": True} | ({} if ids else {NONE_FITTED: at.now.isoformat()})
    return saved(row, Step.KNOWN_ISSUES, at, shown=shown, refused=refused, check=check)


def add_caller(
    number: str, article: Article, *, external_ref: str, ref_later: bool, platform: str, told: bool, at: At
) -> Case:
    """*My caller has this*: one more report, and the end of the call. `told`: the caller knows the workaround."""
    row, case = work_on(number, Step.KNOWN_ISSUES, at=at)
    reference = needed_reference(external_ref, at, later=ref_later) or case.record.reference
    call = dict(row.call) | ({"platform": platform} if platform else {})
    row.call, row.external_ref, row.ref_later = call, reference.value if reference else None, ref_later
    receipt = report_of(article, row, at)
    return end_with(
        row, End.REPORTED, endings.reported(article, receipt, told, case_of(store.record_of(row), at)), at
    )


def answer_with_match(number: str, match: Match, *, at: At) -> Case:
    """*This answers it*: a by-design answer, a release, a window or maintenance."""
    row, case = work_on(number, Step.KNOWN_ISSUES, at=at)
    return end_with(row, End.ANSWERED, endings.answered_with_match(match, case.record.text), at)


def needed_reference(raw: str, at: At, *, later: bool) -> Reference | None:
    reference = reference_of(raw, at)
    if reference is None and not later:
        wanted = "Enter an HRC or INC number, or tick that you will add it in wrap-up"
        raise Invalid(f"{wanted}.", {"external_ref": wanted})
    return reference


def report_of(article: Article, row: Intake, at: At) -> Receipt:
    """One more caller of a known issue; practice adds none."""
    if row.practice_id is not None:
        today = tickets.report_counts([article.id], at.now).get(article.id)
        return Receipt(PRACTICE_REPORT, article.id, today.total + 1 if today else 1, is_new=True)
    record = store.record_of(row)
    station = record.call.facilities[0] if record.call.facilities else None
    known = at.snapshot.facilities.get(station or "")
    platform = record.call.platform if record.call.platform in FACTS["platform"].choices else None
    reference = record.reference
    draft = ReportDraft(
        known_issue_id=article.id,
        origin=Origin(derive.origin(Desk(record.desk), reference.system if reference else "")),
        desk=record.desk,
        intake_id=record.id,
        reference=reference,
        facility=station,
        ehr=known.ehr or None if known else None,
        platform=platform,
        via=Via.INTAKE,
    )
    return tickets.add_report(draft, actor=at.actor, now=at.now)
