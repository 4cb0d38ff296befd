"""Page 3: answers to the rules, and what is done about their outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from portal.accounts.service import audit
from portal.core.db import db
from portal.core.errors import Invalid
from portal.criteria.table import FOLLOWED, OutcomeKind
from portal.intake import endings, filing, store
from portal.intake.case import NOT_DONE, Case
from portal.intake.models import Intake
from portal.intake.service.row import (
    At,
    NotThere,
    case_of,
    check_version,
    end_with,
    evaluate,
    find_row,
    keep_for_undo,
    saved,
    work_on,
)
from portal.intake.wizard import End, Step

TO_TIER2 = "tier2"
REASON = "Say in 10 to 300 characters why you decide otherwise"


def save_answers(number: str, answers: Mapping[str, str], *, version: int, at: At) -> Case:
    """Answers to questions of the criteria; later ones stay in the order they were given."""
    row, _ = work_on(number, Step.QUESTIONS, at=at)
    check_version(row, version, row.answers, answers)
    kept = {id: value for id, value in row.answers.items() if id not in answers}
    check = {name: value for name, value in row.check.items() if name not in ("triage", "override")}
    return saved(row, Step.QUESTIONS, at, answers={**kept, **answers}, check=check)


def runbook_result(
    number: str, result: str, steps: Sequence[int], not_done: Sequence[int] = (), *, at: At
) -> Case:
    """Works now, explained and will try later end the call; did not help goes back to the rules with the runbook followed.

    `not_done`: steps that could not be done.
    """
    row, case = work_on(number, Step.RUNBOOK, at=at)
    runbook = case.runbook
    name = runbook.id if runbook else ""
    ticked = {**row.ticked, name: list(steps)} if name and steps else dict(row.ticked)
    if result in endings.RESULTS:
        row.ticked = ticked
        row.evaluation_id = evaluate(case, at)
        words = endings.answered(
            runbook, steps, result, words=case.record.text, catalogue=at.snapshot.catalogue
        )
        return end_with(row, End.ANSWERED, words, at)
    check = {key: value for key, value in row.check.items() if key != "override"}
    if name:
        check[NOT_DONE] = {**check.get(NOT_DONE, {}), name: list(not_done)}
    return saved(
        row, Step.RUNBOOK, at, ticked=ticked, check=check, answers={**row.answers, "followed": "yes"}
    )


def sent_elsewhere(number: str, *, at: At) -> Case:
    """The caller was sent to the route that the case goes to. From page 2 too, when nothing had to be asked."""
    row = find_row(number, at.actor, lock=True)
    case = case_of(store.record_of(row), at)
    if case.waiting is Step.KNOWN_ISSUES and case.outcome == OutcomeKind.REDIRECT:
        row, case = work_on(number, Step.KNOWN_ISSUES, at=at)
    else:
        row, case = work_on(number, Step.ELSEWHERE, at=at)
    if case.route is None:
        raise NotThere(case.waiting)
    row.evaluation_id = evaluate(case, at)
    return end_with(row, End.ELSEWHERE, endings.elsewhere(case.route, case.because, case.record.text), at)


def decide_otherwise(number: str, choice: str, reason: str, *, at: At) -> Case:
    """`choice`: escalate, resolve:<runbook>, redirect:<route> or tier2. The reason is kept with the decision."""
    row = find_row(number, at.actor, lock=True)
    step = case_of(store.record_of(row), at).waiting
    step = step if step in (Step.RUNBOOK, Step.ELSEWHERE, Step.QUESTIONS) else Step.FACTS
    row, _ = work_on(number, step, at=at)
    outcome, _, target = choice.partition(":")
    known = {
        "escalate": {""},
        "resolve": set(at.snapshot.articles),
        "redirect": set(at.snapshot.catalogue.routes),
        TO_TIER2: {""},
    }
    if target not in known.get(outcome, ()):
        raise Invalid("Select what you decide.", {"choice": "Select what you decide"})
    if not filing.REASON_LEAST <= len(reason.strip()) <= filing.REASON_MOST:
        raise Invalid(f"{REASON}.", {"reason": REASON})
    if outcome == TO_TIER2:
        return _hand_over(row, at, because=reason.strip())
    override = {"outcome": outcome, "target": target, "reason": reason.strip()}
    return saved(row, step, at, check={**row.check, "override": override, "triage": False})


def file_for_triage(number: str, *, at: At) -> Case:
    """Nothing decided: the call goes on to the facts, and its ticket to Tier 3 triage."""
    row, _ = work_on(number, Step.QUESTIONS, at=at)
    return saved(row, Step.QUESTIONS, at, check={**row.check, "triage": True})


def hand_to_tier2(number: str, steps: Sequence[int] = (), *, at: At) -> Case:
    """An end for the agent; any Tier 2 agent goes on at the same page. What was only typed and not sent stays behind.

    `steps`: those done of the runbook that the call is at.
    """
    waiting = case_of(store.record_of(find_row(number, at.actor, lock=True)), at).waiting
    row, case = work_on(number, Step.RUNBOOK if waiting is Step.RUNBOOK else Step.QUESTIONS, at=at)
    if case.runbook and steps:
        row.ticked = {**row.ticked, case.runbook.id: list(steps)}
    return _hand_over(row, at)


def hand_new_to_tier2(begun: Case, *, back: str, at: At) -> Case:
    """A call that began on a card with this very click; sent again it changes nothing. `back`: that card."""
    row = find_row(begun.record.number, at.actor, lock=True)
    if row.handed_at is not None or row.end is not None:
        return case_of(store.record_of(row), at)
    if begun.record.call.article:  # of a runbook: Tier 2 goes on with it
        row.answers = {id: value for id, value in row.answers.items() if id != FOLLOWED}
    return _hand_over(row, at, back)


def _hand_over(row: Intake, at: At, back: str = "", because: str = "") -> Case:
    """`because`: the rules said otherwise; it stands with the decision, and not in the way of those who go on."""
    case = case_of(store.record_of(row), at)
    ending = endings.handed_over(case, filing.suggest(case).tried, because)
    if row.practice_id is not None:
        return end_with(row, End.HANDED_OVER, ending, at)
    keep_for_undo(row, End.HANDED_OVER, at, back)
    row.handed_at, row.worker, row.draft = at.now, None, {}
    row.end, row.ended_at, row.changed_at = End.HANDED_OVER, at.now, at.now
    override = {"override": {"outcome": TO_TIER2, "reason": because}} if because else {}
    decided = replace(case.record, check={**case.record.check, **override})
    row.evaluation_id = evaluate(replace(case, record=decided), at)
    row.outcome = ending.stored()
    row.version += 1
    db.session.flush()
    audit(at.actor, "hand to Tier 2", f"intake:{case.record.number}", "ok", at.now)
    return case_of(store.record_of(row), at)
