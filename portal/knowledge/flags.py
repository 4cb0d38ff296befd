"""What readers may say of an article, and the places in it that they may mean. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from portal.knowledge.article import Article, Section
from portal.knowledge.render import items, slug, to_text

WORDS_LEAST, WORDS_MOST = 10, 600
REASON_LEAST, REASON_MOST = 10, 300
WORKING = "The team is working it into the article."
WORKED_IN = "It is in the article."
_SHOWN = 70  # characters of a line


class FlagKind(StrEnum):
    """A comment is one of them: the same reader, place, words, guard and page; it only needs no answer."""

    WRONG = "wrong"
    OUTDATED = "outdated"
    UNCLEAR = "unclear"
    MISSING = "missing"
    COMMENT = "comment"


KIND_WORDS = {
    FlagKind.WRONG: "It is wrong",
    FlagKind.OUTDATED: "It is out of date",
    FlagKind.UNCLEAR: "I do not understand it",
    FlagKind.MISSING: "Something is missing",
    FlagKind.COMMENT: "A comment for other readers",
}


def places(article: Article) -> dict[str, str]:
    """Name -> words, in the order of the page: the whole, parts of a known issue, sections with their steps, rules."""
    found = {"": "The whole article"}
    if article.known_issue:
        found |= {"signs": "Signs", "caller-text": "Say"}
        found |= {"workaround": "Workaround"} if article.known_issue.workaround else {}
    for section in article.sections:
        found |= _within(section)
    for rule in article.table.rules if article.table else ():
        found[f"rule-{rule.id}"] = f"Rule {rule.id}: {_short(rule.then.because)}"
    return found


@lru_cache(maxsize=4096)
def _within(section: Section) -> Mapping[str, str]:
    lines = items(section) if section.slug == "do" else []
    inner = re.findall(r"^#{3,4} +(.+?)\s*$", section.markdown, re.MULTILINE)
    return {
        section.slug: section.heading,
        **{f"do-{place}": f"Do, step {place}: {_short(line)}" for place, line in enumerate(lines, 1)},
        **{slug(heading): to_text(heading) for heading in inner},
    }


def _short(markdown: str) -> str:
    text = to_text(markdown)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1].rstrip()}…"
