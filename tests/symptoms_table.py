"""What the portal gives for each symptom of the help desk, beside what an experienced agent should end up with.

`python -m tests.symptoms_table` prints the table. A first contact goes the way of a call: an urgent answer is decided
at once; else known issues are matched with the words, the search has to bring up the article or place, and the
criteria decide with the agent's answers.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from portal.accounts.actor import Desk
from portal.criteria.table import OutcomeKind
from portal.intake import derive, filing
from portal.intake.case import Case, read_case, stations
from portal.intake.record import Call as IntakeCall
from portal.intake.record import Record
from portal.knowledge.service import check_folder
from portal.knowledge.snapshot import Snapshot
from portal.search import service
from portal.search.match import Call, Match
from portal.search.service import SearchEngine
from portal.tickets.routing import choose_team
from portal.tickets.ticket import Origin, TicketDraft

DATA = Path(__file__).parent / "data"
CONTENT = Path(__file__).parents[1] / "content"
NOW = datetime(2026, 10, 6, 15, 0, tzinfo=UTC)
PLATFORMS = {"web": "web", "app": "android", "staff-portal": "staff_portal"}
KNOWN_ISSUE = "known_issue"
FOUND_WITHIN = 3


@dataclass(frozen=True, slots=True)
class Contact:
    """A call as far as it is known. `given`: what the answers file says of the row; `refused`: known issues said no to."""

    row: str
    says: str
    call: Mapping[str, str]
    given: Mapping[str, Any]
    answers: Mapping[str, str]
    refused: tuple[str, ...] = ()

    @property
    def is_first(self) -> bool:
        return not self.row.endswith(" then")

    def sub_area(self, snapshot: Snapshot) -> str:
        """As the first page reads it out of the words; it chooses between two tables of one tool."""
        return derive.sub_area(self.says, snapshot.catalogue.tools[self.call["tool"]]) or ""

    def guessed_tool(self, snapshot: Snapshot) -> str:
        """What the first page would fill in; the agent corrects it."""
        codes = derive.codes_in(f"{self.call.get('code', '')} {self.says}", snapshot.codes)
        guess = derive.guess_tool(self.says, codes, snapshot.codes, list(snapshot.catalogue.tools.values()))
        return guess.tool if guess else ""

    def case(self, snapshot: Snapshot) -> Case:
        """The intake of this call with the known issues passed."""
        call = self.call
        record = Record(
            id=1,
            owner=1,
            worker=None,
            desk=Desk.HRC,
            end=None,
            created_at=NOW,
            changed_at=NOW,
            handed_at=None,
            ended_at=None,
            urgent=call.get("urgent", "no"),
            text=self.says,
            alert_words="",
            call=IntakeCall(
                tool=call["tool"],
                sub_area=self.sub_area(snapshot),
                audience=call["audience"],
                platform=PLATFORMS[call["platform"]],
                facilities=stations(call.get("facility", ""), snapshot.facilities),
                error_code=call.get("code", ""),
                done=True,
            ),
            external_ref="",
            ref_later=True,
            answers=self.answers,
            facts={},
            not_known=(),
            ticked={},
            shown=(),
            refused=self.refused,
            check={"issues_checked": True},
            outcome={},
        )
        return read_case(record, snapshot, others=self.given.get("others", 0), day=NOW.date())


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table. `how`: where known issue or article were found, and the rule that decided. `others`:
    known issues graded likely that are not the expected end.
    """

    contact: Contact
    expected: str
    got: str
    how: str
    others: str = ""

    @property
    def same(self) -> bool:
        return self.expected == self.got


def load(name: str) -> Any:
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))


def deviations() -> dict[str, str]:
    found: dict[str, str] = load("symptoms_answers.yml")["deviations"]
    return found


def make_engine(folder: Path) -> SearchEngine:
    snapshot, problems = check_folder(CONTENT)
    assert problems == [], problems
    engine = SearchEngine(folder, lambda: snapshot)
    assert engine.catch_up()
    return engine


def lines(engine: SearchEngine) -> Iterator[Line]:
    """First contact and, where it is expected to go on, what comes then, of every area that is written."""
    given = load("symptoms_answers.yml")["rows"]
    for row in load("symptoms_expected.yml"):
        if row["area_now"]:
            yield from _lines_of(row, given[row["row"]], engine)


def _lines_of(row: Mapping[str, Any], given: Mapping[str, Any], engine: SearchEngine) -> Iterator[Line]:
    says, answers = row["says"], given["answers"]
    expect = {**row["expect"], **({"article": given["article"]} if "article" in given else {})}
    yield _line(Contact(row["row"], says, row["call"], given, answers), expect, engine)
    if "then" in row:
        words = f"{says}. {row['then'].get('when', '')}"
        refused = (expect["article"],) if expect["outcome"] == KNOWN_ISSUE else ()
        later = {**answers, **given.get("then", {})}
        contact = Contact(f"{row['row']} then", words, row["call"], given, later, refused)
        yield _line(contact, row["then"], engine)


def _line(contact: Contact, expect: Mapping[str, str], engine: SearchEngine) -> Line:
    snapshot, wanted = engine.loaded().snapshot, expect.get("article", "")
    found = matches(engine, contact)
    grades = {match.id: f"{match.grade} {at}" for at, match in enumerate(found, 1)}
    likely = ", ".join(match.id for match in found if match.grade == "likely" and match.id != wanted)
    expected = _words({key: value for key, value in expect.items() if key != "when"})
    if expect["outcome"] == KNOWN_ISSUE:
        got = expected if wanted in grades else f"no match, but {', '.join(grades) or 'none'}"
        return Line(contact, expected, got, grades.get(wanted, ""), likely)
    case = contact.case(snapshot)
    got, how = _words(_end(case, snapshot)), [case.decision.rule.id if case.decision.rule else "not in scope"]
    if contact.is_first and case.outcome in (OutcomeKind.RESOLVE, OutcomeKind.REDIRECT):
        found_by = _found(engine, contact.says, case)
        how.append(f"search {found_by}")
        got += "" if found_by else ", not found by search"
    return Line(contact, expected, got, ", ".join(how), likely)


def matches(engine: SearchEngine, contact: Contact) -> list[Match]:
    """Known issues for the words; a privacy report is never matched."""
    call = contact.call
    if call.get("urgent", "no") in ("privacy", "both"):
        return []
    told = Call(
        text=contact.says,
        tool=call["tool"],
        error_code=call.get("code"),
        facility=call.get("facility"),
        platform=PLATFORMS[call["platform"]],
        refused=contact.refused,
    )
    return service.match_known_issues(engine, told, now=NOW)


def _end(case: Case, snapshot: Snapshot) -> dict[str, str]:
    match case.outcome:
        case OutcomeKind.ESCALATE:
            return {"outcome": case.outcome, "severity": case.severity, "team": _team(case, snapshot)}
        case OutcomeKind.RESOLVE:
            return {"outcome": case.outcome, "article": case.decision.runbook or ""}
        case OutcomeKind.REDIRECT:
            return {"outcome": case.outcome, "route": case.decision.route or ""}
    asked = case.decision.next_question
    return {"outcome": str(case.outcome), "asks": asked.id if asked else ""}


def _team(case: Case, snapshot: Snapshot) -> str:
    """The queue in which the ticket would stand."""
    draft = TicketDraft(
        origin=Origin.HRC,
        tool=case.record.call.tool,
        audience=case.record.call.audience,
        title="",
        summary="",
        severity=case.severity,
        snow_severity="",
        severity_because="",
        sub_area=case.record.call.sub_area or None,
        basis=filing.basis(case),
    )
    return choose_team(draft, snapshot.catalogue).team or ""


def _found(engine: SearchEngine, says: str, case: Case) -> str:
    """The place, and the runbook or what sends to the route: its card, or an article or code that names it."""
    loaded = engine.loaded()
    shown = service.search(engine, says, now=NOW).page.items[:FOUND_WITHIN]
    if case.outcome == OutcomeKind.RESOLVE:
        good = {case.decision.runbook}
    else:
        card, link = f"route-{case.decision.route}", f"/articles/route/{case.decision.route})"
        good = {card}
        good |= {
            f"code-{one.code}" for one in loaded.snapshot.codes.values() if one.route == case.decision.route
        }
        good |= {article.id for article in loaded.snapshot.articles.values() if link in article.body}
    return next((f"{at} {one.document.id}" for at, one in enumerate(shown, 1) if one.document.id in good), "")


def _words(end: Mapping[str, str]) -> str:
    return " ".join(str(value) for value in end.values())


def main() -> None:
    known = deviations()
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(Path(folder))
        table = list(lines(engine))
        snapshot = engine.loaded().snapshot
    for line in table:
        row = line.contact.row
        verdict = "same" if line.same else "deviation" if row in known else "DIFFERENT"
        print(
            f"{row:8} | {line.contact.says[:56]:56} | {line.expected:50} | {line.got:50} | {verdict} | {line.how}"
        )
    firsts = [line for line in table if line.contact.is_first]
    graded = [line.how.split()[0] for line in table if line.expected.startswith(KNOWN_ISSUE) and line.same]
    print(
        f"\n{len(table)} expectations of {len(firsts)} rows: {sum(line.same for line in table)} same, "
        f"{sum(not line.same for line in table)} not; first contact {sum(line.same for line in firsts)} of {len(firsts)}."
        f"\nKnown issues found: {graded.count('likely')} likely, {graded.count('possible')} possible."
    )
    guesses = [(line.contact.guessed_tool(snapshot), line.contact.call["tool"]) for line in firsts]
    print(
        f"Tool filled in from the words: {sum(guess == tool for guess, tool in guesses)} right, "
        f"{sum(not guess for guess, _ in guesses)} left to the agent, "
        f"{sum(guess not in ('', tool) for guess, tool in guesses)} another."
    )
    for line in table:
        if line.others:
            print(f"likely as well, {line.contact.row}: {line.others}")
    for row, reason in known.items():
        print(f"deviation {row}: {reason}")


if __name__ == "__main__":
    main()
