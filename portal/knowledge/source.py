"""The text of an article's file, changed key by key: what nobody touched stays as it was, byte for byte.

A changed value replaces its own place in the front matter; comments, order, quoting and the other lines stay.
In a list that is written one item a line, only the lines of changed items are new.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import SequenceMatcher

import yaml

from portal.knowledge.front_matter import LOADER, load_yaml

Value = str | date | Sequence[str] | None  # None takes the key out

_FENCE = re.compile(r"^---[ \t]*$", re.MULTILINE)
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufeff\ufffe\uffff]")
_WORD = re.compile(r"[A-Za-z0-9_.-]+")
_FLOW_CHARACTERS = 100


class NotEditable(ValueError):
    """The front matter cannot be changed by key: it cannot be read, or is written in one pair of braces."""


@dataclass(frozen=True, slots=True)
class Source:
    """`head` stands between the two lines of ---, `fence` is the second of them; the body follows it."""

    head: str
    fence: str
    body: str

    @property
    def text(self) -> str:
        fence = self.fence if self.fence.endswith("\n") or not self.body else f"{self.fence}\n"
        return f"---\n{self.head}{fence}{self.body}"


@dataclass(frozen=True, slots=True)
class Pair:
    key: str
    value: yaml.Node
    start: int  # of the key's first line, in characters
    end: int  # behind its last line that is neither empty nor a comment


def split(text: str) -> Source | None:
    """None when the text has no front matter between two lines of ---."""
    end = _FENCE.search(text, 4) if text.startswith("---\n") else None
    if end is None:
        return None
    cut = min(end.end() + 1, len(text))
    return Source(text[4 : end.start()], text[end.start() : cut], text[cut:])


def clean(text: str) -> str:
    """As a browser sends it -> as it stands in a file: plain line ends, no characters that nobody can see."""
    text = re.sub(r"\r\n?", "\n", text)
    return re.sub(r"[\x85\u2028\u2029]", " ", _UNSEEN.sub("", text))


def is_editable(source: Source) -> bool:
    """Can its front matter be changed by key?"""
    try:
        pairs_of(source.head)
    except NotEditable:
        return False
    return True


def set_values(source: Source, changes: Mapping[str, Value], order: Sequence[str]) -> Source:
    """The source with these keys changed; a new key goes where `order` has it. Raises NotEditable."""
    head = source.head
    for key, value in changes.items():
        head = _set(head, key, value, order)
    return replace(source, head=head)


def _set(head: str, key: str, value: Value, order: Sequence[str]) -> str:
    pairs = pairs_of(head)
    found = pairs.get(key)
    if found is None:
        if value is None:
            return head
        place = _place(pairs, key, order)
        return f"{head[:place]}{_entry(key, value)}{head[place:]}"
    if value is None:
        return head[: found.start] + head[found.end :]
    node, many = found.value, not isinstance(value, (str, date))
    if (
        isinstance(node, yaml.SequenceNode)
        and not node.flow_style
        and value
        and not isinstance(value, (str, date))
    ):
        new = _items(head, found, node, [str(one) for one in value])
        return head[: found.start] + (new or _entry(key, value)) + head[found.end :]
    if in_line(node) and (not many or isinstance(node, yaml.SequenceNode) or not value):
        start, end = node.start_mark.index, node.end_mark.index
        gap = "" if head[start - 1 : start] == " " else " "
        return f"{head[:start]}{gap}{_inline(value)}{head[end:]}"
    return head[: found.start] + _entry(key, value) + head[found.end :]


def in_line(node: yaml.Node) -> bool:
    """Does the value end where it seems to, so that what follows on its line can stay?"""
    if isinstance(node, yaml.ScalarNode):
        return node.style not in ("|", ">")
    return bool(getattr(node, "flow_style", False))


def pairs_of(head: str) -> dict[str, Pair]:
    try:
        root = yaml.compose(head, Loader=LOADER)
    except yaml.YAMLError as error:
        raise NotEditable(str(error)) from error
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise NotEditable("not one key a line")
    starts = [line_start(head, key.start_mark.index) for key, _ in root.value]
    ends = [_trimmed(head, start, end) for start, end in zip(starts, [*starts[1:], len(head)], strict=True)]
    pairs = [
        Pair(str(key.value), value, start, end)
        for (key, value), start, end in zip(root.value, starts, ends, strict=True)
    ]
    return {pair.key: pair for pair in pairs}


def line_start(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def _trimmed(text: str, start: int, end: int) -> int:
    """Without the empty lines and comments at the end, which belong to what follows."""
    while (last := line_start(text, end - 1)) > start:
        line = text[last:end]
        if line.strip() and not line.startswith("#"):
            break
        end = last
    return end


def _place(pairs: Mapping[str, Pair], key: str, order: Sequence[str]) -> int:
    before = order[: order.index(key)] if key in order else order
    ends = [pairs[name].end for name in before if name in pairs]
    return max(ends) if ends and key not in order else ends[-1] if ends else 0


def _items(head: str, pair: Pair, node: yaml.SequenceNode, new: Sequence[str]) -> str | None:
    """The list with these items, of which those that were there keep their lines; None: write all of it anew."""
    starts = [line_start(head, item.start_mark.index) for item in node.value]
    dashes = [head[start : item.start_mark.index] for start, item in zip(starts, node.value, strict=True)]
    if not all(isinstance(item, yaml.ScalarNode) and item.style not in ("|", ">") for item in node.value):
        return None
    if not starts or any(dash.strip() != "-" for dash in dashes) or len(set(starts)) != len(starts):
        return None
    ends = [
        comments_cut(head, start, end) for start, end in zip(starts, [*starts[1:], pair.end], strict=True)
    ]
    leads = [head[begin:start] for begin, start in zip([*ends[:1], *ends[:-1]], starts, strict=True)]
    leads[0] = ""
    old = [item.value.strip() for item in node.value]
    out = [head[pair.start : starts[0]]]
    for what, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            out += [leads[n] + head[starts[n] : ends[n]] for n in range(i, j)]
        elif what != "delete":
            out += leads[i:j]
            out += [f"{dashes[0]}{scalar(text, '- {}')}\n" for text in new[k:m]]
    out.append(head[ends[-1] : pair.end])
    return "".join(out)


def comments_cut(text: str, start: int, end: int) -> int:
    while (last := line_start(text, end - 1)) > start:
        line = text[last:end].strip()
        if line and not line.startswith("#"):
            break
        end = last
    return end


def _entry(key: str, value: Value) -> str:
    if value is None or isinstance(value, (str, date)) or not value:
        return f"{key}: {_inline(value)}\n"
    texts = [str(one) for one in value]
    if all(_WORD.fullmatch(text) for text in texts) and len(", ".join(texts)) <= _FLOW_CHARACTERS:
        return f"{key}: {_inline(texts)}\n"
    return f"{key}:\n" + "".join(f"  - {scalar(text, '- {}')}\n" for text in texts)


def _inline(value: Value) -> str:
    if value is None:
        return '""'
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return scalar(value, "k: {}")
    return f"[{', '.join(scalar(str(one), '[{}]') for one in value)}]"


def scalar(text: str, context: str) -> str:
    """Plain where it is read as the same text at this place, else in double quotes."""
    if text and text == text.strip() and "\n" not in text:
        whole = context.format(text)
        loaded, _ = load_yaml("", f"v:\n  {whole}\n".encode())
        if loaded and loaded.values in ({"v": {"k": text}}, {"v": [text]}):
            return text
    return json.dumps(text, ensure_ascii=False)
