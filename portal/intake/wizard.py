"""The intake as a state machine over plain data: which page waits, which are left, where a call may end. Pure.

No call ends in nothing: an undecided case waits at the questions, whose page offers Tier 2 or triage.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portal.criteria.decide import UNDECIDED
from portal.criteria.table import OutcomeKind


class Step(StrEnum):
    """A page of the intake; the value is its place in the address."""

    CALL = "call"
    KNOWN_ISSUES = "known-issues"
    QUESTIONS = "questions"
    RUNBOOK = "runbook"
    ELSEWHERE = "elsewhere"
    FACTS = "facts"
    CHECK = "check"
    CRITICAL = "critical"
    PRIVACY = "privacy"
    END = "end"


class End(StrEnum):
    FILED = "filed"
    REPORTED = "reported"
    ANSWERED = "answered"
    ELSEWHERE = "elsewhere"
    HANDED_OVER = "handed_over"
    CRITICAL = "critical"
    PRIVACY = "privacy"
    ABANDONED = "abandoned"
    PRACTISED = "practised"


STEP_NAMES = {
    Step.CALL: "The call",
    Step.KNOWN_ISSUES: "Known issues",
    Step.QUESTIONS: "Questions",
    Step.RUNBOOK: "Runbook",
    Step.ELSEWHERE: "Goes elsewhere",
    Step.FACTS: "Facts",
    Step.CHECK: "Check and file",
    Step.CRITICAL: "Critical: file now",
    Step.PRIVACY: "Security or privacy",
    Step.END: "End",
}
MAIN = (Step.CALL, Step.KNOWN_ISSUES, Step.QUESTIONS, Step.FACTS, Step.CHECK)
ASIDE = {Step.RUNBOOK: Step.QUESTIONS, Step.ELSEWHERE: Step.QUESTIONS, Step.PRIVACY: Step.FACTS}


@dataclass(frozen=True, slots=True)
class CallData:
    """What the machine needs of a call. `outcome` counts an override; `asked`: page 3 has been used or has something to ask.

    `private`: a rule says that only cleared people may read it. `triage`: to be filed although no rule says so. `facts_open`:
    something on page 4 is neither answered nor unknown.
    """

    urgent: str = ""
    has_call: bool = False
    issues_checked: bool = False
    outcome: str = UNDECIDED
    asked: bool = False
    private: bool = False
    triage: bool = False
    facts_open: bool = True
    end: End | None = None


def next_step(call: CallData) -> Step:
    """The page that waits."""
    if call.end is not None and call.end is not End.HANDED_OVER:
        return Step.END
    if call.urgent == "harm":
        return Step.CRITICAL
    if call.urgent in ("privacy", "both"):
        return Step.PRIVACY
    if not call.has_call:
        return Step.CALL
    if not call.issues_checked:
        return Step.KNOWN_ISSUES
    if call.private:
        return Step.PRIVACY
    if call.triage or call.outcome == OutcomeKind.ESCALATE:
        return Step.FACTS if call.facts_open else Step.CHECK
    if call.outcome == OutcomeKind.RESOLVE:
        return Step.RUNBOOK
    if call.outcome == OutcomeKind.REDIRECT:
        return Step.ELSEWHERE
    return Step.QUESTIONS


def path(call: CallData) -> list[Step]:
    """The pages of this call as far as it is known; questions and facts fall away when nothing is left to ask."""
    dropped = set()
    if call.issues_checked and not call.asked and call.outcome != UNDECIDED:
        dropped.add(Step.QUESTIONS)
    return [step for step in MAIN if step not in dropped]


def may_open(call: CallData, step: Step) -> bool:
    """A page that was passed can be opened again; one that lies ahead cannot, and the known issues are never passed by."""
    waiting = next_step(call)
    if waiting is Step.END:
        return step is Step.END
    if step is waiting:
        return True
    if waiting in (Step.CRITICAL, Step.PRIVACY) and not call.private:
        return step is Step.CALL
    if step in (Step.RUNBOOK, Step.ELSEWHERE, Step.CRITICAL, Step.PRIVACY, Step.END):
        return False
    order = list(MAIN)
    return order.index(step) < order.index(ASIDE.get(waiting, waiting))


@dataclass(frozen=True, slots=True)
class Progress:
    """For the line of steps: `steps` holds (name, state) with state done, here or ahead."""

    number: int
    total: int
    steps: tuple[tuple[str, str], ...]


def progress(call: CallData, here: Step) -> Progress | None:
    """Where `here` stands in the path; None for pages outside it."""
    here = ASIDE.get(here, here)
    pages = path(call)
    if here in MAIN and here not in pages:
        pages = list(MAIN)
    if here not in pages:
        return None
    at = pages.index(here)
    states = ("done" if place < at else "here" if place == at else "ahead" for place in range(len(pages)))
    return Progress(at + 1, len(pages), tuple(zip((STEP_NAMES[page] for page in pages), states, strict=True)))
