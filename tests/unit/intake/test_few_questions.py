"""An agent on the phone asks little: at most three questions before the rules say where a call goes, one where a code is known.

Every path through every table is walked. What a call tells by itself is no question: who has the problem, where, how many, and
whether a runbook was followed. After *Did not help* the call is asked on, and again at most that much.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

import pytest

from portal.criteria.decide import UNDECIDED, decide_all, derive_codes
from portal.criteria.table import FOLLOWED, DecisionTable
from portal.knowledge.article import ArticleKind
from portal.knowledge.snapshot import Snapshot

TOLD = (
    "audience",
    "platform",
    "desk",
    "several_people",
)  # not the health system: it may be unknown, and is asked then
TOOLS = (
    "app", "appointments", "check-in", "health-care-application", "mr-reports", "mr-viewing", "oracle-health", "portal",
    "privacy", "rx", "signin", "sm", "sm-staff", "supplies", "travel-pay",
)  # fmt: skip


def calls(table: DecisionTable, code: str = "") -> Iterator[dict[str, str]]:
    """What each kind of call tells before anything is asked, before and after a runbook."""
    told = [one for one in table.inputs if one.fact in TOLD]
    for values in product(("no", "yes"), *(one.choices for one in told)):
        followed, *facts = values
        given = dict(zip((one.id for one in told), facts, strict=True))
        yield {**derive_codes(table, [code]), **given, "urgent": "no", FOLLOWED: followed}


def asked(always: list[DecisionTable], table: DecisionTable, answers: Mapping[str, str]) -> int:
    """The most questions that any answers from here on lead to."""
    decision, _ = decide_all(always, table, answers)
    question = decision.next_question
    if decision.outcome != UNDECIDED or question is None:
        return 0
    return 1 + max(asked(always, table, {**answers, question.id: choice}) for choice in question.choices)


@pytest.fixture(scope="session")
def always(snapshot: Snapshot) -> list[DecisionTable]:
    criteria = snapshot.of_kind(ArticleKind.CRITERIA)
    return [one.table for one in criteria if one.table and not one.tool and one.id.startswith("always")]


@pytest.mark.parametrize("name", TOOLS)
def test_three_questions_decide_every_call_and_one_where_a_code_is_known(
    name: str, snapshot: Snapshot, always: list[DecisionTable]
) -> None:
    table = snapshot.articles[f"{name}-when-to-escalate"].table
    assert table
    assert max(asked(always, table, call) for call in calls(table)) <= 3
    codes = {code for one in table.inputs for listed in one.codes.values() for code in listed}
    most = {code: max(asked(always, table, call) for call in calls(table, code)) for code in codes}
    assert {code: count for code, count in most.items() if count > 1} == {}


def test_every_table_of_a_tool_is_walked(snapshot: Snapshot, always: list[DecisionTable]) -> None:
    criteria = [one.id for one in snapshot.of_kind(ArticleKind.CRITERIA)]
    assert len(criteria) == len(TOOLS) + len(always)
    assert {f"{name}-when-to-escalate" for name in TOOLS} <= set(criteria)
