from __future__ import annotations

import pytest

from portal.search.documents import Document
from portal.search.likeness import Likeness
from portal.search.query import read_query

DOCUMENT = Document(
    id="a", kind="runbook", title="Refill late", url="/a", words=("pills gone", "no refill button")
)


def likeness(text: str, synonyms: tuple[tuple[str, ...], ...] = ()) -> float:
    return Likeness(read_query(text, {}, synonyms).groups, lambda term: 2.0 if term == "button" else 1.0).of(
        DOCUMENT
    )


def test_a_query_that_is_a_phrase_is_wholly_like_it() -> None:
    assert likeness("no refill button") == 1.0
    assert likeness("button refill no") == 1.0


def test_what_is_asked_for_besides_and_what_the_phrase_says_besides_both_take_away() -> None:
    assert likeness("pills gone xylophone") == pytest.approx(2 / 3)
    assert likeness("refill button") == pytest.approx(3 / 4)
    assert likeness("button") == pytest.approx(2 / 4)


def test_words_of_two_phrases_are_not_added_up() -> None:
    assert likeness("late pills") == pytest.approx(1 / 2 * 1 / 2)


def test_a_synonym_is_as_good() -> None:
    assert likeness("tablets gone", (("pills", "tablets"),)) == 1.0


def test_nothing_shared_is_nothing() -> None:
    assert likeness("xylophone") == 0.0
