"""Questions to the caller, asked through Tier 2: how they are put and answered. Pure.

Each may be read out word for word. "The caller does not know" is an answer too: it stands as the empty text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from portal.knowledge.catalogue import Fact, FactType

LEAST, MOST = 5, 300
ANSWER_MOST = 1000
OWN_MOST = 10
NOT_KNOWN = "the caller does not know"
ALL_ANSWERED = "every question is answered"


class Kind(StrEnum):
    TEXT = "text"
    CHOICE = "choice"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Ask:
    """One question as it is put. With a `fact` and no words it is the fact's own, and its answer fills the fact."""

    words: str = ""
    fact: str = ""
    kind: Kind = Kind.TEXT
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One question as it stands. `answer` is None while it is open."""

    id: int
    words: str
    kind: Kind
    choices: tuple[str, ...]
    asked_at: datetime
    answer: str | None = None
    is_withdrawn: bool = False

    @property
    def is_open(self) -> bool:
        return self.answer is None and not self.is_withdrawn


@dataclass(frozen=True, slots=True)
class Asked:
    """A ticket that waits for its caller, as any agent may see it: nothing but its numbers, its tool and the questions."""

    number: str
    reference: str
    tool: str
    follow_up_at: datetime | None
    is_due: bool
    questions: tuple[Question, ...]


_CHOICES = re.compile(r"(?P<words>.+?\?)\s*(?P<rest>[^?]*\S)\s*", re.DOTALL)
_DATE = re.compile(r"\(date\)", re.IGNORECASE)


def read_asks(text: str) -> tuple[Ask, ...]:
    """One question a line. What stands behind its question mark: answers to choose from ("Yes / No"), or "(date)"."""
    return tuple(_read_line(line.strip()) for line in text.splitlines() if line.strip())


def _read_line(line: str) -> Ask:
    found = _CHOICES.fullmatch(line)
    if found is None:
        return Ask(line)
    if _DATE.fullmatch(found["rest"]):
        return Ask(found["words"], kind=Kind.DATE)
    choices = tuple(dict.fromkeys(part.strip() for part in found["rest"].split("/") if part.strip()))
    return Ask(found["words"], kind=Kind.CHOICE, choices=choices) if len(choices) > 1 else Ask(line)


def put(ask: Ask, facts: Mapping[str, Fact]) -> Ask:
    """In words, with what may be answered, as its fact says."""
    fact = facts.get(ask.fact)
    if fact is None:
        return ask
    if fact.type is FactType.CHOICE:
        return Ask(ask.words or fact.label, fact.id, Kind.CHOICE, tuple(fact.choices.values()))
    kind = Kind.DATE if fact.type is FactType.DATE else Kind.TEXT
    return Ask(ask.words or fact.label, fact.id, kind)


def asks_wrong(asks: Collection[Ask], facts: Collection[str]) -> str:
    """What is wrong with the list of questions; empty when nothing is."""
    own = [ask for ask in asks if not ask.fact]
    if not asks:
        return "Tick a question, or write one"
    if any(ask.fact and ask.fact not in facts for ask in asks):
        return "Tick only questions of this list"
    if len(own) > OWN_MOST:
        return f"Write at most {OWN_MOST} questions of your own"
    fit = all(LEAST <= len(ask.words) <= MOST for ask in own)
    return "" if fit else f"Write each question in {LEAST} to {MOST} characters, one a line"


def in_some_days(today: date) -> date:
    """When an answer is asked after, unless somebody says otherwise: three days on, and not on a weekend."""
    day = today + timedelta(days=3)
    return day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day


_PAST = re.compile(r"\b(?:did|was|were|began|started|since|last|record)\b", re.IGNORECASE)


def read_answer(question: Question, typed: str, *, not_known: bool, today: date) -> str | None:
    """The answer in words, None when nothing was given; a day of what has happened is not to come. Raises ValueError that says
    what is wrong."""
    typed = typed.strip()
    if not_known and typed:
        raise ValueError("Give the answer, or tick that the caller does not know")
    if not typed:
        return "" if not_known else None
    if question.kind is Kind.CHOICE and typed not in question.choices:
        raise ValueError("Select one of the answers")
    if question.kind is Kind.DATE:
        try:
            day = date.fromisoformat(typed)
        except ValueError:
            raise ValueError("Enter a date") from None
        if day > today and _PAST.search(question.words):
            raise ValueError("Enter a day that is not still to come")
        return f"{day:%b} {day.day}, {day.year}"
    if len(typed) > ANSWER_MOST:
        raise ValueError(f"Enter at most {ANSWER_MOST} characters")
    return typed


def answers_in_words(pairs: Collection[tuple[str, str]]) -> str:
    """Question and answer, for the timeline."""

    def lines() -> Iterator[str]:
        for words, answer in pairs:
            yield f"{words} “{answer}”" if answer else f"{words} {NOT_KNOWN.capitalize()}."

    return " ".join(lines())
