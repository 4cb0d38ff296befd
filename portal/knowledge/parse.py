"""Files of content/ -> frozen values and problems. Nothing here raises: a file is a value or says why not.

An article with a problem is no article. The three catalogue files may be usable and still have problems.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from portal.core.problem import Problem
from portal.criteria.table import DecisionTable, parse_table
from portal.knowledge.article import Article, ArticleKind, KnownIssue, Release, Section
from portal.knowledge.article_types import (
    ARTICLE_TYPES,
    CriteriaMatter,
    FrontMatter,
    KnownIssueMatter,
    ReleaseMatter,
)
from portal.knowledge.caller_text import check_caller_text
from portal.knowledge.catalogue import Catalogue, ErrorCode, Facility
from portal.knowledge.catalogue_schema import CatalogueModel, CodesModel, FacilitiesModel
from portal.knowledge.coverage import Area
from portal.knowledge.coverage_schema import AreaModel
from portal.knowledge.fields import fields_of
from portal.knowledge.front_matter import Loaded, load_front_matter, load_yaml, nearest_line
from portal.knowledge.render import BODY_LIMIT, slug
from portal.knowledge.schema import ID, in_plain_words

CATALOGUE_FILE = "catalogue.yml"
FACILITIES_FILE = "facilities.yml"
CODES_FILE = "error_codes.yml"

_PATH = re.compile(rf"({'|'.join(ARTICLE_TYPES)})/({ID})\.md")
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    text: str
    line: int


def prose_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines outside code blocks with their place in the text, from 0."""
    fence = ""
    for place, line in enumerate(text.split("\n")):
        mark = re.match(r"\s*(`{3,}|~{3,})(.*)", line)
        if not fence and not mark:
            yield place, line
        elif not fence and mark:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and not mark[2].strip():
            fence = ""


def headings(body: str, first_line: int) -> list[Heading]:
    """Headings in order; `first_line` is the line of the file where the body begins."""
    found = []
    for place, line in prose_lines(body):
        if mark := re.match(r"(#{1,6})[ \t]*([^#\s].*?)[ \t]*#*$", line):
            found.append(Heading(len(mark[1]), mark[2], first_line + place))
    return found


def parse_article(path: str, data: bytes, blob_id: str) -> tuple[Article | None, list[Problem]]:
    """The article at `path` (relative to content/), or None and every problem found."""
    try:
        return _parse_article(path, data, blob_id)
    except Exception as error:  # one of three places: a file must never stop the portal
        return None, [Problem(path, "", f"cannot be read ({type(error).__name__}: {error})"[:300])]


def _parse_article(path: str, data: bytes, blob_id: str) -> tuple[Article | None, list[Problem]]:
    place = _PATH.fullmatch(path)
    if place is None:
        folders = ", ".join(ARTICLE_TYPES)
        return None, [Problem(path, "", f"is not <type>/<id>.md with one of the types {folders}")]
    loaded, problems = load_front_matter(path, data)
    if loaded is None:
        return None, problems
    kind = ArticleKind(place[1])
    matter, problems = _validated(ARTICLE_TYPES[kind].matter, loaded, path)
    if matter is not None:
        if matter.type is not kind:
            problems.append(_problem(path, loaded, "type", f"is {matter.type}, but the file lies in {kind}/"))
        if matter.id != place[2]:
            problems.append(_problem(path, loaded, "id", f"is {matter.id}, but the file is {place[2]}.md"))
    table = None
    if kind is ArticleKind.CRITERIA:
        table, found = parse_table(loaded.values, loaded.lines, path)
        problems += found
    intro, sections = _split(loaded.body, loaded.body_line)
    problems += _check_body(path, kind, loaded, sections)
    if matter is None or problems:
        return None, list({(one.key, one.line): one for one in reversed(problems)}.values())[::-1]
    return _article(matter, loaded, path, blob_id, table, intro, sections), []


def with_stand_ins(path: str, data: bytes) -> tuple[Article, frozenset[str]] | None:
    """The article with what stands in for keys that cannot be read, and those keys: the rest of it can be checked.

    None when not even the lines on top can be read.
    """
    place, loaded = _PATH.fullmatch(path), load_front_matter(path, data)[0]
    if place is None or loaded is None:
        return None
    kind = ArticleKind(place[1])
    values: dict[str, object] = {**loaded.values, "id": place[2], "type": place[1]}
    model, at_fault = ARTICLE_TYPES[kind].matter, frozenset[str]()
    try:
        try:
            matter = model.model_validate(values)
        except ValidationError as error:
            at_fault = frozenset(str(one["loc"][0]) for one in error.errors(include_url=False) if one["loc"])
            stand_ins = {field.key: field.stand_in for field in fields_of(kind) if field.required}
            values = {key: value for key, value in values.items() if key not in at_fault}
            matter = model.model_validate(
                values | {key: stand_ins[key] for key in at_fault & stand_ins.keys()}
            )
    except (ValidationError, ValueError, RecursionError):
        return None
    table, _ = parse_table(loaded.values, loaded.lines, path) if kind is ArticleKind.CRITERIA else (None, [])
    return _article(matter, loaded, path, "", table, *_split(loaded.body, loaded.body_line)), at_fault


def _article(
    matter: FrontMatter,
    loaded: Loaded,
    path: str,
    blob_id: str,
    table: DecisionTable | None,
    intro: str,
    sections: tuple[Section, ...],
) -> Article:
    own = matter.model_dump(include=set(FrontMatter.model_fields) - {"type", "audience"})
    known_issue, release = None, None
    if isinstance(matter, KnownIssueMatter):
        names = (set(KnownIssueMatter.model_fields) - set(FrontMatter.model_fields)) | {"platforms"}
        known_issue = KnownIssue(**matter.model_dump(include=names))
    if isinstance(matter, ReleaseMatter):
        names = set(ReleaseMatter.model_fields) - set(FrontMatter.model_fields)
        release = Release(**matter.model_dump(include=names))
    said = next((" ".join(one.markdown.split()) for one in sections if one.slug == "say"), "")
    return Article(
        **own,
        kind=matter.type,
        readers=matter.audience,
        say=matter.say if isinstance(matter, CriteriaMatter) else said,
        intro=intro,
        sections=sections,
        body=loaded.body,
        path=path,
        blob_id=blob_id,
        table=table,
        known_issue=known_issue,
        release=release,
        front_matter=loaded.values,
        lines=loaded.lines,
        body_line=loaded.body_line,
    )


def _split(body: str, first_line: int) -> tuple[str, tuple[Section, ...]]:
    lines = body.split("\n")
    starts = [heading for heading in headings(body, first_line) if heading.level == 2]
    ends = [*(heading.line - first_line for heading in starts), len(lines)]
    sections = []
    for heading, end in zip(starts, ends[1:], strict=True):
        text = "\n".join(lines[heading.line - first_line + 1 : end]).strip("\n")
        sections.append(Section(slug(heading.text), heading.text, text.rstrip(), heading.line))
    return "\n".join(lines[: ends[0]]).strip(), tuple(sections)


def _check_body(
    path: str, kind: ArticleKind, loaded: Loaded, sections: Sequence[Section]
) -> Iterator[Problem]:
    if len(loaded.body.encode()) > BODY_LIMIT:
        limit = BODY_LIMIT // 1024
        yield Problem(path, "body", f"is larger than {limit} KB: split the article", loaded.body_line)
    for heading in headings(loaded.body, loaded.body_line):
        if heading.level == 1:
            yield Problem(path, f"# {heading.text}", "the title is the only h1: use ##", heading.line)
    seen: dict[str, Section] = {}
    for section in sections:
        if section.slug in seen:
            yield Problem(path, f"## {section.heading}", "stands twice", section.line)
        seen[section.slug] = section
    for rule in ARTICLE_TYPES[kind].sections:
        named = f"## {rule.slug.replace('-', ' ').capitalize()}"
        if rule.slug in seen and not seen[rule.slug].markdown.strip():
            yield Problem(path, named, "is empty", seen[rule.slug].line)
        elif rule.slug not in seen and rule.required:
            yield Problem(path, named, f"is missing: a {kind} has this section", loaded.body_line)


def _validated(model: type[_Model], loaded: Loaded, path: str) -> tuple[_Model | None, list[Problem]]:
    try:
        return model.model_validate(loaded.values), []
    except ValidationError as error:
        errors = error.errors(include_url=False)
        return None, in_plain_words(errors, loaded.values, loaded.lines, path)


def _problem(path: str, loaded: Loaded, key: str, message: str) -> Problem:
    return Problem(path, key, message, nearest_line(loaded.lines, key))


def _load(path: str, model: type[_Model], data: bytes) -> tuple[_Model | None, Loaded, list[Problem]]:
    try:
        loaded, problems = load_yaml(path, data)
        if loaded is None:
            return None, Loaded({}, {}), problems
        value, problems = _validated(model, loaded, path)
        return value, loaded, problems
    except Exception as error:  # as in parse_article
        said = f"cannot be read ({type(error).__name__}: {error})"[:300]
        return None, Loaded({}, {}), [Problem(path, "", said)]


def parse_catalogue(data: bytes) -> tuple[Catalogue | None, list[Problem]]:
    """catalogue.yml. A dangling name inside it is a problem, but hides nothing."""
    model, loaded, problems = _load(CATALOGUE_FILE, CatalogueModel, data)
    if model is None:
        return None, problems
    catalogue = model.value()
    found = [
        *(
            pair
            for key in ("teams", "tools", "routes", "facts", "numbers", "maintenance", "calendars")
            for pair in _twice(f"{key}[{{}}].id", (item.id for item in getattr(model, key)))
        ),
        *_dangling(model, catalogue),
        *_said(model, catalogue),
    ]
    return catalogue, [_problem(CATALOGUE_FILE, loaded, key, message) for key, message in found]


def _dangling(model: CatalogueModel, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    named: list[tuple[str, str | None, str, Iterable[str]]] = [
        ("severity.calendar", model.severity.calendar, "calendar", catalogue.calendars),
        *(
            (f"teams[{i}].calendar", team.calendar, "calendar", catalogue.calendars)
            for i, team in enumerate(model.teams)
        ),
    ]
    for i, tool in enumerate(model.tools):
        named += [
            (f"tools[{i}].team", tool.team, "team", catalogue.teams),
            (f"tools[{i}].staff_team", tool.staff_team, "team", catalogue.teams),
            (f"tools[{i}].route", tool.route, "route", catalogue.routes),
        ]
        for j, fact in enumerate(tool.minimum_facts):
            named.append((f"tools[{i}].minimum_facts[{j}]", fact, "fact", catalogue.facts))
        for j, area in enumerate(tool.sub_areas):
            named.append((f"tools[{i}].sub_areas[{j}].team", area.team, "team", catalogue.teams))
        yield from _twice(f"tools[{i}].sub_areas[{{}}].id", (area.id for area in tool.sub_areas))
        if not tool.in_scope and tool.route is None:
            yield f"tools[{i}].route", f"{tool.id} is not ours, so it needs a route"
    for i, route in enumerate(model.routes):
        for j, name in enumerate(route.tools):
            named.append((f"routes[{i}].tools[{j}]", name, "tool", catalogue.tools))
    for i, maintenance in enumerate(model.maintenance):
        named.append((f"maintenance[{i}].tool", maintenance.tool, "tool", catalogue.tools))
    for key, id_, what, known in named:
        if id_ is not None and id_ not in known:
            yield key, f"there is no {what} '{id_}'"


def _said(model: CatalogueModel, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    texts = [(f"routes[{i}].say", route.say) for i, route in enumerate(model.routes)]
    texts += [(f"maintenance[{i}].say", one.say) for i, one in enumerate(model.maintenance)]
    for key, text in texts:
        for message in check_caller_text(text, catalogue.help_numbers):
            yield key, message


def _twice(key: str, ids: Iterable[str]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for place, one in enumerate(ids):
        if one in seen:
            yield key.format(place), f"'{one}' stands twice"
        seen.add(one)


def parse_facilities(data: bytes) -> tuple[dict[str, Facility] | None, list[Problem]]:
    """facilities.yml by station."""
    model, loaded, problems = _load(FACILITIES_FILE, FacilitiesModel, data)
    if model is None:
        return None, problems
    twice = _twice("facilities[{}].station", (one.station for one in model.facilities))
    problems = [_problem(FACILITIES_FILE, loaded, key, message) for key, message in twice]
    return {one.station: one.value() for one in model.facilities}, problems


def parse_codes(data: bytes) -> tuple[dict[str, ErrorCode] | None, list[Problem]]:
    """error_codes.yml by code as written there."""
    model, loaded, problems = _load(CODES_FILE, CodesModel, data)
    if model is None:
        return None, problems
    twice = _twice("codes[{}].code", (one.code for one in model.codes))
    problems = [_problem(CODES_FILE, loaded, key, message) for key, message in twice]
    codes = (ErrorCode(**dict(one), line=loaded.lines[f"codes[{i}]"]) for i, one in enumerate(model.codes))
    return {code.code: code for code in codes}, problems


def parse_area(path: str, data: bytes) -> tuple[Area | None, list[Problem]]:
    """coverage/<area>.yml. Names that stand for nothing are found by coverage.check_coverage."""
    model, loaded, problems = _load(path, AreaModel, data)
    if model is None:
        return None, problems
    if path != f"coverage/{model.area}.yml":
        said = f"is {model.area}, but the file is {path.removeprefix('coverage/')}"
        return None, [_problem(path, loaded, "area", said)]
    return model.value(path, loaded.lines), []


FILE_READERS: Mapping[str, Callable[[bytes], tuple[object | None, list[Problem]]]] = {
    CATALOGUE_FILE: parse_catalogue,
    FACILITIES_FILE: parse_facilities,
    CODES_FILE: parse_codes,
}


def is_servable(path: str, data: bytes) -> bool:
    """Can this file be served at all? Files that it cannot tell of pass."""
    if reader := FILE_READERS.get(path):
        return reader(data)[0] is not None
    if path.startswith("coverage/"):
        return parse_area(path, data)[0] is not None
    return not path.endswith(".md") or parse_article(path, data, "")[0] is not None
