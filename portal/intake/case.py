"""Everything that follows from one intake at one moment: tool, codes, answers, decision, facts still needed. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.accounts.actor import Desk
from portal.criteria.decide import (
    UNDECIDED,
    Decision,
    decide_all,
    derive_codes,
    derive_facts,
    not_followed,
    open_questions,
)
from portal.criteria.severity import Severity
from portal.criteria.table import FACTS, FOLLOWED, DecisionTable, Input, OutcomeKind
from portal.intake import derive, facts, summary
from portal.intake.record import Record
from portal.intake.wizard import CallData, Step, next_step
from portal.knowledge.article import Article
from portal.knowledge.catalogue import Facility, Fact, Route, Tool
from portal.knowledge.service import facility_facts, tables_for
from portal.knowledge.snapshot import Snapshot

QUESTIONS_A_PAGE = 5
PRIVATE_FACT = "kind_of_data"  # a rule that collects it speaks of security or privacy
STATION = re.compile(r"\d{3}[A-Z0-9]{0,3}")
NOT_DONE = "not_done"  # in `check`: steps that could not be done (runbook -> numbers)
PRACTICE = "practice"  # in `check`: facts that a real call would bring along (fact -> choice)
NOT_OURS = "{name} belongs to another VA team."


@dataclass(frozen=True, slots=True)
class Derived:
    """An answer that nobody was asked for, with its reason."""

    question: Input
    label: str
    because: str


@dataclass(frozen=True, slots=True)
class Case:
    """`outcome` counts override and triage; `because` says why. `answers` are those given, over those derived.

    `needed`: facts still to be asked; `answered`: those that a question (its id) has asked already.
    """

    record: Record
    snapshot: Snapshot
    tool: Tool | None
    codes: tuple[str, ...]
    facility: Facility | None
    article: Article | None
    answers: Mapping[str, str]
    derived: tuple[Derived, ...]
    decision: Decision
    outcome: str
    because: str
    severity: Severity
    runbook: Article | None
    route: Route | None
    needed: tuple[Fact, ...]
    answered: Mapping[str, tuple[Fact, str]]
    action: str
    said: summary.Sentences
    others: int
    data: CallData

    @property
    def waiting(self) -> Step:
        return next_step(self.data)

    @property
    def table(self) -> DecisionTable | None:
        return self.article.table if self.article else None

    @property
    def part(self) -> str:
        """Name of the part of the tool that the deciding table is for; empty for one that decides for more."""
        area = self.record.call.sub_area
        if self.tool is None or self.table is None or area not in self.table.sub_areas:
            return ""
        return next((one.name for one in self.tool.sub_areas if one.id == area), "")

    @property
    def station(self) -> str:
        return self.record.call.facilities[0] if self.record.call.facilities else ""

    @property
    def override(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.record.check.get("override") or {}
        return found

    def questions(self, *, every: bool) -> list[Input]:
        """What page 3 asks now: the next question, or all that are open, at most five."""
        if self.decision.next_question is None or self.table is None:
            return []
        if not every:
            return [self.decision.next_question]
        return open_questions(self.table, self.answers, QUESTIONS_A_PAGE) or [self.decision.next_question]

    def given(self) -> list[tuple[Input, str]]:
        """The questions that were answered and what the answer says, in the order they were asked."""
        if self.table is None:
            return []
        by_id = {one.id: one for one in self.table.inputs}
        return [
            (by_id[id], by_id[id].choices.get(value, "Not sure"))
            for id, value in self.record.answers.items()
            if id in by_id
        ]

    def platform_words(self) -> str:
        return FACTS["platform"].choices.get(self.record.call.platform, "")

    def facility_words(self) -> str:
        """ "Spokane (668), 541"."""
        known = self.snapshot.facilities
        return ", ".join(f"{known[s].name} ({s})" if s in known else s for s in self.record.call.facilities)


def stations(text: str, facilities: Mapping[str, Facility]) -> tuple[str, ...]:
    """Stations in what was typed, by number or name; what is neither stays as typed."""
    by_name = {facility.name.lower(): station for station, facility in facilities.items()}
    found = []
    for part in (piece.strip() for piece in re.split(r"[,;\n]", text)):
        number = STATION.search(part.upper())
        named = next((station for name, station in by_name.items() if part and part.lower() in name), None)
        if number and (number[0] == part.upper() or number[0] in facilities or "STATION" in part.upper()):
            found.append(number[0])
        elif part:
            found.append(named if named and len(part) > 3 else part[:80])
    return tuple(dict.fromkeys(found))


def read_case(record: Record, snapshot: Snapshot, *, others: int, day: date) -> Case:
    """`others`: other callers of the last 24 hours with the same known issue, or code and facility."""
    call = record.call
    tool = snapshot.catalogue.tools.get(call.tool)
    codes = tuple(
        dict.fromkeys(
            filter(
                None,
                (call.error_code, *derive.codes_in(f"{record.text} {record.alert_words}", snapshot.codes)),
            )
        )
    )
    always, own = tables_for(snapshot, call.tool or None, call.sub_area or None)
    tables = [article.table for article in always if article.table]
    known = derive.fact_values(
        urgent=record.urgent,
        audience=call.audience,
        platform=call.platform,
        desk=Desk(record.desk),
        others=others,
        facility=facility_facts(snapshot, call.facilities, call.tool, day),
    )
    known.update(record.check.get(PRACTICE, {}))
    derived, answers = _answers(own.table if own else None, codes, known, record, others)
    decision, decided_by = decide_all(tables, own.table if own else None, {**known, **answers})
    if tool is not None and not tool.in_scope and tool.route and decision.outcome == UNDECIDED:
        # Not ours: harm stays ours and a code may name a better place at once, but nobody is asked for more.
        decision = Decision(OutcomeKind.REDIRECT, because=NOT_OURS.format(name=tool.name), route=tool.route)
        decided_by = None
    article = snapshot.articles.get(decided_by.id) if decided_by else own
    override = record.check.get("override") or {}
    outcome, because = (
        str(override.get("outcome") or decision.outcome),
        override.get("reason") or decision.because,
    )
    if record.check.get("triage"):
        outcome, because = (
            str(OutcomeKind.ESCALATE),
            "Not enough is known to decide; filed for Tier 3 triage.",
        )
    action = summary.action_of(answers, call.sub_area)
    area = next((one.name for one in tool.sub_areas if one.id == call.sub_area), "") if tool else ""
    # A rule of the tool's own table names all that its case needs; rules for every tool do not know the tool.
    by_own = own is not None and decided_by is not None and decided_by.id == own.id
    wanted = facts.needed(
        snapshot.catalogue.facts,
        collect=decision.collect,
        minimum=tool.minimum_facts if tool and not (by_own and decision.collect) else (),
        platform=call.platform,
        known={"facility"} if call.facilities else (),
        answers=answers,
        action=action,
    )
    answered = facts.answered(wanted, answers)
    needed = [fact for fact in wanted if fact.id not in answered]
    facts_open = any(facts.is_open(fact, record.facts, record.not_known) for fact in needed)
    asked = bool(record.answers) or decision.outcome == UNDECIDED
    return Case(
        record=record,
        snapshot=snapshot,
        tool=tool,
        codes=codes,
        facility=next((snapshot.facilities[s] for s in call.facilities if s in snapshot.facilities), None),
        article=article,
        answers=answers,
        derived=tuple(derived),
        decision=decision,
        outcome=outcome,
        because=because,
        severity=decision.severity or Severity.MEDIUM,
        runbook=snapshot.in_use(override.get("target") if override else decision.runbook),
        route=snapshot.catalogue.routes.get((override.get("target") if override else decision.route) or ""),
        needed=tuple(needed),
        answered={fact.id: (fact, answered[fact.id]) for fact in wanted if fact.id in answered},
        action=action,
        said=summary.sentences(action, area),
        others=others,
        data=CallData(
            urgent=record.urgent,
            has_call=call.done,
            issues_checked=bool(record.check.get("issues_checked")),
            outcome=outcome,
            asked=asked,
            private=outcome == OutcomeKind.ESCALATE and PRIVATE_FACT in decision.collect,
            triage=bool(record.check.get("triage")),
            facts_open=facts_open,
            end=record.end,
        ),
    )


def _answers(
    table: DecisionTable | None, codes: Sequence[str], known: Mapping[str, str], record: Record, others: int
) -> tuple[list[Derived], dict[str, str]]:
    """What follows from codes and facts, and all answers; what was answered stands above what was derived.

    That no runbook was followed yet is derived too: the page of the runbook asks by its buttons, beside the steps.
    """
    if table is None:
        return [], {}
    by_code = derive_codes(table, codes)
    by_fact = {**derive_facts(table, known), **not_followed(table)}
    given = {one.id: record.answers[one.id] for one in table.inputs if one.id in record.answers}
    derived = []
    for one in table.inputs:
        value = by_code.get(one.id) or by_fact.get(one.id, "")
        if value in one.choices and one.id not in given:
            derived.append(Derived(one, one.choices[value], _because(one, codes, table, record, others)))
    return derived, {**by_fact, **by_code, **given}


def _because(one: Input, codes: Sequence[str], table: DecisionTable, record: Record, others: int) -> str:
    code = next((code for code in codes if one.id in derive_codes(table, [code])), "")
    if code:
        return f"from {code}"
    if one.id == FOLLOWED:
        return "not in this call yet"
    if one.fact in record.check.get(PRACTICE, {}):
        return "from the practice call"
    match one.fact:
        case "several_people":
            return f"{others} other caller{'s' if others != 1 else ''} in 24 hours"
        case "ehr" | "migration_phase":
            return "from the health system"
        case _:
            return "from the call"
