"""The text of a call -> known issues graded likely or possible, with reasons. Pure, in memory: it works while
the index is away.

First what the calendar knows (a facility's move to Oracle Health, recurring maintenance), then codes and
alert texts, then words: BM25 over known issues, by-design answers and releases alone, graded by how far the
first stands out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from math import exp, log
from typing import Final
from zoneinfo import ZoneInfo

from portal.knowledge.article import Article, ArticleKind, IssueStatus, Nature
from portal.knowledge.catalogue import Facility, Maintenance, Tool
from portal.knowledge.snapshot import Snapshot
from portal.search.documents import Document
from portal.search.query import LIGHT_TERMS, comparable, find_codes
from portal.search.search_index import term, terms, words
from portal.search.vocabulary import Vocabulary

# Logistic grading of the best text hit, fitted on symptoms of the help desk and to be refitted from what agents
# answer ("this was it", "not it"). How much of the call is covered tells most while there are few known issues.
BIAS: Final = -3.6
SECOND_WEIGHT: Final = 0.7  # of ln(s1 / s2)
OTHERS_WEIGHT: Final = 0.4  # of ln(s1 / mean(s2..s10))
COVERED_WEIGHT: Final = 1.8  # of s1 / sum of query idf
LIKELY: Final = 0.54
POSSIBLE: Final = 0.12
ALONE: Final = 4.0  # the ratio that stands for "no second hit"
MOST_TERMS: Final = 12
MOST_GRADED: Final = 20
LEAST_SHARED: Final = (
    3  # words of the call; with fewer the words alone are never likely, with one not even possible
)
TELLING: Final = (
    2.0  # idf: words in fewer than one document in seven; the others ("open", "page", "not") match anything
)
LEAST_TOLD: Final = 2.8  # the sum of what a known issue shares with the call: two such words, or a rare one
BODY_WEIGHT: Final = 0.3  # of a word in the text, against 1 in the title and 2 in the callers' words
LEAST_ALERT_WORDS: Final = 3

OTHER_TOOL: Final = 0.5
OTHER_FACILITY: Final = 0.4
OTHER_EHR: Final = 0.4
OTHER_PLATFORM: Final = 0.5
SAME_PLACE: Final = 1.3
FIXED_DAYS: Final = 30

# Days around the cutover in which a tool is held back at the facility that moves; effects linger a week.
# Source: tools-and-teams 6.
WINDOW_DAYS: Final = {
    "secure-messaging": (-6, 2),
    "medications": (-3, 2),
    "medical-records": (-3, 2),
    "appointments": (-30, 7),
}
WINDOW_ENDS: Final = 7
_NEVER: Final = frozenset({IssueStatus.DISMISSED, IssueStatus.MERGED})

Scorer = Callable[[str], Mapping[str, float]]
"""Text of a call -> score by article id. Scores of several scorers are added, so each brings its own scale."""


class Grade(StrEnum):
    LIKELY = "likely"
    POSSIBLE = "possible"


class Kind(StrEnum):
    ARTICLE = "article"
    WINDOW = "window"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of a call. `facility`: station or name; `refused`: ids that the agent has said no to."""

    text: str = ""
    tool: str | None = None
    error_code: str | None = None
    facility: str | None = None
    platform: str | None = None
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """`id`: of the article, `window-<station>` or the id of the maintenance. `p`: how sure, 0 to 1. `why`: to
    be shown.

    `say` may be read out. `fixed`: when it was mended, if it was: the caller may be late, or it is back.
    """

    id: str
    kind: Kind
    title: str
    grade: Grade
    p: float
    why: tuple[str, ...]
    say: str
    fixed: date | None = None


@lru_cache(maxsize=2048)
def _weighed_terms(document: Document) -> dict[str, float]:
    counts: dict[str, float] = {}
    for text, weight in (
        (document.title, 1.0),
        (" . ".join(document.words), 2.0),
        (document.body, BODY_WEIGHT),
    ):
        for found in terms(text):
            counts[found] = counts.get(found, 0.0) + weight
    return counts


class WordIndex:
    """BM25 (K1 1.6, B 0.75) over a few documents in memory. How rare a word is, the vocabulary of all documents says."""

    def __init__(self, documents: Iterable[Document], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._postings: dict[str, dict[str, float]] = {}
        self._lengths: dict[str, float] = {}
        for document in documents:
            counts = _weighed_terms(document)
            self._lengths[document.id] = sum(counts.values())
            for found, count in counts.items():
                self._postings.setdefault(found, {})[document.id] = count
        self._asked: tuple[str, dict[str, float]] = "", {}
        self._mean = sum(self._lengths.values()) / max(len(self._lengths), 1) or 1.0

    def weights(self, text: str) -> dict[str, float]:
        """The twelve terms of greatest tf x idf, with that weight; also those that no known issue has."""
        asked, last = self._asked
        if asked == text:  # one match asks four times
            return last
        counts = Counter(terms(text))
        weighed = {found: (1 + log(count)) * self._vocabulary.idf(found) for found, count in counts.items()}
        found = dict(sorted(weighed.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_TERMS])
        self._asked = text, found
        return found

    def score(self, text: str) -> dict[str, float]:
        scores: dict[str, float] = {}
        for found, weight in self.weights(text).items():
            for id, count in self._postings.get(found, {}).items():
                norm = 1.6 * (0.25 + 0.75 * self._lengths[id] / self._mean)
                scores[id] = scores.get(id, 0.0) + weight * count * 2.6 / (count + norm)
        return scores

    def close(self, text: str) -> set[str]:
        """The documents that share enough of those words which say what the text is about; others only sound alike."""
        telling = {found: idf for found in self.weights(text) if (idf := self._tells(found))}
        told = dict.fromkeys(self._lengths, 0.0)
        for found, idf in telling.items():
            for id in self._postings.get(found, ()):
                told[id] += idf
        least = min(LEAST_TOLD, sum(telling.values()))
        return {id for id, sum_of_idf in told.items() if sum_of_idf >= least}

    def _tells(self, found: str) -> float:
        """The idf of a term that says what a call is about; 0 for the others."""
        idf = 0.0 if found in LIGHT_TERMS else self._vocabulary.idf(found)
        return idf if idf >= TELLING else 0.0

    def shared_words(self, text: str, id: str) -> list[str]:
        """Words of the text, as typed, that the document has and that weigh most."""
        weights = self.weights(text)
        shared = {f for f in weights if id in self._postings.get(f, ())}
        typed = {found: word for word in reversed(words(text)) if (found := term(word)) in shared}
        return [typed[found] for found in weights if found in typed]


class Matcher:
    """Everything a call can be matched with, of one snapshot. `more_scorers` join the words' own."""

    def __init__(
        self,
        snapshot: Snapshot,
        documents: Mapping[str, Document],
        vocabulary: Vocabulary,
        more_scorers: Sequence[Scorer] = (),
    ) -> None:
        self._snapshot = snapshot
        self._articles = {a.id: a for a in snapshot.articles.values() if a.id in documents and _can_match(a)}
        self._words = WordIndex((documents[id] for id in self._articles), vocabulary)
        self._scorers = (self._words.score, *more_scorers)
        self._says = {id: documents[id].say for id in self._articles}
        self._by_code: dict[str, list[str]] = {}
        self._forms: dict[str, str] = {}
        for article in self._articles.values():
            for code in article.error_codes:
                self._by_code.setdefault(comparable(code), []).append(article.id)
                self._forms[comparable(code)] = code
        self._alerts = [
            (f" {alert} ", article.id)
            for article in self._articles.values()
            for text in (article.known_issue.error_texts if article.known_issue else ())
            if (alert := " ".join(words(text))).count(" ") >= LEAST_ALERT_WORDS - 1
        ]

    def match(self, call: Call, *, now: datetime, limit: int = 5) -> list[Match]:
        """The best matches, windows and maintenance first; nothing that is neither likely nor possible."""
        facility = self._facility(call.facility)
        timely = [*self._windows(call, facility, now.date()), *self._maintenance(call, now)]
        matches = [match for match in timely if match.id not in call.refused]
        return [*matches, *self._by_content(call, facility, now.date())][:limit]

    def _facility(self, said: str | None) -> Facility | None:
        if not said:
            return None
        wanted = said.strip().casefold()
        facilities = self._snapshot.facilities.values()
        return next((f for f in facilities if wanted in (f.station.casefold(), f.name.casefold())), None)

    def _windows(self, call: Call, facility: Facility | None, today: date) -> list[Match]:
        if facility is None or facility.window is None or (call.tool and call.tool not in WINDOW_DAYS):
            return []
        day = (today - facility.window.cutover).days
        first, last = WINDOW_DAYS.get(call.tool or "", (-6, WINDOW_ENDS))
        if not first <= day <= max(last, WINDOW_ENDS):
            return []
        sure = call.tool is not None and day <= last
        return [
            Match(
                id=f"window-{facility.station}",
                kind=Kind.WINDOW,
                title=f"{facility.name} {'moved' if day > 0 else 'moves'} to Oracle Health"
                f" ({facility.window.cutover:%Y-%m-%d})",
                grade=Grade.LIKELY if sure else Grade.POSSIBLE,
                p=0.9 if sure else 0.3,
                why=(
                    f"station {facility.station}, {_days_from(day)}",
                    *([facility.window.note] if facility.window.note else []),
                ),
                say="",
            )
        ]

    def _maintenance(self, call: Call, now: datetime) -> list[Match]:
        return [
            Match(
                m.id,
                Kind.MAINTENANCE,
                m.name,
                Grade.LIKELY,
                0.9,
                (f"maintenance until {m.closes:%H:%M}, {m.zone}",),
                m.say,
            )
            for m in self._snapshot.catalogue.maintenance
            if m.tool == call.tool and _is_on(m, now)
        ]

    def _by_content(self, call: Call, facility: Facility | None, today: date) -> list[Match]:
        text = f"{call.text} {call.error_code or ''}"
        codes = [code for code, _, _ in find_codes(text, self._forms)]
        said = f" {' '.join(words(text))} "
        allowed = {
            a.id: a for a in self._articles.values() if a.id not in call.refused and _is_timely(a, today)
        }
        tool = self._snapshot.catalogue.tools.get(call.tool or "")
        fits = {id: _fit(article, call, tool, facility) for id, article in allowed.items()}
        chances = self._by_words(call.text, fits)
        sure: dict[str, list[str]] = {}
        for code in codes:
            carriers = [id for id in self._by_code[code] if id in allowed]
            for id in carriers:
                sure.setdefault(id, []).append(f"code {self._forms[code]}")
                alone = len(carriers) == 1 and fits[id][0] >= 1
                chances[id] = max(chances.get(id, 0.0), 0.95 if alone else 0.5)
        for alert, id in self._alerts:
            if id in allowed and alert in said:
                sure.setdefault(id, []).append("the text of the alert")
                chances[id] = max(chances.get(id, 0.0), 0.9 if fits[id][0] >= 1 else 0.5)
        order = sorted(chances, key=lambda id: (id not in sure, -chances[id], id))
        order = [id for id in order if chances[id] >= POSSIBLE][:MOST_GRADED]
        graded = (self._graded(call, allowed[id], chances[id], sure.get(id, ()), fits[id][1]) for id in order)
        return [match for match in graded if match.p >= POSSIBLE]

    def _graded(
        self, call: Call, article: Article, p: float, sure: Sequence[str], fits: Sequence[str]
    ) -> Match:
        shared = self._words.shared_words(call.text, article.id)
        if not sure and len(shared) < LEAST_SHARED:
            p = min(p, LIKELY - 0.01) if len(shared) != 1 or len(terms(call.text)) < LEAST_SHARED else 0.0
        words = [f"words {', '.join(f'“{word}”' for word in shared[:5])}"] if shared else []
        issue = article.known_issue
        return Match(
            id=article.id,
            kind=Kind.ARTICLE,
            title=article.title,
            grade=Grade.LIKELY if p >= LIKELY else Grade.POSSIBLE,
            p=p,
            why=tuple(dict.fromkeys((*sure, *words, *fits))),
            say=self._says[article.id],
            fixed=issue.fixed if issue and issue.status is IssueStatus.FIXED else None,
        )

    def _by_words(self, text: str, fits: Mapping[str, tuple[float, Sequence[str]]]) -> dict[str, float]:
        """How sure the words are, by id. The first hit is graded; those behind it are at most possible."""
        scores: dict[str, float] = {}
        close = self._words.close(text)
        for scorer in self._scorers:
            for id, score in scorer(text).items():
                if id in fits and score > 0:
                    scores[id] = scores.get(id, 0.0) + score * fits[id][0]
                    if scorer is not self._scorers[0]:
                        close.add(id)
        if not scores:
            return {}
        ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
        first = ranked[0][1]
        others = [score for _, score in ranked[1:10]]
        second = log(first / others[0]) if others else log(ALONE)
        rest = log(first / (sum(others) / len(others))) if others else log(ALONE)
        covered = first / max(sum(self._words.weights(text).values()), 1e-9)
        p = 1 / (1 + exp(-(BIAS + SECOND_WEIGHT * second + OTHERS_WEIGHT * rest + COVERED_WEIGHT * covered)))
        behind = {id: min(p, LIKELY - 0.01) * score / first for id, score in ranked[1:]}
        return {id: chance for id, chance in {ranked[0][0]: p, **behind}.items() if id in close}


def _can_match(article: Article) -> bool:
    if article.known_issue is not None:
        return article.known_issue.status not in _NEVER
    return article.kind is ArticleKind.RELEASE


def _is_timely(article: Article, today: date) -> bool:
    """Fixed issues and ended releases are offered for another 30 days."""
    issue, release = article.known_issue, article.release
    ended = None
    if (
        issue is not None
        and issue.nature is Nature.FAULT
        and not issue.is_open
        and issue.status is IssueStatus.FIXED
    ):
        ended = issue.fixed or article.updated or date.min
    if release is not None:
        if release.starts is not None and release.starts > today:
            return False
        ended = release.ends
    return ended is None or ended > today - timedelta(days=FIXED_DAYS + 1)


def _fit(
    article: Article, call: Call, tool: Tool | None, facility: Facility | None
) -> tuple[float, list[str]]:
    """How tool, facility and platform of the call fit the article: a factor for its score, and what fits, in words."""
    factor = 1.0
    why: list[str] = []
    if call.tool and article.tool and article.tool != call.tool and not _shows(tool, article):
        factor *= OTHER_TOOL
    issue = article.known_issue
    if issue is None:
        return factor, why
    if issue.facilities and (facility or call.facility):
        station = facility.station if facility else str(call.facility)
        factor *= SAME_PLACE if station in issue.facilities else OTHER_FACILITY
        why += [f"station {station}"] if station in issue.facilities else []
    if issue.ehr and facility and facility.ehr:
        factor *= SAME_PLACE if facility.ehr in issue.ehr else OTHER_EHR
        why += (
            ["an Oracle Health facility"]
            if facility.ehr in issue.ehr and facility.ehr == "oracle_health"
            else []
        )
    if issue.platforms and call.platform and call.platform not in issue.platforms:
        factor *= OTHER_PLATFORM
    return factor, why


def _shows(tool: Tool | None, article: Article) -> bool:
    """Is the call about a tool, such as the app, that shows screens of others, and this article's on its platforms?"""
    return tool is not None and tool.shows_others and not set(tool.platforms).isdisjoint(article.platforms)


def _days_from(day: int) -> str:
    if day == 0:
        return "today is the day of the move"
    days = f"{abs(day)} day{'s' if abs(day) != 1 else ''}"
    return f"{days} after the move" if day > 0 else f"{days} before the move"


def _is_on(maintenance: Maintenance, now: datetime) -> bool:
    local = now.astimezone(ZoneInfo(maintenance.zone))
    if maintenance.opens < maintenance.closes:
        return local.weekday() == maintenance.day and maintenance.opens <= local.time() < maintenance.closes
    started = local.weekday() == maintenance.day and local.time() >= maintenance.opens  # over midnight
    return started or (local.weekday() == (maintenance.day + 1) % 7 and local.time() < maintenance.closes)
