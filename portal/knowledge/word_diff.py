"""What changed between two texts of an article, in words: by key of the front matter and by paragraph of the body."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from portal.criteria.changes import changes_in_words
from portal.criteria.table import DecisionTable
from portal.knowledge.front_matter import load_front_matter, load_yaml, row_names

Kind = Literal["same", "out", "in"]
_TOKENS = re.compile(r"\w+|\s+|[^\w\s]")
_MANY = 4000  # words of one paragraph; above it is shown as taken out and put in


@dataclass(frozen=True, slots=True)
class Change:
    """`label` names the key, or is empty in the body. Each part is of both texts, of the old or of the new one."""

    label: str
    parts: tuple[tuple[Kind, str], ...]


def compare_rules(
    old: str, new: str, before: DecisionTable | None, after: DecisionTable | None
) -> tuple[list[str], list[Change]]:
    """What changed in the table in sentences, and all other changes; without two tables everything is compared by key."""
    if before is None or after is None:
        return [], compare(old, new)
    other = [
        one for one in compare(old, new) if one.label.partition(" ")[0] not in ("inputs", "rules", "examples")
    ]
    return changes_in_words(before, after), other


def compare(old: str, new: str) -> list[Change]:
    """Changes in the order of the new text; a file that cannot be read by key is compared by paragraph."""
    read = load_front_matter if new.startswith("---\n") else load_yaml
    before, after = (read("", text.encode())[0] for text in (old, new))
    if before is None or after is None:
        return list(_paragraphs(old, new))
    return [*_keys(before.values, after.values), *_paragraphs(before.body, after.body)]


def _keys(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[Change]:
    before, after = dict(_flat(old)), dict(_flat(new))
    for label in [*after, *(one for one in before if one not in after)]:
        one, two = before.get(label, ""), after.get(label, "")
        if one != two:
            yield Change(label, words(one, two))


def _flat(value: object, label: str = "") -> Iterator[tuple[str, str]]:
    """Key and text; an item of a list goes by its id, name or text, so that moving it is no change of others."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{label} · {_word(key)}" if label else _word(key))
    elif isinstance(value, list) and not any(isinstance(one, (Mapping, list)) for one in value):
        yield label, "\n".join(str(one) for one in value)
    elif isinstance(value, list):
        for name, inner in zip(row_names(value), value, strict=True):
            yield from _flat(inner, f"{label} · {name}")
    else:
        yield label, "" if value is None else str(value)


def _word(key: object) -> str:
    return str(key).replace("_", " ")


def _paragraphs(old: str, new: str) -> Iterator[Change]:
    one, two = (re.split(r"\n[ \t]*\n+", text.strip("\n")) for text in (old, new))
    for what, i, j, k, m in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        for place in range(max(j - i, m - k)):
            left = one[i + place] if i + place < j else ""
            right = two[k + place] if k + place < m else ""
            yield Change("", words(left, right))


def words(old: str, new: str) -> tuple[tuple[Kind, str], ...]:
    """One text as parts of the other; neighbours of one kind are one part."""
    one, two = _TOKENS.findall(old), _TOKENS.findall(new)
    if len(one) * len(two) > _MANY * _MANY // 4:
        return _pairs(("out", old), ("in", new))
    parts: list[tuple[Kind, str]] = []
    for what, i, j, k, m in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if what == "equal":
            parts.append(("same", "".join(one[i:j])))
        else:
            parts += [("out", "".join(one[i:j])), ("in", "".join(two[k:m]))]
    kept = sum(len(text.split()) for kind, text in parts if kind == "same")
    if 2 * kept < max(len(old.split()), len(new.split())):  # so little stays that single words only confuse
        return _pairs(("out", old), ("in", new))
    return _smoothed(parts)


def _smoothed(parts: Sequence[tuple[Kind, str]]) -> tuple[tuple[Kind, str], ...]:
    """A space alone between two changes is part of them, so that a changed phrase reads as a phrase."""
    old = new = ""
    found: list[tuple[Kind, str]] = []
    for place, (kind, text) in enumerate(parts):
        blank = kind == "same" and not text.strip(" ") and 0 < place < len(parts) - 1
        if kind == "same" and not blank:
            found += [("out", old), ("in", new), ("same", text)]
            old = new = ""
        else:
            old += text if kind != "in" else ""
            new += text if kind != "out" else ""
    return _pairs(*found, ("out", old), ("in", new))


def _pairs(*parts: tuple[Kind, str]) -> tuple[tuple[Kind, str], ...]:
    return tuple((kind, text) for kind, text in parts if text)
