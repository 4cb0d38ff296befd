"""What a person is told before a text may be read out to a caller."""

from __future__ import annotations

import pytest

from portal.tickets.caller_words import doubts
from tests.unit.tickets.made import CATALOGUE


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The page works again. Please try once more.", []),
        ("The back end was down.", ["Callers do not know the word “back end”."]),
        ("The messaging team looks at it.", ["Callers do not know “messaging team”."]),
        ("We will call you back tomorrow.", ["Promises a time: “We will call you back tomorrow”."]),
        ("Send the text to the triage group.", ["Callers do not know the word “triage group”."]),
    ],
)
def test_each_doubt_is_a_sentence(text: str, found: list[str]) -> None:
    assert doubts(text, CATALOGUE, to_staff=False) == found


def test_staff_may_hear_of_teams_and_their_own_systems() -> None:
    assert doubts("The messaging team looks at your triage group.", CATALOGUE, to_staff=True) == []
