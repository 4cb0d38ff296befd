from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from portal.search.search_index import terms
from portal.search.snippets import marked, snippet

LONG = (
    "Nothing of note here. " * 20
    + "The message was not sent to the doctor. "
    + "More of the rest follows. " * 20
)


def test_the_window_holds_the_matched_words() -> None:
    parts = snippet(LONG, {"messag", "doctor"})
    assert [text for text, is_hit in parts if is_hit] == ["message", "doctor"]
    assert 150 <= sum(len(text) for text, _ in parts) <= 210
    assert parts[0] == ("… ", False)
    assert parts[-1] == (" …", False)


def test_markup_is_left_to_the_template_to_escape() -> None:
    parts = snippet("<b>message</b> & <script>", {"messag"})
    assert parts == [("<b>", False), ("message", True), ("</b> & <script>", False)]


def test_only_words_with_the_same_stem_are_marked() -> None:
    assert marked("Messages, messaging, messy", {"messag"}) == [
        ("Messages", True),
        (", ", False),
        ("messaging", True),
        (", messy", False),
    ]


def test_a_stem_that_ends_in_i_marks_its_word() -> None:
    assert marked("call the pharmacy", set(terms("pharmacies"))) == [("call the ", False), ("pharmacy", True)]


def test_without_a_match_the_text_begins_at_its_beginning() -> None:
    assert snippet("Short text.", {"refil"}) == [("Short text.", False)]


@given(st.text(max_size=600), st.sets(st.text(min_size=1, max_size=8), max_size=5))
def test_marking_loses_no_character_and_never_fails(text: str, wanted: set[str]) -> None:
    assert "".join(part for part, _ in marked(text, wanted)) == text
    assert sum(len(part) for part, _ in snippet(text, wanted)) <= 206


def test_two_words_that_are_searched_as_one_are_marked_together() -> None:
    assert [
        part for part, hit in marked("Sign in, then open a sign. Signed-in callers", {"signin"}) if hit
    ] == [
        "Sign in",
        "Signed-in",
    ]
