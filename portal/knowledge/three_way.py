"""Two changes of one text, line by line: what goes together, and the places where a person has to choose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True)
class Part:
    """`text` goes without saying; None where both changed the same lines, each in another way."""

    text: str | None
    base: str = ""
    theirs: str = ""
    mine: str = ""

    @property
    def is_clash(self) -> bool:
        return self.text is None


def three_way(base: str, theirs: str, mine: str) -> list[Part]:
    """The parts in order. Changes that touch each other count as the same place, as in git."""
    b, t, m = (_lines(text) for text in (base, theirs, mine))
    parts: list[Part] = []
    at = (0, 0, 0)
    for start, count, theirs_at, mine_at in [*_kept(b, t, m), (len(b), 0, len(t), len(m))]:
        before = _part("".join(b[at[0] : start]), "".join(t[at[1] : theirs_at]), "".join(m[at[2] : mine_at]))
        for part in (before, Part("".join(b[start : start + count]))):
            if part.is_clash or part.text:
                parts.append(part)
        at = (start + count, theirs_at + count, mine_at + count)
    return _joined(parts)


def _lines(text: str) -> list[str]:
    return [f"{line}\n" for line in text.split("\n")[:-1]] + (
        [last] if (last := text.split("\n")[-1]) else []
    )


def _kept(b: Sequence[str], t: Sequence[str], m: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Runs of lines that stand in all three: (place in base, how many, place in theirs, place in mine)."""
    in_theirs = SequenceMatcher(None, b, t, autojunk=False).get_matching_blocks()
    in_mine = SequenceMatcher(None, b, m, autojunk=False).get_matching_blocks()
    i = j = 0
    while i < len(in_theirs) and j < len(in_mine):
        one, two = in_theirs[i], in_mine[j]
        start, end = max(one.a, two.a), min(one.a + one.size, two.a + two.size)
        if start < end:
            yield start, end - start, one.b + start - one.a, two.b + start - two.a
        if one.a + one.size < two.a + two.size:
            i += 1
        else:
            j += 1


def _part(base: str, theirs: str, mine: str) -> Part:
    if theirs in (base, mine):
        return Part(mine)
    return Part(theirs) if mine == base else Part(None, base, theirs, mine)


def _joined(parts: Sequence[Part]) -> list[Part]:
    out: list[Part] = []
    for part in parts:
        if out and not part.is_clash and not out[-1].is_clash:
            out[-1] = Part((out[-1].text or "") + (part.text or ""))
        else:
            out.append(part)
    return out
