"""Where one goes on in a list after tickets of it were moved."""

from __future__ import annotations

import pytest

from portal.tickets.queue import go_on_at


@pytest.mark.parametrize(
    ("now", "at", "moved", "undone", "row"),
    [
        ("acd", 1, "b", False, "c"),  # it left: what stands there now
        ("abcd", 1, "b", False, "c"),  # it stayed: the next
        ("abcd", 0, "ac", False, "b"),
        ("abc", 2, "c", False, "b"),  # nothing comes after: the last before
        ("ab", 2, "c", False, "b"),
        ("ab", 9, "c", False, "b"),
        ("abcd", 0, "abcd", False, "a"),
        ("abcd", 3, "bd", True, "b"),
        ("acd", 2, "b", True, "c"),  # gone meanwhile
    ],
)
def test_the_next_row_is_in_hand(now: str, at: int, moved: str, undone: bool, row: str) -> None:
    assert now[go_on_at(list(now), at, list(moved), undone=undone)] == row


def test_an_empty_list_has_no_next_row() -> None:
    assert go_on_at([], 3, ["a"]) == 0
