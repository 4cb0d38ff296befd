"""How a known issue may stand next: the whole table, what each turn asks for, and where merged ones end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product

import pytest
import small_content as small

from portal.knowledge.article import Article, IssueStatus, final_issue
from portal.knowledge.issue_states import IssueChange, turns_from, values_of
from portal.knowledge.snapshot import build_snapshot

TODAY = date(2026, 11, 25)
OPEN = {"workaround_available", "fix_in_progress", "fixed_unverified", "fixed", "accepted_risk", "merged"}
NEXT = {
    "suspected": {"confirmed", "dismissed", *OPEN},
    "confirmed": OPEN,
    "workaround_available": OPEN - {"workaround_available"},
    "fix_in_progress": OPEN - {"workaround_available", "fix_in_progress"},
    "fixed_unverified": {"confirmed", "fixed", "accepted_risk", "merged"},
    "fixed": {"recurring"},
    "recurring": {"confirmed", *OPEN},
    "dismissed": set(),
    "accepted_risk": set(),
    "merged": set(),
}
SNAPSHOT = build_snapshot(small.files(), None, "")


def an_issue(status: str = "confirmed", id: str = "sm-down", **values: object) -> Article:
    article = SNAPSHOT.articles["sm-down"]
    assert article.known_issue is not None
    issue = replace(article.known_issue, status=IssueStatus(status), **values)  # type: ignore[arg-type]
    return replace(article, id=id, known_issue=issue)


def a_change(status: str, **values: object) -> IssueChange:
    issue = an_issue().known_issue
    assert issue is not None
    return IssueChange(status, issue.workaround, issue.caller_text, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(("source", "target"), list(product(IssueStatus, IssueStatus)))
def test_only_these_turns_exist(source: IssueStatus, target: IssueStatus) -> None:
    assert (target in {turn.target for turn in turns_from(source)}) == (target in NEXT[source])
    _, wrong = values_of(an_issue(source), a_change(target), SNAPSHOT, TODAY)
    assert ("status" in wrong) == (target not in NEXT[source] and target is not source)


def test_what_a_turn_asks_for_and_what_it_writes() -> None:
    snapshot = replace(SNAPSHOT, articles={**SNAPSHOT.articles, "other": an_issue(id="other")})
    issue = an_issue()
    fixed = {"status": "fixed", "fixed": TODAY}
    asked = "Say what callers hear now that it is fixed: linked tickets are answered with it"
    assert values_of(issue, a_change("fixed"), snapshot, TODAY) == (fixed, {"caller_text": asked})
    told = replace(a_change("fixed"), caller_text="It works again. Please try once more.")
    assert values_of(issue, told, snapshot, TODAY) == ({**fixed, "caller_text": told.caller_text}, {})
    assert values_of(an_issue("fixed_unverified"), a_change("fixed"), snapshot, TODAY) == (fixed, {})
    back = values_of(an_issue("fixed", fixed=TODAY), a_change("recurring"), snapshot, TODAY)
    assert back == ({"status": "recurring", "fixed": None}, {})
    missing = {
        "reason": "Say why, in 10 to 200 characters",
        "review_by": "Enter the day on which it is looked at again, within a year",
    }
    assert values_of(issue, a_change("accepted_risk"), snapshot, TODAY)[1] == missing
    given = a_change("accepted_risk", reason="It needs a new server.", review_by=date(2027, 3, 1))
    assert values_of(issue, given, snapshot, TODAY) == (
        {"status": "accepted_risk", "review_by": date(2027, 3, 1)},
        {},
    )
    merged = values_of(issue, a_change("merged", merged_into="other"), snapshot, TODAY)
    assert merged == ({"status": "merged", "merged_into": "other"}, {})
    for wrong in ("", "sm-down", "sm-rules", "gone"):
        assert "merged_into" in values_of(issue, a_change("merged", merged_into=wrong), snapshot, TODAY)[1]
    closed = replace(
        snapshot, articles={**snapshot.articles, "other": an_issue("merged", "other", merged_into="sm-down")}
    )
    assert "merged_into" in values_of(issue, a_change("merged", merged_into="other"), closed, TODAY)[1]
    assert values_of(issue, IssueChange("workaround_available", (), "Say."), snapshot, TODAY)[1] == {
        "workaround": "Enter the workaround, a step a line"
    }


def test_merged_ones_end_where_the_last_one_ends_and_a_circle_nowhere() -> None:
    def of(start: str, **merged: str | None) -> str:
        issues = {id: an_issue(id=id, merged_into=to) for id, to in merged.items()}
        return final_issue(issues[start], issues).id

    assert [of(one, a="b", b="c", c=None) for one in "abc"] == ["c", "c", "c"]
    assert [of(one, a="b", b="a", c="a") for one in "abc"] == ["a", "b", "c"]
    assert of("a", a="gone") == "a"
