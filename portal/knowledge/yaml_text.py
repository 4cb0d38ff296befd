"""The text of a YAML file that is to say something else: what did not change stays as it was, byte for byte.

Old and new values are compared down to the single value or row; only these are written anew, in the look of what
stands beside them. Comments stay with the lines below them, also when a row goes. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

import yaml

from portal.knowledge.front_matter import LOADER, load_yaml
from portal.knowledge.source import NotEditable, comments_cut, in_line, line_start, scalar

LINE = 100  # characters of a mapping that still stands in one pair of braces
_TAKEN_FOR_FLAGS = frozenset(
    {"yes", "no", "on", "off", "y", "n"}
)  # other readers take them for true and false
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_PAIR_IN_BRACES, _ITEM_IN_BRACKETS = "{{k: {}}}", "[{}]"

Edit = tuple[int, int, str]
_Member = tuple[str | None, object]  # a key, None in a list, and its value
_Pair = tuple[int | None, _Member | None]


@dataclass(frozen=True, slots=True)
class _Item:
    """One item of a list, or one pair of a mapping. `end`: of the value; in a block behind its last line."""

    key: str | None
    value: object
    node: yaml.Node
    start: int
    end: int


def rewritten(text: str, new: Mapping[str, object]) -> str:
    """The file with these values, its keys in their order. Raises NotEditable for what cannot be read or written this way."""
    if not text.endswith("\n"):
        text += "\n"
    loaded, _ = load_yaml("", text.encode())
    root = yaml.compose(text, Loader=LOADER) if loaded else None
    if loaded is None or root is None:
        raise NotEditable("the file cannot be read")
    edits = sorted(_edits(text, root, loaded.values, new, len(text)), key=lambda edit: edit[:2])
    for start, end, put in reversed(edits):  # of two at one place the first one comes to stand first
        text = text[:start] + put + text[end:]
    after, _ = load_yaml("", text.encode())
    if after is None or not _same(after.values, dict(new)):
        raise NotEditable("the file is written in a way that cannot be changed by its values")
    return text


def _same(one: object, other: object) -> bool:
    return repr(one) == repr(other)  # true is not 1, a day is not its text, and keys have an order


def _edits(text: str, node: yaml.Node, old: object, new: object, end: int) -> Iterator[Edit]:
    """How the value at this node becomes the new one; `end`: behind its last line. Raises NotEditable."""
    if _same(old, new):
        return
    if isinstance(node, yaml.CollectionNode) and type(old) is type(new) and old and new:
        items = _items(text, node, old, end)
        yield from _in_braces(items, new) if node.flow_style else _in_block(text, items, new)
    elif in_line(node) and not _needs_rows(new):
        start = node.start_mark.index
        gap = "" if text[start - 1 : start] == " " else " "
        yield start, node.end_mark.index, gap + _flow(new, "k: {}")
    else:
        raise NotEditable("not in one line")


def _items(text: str, node: yaml.CollectionNode, old: object, end: int) -> list[_Item]:
    is_mapping = isinstance(node, yaml.MappingNode)
    firsts = [pair[0] if is_mapping else pair for pair in node.value]
    nodes = [pair[1] if is_mapping else pair for pair in node.value]
    starts = [first.start_mark.index for first in firsts]
    if node.flow_style:
        ends = [one.end_mark.index for one in nodes]
    else:
        lines = [line_start(text, start) for start in starts]
        ends = [comments_cut(text, one, two) for one, two in zip(lines, [*lines[1:], end], strict=True)]
    keys = [str(first.value) if is_mapping else None for first in firsts]
    values = [*(old.values() if isinstance(old, Mapping) else old if isinstance(old, list) else ())]
    return [_Item(*one) for one in zip(keys, values, nodes, starts, ends, strict=True)]


def _pairs(items: Sequence[_Item], new: object) -> Iterator[_Pair]:
    """Where an item stands and what it is now, in the new order: None for what was not there, and for what is gone."""
    by_key = isinstance(new, Mapping)
    wanted: list[_Member] = [*new.items()] if isinstance(new, Mapping) else []
    if isinstance(new, list):
        wanted = [(None, one) for one in new]
    one = [item.key if by_key else repr(item.value) for item in items]
    two = [key if by_key else repr(value) for key, value in wanted]
    for what, i, j, k, m in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if what == "replace" and by_key:  # another key is another thing
            yield from ((place, None) for place in range(i, j))
            yield from ((None, member) for member in wanted[k:m])
        else:
            yield from zip_longest(range(i, j), wanted[k:m])


def _in_braces(items: Sequence[_Item], new: object) -> Iterator[Edit]:
    """Items that go take the comma before them along, the first ones that behind them."""
    pairs = [*_pairs(items, new)]
    first = next((place for place, now in pairs if place is not None and now is not None), None)
    if first is None:
        yield items[0].start, items[-1].end, ", ".join(_member(*now) for _, now in pairs if now)
        return
    if first:
        yield items[0].start, items[first].start, ""
    last = -1
    for place, now in pairs:
        if place is None and now is not None:
            before = last < first
            spot = items[first].start if before else items[last].end
            yield spot, spot, f"{_member(*now)}, " if before else f", {_member(*now)}"
        elif place is not None:
            last = place
            if now is None and place > first:
                yield items[place - 1].end, items[place].end, ""
            elif now is not None and not _same(items[place].value, now[1]):
                yield items[place].start, items[place].end, _member(*now)


def _member(key: str | None, value: object) -> str:
    return _flow(value, _ITEM_IN_BRACKETS) if key is None else f"{_key(key)}: {_flow(value, _PAIR_IN_BRACES)}"


def _in_block(text: str, items: Sequence[_Item], new: object) -> Iterator[Edit]:
    at = line_start(text, items[0].start)
    lead = text[at : items[0].start]  # indent, and the dash of a row
    is_row = items[0].key is None
    for place, now in _pairs(items, new):
        if place is None and now is not None:
            body = _row(now[1], items[0].node) if now[0] is None else _entry(now[0], now[1])
            yield at, at, (lead if is_row else " " * len(lead)) + _indented(body, len(lead))
        elif place is not None:
            item, at = items[place], items[place].end
            if now is not None:
                yield from _changed(text, item, now[1], len(lead))
            elif place == 0 and lead.strip() and not is_row:
                raise NotEditable("the first key of a row is gone")
            else:
                yield line_start(text, item.start), item.end, ""


def _changed(text: str, item: _Item, value: object, indent: int) -> list[Edit]:
    try:
        return [*_edits(text, item.node, item.value, value, item.end)]
    except NotEditable:
        body = _entry(item.key, value) if item.key is not None else _row(value, item.node)
        return [(item.start, item.end, _indented(body, indent))]


def _row(value: object, beside: yaml.Node) -> str:
    """An item of a list without its dash, in the look of the one beside it."""
    if isinstance(value, Mapping) and value and not getattr(beside, "flow_style", True):
        return "".join(_entry(key, one) for key, one in value.items())
    return f"{_flow(value, '- {}')}\n"


def _entry(key: str, value: object) -> str:
    """A key with its value, at the left edge."""
    if _needs_rows(value) and isinstance(value, list):
        return f"{_key(key)}:\n" + "".join(f"  - {_flow(one, '- {}')}\n" for one in value)
    line = f"{_key(key)}: {_flow(value, 'k: {}')}\n"
    if isinstance(value, Mapping) and value and len(line) > LINE:
        return f"{_key(key)}:\n" + _indented("".join(_entry(*pair) for pair in value.items()), 2, first=True)
    return line


def _needs_rows(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(one, Mapping) for one in value)


def _flow(value: object, context: str) -> str:
    """A value in one line; `context`: where it stands, for a text that would be read otherwise without quotes."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(_member(str(key), one) for key, one in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(_member(None, one) for one in value)}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return f'"{value}"' if value.lower() in _TAKEN_FOR_FLAGS else scalar(value, context)
    return str(value)


def _key(key: str) -> str:
    is_plain = _PLAIN_KEY.fullmatch(key) and key.lower() not in _TAKEN_FOR_FLAGS
    return key if is_plain else json.dumps(key, ensure_ascii=False)


def _indented(text: str, columns: int, *, first: bool = False) -> str:
    """The lines behind the first one, or all of them, further to the right."""
    lines = text.splitlines(keepends=True)
    return "".join(" " * columns + line if first or place else line for place, line in enumerate(lines))
