"""The front matter of a type as fields of a form, read from its schema; and what was typed as changes of the file."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import MaxLen
from pydantic.fields import FieldInfo

from portal.knowledge.article import ArticleKind
from portal.knowledge.article_types import ARTICLE_TYPES
from portal.knowledge.schema import Line
from portal.knowledge.source import Value

FIXED = frozenset(
    {"id", "type", "applies", "inputs", "rules", "examples"}
)  # they name the file, or make its table


class Shape(StrEnum):
    LINE = "line"
    TEXT = "text"  # may hold line ends
    LINES = "lines"  # a list, one item a line
    NAMES = "names"  # a list of ids, codes or stations
    NAME = "name"
    CHOICE = "choice"
    CHOICES = "choices"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Field:
    """`choices`: value -> label, as far as the schema knows them. `most`: characters, 0 for any number."""

    key: str
    label: str
    hint: str
    shape: Shape
    required: bool
    default: tuple[str, ...]
    choices: Mapping[str, str]
    most: int = 0

    @property
    def many(self) -> bool:
        return self.shape in (Shape.LINES, Shape.NAMES, Shape.CHOICES)

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


def order_of(kind: ArticleKind) -> tuple[str, ...]:
    """All keys in the order in which they stand in a file."""
    return tuple(ARTICLE_TYPES[kind].matter.model_fields)


def _field(key: str, info: FieldInfo) -> Field:
    shape, choices = _shape(info.annotation, info.metadata)
    most = next((one.max_length for one in info.metadata if isinstance(one, MaxLen)), 0)
    default = () if info.is_required() or info.default is None else info.default
    texts = (str(default),) if isinstance(default, str) else tuple(str(one) for one in default)
    label = info.title or key.replace("_", " ").capitalize()
    required = info.is_required()
    many = shape in (Shape.LINES, Shape.NAMES, Shape.CHOICES)
    return Field(key, label, info.description or "", shape, required, texts, choices, 0 if many else most)


def _shape(annotation: Any, metadata: Sequence[Any] = ()) -> tuple[Shape, Mapping[str, str]]:
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = next(one for one in get_args(annotation) if one is not type(None))
    if get_origin(annotation) is tuple:
        item = get_args(annotation)[0]
        shape, choices = _shape(item)
        many = {Shape.CHOICE: Shape.CHOICES, Shape.NAME: Shape.NAMES}.get(shape, Shape.LINES)
        return many, choices
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return Shape.CHOICE, {str(one.value): _words(str(one.value)) for one in annotation}
    if get_origin(annotation) is Literal:
        return Shape.CHOICE, {str(one): _words(str(one)) for one in get_args(annotation)}
    if get_origin(annotation) is Annotated:
        annotation, metadata = get_args(annotation)[0], get_args(annotation)[1:]
        return _shape(annotation, metadata)
    if annotation is date:
        return Shape.DAY, {}
    patterns = {getattr(one, "pattern", None) for one in metadata} - {None}
    line = _pattern(Line)
    if patterns - {line}:
        return Shape.NAME, {}
    return (Shape.LINE if patterns else Shape.TEXT), {}


def _pattern(alias: Any) -> str:
    return next(str(one.pattern) for one in get_args(alias)[1:] if getattr(one, "pattern", None))


def _words(value: str) -> str:
    return value.replace("_", " ").replace("-", " ").capitalize()


def shown(field: Field, values: Mapping[str, object]) -> tuple[str, ...] | None:
    """What the form shows for a key of the file; None when the file holds something that it cannot show."""
    raw = values.get(field.key)
    if raw is None:
        return field.default
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
) -> dict[str, Value]:
    """The keys whose value in the form is another than in the file. A field that is not in the form is let be."""
    found: dict[str, Value] = {}
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


def _value(field: Field, after: tuple[str, ...], is_there: bool) -> Value:
    if not any(after):
        empty: Value = [] if field.many else ""
        return None if is_there and not field.required and not field.default else empty
    if field.many:
        return list(after)
    if field.shape is Shape.DAY:
        try:
            return date.fromisoformat(after[0])
        except ValueError:
            return after[0]
    return after[0]
