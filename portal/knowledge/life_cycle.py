"""When an article stops being what the team has confirmed: its text changed, or something that it depends on did. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from portal.criteria.table import normal_code
from portal.knowledge.article import Article, Confidence, Publication
from portal.knowledge.catalogue import ErrorCode
from portal.knowledge.fields import order_of
from portal.knowledge.snapshot import Snapshot
from portal.knowledge.source import NotEditable, Value, set_values, split

REVIEWED_AFTER = timedelta(days=120)
# They say whose, where found, from where, for whom, until when and in which state: not what a reader is told to do.
STATE_KEYS = frozenset(
    {
        *("review_by", "updated", "confidence", "publication", "replaced_by", "owner", "audience", "aliases"),
        *("sources", "to_confirm", "depends_on", "status", "since", "fixed", "merged_into", "github"),
    }
)


def is_substantive(before: Article, after: Article) -> bool:
    """Does the new text tell readers something else: its body, rules or front matter, beyond white space and STATE_KEYS?"""
    return _told(before) != _told(after)


def _told(article: Article) -> tuple[object, object]:
    matter = {key: _plain(value) for key, value in article.front_matter.items() if key not in STATE_KEYS}
    return _plain(article.body), matter


def _plain(value: object) -> object:
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def falls(before: Article | None, after: Article | None) -> bool:
    """Does a save take the confidence away that the team had confirmed?"""
    return (
        before is not None
        and after is not None
        and before.confidence is after.confidence is Confidence.VALIDATED
        and is_substantive(before, after)
    )


def with_values(article: Article, text: str, values: Mapping[str, Value]) -> str:
    """The file with these keys changed; as it was when it can only be changed by hand."""
    source = split(text)
    try:
        return set_values(source, values, order_of(article.kind)).text if source else text
    except NotEditable:
        return text


Named = Mapping[str, Sequence[Article | ErrorCode]]


def names_to_depend_on(snapshot: Snapshot) -> Named:
    """What an entry of `depends_on` can stand for: an article's id, a release's switch, a code or its text on the screen."""
    found: dict[str, list[Article | ErrorCode]] = {}
    for article in snapshot.articles.values():
        switch = article.release.toggle if article.release else None
        for name in {article.id, switch or article.id}:
            found.setdefault(name, []).append(article)
    for code in snapshot.codes.values():
        for name in {normal_code(code.code), code.seen_as} - {""}:
            found.setdefault(name, []).append(code)
    return found


def dependencies(article: Article, named: Named) -> list[Article | ErrorCode]:
    """What this article depends on here, each once, in its order; entries that stand for nothing here are passed over."""
    if article.publication is not Publication.PUBLISHED:
        return []
    found: dict[str, Article | ErrorCode] = {}
    for name in article.depends_on:
        for one in (*named.get(name, ()), *named.get(normal_code(name), ())):
            key = one.id if isinstance(one, Article) else one.code
            if key != article.id:
                found.setdefault(key, one)
    return list(found.values())


def changed_code(code: ErrorCode, before: Mapping[str, ErrorCode]) -> bool:
    """Does the row of a code say something else than it did?"""
    old = before.get(code.code)
    said = [(row.meaning, row.seen_as, row.next_step, row.goes_to, row.route) for row in (old, code) if row]
    return len(said) < 2 or said[0] != said[1]


def stale_words(changed: Sequence[str]) -> str:
    """ "“Large attachments” has changed since this was last changed"; empty for nothing."""
    names = " and ".join(f"“{name}”" for name in changed)
    verb = "has" if len(changed) == 1 else "have"
    return f"{names} {verb} changed since this article was last changed" if changed else ""
