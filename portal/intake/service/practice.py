"""Practice calls: rounds, answers, one's own progress, what is hardest for many. Writes one table, which nothing else reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from portal.core.db import db
from portal.core.errors import Invalid, NotFound
from portal.intake import practice, store
from portal.intake.case import PRACTICE, Case
from portal.intake.models import PracticeAttempt
from portal.intake.practice import ALL, COUNTS, MISSED, Answer, CallId, Grade, PracticeCall, Tally
from portal.intake.record import Call, Record
from portal.intake.service.row import At, case_of
from portal.knowledge.snapshot import Snapshot


class PracticeNotFound(NotFound):
    """No such round of this person, or a call whose example was taken out of the rules."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of a round; `chosen`, `decided` (what the rules said then) and `grade` once it is answered."""

    place: int
    call: PracticeCall
    chosen: Answer | None
    decided: Answer | None
    grade: Grade | None


@dataclass(frozen=True, slots=True)
class Round:
    key: str
    attempts: tuple[Attempt, ...]

    @property
    def next(self) -> Attempt | None:
        """The first call that is not answered yet; None: the round is finished."""
        return next((one for one in self.attempts if one.grade is None), None)

    def graded(self, *grades: Grade) -> list[Attempt]:
        return [one for one in self.attempts if one.grade in grades]

    @property
    def missed(self) -> list[Attempt]:
        return self.graded(Grade.PARTLY, Grade.WRONG)

    def at(self, place: int) -> Attempt:
        for one in self.attempts:
            if one.place == place:
                return one
        raise PracticeNotFound("This practice call is not there any more: its rules have changed.")


@dataclass(frozen=True, slots=True)
class Progress:
    """`grades`: how many answers went how. `missed`: calls whose latest answer was not right, the hardest first."""

    grades: dict[Grade, int]
    missed: tuple[PracticeCall, ...]
    waiting: Round | None

    @property
    def answered(self) -> int:
        return sum(self.grades.values())


def start_practice(area: str, count: int, *, key: str, at: At) -> None:
    """A round of calls of one area, of all, or of those missed; the same key makes one round. Raises Invalid."""
    calls = practice.calls_of(at.snapshot)
    latest = _latest(store.list_practised(at.actor))
    if area == MISSED:
        calls = [call for call in calls if latest.get(call.id) in (Grade.PARTLY, Grade.WRONG)]
    elif area != ALL:
        calls = [call for call in calls if call.area == area]
    errors = {} if calls else {"area": "Select what the calls are about"}
    if count not in COUNTS:
        errors["count"] = "Select how many calls"
    if errors:
        raise Invalid("Select what to practise.", errors)
    store.add_practice(at.actor, key, [call.id for call in practice.choose(calls, count, key, latest)])


def repeat_practice(of: str, *, key: str, at: At) -> None:
    """The calls of a round that were not right, once more."""
    missed = read_round(of, at=at).missed
    if not missed:
        raise PracticeNotFound("Nothing of this round is left to repeat.")
    store.add_practice(at.actor, key, [one.call.id for one in missed])


def read_round(key: str, *, at: At) -> Round:
    """One's own; raises PracticeNotFound."""
    calls = {call.id: call for call in practice.calls_of(at.snapshot)}
    known = [
        _attempt(row, calls[row.article_id, row.example])
        for row in store.list_practice(at.actor, key)
        if (row.article_id, row.example) in calls
    ]
    if not known:
        raise PracticeNotFound("There is no such practice round of yours.")
    return Round(key, tuple(known))


def _attempt(row: PracticeAttempt, call: PracticeCall) -> Attempt:
    return Attempt(
        row.place,
        call,
        Answer.read(row.chosen) if row.chosen else None,
        Answer.read(row.outcome) if row.outcome else None,
        Grade(row.grade) if row.grade else None,
    )


def answer_practice(key: str, place: int, chosen: Answer, *, at: At) -> None:
    """Compare with what the served rules say now, and keep it. The first answer stands, however often the page is sent."""
    row = store.find_practice(at.actor, key, place)
    if row is None:
        raise PracticeNotFound("There is no such practice call of yours.")
    if row.at is not None:
        return
    decided = practice.answer_of(read_round(key, at=at).at(place).call.decision())
    row.chosen, row.outcome = str(chosen), str(decided)
    row.grade = practice.compare(chosen, decided)
    row.revision, row.at = at.snapshot.revision, at.now
    db.session.flush()


def start_practice_intake(key: str, place: int, *, form_key: str, at: At) -> Case:
    """The whole intake with an answered call, from its first page; one that is open already goes on."""
    row = store.find_practice(at.actor, key, place)
    call = practice.find_call(at.snapshot, (row.article_id, row.example)) if row and row.at else None
    if row is None or call is None or not practice.has_intake(call, at.snapshot):
        raise PracticeNotFound("There is no such answered practice call of yours.")
    intake = store.find_open_practice(at.actor, row.id)
    if intake is None:
        intake, _ = store.add(at.actor, form_key, at.now, practice_id=row.id, **_first_page(call))
    return case_of(store.record_of(intake), at)


def _first_page(call: PracticeCall) -> dict[str, Any]:
    """The words of the call, and what page 1 asks as far as it is known; what a real call would bring along goes to `check`."""
    facts = call.facts()
    first = Call(
        tool=call.article.tool or "",
        sub_area=next(iter(call.article.sub_areas), ""),
        audience=facts.pop("audience", ""),
        platform=facts.pop("platform", ""),
        article=call.article.id,
    )
    facts.pop("urgent", None)
    return {
        "text": call.words,
        "call": {**asdict(first), "facilities": []},
        "check": {PRACTICE: facts} if facts else {},
    }


def practice_call(record: Record, snapshot: Snapshot) -> PracticeCall | None:
    """The call that a practice intake is about; None for real ones, and once its example has gone."""
    if record.practice is None:
        return None
    row = store.get_practice(record.practice)
    return practice.find_call(snapshot, (row.article_id, row.example))


def practice_place(record: Record) -> tuple[str, int] | None:
    """Round and place of the call that a practice intake is about; None for real ones."""
    if record.practice is None:
        return None
    row = store.get_practice(record.practice)
    return row.round, row.place


def practice_progress(*, at: At) -> Progress:
    rows = store.list_practised(at.actor)
    latest = _latest(rows)
    times: dict[CallId, int] = {}
    for row in rows:
        id = (row.article_id, row.example)
        times[id] = times.get(id, 0) + (row.grade != Grade.RIGHT)
    missed = [
        call for call in practice.calls_of(at.snapshot) if latest.get(call.id) in (Grade.PARTLY, Grade.WRONG)
    ]
    key = store.find_open_round(at.actor)
    return Progress(
        {grade: sum(row.grade == grade for row in rows) for grade in Grade},
        tuple(sorted(missed, key=lambda call: (-times[call.id], call.id))),
        _still_open(key, at) if key else None,
    )


def _still_open(key: str, at: At) -> Round | None:
    """None where the rules of all that is not answered have gone."""
    try:
        found = read_round(key, at=at)
    except PracticeNotFound:
        return None
    return found if found.next else None


def _latest(rows: Iterable[PracticeAttempt]) -> dict[CallId, Grade]:
    """How the latest answer to each call went; `rows` oldest first."""
    return {(row.article_id, row.example): Grade(row.grade) for row in rows if row.grade}


def hardest_practice(snapshot: Snapshot) -> list[tuple[PracticeCall, Tally]]:
    """Calls that many get wrong at first, for the owners of their rules."""
    return practice.hardest(store.practice_tallies(), practice.calls_of(snapshot))


def replace_revisions(commits: Mapping[str, str]) -> None:
    """Commits of the knowledge base that became others, in the practice calls that their rules decided."""
    store.replace_revisions(commits)
