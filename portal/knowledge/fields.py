"""The front matter of a type as fields of a form, read from its schema; and what was typed as changes of the file."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from enum import Enum, StrEnum
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from annotated_types import MaxLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from portal.knowledge.article import ArticleKind
from portal.knowledge.article_types import ARTICLE_TYPES
from portal.knowledge.schema import Line

FIXED = frozenset(
    {"id", "type", "applies", "inputs", "rules", "examples"}
)  # they name the file, or make its table


MOST_ROWS = 200


class Shape(StrEnum):
    LINE = "line"
    TEXT = "text"  # may hold line ends
    LINES = "lines"  # a list, one item a line
    NAMES = "names"  # a list of ids, codes or stations
    NAME = "name"
    CHOICE = "choice"
    CHOICES = "choices"
    DAY = "day"
    ROWS = "rows"  # a list of mappings, each with the fields `inner`
    GROUP = "group"  # one mapping with the fields `inner`


MANY = frozenset({Shape.LINES, Shape.NAMES, Shape.CHOICES})


@dataclass(frozen=True, slots=True)
class Field:
    """`choices`: value -> label, as far as the schema knows them. `most`: characters, 0 for any number.

    `of`: what a typed word stands for, if no text: `number`, `flag`, or a line: `pair` (key: text), `lists` (key: a, b).
    """

    key: str
    label: str
    hint: str
    shape: Shape
    required: bool
    default: tuple[str, ...]
    choices: Mapping[str, str]
    most: int = 0
    of: str = ""
    inner: tuple[Field, ...] = ()

    @property
    def many(self) -> bool:
        return self.shape in MANY

    @property
    def stand_in(self) -> object:
        """Any value that the schema takes."""
        one = date.max if self.shape is Shape.DAY else next(iter(self.choices), "x")
        return [one] if self.many else one


@cache
def fields_of(kind: ArticleKind) -> tuple[Field, ...]:
    """In the order of the schema, without id and type."""
    model = ARTICLE_TYPES[kind].matter
    return tuple(_field(key, info) for key, info in model.model_fields.items() if key not in FIXED)


@cache
def fields_in(model: type[BaseModel]) -> tuple[Field, ...]:
    """Of any model of content, in the order of its schema."""
    return tuple(_field(key, info) for key, info in model.model_fields.items())


def order_of(kind: ArticleKind) -> tuple[str, ...]:
    """All keys in the order in which they stand in a file."""
    return tuple(ARTICLE_TYPES[kind].matter.model_fields)


class _Form(NamedTuple):
    shape: Shape
    choices: Mapping[str, str] = {}
    of: str = ""
    inner: tuple[Field, ...] = ()


def _field(key: str, info: FieldInfo) -> Field:
    form = _form(info.annotation, info.metadata)
    most = next((one.max_length for one in info.metadata if isinstance(one, MaxLen)), 0)
    required = info.is_required()
    default = () if required else info.get_default(call_default_factory=True) or ()
    texts = tuple(str(one) for one in default) if isinstance(default, tuple) else (_text(default),)
    if form.of == "flag" and not required:
        texts = (_text(bool(default)),)
    label = info.title or key.replace("_", " ").capitalize()
    many = form.shape in MANY
    return Field(
        key,
        label,
        info.description or "",
        form.shape,
        required,
        () if isinstance(default, Mapping) else texts,
        form.choices,
        0 if many else most,
        form.of,
        form.inner,
    )


def _form(annotation: Any, metadata: Sequence[Any] = ()) -> _Form:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        forms = [_form(one) for one in args if one is not type(None)]
        choices = {value: label for form in forms for value, label in form.choices.items()}
        return forms[-1]._replace(choices=choices)  # a word that may stand for the whole list
    if origin is tuple:
        return _form_of_list(args[0])
    if origin is Annotated:
        return _form(args[0], args[1:])
    if origin is Mapping:
        return _form_of_mapping(*args)
    if origin is Literal:
        of = "number" if all(isinstance(one, int) for one in args) else ""
        return _Form(Shape.CHOICE, {str(one): _words(str(one)) for one in args}, of)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _Form(Shape.CHOICE, {str(one.value): _words(str(one.value)) for one in annotation})
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _Form(Shape.GROUP, inner=fields_in(annotation))
    if annotation is bool:
        return _Form(Shape.CHOICE, {"true": "Yes", "false": "No"}, "flag")
    if annotation in (int, time):
        return _Form(Shape.NAME, {}, "number" if annotation is int else "")
    if annotation is date:
        return _Form(Shape.DAY)
    patterns = {getattr(one, "pattern", None) for one in metadata} - {None}
    line = _pattern(Line)
    if patterns - {line}:
        return _Form(Shape.NAME)
    return _Form(Shape.LINE if patterns else Shape.TEXT)


def _form_of_list(item: Any) -> _Form:
    form = _form(item)
    if form.shape is Shape.GROUP:
        return form._replace(shape=Shape.ROWS)
    many = {Shape.CHOICE: Shape.CHOICES, Shape.NAME: Shape.NAMES}.get(form.shape, Shape.LINES)
    return form._replace(shape=many)


def _form_of_mapping(key: Any, value: Any) -> _Form:
    """Of known keys with fields each, or of pairs that are typed one a line."""
    form = _form(value)
    if form.shape is not Shape.GROUP:
        return _Form(Shape.LINES, {}, "pair" if form.shape is Shape.LINE else "lists")
    names = _form(key).choices
    inner = (
        Field(one, label, "", Shape.GROUP, True, (), {}, 0, "", form.inner) for one, label in names.items()
    )
    return _Form(Shape.GROUP, inner=tuple(inner))


def _pattern(alias: Any) -> str:
    return next(str(one.pattern) for one in get_args(alias)[1:] if getattr(one, "pattern", None))


def _words(value: str) -> str:
    return value.replace("_", " ").replace("-", " ").capitalize()


def shown(field: Field, values: Mapping[str, object]) -> tuple[str, ...] | None:
    """What the form shows for a key of the file; None when the file holds something that it cannot show."""
    raw = values.get(field.key)
    if raw is None:
        return field.default
    if field.of in ("pair", "lists") and isinstance(raw, Mapping):
        raw = [f"{key}: {', '.join(one) if isinstance(one, list) else one}" for key, one in raw.items()]
    items = raw if isinstance(raw, list) and field.many else [raw]
    if isinstance(raw, list) != field.many or not all(isinstance(one, (str, int, date)) for one in items):
        return None
    if field.shape is Shape.LINES and any("\n" in str(one) for one in items):
        return None
    return tuple(_text(one) for one in items)


def _text(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def typed(field: Field, raw: Sequence[str]) -> tuple[str, ...]:
    """What was typed, in the form in which it is compared and kept."""
    if field.shape is Shape.LINES:
        raw = [line for text in raw for line in text.split("\n")]
    if field.shape is not Shape.TEXT:
        raw = [" ".join(one.split("\n")) for one in raw]
    found = tuple(one.strip() for one in raw)
    return tuple(filter(None, found)) if field.many else found[:1]


def changes(
    fields: Sequence[Field], values: Mapping[str, object], form: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """The keys whose value in the form is another than in the file. A field that is not in the form is let be."""
    found: dict[str, Any] = {}
    for field in fields:
        before = shown(field, values)
        if field.key not in form or before is None:
            continue
        after = typed(field, form[field.key])
        if field.shape in (Shape.NAMES, Shape.CHOICES):  # boxes to tick have the page's order, not the file's
            if set(after) == set(before):
                continue
            after = tuple(dict.fromkeys([*(one for one in before if one in after), *after]))
        if after != typed(field, before) and (any(after) or any(before)):
            found[field.key] = _value(field, after, field.key in values)
    return found


def _value(field: Field, after: tuple[str, ...], is_there: bool) -> object:
    if not any(after):
        empty: object = [] if field.many else ""
        return None if is_there and not field.required and not field.default else empty
    if field.of in ("pair", "lists"):
        pairs = [(key.strip(), value.strip()) for key, _, value in (line.partition(":") for line in after)]
        lists = field.of == "lists"
        return {key: [one.strip() for one in value.split(",")] if lists else value for key, value in pairs}
    if field.many:
        return list(after)
    if field.of == "number":
        return int(after[0]) if re.fullmatch(r"-?\d{1,9}", after[0], re.ASCII) else after[0]
    if field.of == "flag":
        return {"true": True, "false": False}.get(after[0], after[0])
    if field.shape is Shape.DAY:
        try:
            return date.fromisoformat(after[0])
        except ValueError:
            return after[0]
    return after[0]


def entered(
    fields: Sequence[Field], old: Mapping[str, object], form: Mapping[str, Sequence[str]], prefix: str = ""
) -> dict[str, object]:
    """A mapping as the form says it: what nobody touched as it was, a new key in the place that the schema gives it.

    Names in the form are paths such as `hours-0-opens`; `hours-rows` says how many rows the page showed.
    """
    found = dict(old)
    for field in fields:
        name, before = f"{prefix}{field.key}", old.get(field.key)
        if field.shape is Shape.ROWS:
            value: object = _entered_rows(field, before if isinstance(before, list) else [], form, name)
        elif field.shape is Shape.GROUP:
            value = entered(field.inner, before if isinstance(before, Mapping) else {}, form, f"{name}-")
            value = value if field.required or _says_something(value) else {}
        else:
            value = changes([field], old, {field.key: form.get(name, ())}).get(field.key, before)
        if value in (None, [], {}) and not (field.key in old and (field.required or value == before)):
            found.pop(field.key, None)
        else:
            found[field.key] = value
    keys = _placed([*old], [field.key for field in fields if field.key in found])
    return {key: found[key] for key in keys if key in found}


def _placed(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """The keys of a mapping as they were, each new one behind the one before it in `new`."""
    keys, before = [*old], ""
    for key in new:
        if key not in keys:
            keys.insert(keys.index(before) + 1 if before in keys else 0, key)
        before = key
    return keys


def _entered_rows(
    field: Field, old: Sequence[object], form: Mapping[str, Sequence[str]], name: str
) -> object:
    """A row that is marked as gone, or in which nothing is written, is left out."""
    if word := next(iter(form.get(name, ())), ""):
        return word
    count = "".join(form.get(f"{name}-rows", ()))
    rows = []
    for place in range(min(int(count), MOST_ROWS) if count.isdecimal() and len(count) < 5 else len(old)):
        before = old[place] if place < len(old) else {}
        row = entered(field.inner, before if isinstance(before, Mapping) else {}, form, f"{name}-{place}-")
        if f"{name}-{place}-gone" not in form and _says_something(row):
            rows.append(row)
    return rows


def _says_something(row: Mapping[str, object]) -> bool:
    return any(one not in ("", [], {}) for one in row.values())
