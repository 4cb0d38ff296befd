"""What words tell by themselves: the codes in them, the tool and the part of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.knowledge.article import Article
from portal.knowledge.catalogue import ErrorCode, Tool
from portal.search.query import comparable, find_codes

MARGIN = 1.5  # the best tool must have so many times the words of the second
WORD_WEIGHT = {1: 1.0, 2: 2.0}  # more words in one phrase say more


@dataclass(frozen=True, slots=True)
class Guess:
    """A tool and the reason, to be shown beside the field."""

    tool: str
    sub_area: str | None
    because: str


def codes_in(text: str, codes: Mapping[str, ErrorCode]) -> list[str]:
    """Known codes in the order of the text, as the index writes them: `sm 98` and `SM-98` are SM98."""
    known = {
        comparable(spelling): row.code for row in codes.values() for spelling in (row.code, *row.aliases)
    }
    return list(dict.fromkeys(known[found] for found, _, _ in find_codes(text, known)))


def guess_tool(
    text: str,
    codes: Sequence[str],
    index: Mapping[str, ErrorCode],
    tools: Sequence[Tool],
    article: Article | None = None,
) -> Guess | None:
    """The code first, then words, then the article the agent came from; below the margin nothing is chosen."""
    by_id = {tool.id: tool for tool in tools}
    for code in codes:
        tool = by_id.get(index[code].tool or "") if code in index else None
        if tool is not None:
            return Guess(tool.id, sub_area(text, tool), f"code {code}")
    scored = sorted(
        ((_score(text, tool), tool.id) for tool in tools), key=lambda pair: (-pair[0][0], pair[1])
    )
    (best, word), tool_id = scored[0] if scored else ((0.0, ""), "")
    second = scored[1][0][0] if len(scored) > 1 else 0.0
    if best > 0 and best >= MARGIN * second:
        return Guess(tool_id, sub_area(text, by_id[tool_id]), f"“{word}”")
    if article is not None and article.tool in by_id:
        return Guess(
            article.tool,
            article.sub_areas[0] if len(article.sub_areas) == 1 else None,
            f"the article “{article.title}”",
        )
    return None


def _score(text: str, tool: Tool) -> tuple[float, str]:
    """How much of the text names this tool, and the longest of its words that does."""
    names = (*tool.words, *(word for area in tool.sub_areas for word in area.words))
    found = [word for word in dict.fromkeys(name.lower() for name in names) if _says(text, word)]
    kept = [word for word in found if not any(word != other and _says(other, word) for other in found)]
    total = sum(WORD_WEIGHT.get(word.count(" ") + 1, 3.0) for word in kept)
    return total, max(kept, key=len, default="")


def sub_area(text: str, tool: Tool) -> str | None:
    """The part of the tool that most of its words name; of two alike the one named first: callers begin with what they did."""
    named = []
    for area in tool.sub_areas:
        places = [found.start() for word in area.words if (found := _find(text, word))]
        if places:
            named.append((-len(places), min(places), area.id))
    return min(named)[2] if named else None


def _says(text: str, words: str) -> bool:
    return _find(text, words) is not None


def _find(text: str, words: str) -> re.Match[str] | None:
    """The phrase as whole words, in the singular or with an s."""
    return re.search(rf"(?<!\w){re.escape(words)}(?:s|es)?(?!\w)", text, re.IGNORECASE)
