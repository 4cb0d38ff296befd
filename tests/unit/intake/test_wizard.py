from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.intake.wizard import MAIN, CallData, End, Step, may_open, next_step, path, progress

outcomes = st.sampled_from(["undecided", "escalate", "resolve", "redirect"])
calls = st.builds(
    CallData,
    urgent=st.sampled_from(["", "no", "harm", "privacy", "both"]),
    has_call=st.booleans(),
    issues_checked=st.booleans(),
    outcome=outcomes,
    asked=st.booleans(),
    triage=st.booleans(),
    facts_open=st.booleans(),
    end=st.sampled_from([None, *End]),
)


def act(call: CallData, outcome: str) -> CallData:
    """What the main button of the waiting page does."""
    match next_step(call):
        case Step.CALL:
            return replace(call, has_call=True, urgent=call.urgent or "no")
        case Step.KNOWN_ISSUES:
            return replace(call, issues_checked=True, outcome=outcome)
        case Step.QUESTIONS:
            return replace(call, triage=True)
        case Step.RUNBOOK:
            return replace(call, end=End.ANSWERED)
        case Step.ELSEWHERE:
            return replace(call, end=End.ELSEWHERE)
        case Step.FACTS:
            return replace(call, facts_open=False)
        case Step.CHECK:
            return replace(call, end=End.FILED)
        case Step.CRITICAL:
            return replace(call, end=End.CRITICAL)
        case Step.PRIVACY:
            return replace(call, end=End.PRIVACY)
        case Step.END:
            return call


@given(calls, outcomes)
def test_every_call_reaches_an_end(call: CallData, outcome: str) -> None:
    for _ in range(6):
        call = act(call, outcome)
    assert next_step(call) is Step.END


@given(calls)
def test_the_waiting_page_can_always_be_opened(call: CallData) -> None:
    assert may_open(call, next_step(call))


@given(calls)
def test_known_issues_come_before_questions_facts_and_filing(call: CallData) -> None:
    if call.urgent in ("", "no") and not call.issues_checked and call.end in (None, End.HANDED_OVER):
        assert next_step(call) in (Step.CALL, Step.KNOWN_ISSUES)
        assert not any(
            may_open(call, step)
            for step in (Step.QUESTIONS, Step.FACTS, Step.CHECK, Step.RUNBOOK, Step.ELSEWHERE)
        )


@pytest.mark.parametrize(
    ("urgent", "page"), [("harm", Step.CRITICAL), ("privacy", Step.PRIVACY), ("both", Step.PRIVACY)]
)
def test_harm_and_privacy_leave_page_1_at_once(urgent: str, page: Step) -> None:
    assert next_step(CallData(urgent=urgent)) is page


@given(calls)
def test_a_privacy_call_never_sees_the_known_issues(call: CallData) -> None:
    if call.urgent in ("privacy", "both"):
        assert not may_open(call, Step.KNOWN_ISSUES)


def test_a_rule_about_privacy_leads_to_its_page_and_the_answers_can_still_be_changed() -> None:
    call = CallData(urgent="no", has_call=True, issues_checked=True, outcome="escalate", private=True)
    assert next_step(call) is Step.PRIVACY
    assert [step for step in MAIN if may_open(call, step)] == [Step.CALL, Step.KNOWN_ISSUES, Step.QUESTIONS]


def test_not_enough_to_decide_waits_at_the_questions() -> None:
    assert next_step(CallData(urgent="no", has_call=True, issues_checked=True)) is Step.QUESTIONS


def test_a_call_handed_over_goes_on_at_the_same_page() -> None:
    call = CallData(urgent="no", has_call=True, issues_checked=True, end=End.HANDED_OVER)
    assert next_step(call) is Step.QUESTIONS


def test_five_steps_are_counted_until_questions_fall_away() -> None:
    fresh = CallData(urgent="no", has_call=True)
    assert path(fresh) == list(MAIN)
    shown = progress(fresh, Step.KNOWN_ISSUES)
    assert shown is not None
    assert (shown.number, shown.total) == (2, 5)
    decided = CallData(urgent="no", has_call=True, issues_checked=True, outcome="escalate")
    shown = progress(decided, Step.FACTS)
    assert shown is not None
    assert (shown.number, shown.total) == (3, 4)
    assert [state for _, state in shown.steps] == ["done", "done", "here", "ahead"]


def test_a_runbook_counts_as_part_of_the_questions() -> None:
    call = CallData(urgent="no", has_call=True, issues_checked=True, outcome="resolve", asked=True)
    shown = progress(call, Step.RUNBOOK)
    assert shown is not None
    assert shown.number == 3


def test_pages_that_were_passed_can_be_opened_again_and_later_ones_cannot() -> None:
    call = CallData(urgent="no", has_call=True, issues_checked=True, outcome="escalate", asked=True)
    assert [step for step in MAIN if may_open(call, step)] == [
        Step.CALL,
        Step.KNOWN_ISSUES,
        Step.QUESTIONS,
        Step.FACTS,
    ]
