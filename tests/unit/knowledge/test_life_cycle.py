from __future__ import annotations

import pytest

from portal.knowledge.article import Article
from portal.knowledge.life_cycle import falls, is_substantive, stale_words
from portal.knowledge.parse import parse_article
from tests.unit.knowledge import small_content

CONFIRMED = "owner: messaging\nconfidence: validated\n"


def parsed(text: str, kind: str = "runbook") -> Article:
    article, _ = parse_article(f"{kind}/{text.split()[2]}.md", text.encode(), "")
    assert article is not None
    return article


def changed(text: str, old: str, new: str) -> tuple[Article, Article]:
    text = text.replace("owner: messaging\n", CONFIRMED)
    assert old in text
    kind = text.split("type: ")[1].split()[0]
    return parsed(text, kind), parsed(text.replace(old, new, 1), kind)


@pytest.mark.parametrize(
    ("text", "old", "new", "expected"),
    [
        (small_content.RUNBOOK, "2. Sign in again", "2. Sign in with another browser", True),
        (small_content.RUNBOOK, "summary: Copy the text", "summary: Keep the text", True),
        (small_content.RUNBOOK, "2. Sign in again\n", "2.  Sign in again\n\n\n", False),
        (small_content.RUNBOOK, "review_by: 2027-02-18", "review_by: 2027-05-18", False),
        (small_content.RUNBOOK, "aliases: [send error]", "aliases: [send error, cannot send]", False),
        (small_content.RUNBOOK, "sources: [exceptions.en.yml]", "sources: [the team]", False),
        (small_content.KNOWN_ISSUE, "status: workaround_available", "status: fix_in_progress", False),
        (
            small_content.KNOWN_ISSUE,
            "workaround: [Try again in an hour.]",
            "workaround: [Use the phone.]",
            True,
        ),
        (small_content.RULES, "when: {followed: no}", "when: {followed: yes}", True),
        (small_content.RULES, "when: {followed: no}", "when:  {followed: no}", False),
    ],
)
def test_what_readers_are_told_is_substance(text: str, old: str, new: str, expected: bool) -> None:
    before, after = changed(text, old, new)
    assert is_substantive(before, after) is expected
    assert falls(before, after) is expected


def test_only_a_confirmed_article_falls_and_a_new_one_does_not() -> None:
    _, after = changed(small_content.RUNBOOK, "2. Sign in again", "2. Wait")
    assert not falls(None, after)
    plain = parsed(small_content.RUNBOOK)
    assert not falls(plain, after), "a save that confirms the new text is a confirmation"


def test_reasons_are_sentences() -> None:
    assert stale_words([]) == ""
    assert stale_words(["A", "SM98"]) == "“A” and “SM98” have changed since this article was last changed"
