"""Reading a repository of the knowledge base: commits, trees, files, and the seal of commits that a portal made."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pygit2
from pygit2 import Commit, Oid, Repository, Tree
from pygit2.enums import FileMode, SortMode

from portal.core.errors import NotFound
from portal.knowledge.content_layout import FOLDERS, is_content_path

MAIN, SHIPPED = "refs/heads/main", "refs/heads/shipped"
REMOTE, REDACTED = "refs/portal/remote", "refs/portal/redacted"  # as they were fetched last
REGULAR = (FileMode.BLOB, FileMode.BLOB_EXECUTABLE)
REVISION = re.compile(r"[0-9a-f]{7,64}")
SEAL = re.compile(r"\n*^Portal-Seal: ([0-9a-f]{64})\s*\Z", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Author:
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Clash:
    """Two changes of the same lines. Saving: `theirs` is on main, `ours` was sent. Importing: `theirs` is the
    text that comes in, `ours` is main's, which stays. A file that is absent counts as empty."""

    path: str
    base: str
    theirs: str
    ours: str


@dataclass(frozen=True, slots=True)
class Revision:
    commit: str
    at: datetime
    author: str
    message: str


class RevisionNotFound(NotFound):
    """No commit of that name."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A line in the message of each commit that a portal makes: what it holds went through a portal's rules.

    Others cannot make it, since it needs the secret key, nor move it, since it covers tree and parents.
    """

    key: bytes = field(default=b"", repr=False)

    def signed(self, message: str, tree: Oid, parents: Sequence[Oid]) -> str:
        message = SEAL.sub("", message)
        return f"{message}\n\nPortal-Seal: {self._mark(tree, parents)}\n" if self.key else message

    def holds(self, commit: Commit) -> bool:
        found = SEAL.search(decoded(commit.raw_message)) if self.key else None
        mark = self._mark(commit.tree.id, commit.parent_ids)
        return found is not None and hmac.compare_digest(found[1], mark)

    def _mark(self, tree: Oid, parents: Sequence[Oid]) -> str:
        said = " ".join(["content commit", str(tree), *map(str, parents)])
        return hmac.new(self.key, said.encode(), hashlib.sha256).hexdigest()


def tip_of(repo: Repository, branch: str) -> Oid | None:
    reference = repo.references.get(branch)
    return reference.target if reference and isinstance(reference.target, Oid) else None


def head_of(repo: Repository) -> Commit | None:
    tip = tip_of(repo, MAIN)
    return commit_at(repo, str(tip)) if tip else None


def commit_at(repo: Repository, revision: str) -> Commit:
    found = None
    if REVISION.fullmatch(revision):
        try:
            found = repo[revision]
        except (KeyError, pygit2.GitError):
            found = None  # absent, ambiguous or too long
    if not isinstance(found, Commit):
        raise RevisionNotFound("There is no such version of the knowledge base.")
    return found


def parent_of(commit: Commit) -> Commit | None:
    return commit.parents[0] if commit.parents else None


def first_parents(commit: Commit | None) -> Iterator[Commit]:
    """First parents only: the states that readers saw, newest first."""
    while commit:
        yield commit
        commit = parent_of(commit)


def revision_of(commit: Commit) -> Revision:
    author, message = (decoded(raw) for raw in (commit.author.raw_name, commit.raw_message))
    at = datetime.fromtimestamp(commit.commit_time, UTC)
    return Revision(str(commit.id), at, author, SEAL.sub("", message).strip())


def decoded(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace").replace("\0", "\ufffd")


def entries(tree: Tree, folder: str = "") -> Iterator[tuple[str, int, Oid]]:
    """Path, mode and id of the files; a folder that is not of content stands for all that is in it."""
    for entry in tree:
        path = folder + decoded(entry.raw_name)
        if path.startswith("."):
            continue  # what git and its hosts keep for themselves, as in read_folder
        if isinstance(entry, Tree) and path in FOLDERS:
            yield from entries(entry, f"{path}/")
        else:
            yield path, entry.filemode, entry.id


def blob_at(tree: Tree | None, path: str) -> Oid | None:
    """Id of the regular file at the path."""
    if tree is None or not is_content_path(path):
        return None
    try:
        entry = tree[path]
    except KeyError:
        return None
    return entry.id if entry.filemode in REGULAR else None


def data_of(repo: Repository, oid: Oid) -> bytes:
    return repo.odb.read(oid)[1]


def text_of(repo: Repository, oid: Oid | None) -> str:
    return decoded(data_of(repo, oid)) if oid else ""


def changed_files(old: Tree | None, new: Tree) -> list[str]:
    diff = new.diff_to_tree(old, swap=True) if old else new.diff_to_tree(swap=True)
    return sorted(filter(is_content_path, {decoded(delta.new_file.raw_path) for delta in diff.deltas}))


def newest_first(repo: Repository, tip: Oid, but: Sequence[Oid] = ()) -> Iterator[Commit]:
    """Every commit that leads to `tip`, children before parents, but what leads to the others."""
    walker = repo.walk(tip, SortMode.TOPOLOGICAL)
    for one in but:
        walker.hide(one)
    yield from walker
