"""YAML as plain values with the line of every key. Stricter than YAML: a file says only what one can see.

No aliases, anchors, tags or second document; a key once. Keys are text. Only true, false, null, whole numbers
and ISO dates are more than text: `yes`, `0123`, `2.10` and `SM98` stay as typed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import yaml

from portal.core.problem import Problem

FRONT_MATTER_LIMIT = 64 * 1024
FILE_LIMIT = 512 * 1024
DEPTH_LIMIT = 20

LOADER = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)  # events only; about ten times as fast as the Python parser
_NAMES = ("id", "code", "station", "name", "urgent", "says")
_WORDS: Mapping[str, object] = {"true": True, "false": False, "null": None, "~": None, "": None}
_WHOLE_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\ufeff]")


@dataclass(frozen=True, slots=True)
class Loaded:
    """`lines`: key path such as `rules[2].when.shows` -> line of the file, from 1. `body_line`: its first."""

    values: dict[str, object]
    lines: dict[str, int]
    body: str = ""
    body_line: int = 1


class _Refused(Exception):
    def __init__(self, message: str, line: int, key: str = "") -> None:
        super().__init__(message)
        self.line, self.key = line, key


def nearest_line(lines: Mapping[str, int], key: str) -> int | None:
    """The line of a key, or of the nearest key above it that is in the file."""
    while key:
        if key in lines:
            return lines[key]
        key = key[: max(key.rfind("."), key.rfind("["), 0)]
    return lines.get("")


def row_names(rows: Sequence[object]) -> list[str]:
    """By what people know the items of a list, each name once: id, code, name or first word; else its place from 1."""
    seen, names = Counter[str](), []
    for place, row in enumerate(rows, start=1):
        first = row[0] if isinstance(row, list) and row else None
        found = (row.get(key) for key in _NAMES) if isinstance(row, Mapping) else iter([first])
        name = next((str(one) for one in found if isinstance(one, (str, int)) and one != ""), str(place))
        seen[name] += 1
        names.append(f"{name} ({seen[name]})" if seen[name] > 1 else name)
    return names


def texts(values: object, path: str = "") -> Iterator[tuple[str, str]]:
    """(key path, text) of every text in the values of a file."""
    if isinstance(values, str):
        yield path, values
    elif isinstance(values, Mapping):
        for key, value in values.items():
            yield from texts(value, f"{path}.{key}" if path else key)
    elif isinstance(values, list):
        for i, value in enumerate(values):
            yield from texts(value, f"{path}[{i}]")


def decode(path: str, data: bytes) -> tuple[str | None, list[Problem]]:
    """The text of a file with plain line ends, or what is wrong with it."""
    if len(data) > FILE_LIMIT:
        return None, [Problem(path, "", f"the file is larger than {FILE_LIMIT // 1024} KB")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return None, [Problem(path, "", "the file is not UTF-8 text", line)]
    text = text.replace("\r\n", "\n")
    if bad := _CONTROL.search(text):
        line = text.count("\n", 0, bad.start()) + 1
        return None, [Problem(path, "", f"holds a control character (U+{ord(bad[0]):04X})", line)]
    return text, []


def load_front_matter(path: str, data: bytes) -> tuple[Loaded | None, list[Problem]]:
    """Front matter between two `---` lines, and the body after it. Problems instead of exceptions."""
    text, problems = decode(path, data)
    if text is None:
        return None, problems
    if not text.startswith("---\n"):
        return None, [Problem(path, "", "must begin with front matter between two lines of ---", 1)]
    end = re.compile(r"^---[ \t]*$", re.MULTILINE).search(text, 4)
    if end is None:
        return None, [Problem(path, "", "the front matter has no closing line of ---", 1)]
    head, body = text[4 : end.start()], text[end.end() + 1 :]
    if len(head.encode()) > FRONT_MATTER_LIMIT:
        limit = FRONT_MATTER_LIMIT // 1024
        return None, [Problem(path, "", f"the front matter is larger than {limit} KB", 1)]
    loaded, problems = _load(path, head, first_line=2)
    if loaded is None:
        return None, problems
    return Loaded(loaded.values, loaded.lines, body, text.count("\n", 0, end.end()) + 2), []


def load_yaml(path: str, data: bytes) -> tuple[Loaded | None, list[Problem]]:
    """A file that is YAML from top to bottom. Problems instead of exceptions."""
    text, problems = decode(path, data)
    return (None, problems) if text is None else _load(path, text, first_line=1)


def _load(path: str, text: str, first_line: int) -> tuple[Loaded | None, list[Problem]]:
    builder = _Builder(text)
    try:
        return Loaded(builder.document(), {key: line + first_line for key, line in builder.lines.items()}), []
    except _Refused as refused:
        return None, [Problem(path, refused.key, str(refused), refused.line + first_line)]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = f"is not well-formed YAML: {error.problem or error.context or 'cannot be read'}"
        return None, [Problem(path, "", said, (mark.line if mark else 0) + first_line)]
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        return None, [Problem(path, "", f"is not well-formed YAML: {str(error)[:120]}", first_line)]


@dataclass
class _Builder:
    """Builds values and lines from the parser's events."""

    text: str
    lines: dict[str, int] = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        self.events = yaml.parse(self.text, Loader=LOADER)
        next(self.events)  # start of the stream
        event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            raise _Refused("is empty or missing", 0)
        self.lines[""] = 0
        value = self._value(next(self.events), "", 0)
        if not isinstance(value, dict):
            raise _Refused("must be a list of `key: value` lines", 0)
        next(self.events)  # end of the document
        if not isinstance(next(self.events), yaml.StreamEndEvent):
            raise _Refused("holds a second document", 0)
        return value

    def _value(self, event: yaml.Event, path: str, depth: int) -> object:
        line = _line(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Refused("uses an anchor or alias (& or *): put the text in quotes", line, path)
        if getattr(event, "tag", None):
            raise _Refused("uses a tag (!): put the text in quotes", line, path)
        if depth > DEPTH_LIMIT:
            raise _Refused("is nested too deeply", line)
        if isinstance(event, yaml.ScalarEvent):
            if bad := _CONTROL.search(event.value):
                raise _Refused(f"holds a control character (U+{ord(bad[0]):04X})", line, path)
            return _resolve(event.value, path, line) if event.implicit[0] else event.value
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path, depth)
        return self._mapping(path, depth)

    def _sequence(self, path: str, depth: int) -> list[object]:
        values: list[object] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            place = f"{path}[{len(values)}]"
            self.lines[place] = _line(event)
            values.append(self._value(event, place, depth + 1))
        return values

    def _mapping(self, path: str, depth: int) -> dict[str, object]:
        values: dict[str, object] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            line = _line(event)
            if not isinstance(event, yaml.ScalarEvent) or event.anchor or event.tag:
                raise _Refused("has a key that is not plain text", line, path)
            key = event.value
            place = f"{path}.{key}" if path else key
            if key in values:
                raise _Refused("stands twice", line, place)
            self.lines[place] = line
            values[key] = self._value(next(self.events), place, depth + 1)
        return values


def _line(event: yaml.Event) -> int:
    return event.start_mark.line if event.start_mark else 0


def _resolve(word: str, path: str, line: int) -> object:
    if word in _WORDS:
        return _WORDS[word]
    if _WHOLE_NUMBER.fullmatch(word):
        return int(word)
    if _DATE.fullmatch(word):
        try:
            return date.fromisoformat(word)
        except ValueError:
            raise _Refused(f"{word} is not a day of the calendar", line, path) from None
    return word
