"""Paragraphs of articles that say nearly the same. Pure.

Two are alike when a third of their shingles, of eight words each, are the same: one changed word in a paragraph of
25 words leaves them alike. Only shingles that are rare in all paragraphs are compared (the prefix filter of
Chaudhuri, Ganti and Kaushik, 2006), which loses no pair and keeps the work from growing with the square.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from portal.knowledge.article import Article
from portal.knowledge.parse import prose_lines

FEWEST_WORDS = 25
SHINGLE = 8
ALIKE = 1 / 3

_TARGET = re.compile(r"\]\([^()]*\)")
_WORD = re.compile(r"[a-z0-9]+(?:['’][a-z]+)*")


@dataclass(frozen=True, slots=True)
class Paragraph:
    file: str
    line: int
    words: tuple[str, ...]


def paragraphs(article: Article) -> Iterator[Paragraph]:
    """Of the body, from 25 words on; lists and tables count as paragraphs, headings and code do not."""
    block: list[str] = []
    begun = last = 0
    for place, line in [*prose_lines(article.body), (-1, "")]:
        ends = not line.strip() or line.startswith("#") or place != last + 1
        if ends and block:
            words = tuple(_WORD.findall(_TARGET.sub(" ", "\n".join(block)).lower()))
            if len(words) >= FEWEST_WORDS:
                yield Paragraph(article.path, article.body_line + begun, words)
            block = []
        if line.strip() and not line.startswith("#"):
            begun = begun if block else place
            block.append(line)
        last = place


def near_duplicates(found: Sequence[Paragraph]) -> Iterator[tuple[Paragraph, Paragraph]]:
    """(paragraph, earlier one of another file that it is most like), in the order given; each paragraph once.

    What was reported is compared no more: of a hundred copies each is held against the first.
    """
    shingles = [_shingles(paragraph.words) for paragraph in found]
    often = Counter(shingle for own in shingles for shingle in own)
    holders: defaultdict[int, list[int]] = defaultdict(list)
    for place, own in enumerate(shingles):
        shared = sorted((often[shingle], shingle) for shingle in own if often[shingle] > 1)
        # What stands nowhere else is the rarest part of the prefix, and needs no look.
        prefix = len(own) - math.ceil(ALIKE * len(own)) + 1 - (len(own) - len(shared))
        rare = [shingle for _, shingle in shared[: max(prefix, 0)]]
        near = {other for shingle in rare for other in holders[shingle]}
        alike = [
            (-same / (len(own) + len(shingles[other]) - same), other)
            for other in near
            if found[other].file != found[place].file and (same := len(own & shingles[other]))
        ]
        if alike and -min(alike)[0] >= ALIKE:
            yield found[place], found[min(alike)[1]]
            continue
        for shingle in rare:
            holders[shingle].append(place)


def _shingles(words: Sequence[str]) -> frozenset[int]:
    return frozenset(hash(tuple(words[at : at + SHINGLE])) for at in range(len(words) - SHINGLE + 1))
