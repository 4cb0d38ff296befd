"""The template of a new known issue: its own words pass every check, and its file is an article without a problem."""

from __future__ import annotations

from datetime import date

import pytest
import small_content as small

from portal.knowledge.caller_text import check_caller_text, check_reading_out
from portal.knowledge.issue_draft import SAY, SAY_TO_STAFF, IssueDraft, id_of, text_of
from portal.knowledge.parse import parse_article
from portal.knowledge.snapshot import build_snapshot

TODAY = date(2026, 11, 25)
CATALOGUE = build_snapshot(small.files(), None, "").catalogue
DRAFT = IssueDraft(
    title="Drafts: are lost (SM98)",
    tool="secure-messaging",
    symptoms=("my draft is gone: all of it", "# nothing there"),
    error_texts=('We "lost" it',),
    error_codes=("SM98",),
    facilities=("668",),
    ehr=("oracle_health",),
    platforms=("web", "ios"),
)


@pytest.mark.parametrize(("text", "to_staff"), [(SAY, False), (SAY_TO_STAFF, True)])
def test_the_words_of_the_template_may_be_read_out(text: str, to_staff: bool) -> None:
    teams = [] if to_staff else [team.phrase.removeprefix("the ") for team in CATALOGUE.teams.values()]
    assert check_caller_text(text, (), to_staff=to_staff) == []
    assert check_reading_out(text, teams, ()) == []


def test_what_is_typed_comes_back_as_an_article() -> None:
    text = text_of(DRAFT, "sm-drafts", CATALOGUE, TODAY)
    article, problems = parse_article("known-issue/sm-drafts.md", text.encode(), "")
    assert problems == []
    assert article is not None
    issue = article.known_issue
    assert issue is not None
    assert (article.title, article.owner, article.confidence) == (
        "Drafts: are lost (SM98)",
        "messaging",
        "wip",
    )
    assert issue.symptoms == ("my draft is gone: all of it", "# nothing there")
    assert (issue.error_texts, issue.facilities, issue.ehr) == (
        ('We "lost" it',),
        ("668",),
        ("oracle_health",),
    )
    assert (issue.platforms, issue.since, issue.status) == (("web", "ios"), TODAY, "suspected")


def test_an_id_is_of_tool_and_title_and_never_one_that_is_taken() -> None:
    first = id_of(DRAFT, CATALOGUE, ())
    assert first == "sm-drafts-are-lost-sm98"
    assert id_of(DRAFT, CATALOGUE, (first,)) == "sm-drafts-are-lost-sm98-2"
    assert id_of(DRAFT, CATALOGUE, (first, f"{first}-2")) == "sm-drafts-are-lost-sm98-3"
    assert id_of(IssueDraft(title="Codes"), CATALOGUE, ()) == "issue-codes"
