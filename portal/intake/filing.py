"""Case -> ticket draft: an ordinary one, a Critical one, and one that only cleared people read. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from portal.accounts.actor import Desk
from portal.criteria.severity import Severity
from portal.criteria.table import FACTS, NOT_SURE
from portal.intake import derive, endings, facts, summary
from portal.intake.case import NOT_DONE, Case
from portal.knowledge.catalogue import Fact
from portal.tickets.ticket import Basis, Origin, TicketDraft

NO_WORDS = {"none": "No message shown", "cant_look": ""}
REASON_LEAST, REASON_MOST = 10, 300
PRIVATE_FACTS = ("how_noticed", "occurred_at", "kind_of_data", "still_visible")


@dataclass(frozen=True, slots=True)
class Check:
    """What page 5 may change. `reason` is needed for a severity below the case's own."""

    title: str
    summary: str
    severity: Severity
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Suggested:
    """What page 4 and 5 fill in before anybody types."""

    title: str
    steps: str
    expected: str
    tried: str


def suggest(case: Case) -> Suggested:
    record = case.record
    made = summary.title(
        case.tool,
        case.said,
        code=case.codes[0] if case.codes else "",
        alert=record.alert_words,
        text=record.text,
        platform=record.call.platform,
        station=case.station,
    )
    articles, not_done = case.snapshot.articles, record.check.get(NOT_DONE, {})
    known = {id: articles[id].title for id in (*record.ticked, *not_done) if id in articles}
    done = summary.tried(record.ticked, not_done, known)
    return Suggested(made, case.said.steps, case.said.expected, done)


def fact_words(case: Case, now: datetime) -> dict[str, str]:
    """The answers of page 4, and those to questions that ask the same, as the ticket reads them, by fact."""
    every: Sequence[Fact] = case.needed
    before = {
        fact.id: fact.choices.get(case.answers[question], "") for fact, question in case.answered.values()
    }
    said = before | {
        fact.id: facts.words(fact, case.record.facts, now)
        for fact in every
        if fact.id not in case.record.not_known
    }
    return {id: value for id, value in said.items() if value}


def ordinary(case: Case, check: Check, now: datetime, likely: str | None = None) -> TicketDraft:
    """The draft of page 5. `likely`: a known issue graded likely that the agent refused."""
    override = case.override
    words = fact_words(case, now)
    asked_where = words.pop("facility", "")
    draft = replace(
        _common(case),
        title=check.title,
        summary=check.summary,
        severity=check.severity,
        snow_severity=summary.both_severities(check.severity, case.record.call.audience)[1],
        severity_because=_severity_because(case, check),
        override_reason=str(override.get("reason") or "")
        or (check.reason if is_lower(check.severity, case.severity) else ""),
        facts={**words, **_no_words(case)},
        not_known=tuple(
            dict.fromkeys(
                (
                    *_asked_in_vain(case),
                    *(
                        id
                        for id, (_, question) in case.answered.items()
                        if case.answers[question] == NOT_SURE
                    ),
                    *(id for id in case.record.not_known if _is_needed(case, id)),
                )
            )
        ),
        details=case.record.facts.get("details", ""),
        basis=basis(case),
        refused=case.record.refused,
        likely_match=likely,
        caller_text=endings.caller_text(case),
    )
    return replace(draft, facilities=(asked_where,)) if asked_where and not draft.facilities else draft


def is_lower(wanted: Severity, than: Severity) -> bool:
    scale = list(Severity)
    return scale.index(wanted) > scale.index(than)


def _severity_because(case: Case, check: Check) -> str:
    if check.severity is case.severity:
        return case.decision.because or case.because
    change = "Lowered" if is_lower(check.severity, case.severity) else "Raised"
    return f"{change} by the agent{f': {check.reason}' if check.reason else '.'}"


def _is_needed(case: Case, fact_id: str) -> bool:
    return any(fact.id == fact_id for fact in case.needed)


def _asked_in_vain(case: Case) -> list[str]:
    return ["alert_words"] if case.record.call.no_words == "cant_look" else []


def _no_words(case: Case) -> dict[str, str]:
    said = NO_WORDS.get(case.record.call.no_words, "")
    return {"alert_words": said} if said else {}


def basis(case: Case) -> Basis | None:
    """The decision behind the ticket; None where no table had anything to say."""
    if case.article is None or case.article.table is None:
        return None
    decision = case.decision
    return Basis(
        article_id=case.article.id,
        revision=case.snapshot.revision,
        answers=dict(case.answers),
        outcome=decision.outcome,
        rule=decision.rule.id if decision.rule else None,
        because=decision.because,
        team=decision.team,
        severity=decision.severity,
    )


def _common(case: Case) -> TicketDraft:
    record, call = case.record, case.record.call
    reference = record.reference
    return TicketDraft(
        origin=Origin(derive.origin(Desk(record.desk), reference.system if reference else "")),
        tool=case.tool.id if case.tool else "",
        sub_area=call.sub_area or None,
        audience=call.audience
        or derive.usual_audience(Desk(record.desk), reference.system if reference else ""),
        platform=call.platform if call.platform in FACTS["platform"].choices else None,
        facilities=call.facilities,
        ehr=case.facility.ehr or None if case.facility else None,
        error_code=case.codes[0] if case.codes else None,
        alert_words=record.alert_words,
        title="",
        summary=record.text,
        severity=case.severity,
        snow_severity="",
        severity_because="",
        references=(reference,) if reference else (),
        intake_id=record.id,
        shown=record.shown,
        desk=record.desk,
    )


def urgent(case: Case, now: datetime, known_issue: str | None, told: bool) -> TicketDraft:
    """A Critical ticket out of what is there; its facts follow."""
    tried = filter(None, (suggest(case).tried, "Caller was told what to do now." if told else ""))
    facts_now = {"tried": said} if (said := " ".join(tried)) else {}
    return replace(
        _common(case),
        title=suggest(case).title,
        severity=Severity.CRITICAL,
        snow_severity=Severity.CRITICAL,
        severity_because=case.decision.because or "Somebody's care is at risk.",
        facts=facts_now,
        basis=basis(case),
        known_issue_id=known_issue,
        caller_text=case.article.say if case.article and case.article.say else endings.SAY_CRITICAL,
    )


def private(case: Case, now: datetime) -> TicketDraft:
    """No alert words, no match; the text stays in the part that never leaves. Both: Critical."""
    record, catalogue = case.record, case.snapshot.catalogue
    level = Severity.CRITICAL if record.urgent == "both" else Severity.HIGH
    wanted = [catalogue.facts[id] for id in PRIVATE_FACTS if id in catalogue.facts]
    said = {
        fact.id: facts.words(fact, record.facts, now) for fact in wanted if fact.id not in record.not_known
    }
    name = case.tool.name if case.tool else "tool not known"
    return replace(
        _common(case),
        title=f"SEC - {said.get('kind_of_data') or 'Security or privacy report'} ({name})",
        summary="",
        details=record.text,
        alert_words="",
        error_code=None,
        severity=level,
        snow_severity=level,
        severity_because=case.decision.because or "Security is a reason of its own to escalate.",
        facts={id: value for id, value in said.items() if value},
        not_known=tuple(fact.id for fact in wanted if fact.id in record.not_known),
        basis=basis(case),
        privacy=True,
        shown=(),
        caller_text=endings.SAY_PRIVACY,
    )


def answers_of(fields: Mapping[str, str]) -> dict[str, str]:
    """`answer-<input>` fields of a form."""
    return {
        name.removeprefix("answer-"): value
        for name, value in fields.items()
        if name.startswith("answer-") and value
    }
