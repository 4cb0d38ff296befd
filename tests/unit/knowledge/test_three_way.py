from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from portal.knowledge.three_way import Part, three_way

TEXT = st.lists(st.sampled_from("abcd"), max_size=12).map(
    lambda lines: "".join(f"{line}\n" for line in lines)
)


def test_changes_apart_go_together() -> None:
    assert three_way("a\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\n") == [Part("A\nb\nc\nd\nE\n")]


def test_same_lines_changed_twice_are_a_clash_between_what_stays() -> None:
    assert three_way("a\nb\nc\n", "a\nX\nc\n", "a\nY\nc\n") == [
        Part("a\n"), Part(None, "b\n", "X\n", "Y\n"), Part("c\n")
    ]  # fmt: skip


def test_changes_that_touch_are_a_clash() -> None:
    assert [part.is_clash for part in three_way("a\nb\nc\nd\n", "a\nB\nc\nd\n", "a\nb\nC\nd\n")] == [
        False, True, False
    ]  # fmt: skip


def test_same_change_on_both_sides_is_none() -> None:
    assert three_way("a\nb\n", "a\nX\n", "a\nX\n") == [Part("a\nX\n")]


def test_last_line_without_an_end_is_kept() -> None:
    assert three_way("a\nb", "a\nb", "a\nc") == [Part("a\nc")]


@given(TEXT, TEXT, TEXT)
def test_each_side_is_found_again_in_the_parts(base: str, theirs: str, mine: str) -> None:
    """Of each clash the choice of one side; where only one changed, that change."""
    parts = three_way(base, theirs, mine)
    if not any(part.is_clash for part in parts):
        assert three_way(base, mine, theirs) == parts
    assert three_way(base, base, mine) == ([Part(mine)] if mine else [])
    assert three_way(base, theirs, base) == ([Part(theirs)] if theirs else [])
    assert three_way(base, theirs, theirs) == ([Part(theirs)] if theirs else [])
    for part in parts:
        assert not part.is_clash or len({part.base, part.theirs, part.mine}) == 3
