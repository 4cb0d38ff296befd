"""Checking a case against a table, one question a page or all at once."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from portal.accounts.actor import Actor
from portal.knowledge.snapshot import Snapshot
from tests.conftest import Browse

CHECK = "/articles/sm-when-to-escalate/check"
ERROR = "There is a problem"


@pytest.fixture(autouse=True)
def agent(content: Snapshot, sign_in: Callable[..., Actor]) -> Actor:
    return sign_in("agent")


def test_the_next_question_comes_without_an_error(browse: Browse) -> None:
    first = browse.get(CHECK)
    assert ERROR not in first.words
    asked = re.findall(r'name="asked" value="(\w+)"', first.text)
    assert asked == ["urgent", "audience", "several", "platform"]  # what the call tells, on one page
    following = browse.get(f"{CHECK}?urgent=no&audience=veteran&several=no&platform=web&asked=urgent")
    assert ERROR not in following.words
    assert following.form(CHECK).fields["asked"] == "shows"


def test_a_runbook_is_asked_about_where_it_is_named(browse: Browse) -> None:
    call = f"{CHECK}?urgent=no&audience=veteran&several=no&platform=web&shows=file"
    page = browse.get(call)
    assert "Follow Attachment refused" in page.words
    assert "It was followed and did not help" in page.words
    assert "Goes to Tier 3" in browse.get(f"{call}&followed=yes").words


def test_a_question_that_was_left_empty_says_so_beside_it(browse: Browse) -> None:
    again = browse.get(f"{CHECK}?asked=urgent")
    assert ERROR in again.words
    assert 'id="error-urgent"' in again.text


def test_of_all_questions_one_answer_is_enough(browse: Browse) -> None:
    page = browse.get(f"{CHECK}?view=all&asked=urgent&asked=shows&urgent=no")
    assert ERROR not in page.words
    assert ERROR in browse.get(f"{CHECK}?view=all&asked=urgent&asked=shows").words
