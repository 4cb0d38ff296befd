"""What `content check` asks of the shipped folder on top of content_check.py: before a change is merged, never while serving.

These checks look at all texts together or at the calendar, and cost seconds. None of them takes an article out of
service, and an overdue review is no news to a reader: the page itself says when it is due. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from portal.core.problem import Problem
from portal.criteria.table import normal_code
from portal.knowledge import code_names, personal_data
from portal.knowledge.article import Article, Publication
from portal.knowledge.caller_text import caller_texts, check_reading_out, is_for_staff
from portal.knowledge.content_check import in_order, line_of, pictures_of
from portal.knowledge.front_matter import load_yaml, nearest_line
from portal.knowledge.near_duplicates import near_duplicates, paragraphs
from portal.knowledge.orphans import orphans
from portal.knowledge.parse import CATALOGUE_FILE
from portal.knowledge.render import items, to_text
from portal.knowledge.snapshot import Snapshot

MOST_WORDS = 900
_ELSEWHERE = re.compile(r"\b(?:below|tables?|rows? (?:under|of|in)|the list (?:of|here))\b", re.IGNORECASE)
REVIEW_DAYS = 366  # twelve months, a leap year's too


def check_gate(files: Mapping[str, bytes], snapshot: Snapshot, today: date) -> list[Problem]:
    """Every problem by file and line. `files`: path relative to content/ -> bytes, of which `snapshot` was built."""
    articles = sorted(snapshot.articles.values(), key=lambda article: article.path)
    found = [problem for article in articles for problem in of_article(article, snapshot, today)]
    found += _codes(articles, snapshot)
    found += _repeated(articles)
    for path in sorted(files):
        if path.endswith(".yml"):
            found += _of_yaml(path, files[path], snapshot)
    for article in orphans(snapshot):
        said = "nothing leads to it: link to it where an agent would look for it"
        found.append(Problem(article.path, "id", said, nearest_line(article.lines, "id")))
    shown = frozenset[str]().union(*map(pictures_of, articles))
    for path in snapshot.pictures.keys() - shown:
        found.append(Problem(path, "", "no article shows it: take it out"))
    return in_order(found)


def of_article(article: Article, snapshot: Snapshot, today: date) -> Iterator[Problem]:
    """What one article would be told; the editor shows it as advice."""
    pairs = [*_review(article, today), *_stations(article, snapshot)]
    to_staff = is_for_staff(article, snapshot.catalogue)
    for key, text in caller_texts(article):
        pairs += [(key, message) for message in read_out_problems(text, snapshot, to_staff=to_staff)]
    pairs += [*_folded_away(article), *_retired_runbooks(article, snapshot)]
    for key, message in pairs:
        yield Problem(article.path, key, message, line_of(article, key))
    words = len(to_text(article.body).split())
    if words > MOST_WORDS:
        said = f"has {words} words, at most {MOST_WORDS}: make two articles of it"
        yield Problem(article.path, "", said, article.body_line)
    yield from personal_data.in_article(article, snapshot.catalogue.help_numbers)


def _review(article: Article, today: date) -> Iterator[tuple[str, str]]:
    if article.publication is Publication.RETIRED:
        return
    if article.review_by < today:
        yield "review_by", f"was due on {article.review_by}: read it again, and set the next day"
    elif article.review_by > today + timedelta(days=REVIEW_DAYS):
        yield "review_by", f"{article.review_by} is more than 12 months ahead"


def _stations(article: Article, snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    for i, station in enumerate(article.known_issue.facilities if article.known_issue else ()):
        if station not in snapshot.facilities:
            yield f"facilities[{i}]", f"there is no station {station} in facilities.yml"


def left_behind(before: Snapshot, after: Snapshot) -> Iterator[Problem]:
    """Stations and codes that are gone, and articles that still name them, in their text too."""
    stations = before.facilities.keys() - after.facilities.keys()
    known, still = (_names_of_codes(one) for one in (before, after))
    form = code_names.form_of_codes(before.codes.values())
    for article in after.articles.values():
        for key, message in _stations(article, after) if stations else ():
            if (key, message) not in _stations(article, before):
                yield Problem(article.path, key, message, line_of(article, key))
        if known - still:
            old = {*code_names.unknown_codes(article, form, known)}
            yield from (one for one in code_names.unknown_codes(article, form, still) if one not in old)


def _names_of_codes(snapshot: Snapshot) -> set[str]:
    return {normal_code(name) for code in snapshot.codes.values() for name in (code.code, *code.aliases)}


def _retired_runbooks(article: Article, snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Calls follow to what took the place; the rule should say it."""
    in_use = article.table is not None and article.publication is not Publication.RETIRED
    for i, rule in enumerate(article.table.rules if article.table and in_use else ()):
        last = snapshot.in_use(rule.then.runbook)
        if last is not None and last.id != rule.then.runbook:
            yield f"rules[{i}].then.runbook", f"'{rule.then.runbook}' is retired: name '{last.id}'"


def _folded_away(article: Article) -> Iterator[tuple[str, str]]:
    """Only what a line of the card links to is open under it. A list on the caller's screen is no list of ours."""
    for name in ("ask", "do", "stop-and-escalate-if"):
        section = article.section(name)
        if section is None:
            continue
        for line in items(section):
            if (named := _ELSEWHERE.search(line)) and not re.search(r"\]\((?:#|/articles/)", line):
                yield f"## {section.heading}", f"says “{named[0]}” without a link to a heading or an article"


def read_out_problems(text: str, snapshot: Snapshot, *, to_staff: bool = False) -> list[str]:
    """Staff may hear the names of teams."""
    teams = () if to_staff else snapshot.catalogue.teams.values()
    names = [team.phrase.removeprefix("the ") for team in teams]
    return check_reading_out(text, names, snapshot.catalogue.published_times)


def _codes(articles: list[Article], snapshot: Snapshot) -> Iterator[Problem]:
    yield from code_names.unexplained(snapshot.codes, snapshot.articles)
    rows = snapshot.codes.values()
    form = code_names.form_of_codes(rows)
    known = _names_of_codes(snapshot)
    for article in articles:
        yield from code_names.unknown_codes(article, form, known)


def _repeated(articles: list[Article]) -> Iterator[Problem]:
    kept = (one for one in articles if one.publication is not Publication.RETIRED)
    for one, other in near_duplicates([part for article in kept for part in paragraphs(article)]):
        said = f"says nearly the same as {other.file}:{other.line}: keep it in one place and link to it"
        yield Problem(one.file, "", said, one.line)


def _of_yaml(path: str, data: bytes, snapshot: Snapshot) -> Iterator[Problem]:
    loaded, _ = load_yaml(path, data)
    if loaded is None:
        return
    spoken = set()
    if path == CATALOGUE_FILE:
        for name in ("routes", "maintenance"):
            rows = loaded.values.get(name)
            for i, row in enumerate(rows if isinstance(rows, list) else ()):
                if isinstance(row, dict) and isinstance(row.get("say"), str):
                    key = f"{name}[{i}].say"
                    spoken.add(key)
                    for message in read_out_problems(row["say"], snapshot):
                        yield Problem(path, key, message, nearest_line(loaded.lines, key))
    yield from personal_data.in_values(
        path, loaded.values, loaded.lines, snapshot.catalogue.help_numbers, spoken
    )
