"""An article as one person writes it: opened, checked while they type, kept as their draft."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.accounts.actor import Actor
from portal.accounts.policy import may_edit
from portal.accounts.service import audit
from portal.core.errors import Conflict, Invalid, NotAllowed
from portal.core.problem import Problem
from portal.criteria.check import check
from portal.criteria.table import DecisionTable, parse_table
from portal.knowledge import feedback_store, store
from portal.knowledge.article import Article, ArticleKind
from portal.knowledge.article_types import ARTICLE_TYPES
from portal.knowledge.content_check import check_article, check_place, known_ids
from portal.knowledge.content_layout import LIMIT_BYTES, YAML_FILES
from portal.knowledge.content_store import Revision
from portal.knowledge.front_matter import load_front_matter
from portal.knowledge.gate import of_article
from portal.knowledge.models import Draft
from portal.knowledge.new_article import left_over
from portal.knowledge.parse import parse_article
from portal.knowledge.render import BODY_LIMIT
from portal.knowledge.service.base import MESSAGE_MOST, ArticleNotFound, KnowledgeBase
from portal.knowledge.snapshot import Snapshot
from portal.knowledge.source import clean

SEEN_WRITING = timedelta(minutes=30)
MayWrite = Callable[[Actor, str], bool]


class TooLarge(Invalid):
    """More than any file of content may hold: nothing of it is kept."""


class InReview(Conflict):
    """The person's own text waits for a second person, so it is not written over."""


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """A row of the table of drafts as a value."""

    id: int
    article_id: str
    path: str
    author: int
    author_name: str
    author_email: str
    base_revision: str
    text: str
    message: str
    state: str
    reason: str
    changed_at: datetime
    undo_text: str | None

    @property
    def is_in_review(self) -> bool:
        return self.state == "in_review"


@dataclass(frozen=True, slots=True)
class Work:
    """The file at `path` with the text that one person is writing, begun from `base_revision`."""

    article_id: str
    path: str
    base_revision: str
    text: str

    @property
    def is_article(self) -> bool:
        """Else it is one of YAML_FILES, which go by their name instead of an id."""
        return self.path not in YAML_FILES

    @property
    def kind(self) -> ArticleKind:
        return ArticleKind(self.path.partition("/")[0])

    @property
    def needs_second_person(self) -> bool:
        return self.is_article and ARTICLE_TYPES[self.kind].second_person


@dataclass(frozen=True, slots=True)
class Opened:
    """`work` holds the person's draft, or the text that is served. `since`: what others published after its base."""

    work: Work
    is_new: bool
    draft: KeptDraft | None
    since: tuple[Revision, ...]


def value_of(row: Draft) -> KeptDraft:
    return KeptDraft(**{name: getattr(row, name) for name in KeptDraft.__slots__})


def find_draft(article_id: str, actor: Actor) -> KeptDraft | None:
    row = store.find_draft(article_id, actor.id)
    return value_of(row) if row else None


def list_drafts(actor: Actor) -> list[KeptDraft]:
    """The person's own."""
    return [value_of(row) for row in store.list_drafts(actor.id)]


def writers(article_id: str, actor: Actor, now: datetime) -> list[tuple[str, datetime]]:
    """Others who are writing this article: name, and when they last did."""
    return store.list_writers(article_id, actor.id, now - SEEN_WRITING)


def open_work(base: KnowledgeBase, article_id: str, *, actor: Actor) -> Opened:
    """The article in the hands of this person: their own draft always is. Raises ArticleNotFound, NotAllowed."""
    head, draft = base.snapshot().revision, find_draft(article_id, actor)
    path = find_path(base, article_id, head) or (draft.path if draft else "")
    if not path:
        raise ArticleNotFound(f"There is no article {article_id}.")
    served = read_text(base, path, head)
    if draft is None:
        need_edit(owner_of(base.snapshot(), article_id, served), actor)
        return Opened(Work(article_id, path, head, served or ""), False, None, ())
    if is_known(base, draft.base_revision):
        begun, since = draft.base_revision, base.content.changes_after(draft.base_revision, path)
    else:  # the repository was made anew: nobody can tell what changed, so the last change is shown
        begun, since = head, base.content.history(path, limit=1)
    work = Work(article_id, draft.path, begun, draft.text)
    return Opened(work, served is None, draft, tuple(since))


def is_known(base: KnowledgeBase, revision: str) -> bool:
    """Is this a version that the repository has?"""
    return base.content.has(revision)


def begin_work(base: KnowledgeBase, kind: ArticleKind, article_id: str, text: str, *, actor: Actor) -> Work:
    """The first text of a new article; raises Invalid when the id is taken, NotAllowed for another team's article."""
    head = base.snapshot().revision
    work = Work(article_id, f"{kind}/{article_id}.md", head, text)
    need_edit(owner_of(base.snapshot(), article_id, text), actor)
    if find_path(base, article_id, head) or article_id in base.snapshot().articles:
        said = "There is already an article with this id"
        raise Invalid(f"{said}.", {"id": said})
    return work


def find_path(base: KnowledgeBase, article_id: str, revision: str) -> str:
    """Where the article stands at a commit, also when its file is bad; empty for nowhere."""
    paths = (
        [f"{kind}/{article_id}.md" for kind in ArticleKind] if article_id not in YAML_FILES else [article_id]
    )
    return next((path for path in paths if base.content.read(path, revision) is not None), "")


def read_text(base: KnowledgeBase, path: str, revision: str) -> str | None:
    """The file as an editor shows it; None when there is none."""
    data = base.content.read(path, revision)
    return None if data is None else clean(data.decode("utf-8", "replace"))


def owner_of(snapshot: Snapshot, article_id: str, text: str | None) -> str:
    """The team that answers for it: of the served article, else as its text says; empty when nobody can tell."""
    article = snapshot.articles.get(article_id)
    if article is not None:
        return article.owner
    return owner_in(text or "") if article_id not in YAML_FILES else ""


def owner_in(text: str) -> str:
    loaded, _ = load_front_matter("", text.encode())
    return str(loaded.values.get("owner", "")) if loaded else ""


def need_edit(owner: str, actor: Actor, may: MayWrite = may_edit) -> None:
    if not may(actor, owner):
        raise NotAllowed("Only the team that owns an article edits it, and admins.")


def check_text(snapshot: Snapshot, work: Work) -> tuple[Article | None, list[Problem]]:
    """The article as it would be, None when it cannot be read, and every problem of this file."""
    article, problems = parse_article(work.path, work.text.encode(), "")
    if article is None:  # what the tables of a tool share out is said while the rest is still being written
        table, own = check_rules(snapshot, work) if work.kind is ArticleKind.CRITERIA else (None, [])
        return None, [*problems, *(one for one in own if table and one.key in ("tool", "sub_areas"))]
    others: Sequence[Article] = list(snapshot.articles.values())
    return article, check_article(article, others, snapshot.catalogue, snapshot.codes, snapshot.pictures)


def check_rules(snapshot: Snapshot, work: Work) -> tuple[DecisionTable | None, list[Problem]]:
    """The table of a text, None when it cannot be read as one, and its problems, whatever the rest of the text is like."""
    loaded, problems = load_front_matter(work.path, work.text.encode())
    if loaded is None:
        return None, problems
    left = list(left_over(work.path, loaded.values, loaded.lines))
    table, problems = parse_table(loaded.values, loaded.lines, work.path)
    if table is None:
        return None, [*left, *problems]
    articles = list(snapshot.articles.values())
    known = known_ids(articles, snapshot.catalogue, snapshot.codes)
    placed = check_place(table, work.path, articles, snapshot.catalogue)
    return table, [*left, *placed, *check(table, known, work.path, loaded.lines)]


def advice(snapshot: Snapshot, article: Article, problems: Sequence[Problem], today: date) -> list[Problem]:
    """What would be better otherwise and hinders nobody, besides the problems."""
    known = {(one.key, one.message) for one in problems}
    return [one for one in of_article(article, snapshot, today) if (one.key, one.message) not in known]


def keep_draft(
    base: KnowledgeBase,
    work: Work,
    *,
    message: str,
    actor: Actor,
    now: datetime,
    undo_text: str | None = None,
) -> None:
    """Keep what was typed; what is served already needs no draft. Raises TooLarge, InReview. In a transaction.

    The caller has opened the work, so the person may edit it. `undo_text`: what this step can be taken back to.
    """
    if len(work.text.encode()) > LIMIT_BYTES:
        raise TooLarge(f"The text is larger than {BODY_LIMIT // 1024} KB: split the article. It is not kept.")
    message = " ".join(clean(message).split())[:MESSAGE_MOST]
    if not message and not undo_text and work.text == read_text(base, work.path, work.base_revision):
        draft = store.find_draft(work.article_id, actor.id)
        if draft is not None and draft.state == "draft":
            _drop(work.article_id, actor)
        return
    kept = store.keep_draft(
        article_id=work.article_id,
        path=work.path,
        author=actor.id,
        author_name=actor.name,
        author_email=actor.email,
        base_revision=work.base_revision,
        text=work.text,
        message=message,
        changed_at=now,
        undo_text=undo_text,
    )
    if not kept:
        raise InReview("Your text waits for a second person. Take it back to change it.")


def _drop(article_id: str, actor: Actor) -> None:
    store.delete_draft(article_id, actor.id)
    feedback_store.give_back(article_id, actor.id)


def discard_draft(article_id: str, *, actor: Actor, now: datetime) -> None:
    """In a transaction."""
    if store.find_draft(article_id, actor.id):
        _drop(article_id, actor)
        audit(actor, "discard draft", audit_name(article_id), "done", now)


def audit_name(article_id: str) -> str:
    """How the audit log calls it: `article:id`, or `file:catalogue.yml`."""
    return f"{'file' if article_id in YAML_FILES else 'article'}:{article_id}"
