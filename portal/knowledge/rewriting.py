"""A text that must not stay, such as personal data saved by mistake, is taken out of every version of some files.

What was taken out is kept as a list beside the branches: the files, a keyed mark of the text (never the text), and which
blob and commit became which. It goes to the other portals with the remote, and every later import passes through it,
so that a clone that nobody made anew does not bring the text back.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pygit2 import Commit, Oid, Repository, Signature
from pygit2.enums import FileMode, SortMode

from portal.knowledge.content_layout import TAKEN_OUT, is_picture
from portal.knowledge.content_merge import write_tree
from portal.knowledge.content_repository import CLEANED
from portal.knowledge.content_store import ContentStore
from portal.knowledge.git_objects import (
    MAIN,
    REDACTED,
    REMOTE,
    SEAL,
    SHIPPED,
    Seal,
    blob_at,
    commit_at,
    data_of,
    decoded,
    newest_first,
    tip_of,
)  # fmt: skip

LIST = "refs/portal/redactions"
UNFINISHED = "portal.redacting"
_FILE = "list"


@dataclass(frozen=True, slots=True)
class Mark:
    """`digest` stands for a text of `length` bytes in the file `path`; it can be checked only with the key."""

    path: str
    length: int
    digest: str


@dataclass(frozen=True, slots=True)
class Redactions:
    """`ids`: blobs and commits as they were -> as they are."""

    marks: frozenset[Mark] = frozenset()
    ids: Mapping[str, str] = field(default_factory=dict)

    def __or__(self, other: Redactions) -> Redactions:
        return Redactions(self.marks | other.marks, {**other.ids, **self.ids})

    @property
    def paths(self) -> list[str]:
        return sorted({mark.path for mark in self.marks})

    @property
    def of_texts(self) -> list[Mark]:
        """What may stand in a message or a draft too."""
        return [mark for mark in self.marks if not is_picture(mark.path)]

    def final(self, name: str) -> str:
        """What the commit or blob is now; itself for one that was not touched."""
        for _ in self.ids:  # as many steps at most
            if name not in self.ids:
                break
            name = self.ids[name]
        return name


def marked(key: bytes, path: str, text: bytes) -> Mark:
    return Mark(path, len(text), hmac.digest(key, text, hashlib.sha256).hex())


def without(marks: Iterable[Mark], key: bytes, data: bytes) -> bytes:
    """The data with each marked text replaced."""
    for length, digest in {(mark.length, bytes.fromhex(mark.digest)) for mark in marks}:
        place, parts, done = 0, list[bytes](), 0
        while place + length <= len(data):
            if hmac.digest(key, data[place : place + length], hashlib.sha256) == digest:
                parts += [data[done:place], TAKEN_OUT]
                place = done = place + length
            else:
                place += 1
        data = b"".join([*parts, data[done:]])
    return data


def read_list(repo: Repository) -> Redactions:
    """As it is kept here."""
    tip = tip_of(repo, LIST)
    return _read(repo, commit_at(repo, str(tip))) if tip else Redactions()


def read_fetched(store: ContentStore) -> Redactions:
    """The list of the other portals; empty unless a portal with the same key made it: it says what becomes of main."""
    repo = store.repo()
    tip = tip_of(repo, REDACTED)
    commit = commit_at(repo, str(tip)) if tip else None
    return _read(repo, commit) if commit and store.seal.holds(commit) else Redactions()


def _read(repo: Repository, commit: Commit) -> Redactions:
    tree = commit.tree
    if _FILE not in tree:
        return Redactions()
    marks, ids = set(), {}
    for words in (line.split(" ") for line in decoded(data_of(repo, tree[_FILE].id)).splitlines()):
        if words[0] == "mark" and len(words) == 4 and words[2].isdigit() and len(words[3]) == 64:
            marks.add(Mark(words[1], int(words[2]), words[3]))
        elif words[0] == "became" and len(words) == 3:
            ids[words[1]] = words[2]
    return Redactions(frozenset(marks), ids)


def list_to_send(store: ContentStore) -> str | None:
    """The commit of the list, when the remote is not known to have it."""
    tip = tip_of(store.repo(), LIST)
    return str(tip) if tip and read_list(store.repo()) != read_fetched(store) else None


def is_unfinished(store: ContentStore) -> bool:
    """Was something rewritten of which the database and the search do not know yet?"""
    return (store.path / UNFINISHED).exists()


def finish(store: ContentStore, prune: Callable[[], None]) -> None:
    """Take what nothing leads to from the disk, while no writer may need it."""
    with store.writing():
        prune()
        (store.path / CLEANED).touch()
    (store.path / UNFINISHED).unlink(missing_ok=True)


def count_versions(store: ContentStore, paths: Sequence[str], text: bytes) -> int:
    """How many versions of the files hold the text."""
    repo = store.repo()
    tips = [tip for name in (MAIN, SHIPPED) if (tip := tip_of(repo, name))]
    commits = (one for tip in tips for one in newest_first(repo, tip))
    blobs = {oid for one in commits for path in paths if (oid := blob_at(one.tree, path))}
    return sum(text in data_of(repo, oid) for oid in blobs)


def apply(store: ContentStore, wanted: Redactions, fetched: str = "") -> tuple[Redactions, bool]:
    """Bring every branch, and a fetched commit, in line with the list kept here and the one wanted; the whole list, and
    whether anything changed.

    What was rewritten stays on disk, and `is_unfinished` is true, until `finish`. Raises Unavailable.
    """
    repo = store.repo()
    held = read_list(repo)
    work = _Rewriting(repo, held | wanted, store.seal)
    grown = work.redactions != held
    if grown and (tip := tip_of(repo, MAIN)):
        work.rewrite(tip, [])  # the long part, before the lock that saves wait for
    with store.writing() as repo:
        main = tip_of(repo, MAIN)
        clean = [main] if main and not grown else []  # main has passed through the list before
        if fetched:
            work.rewrite(commit_at(repo, fetched).id, clean)
        moved = {}
        for name in (MAIN, SHIPPED, REMOTE) if grown else (REMOTE,):
            if tip := tip_of(repo, name):
                moved[name] = (tip, work.rewrite(tip, clean))
        changed = work.redactions != held
        if changed:
            _write_list(repo, work.redactions, store.seal)
            (store.path / UNFINISHED).touch()
        for name, (old, new) in moved.items():
            if old != new:
                repo.references[name].set_target(new)
    return work.redactions, changed or any(old != new for old, new in moved.values())


def _write_list(repo: Repository, redactions: Redactions, seal: Seal) -> None:
    lines = [f"mark {one.path} {one.length} {one.digest}" for one in redactions.marks]
    lines += [f"became {old} {new}" for old, new in redactions.ids.items()]
    builder = repo.TreeBuilder()
    builder.insert(_FILE, repo.create_blob("\n".join([*sorted(lines), ""]).encode()), FileMode.BLOB)
    who = Signature("Redactions", "redactions@localhost", 0, 0)
    tree = builder.write()
    commit = repo.create_commit(None, who, who, seal.signed("What was taken out", tree, []), tree, [])
    repo.references.create(LIST, commit, force=True)


class _Rewriting:
    """The list with all that it comes to change."""

    def __init__(self, repo: Repository, redactions: Redactions, seal: Seal) -> None:
        self._repo, self._seal = repo, seal
        self._marks, self._ids = redactions.marks, dict(redactions.ids)
        self._paths, self._of_texts = redactions.paths, redactions.of_texts
        self._looked_at: dict[Oid, Oid] = {}

    @property
    def redactions(self) -> Redactions:
        return Redactions(self._marks, self._ids)

    def rewrite(self, tip: Oid, clean: Sequence[Oid]) -> Oid:
        """The commit that stands for the tip; commits that lead to a clean one are passed over."""
        walker = self._repo.walk(tip, SortMode.TOPOLOGICAL | SortMode.REVERSE)
        for one in clean:
            walker.hide(one)
        for commit in walker:
            if self._now(commit.id) == commit.id or self._now(commit.id) not in self._repo:
                self._commit(commit)
        return self._now(tip)

    def _now(self, oid: Oid) -> Oid:
        return Oid(hex=self.redactions.final(str(oid)))

    def _commit(self, commit: Commit) -> None:
        changes: dict[str, Oid | None] = {}
        for path in self._paths:
            old = blob_at(commit.tree, path)
            if old and (new := self._blob(path, old)) != old:
                changes[path] = new
        parents = [self._now(one) for one in commit.parent_ids]
        message = decoded(commit.raw_message)
        said = without(self._of_texts, self._seal.key, SEAL.sub("", message).encode()).decode(
            "utf-8", "replace"
        )
        if not changes and parents == commit.parent_ids and said == SEAL.sub("", message):
            return
        tree = write_tree(self._repo, commit.tree, changes) if changes else commit.tree.id
        text = self._seal.signed(said, tree, parents) if self._seal.holds(commit) else said
        made = self._repo.create_commit(None, commit.author, commit.committer, text, tree, parents)
        self._ids[str(commit.id)] = str(made)

    def _blob(self, path: str, old: Oid) -> Oid:
        found = self._looked_at.get(old)
        if found is None:
            found = self._now(old)
            data = data_of(self._repo, found) if found in self._repo else None
            marks = [mark for mark in self._marks if mark.path == path]
            if data is not None and (kept := without(marks, self._seal.key, data)) != data:
                found = self._repo.create_blob(kept)
            elif data is None:  # the list names what this repository has not: nothing of the file stays
                found = self._repo.create_blob(TAKEN_OUT + b"\n")
            if found != old:
                self._ids[str(old)] = str(found)
            self._looked_at[old] = found
        return found
