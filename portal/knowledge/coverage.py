"""What each area of the help desk's work must cover, and what of it the knowledge base covers. Pure.

An area names the numbered items of its criteria and the symptoms that callers report, each with the rules and
articles that are to answer it. The report says which of them really do, and what is missing where not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from portal.core.problem import Problem
from portal.criteria.decide import decide
from portal.criteria.table import DecisionTable
from portal.knowledge.article import Article, ArticleKind, Confidence, Publication
from portal.knowledge.front_matter import nearest_line

AREAS = (
    "secure-messaging",
    "sm-staff",
    "medications",
    "records-viewing",
    "records-reports",
    "portal-account",
    "sign-in",
    "oracle-health",
    "mobile-app",
    "medical-supplies",
    "appointments-travel",
    "health-care-application",
    "security-privacy",
)
FOUND_WITHIN = 3  # places of the search that an agent looks at before typing anew

# Floors of the report, as parts of 1.
ITEMS_FLOOR = 1.0  # an item without a rule is a case that the desk must guess
DESK_ROWS_FLOOR = 1.0  # every symptom the help desk has really seen leads somewhere
SEARCH_FLOOR = 0.9  # callers' words vary: one in ten may need a second search


@dataclass(frozen=True, slots=True)
class Item:
    """One numbered item of an area's criteria. `rules`: `<criteria id>/<rule id>`; `confirmed`: a source states it."""

    id: str
    says: str
    rules: tuple[str, ...]
    articles: tuple[str, ...]
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Symptom:
    """What a caller says. Ids that begin with K are rows of the help desk's own list of symptoms."""

    id: str
    says: str
    articles: tuple[str, ...]
    rules: tuple[str, ...]
    known_issues: tuple[str, ...]

    @property
    def is_desk_row(self) -> bool:
        return self.id.startswith("K")

    @property
    def findable(self) -> tuple[str, ...]:
        """What the search may bring up for it; nothing where only a rule answers."""
        return (*self.articles, *self.known_issues)


@dataclass(frozen=True, slots=True)
class Area:
    """One file of coverage/. `tables` are its criteria, `articles` all other articles of the area."""

    id: str
    name: str
    tables: tuple[str, ...]
    articles: tuple[str, ...]
    items: tuple[Item, ...]
    symptoms: tuple[Symptom, ...]
    path: str = ""
    lines: Mapping[str, int] = field(default_factory=dict, repr=False)

    @property
    def members(self) -> tuple[str, ...]:
        return (*self.tables, *self.articles)

    @property
    def entries(self) -> Iterator[tuple[str, Item | Symptom]]:
        """Items and symptoms with their key in the file."""
        yield from ((f"items[{i}]", item) for i, item in enumerate(self.items))
        yield from ((f"symptoms[{i}]", symptom) for i, symptom in enumerate(self.symptoms))


NO_AREA = "stands in no file of coverage/"


def needs_area(article: Article) -> bool:
    """Process articles (of no tool) and references serve every area, a retired one none, a draft of an article none yet."""
    if article.publication is not Publication.PUBLISHED or article.kind is ArticleKind.REFERENCE:
        return False
    if article.confidence is Confidence.WIP:
        return False
    return article.kind is ArticleKind.CRITERIA or article.tool is not None


# Problems of the files


def check_coverage(areas: Mapping[str, Area], articles: Mapping[str, Article]) -> Iterator[Problem]:
    """Names that stand for nothing and articles in two areas; in none, as soon as every area has its file."""
    taken: dict[str, str] = {}
    for area in areas.values():
        for key, said in _check(area, articles, taken):
            yield Problem(area.path, key, said, nearest_line(area.lines, key))
    for article in _unplaced(areas, articles):
        said = f"'{article.id}' {NO_AREA}"
        yield Problem(article.path, "id", said, article.lines.get("id"))


def _check(area: Area, articles: Mapping[str, Article], taken: dict[str, str]) -> Iterator[tuple[str, str]]:
    for key, ids in (("tables", area.tables), ("articles", area.articles)):
        for i, id_ in enumerate(ids):
            article = articles.get(id_)
            if article is None:
                yield f"{key}[{i}]", f"there is no article '{id_}'"
            elif (article.table is not None) != (key == "tables"):
                wanted = "articles" if key == "tables" else "tables"
                yield f"{key}[{i}]", f"'{id_}' is of type {article.kind}, so it belongs to `{wanted}`"
            if id_ in taken:
                yield f"{key}[{i}]", f"'{id_}' already stands in the area {taken[id_]}"
            taken.setdefault(id_, area.id)
    seen: set[str] = set()  # ids of items and symptoms never meet: they begin with other letters
    for at, entry in area.entries:
        if entry.id in seen:
            yield f"{at}.id", f"'{entry.id}' stands twice"
        seen.add(entry.id)
        for key, said in _dangling(entry, articles):
            yield f"{at}.{key}", said


def _dangling(entry: Item | Symptom, articles: Mapping[str, Article]) -> Iterator[tuple[str, str]]:
    for i, ref in enumerate(entry.rules):
        if said := _no_rule(ref, articles):
            yield f"rules[{i}]", said
    for i, id_ in enumerate(entry.articles):
        if id_ not in articles:
            yield f"articles[{i}]", f"there is no article '{id_}'"
    for i, id_ in enumerate(entry.known_issues if isinstance(entry, Symptom) else ()):
        if id_ not in articles:
            yield f"known_issues[{i}]", f"there is no article '{id_}'"
        elif articles[id_].kind not in (ArticleKind.KNOWN_ISSUE, ArticleKind.RELEASE):
            yield f"known_issues[{i}]", f"'{id_}' is neither a known issue nor a release"


def _no_rule(ref: str, articles: Mapping[str, Article]) -> str:
    """Why the reference leads to no rule, else empty."""
    id_, _, rule = ref.partition("/")
    table = articles[id_].table if id_ in articles else None
    if table is None:
        return f"there are no criteria '{id_}'"
    return "" if any(one.id == rule for one in table.rules) else f"'{id_}' has no rule '{rule}'"


def _unplaced(areas: Mapping[str, Area], articles: Mapping[str, Article]) -> list[Article]:
    """None while an area has no file: it may be the one where they belong."""
    if set(areas) != set(AREAS):
        return []
    placed = {id_ for area in areas.values() for id_ in area.members}
    return [one for id_, one in sorted(articles.items()) if needs_area(one) and id_ not in placed]


# The report


@dataclass(frozen=True, slots=True)
class Searched:
    """What the words of a symptom bring up. `place` of the first of its articles, 0 when it is not among those
    that an agent sees; `grades`: known issue -> likely | possible."""

    place: int
    grades: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ItemLine:
    item: Item
    missing: str


@dataclass(frozen=True, slots=True)
class SymptomLine:
    """`missing`: what does not lead anywhere; `unfound`, `unmatched`: what search and known issues do not bring up."""

    symptom: Symptom
    missing: str
    unfound: str
    unmatched: str
    searched: Searched | None

    @property
    def all_missing(self) -> str:
        return "; ".join(part for part in (self.missing, self.unfound, self.unmatched) if part)


@dataclass(frozen=True, slots=True)
class Tally:
    done: int
    of: int

    def __str__(self) -> str:
        return f"{self.done}/{self.of}" if self.of else "-"

    def reaches(self, floor: float) -> bool:
        return self.done >= floor * self.of


@dataclass(frozen=True, slots=True)
class Gap:
    area: str
    id: str
    says: str
    missing: str


@dataclass(frozen=True, slots=True)
class AreaReport:
    """`teams` own the tables of the area. `articles`: its members that exist."""

    area: Area
    teams: tuple[str, ...]
    items: tuple[ItemLine, ...]
    symptoms: tuple[SymptomLine, ...]
    articles: tuple[Article, ...]

    @property
    def reached(self) -> Tally:
        return _tally(not line.missing for line in self.items)

    @property
    def confirmed(self) -> Tally:
        return _tally(line.item.confirmed for line in self.items)

    @property
    def desk_rows(self) -> Tally:
        return _tally(not line.missing for line in self.symptoms if line.symptom.is_desk_row)

    @property
    def answered(self) -> Tally:
        return _tally(not line.missing for line in self.symptoms)

    @property
    def found(self) -> Tally:
        lines = [line for line in self.symptoms if line.searched and line.symptom.findable]
        return _tally(not line.unfound for line in lines)

    @property
    def matched(self) -> Tally:
        lines = [line for line in self.symptoms if line.searched and line.symptom.known_issues]
        return _tally(not line.unmatched for line in lines)

    @property
    def one_source(self) -> list[Article]:
        return [article for article in self.articles if len(article.sources) == 1]

    @property
    def notes(self) -> int:
        """What the articles of the area say is to be confirmed."""
        return sum(len(article.to_confirm) for article in self.articles)

    @property
    def gaps(self) -> list[Gap]:
        """Items first, in the order of the file."""
        found = [Gap(self.area.id, one.item.id, one.item.says, one.missing) for one in self.items]
        for line in self.symptoms:
            found.append(Gap(self.area.id, line.symptom.id, line.symptom.says, line.all_missing))
        return [gap for gap in found if gap.missing]


@dataclass(frozen=True, slots=True)
class Report:
    """`areas` in the order of AREAS. `without_file`: areas without one; `unplaced`: articles that stand in none
    and should; `articles`: all that were looked at, by id."""

    areas: tuple[AreaReport, ...]
    without_file: tuple[str, ...]
    unplaced: tuple[Article, ...]
    articles: tuple[Article, ...]

    @property
    def gaps(self) -> list[Gap]:
        return [gap for one in self.areas for gap in one.gaps]

    @property
    def one_source(self) -> list[Article]:
        return [article for article in self.articles if len(article.sources) == 1]

    def notes(self) -> dict[str, list[Article]]:
        """Articles with something to be confirmed, by the team that owns them."""
        found: dict[str, list[Article]] = {}
        for article in self.articles:
            if article.to_confirm:
                found.setdefault(article.owner, []).append(article)
        return dict(sorted(found.items()))

    def total(self, measure: str) -> Tally:
        """Of all areas together; `measure` is the name of a tally of AreaReport."""
        tallies: list[Tally] = [getattr(one, measure) for one in self.areas]
        return Tally(sum(one.done for one in tallies), sum(one.of for one in tallies))

    def below_floor(self) -> list[str]:
        """What keeps the report from passing, one sentence each."""
        said = (
            [f"areas without a file of coverage: {', '.join(self.without_file)}"] if self.without_file else []
        )
        for what, measure, floor in (
            ("items reached by a rule", "reached", ITEMS_FLOOR),
            ("rows of the help desk's symptoms that lead somewhere", "desk_rows", DESK_ROWS_FLOOR),
            ("symptoms whose article is found by search", "found", SEARCH_FLOOR),
        ):
            tally = self.total(measure)
            if not tally.reaches(floor):
                said.append(f"{what}: {tally}, and the floor is {floor:.0%}")
        return said


def report(
    areas: Mapping[str, Area],
    articles: Mapping[str, Article],
    searched: Mapping[tuple[str, str], Searched] | None = None,
    *,
    only: str = "",
) -> Report:
    """`searched`: by area and symptom, from whoever may search; without it nothing is said of finding. `only`:
    the id of one area, else all of them and what stands in none."""
    wanted = [only] if only else list(AREAS)
    endings = {id_: _endings(one.table) for id_, one in articles.items() if one.table}
    found = [_area(areas[id_], articles, endings, searched or {}) for id_ in wanted if id_ in areas]
    looked_at = [one for area in found for one in area.articles] if only else articles.values()
    return Report(
        areas=tuple(found),
        without_file=tuple(id_ for id_ in wanted if id_ not in areas),
        unplaced=() if only else tuple(_unplaced(areas, articles)),
        articles=tuple(sorted((one for one in looked_at if one.is_served), key=lambda one: one.id)),
    )


def teams_of(area: Area, articles: Mapping[str, Article]) -> tuple[str, ...]:
    owners = (articles[id_].owner for id_ in area.tables if id_ in articles)
    return tuple(dict.fromkeys(owners))


_Endings = Mapping[str, Mapping[str, Sequence[str]]]
"""Criteria id -> rule id -> names of the examples that end there."""


def _endings(table: DecisionTable) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for example in table.examples:
        if rule := decide(table, example.given).rule:
            found.setdefault(rule.id, []).append(example.name)
    return found


def _area(
    area: Area,
    articles: Mapping[str, Article],
    endings: _Endings,
    searched: Mapping[tuple[str, str], Searched],
) -> AreaReport:
    return AreaReport(
        area=area,
        teams=teams_of(area, articles),
        items=tuple(ItemLine(one, _item_lacks(one, articles, endings)) for one in area.items),
        symptoms=tuple(
            _symptom_line(one, articles, endings, searched.get((area.id, one.id))) for one in area.symptoms
        ),
        articles=tuple(articles[id_] for id_ in area.members if id_ in articles),
    )


def _item_lacks(item: Item, articles: Mapping[str, Article], endings: _Endings) -> str:
    if not item.rules:
        return "no rule"
    return _rules_lack(item.rules, articles, endings)


def _rules_lack(refs: Sequence[str], articles: Mapping[str, Article], endings: _Endings) -> str:
    """What is wrong with the first of these rules that is not reached."""
    for ref in refs:
        if said := _no_rule(ref, articles):
            return said
        if not _names(ref, endings):
            return f"no example ends at {ref}"
    return ""


def _names(ref: str, endings: _Endings) -> Sequence[str]:
    id_, _, rule = ref.partition("/")
    return endings.get(id_, {}).get(rule, ())


def _symptom_line(
    symptom: Symptom, articles: Mapping[str, Article], endings: _Endings, searched: Searched | None
) -> SymptomLine:
    unfound = unmatched = ""
    if searched and symptom.findable and not searched.place:
        unfound = f"search does not show {' or '.join(symptom.findable)} among the first {FOUND_WITHIN}"
    if searched and symptom.known_issues and not searched.grades.keys() & set(symptom.known_issues):
        unmatched = f"not recognised as {' or '.join(symptom.known_issues)}"
    return SymptomLine(symptom, _symptom_lacks(symptom, articles, endings), unfound, unmatched, searched)


def _symptom_lacks(symptom: Symptom, articles: Mapping[str, Article], endings: _Endings) -> str:
    if not (symptom.rules or symptom.findable):
        return "no article, rule or known issue"
    for id_ in symptom.findable:
        if id_ not in articles:
            return f"there is no article '{id_}'"
    if said := _rules_lack(symptom.rules, articles, endings):
        return said
    mark = re.compile(rf"\([^)]*\b{symptom.id}\b[^)]*\)")
    names = [name for ref in symptom.rules for name in _names(ref, endings)]
    if symptom.is_desk_row and symptom.rules and not any(mark.search(name) for name in names):
        return f"no example of {' or '.join(symptom.rules)} is named ({symptom.id})"
    return ""


def _tally(met: Iterable[bool]) -> Tally:
    answers = list(met)
    return Tally(sum(answers), len(answers))
