"""A team's work list: what readers, searches, agents and tickets say about its articles, as lines with one action. Pure.

A thing that the team has decided about is shown again only when more of it comes: of flags and tasks each row is its own
thing; misses, overrides and returns are counted since the last decision.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portal.knowledge.article import Article
from portal.knowledge.catalogue import Catalogue
from portal.knowledge.flags import KIND_WORDS, FlagKind, places

WORDS_SHOWN = 3  # of a group, the newest


class Kind(StrEnum):
    """In the order of the list."""

    FLAG = "flag"
    REVIEW = "review"
    OVERRIDE = "override"
    RETURNED = "returned"
    MISS = "miss"


KIND_LABELS = {
    Kind.FLAG: "Flag",
    Kind.REVIEW: "Review",
    Kind.OVERRIDE: "Decided otherwise",
    Kind.RETURNED: "Returned tickets",
    Kind.MISS: "Not found",
}


@dataclass(frozen=True, slots=True)
class Item:
    """`subject` names the thing within its kind. `words`: what was said, newest first, without personal data.

    `article_id` empty: no article answers for it yet.
    """

    kind: Kind
    subject: str
    title: str
    words: tuple[str, ...]
    count: int
    at: datetime
    article_id: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.subject}"

    @property
    def anchor(self) -> str:
        return re.sub(r"[^A-Za-z0-9]+", "-", self.key)

    @property
    def notes(self) -> list[str]:
        """What goes into the draft of whoever accepts it."""
        times = f"{self.count} times" if self.count > 1 else "once"
        said = "; ".join(f"“{words}”" for words in self.words)
        return [f"{KIND_LABELS[self.kind]}, {times}: {self.title}{f': {said}' if said else ''}"]


def flag_item(flag_id: int, kind: str, place: str, words: str, at: datetime, article: Article) -> Item:
    where = places(article).get(place, "") if place else ""
    title = f"{article.title}{f', {where}' if where else ''}. {KIND_WORDS[FlagKind(kind)]}"
    return Item(Kind.FLAG, str(flag_id), title, (words,), 1, at, article.id)


@dataclass(frozen=True, slots=True)
class Said:
    """One occurrence of something that is grouped by `subject`."""

    subject: str
    title: str
    words: str
    at: datetime
    article_id: str = ""


def grouped(kind: Kind, said: Iterable[Said], decided: Mapping[tuple[str, str], datetime]) -> list[Item]:
    """The most frequent first, then the newest; what came before the team's last decision about it does not count."""
    groups: dict[str, list[Said]] = {}
    for one in said:
        last = decided.get((kind, one.subject))
        if last is None or one.at > last:
            groups.setdefault(one.subject, []).append(one)
    items = []
    for subject, ones in groups.items():
        newest = sorted(ones, key=lambda one: one.at, reverse=True)
        words = tuple(dict.fromkeys(one.words for one in newest if one.words))[:WORDS_SHOWN]
        first = newest[0]
        items.append(Item(kind, subject, first.title, words, len(ones), first.at, first.article_id))
    return sorted(items, key=lambda item: (-item.count, -item.at.timestamp(), item.subject))


def teams_of_words(words: str, catalogue: Catalogue) -> set[str]:
    """Teams whose tool is named in the words of a search; all of them when none is: then whoever knows takes it."""
    said = f" {words.lower()} "
    found = set()
    for tool in catalogue.tools.values():
        if tool.in_scope:
            for name in (tool.name, tool.short, *tool.words):
                if f" {name.lower()} " in said:
                    found.add(tool.team)
            for area in tool.sub_areas:
                if any(f" {name.lower()} " in said for name in (area.name, *area.words)):
                    found.add(area.team or tool.team)
    return found or set(catalogue.teams)


def csv_rows(
    items: Sequence[Item], due: Sequence[Article], stale: Mapping[str, str]
) -> list[tuple[object, ...]]:
    """The work list, then the articles to read again with the day and why."""
    rows: list[tuple[object, ...]] = [
        (KIND_LABELS[i.kind], i.title, i.count, f"{i.at:%Y-%m-%d %H:%M}Z", i.article_id, " | ".join(i.words))
        for i in items
    ]
    return rows + [("Read again", a.title, 1, f"{a.review_by}", a.id, stale.get(a.id, "")) for a in due]


CSV_HEAD = ("Kind", "What", "Times", "Last, or due", "Article", "Words")
