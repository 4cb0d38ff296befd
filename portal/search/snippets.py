"""The best 200 characters of a text with the matched words marked, as parts that the template escapes. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from itertools import islice

from portal.search.search_index import spoken, term, words

Parts = list[tuple[str, bool]]
WIDTH = 200
MOST_HITS = 60


def _pattern(found: str) -> str:
    if (said := spoken(found)) != found:  # two words that are searched as one
        return "{}[a-z]*[ -]?{}".format(*said.split())
    return re.escape(found.rstrip("i") or found)


@lru_cache(maxsize=256)
def _finder(wanted: frozenset[str]) -> re.Pattern[str]:
    # Porter turns a last y into i, so an i at the end is not part of the prefix.
    prefixes = sorted({_pattern(found) for found in wanted}, key=len, reverse=True)
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(prefixes)})[\w'’]*(?:\.\d\w*)*", re.IGNORECASE)


def _hits(text: str, wanted: Collection[str]) -> list[tuple[int, int, str]]:
    if not wanted:
        return []
    hits = []
    for match in islice(_finder(frozenset(wanted)).finditer(text), MOST_HITS):
        for word in words(match[0])[:1]:
            found = term(word) or word
            if found in wanted:
                hits.append((match.start(), match.end(), found))
    return hits


def marked(text: str, wanted: Collection[str]) -> Parts:
    """The whole text in parts, those that match marked."""
    return _cut(text, 0, len(text), _hits(text, wanted))


def snippet(text: str, wanted: Collection[str]) -> Parts:
    """The window of at most WIDTH characters, at word boundaries, that holds most different matched terms."""
    hits = _hits(text, wanted)
    start = 0
    if hits:
        start = max(0, min(_best_start(hits, WIDTH - 30) - 30, len(text) - WIDTH))
    start = text.find(" ", start, start + 30) + 1 if start else 0
    end = min(len(text), start + WIDTH)
    if end < len(text):
        end = text.rfind(" ", start + 1, end) if " " in text[start + 1 : end] else end
    parts = _cut(text, start, end, hits)
    if start and parts:
        parts.insert(0, ("… ", False))
    if end < len(text):
        parts.append((" …", False))
    return parts


def _best_start(hits: list[tuple[int, int, str]], width: int) -> int:
    """Where the first window begins that holds most different terms: one pass with two ends."""
    inside: dict[str, int] = {}
    best, start, first = 0, 0, 0
    for begin, end, found in hits:
        inside[found] = inside.get(found, 0) + 1
        while end - hits[first][0] > width and hits[first][0] < begin:
            left = hits[first][2]
            inside[left] -= 1
            if not inside[left]:
                del inside[left]
            first += 1
        if len(inside) > best:
            best, start = len(inside), hits[first][0]
    return start


def _cut(text: str, start: int, end: int, hits: list[tuple[int, int, str]]) -> Parts:
    parts: Parts = []
    for first, last, _ in hits:
        if start <= first and last <= end:
            if first > start:
                parts.append((text[start:first], False))
            parts.append((text[first:last], True))
            start = last
    if start < end:
        parts.append((text[start:end], False))
    return parts
