"""Numbers and names of people in the texts of content/, which is public: only published lines stand in it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from portal.core.pii import Kind, describe, find_pii
from portal.core.problem import Problem
from portal.knowledge.article import Article
from portal.knowledge.caller_text import caller_texts
from portal.knowledge.front_matter import nearest_line, texts

_APART = "\n| and |\n"  # a name or number does not go on behind it


def in_article(article: Article, allowed: Collection[str]) -> Iterator[Problem]:
    """`allowed`: published numbers. In what is read out only names are looked for: check_caller_text does the rest."""
    spoken = {key for key, _ in caller_texts(article)}
    yield from in_values(article.path, article.front_matter, article.lines, allowed, spoken)
    for start, message, certain in _found(article.body, allowed):
        line = article.body_line + article.body.count("\n", 0, start)
        section = next((one for one in reversed(article.sections) if one.line <= line), None)
        key = f"## {section.heading}" if section else ""
        if not (certain and key in spoken):
            yield Problem(article.path, key, message, line)


def in_values(
    file: str,
    values: Mapping[str, object],
    lines: Mapping[str, int],
    allowed: Collection[str],
    spoken: Collection[str] = (),
) -> Iterator[Problem]:
    """Every text of a YAML file or a front matter; they are read as one, since most hold nothing."""
    pairs = list(texts(values))
    ends, whole = [], 0
    for _, text in pairs:
        whole += len(text) + len(_APART)
        ends.append(whole)
    for start, message, certain in _found(_APART.join(text for _, text in pairs), allowed):
        key = next(key for (key, _), end in zip(pairs, ends, strict=True) if start < end)
        if not (certain and key in spoken):
            yield Problem(file, key, message, nearest_line(lines, key))


def _found(text: str, allowed: Collection[str]) -> Iterator[tuple[int, str, bool]]:
    for finding in find_pii(text, allowed):
        said = describe(finding, text, offered=False)
        if finding.kind is Kind.PHONE:
            said = said.partition(":")[0] + ": take it out, or add the public line to the catalogue"
        yield finding.start, said, finding.certain
