"""What search knows of the knowledge base: one flat `Document` for each article, error code and route. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from hashlib import blake2b
from urllib.parse import quote

from portal.knowledge.article import Article, ArticleKind, Confidence, Publication
from portal.knowledge.catalogue import ErrorCode, Route
from portal.knowledge.snapshot import Snapshot

CODE = "code"
NOT_OURS = "not-ours"

_FENCE = re.compile(r"^(?:```|~~~).*$|<[^>\n]*>|!?\[|\]\([^)\n]*\)|^\s*\|?[\s:|-]+$", re.MULTILINE)
_MARKS = re.compile(r"[*`#>|\\=\]]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """`kind` is the type of the article, `code` or `not-ours`; no `tools`: it holds for all of them.

    `words` are the callers' and agents' own words for it: aliases, symptoms, alert texts. `status` is the
    state of a known issue, else the confidence. `live`: an open known issue.
    """

    id: str
    kind: str
    title: str
    url: str
    tools: tuple[str, ...] = ()
    status: str = ""
    owner: str = ""
    readers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    body: str = ""
    say: str = ""
    summary: str = ""
    updated: date | None = None
    review_by: date | None = None
    live: bool = False
    stale: str = ""  # why it may be out of date

    @property
    def tool(self) -> str | None:
        return self.tools[0] if len(self.tools) == 1 else None

    @property
    def hash(self) -> str:
        """Changes with anything that is indexed."""
        return blake2b(
            "\0".join((self.title, *self.words, "\0", self.body)).encode(), digest_size=12
        ).hexdigest()

    def is_overdue(self, today: date) -> bool:
        return self.review_by is not None and self.review_by < today


def plain_text(markdown: str) -> str:
    """The words of a Markdown text: link texts stay, their addresses, code fences, tags and marks go."""
    return " ".join(_MARKS.sub(" ", _FENCE.sub(" ", markdown)).split())


def documents_of(
    snapshot: Snapshot, before: Snapshot | None, known: Mapping[str, Document]
) -> dict[str, Document]:
    """Every published article, code and route by id. Articles that are the same object as `before` keep their document."""
    documents = {}
    for article in snapshot.articles.values():
        if article.publication is not Publication.PUBLISHED or article.confidence is Confidence.ARCHIVED:
            continue
        same = before is not None and before.articles.get(article.id) is article and article.id in known
        made = known[article.id] if same else _of_article(article)
        stale = snapshot.stale.get(article.id, "")
        documents[article.id] = made if made.stale == stale else replace(made, stale=stale)
    others = [_of_code(code) for code in snapshot.codes.values()]
    others += [_of_route(route) for route in snapshot.catalogue.routes.values()]
    documents.update((document.id, document) for document in others)
    return documents


def _of_article(article: Article) -> Document:
    issue, release = article.known_issue, article.release
    words, say, status, more = list(article.aliases), article.say, str(article.confidence), [article.summary]
    if issue is not None:
        words += [*issue.symptoms, *issue.error_texts]
        more += [*issue.workaround, issue.caller_text]  # not what it is not: its words would lead to it
        say, status = issue.caller_text, str(issue.status or issue.nature)
    if release is not None:
        words += release.will_hear
        more.append(release.caller_text)
        say = release.caller_text
    if not say and (section := article.section("say")) is not None:
        say = plain_text(section.markdown)
    return Document(
        id=article.id,
        kind=str(article.kind),
        title=article.title,
        tools=(article.tool,) if article.tool else (),
        status=status,
        owner=article.owner,
        readers=article.readers,
        tags=article.sub_areas,
        codes=article.error_codes,
        words=tuple(words),
        body=" ".join(part for part in (*more, plain_text(article.body)) if part),
        say=say,
        summary=article.summary,
        url=f"/articles/{quote(article.id)}",
        updated=article.updated,
        review_by=article.review_by,
        live=article.kind is ArticleKind.KNOWN_ISSUE and issue is not None and issue.is_open,
    )


def _of_code(code: ErrorCode) -> Document:
    http = (f"HTTP {code.http}",) if code.http.isdigit() else ()
    return Document(
        id=f"code-{code.code}",
        kind=CODE,
        title=f"{code.code}: {code.meaning}",
        tools=(code.tool,) if code.tool else (),
        status=str(Confidence.VALIDATED if code.confirmed else Confidence.NOT_VALIDATED),
        codes=(code.code, *code.aliases, *http),
        words=(code.seen_as,) if code.seen_as else (),
        body=code.next_step,
        summary=code.next_step,
        url=f"/articles/code/{quote(code.code, safe='')}",
    )


def _of_route(route: Route) -> Document:
    return Document(
        id=f"route-{route.id}",
        kind=NOT_OURS,
        title=route.name,
        tools=route.tools,
        words=route.words,
        body=" ".join(part for part in (route.what, route.how, route.hours_text) if part),
        say=route.say,
        summary=route.what,
        url=f"/articles/route/{quote(route.id)}",
    )
