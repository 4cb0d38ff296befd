"""Whether the parts of the knowledge base fit together: what parse.py cannot see in one file alone.

Names of other things, links, tables, what callers are told. A problem found here hides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from portal.core.problem import Problem
from portal.criteria.check import Known, check, check_partition
from portal.criteria.table import DecisionTable, normal_code
from portal.knowledge.article import Article, ArticleKind, Publication, in_use
from portal.knowledge.article_types import check_type
from portal.knowledge.caller_text import caller_texts, check_caller_text, is_for_staff
from portal.knowledge.catalogue import Catalogue, ErrorCode
from portal.knowledge.front_matter import nearest_line, texts
from portal.knowledge.new_article import left_over, left_over_lines
from portal.knowledge.parse import (
    CODES_FILE,
    headings,
    prose_lines,
)
from portal.knowledge.picture import path_in, wrong_words
from portal.knowledge.render import slug

_LINK = re.compile(r"(!?)\[([^\[\]]*)\]\(\s*<?([^)\s>]*)>?(?:\s+\"[^\"]*\")?\s*\)")
PAGES = frozenset(
    {"/articles/codes", "/articles/facilities", "/articles/matrix"}
)  # of knowledge, but no articles
_DEFINITION = re.compile(r"^ {0,3}\[(?!\^)[^\]]+\]:\s*<?([^\s>]+)")


NOTES_SLUG = "note-to-the-author"  # callers' words in a draft, see service/feedback.py


@dataclass(frozen=True, slots=True)
class _Whole:
    """What articles may point to. `codes`: in their normal form, with their other spellings."""

    articles: Mapping[str, Article]
    catalogue: Catalogue
    codes: frozenset[str]
    known: Known
    pictures: frozenset[str]


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found, and what each article's part of it rests on, so that the next check need not ask all of them again.

    `own`: path -> the article, its problems, and the articles whose sections it links to and pictures that it shows.
    """

    problems: tuple[Problem, ...]
    known: Known
    catalogue: Catalogue
    pictures: frozenset[str]
    own: Mapping[str, tuple[Article, tuple[Problem, ...], frozenset[str]]]


def check_all(
    articles: Sequence[Article],
    catalogue: Catalogue,
    codes: Mapping[str, ErrorCode],
    pictures: Collection[str] = (),
    before: Checked | None = None,
) -> Checked:
    """Every problem of what could be parsed, by file and line.

    `before`: of the last check. An article is checked again when it changed, when one whose sections it links to changed, when
    a picture of it came or went, or when a name went that any article may point to; one with problems also when a name came.
    """
    whole = _whole(articles, catalogue, codes, pictures)
    kept = before.own if before and before.catalogue == catalogue and whole.known.holds(before.known) else {}
    changed = {one.id for one in articles if one.path in kept and kept[one.path][0] is not one}
    changed |= before.pictures ^ whole.pictures if before else frozenset()
    if before and before.known != whole.known:
        kept = {path: last for path, last in kept.items() if not last[1]}
    own = {}
    for article in articles:
        last = kept.get(article.path)
        if last is None or last[0] is not article or not changed.isdisjoint(last[2]):
            last = article, tuple(_check(article, whole)), _rests_on(article)
        own[article.path] = last
    found = [problem for _, problems, _ in own.values() for problem in problems]
    found += _same_ids(articles)
    found += _partition(articles, catalogue)
    found += _check_codes(codes, whole)
    return Checked(tuple(in_order(found)), whole.known, catalogue, whole.pictures, own)


def _rests_on(article: Article) -> frozenset[str]:
    words = (article.body, *(text for _, text in texts(article.front_matter)))
    sections = (id for text in words for id in re.findall(r"/articles/([a-z0-9-]+)#", text))
    return frozenset(sections) | pictures_of(article)


def pictures_of(article: Article) -> frozenset[str]:
    """The files that its text shows, whether they are there or not."""
    return frozenset(path for link in _LINK.finditer(article.body) if link[1] and (path := path_in(link[3])))


def check_article(
    article: Article,
    articles: Sequence[Article],
    catalogue: Catalogue,
    codes: Mapping[str, ErrorCode],
    pictures: Collection[str] = (),
) -> list[Problem]:
    """Problems of one article before it is saved. `articles`: the others; its older text may be among them."""
    others = [other for other in articles if other.path != article.path]
    everything = [*others, article]
    found = [
        *_check(article, _whole(everything, catalogue, codes, pictures)),
        *_same_ids(everything),
        *_partition(everything, catalogue),
    ]
    return in_order([problem for problem in found if problem.file == article.path])


def _whole(
    articles: Sequence[Article],
    catalogue: Catalogue,
    codes: Mapping[str, ErrorCode],
    pictures: Collection[str] = (),
) -> _Whole:
    spellings = frozenset(normal_code(one) for code in codes.values() for one in (code.code, *code.aliases))
    by_id = {article.id: article for article in articles}
    known = Known(
        articles=frozenset(article.id for article in articles),
        runbooks=frozenset(article.id for article in articles if article.kind is ArticleKind.RUNBOOK),
        routes=frozenset(catalogue.routes),
        teams=frozenset(catalogue.teams),
        facts=frozenset(catalogue.facts),
        codes=spellings,
        retired=frozenset(one.id for one in articles if _leads_nowhere(one, by_id)),
    )
    return _Whole(by_id, catalogue, spellings, known, frozenset(pictures))


def _leads_nowhere(article: Article, articles: Mapping[str, Article]) -> bool:
    """A runbook that is retired, and no runbook in use took its place."""
    if article.kind is not ArticleKind.RUNBOOK or article.publication is not Publication.RETIRED:
        return False
    last = in_use(article.id, articles)
    return last is None or last.kind is not ArticleKind.RUNBOOK or last.publication is Publication.RETIRED


def known_ids(articles: Sequence[Article], catalogue: Catalogue, codes: Mapping[str, ErrorCode]) -> Known:
    """What a table may name."""
    return _whole(articles, catalogue, codes).known


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """By file and line, each once."""
    return sorted(dict.fromkeys(problems), key=lambda one: (one.file, one.line or 0, one.key, one.message))


def _same_ids(articles: Sequence[Article]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for article in sorted(articles, key=lambda one: one.path):
        if article.id in first:
            said = f"'{article.id}' is already the id of {first[article.id]}"
            yield Problem(article.path, "id", said, article.lines.get("id"))
        first.setdefault(article.id, article.path)


def _partition(articles: Sequence[Article], catalogue: Catalogue) -> Iterator[Problem]:
    in_use = [one for one in articles if one.publication is Publication.PUBLISHED]  # no other decides
    tables = {one.path: one.table for one in in_use if one.table}
    lines = {one.path: one.lines for one in articles}
    for problem in check_partition(tables, parts_of_tools(catalogue)):
        yield replace(problem, line=nearest_line(lines[problem.file], problem.key))


def parts_of_tools(catalogue: Catalogue) -> dict[str, dict[str, str]]:
    """Tool -> its sub-areas, id -> name."""
    return {tool.id: {area.id: area.name for area in tool.sub_areas} for tool in catalogue.tools.values()}


def check_place(
    table: DecisionTable, path: str, articles: Sequence[Article], catalogue: Catalogue
) -> list[Problem]:
    """Whether a table that is being written finds its place beside the others of its tool."""
    others = {
        one.path: one.table
        for one in articles
        if one.table and one.path != path and one.publication is Publication.PUBLISHED
    }
    found = check_partition({**others, path: table}, parts_of_tools(catalogue))
    return [problem for problem in found if problem.file == path]


def _check_codes(codes: Mapping[str, ErrorCode], whole: _Whole) -> Iterator[Problem]:
    for code in codes.values():
        for key, id_, known in (
            ("tool", code.tool, whole.catalogue.tools),
            ("route", code.route, whole.catalogue.routes),
            ("article", code.article, whole.articles),
        ):
            if id_ is not None and id_ not in known:
                yield Problem(CODES_FILE, f"{code.code}.{key}", f"there is no {key} '{id_}'", code.line)


def _check(article: Article, whole: _Whole) -> Iterator[Problem]:
    pairs = [*_names(article, whole), *check_type(article), *_caller_texts(article, whole.catalogue)]
    for key, message in pairs:
        yield Problem(article.path, key, message, line_of(article, key))
    if article.table:
        yield from check(article.table, whole.known, article.path, article.lines)
    yield from left_over(article.path, article.front_matter, article.lines)
    for place, message in left_over_lines(article.body):
        line = article.body_line + place
        above = next((one.heading for one in reversed(article.sections) if one.line <= line), "")
        yield Problem(article.path, f"## {above}" if above else "", message, line)
    if article.section(NOTES_SLUG):
        yield Problem(article.path, "", "take the notes to the author out, at its end", article.body_line)
    yield from _headings(article)
    yield from _links(article, whole)


def line_of(article: Article, key: str) -> int | None:
    """Of the file: of a key of the front matter, or of a section named `## Say`."""
    if key.startswith("## "):
        return next((one.line for one in article.sections if f"## {one.heading}" == key), article.body_line)
    return nearest_line(article.lines, key) if key else article.body_line


def _names(article: Article, whole: _Whole) -> Iterator[tuple[str, str]]:
    """Names in front matter that stand for nothing."""
    catalogue = whole.catalogue
    if article.owner not in catalogue.teams:
        yield "owner", f"there is no team '{article.owner}'"
    tool = catalogue.tools.get(article.tool) if article.tool else None
    if article.tool and tool is None:
        yield "tool", f"there is no tool '{article.tool}'"
    areas = {area.id for area in tool.sub_areas} if tool else set()
    for i, area in enumerate(article.sub_areas):
        if area not in areas and (tool or not article.tool):
            yield f"sub_areas[{i}]", f"'{article.tool or 'no tool'}' has no sub-area '{area}'"
    for i, platform in enumerate(article.platforms):
        if tool and tool.platforms and platform not in tool.platforms:
            yield f"platforms[{i}]", f"'{tool.id}' is not used on {platform}"
    for i, code in enumerate(article.error_codes):
        if normal_code(code) not in whole.codes:
            yield f"error_codes[{i}]", f"there is no error code '{code}'"
    merged = article.known_issue.merged_into if article.known_issue else None
    for key, id_ in (("replaced_by", article.replaced_by), ("merged_into", merged)):
        if id_ == article.id:
            yield key, "points to the article itself"
        elif id_ is not None and id_ not in whole.articles:
            yield key, f"there is no article '{id_}'"


def _caller_texts(article: Article, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    to_staff = is_for_staff(article, catalogue)
    for key, text in caller_texts(article):
        for message in check_caller_text(text, catalogue.help_numbers, to_staff=to_staff):
            yield key, message
        if "![" in text:
            yield key, "holds a picture, which nobody can read out"


def _headings(article: Article) -> Iterator[Problem]:
    level = 1
    for heading in headings(article.body, article.body_line):
        if heading.level > level + 1:
            said = f"comes right after a heading of level {level}: leave no level out"
            yield Problem(article.path, f"{'#' * heading.level} {heading.text}", said, heading.line)
        level = heading.level
    above = ""
    for place, line in prose_lines(article.body):
        at = article.body_line + place
        if re.match(r"#{1,6}[^#\s]", line):
            yield Problem(article.path, "", "a heading needs a space after its # signs", at)
        if re.fullmatch(r"=+|-{2,}", line.rstrip()) and above.strip() and "|" not in above:
            yield Problem(article.path, "", "write headings with #, or leave an empty line above ---", at)
        above = line


def _links(article: Article, whole: _Whole) -> Iterator[Problem]:
    """Of the body and of every text in front matter."""
    places = [("", line, article.body_line + place) for place, line in prose_lines(article.body)]
    places += [(key, text, article.lines.get(key, 1)) for key, text in texts(article.front_matter)]
    for key, text, at in places:
        text = re.sub(r"`[^`]*`", "", text)
        links = [(link[1], link[2], link[3]) for link in _LINK.finditer(text)]
        links += [("", "-", link[1]) for link in _DEFINITION.finditer(text)]
        for picture, words, target in links:
            if picture:
                if message := _wrong_picture(words, target, key, whole):
                    yield Problem(article.path, key, message, at)
                continue
            if not words.strip():
                yield Problem(article.path, key, f"a link needs words: {target}", at)
            if message := _wrong_target(target, article, whole):
                yield Problem(article.path, key, message, at)


def _wrong_picture(words: str, target: str, key: str, whole: _Whole) -> str | None:
    if key:
        return "a picture stands in the text below, not here"
    if mistake := wrong_words(words):
        return f"{mistake}: {target}"
    if not re.match(r"/(?!/)", target):
        return f"a picture lies on our own site: {target}"
    return None if path_in(target) in whole.pictures else f"there is no picture {target}"


def _wrong_target(target: str, article: Article, whole: _Whole) -> str | None:
    """What is wrong with the target of a link, or None. Pages that are no articles are taken on trust."""
    place, _, anchor = target.partition("#")
    if re.match(r"(?:https?|mailto|tel):", target):
        return None
    if not place:
        return _wrong_anchor(anchor, article)
    if not re.match(r"/(?!/)", place):
        return f"a link is /articles/<id>, #section, https:, mailto: or tel:, not {target}"
    if place.partition("?")[0] in PAGES:
        return None
    named = re.fullmatch(r"/articles/(?:(code|route)/)?([^/?]+)", place)
    if named is None:
        return f"there is no page {place}" if place.startswith("/articles/") else None
    what, name = named[1], unquote(named[2])
    if what == "code":
        return None if normal_code(name) in whole.codes else f"there is no error code '{name}'"
    if what == "route":
        return None if name in whole.catalogue.routes else f"there is no route '{name}'"
    if name not in whole.articles:
        return f"there is no article '{name}'"
    return _wrong_anchor(anchor, whole.articles[name]) if anchor else None


def _wrong_anchor(anchor: str, article: Article) -> str | None:
    known = {slug(heading.text) for heading in headings(article.body, 1)}
    return None if anchor.removeprefix("h-") in known else f"{article.id} has no section #{anchor}"
