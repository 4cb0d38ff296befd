"""The rules of a draft as tables: rows added, moved and written one at a time, checked while they are typed, tried out.

One row is open at a time. A large table has thousands of answers to tick, more than a form may hold and more than anybody can
read; this way the page is the table as readers know it, with one small form in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Permission
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.core.problem import Problem
from portal.criteria.check import gap_conditions
from portal.criteria.decide import decide, explain
from portal.criteria.severity import Severity
from portal.criteria.table import EXPECTED, FACTS, FOLLOWED, NOT_SURE, DecisionTable, OutcomeKind
from portal.knowledge import service, table_form
from portal.knowledge.access import current_snapshot, knowledge_base
from portal.knowledge.article import ArticleKind
from portal.knowledge.rows import THEN_ORDER, Row
from portal.knowledge.service import ArticleNotFound, Opened, Work
from portal.knowledge.snapshot import Snapshot
from portal.knowledge.table_form import PARTS, TRY, WORDS, RowsMoved, Sheet
from portal.knowledge.views.editor import draft_kept, typed, version_of
from portal.knowledge.views.page import bp
from portal.web.carry import carried
from portal.web.htmx import render_page

OF_RULES = (
    *PARTS,
    "tool",
    "sub_areas",
)  # keys that this page answers for: the rows, and what they decide for


@dataclass(frozen=True, slots=True)
class RowView:
    """A row as the page shows it. `said`: its conditions, choices or answers in words. `problems`: of the row, one a line."""

    part: str
    place: int
    name: str
    row: Row
    said: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def at(self) -> str:
        return f"{self.part}-{self.place}"


@dataclass(frozen=True, slots=True)
class Asked:
    """An input as a condition or an answer is chosen: also one, or a choice, that the draft no longer has but the row names."""

    id: str
    question: str
    choices: Mapping[str, str]
    wanted: tuple[str, ...] = ()


@bp.get("/<article_id>/table")
@requires(Permission.EDIT)
def edit_table(article_id: str) -> ResponseReturnValue:
    opened = _open(article_id)
    if opened.draft and opened.draft.is_in_review:
        return redirect(url_for(".edit_article", article_id=article_id), code=303)
    brought = carried(request.path)
    work = typed(opened, brought) if brought else opened.work
    message = brought.get("message", "") if brought else opened.draft.message if opened.draft else ""
    return _page(opened, work, message=message, sent=brought or request.args)


@bp.post("/<article_id>/table")
@requires(Permission.EDIT)
def change_table(article_id: str) -> ResponseReturnValue:
    """Keep the row that is open, then take the step of the button."""
    form, (opened, work, message) = request.form, draft_kept()
    verb, _, target = form.get("do", "").partition(" ")
    sheet, place = table_form.read_sheet(work.text), table_form.place_of(target)
    shown = {"open": form.get("open", "")}
    if verb == "open" and place:
        shown = {"open": target}
    elif verb == "close":
        shown = {"focus": f"open-{form.get('open', '')}"}
    elif sheet and verb in STEPS:
        text, shown = _step(sheet, work, verb, target, place)
        if text != work.text:
            _keep(work, text, message, undo_text=work.text)
    elif verb == "undo" and opened.draft and opened.draft.undo_text:
        _keep(work, opened.draft.undo_text, message)
        flash("Taken back.")
        shown = {}
    tried = {name: value for name, value in form.items() if name.startswith(TRY) and value}
    address: dict[str, Any] = {**shown, **tried}
    return redirect(url_for(".edit_table", article_id=article_id, **address), code=303)


STEPS = ("up", "down", "remove", "add", "fill", "followed", "example")


def _step(
    sheet: Sheet, work: Work, verb: str, target: str, place: tuple[str, int] | None
) -> tuple[str, dict[str, str]]:
    """The text after it, and what the page then opens or where its focus goes."""
    if verb in ("up", "down") and place:
        by = -1 if verb == "up" else 1
        part, to = place[0], max(0, min(place[1] + by, len(sheet.rows[place[0]]) - 1))
        return table_form.move_row(sheet, *place, by), {"focus": f"{verb}-{part}-{to}"}
    if verb == "remove" and place:
        flash(f"Removed the {WORDS[place[0]]} “{sheet.name(*place)}”.")
        return table_form.remove_row(sheet, *place), {"focus": "undo"}
    table, _ = service.check_rules(current_snapshot(), work)
    if verb == "add" and target in PARTS:
        text, new = table_form.add_row(sheet, target)
    elif verb == "followed" and _lacks_followed(table):
        target, (text, new) = "inputs", table_form.add_followed(sheet)
    elif verb == "fill" and table and (missing := gap_conditions(table)) is not None:
        target, (text, new) = "rules", table_form.add_row(sheet, "rules", table_form.rule_for(missing))
    elif verb == "example" and table:
        answers = _answers(sheet, request.form)
        row = table_form.example_for(answers, decide(table, answers))
        target, (text, new) = "examples", table_form.add_row(sheet, "examples", row)
    else:
        return work.text, {}
    return text, {"open": f"{target}-{new}"}


@bp.post("/<article_id>/table/check")
@requires(Permission.EDIT)
def check_table(article_id: str) -> ResponseReturnValue:
    """What is typed, checked and tried out; nothing is kept."""
    opened = _open(article_id)
    return _page(
        opened, typed(opened, request.form), sent=request.form, message=request.form.get("message", "")
    )


@bp.errorhandler(RowsMoved)
def show_rows_moved(error: RowsMoved) -> ResponseReturnValue:
    opened = _open(str((request.view_args or {})["article_id"]))
    return _page(opened, opened.work, sent={}, message="", moved=error, status=409)


def _open(article_id: str) -> Opened:
    opened = service.open_work(knowledge_base(), article_id, actor=current_actor())
    if not opened.work.needs_second_person:
        raise ArticleNotFound(f"There are no criteria in {article_id}.")
    return opened


def _keep(work: Work, text: str, message: str, undo_text: str | None = None) -> None:
    base, actor, after = (
        knowledge_base(),
        current_actor(),
        Work(work.article_id, work.path, work.base_revision, text),
    )
    with transaction():
        service.keep_draft(base, after, message=message, actor=actor, now=utcnow(), undo_text=undo_text)


def _answers(sheet: Sheet, given: Mapping[str, str]) -> dict[str, str]:
    """Of the try-out, as far as they are choices of the draft."""
    found = {table_form.text(row, "id"): table_form.choices_of(row) for row in sheet.rows["inputs"]}
    return {
        id: given[TRY + id]
        for id, choices in found.items()
        if given.get(TRY + id) in choices or given.get(TRY + id) == NOT_SURE
    }


def _page(
    opened: Opened,
    work: Work,
    *,
    message: str,
    sent: Mapping[str, str],
    moved: RowsMoved | None = None,
    status: int = 200,
) -> Response:
    snapshot, sheet = current_snapshot(), table_form.read_sheet(work.text)
    table, problems = service.check_rules(snapshot, work)
    _, all_problems = service.check_text(snapshot, work)
    own = [one for one in problems if one.key.startswith(OF_RULES)]
    at = table_form.place_of(sent.get("open", ""))
    if sheet and at and at[1] >= len(sheet.rows[at[0]]):
        at = None
    tried = _answers(sheet, sent) if sheet else {}
    rules = [table_form.text(row, "id") for row in sheet.rows["rules"]] if sheet else []
    context: dict[str, Any] = {
        "seen": version_of(work), "opened": opened, "work": work, "message": message, "sheet": sheet, "moved": moved,
        "parts": {part: _rows(sheet, part, own) for part in PARTS} if sheet else {},
        "open": at, "shape": sheet.shape(at) if sheet else "", "focus": request.args.get("focus", ""),
        "said": _beside(own, at), "places": _places(sheet, at) if sheet and at else (),
        "table": table, "problems": own, "scope": service.scope_of(snapshot, table) if table else None,
        "missing": _missing(table), "lacks_followed": _lacks_followed(table),
        "others": len([one for one in all_problems if not one.key.startswith(OF_RULES)]),
        "oob": request.endpoint == "knowledge.check_table",
        "answers": tried, "decision": decide(table, tried) if table and tried else None,
        "traces": explain(table, tried) if table and tried else [],
        "names": _names(snapshot), "snapshot": snapshot, "facts": FACTS, "words": WORDS, "TRY": TRY, "not_sure": NOT_SURE,
        "tf": table_form, "asked_of": asked_of, "row_of": table_form.row_of, "field_id": field_id,
        "outcomes": [one.value for one in OutcomeKind], "severities": [one.value for one in Severity],
        "fact_options": [(id, f"From the call: {fact.label}") for id, fact in FACTS.items()],
        "severity_options": [(one.value, one.value.capitalize()) for one in Severity],
        "rule_options": list(zip(rules, rules, strict=True)),
        "writers": service.writers(work.article_id, current_actor(), utcnow()),
        "heading": (sheet and sheet.title) or work.article_id,
    }  # fmt: skip
    return render_page(
        "knowledge/table.html", fragments=("rows", "checks"), typing=("checks",), status=status, **context
    )


def _lacks_followed(table: DecisionTable | None) -> bool:
    """Does a rule send to a runbook, and nothing asks whether it was followed?"""
    return table is not None and (
        any(rule.then.outcome is OutcomeKind.RESOLVE for rule in table.rules)
        and all(one.id != FOLLOWED for one in table.inputs)
    )


def _missing(table: DecisionTable | None) -> list[str]:
    """A case that no rule fits, in words; a table that applies always may be silent."""
    found = gap_conditions(table) if table and not table.applies_always else None
    return [] if table is None or found is None else table.conditions(found) or ["any case at all"]


def _rows(sheet: Sheet, part: str, problems: Sequence[Problem]) -> list[RowView]:
    found = []
    for place, row in enumerate(sheet.rows[part]):
        key = f"{part}[{place}]"
        own = [one for one in problems if one.key == key or one.key.startswith(f"{key}.")]
        said = tuple(
            f"{table_form.words_of_field(one.key.removeprefix(key).lstrip('.'))} {one.message}".strip()
            for one in own
        )
        found.append(RowView(part, place, sheet.name(part, place), row, tuple(_said(sheet, part, row)), said))
    return found


def _said(sheet: Sheet, part: str, row: Row) -> list[str]:
    """Lenient: a draft may name what is not there."""
    if part == "inputs":
        return [label or id for id, label in table_form.choices_of(row).items()]
    asked = {table_form.text(one, "id"): _question(one) for one in sheet.rows["inputs"]}
    conditions = table_form.lists(row, "when")
    conditions |= {id: [one] for id, one in table_form.texts(row, "given").items()}
    return [
        f"{asked.get(id, id)} {' or '.join(sheet.choices(id).get(one, one) for one in wanted)}"
        for id, wanted in conditions.items()
    ]


def asked_of(sheet: Sheet, row: Row) -> list[Asked]:
    """Every input of the draft once, and what else the row names."""
    wanted = table_form.lists(row, "when") | {id: [one] for id, one in table_form.texts(row, "given").items()}
    known = {table_form.text(one, "id"): one for one in reversed(sheet.rows["inputs"]) if one.get("id")}
    found = []
    for id in [*reversed(known), *(id for id in wanted if id not in known)]:
        choices = table_form.choices_of(known[id]) if id in known else {}
        choices |= {one: one for one in wanted.get(id, []) if one not in choices and one != NOT_SURE}
        question = _question(known[id]) if id in known else f"{id} (no such question)"
        found.append(Asked(id, question, choices, tuple(wanted.get(id, ()))))
    return found


def _question(row: Row) -> str:
    fact = table_form.text(row, "fact")
    return FACTS[fact].label if fact in FACTS else table_form.text(row, "ask") or table_form.text(row, "id")


def field_id(name: str) -> str:
    """Ids of inputs are typed by people."""
    return re.sub(r"[^\w-]", "_", name)


def _beside(problems: Sequence[Problem], at: tuple[str, int] | None) -> dict[str, list[str]]:
    """Messages by field of the open row; "r" holds those of the row itself."""
    found: dict[str, list[str]] = {}
    start = f"{at[0]}[{at[1]}]" if at else "-"
    for one in problems:
        if one.key == start or one.key.startswith(f"{start}."):
            key = re.sub(r"\[\d+\]", "", one.key.removeprefix(start)).replace(".", "-")
            field = "-choices" if key.startswith(("-choices", "-codes")) else key
            found.setdefault(field_id(f"r{field}"), []).append(one.message)
    return found


def _places(sheet: Sheet, at: tuple[str, int]) -> list[str]:
    """All fields of the open row, each with a place for its problems."""
    asked = [one.id for one in asked_of(sheet, sheet.rows[at[0]][at[1]])]
    fields = {
        "inputs": ["id", "fact", "ask", "help", "choices"],
        "rules": ["id", *(f"when-{id}" for id in asked), *(f"then-{key}" for key in THEN_ORDER)],
        "examples": [
            "name",
            *(f"given-{id}" for id in asked),
            "expect",
            *(f"expect-{key}" for key in EXPECTED),
        ],
    }
    return ["r", *(field_id(f"r-{name}") for name in fields[at[0]])]


def _names(snapshot: Snapshot) -> dict[str, list[tuple[str, str]]]:
    """What the datalists offer."""
    runbooks = snapshot.of_kind(ArticleKind.RUNBOOK)
    return {
        "runbooks": [(one.id, one.title) for one in runbooks],
        "routes": [(one.id, one.name) for one in snapshot.catalogue.routes.values()],
        "teams": [(one.id, one.name) for one in snapshot.catalogue.teams.values()],
        "facts": [(one.id, one.label) for one in snapshot.catalogue.facts.values()],
        "codes": [(one.code, one.meaning) for one in snapshot.codes.values()],
    }
