"""The two views of one text: fields and a body, or the whole file. Both come back as the same text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from werkzeug.datastructures import MultiDict

from portal.accounts.actor import Actor
from portal.accounts.policy import may_edit
from portal.core.problem import Problem
from portal.criteria.table import FACTS
from portal.knowledge.article import ArticleKind, Publication
from portal.knowledge.fields import Field, Shape, changes, fields_of, order_of, shown
from portal.knowledge.front_matter import load_front_matter
from portal.knowledge.service import Work
from portal.knowledge.snapshot import Snapshot
from portal.knowledge.source import Value, clean, is_editable, set_values, split
from portal.knowledge.table_form import Sheet, typed_rows, words_of_key

PREFIX = "f-"
SPARE_ROWS = 2
EVERY_TOOL = "always"  # in the field of the tool; in the file it is `applies: always`
MAIN = frozenset(
    {
        *("title", "summary", "nature", "status", "symptoms", "error_texts", "workaround", "caller_text"),
        *("not_this", "since", "fixed", "say", "toggle", "rollout", "starts", "ends", "will_hear"),
    }
)


@dataclass(frozen=True, slots=True)
class Box:
    """One field as it stands on the page. `names`: what a datalist offers, value -> label."""

    field: Field
    values: tuple[str, ...]
    choices: Mapping[str, str]
    names: str
    problems: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"{PREFIX}{self.field.key}"

    @property
    def value(self) -> str:
        return ("\n" if self.field.shape is Shape.LINES else "").join(self.values)

    @property
    def is_main(self) -> bool:
        return self.field.key in MAIN


@dataclass(frozen=True, slots=True)
class FormView:
    """`head`: the file up to its body, which the form sends back as it is. `left_out`: keys that need the raw text."""

    head: str
    body: str
    boxes: tuple[Box, ...]
    left_out: tuple[str, ...]

    @property
    def has_problem_in_more(self) -> bool:
        return any(box.problems for box in self.boxes if not box.is_main)


def typed_text(work: Work, form: MultiDict[str, str]) -> str:
    """The file as the form says it, in whichever view it was sent; no other line is touched."""
    if form.get("view") == "table":
        return typed_rows(work.text, form)
    if form.get("view") != "form" or not work.is_article:
        return clean(form["text"]) if "text" in form else work.text
    text = clean(form.get("head", "")) + clean(form.get("body", ""))
    source, loaded = split(text), load_front_matter("", text.encode())[0]
    if source is None or loaded is None or not is_editable(source):
        return text
    sent = {
        field.key: [clean(one) for one in form.getlist(PREFIX + field.key)] for field in fields_of(work.kind)
    }
    wanted = changes(fields_of(work.kind), loaded.values, sent)
    if work.kind is ArticleKind.CRITERIA and sent["tool"]:
        wanted |= _applied(loaded.values, sent["tool"][0])
    return set_values(source, wanted, order_of(work.kind)).text


def _applied(front_matter: Mapping[str, object], chosen: str) -> dict[str, Value]:
    """Rules are for one tool, or always apply: one field of the form, two keys of the file."""
    if chosen == EVERY_TOOL:
        return {"tool": None, "applies": EVERY_TOOL}
    return {"applies": None} if "applies" in front_matter else {}


def _decides_for(
    field: Field, values: tuple[str, ...], front_matter: Mapping[str, object]
) -> tuple[Field, tuple[str, ...]]:
    hint = "One tool; or every tool, always: those rules are read before the tool's own."
    if not any(values) and front_matter.get("applies") == EVERY_TOOL:
        values = (EVERY_TOOL,)
    return replace(field, label="Decides for", hint=hint, required=True), values


def form_view(work: Work, problems: Sequence[Problem], snapshot: Snapshot, actor: Actor) -> FormView | None:
    """None when this text can only be shown raw: its front matter cannot be read."""
    source, loaded = split(work.text), load_front_matter("", work.text.encode())[0]
    if source is None or loaded is None or not is_editable(source):
        return None
    said = by_field(problems)
    boxes, left_out = [], []
    for field in fields_of(work.kind):
        values = shown(field, loaded.values)
        if values is None:
            left_out.append(field.label)
        else:
            if field.key == "tool" and work.kind is ArticleKind.CRITERIA:
                field, values = _decides_for(field, values, loaded.values)
            boxes.append(_box(field, values, tuple(said.get(field.key, ())), loaded.values, snapshot, actor))
    return FormView(
        work.text[: len(work.text) - len(source.body)], source.body, tuple(boxes), tuple(left_out)
    )


def by_field(problems: Sequence[Problem]) -> dict[str, list[str]]:
    """Messages by key of the front matter; "body" holds those of the text."""
    found: dict[str, list[str]] = {}
    for one in problems:
        key = one.key.partition("[")[0].partition(".")[0]
        in_body = not key or key.startswith("#") or key == "body"
        words = f"{one.key}: {one.message}" if in_body and one.key and one.key != "body" else one.message
        found.setdefault("body" if in_body else key, []).append(words)
    return found


def by_line(problems: Sequence[Problem]) -> list[str]:
    """Messages of the whole file, in the order of its lines."""
    lines = ((f"Line {one.line}:" if one.line else "", one.key, one.message) for one in problems)
    return [" ".join(filter(None, words)) for words in lines]


def _box(
    field: Field,
    values: tuple[str, ...],
    problems: tuple[str, ...],
    front_matter: Mapping[str, object],
    snapshot: Snapshot,
    actor: Actor,
) -> Box:
    names = {
        "error_codes": "codes",
        "facilities": "stations",
        "replaced_by": "articles",
        "merged_into": "articles",
    }
    if field.key == "error_codes":
        field = replace(field, shape=Shape.NAMES)
    choices = _offers(field, front_matter, snapshot, actor) or field.choices
    return box_of(field, values, choices, names.get(field.key, ""), problems)


def box_of(
    field: Field, values: tuple[str, ...], offered: Mapping[str, str], names: str, problems: tuple[str, ...]
) -> Box:
    """With names to choose from it is no field to type in; what stands there can stay, and nothing is chosen unasked."""
    choices = dict(offered)
    if field.shape is Shape.NAME and choices:
        field = replace(field, shape=Shape.CHOICE)
    elif field.shape is Shape.NAMES and choices:
        field = replace(field, shape=Shape.CHOICES)
    if choices:
        choices |= {value: value for value in values if value and value not in choices}
    if field.shape is Shape.CHOICE and not field.default and not (field.required and any(values)):
        choices = {**choices, "": "Select" if field.required else "None"}
        choices = {"": choices.pop(""), **choices}
    return Box(field, values, choices, names, problems)


def _offers(
    field: Field, front_matter: Mapping[str, object], snapshot: Snapshot, actor: Actor
) -> Mapping[str, str]:
    """Choices that only the catalogue knows."""
    catalogue = snapshot.catalogue
    if field.key == "tool":
        first = {"": "Select", EVERY_TOOL: "Every tool, always"} if field.required else {}
        return {**first, **{tool.id: tool.name for tool in catalogue.tools.values()}}
    if field.key == "owner":
        return {team.id: team.name for team in catalogue.teams.values() if may_edit(actor, team.id)}
    if field.key == "sub_areas":
        tool = catalogue.tools.get(str(front_matter.get("tool")))
        return {area.id: area.name for area in tool.sub_areas} if tool else {}
    if field.key in ("platforms", "ehr"):
        known = FACTS["platform" if field.key == "platforms" else "ehr"].choices
        return {value: known.get(value, label) for value, label in field.choices.items()}
    if field.key == "confidence":
        return {**field.choices, "wip": "Work in progress"}
    if field.key == "publication":
        return {Publication.PUBLISHED.value: "Published", Publication.RETIRED.value: "Retired"}
    return {}


def names_of(snapshot: Snapshot, kind: ArticleKind) -> dict[str, list[tuple[str, str]]]:
    """What the datalists of the page offer: (value, label)."""
    articles = sorted(snapshot.articles.values(), key=lambda one: one.title.lower())
    offered = {
        "articles": [(one.id, one.title) for one in articles],
        "codes": [(code.code, code.meaning) for code in snapshot.codes.values()],
    }
    if kind is ArticleKind.KNOWN_ISSUE:
        offered["stations"] = [(one.station, one.name) for one in snapshot.facilities.values()]
    return offered


def place_of(problem: Problem, fields: FormView | None) -> str:
    """Id of the field that a problem is about, on the page as it is shown."""
    if fields is None:
        return "f-text"
    key = next(iter(by_field([problem])))
    return f"{PREFIX}{key}" if any(box.field.key == key for box in fields.boxes) else f"{PREFIX}body"


def name_of(problem: Problem, fields: FormView | None, sheet: Sheet | None = None) -> str:
    """What a problem is about, in the words of the page: the label of a field, a row of `sheet`, else the key of the file."""
    key = re.fullmatch(r"(\w+)(?:\[(\d+)\].*)?", problem.key)
    label = (
        next((box.field.label for box in fields.boxes if key and box.field.key == key[1]), "")
        if fields
        else ""
    )
    return (
        f"{label}, {int(key[2]) + 1}"
        if label and key and key[2]
        else label or words_of_key(sheet, problem.key)
    )
