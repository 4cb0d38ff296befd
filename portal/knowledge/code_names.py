"""Error codes and the articles that explain them: no code without one, no code in a text that the index lacks. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from portal.core.problem import Problem
from portal.criteria.table import normal_code
from portal.knowledge.article import Article
from portal.knowledge.catalogue import ErrorCode
from portal.knowledge.front_matter import nearest_line, texts
from portal.knowledge.parse import CODES_FILE, prose_lines

_ADDRESS = re.compile(r"\]\([^()]*\)|\bhttps?://\S+")
_NOT_PROSE = (
    "error_codes",
    "sources",
    "inputs",
)  # the first is checked with the rest of the names, as are inputs' codes


def unexplained(codes: Mapping[str, ErrorCode], articles: Mapping[str, Article]) -> Iterator[Problem]:
    """Rows that lead nowhere, and rows that lead to an article which does not name them."""
    explained = defaultdict(set)
    for article in articles.values():
        for named in article.error_codes:
            explained[normal_code(named)].add(article.id)
    for code in codes.values():
        names = (code.code, *code.aliases)
        by = set().union(*(explained[normal_code(name)] for name in names))
        if not (code.article or code.route or by):
            said = "nobody explains it: give the row an article or a route, or name it in an article's error_codes"
            yield Problem(CODES_FILE, code.code, said, code.line)
        said_in = articles.get(code.article or "")
        if said_in and said_in.id not in by and not any(_stands(name, said_in.body) for name in names):
            said = f"{said_in.path} does not name it: add it to its error_codes"
            yield Problem(CODES_FILE, f"{code.code}.article", said, code.line)


def _stands(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


def form_of_codes(codes: Collection[ErrorCode]) -> re.Pattern[str]:
    """Fits what looks like a code of a family that the index has, such as SM130 or MDOT_down. Bare numbers fit nothing."""
    names = [name for code in codes for name in (code.code, *code.aliases)]
    letters = {found[1] for name in names if (found := re.fullmatch(r"([A-Z]{2,})-?\d+[A-Z]*", name))}
    families = {found[1] for name in names if (found := re.match(r"([A-Z]{2,}\d*)_", name))}
    forms = [rf"(?:{'|'.join(sorted(letters))})[-_]?\d{{2,4}}"] if letters else []
    forms += [rf"(?:{'|'.join(sorted(families))})_\w+"] if families else []
    return re.compile(rf"(?<![\w/.-])(?:{'|'.join(forms) or '(?!)'})(?![\w/-])")


def unknown_codes(article: Article, form: re.Pattern[str], known: Collection[str]) -> Iterator[Problem]:
    """Codes in the text of an article that are not in the index. `known`: in normal form; a family's beginning will do."""
    places = [("", line, article.body_line + place) for place, line in prose_lines(article.body)]
    for key, text in texts(article.front_matter):
        if not key.startswith(_NOT_PROSE):
            places.append((key, text, nearest_line(article.lines, key) or 1))
    for key, text, line in (place for place in places if form.search(place[1])):
        for found in form.finditer(_ADDRESS.sub(" ", text)):
            name = normal_code(found[0])
            if name not in known and not ("_" in found[0] and any(one.startswith(name) for one in known)):
                yield Problem(article.path, key, f"there is no error code '{found[0]}'", line)
