"""Inputs, rules and examples of a draft as rows of a page: one row typed in a form, and steps that add, move and remove rows."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from werkzeug.datastructures import MultiDict

from portal.core.errors import Conflict
from portal.core.problem import Problem
from portal.criteria.decide import Decision
from portal.criteria.table import EXPECTED, FACTS, FOLLOWED, THEN, OutcomeKind
from portal.knowledge.front_matter import load_front_matter
from portal.knowledge.rows import THEN_ORDER, Plain, Row, read_rows, set_rows
from portal.knowledge.source import NotEditable, Source, clean, is_editable, split

PARTS = ("inputs", "rules", "examples")
NAMED_BY = {"inputs": "id", "rules": "id", "examples": "name"}
NEW = {"inputs": "new_question", "rules": "new-rule", "examples": "new example"}
WORDS = {"inputs": "question", "rules": "rule", "examples": "example"}
FOLLOWED_ROW: Row = {  # the question that the caller comes back with from a runbook
    "id": FOLLOWED,
    "ask": "Was the runbook followed to its end?",
    "choices": {"yes": "Yes, it did not help", "no": "No"},
}
_KEYS = {
    "tool": "Tool",
    "applies": "Tool",
    "sub_areas": "Parts of the tool",
    "rules": "Rules",
    "inputs": "Questions",
}
TRY = "t-"  # fields of the try-out: an answer for each input


class RowsMoved(Conflict):
    """The rows are not those that the page showed, so nobody can tell which one is meant. `typed`: the row that was sent."""

    def __init__(self, typed: str = "") -> None:
        super().__init__(
            "The rows were changed in another window, so nothing was kept. They are shown as they are now."
        )
        self.typed = typed


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one text, by part."""

    source: Source
    title: str
    rows: Mapping[str, Sequence[Row]]

    def name(self, part: str, place: int) -> str:
        return text(self.rows[part][place], NAMED_BY[part])

    def choices(self, input_id: str) -> dict[str, str]:
        """Choice -> label; empty for an input that is not there."""
        return next((choices_of(row) for row in self.rows["inputs"] if text(row, "id") == input_id), {})

    def shape(self, opened: tuple[str, int] | None) -> str:
        """Stands for which rows there are in which order, whatever the one that is open may be called."""
        names = [
            [
                "" if (part, place) == opened else self.name(part, place)
                for place in range(len(self.rows[part]))
            ]
            for part in PARTS
        ]
        return hashlib.sha256(json.dumps(names).encode()).hexdigest()[:16]


@lru_cache(maxsize=16)
def read_sheet(file: str) -> Sheet | None:
    """None for a text that can only be shown raw. A page asks three times for the same text."""
    source, loaded = split(file), load_front_matter("", file.encode())[0]
    if source is None or loaded is None or not is_editable(source):
        return None
    rows = {part: read_rows(loaded.values.get(part)) for part in PARTS}
    found = {part: one for part, one in rows.items() if one is not None}
    return Sheet(source, str(loaded.values.get("title") or ""), found) if len(found) == len(PARTS) else None


def text(row: Row, key: str) -> str:
    value = row.get(key, "")
    return value if isinstance(value, str) else ""


def texts(row: Row, key: str) -> dict[str, str]:
    """A mapping of the row whose values are words."""
    return {name: value for name, value in mapping(row, key).items() if isinstance(value, str)}


def lists(row: Row, key: str) -> dict[str, list[str]]:
    """A mapping of the row whose values are lists."""
    return {name: value for name, value in mapping(row, key).items() if isinstance(value, list)}


def mapping(row: Row, key: str) -> Mapping[str, Plain]:
    value = row.get(key, {})
    return value if isinstance(value, Mapping) else {}


def choices_of(row: Row) -> dict[str, str]:
    fact = text(row, "fact")
    return dict(FACTS[fact].choices) if fact in FACTS else texts(row, "choices")


def place_of(word: str) -> tuple[str, int] | None:
    """`rules-3` -> that row."""
    part, _, number = word.rpartition("-")
    return (part, int(number)) if part in PARTS and number.isdecimal() and len(number) < 5 else None


def row_of(problem: Problem) -> str:
    """`rules[3].then.team` -> `rules-3`; empty for what is about no row."""
    found = re.match(r"(\w+)\[(\d+)\]", problem.key)
    return f"{found[1]}-{found[2]}" if found else ""


def words_of_key(sheet: Sheet | None, key: str) -> str:
    """A key of the file as the tables show it: `rules[2].then.severity` is "rule 3 (try-first): severity".

    An example has its number only: its name is a sentence, and problems quote it.
    """
    found = re.match(r"(\w+)\[(\d+)\]\.?", key)
    if found is None or found[1] not in WORDS:
        return _KEYS.get(key.partition("[")[0], key)
    part, place = found[1], int(found[2])
    has_name = part != "examples" and sheet is not None and place < len(sheet.rows[part])
    name = sheet.name(part, place) if sheet and has_name else ""
    field = words_of_field(key[found.end() :])
    return f"{WORDS[part]} {place + 1}{f' ({name})' if name else ''}{f': {field}' if field else ''}"


def words_of_field(key: str) -> str:
    """`then.severity` is "severity", `expect.severity` is "expected severity"."""
    first, _, rest = re.sub(r"\[\d+\]", "", key).partition(".")
    names = {"then": "", "expect": "expected", "id": "short name", "choices": "answer" if rest else "answers"}
    return " ".join(filter(None, (names.get(first, first), rest.replace(".", " "))))


# --- one row, typed


def typed_rows(file: str, form: MultiDict[str, str]) -> str:
    """The text with the open row as the form says it. Raises RowsMoved."""
    sheet, opened = read_sheet(file), place_of(form.get("open", ""))
    if sheet is None:
        return file
    gone = opened is not None and opened[1] >= len(sheet.rows[opened[0]])
    if gone or sheet.shape(opened) != form.get("shape"):
        raise RowsMoved(
            json.dumps(_typed(opened[0], form, {}), ensure_ascii=False, indent=1) if opened else ""
        )
    if opened is None:
        return file
    part, place = opened
    rows = list(sheet.rows[part])
    rows[place] = _typed(part, form, rows[place])
    return _renamed(_with(sheet, part, list(enumerate(rows))), part, place, form)


def _renamed(file: str, part: str, place: int, form: MultiDict[str, str]) -> str:
    """The text with the new name of the open row, or of an answer in it, in the rules and examples that go by it.

    Only at a press of a button, so that half a typed name leads nowhere; and never to a name that another one has.
    """
    sheet, was = read_sheet(file), form.get("was", "")
    if sheet is None or ("do" not in form and "to" not in form) or part == "examples":
        return file
    now = sheet.name(part, place)
    taken = [sheet.name(part, other) for other in range(len(sheet.rows[part]))]
    follows = was if was and now and was not in taken and taken.count(now) == 1 else now
    pairs = zip(form.getlist("r-choice-was"), map(str.strip, form.getlist("r-choice-id")), strict=False)
    answers = {old: new for old, new in pairs if old and new and old != new}
    answers = {} if part == "rules" or set(answers).intersection(sheet.choices(now)) else answers

    def renamed(row: Row) -> Row:
        found = dict(row)
        for key in ("when", "given") if part == "inputs" else ():
            if follows in mapping(row, key):
                given = mapping(row, key).items()
                found[key] = {
                    now if id == follows else id: _answered(one, answers if id == follows else {})
                    for id, one in given
                }
        if part == "rules" and texts(row, "expect").get("rule") == follows:
            found["expect"] = {**mapping(row, "expect"), "rule": now}
        return found

    for other in ("rules", "examples") if follows != now or answers else ():
        after: list[tuple[int | None, Row]] = [(at, renamed(row)) for at, row in enumerate(sheet.rows[other])]
        sheet = read_sheet(_with(sheet, other, after)) or sheet
    return sheet.source.text


def _answered(value: Plain, answers: Mapping[str, str]) -> Plain:
    return (
        [answers.get(one, one) for one in value]
        if isinstance(value, list)
        else answers.get(str(value), value)
    )


def _with(sheet: Sheet, part: str, after: Sequence[tuple[int | None, Row]]) -> str:
    try:
        return set_rows(sheet.source, part, sheet.rows[part], after).text
    except NotEditable:
        return sheet.source.text


def _typed(part: str, form: MultiDict[str, str], before: Row) -> Row:
    """What the form says, laid over what the row held; keys that the form does not know stay."""
    said = {"inputs": _typed_input, "rules": _typed_rule, "examples": _typed_example}[part](form, before)
    return {key: value for key, value in {**before, **said}.items() if value}


def _line(form: MultiDict[str, str], name: str) -> str:
    return " ".join(clean(form.get(f"r-{name}", "")).split())


def _typed_input(form: MultiDict[str, str], before: Row) -> dict[str, Plain]:
    fact = _line(form, "fact")
    choices: dict[str, Plain] = {}
    codes: dict[str, Plain] = {}
    columns = [form.getlist(f"r-choice-{name}") for name in ("id", "label", "codes", "code")]
    for id, label, many, one in zip(*columns, strict=False):
        id, label = id.strip(), " ".join(clean(label).split())
        id = id or re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:30]
        if not id:
            continue
        while id in choices:
            id += "_2"
        choices[id] = label
        codes[id] = list(dict.fromkeys(re.findall(r"[^\s,]+", clean(f"{many} {one}"))))
    asked: dict[str, Plain] = {"ask": _line(form, "ask"), "help": _line(form, "help"), "choices": choices}
    said: dict[str, Plain] = {
        "id": _line(form, "id"),
        "fact": fact,
        "codes": _in_old_order(lists(before, "codes"), codes),
    }
    return {**said, **(dict.fromkeys(asked, "") if fact else asked)}


def _typed_rule(form: MultiDict[str, str], before: Row) -> dict[str, Plain]:
    old, when = lists(before, "when"), {}
    for id in form.getlist("r-asked"):
        ticked = form.getlist(f"r-when-{id}")
        when[id] = [one for one in old.get(id, []) if one in ticked]
        when[id] += [one for one in ticked if one not in when[id]]
    outcome = _line(form, "then-outcome")
    then: dict[str, Plain] = {"outcome": outcome, "because": _line(form, "then-because")}
    needs, may = THEN[OutcomeKind(outcome)] if outcome in THEN else ((), ())
    for key in (*needs, *may):
        then[key] = _line(form, f"then-{key}")
    if "collect" in may:
        then["collect"] = list(dict.fromkeys(filter(None, map(str.strip, form.getlist("r-then-collect")))))
    ordered = {key: then[key] for key in THEN_ORDER if key in then}
    return {
        "id": _line(form, "id"),
        "when": _in_old_order(old, when),
        "then": _in_old_order(mapping(before, "then"), ordered),
    }


def _typed_example(form: MultiDict[str, str], before: Row) -> dict[str, Plain]:
    given = {id: _line(form, f"given-{id}") for id in form.getlist("r-asked")}
    expect = {key: _line(form, f"expect-{key}") for key in EXPECTED}
    return {
        "name": _line(form, "name"),
        "given": _in_old_order(mapping(before, "given"), given),
        "expect": _in_old_order(mapping(before, "expect"), expect),
    }


def _in_old_order(old: Mapping[str, object], new: Mapping[str, Plain]) -> dict[str, Plain]:
    """Without empty values; keys that were there keep their order."""
    keys = [*(key for key in old if key in new), *(key for key in new if key not in old)]
    return {key: new[key] for key in keys if new[key]}


# --- steps


def move_row(sheet: Sheet, part: str, place: int, by: int) -> str:
    """A row at the edge stays where it is."""
    after: list[tuple[int | None, Row]] = list(enumerate(sheet.rows[part]))
    to = place + by
    if 0 <= place < len(after) and 0 <= to < len(after):
        after[place], after[to] = after[to], after[place]
    return _with(sheet, part, after)


def remove_row(sheet: Sheet, part: str, place: int) -> str:
    return _with(sheet, part, [pair for pair in enumerate(sheet.rows[part]) if pair[0] != place])


def add_row(sheet: Sheet, part: str, values: Row | None = None) -> tuple[str, int]:
    """The text with a row more, and where it stands: a rule above the last ones that fit everything, else at the end."""
    rows, key = sheet.rows[part], NAMED_BY[part]
    taken, name, number = {text(row, key) for row in rows}, NEW[part], 1
    while name in taken:
        number += 1
        name = f"{NEW[part]}{'_' if part == 'inputs' else ' ' if part == 'examples' else '-'}{number}"
    place = len(rows)
    while part == "rules" and place and not rows[place - 1].get("when"):
        place -= 1
    new: tuple[int | None, Row] = (None, {key: name, **(values or {})})
    after: list[tuple[int | None, Row]] = list(enumerate(rows))
    return _with(sheet, part, [*after[:place], new, *after[place:]]), place


def add_followed(sheet: Sheet) -> tuple[str, int]:
    """The text with the question whether the runbook was followed, asked by each rule that sends to one; and its place."""
    file, place = add_row(sheet, "inputs", FOLLOWED_ROW)
    after = [
        (at, _asking(row) if texts(row, "then").get("outcome") == OutcomeKind.RESOLVE else row)
        for at, row in enumerate(sheet.rows["rules"])
    ]
    added = read_sheet(file)
    return (_with(added, "rules", after) if added else file), place


def _asking(row: Row) -> Row:
    return {**row, "when": {**mapping(row, "when"), FOLLOWED: ["no"]}}


def rule_for(when: Mapping[str, Iterable[str]]) -> Row:
    return {"when": {name: list(choices) for name, choices in when.items()}}


def example_for(answers: Mapping[str, str], decision: Decision) -> Row:
    """The case as an example that expects what was decided."""
    rule = decision.rule.id if decision.rule else ""
    told = {
        "outcome": str(decision.outcome),
        "severity": str(decision.severity or ""),
        "runbook": decision.runbook or "",
    }
    expect = {**told, "route": decision.route or "", "rule": rule}
    return {"given": dict(answers), "expect": {key: value for key, value in expect.items() if value}}
