from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from portal.knowledge.word_diff import Change, compare, words

FILE = "---\nid: a\nrules:\n- {id: many, then: {severity: medium}}\n- {id: one, when: {x: y}}\nlist: [a, b]\n---\n"


def test_words_that_changed_stand_apart_from_those_that_stay() -> None:
    assert words("Sign in again.", "Sign out and in again.") == (
        ("same", "Sign"), ("in", " out and"), ("same", " in again.")
    )  # fmt: skip


def test_changed_phrase_reads_as_a_phrase() -> None:
    assert words("the big red bus", "the small blue bus") == (
        ("same", "the "), ("out", "big red"), ("in", "small blue"), ("same", " bus")
    )  # fmt: skip


def test_rule_is_named_by_its_id() -> None:
    new = FILE.replace("severity: medium", "severity: high")
    assert compare(FILE, new) == [
        Change("rules · many · then · severity", (("out", "medium"), ("in", "high")))
    ]


def test_key_that_came_and_key_that_went() -> None:
    new = FILE.replace("list: [a, b]\n", "new_key: x\n")
    assert compare(FILE, new) == [
        Change("new key", (("in", "x"),)), Change("list", (("out", "a\nb"),))
    ]  # fmt: skip


def test_paragraphs_that_stay_are_not_shown() -> None:
    old, new = f"{FILE}One.\n\nTwo.\n\nThree.\n", f"{FILE}One.\n\nTwo and a half.\n\nThree.\n\nFour.\n"
    assert compare(old, new) == [
        Change("", (("same", "Two"), ("in", " and a half"), ("same", "."))), Change("", (("in", "Four."),))
    ]  # fmt: skip


def test_file_that_cannot_be_read_is_compared_as_text() -> None:
    assert compare("", "plain") == [Change("", (("in", "plain"),))]


def test_text_of_which_little_stays_is_shown_as_two() -> None:
    old, new = "The care team I want is not in the list", "My care team is missing"
    assert words(old, new) == (("out", old), ("in", new))


def test_very_long_paragraphs_are_not_compared_by_word() -> None:
    old, new = "a " * 6000, "b " * 6000
    assert words(old, new) == (("out", old), ("in", new))


@given(st.text("ab \n.", max_size=40), st.text("ab \n.", max_size=40))
def test_both_texts_are_found_again_in_the_parts(old: str, new: str) -> None:
    parts = words(old, new)
    assert "".join(text for kind, text in parts if kind != "in") == old
    assert "".join(text for kind, text in parts if kind != "out") == new
