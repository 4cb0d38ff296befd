from __future__ import annotations

import pytest

from portal.search.documents import Document
from portal.search.spelling import Speller, distance
from portal.search.suggest import Suggester

DOCUMENTS = [
    Document(id="a", kind="runbook", title="Message a care team", url="/a", words=("write to my doctor",)),
    Document(id="b", kind="runbook", title="Messages are not sent", url="/b"),
    Document(id="c", kind="known-issue", title="No new messages in the app", url="/c", codes=("SM903",)),
    Document(id="d", kind="code", title="SM903: Service temporarily unavailable", url="/d", codes=("SM903",)),
    Document(id="e", kind="runbook", title="Refill late", url="/e"),
]
SUGGESTER = Suggester(DOCUMENTS)


def ids(text: str) -> list[str]:
    return [suggestion.id for suggestion in SUGGESTER.suggest(text)]


def test_titles_that_start_so_come_first_and_shorter_before_longer() -> None:
    assert ids("mes") == ["a", "b", "c"]


def test_earlier_words_are_exact_and_the_last_is_a_prefix() -> None:
    assert ids("care te") == ["a"]
    assert ids("car team") == []


def test_words_of_callers_are_found() -> None:
    assert ids("doct") == ["a"]


def test_a_code_gives_its_card_first() -> None:
    assert ids("sm903") == ["d", "c"]
    assert ids("sm 903") == ["d", "c"]
    assert ids("SM-903") == ["d", "c"]


def test_a_typo_is_looked_through_only_when_nothing_was_found() -> None:
    assert ids("refil") == ["e"]
    assert ids("reifll") == ["e"]
    assert ids("mesage") == ["a", "b", "c"]


def test_one_letter_is_enough() -> None:
    assert ids("r") == ["e"]


def test_nothing_typed_gives_nothing() -> None:
    assert ids("  ") == []


def test_nearest_are_those_with_most_of_the_words() -> None:
    assert [s.id for s in SUGGESTER.nearest("xylophone refills")] == ["e"]


COUNTS = {"message": 9, "messages": 4, "pharmacy": 3, "refill": 5, "once": 1}
NAMES = [("allergies",), ("sign", "in"), ("how", "to", "sign", "in"), ("but", "on"), ("maintenance", "mail")]
SPELLER = Speller({**COUNTS, "staff": 9, "signing": 4, "been": 9, "asks": 3}, NAMES, light={"stuff"})


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("mesage", "message"),
        ("messgae", "message"),
        ("pharmcy", "pharmacy"),
        ("phramacy", "pharmacy"),
        ("refil", "refill"),
        ("alergies", "allergies"),
        ("signin", "sign in"),
        ("maint", "maintenance"),
        ("alle", "allergies"),
        ("buton", None),  # "but on" is said once, and by chance
        ("staf", "staff"),
        ("stuff", None),  # a word of every call
        ("stiff", None),  # another letter in a short word is another word
        ("tasks", None),  # nobody mistypes the first letter
        ("bene", None),  # nobody searches for "been"
        ("message", None),
        ("once", None),
        ("xylophone", None),
        ("ref", None),
        ("sm115x", None),
    ],
)
def test_one_typo_is_mended_and_what_is_known_is_left(typed: str, right: str | None) -> None:
    assert SPELLER.correct(typed) == right


def test_a_swap_of_neighbours_is_one_step() -> None:
    assert distance("ab", "ba", 2) == 1
    assert distance("kitten", "sitting", 3) == 3
    assert distance("abc", "xyzuvw", 2) == 3
