"""The first text of a new article: what its type asks for, empty, in the order of the schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from portal.core.problem import Problem
from portal.knowledge.article import ArticleKind
from portal.knowledge.article_types import ARTICLE_TYPES
from portal.knowledge.fields import fields_of, order_of
from portal.knowledge.front_matter import nearest_line, texts
from portal.knowledge.source import Source, Value, set_values

_RULES = """# What is asked, in order; choices are value: label. A known fact such as audience or platform is `fact: audience`.
inputs:
  - id: shows
    ask: Say what to ask.
    choices: {error: An error, nothing: Nothing happens}
# Read from the top; the first that fits decides. Outcomes: escalate (severity), resolve (runbook), redirect (route).
rules:
  - id: error
    when: {shows: error}
    then: {outcome: escalate, severity: medium, because: Say why.}
  - id: nothing
    then: {outcome: escalate, severity: low, because: Say why.}
# Cases that show what the rules mean; each rule needs one.
examples:
  - name: the screen shows an error
    given: {shows: error}
    expect: {outcome: escalate, severity: medium}
  - name: nothing happens
    given: {shows: nothing}
    expect: {outcome: escalate, severity: low}
"""
_STARTS = {"do": "1. Say what to do => say what one should see\n"}
_SAY_HERE = "Say here what is known."
_LEFT = frozenset({"say what to ask", "say why", "say what to do", "say what one should see", "what one should see",
                   "say here what is known"})  # fmt: skip
_MARK = re.compile(r"\s*(?:\d+[.)]|[-*+])\s+")


def first_text(kind: ArticleKind, article_id: str, title: str, owner: str, review_by: date) -> str:
    """A draft that lacks only what its author has to say; required lists and texts are there, empty."""
    values: dict[str, Value] = {"id": article_id, "type": str(kind), "title": title, "owner": owner}
    values |= {"review_by": review_by, "confidence": "wip"}
    for field in fields_of(kind):
        if field.required and field.key not in values:
            values[field.key] = [] if field.many else ""
    source = Source("", "---\n", _body(kind))
    source = set_values(source, values, order_of(kind))
    if kind is ArticleKind.CRITERIA:
        source = Source(source.head + _RULES, source.fence, source.body)
    return source.text


def _body(kind: ArticleKind) -> str:
    rules = [rule for rule in ARTICLE_TYPES[kind].sections if rule.required]
    parts = [f"## {_heading(rule.slug)}\n{_STARTS.get(rule.slug, '')}" for rule in rules]
    return "\n".join(parts) or f"{_SAY_HERE}\n"


def left_over(path: str, values: Mapping[str, object], lines: Mapping[str, int]) -> Iterator[Problem]:
    """Texts of a front matter that still stand as the first text, which only says what to write."""
    for key, text in texts(values):
        if _is_left(text):
            yield Problem(path, key, _said(text), nearest_line(lines, key))


def left_over_lines(body: str) -> Iterator[tuple[int, str]]:
    """The same of a body, and of what the toolbar puts in: place of the line, from 0, and what is wrong."""
    for place, line in enumerate(body.split("\n")):
        if any(_is_left(part) for part in _MARK.sub("", line).split("=>")):
            yield place, _said(line)


def _is_left(text: str) -> bool:
    return text.strip().rstrip(".").casefold() in _LEFT


def _said(text: str) -> str:
    return f"still stands as it began, “{text.strip()}”: write your own words"


def _heading(slug: str) -> str:
    words = slug.replace("-", " ").capitalize()
    return words.replace("tier 3", "Tier 3")
