"""Lists of a file's front matter whose items are mappings (inputs, rules, examples), changed row by row.

A row that nobody touched keeps its bytes, and moves with the comments above it. Of a changed row only the changed keys are
written anew. New text has the look of the shipped criteria: conditions in braces, an outcome in braces or one key a line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import yaml

from portal.knowledge.front_matter import load_yaml
from portal.knowledge.source import NotEditable, Source, comments_cut, in_line, line_start, pairs_of, scalar

Plain = str | list[str] | Mapping[str, "Plain"]
Row = Mapping[str, Plain]
"""A row as plain texts, lists and mappings; what is empty is not in it."""

LINE = 100  # characters of a mapping that still stands in one pair of braces
IN_BRACES = frozenset({"when", "given", "expect"})
LISTS = frozenset({"when", "codes"})  # mappings whose values are lists, even where one word is written
ORDER = ("id", "name", "fact", "ask", "help", "choices", "codes", "when", "then", "given", "expect")
THEN_ORDER = ("outcome", "severity", "team", "runbook", "route", "collect", "because")


# --- reading


def read_rows(value: object) -> list[Row] | None:
    """The rows under a key as the front matter holds them; None for what cannot be shown as rows."""
    if value is None:
        return []
    if not isinstance(value, list):
        return None
    try:
        return [_mapping(one) for one in value]
    except TypeError:
        return None


def _mapping(value: object, of: str = "") -> dict[str, Plain]:
    if not isinstance(value, Mapping):
        raise TypeError
    found = {str(key): _plain(one, str(key), of) for key, one in value.items()}
    return {key: one for key, one in found.items() if one}


def _plain(value: object, key: str, of: str) -> Plain:
    if isinstance(value, Mapping) and not of:
        return _mapping(value, key)
    if isinstance(value, list):
        words = [_word(one) for one in value]
        return words if of in LISTS or key == "collect" or len(words) != 1 else words[0]
    word = _word(value)
    return [word] if word and (of in LISTS or key == "collect") else word


def _word(value: object) -> str:
    if isinstance(value, Mapping | list):
        raise TypeError
    return (
        "" if value is None else {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
    )


def same(one: object, other: object) -> bool:
    """Also in the order of their keys, which is the order in which choices are read out."""
    return json.dumps(one) == json.dumps(other)


# --- writing


def set_rows(
    source: Source, key: str, before: Sequence[Row], after: Sequence[tuple[int | None, Row]]
) -> Source:
    """The source with these rows under `key`. `after`: where a row stood in `before` (None: it is new), and what it says now.

    Raises NotEditable when the front matter cannot be changed by key.
    """
    pairs, wanted = pairs_of(source.head), [row for _, row in after]
    pair = pairs.get(key)
    start, end = (pair.start, pair.end) if pair else (len(source.head), len(source.head))
    if same(before, wanted) and [place for place, _ in after] == list(range(len(before))):
        return source
    anew = f"{key}:\n{''.join(map(new_row, wanted))}" if wanted else f"{key}: []\n"
    try:
        text = (
            _in_place(source.head, pair.value, pair.start, pair.end, before, after)
            if pair and wanted
            else anew
        )
    except NotEditable:
        text = anew
    loaded, _ = load_yaml("", text.encode())
    if loaded is None or read_rows(loaded.values.get(key)) != wanted:
        text = anew
    return replace(source, head=source.head[:start] + text + source.head[end:])


def _in_place(
    head: str,
    node: yaml.Node,
    start: int,
    end: int,
    before: Sequence[Row],
    after: Sequence[tuple[int | None, Row]],
) -> str:
    """The lines of the key with only the changed rows written anew. Raises NotEditable."""
    if not isinstance(node, yaml.SequenceNode) or node.flow_style or len(node.value) != len(before):
        raise NotEditable("not one row below the other")
    starts = [line_start(head, item.start_mark.index) for item in node.value]
    dashes = [head[at : item.start_mark.index] for at, item in zip(starts, node.value, strict=True)]
    if not starts or any(dash.strip() != "-" for dash in dashes):
        raise NotEditable("no dash before a row")
    ends = [comments_cut(head, at, to) for at, to in zip(starts, [*starts[1:], end], strict=True)]
    leads = ["", *(head[one:two] for one, two in zip(ends[:-1], starts[1:], strict=True))]
    parts = [head[start : starts[0]]]
    for place, row in after:
        if place is None:
            parts.append(new_row(row, dashes[0]))
            continue
        old = head[starts[place] : ends[place]]
        parts.append(
            leads[place]
            + (old if same(row, before[place]) else _changed_row(old, dashes[place], before[place], row))
        )
    return "".join(parts) + head[ends[-1] : end]


def _changed_row(text: str, dash: str, old: Row, new: Row) -> str:
    flat = _outdented(" " * len(dash) + text[len(dash) :], len(dash))
    try:
        if flat is None:
            raise NotEditable("written unevenly")
        return dash + _indented(_changed(flat, old, new, ORDER), len(dash))[len(dash) :]
    except NotEditable:
        return new_row(new, dash)


def _changed(text: str, old: Row, new: Row, order: Sequence[str]) -> str:
    """A mapping of one key a line, with its changed keys written anew. Raises NotEditable."""
    for key in dict.fromkeys([*old, *new]):
        if not same(old.get(key), new.get(key)):
            text = _set(text, key, old.get(key), new.get(key), order)
    return text


def _set(text: str, key: str, old: Plain | None, new: Plain | None, order: Sequence[str]) -> str:
    pairs = pairs_of(text)
    found = pairs.get(key)
    if new is None:
        return text[: found.start] + text[found.end :] if found else text
    if found is None:
        earlier = order[: order.index(key)] if key in order else [*pairs]
        place = max((pairs[one].end for one in earlier if one in pairs), default=0)
        return text[:place] + entry(key, new) + text[place:]
    node = found.value
    if isinstance(node, yaml.MappingNode) and isinstance(old, Mapping) and isinstance(new, Mapping):
        if not node.flow_style and [key for key in old if key in new] == [key for key in new if key in old]:
            first, column = line_start(text, node.start_mark.index), node.start_mark.column
            inner = _outdented(text[first : found.end], column)
            if inner is not None:
                changed = _changed(inner, old, new, THEN_ORDER if key == "then" else [*new])
                return text[:first] + _indented(changed, column) + text[found.end :]
        elif [*old] == [*new]:
            return _in_flow(text, node, key, old, new)
    if in_line(node):
        start, end = node.start_mark.index, node.end_mark.index
        gap = "" if text[start - 1 : start] == " " else " "
        return text[:start] + gap + flow(new, key) + text[end:]
    return text[: found.start] + entry(key, new) + text[found.end :]


def _in_flow(text: str, node: yaml.MappingNode, of: str, old: Row, new: Row) -> str:
    """A mapping in braces whose keys stay: only values that changed are written anew."""
    for key, value in reversed(node.value):
        name = str(key.value)
        if old.get(name) != new.get(name):
            start, end = value.start_mark.index, value.end_mark.index
            text = text[:start] + flow(new[name], of, inside=True) + text[end:]
    return text


def _outdented(text: str, columns: int) -> str | None:
    lines = text.splitlines(keepends=True)
    if any(line.strip() and line[:columns].strip() for line in lines):
        return None
    return "".join(line[columns:] if line.strip() else line.lstrip(" ") for line in lines)


def _indented(text: str, columns: int) -> str:
    return "".join(" " * columns + line if line.strip() else line for line in text.splitlines(keepends=True))


def new_row(row: Row, dash: str = "  - ") -> str:
    order = {key: place for place, key in enumerate(ORDER)}
    keys = sorted(row, key=lambda key: order.get(key, len(order)))
    text = "".join(entry(key, row[key]) for key in keys) or "{}\n"
    return dash + _indented(text, len(dash))[len(dash) :]


def entry(key: str, value: Plain) -> str:
    """A key with its value, at the left edge."""
    line = f"{_key(key)}: {flow(value, key)}\n"
    if not isinstance(value, Mapping) or key in IN_BRACES or len(line) <= LINE or not value:
        return line if isinstance(value, Mapping | list) else f"{_key(key)}: {_text(value, 'k: {}')}\n"
    order = THEN_ORDER if key == "then" else ()
    keys = sorted(value, key=lambda one: order.index(one) if one in order else len(order))
    inner = "".join(
        f"{_key(one)}: {_text(value[one], 'k: {}') if isinstance(value[one], str) else flow(value[one], key, inside=True)}\n"
        for one in keys
    )
    return f"{_key(key)}:\n{_indented(inner, 2)}"


def flow(value: Plain, of: str = "", *, inside: bool = False) -> str:
    """A value that stands in one line, `inside` braces of the key `of` or as all that the key says."""
    if isinstance(value, Mapping):
        return (
            "{" + ", ".join(f"{_key(key)}: {flow(one, of, inside=True)}" for key, one in value.items()) + "}"
        )
    if isinstance(value, list):
        words = [_text(one, "[{}]") for one in value]
        return words[0] if of == "when" and len(words) == 1 else f"[{', '.join(words)}]"
    return _text(value, "{{k: {}}}" if inside else "k: {}")


def _text(text: Plain, context: str) -> str:
    words = str(text)
    if words in ("Yes", "No", "On", "Off"):  # others read these as true and false
        return json.dumps(words)
    return scalar(words, context)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)
