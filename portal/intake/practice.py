"""Practice calls: the examples of the criteria as calls to decide, which of them make a round, how an answer compares. Pure.

What is right is what the served rules say at that moment, never what an example expects.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from portal.criteria.decide import UNDECIDED, Decision, decide
from portal.criteria.severity import Severity
from portal.criteria.table import DecisionTable, Example, OutcomeKind
from portal.intake.wizard import End
from portal.knowledge.article import Article, ArticleKind
from portal.knowledge.catalogue import Route
from portal.knowledge.snapshot import Snapshot

ALL, ALWAYS, MISSED = "all", "always", "missed"
COUNTS = (5, 10, 20)
OPTIONS = 4  # as many runbooks and places to choose from, whatever is right
LEAST_ANSWERS, LEAST_PEOPLE = 5, 3  # below these, owners see nothing of a call
NUMBER = re.compile(r"\s*\(K\d+\)$")  # of the fault list that the example covers; for authors
QUESTION = re.compile(r"(what|where|when|who|why|how|which)\b", re.IGNORECASE)
CallId = tuple[str, str]
"""Article and name of the example."""


class Grade(StrEnum):
    """`partly`: the outcome is right; severity, place or runbook is not."""

    RIGHT = "right"
    PARTLY = "partly"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Answer:
    """An outcome or `undecided`; `target` is its severity, route or runbook. Written and read as `escalate:high`."""

    outcome: str
    target: str = ""

    def __str__(self) -> str:
        return f"{self.outcome}:{self.target}" if self.target else self.outcome

    @classmethod
    def read(cls, written: str) -> Answer:
        outcome, _, target = written.partition(":")
        return cls(outcome, target)


@dataclass(frozen=True, slots=True)
class PracticeCall:
    article: Article
    table: DecisionTable
    example: Example

    @property
    def id(self) -> CallId:
        return (self.article.id, self.example.name)

    @property
    def area(self) -> str:
        return self.article.tool or ALWAYS

    @property
    def words(self) -> str:
        """The name of the example as a sentence, without the number that authors put behind it."""
        said = NUMBER.sub("", self.example.name)
        end = "" if said[-1:] in ".?!" else "?" if QUESTION.match(said) else "."
        return f"{said[:1].upper()}{said[1:]}{end}"

    def found_out(self) -> list[tuple[str, str]]:
        """What is known of the case: each question that was answered, as the intake words it, with the answer."""
        given = self.example.given
        return [
            (one.ask, one.choices.get(given[one.id], "Not sure"))
            for one in self.table.inputs
            if one.id in given
        ]

    def facts(self) -> dict[str, str]:
        """The facts of a call that the example gives, by fact."""
        given = self.example.given
        return {
            one.fact: given[one.id]
            for one in self.table.inputs
            if one.fact and given.get(one.id) in one.choices
        }

    def decision(self) -> Decision:
        return decide(self.table, self.example.given)


@dataclass(frozen=True, slots=True)
class Options:
    """What a call offers to choose from, besides the severities: ids in the order they are shown."""

    runbooks: tuple[str, ...]
    routes: tuple[str, ...]

    def of(self, outcome: str) -> Collection[str]:
        """The targets that this outcome may have; undecided has none."""
        return {
            str(OutcomeKind.ESCALATE): tuple(Severity),
            str(OutcomeKind.RESOLVE): self.runbooks,
            str(OutcomeKind.REDIRECT): self.routes,
        }.get(outcome, ())


@dataclass(frozen=True, slots=True)
class Tally:
    """All answers that people gave to one call while the rules said `outcome`, and how their first ones went."""

    call: CallId
    outcome: str
    answers: int
    people: int
    wrong: int
    partly: int

    @property
    def share(self) -> float:
        """Of the people, those whose first answer was not right."""
        return (self.wrong + self.partly) / self.people


def calls_of(snapshot: Snapshot) -> list[PracticeCall]:
    """The examples of all served criteria, but those about which a table that always applies has nothing to say."""
    return [
        call
        for article in snapshot.of_kind(ArticleKind.CRITERIA)
        if article.table is not None
        for call in (PracticeCall(article, article.table, example) for example in article.table.examples)
        if not article.table.applies_always or _says_something(call.decision())
    ]


def _says_something(decision: Decision) -> bool:
    return decision.outcome != UNDECIDED or bool(decision.open_rules)


def find_call(snapshot: Snapshot, id: CallId) -> PracticeCall | None:
    """None once its example has gone."""
    article = snapshot.articles.get(id[0])
    if article is None or article.table is None or not article.is_served:
        return None
    found = (one for one in article.table.examples if one.name == id[1])
    return next((PracticeCall(article, article.table, example) for example in found), None)


def has_intake(call: PracticeCall, snapshot: Snapshot) -> bool:
    """Not for tools that are not ours: the intake sends these away before it asks what their rules decide by."""
    tool = snapshot.catalogue.tools.get(call.article.tool or "")
    return tool is None or tool.in_scope


def areas(snapshot: Snapshot, calls: Iterable[PracticeCall]) -> dict[str, str]:
    """Area -> its name, of the areas that have calls, in the order of the catalogue; all of them mixed stands first."""
    found = {call.area for call in calls}
    named = {id: tool.name for id, tool in snapshot.catalogue.tools.items() if id in found}
    always = {ALWAYS: "Harm, security and privacy"} if ALWAYS in found else {}
    return {ALL: "All areas, mixed", **named, **always}


def choose(
    calls: Iterable[PracticeCall], count: int, seed: str, latest: Mapping[CallId, Grade]
) -> list[PracticeCall]:
    """A round: calls that the person has not answered yet come first, then those whose latest answer was not right.

    The same seed and history give the same calls in the same order.
    """

    def turn(call: PracticeCall) -> bytes:
        return _turn(seed, *call.id)

    def need(call: PracticeCall) -> int:
        return {None: 0, Grade.RIGHT: 2}.get(latest.get(call.id), 1)

    return sorted(sorted(calls, key=lambda call: (need(call), turn(call)))[:count], key=turn)


def options(call: PracticeCall, snapshot: Snapshot, seed: str) -> Options:
    """What is right (if it is one of these), and what is most plausible beside it: what the same rules name, then what
    belongs to the same tool. Always equally many, so that the choices tell nothing about the outcome.
    """
    decision, rules, tool = call.decision(), call.table.rules, call.article.tool
    runbooks = snapshot.of_kind(ArticleKind.RUNBOOK)
    routes = snapshot.catalogue.routes
    return Options(
        _mixed(
            decision.runbook,
            [rule.then.runbook for rule in rules],
            [article.id for article in runbooks if article.tool == tool],
            [article.id for article in runbooks],
            seed=seed,
        ),
        _mixed(
            decision.route,
            [rule.then.route for rule in rules],
            [id for id, route in routes.items() if tool in route.tools],
            list(routes),
            seed=seed,
        ),
    )


def _mixed(right: str | None, *ranks: Sequence[str | None], seed: str) -> tuple[str, ...]:
    known = set(ranks[-1])

    def turn(id: str) -> bytes:
        return _turn(seed, id)

    others = [id for rank in ranks for id in sorted({id for id in rank if id and id in known}, key=turn)]
    return tuple(sorted([id for id in dict.fromkeys((right, *others)) if id][:OPTIONS], key=turn))


def _turn(*words: str) -> bytes:
    return hashlib.sha256("\n".join(words).encode()).digest()


def answer_of(decision: Decision) -> Answer:
    """What the rules say, in the form of an answer."""
    target = decision.severity or decision.route or decision.runbook or ""
    return Answer(str(decision.outcome), str(target))


def compare(chosen: Answer, decided: Answer) -> Grade:
    if chosen == decided:
        return Grade.RIGHT
    return Grade.PARTLY if chosen.outcome == decided.outcome else Grade.WRONG


def answer_of_end(outcome: Mapping[str, Any], articles: Mapping[str, Article]) -> Answer | None:
    """What a practice intake came to, by what its end kept; None where a known issue ended it before the rules did."""
    match outcome.get("would"):
        case End.HANDED_OVER:
            return Answer(UNDECIDED)
        case End.FILED | End.CRITICAL | End.PRIVACY:
            return Answer(UNDECIDED) if outcome["triage"] else Answer("escalate", outcome["severity"])
        case End.ELSEWHERE:
            return Answer("redirect", outcome["route"])
        case End.ANSWERED:
            article = articles.get(outcome.get("article", ""))
            if article is not None and article.kind is ArticleKind.RUNBOOK:
                return Answer("resolve", article.id)
    return None


def answer_words(answer: Answer, routes: Mapping[str, Route], articles: Mapping[str, Article]) -> str:
    """ "Goes to Tier 3, High" or "Send it elsewhere: VA pharmacy", as the choices of the page name it."""
    said, target = OUTCOME_WORDS.get(answer.outcome, answer.outcome), answer.target
    match answer.outcome:
        case OutcomeKind.ESCALATE if target:
            return f"{said}, {target.capitalize()}"
        case OutcomeKind.REDIRECT if target:
            return f"{said}: {routes[target].name if target in routes else target}"
        case OutcomeKind.RESOLVE if target:
            return f"{said}: {articles[target].title if target in articles else target}"
    return said


OUTCOME_WORDS: Mapping[str, str] = {
    OutcomeKind.RESOLVE: "Solve it with a runbook",
    OutcomeKind.REDIRECT: "Send it elsewhere",
    OutcomeKind.ESCALATE: "Goes to Tier 3",
    UNDECIDED: "Not enough to decide",
}


def hardest(tallies: Iterable[Tally], calls: Iterable[PracticeCall]) -> list[tuple[PracticeCall, Tally]]:
    """For the owners: calls by the share of people whose first answer was not right, the most first.

    Only what enough people answered, so that nobody can be made out, and only answers to what the rules say now.
    """
    by_id = {call.id: call for call in calls}
    shown = [
        (by_id[one.call], one)
        for one in tallies
        if one.call in by_id
        and one.answers >= LEAST_ANSWERS
        and one.people >= LEAST_PEOPLE
        and one.share > 0
        and one.outcome == str(answer_of(by_id[one.call].decision()))
    ]
    return sorted(shown, key=lambda pair: (-pair[1].share, -pair[1].people, pair[0].id))
