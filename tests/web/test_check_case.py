"""Checking a case against a table, one question a page or all at once."""

from __future__ import annotations

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
    fields = first.form(CHECK).fields
    following = browse.get(f"{CHECK}?asked={fields['asked']}&{fields['asked']}=no")
    assert ERROR not in following.words
    assert following.form(CHECK).fields["asked"] != fields["asked"]


def test_a_question_that_was_left_empty_says_so_beside_it(browse: Browse) -> None:
    asked = browse.get(CHECK).form(CHECK).fields["asked"]
    again = browse.get(f"{CHECK}?asked={asked}")
    assert ERROR in again.words
    assert f'id="error-{asked}"' in again.text


def test_of_all_questions_one_answer_is_enough(browse: Browse) -> None:
    page = browse.get(f"{CHECK}?view=all&asked=urgent&asked=shows&urgent=no")
    assert ERROR not in page.words
    assert ERROR in browse.get(f"{CHECK}?view=all&asked=urgent&asked=shows").words
