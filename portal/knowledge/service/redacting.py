"""A text or a picture is taken out of every version of a file: from git, drafts, clashes, and whatever was made of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.accounts.actor import Actor, Permission
from portal.accounts.service import audit
from portal.core.db import transaction
from portal.core.errors import Invalid, NotAllowed, NotFound
from portal.knowledge import rewriting, store
from portal.knowledge.article import ArticleKind
from portal.knowledge.content_layout import TAKEN_OUT, is_content_path
from portal.knowledge.remote import prune
from portal.knowledge.rewriting import Redactions
from portal.knowledge.service.base import KnowledgeBase
from portal.knowledge.service.pictures import read_picture

SHORTEST, LONGEST = 4, 10_000  # characters of a text to take out


@dataclass(frozen=True, slots=True)
class Found:
    """What a redaction would touch. `others`: files that are served and hold the text too, and stay as they are."""

    paths: tuple[str, ...]
    data: bytes
    versions: int
    others: tuple[str, ...]


def find_text(base: KnowledgeBase, path_or_id: str, text: str) -> Found:
    """Where the text stands. Raises Invalid, NotFound."""
    if not SHORTEST <= len(text) <= LONGEST or TAKEN_OUT.decode() in text:
        raise Invalid(f"The text to take out has {SHORTEST} to {LONGEST} characters.")
    head = base.content.head()
    if head is None:
        raise NotFound("The knowledge base is still empty.")
    paths = [path_or_id] if "/" in path_or_id or "." in path_or_id else []
    paths = [*paths] or [f"{kind}/{path_or_id}.md" for kind in ArticleKind]
    if not all(map(is_content_path, paths)):
        raise Invalid("That is no file of the knowledge base.")
    data = text.encode()
    versions = rewriting.count_versions(base.content, paths, data)
    files, _ = base.content.files(head)
    others = [path for path, (_, held) in files.items() if path not in paths and data in (held or b"")]
    return Found(tuple(paths), data, versions, tuple(sorted(others)))


def find_picture(base: KnowledgeBase, name: str) -> Found:
    """The picture as a whole, and the articles that show it and will say that it is missing. Raises NotFound."""
    path, data = f"images/{name}", read_picture(base, name)
    shown = sorted(one.path for one in base.snapshot().articles.values() if path in one.body)
    return Found((path,), data, rewriting.count_versions(base.content, [path], data), tuple(shown))


def redact(base: KnowledgeBase, found: Found, *, actor: Actor, now: datetime) -> None:
    """Take it out. Touches git and the database, each on its own; done again it finishes what a crash left.

    What was pushed is replaced by the next exchange with the remote. Raises NotAllowed, Unavailable.
    """
    if not actor.may(Permission.ADMIN):
        raise NotAllowed("Only admins take a text out of the history.")
    key = base.content.seal.key
    marks = frozenset(rewriting.marked(key, path, found.data) for path in found.paths)
    redactions, _ = rewriting.apply(base.content, Redactions(marks))
    _finish(base, redactions)
    with transaction():
        audit(actor, "redact article", f"file:{found.paths[0]}", f"{found.versions} versions", now)


def follow_redactions(base: KnowledgeBase, tip: str) -> str:
    """Bring what was fetched in line with what was taken out here and elsewhere; the tip as it may be merged.

    It depends on nothing but the tip: a fetch of a killed process may still move the note of what was fetched last.
    """
    wanted = rewriting.read_fetched(base.content)
    repo = base.content.repo()
    if wanted.marks or rewriting.read_list(repo).marks:
        redactions, changed = rewriting.apply(base.content, wanted, tip)
        if changed or rewriting.is_unfinished(base.content):
            _finish(base, redactions)
        return redactions.final(tip)
    return tip


def _finish(base: KnowledgeBase, redactions: Redactions) -> None:
    final = {old: redactions.final(old) for old in redactions.ids}
    key = base.content.seal.key

    def cleaned(words: str) -> str:
        return rewriting.without(redactions.of_texts, key, words.encode()).decode("utf-8", "replace")

    with transaction():
        store.replace_revisions(final)
        store.clean_texts(redactions.paths, cleaned)
    base.forget()
    base.rewritten(final)
    rewriting.finish(base.content, lambda: prune(base.content.path))
