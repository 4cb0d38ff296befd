"""Questions to the caller: how they are typed, what they may be, and what counts as an answer."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from portal.tickets.question import (
    Ask,
    Kind,
    Question,
    answers_in_words,
    asks_wrong,
    in_some_days,
    put,
    read_answer,
    read_asks,
)
from tests.unit.tickets.made import CATALOGUE, a_fact

FACTS = {
    "browser": a_fact("browser", "Which browser?"),
    "other": a_fact("other", "Other teams?", choices={"y": "Yes", "n": "No"}),
}


def a_question(kind: Kind = Kind.TEXT, choices: tuple[str, ...] = ()) -> Question:
    return Question(1, "Which?", kind, choices, datetime(2026, 11, 25, tzinfo=UTC))


@pytest.mark.parametrize(
    ("line", "ask"),
    [
        ("Which browser is it?", Ask("Which browser is it?")),
        (
            "Does it fail in the app? Yes / No / Yes",
            Ask("Does it fail in the app?", "", Kind.CHOICE, ("Yes", "No")),
        ),
        ("When did it begin? (Date)", Ask("When did it begin?", kind=Kind.DATE)),
        ("Which one? Please look.", Ask("Which one? Please look.")),
        ("Is it on? If so, since when?", Ask("Is it on? If so, since when?")),
        ("Tell us the version", Ask("Tell us the version")),
    ],
)
def test_one_line_is_one_question_with_its_answers(line: str, ask: Ask) -> None:
    assert read_asks(f"\n  {line}  \n\n") == (ask,)


def test_the_question_of_a_fact_comes_with_the_answers_of_the_fact() -> None:
    assert put(Ask(fact="browser"), FACTS) == Ask("Which browser?", "browser")
    assert put(Ask(fact="other"), FACTS) == Ask("Other teams?", "other", Kind.CHOICE, ("Yes", "No"))
    assert put(Ask("Own?"), FACTS) == Ask("Own?")


def test_what_is_wrong_with_a_list_of_questions() -> None:
    assert asks_wrong([], FACTS) == "Tick a question, or write one"
    assert asks_wrong([Ask(fact="gone")], FACTS) == "Tick only questions of this list"
    assert asks_wrong([Ask("x" * 301)], FACTS) == "Write each question in 5 to 300 characters, one a line"
    assert asks_wrong([Ask("Which one?")] * 11, FACTS) == "Write at most 10 questions of your own"
    assert asks_wrong([Ask("Which one?"), Ask(fact="browser")], FACTS) == ""


@pytest.mark.parametrize(
    ("question", "typed", "not_known", "answer"),
    [
        (a_question(), " Edge ", False, "Edge"),
        (a_question(), "", False, None),
        (a_question(), " ", True, ""),
        (a_question(Kind.CHOICE, ("Yes", "No")), "No", False, "No"),
        (a_question(Kind.DATE), "2026-11-03", False, "Nov 3, 2026"),
    ],
)
def test_an_answer_in_words(question: Question, typed: str, not_known: bool, answer: str | None) -> None:
    assert read_answer(question, typed, not_known=not_known, today=date(2026, 11, 25)) == answer


@pytest.mark.parametrize(
    ("question", "typed", "not_known", "wrong"),
    [
        (a_question(), "Edge", True, "or tick that the caller does not know"),
        (a_question(Kind.CHOICE, ("Yes", "No")), "Perhaps", False, "Select one"),
        (a_question(Kind.DATE), "Tuesday", False, "Enter a date"),
        (a_question(), "x" * 1001, False, "at most 1000"),
    ],
)
def test_what_is_no_answer(question: Question, typed: str, not_known: bool, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        read_answer(question, typed, not_known=not_known, today=date(2026, 11, 25))


def test_answers_for_the_timeline() -> None:
    pairs = [("Which browser?", "Edge"), ("Since when?", "")]
    assert answers_in_words(pairs) == "Which browser? “Edge” Since when? The caller does not know."


def test_the_facts_of_the_catalogue_are_questions_that_can_be_put() -> None:
    assert all(put(Ask(fact=key), CATALOGUE.facts).words for key in CATALOGUE.facts)


@pytest.mark.parametrize(("today", "then"), [(23, 26), (24, 27), (25, 30), (26, 30), (27, 30), (28, 1)])
def test_a_follow_up_is_proposed_on_a_working_day(today: int, then: int) -> None:
    assert in_some_days(date(2026, 11, today)).day == then


def test_a_day_of_what_has_happened_is_not_to_come() -> None:
    began = Question(1, "When did it begin?", Kind.DATE, (), datetime(2026, 11, 25, tzinfo=UTC))
    planned = Question(2, "When is the appointment?", Kind.DATE, (), datetime(2026, 11, 25, tzinfo=UTC))
    today = date(2026, 11, 25)
    assert read_answer(began, "2026-11-25", not_known=False, today=today) == "Nov 25, 2026"
    assert read_answer(planned, "2027-01-02", not_known=False, today=today) == "Jan 2, 2027"
    with pytest.raises(ValueError, match="not still to come"):
        read_answer(began, "2026-11-26", not_known=False, today=today)
