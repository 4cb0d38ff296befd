"""Golden searches: what an agent types, and what must come first or among the first three. Pure.

`golden/<area>.yml`, one file for each area and one for process. Searches are mended in the articles, in the
catalogue or in the search itself; the searches stay as they were written.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from pydantic import Field, ValidationError, model_validator

from portal.core.problem import Problem
from portal.knowledge.front_matter import load_yaml, nearest_line
from portal.knowledge.schema import Id, Line, Strict, in_plain_words

FOLDER = "golden/"
CODE, ROUTE = "code/", "route/"


@dataclass(frozen=True, slots=True)
class GoldenSearch:
    """`expected`: ids of articles, `code/<code>` or `route/<id>`; one of them is enough, first of all results
    where `first` is set, else among the first three."""

    area: str
    query: str
    expected: tuple[str, ...]
    first: bool
    file: str
    line: int | None


class _SearchModel(Strict):
    query: Line
    first: tuple[Line, ...] = ()
    third: tuple[Line, ...] = ()

    @model_validator(mode="after")
    def _one_demand(self) -> _SearchModel:
        if bool(self.first) is bool(self.third):
            raise ValueError("needs `first` or `third`, with at least one id")
        return self


class _GoldenModel(Strict):
    area: Id
    searches: tuple[_SearchModel, ...] = Field(min_length=1)


def read_golden(
    files: Mapping[str, bytes],
    articles: Container[str],
    codes: Container[str],
    routes: Container[str],
) -> tuple[tuple[GoldenSearch, ...], list[Problem]]:
    """Every search of the files of golden/, by path. A search that expects what does not exist is a problem, and stays."""
    searches: list[GoldenSearch] = []
    problems: list[Problem] = []
    for path, data in sorted(files.items()):
        parsed, found = _parse(path, data)
        searches += parsed
        problems += found
    asked: dict[str, GoldenSearch] = {}
    for search in searches:
        query = " ".join(search.query.lower().split())
        if query in asked:
            said = f"stands in {asked[query].file} too"
            problems.append(Problem(search.file, search.query, said, search.line))
        asked.setdefault(query, search)
        problems += _dangling(search, articles, codes, routes)
    return tuple(searches), problems


@lru_cache(maxsize=64)  # a save changes one file of many
def _parse(path: str, data: bytes) -> tuple[Sequence[GoldenSearch], list[Problem]]:
    loaded, problems = load_yaml(path, data)
    if loaded is None:
        return (), problems
    try:
        model = _GoldenModel.model_validate(loaded.values)
    except ValidationError as error:
        return (), in_plain_words(error.errors(include_url=False), loaded.values, loaded.lines, path)
    if model.area != PurePosixPath(path).stem:
        said = f"is {model.area}, but the file is {PurePosixPath(path).name}"
        problems.append(Problem(path, "area", said, nearest_line(loaded.lines, "area")))
    return [
        GoldenSearch(
            area=model.area,
            query=one.query,
            expected=one.first or one.third,
            first=bool(one.first),
            file=path,
            line=nearest_line(loaded.lines, f"searches[{place}]"),
        )
        for place, one in enumerate(model.searches)
    ], problems


def _dangling(
    search: GoldenSearch, articles: Container[str], codes: Container[str], routes: Container[str]
) -> list[Problem]:
    found = []
    for id in search.expected:
        what, known = "article", articles
        if id.startswith(CODE):
            what, known = "error code", codes
        elif id.startswith(ROUTE):
            what, known = "route", routes
        name = id.removeprefix(CODE).removeprefix(ROUTE)
        if name not in known:
            found.append(Problem(search.file, search.query, f"there is no {what} '{name}'", search.line))
    return found
