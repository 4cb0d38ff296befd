"""Words are found however they are written, and nothing else with them."""

from __future__ import annotations

import pytest

from portal.core.errors import Invalid
from portal.core.removal import EVERYTHING, REMOVED, Removal, pattern_of


@pytest.mark.parametrize(
    ("words", "text", "left"),
    [
        ("Ann Lee", "ANN\n  LEE, ann lee; Hann Lee, Ann Leeds", "[removed], [removed]; Hann Lee, Ann Leeds"),
        ("O'Brien", "Mr O’Brien’s box, O-Brien", "Mr [removed]’s box, O-Brien"),
        ("555-0100", "555\N{EN DASH}0100, 5555-0100", "[removed], 5555-0100"),
        ("Ann Lee", "q=Ann+Lee&x=Ann%20Lee", "q=[removed]&x=[removed]"),
        (
            "Ann Lee",
            "Ann_Lee.png, ann-lee_2.PDF, ann.lee, AnnLee",
            "[removed].png, [removed]_2.PDF, [removed], AnnLee",
        ),
        ("Zoë Lee", "q=Zo%C3%AB+Lee&x=50%25", "q=[removed]&x=50%25"),
        ("Zoë", "50% of zoë, /a?q=zo%c3%ab%20x and more", "50% of [removed], /a?q=[removed]+x and more"),
        ("(a.b)", "see (a.b) and (axb)", "see [removed] and (axb)"),
        ("Lee", "lee_1, Lee-May", "[removed]_1, [removed]-May"),
        ("Zoë", "zoë Zoe", "[removed] Zoe"),
    ],
)
def test_whole_words_however_written(words: str, text: str, left: str) -> None:
    assert Removal(pattern_of(words), frozenset(), True).clean(text)[0] == left


def test_at_any_depth_but_not_in_ids() -> None:
    removal = Removal(pattern_of("messaging"), frozenset({"messaging"}), True)
    given = {"team": "messaging team", "facts": ["messaging", "The Messaging page"], "n": 3, "no": None}
    wanted = {"team": "messaging team", "facts": ["messaging", "The [removed] page"], "n": 3, "no": None}
    assert removal.clean(given, skip={"team"}) == (wanted, 1)


@pytest.mark.parametrize("words", ["", " a. ", "--__--", "x" * 1001])
def test_too_little_or_too_much_is_refused(words: str) -> None:
    with pytest.raises(Invalid):
        pattern_of(words)


def test_everything_goes_but_ids_and_once_only() -> None:
    removal = Removal(EVERYTHING, frozenset({"yes"}), True)
    left, count = removal.clean({"a": "Two\nlines, 50%", "b": ["yes", "", " ", 3, f"Mr {REMOVED}"]})
    assert (left, count) == ({"a": REMOVED, "b": ["yes", "", " ", 3, REMOVED]}, 2)
    assert removal.clean(left) == (left, 0)
