"""What an agent does with a call, from the first words to its end. Every function runs in the caller's transaction.

A page sent twice changes nothing the second time; one that another window changed meanwhile raises ChangedElsewhere.
Matching and the guard of typed texts come before the transaction, so their results are handed in.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portal.accounts.actor import Actor, Desk, Permission
from portal.accounts.service import audit
from portal.core.db import db
from portal.core.errors import Conflict, Invalid, NotAllowed
from portal.criteria.decide import Decision
from portal.criteria.table import FACTS, NOT_SURE, OutcomeKind
from portal.intake import derive, endings, filing, store
from portal.intake.case import Case, read_case, stations
from portal.intake.endings import Ending
from portal.intake.filing import Check
from portal.intake.models import Intake
from portal.intake.my_calls import CallRow as CallRow
from portal.intake.my_calls import find_handed_over as find_handed_over
from portal.intake.my_calls import list_today as list_today
from portal.intake.my_calls import list_unfinished as list_unfinished
from portal.intake.my_calls import open_count as open_count
from portal.intake.record import Call, Record
from portal.intake.store import IntakeNotFound as IntakeNotFound
from portal.intake.wizard import End, Step, may_open
from portal.knowledge import service as knowledge
from portal.knowledge.article import Article, Nature
from portal.knowledge.snapshot import Snapshot
from portal.search.match import Grade, Kind, Match
from portal.tickets import service as tickets
from portal.tickets.references import external_reference
from portal.tickets.ticket import Origin, Receipt, Reference, ReportDraft, Via

logger = logging.getLogger(__name__)
KEPT = timedelta(days=30)
USUAL_ZONE = "America/New_York"
REASON = "Say in 10 to 300 characters why you decide otherwise"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a page that two windows changed: what is stored, and what was sent now."""

    field: str
    stored: str
    sent: str


class ChangedElsewhere(Conflict):
    """The page was changed in another window; `differences` hold both versions."""

    def __init__(self, differences: Sequence[Difference]) -> None:
        super().__init__("Someone changed this intake in another window: both versions are below")
        self.differences = list(differences)


class NotThere(Conflict):
    """This page cannot be used now; the intake waits at another one."""

    def __init__(self, waiting: Step) -> None:
        super().__init__("This intake waits at another page.")
        self.waiting = waiting


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


@dataclass(frozen=True, slots=True)
class At:
    """Who acts, on which content, when: read once at the edge and handed down whole."""

    actor: Actor
    snapshot: Snapshot
    now: datetime


# --- finding and reading


def get(number: str, actor: Actor) -> Record:
    """One's own, or one handed to Tier 2 for people of that desk; raises IntakeNotFound."""
    return store.record_of(_row(number, actor))


def read(number: str, *, at: At) -> Case:
    return _case(get(number, at.actor), at)


def find_by_key(key: str, actor: Actor) -> Record | None:
    row = store.find_by_key(actor.id, key) if key else None
    return store.record_of(row) if row else None


def _row(number: str, actor: Actor, *, lock: bool = False) -> Intake:
    mine = store.mine(actor)
    visible = mine | store.handed_over() if actor.desk is Desk.TIER2 and actor.may(Permission.FILE) else mine
    return store.get(number, visible, lock=lock)


def _case(record: Record, at: At) -> Case:
    text = f"{record.text} {record.alert_words}"
    code = record.call.error_code or next(iter(derive.codes_in(text, at.snapshot.codes)), None)
    station = record.call.facilities[0] if record.call.facilities else None
    others = tickets.several_people([], code, station, at.now) if record.is_open else 0
    known = at.snapshot.facilities.get(station or "")
    zone = ZoneInfo(known.zone if known else USUAL_ZONE)
    return read_case(record, at.snapshot, others=others, day=at.now.astimezone(zone).date())


def _work(number: str, step: Step, *, at: At) -> tuple[Intake, Case]:
    """The locked row and its case, for a change at this page; raises NotThere when the page is not open (any more)."""
    row = _row(number, at.actor, lock=True)
    case = _case(store.record_of(row), at)
    if not may_open(case.data, step):
        raise NotThere(case.waiting)
    if row.owner != at.actor.id or row.handed_at is not None:
        _take_over(row, at)
    return row, case


def _take_over(row: Intake, at: At) -> None:
    """Somebody of Tier 2 goes on; for the owner the hand-over stays the end."""
    if row.handed_at is None or (row.owner == at.actor.id and at.actor.desk is not Desk.TIER2):
        raise NotAllowed("This call was handed to Tier 2, which goes on with it.")
    if row.worker != at.actor.id:
        audit(at.actor, "go on with intake", f"intake:{store.record_of(row).number}", "ok", at.now)
    row.worker, row.end, row.ended_at = at.actor.id, None, None


def _saved(row: Intake, step: Step, at: At, **values: Any) -> Case:
    """Write a page: its draft goes, the version rises, and the page that waits is noted."""
    for name, value in values.items():
        setattr(row, name, value)
    row.draft = {key: fields for key, fields in row.draft.items() if key != step}
    row.version += 1
    row.changed_at = at.now
    case = _case(store.record_of(row), at)
    row.state = case.waiting
    db.session.flush()
    return case


def _check_version(row: Intake, version: int, stored: Mapping[str, str], sent: Mapping[str, str]) -> None:
    if version and version != row.version:
        differences = [
            Difference(name, stored.get(name, ""), value)
            for name, value in sent.items()
            if stored.get(name, "") != value
        ]
        if differences:
            raise ChangedElsewhere(differences)


# --- page 1


def save_call(given: CallInput, *, at: At, number: str = "", key: str = "", version: int = 0) -> Case:
    """Start a call, or change its first page. The same key of the same person gives one intake, however often it is sent.

    Raises Invalid for a record number of another form.
    """
    reference = _reference(given.external_ref, at.snapshot)
    if not number:
        row, made = store.add(at.actor, key or secrets.token_urlsafe(16), at.now)
        case = _case(store.record_of(row), at)
        if made:
            audit(at.actor, "start intake", f"intake:{case.record.number}", "ok", at.now)
            abandon_old(at.now)
        elif not case.record.is_open:
            return case  # sent again after its end: the same call
    else:
        row, case = _work(number, Step.CALL, at=at)
    call = _call(given, case.record.call, at.snapshot)
    sent = {"text": given.text, "alert_words": given.alert_words, "tool": call.tool, "urgent": given.urgent}
    stored = {
        "text": row.text,
        "alert_words": row.alert_words,
        "tool": row.call.get("tool", ""),
        "urgent": row.urgent,
    }
    _check_version(row, version, stored, sent)
    check = dict(row.check)
    if (row.text, row.alert_words, row.call.get("tool"), row.call.get("facilities")) != (
        given.text, given.alert_words, call.tool, list(call.facilities),
    ):  # fmt: skip
        check.pop("issues_checked", None)  # other words may fit other known issues
    return _saved(
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
        sub_area=(derive.sub_area(text, tool) or "") if tool else "",
        audience=given.audience if given.audience in FACTS["audience"].choices else "",
        platform=given.platform if given.platform in {*FACTS["platform"].choices, NOT_SURE} else "",
        facilities=stations(given.facilities, snapshot.facilities),
        error_code=next(iter(codes), given_code),
        no_words=given.no_words,
        article=given.article if given.article in snapshot.articles else before.article,
        done=bool(given.text and given.urgent),
    )


def _reference(raw: str, snapshot: Snapshot) -> Reference | None:
    return external_reference(raw, snapshot.catalogue) if raw.strip() else None


def start_from_article(article: Article, steps: Sequence[int], words: str, *, key: str, at: At) -> Case:
    """*Did not help* on an article: a call that knows its tool, what was tried, and the words that led here."""
    ticked = {article.id: list(steps)} if steps else {}
    area = article.sub_areas[0] if len(article.sub_areas) == 1 else ""
    call = Call(tool=article.tool or "", sub_area=area, article=article.id)
    answers = {"followed": "yes"} if article.section("do") is not None else {}
    values: dict[str, Any] = {
        "text": words,
        "ticked": ticked,
        "answers": answers,
        "call": {**asdict(call), "facilities": []},
    }
    row, _ = store.add(at.actor, key, at.now, **values)
    return _case(store.record_of(row), at)


def start_from_decision(
    article: Article, answers: Mapping[str, str], override: Mapping[str, str], *, key: str, at: At
) -> Case:
    """From *Check a case*: the answers are kept, and an override of its outcome."""
    call = Call(
        tool=article.tool or "", audience=answers.get("audience", ""), platform=answers.get("platform", "")
    )
    table = article.table
    asked = {one.id for one in table.inputs if one.fact is None} if table else set()
    kept = {id: value for id, value in answers.items() if id in asked}
    check = {"override": dict(override)} if override else {}
    row, _ = store.add(
        at.actor, key, at.now, answers=kept, check=check, call={**asdict(call), "facilities": []}
    )
    return _case(store.record_of(row), at)


# --- page 2


def refuse_issues(number: str, ids: Sequence[str], *, at: At) -> Case:
    """*None of these*: what was shown is kept as refused, and the call goes on."""
    row, _ = _work(number, Step.KNOWN_ISSUES, at=at)
    shown = list(dict.fromkeys([*row.shown, *ids]))
    refused = list(dict.fromkeys([*row.refused, *(id for id in ids if id in at.snapshot.articles)]))
    return _saved(
        row, Step.KNOWN_ISSUES, at, shown=shown, refused=refused, check={**row.check, "issues_checked": True}
    )


def add_caller(
    number: str, article: Article, *, external_ref: str, ref_later: bool, platform: str, at: At
) -> Case:
    """*My caller has this*: one more report, and the end of the call."""
    row, case = _work(number, Step.KNOWN_ISSUES, at=at)
    reference = _needed_reference(external_ref, at.snapshot, later=ref_later) or case.record.reference
    call = dict(row.call) | ({"platform": platform} if platform else {})
    row.call, row.external_ref, row.ref_later = call, reference.value if reference else None, ref_later
    receipt = _report(article, row, at)
    return _end(row, End.REPORTED, endings.reported(article, receipt), at)


def answer_with_match(number: str, match: Match, *, at: At) -> Case:
    """*This answers it*: a by-design answer, a release, a window or maintenance."""
    row, _ = _work(number, Step.KNOWN_ISSUES, at=at)
    return _end(row, End.ANSWERED, endings.answered_with_match(match), at)


def _needed_reference(raw: str, snapshot: Snapshot, *, later: bool) -> Reference | None:
    if raw.strip():
        return external_reference(raw, snapshot.catalogue)
    if not later:
        wanted = "Enter an HRC or INC number, or tick that you will add it in wrap-up"
        raise Invalid(f"{wanted}.", {"external_ref": wanted})
    return None


def _report(article: Article, row: Intake, at: At) -> Receipt:
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


# --- page 3 and its outcomes


def save_answers(number: str, answers: Mapping[str, str], *, version: int, at: At) -> Case:
    """Answers to questions of the criteria; later ones stay in the order they were given."""
    row, _ = _work(number, Step.QUESTIONS, at=at)
    _check_version(row, version, row.answers, answers)
    kept = {id: value for id, value in row.answers.items() if id not in answers}
    check = {name: value for name, value in row.check.items() if name not in ("triage", "override")}
    return _saved(row, Step.QUESTIONS, at, answers={**kept, **answers}, check=check)


def runbook_result(number: str, result: str, steps: Sequence[int], *, at: At) -> Case:
    """Works now and will try later end the call; did not help goes back to the rules with the runbook followed."""
    row, case = _work(number, Step.RUNBOOK, at=at)
    runbook = case.runbook
    name = runbook.id if runbook else ""
    ticked = {**row.ticked, name: list(steps)} if name and steps else dict(row.ticked)
    if result in endings.RESULTS:
        row.ticked = ticked
        row.evaluation_id = _evaluate(case, at)
        words = endings.answered(
            runbook.title if runbook else "your own answer", name, steps, result, say_of(runbook)
        )
        return _end(row, End.ANSWERED, words, at)
    check = {key: value for key, value in row.check.items() if key != "override"}
    return _saved(
        row, Step.RUNBOOK, at, ticked=ticked, check=check, answers={**row.answers, "followed": "yes"}
    )


def say_of(article: Article | None) -> str:
    section = article.section("say") if article else None
    return " ".join(section.markdown.split()) if section else ""


def sent_elsewhere(number: str, *, at: At) -> Case:
    """The caller was sent to the route that the case goes to. From page 2 too, when nothing had to be asked."""
    row = _row(number, at.actor, lock=True)
    case = _case(store.record_of(row), at)
    if case.waiting is Step.KNOWN_ISSUES and case.outcome == OutcomeKind.REDIRECT:
        row, case = _work(number, Step.KNOWN_ISSUES, at=at)
    else:
        row, case = _work(number, Step.ELSEWHERE, at=at)
    if case.route is None:
        raise NotThere(case.waiting)
    row.evaluation_id = _evaluate(case, at)
    return _end(row, End.ELSEWHERE, endings.elsewhere(case.route, case.because), at)


def decide_otherwise(number: str, choice: str, reason: str, *, at: At) -> Case:
    """`choice`: escalate, resolve:<runbook> or redirect:<route>. The reason is kept with the decision."""
    row = _row(number, at.actor, lock=True)
    step = _case(store.record_of(row), at).waiting
    step = step if step in (Step.RUNBOOK, Step.ELSEWHERE, Step.QUESTIONS) else Step.FACTS
    row, _ = _work(number, step, at=at)
    outcome, _, target = choice.partition(":")
    known = {
        "escalate": {""},
        "resolve": set(at.snapshot.articles),
        "redirect": set(at.snapshot.catalogue.routes),
    }
    if target not in known.get(outcome, ()):
        raise Invalid("Select what you decide.", {"choice": "Select what you decide"})
    if not filing.REASON_LEAST <= len(reason.strip()) <= filing.REASON_MOST:
        raise Invalid(f"{REASON}.", {"reason": REASON})
    override = {"outcome": outcome, "target": target, "reason": reason.strip()}
    return _saved(row, step, at, check={**row.check, "override": override, "triage": False})


def file_for_triage(number: str, *, at: At) -> Case:
    """Nothing decided: the call goes on to the facts, and its ticket to Tier 3 triage."""
    row, _ = _work(number, Step.QUESTIONS, at=at)
    return _saved(row, Step.QUESTIONS, at, check={**row.check, "triage": True})


def hand_to_tier2(number: str, *, at: At) -> Case:
    """An end for the agent; any Tier 2 agent goes on at the same page. What was only typed and not sent stays behind."""
    row, case = _work(number, Step.QUESTIONS, at=at)
    row.handed_at, row.worker, row.draft = at.now, None, {}
    row.end, row.ended_at, row.changed_at = End.HANDED_OVER, at.now, at.now
    row.evaluation_id = _evaluate(case, at)
    row.outcome = endings.handed_over(case).stored()
    row.version += 1
    db.session.flush()
    audit(at.actor, "hand to Tier 2", f"intake:{case.record.number}", "ok", at.now)
    return _case(store.record_of(row), at)


def _evaluate(case: Case, at: At) -> int | None:
    """Keep the decision; None where no table had anything to say."""
    if case.article is None:
        return None
    override = case.override
    return knowledge.record_evaluation(
        article_id=case.article.id,
        revision=case.snapshot.revision,
        answers=case.answers,
        decision=case.decision,
        actor=at.actor,
        now=at.now,
        override_outcome=override.get("outcome"),
        override_reason=str(override.get("reason") or ""),
    ).id


# --- pages 4 and 5


def save_facts(
    number: str, values: Mapping[str, str], not_known: Sequence[str], *, version: int, at: At
) -> Case:
    """Facts as checked by the form. After a Critical ticket was filed they go to the ticket."""
    row, _ = _work(number, Step.FACTS, at=at)
    _check_version(row, version, row.facts, values)
    return _saved(row, Step.FACTS, at, facts={**row.facts, **values}, not_known=list(not_known))


def edit_check(number: str, check: Check, *, at: At) -> Case:
    """Keep what page 5 changed, to show the text that developers will see."""
    row, _ = _work(number, Step.CHECK, at=at)
    edited = {
        "title": check.title,
        "summary": check.summary,
        "severity": str(check.severity),
        "severity_reason": check.reason,
    }
    return _saved(row, Step.CHECK, at, check={**row.check, **edited})


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
    row = _row(number, at.actor, lock=True)
    record = store.record_of(row)
    if not record.is_open and record.end is End.FILED:
        return _case(record, at)
    row, case = _work(number, Step.CHECK, at=at)
    if version and version != row.version:
        raise ChangedElsewhere([])
    if (
        filing.is_lower(check.severity, case.severity)
        and not filing.REASON_LEAST <= len(check.reason) <= filing.REASON_MOST
    ):
        wanted = "Say in 10 to 300 characters why it is lower"
        raise Invalid(f"{wanted}.", {"severity_reason": wanted})
    reference = _needed_reference(external_ref or record.external_ref, at.snapshot, later=ref_later)
    row.external_ref, row.ref_later = reference.value if reference else None, ref_later
    row.shown = list(dict.fromkeys([*row.shown, *seen]))
    row.refused = list(dict.fromkeys([*row.refused, *(id for id in seen if id in at.snapshot.articles)]))
    case = _case(store.record_of(row), at)
    draft = filing.ordinary(case, check, at.now, likely_refused(case, matches))
    row.evaluation_id = _evaluate(case, at)
    ticket = tickets.file_ticket(
        draft, actor=at.actor, catalogue=at.snapshot.catalogue, now=at.now, evaluation_id=row.evaluation_id
    )
    words = endings.filed(case, draft, ticket.number, ticket.state, ticket.team)
    return _end(row, End.FILED, words, at)


# --- pages that cannot wait


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
    row = _row(number, at.actor, lock=True)
    if row.end == End.CRITICAL:
        return _case(store.record_of(row), at)
    row, _ = _work(number, Step.CRITICAL, at=at)
    reference = _reference(given.external_ref, at.snapshot)
    tool = given.tool if given.tool in at.snapshot.catalogue.tools else ""
    found = stations(given.facilities, at.snapshot.facilities)
    row.text, row.external_ref, row.ref_later = (
        given.text,
        reference.value if reference else None,
        reference is None,
    )
    row.call = {**row.call, "tool": tool, "facilities": list(found), "done": True}
    article = at.snapshot.articles.get(given.known_issue)
    return _file_critical(row, article, at, told=given.told)


def _file_critical(row: Intake, article: Article | None, at: At, *, told: bool) -> Case:
    case = _case(store.record_of(row), at)
    receipt = _report(article, row, at) if article else None
    draft = filing.urgent(case, at.now, article.id if article else None, told)
    row.evaluation_id = _evaluate(case, at)
    ticket = tickets.file_ticket(
        draft, actor=at.actor, catalogue=at.snapshot.catalogue, now=at.now, evaluation_id=row.evaluation_id
    )
    words = endings.critical(case, draft, ticket.number, receipt)
    return _end(row, End.CRITICAL, words, at)


def add_facts(number: str, values: Mapping[str, str], not_known: Sequence[str], *, at: At) -> Case:
    """The facts that follow a Critical ticket."""
    row = _row(number, at.actor, lock=True)
    if row.end != End.CRITICAL:
        raise NotThere(_case(store.record_of(row), at).waiting)
    case = _case(replace(store.record_of(row), facts=dict(values), not_known=tuple(not_known)), at)
    said = filing.fact_words(case, at.now)
    tickets.add_facts(
        row.outcome["ticket"], said, not_known, actor=at.actor, catalogue=at.snapshot.catalogue, now=at.now
    )
    row.outcome = {**row.outcome, "facts_added": True}
    row.changed_at = at.now
    db.session.flush()
    return _case(store.record_of(row), at)


def file_private(
    number: str, given: UrgentInput, values: Mapping[str, str], not_known: Sequence[str], *, at: At
) -> Case:
    """A report that only cleared people read. The agent keeps the receipt, and the intake keeps nothing of it."""
    row = _row(number, at.actor, lock=True)
    if row.end == End.PRIVACY:
        return _case(store.record_of(row), at)
    row, decided = _work(number, Step.PRIVACY, at=at)
    reference = _reference(given.external_ref, at.snapshot)
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
    now_known = _case(store.record_of(row), at)
    case = replace(now_known, decision=decided.decision, article=decided.article, answers=decided.answers)
    row.evaluation_id = _evaluate(case, at)
    ticket = tickets.file_ticket(
        filing.private(case, at.now),
        actor=at.actor,
        catalogue=at.snapshot.catalogue,
        now=at.now,
        evaluation_id=row.evaluation_id,
    )
    return _end(row, End.PRIVACY, endings.private(ticket.number), at)


# --- ends


def _end(row: Intake, end: End, words: Ending, at: At) -> Case:
    """The receipt is kept, what was typed goes (reliability.md 4)."""
    row.end, row.ended_at, row.changed_at, row.state = end, at.now, at.now, Step.END
    row.outcome = words.stored()
    row.check = {}
    if end is End.PRIVACY:
        row.answers = {}
    for name, empty in store.TEXTS.items():
        setattr(row, name, empty)
    row.version += 1
    db.session.flush()
    audit(at.actor, f"end intake {end}", f"intake:{store.record_of(row).number}", "ok", at.now)
    return _case(store.record_of(row), at)


def answer_article(article: Article, result: str, steps: Sequence[int], *, key: str, at: At) -> Case:
    """One click on an article ends a call."""
    said = say_of(article) or (article.known_issue.caller_text if article.known_issue else "")
    words = endings.answered(article.title, article.id, steps, result, said)
    return _one_click(End.ANSWERED, words, key, at, ticked={article.id: list(steps)}, tool=article.tool)


def redirect(route_id: str, *, key: str, at: At) -> Case:
    route = at.snapshot.catalogue.routes[route_id]
    return _one_click(End.ELSEWHERE, endings.elsewhere(route, ""), key, at)


def _one_click(
    end: End, words: Ending, key: str, at: At, *, ticked: Any = None, tool: str | None = None
) -> Case:
    row, made = store.add(
        at.actor, key, at.now, ticked=ticked or {}, call={**asdict(Call(tool=tool or "")), "facilities": []}
    )
    if not made:
        return _case(store.record_of(row), at)
    return _end(row, end, words, at)


def report_issue(
    article: Article, *, urgent: str, external_ref: str, ref_later: bool, platform: str, key: str, at: At
) -> Case:
    """From results, board or article. Harm: the report is added and a Critical ticket filed; privacy: its own page, no report."""
    reference = _needed_reference(external_ref, at.snapshot, later=ref_later or urgent in ("privacy", "both"))
    call = Call(tool=article.tool or "", platform=platform, article=article.id)
    values: dict[str, Any] = {
        "urgent": urgent, "call": {**asdict(call), "facilities": []}, "ref_later": ref_later,
        "external_ref": reference.value if reference else None,
    }  # fmt: skip
    row, made = store.add(at.actor, key, at.now, **values)
    case = _case(store.record_of(row), at)
    if not made or urgent in ("privacy", "both"):
        return case
    if urgent == "harm":
        row.text = f"The caller has the known issue “{article.title}”, and care may be at risk."
        return _file_critical(row, article, at, told=False)
    receipt = _report(article, row, at)
    return _end(row, End.REPORTED, endings.reported(article, receipt), at)


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


def end_with_decision(article: Article, decision: Decision, *, key: str, at: At) -> Case:
    """*Solved* or *sent there* on a checked case."""
    if decision.outcome == OutcomeKind.REDIRECT:
        return redirect(decision.route or "", key=key, at=at)
    runbook = at.snapshot.articles.get(decision.runbook or "", article)
    return answer_article(runbook, "works_now", (), key=key, at=at)


def add_number(number: str, raw: str, *, at: At) -> Case:
    """The record number that was put off: on the intake, its ticket and its report."""
    row = _row(number, at.actor, lock=True)
    reference = external_reference(raw, at.snapshot.catalogue)
    for receipt in (row.outcome.get("ticket"), row.outcome.get("report")):
        if receipt:
            tickets.add_reference(
                receipt, reference, actor=at.actor, catalogue=at.snapshot.catalogue, now=at.now
            )
    row.external_ref, row.ref_later, row.changed_at = reference.value, False, at.now
    db.session.flush()
    return _case(store.record_of(row), at)


def another_problem(number: str, *, key: str, at: At) -> Case:
    """A new call of the same caller: keeps reference, audience, platform and facility."""
    before = get(number, at.actor)
    call = Call(
        audience=before.call.audience, platform=before.call.platform, facilities=before.call.facilities
    )
    values: dict[str, Any] = {
        "call": {**asdict(call), "facilities": list(call.facilities)}, "external_ref": before.external_ref or None,
    }  # fmt: skip
    row, _ = store.add(at.actor, key, at.now, **values)
    return _case(store.record_of(row), at)


# --- saving while typing, and clearing away


def autosave(
    fields: Mapping[str, str], step: Step, *, actor: Actor, now: datetime, number: str = "", key: str = ""
) -> str:
    """Keep what is typed, raw, for its owner; gives the number of the intake. An ended call keeps nothing."""
    if number:
        row = _row(number, actor, lock=True)
    else:
        row, _ = store.add(actor, key, now)
    record = store.record_of(row)
    if record.is_open and (row.owner == actor.id or row.worker == actor.id):
        row.draft = {**row.draft, step: dict(fields)}
        row.changed_at = now
        db.session.flush()
    return record.number


def abandon_old(now: datetime) -> int:
    """End calls that nobody touched for 30 days and drop what was typed; how many. Done whenever a call begins."""
    count = store.purge(now - KEPT, now)
    if count:
        logger.info("%s abandoned intakes were purged", count)
    return count


def note_guard(where: Mapping[str, Sequence[str]], object: str, actor: Actor, now: datetime) -> None:
    """Audit what the guard held back: kind and position, never the value."""
    places = " ".join(f"{field}:{place}" for field, found in where.items() for place in found)
    audit(actor, "guard", object, places, now)


def note_opened(number: str, actor: Actor, now: datetime) -> None:
    audit(actor, "open intake", f"intake:{number}", "ok", now)
