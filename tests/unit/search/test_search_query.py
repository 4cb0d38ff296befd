from __future__ import annotations

import pytest

from portal.search.query import begun, comparable, read_query
from portal.search.search_index import terms, words
from tests.unit.search.made import CODES, SYNONYMS

KNOWN = {comparable(form): form for form in (*(code.code for code in CODES), "HTTP 503")}


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("SM151", "sm151"),
        ("sm 151", "sm151"),
        ("SM-151", "sm151"),
        ("caller got Sm_151 today", "sm151"),
        ("801", "801"),
        ("error code 801", "801"),
        ("RX99LOCKED", "rx99locked"),
        ("rx99 locked", "rx99locked"),
        ("HTTP 503", "http503"),
        ("error 503", "http503"),
        ("MDOT_invalid", "mdotinvalid"),
        ("mdot invalid", "mdotinvalid"),
        ("says state mismatch", "statemismatch"),
    ],
)
def test_a_code_is_found_in_every_spelling(typed: str, code: str) -> None:
    assert read_query(typed, KNOWN).codes == (code,)


@pytest.mark.parametrize("typed", ["30 days", "801 mg", "SM999", "8 01", "503", "waited 801 days", "sm", ""])
def test_what_is_no_known_code_is_no_code(typed: str) -> None:
    assert read_query(typed, KNOWN).codes == ()


def test_a_code_in_pieces_is_one_word() -> None:
    assert read_query("reply fails sm 151", KNOWN).words == ("reply", "fails", "sm151")


def test_words_with_digits_stay_whole() -> None:
    assert words("SM115, 403 and TLS1.2: can't (MDOT_invalid)") == [
        "sm115",
        "403",
        "and",
        "tls1.2",
        "cant",
        "mdot_invalid",
    ]


def test_words_are_stemmed_and_function_words_go() -> None:
    assert terms("the messages of my doctors") == ["messag", "doctor"]


def test_a_query_of_function_words_keeps_them() -> None:
    query = read_query("where is it", KNOWN)
    assert query.stops_only
    assert [group.terms for group in query.groups] == [("where",), ("is",), ("it",)]


def test_synonyms_are_other_ways_to_say_the_same_group() -> None:
    (group,) = read_query("secure messaging", KNOWN, SYNONYMS).groups
    assert group.terms == ("secur", "messag")
    assert group.alternatives == (("sm", ("sm",)),)


def test_without_synonyms_a_group_has_none() -> None:
    assert read_query("rx", KNOWN).groups[0].alternatives == ()


def test_a_repeated_word_weighs_more_but_is_one_group() -> None:
    (group,) = read_query("refill refills refill", KNOWN).groups
    assert group.label == "refill"
    assert group.weight == pytest.approx(2.0986, abs=1e-4)


def test_quoted_words_are_a_phrase() -> None:
    assert read_query('"message not sent" today', KNOWN).phrases == (("messag", "not", "sent"),)


def test_no_more_than_a_thousand_characters_are_read() -> None:
    assert len(read_query("word " * 500, KNOWN).text) <= 1000


def test_words_of_every_call_weigh_little() -> None:
    weights = {group.label: group.weight for group in read_query("vet says refill wont load", KNOWN).groups}
    assert weights == {"vet": 0.3, "says": 0.3, "refill": 1.0, "wont": 0.3, "load": 1.0}


@pytest.mark.parametrize(
    ("code", "head"),
    [
        ("CLM_003_APPOINTMENT_NOT_FOUND", ("CLM_003",)),
        ("MDOT_502", ()),
        ("SM_UPLOAD_ERROR", ()),
        ("SM98", ()),
    ],
)
def test_a_long_code_may_be_begun(code: str, head: tuple[str, ...]) -> None:
    assert begun(code) == head


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("sign in", "signin"),
        ("Sign-in", "signin"),
        ("signed in", "signin"),
        ("signing in", "signin"),
        ("logged in", "login"),
        ("log in", "login"),
        ("checked in", "checkin"),
    ],
)
def test_two_words_of_which_one_says_nothing_are_one(said: str, word: str) -> None:
    assert words(said) == [word]
    assert terms(said) == terms(word)


@pytest.mark.parametrize(
    "said", ["log inbox", "blog in", "check it", "access log", "CHECK_IN_404", "sign me in"]
)
def test_other_words_stay_apart(said: str) -> None:
    assert not {"signin", "login", "checkin"} & set(words(said))


def test_what_was_said_in_two_words_is_shown_in_two() -> None:
    assert [group.label for group in read_query("cant logon or sign-in", KNOWN).groups] == [
        "cant",
        "log on",
        "sign in",
    ]
