"""The knowledge base of one commit: frozen, one per process, handed to pure code as an argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from portal.core.problem import Problem
from portal.knowledge.article import Article, ArticleKind, Publication, final_issue, in_use
from portal.knowledge.catalogue import Catalogue, ErrorCode, Facility
from portal.knowledge.content_check import Checked, check_all, in_order
from portal.knowledge.content_layout import is_picture
from portal.knowledge.coverage import Area, check_coverage
from portal.knowledge.golden import FOLDER as GOLDEN_FOLDER
from portal.knowledge.golden import GoldenSearch, read_golden
from portal.knowledge.parse import (
    CATALOGUE_FILE,
    CODES_FILE,
    FACILITIES_FILE,
    parse_area,
    parse_article,
    parse_catalogue,
    parse_codes,
    parse_facilities,
)

# A save changes one file of many; these are read again only when their bytes are others.
_catalogue_of = lru_cache(maxsize=2)(parse_catalogue)
_facilities_of = lru_cache(maxsize=2)(parse_facilities)
_codes_of = lru_cache(maxsize=2)(parse_codes)
_area_of = lru_cache(maxsize=64)(parse_area)
_EMPTY_CATALOGUE = Catalogue({}, {}, {}, {}, (), {}, "clock", (), (), (), "", 15, "MHV Tier 3", "Tier II")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`revision` is the full commit id. `problems`: of a bad file the last good version is served, if any."""

    revision: str
    articles: Mapping[str, Article]
    catalogue: Catalogue
    codes: Mapping[str, ErrorCode]
    facilities: Mapping[str, Facility]
    problems: tuple[Problem, ...]
    coverage: Mapping[str, Area] = field(default_factory=dict)
    golden: tuple[GoldenSearch, ...] = ()
    pictures: Mapping[str, str] = field(default_factory=dict)  # path -> blob id
    stale: Mapping[str, str] = field(default_factory=dict)  # article -> why it may be out of date
    checked: Checked | None = field(default=None, repr=False, compare=False)
    _kinds: dict[ArticleKind, list[Article]] = field(default_factory=dict, repr=False, compare=False)
    _mentions: dict[str, list[Article]] = field(default_factory=dict, repr=False, compare=False)
    _to_tier2: dict[str, bool] = field(default_factory=dict, repr=False, compare=False)

    def of_kind(self, kind: ArticleKind) -> list[Article]:
        """Published articles of one kind, by title and id: what is retired is found by its address only.

        Every page asks, so each kind is sorted once.
        """
        if kind not in self._kinds:
            chosen = (
                a for a in self.articles.values() if a.kind is kind and a.publication is Publication.PUBLISHED
            )
            self._kinds[kind] = sorted(chosen, key=lambda article: (article.title.lower(), article.id))
        return list(self._kinds[kind])

    def mentions(self, article_id: str) -> list[Article]:
        """Served articles whose text links to this one, by title and id; found once for each."""
        if article_id not in self._mentions:
            target = f"/articles/{article_id})"
            found = (a for a in self.articles.values() if a.is_served and target in a.body)
            self._mentions[article_id] = sorted(found, key=lambda a: (a.title, a.id))
        return list(self._mentions[article_id])

    def in_use(self, article_id: str | None) -> Article | None:
        """What a rule that names this article leads to: itself, or what took its place."""
        return in_use(article_id, self.articles)

    @property
    def known_blobs(self) -> dict[str, str]:
        """Path -> blob id of the files that the next snapshot takes from this one."""
        return {**self.pictures, **{one.path: one.blob_id for one in self.articles.values()}}

    def hands_to_tier2(self, article_id: str, code: str = "") -> bool:
        """Does this runbook work a code that a desk may hand to Tier 2? With the code of the case: that one."""
        if row := self.codes.get(code):
            return row.tier2 and row.article == article_id
        if article_id not in self._to_tier2:
            rows = self.codes.values()
            self._to_tier2[article_id] = any(row.tier2 and row.article == article_id for row in rows)
        return self._to_tier2[article_id]

    def known_issue(self, article_id: str | None) -> Article | None:
        """The known issue of this id, or the one that it was merged into."""
        article = self.articles.get(article_id or "")
        return final_issue(article, self.articles) if article else None


def build_snapshot(
    files: Mapping[str, tuple[str, bytes | None]], previous: Snapshot | None, revision: str
) -> Snapshot:
    """`files`: path relative to content/ -> (blob id, bytes). Unchanged articles are taken from `previous`, without bytes.

    Other files than articles, the three of the catalogue, coverage/, golden/ and pictures are passed over.
    """
    before = {article.path: article for article in previous.articles.values()} if previous else {}
    articles: dict[str, Article] = {}
    problems: list[Problem] = []
    for path in sorted(path for path in files if "/" in path and path.endswith(".md")):
        blob_id, data = files[path]
        article = before.get(path)
        if data is not None and (article is None or article.blob_id != blob_id):
            parsed, found = parse_article(path, data, blob_id)
            problems += found
            article = parsed or article
        if article is None:
            continue
        if taken := articles.get(article.id):
            said = f"'{article.id}' is already the id of {taken.path}"
            problems.append(Problem(path, "id", said, article.lines.get("id")))
        else:
            articles[article.id] = article
    catalogue, found = _catalogue_of(_data(files, CATALOGUE_FILE))
    problems += found
    facilities, found = _facilities_of(_data(files, FACILITIES_FILE))
    problems += found
    codes, found = _codes_of(_data(files, CODES_FILE))
    problems += found
    if catalogue is None:
        catalogue = previous.catalogue if previous else _EMPTY_CATALOGUE
    if facilities is None:
        facilities = dict(previous.facilities) if previous else {}
    if codes is None:
        codes = dict(previous.codes) if previous else {}
    pictures = {path: blob_id for path, (blob_id, _) in files.items() if is_picture(path)}
    checked = check_all(
        list(articles.values()), catalogue, codes, pictures, previous.checked if previous else None
    )
    problems += checked.problems
    areas, found = _areas(files, previous)
    problems += [*found, *check_coverage(areas, articles)]
    golden_files = {path: _data(files, path) for path in files if path.startswith(GOLDEN_FOLDER)}
    golden, found = read_golden(golden_files, articles, codes, catalogue.routes)
    problems += found
    return Snapshot(
        revision,
        articles,
        catalogue,
        codes,
        facilities,
        tuple(in_order(problems)),
        coverage=areas,
        golden=golden,
        pictures=pictures,
        checked=checked,
    )


def _areas(
    files: Mapping[str, tuple[str, bytes | None]], previous: Snapshot | None
) -> tuple[dict[str, Area], list[Problem]]:
    """By id. Of a bad file the area before it stays."""
    before = {area.path: area for area in previous.coverage.values()} if previous else {}
    areas: dict[str, Area] = {}
    problems: list[Problem] = []
    for path in sorted(path for path in files if path.startswith("coverage/")):
        parsed, found = _area_of(path, _data(files, path))
        problems += found
        if area := parsed or before.get(path):
            areas[area.id] = area
    return areas, problems


def _data(files: Mapping[str, tuple[str, bytes | None]], path: str) -> bytes:
    return files[path][1] or b"" if path in files else b""
