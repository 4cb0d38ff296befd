"""The first text of a new article: what its type asks for, empty, in the order of the schema."""

from __future__ import annotations

from datetime import date

from portal.knowledge.article import ArticleKind
from portal.knowledge.article_types import ARTICLE_TYPES
from portal.knowledge.fields import fields_of, order_of
from portal.knowledge.source import Source, Value, set_values

_RULES = """# What is asked, in order; choices are value: label. A known fact such as audience or platform is `fact: audience`.
inputs:
  - id: shows
    ask: What does the screen show?
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
    return "\n".join(parts) or "Say here what is known.\n"


def _heading(slug: str) -> str:
    words = slug.replace("-", " ").capitalize()
    return words.replace("tier 3", "Tier 3")
