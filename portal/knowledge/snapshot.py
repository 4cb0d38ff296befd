"""The knowledge base of one commit: frozen, one per process, handed to pure code as an argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.core.problem import Problem
from portal.knowledge.article import Article, ArticleKind, Publication
from portal.knowledge.catalogue import Catalogue, ErrorCode, Facility
from portal.knowledge.content_check import check_all, in_order
from portal.knowledge.parse import (
    CATALOGUE_FILE,
    CODES_FILE,
    FACILITIES_FILE,
    parse_article,
    parse_catalogue,
    parse_codes,
    parse_facilities,
)

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
    _kinds: dict[ArticleKind, list[Article]] = field(default_factory=dict, repr=False, compare=False)
    _mentions: dict[str, list[Article]] = field(default_factory=dict, repr=False, compare=False)

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


def build_snapshot(
    files: Mapping[str, tuple[str, bytes]], previous: Snapshot | None, revision: str
) -> Snapshot:
    """`files`: path relative to content/ -> (blob id, bytes). Unchanged articles are taken from `previous`.

    Other files than articles and the three of the catalogue are passed over.
    """
    before = {article.path: article for article in previous.articles.values()} if previous else {}
    articles: dict[str, Article] = {}
    problems: list[Problem] = []
    for path in sorted(path for path in files if "/" in path and path.endswith(".md")):
        blob_id, data = files[path]
        article = before.get(path)
        if article is None or article.blob_id != blob_id:
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
    catalogue, found = parse_catalogue(_data(files, CATALOGUE_FILE))
    problems += found
    facilities, found = parse_facilities(_data(files, FACILITIES_FILE))
    problems += found
    codes, found = parse_codes(_data(files, CODES_FILE))
    problems += found
    if catalogue is None:
        catalogue = previous.catalogue if previous else _EMPTY_CATALOGUE
    if facilities is None:
        facilities = dict(previous.facilities) if previous else {}
    if codes is None:
        codes = dict(previous.codes) if previous else {}
    problems += check_all(list(articles.values()), catalogue, codes)
    return Snapshot(revision, articles, catalogue, codes, facilities, tuple(in_order(problems)))


def _data(files: Mapping[str, tuple[str, bytes]], path: str) -> bytes:
    return files[path][1] if path in files else b""
