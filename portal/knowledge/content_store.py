"""The knowledge base in a bare git repository: read, save against a base revision, merge, history, diff.

Branch `main` is what readers get. Branch `shipped` holds content/ as delivered and is merged into `main` like
any other remote, so that an upgrade never overwrites a team's edit. A save is done when `main` has moved; by
then the objects, their folders and the branch are on disk. Several processes and threads may each hold a
store: writers take turns on one file lock. Source: reliability.md 2.
"""

from __future__ import annotations

import difflib
import fcntl
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pygit2
from pygit2 import Commit, IndexEntry, Oid, Repository, Signature, Tree
from pygit2.enums import FileMode

from portal.core.errors import Conflict, Invalid, NotFound, Unavailable
from portal.core.problem import Problem
from portal.knowledge.content_layout import (
    FOLDERS,
    NOT_REGULAR,
    is_content_path,
    misplaced,
    oversized,
    read_folder,
    unreadable,
)

LOCK_SECONDS = 5.0
STALE_LOCK_SECONDS = 1.0
MAIN, SHIPPED = "refs/heads/main", "refs/heads/shipped"

_REVISION = re.compile(r"[0-9a-f]{7,64}")
_REGULAR = (FileMode.BLOB, FileMode.BLOB_EXECUTABLE)

pygit2.settings.enable_fsync_gitdir(True)  # libgit2 syncs neither objects nor branches unless told to


@dataclass(frozen=True, slots=True)
class Author:
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Saved:
    """`merged`: a saved text also holds somebody else's change, so it is not what was sent."""

    revision: str
    merged: bool


@dataclass(frozen=True, slots=True)
class Clash:
    """Two changes of the same lines. Saving: `theirs` is on main, `ours` was sent. Importing: `theirs` is the
    shipped text, `ours` is main's, which stays. A file that is absent counts as empty."""

    path: str
    base: str
    theirs: str
    ours: str


@dataclass(frozen=True, slots=True)
class Imported:
    """`revision` is the head of main, `changed` whether it moved; `conflicts` wait for a person."""

    revision: str
    changed: bool
    conflicts: tuple[Clash, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Revision:
    commit: str
    at: datetime
    author: str
    message: str


@dataclass(frozen=True, slots=True)
class Change:
    """One step of main: the files that readers saw change, and what its merge left to a person."""

    revision: Revision
    paths: tuple[str, ...]
    clashes: tuple[Clash, ...]


class RevisionNotFound(NotFound):
    """No commit of that name."""


class SaveConflict(Conflict):
    """Nothing was saved: somebody changed the same lines since the base. `clashes` holds their texts."""

    def __init__(self, clashes: Sequence[Clash]) -> None:
        super().__init__(f"Somebody else changed the same lines of {', '.join(c.path for c in clashes)}.")
        self.clashes = list(clashes)


class ContentStore:
    """A bare repository at `path`; `import_shipped` makes it. Answers name commits by their full id."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open = (
            threading.local()
        )  # one Repository a thread; opening it takes 15 times a look at the branch

    # Reading

    def head(self) -> str | None:
        """The revision that readers get, None before the first import. Cheap enough for every request."""
        opened = getattr(self._open, "repo", None)
        if opened is None and not (self._path / "HEAD").exists():
            return None
        tip = _tip(opened or self._repo(), MAIN)
        return str(tip) if tip else None

    def files(
        self, revision: str, known: Mapping[str, str] | None = None
    ) -> tuple[dict[str, tuple[str, bytes | None]], list[Problem]]:
        """Path to blob id and bytes (None where `known` has that blob id), and what was left out and why."""
        repo, known = self._repo(), known or {}
        found: dict[str, tuple[str, bytes | None]] = {}
        problems: list[Problem] = []
        for path, mode, oid in _entries(_commit(repo, revision).tree):
            if mistake := misplaced(path):
                problems.append(Problem(path, "", mistake))
            elif mode not in _REGULAR:
                problems.append(Problem(path, "", NOT_REGULAR))
            elif known.get(path) == str(oid):
                found[path] = (str(oid), None)
            elif mistake := oversized(repo.odb.read_header(oid)[1]):
                problems.append(Problem(path, "", mistake))
            else:
                found[path] = (str(oid), _data(repo, oid))
        return found, problems

    def read(self, path: str, revision: str) -> bytes | None:
        """The file as it was then; None when there was none, or the path cannot be content."""
        repo = self._repo()
        oid = _blob(_commit(repo, revision).tree, path)
        return _data(repo, oid) if oid else None

    def history(
        self, path: str | None = None, *, limit: int = 50, after: str | None = None
    ) -> list[Revision]:
        """Steps of main that changed the file (or anything), newest first; `after` continues below that step.

        It walks, so pages use the table article_revision instead.
        """
        repo = self._repo()
        found: list[Revision] = []
        for commit in _walk(_parent(_commit(repo, after)) if after else _head(repo)):
            if len(found) >= limit:
                break
            parent = _parent(commit)
            if path is None or _blob(commit.tree, path) != _blob(parent.tree if parent else None, path):
                found.append(_revision(commit))
        return found

    def since(self, noted: str | None) -> list[Change]:
        """Steps of main after `noted`, oldest first, for whoever notes them; all if it is not there."""
        repo = self._repo()
        found: list[Change] = []
        for commit in _walk(_head(repo)):
            if str(commit.id) == noted:
                break
            parent = _parent(commit)
            clashes = _merge_shipped(repo, *commit.parents)[1] if len(commit.parents) == 2 else []
            paths = _changed(parent.tree if parent else None, commit.tree)
            found.append(Change(_revision(commit), tuple(paths), tuple(clashes)))
        return found[::-1]

    def revision(self, name: str) -> Revision:
        """Who made this commit, when, and why. Raises RevisionNotFound."""
        return _revision(_commit(self._repo(), name))

    def changes_after(self, base: str, path: str, *, limit: int = 20) -> list[Revision]:
        """Steps of main after `base` that changed the file, newest first; none when `base` is not on main."""
        repo = self._repo()
        found: list[Revision] = []
        for commit in _walk(_head(repo)):
            if str(commit.id) == base:
                return found[:limit]
            parent = _parent(commit)
            if _blob(commit.tree, path) != _blob(parent.tree if parent else None, path):
                found.append(_revision(commit))
        return []

    def changed_paths(self, old: str, new: str) -> list[str]:
        """Content files that differ between two revisions, by name."""
        repo = self._repo()
        return _changed(_commit(repo, old).tree, _commit(repo, new).tree)

    def diff(self, path: str, old: str, new: str) -> list[str]:
        """Unified diff of one file, three lines around each change, without line ends; empty if alike."""
        repo = self._repo()
        before, after = (_text(repo, _blob(_commit(repo, name).tree, path)) for name in (old, new))
        return list(difflib.unified_diff(before.splitlines(), after.splitlines(), old, new, lineterm=""))

    # Writing

    def save(
        self, changes: Mapping[str, bytes | None], *, base: str, author: Author, message: str, now: datetime
    ) -> Saved:
        """Put the files (None deletes) on main in one commit, merged by lines with what came since `base`.

        What is there already makes no commit. Raises SaveConflict, Invalid, RevisionNotFound or Unavailable.
        """
        for path, data in changes.items():
            if mistake := misplaced(path) or oversized(len(data or b"")) or unreadable(data or b""):
                raise Invalid(f"{path} {mistake}.")
        with self._writing() as repo:
            before, head = _commit(repo, base).tree, _head(repo)
            if head is None:
                raise RevisionNotFound("The knowledge base is still empty.")
            ours = {path: None if data is None else repo.create_blob(data) for path, data in changes.items()}
            merged, clashes = _merge(
                repo, {path: (_blob(before, path), _blob(head.tree, path), oid) for path, oid in ours.items()}
            )
            if clashes:
                raise SaveConflict(clashes)
            tree, revision = _write_tree(repo, head.tree, merged), head.id
            if tree != head.tree.id:
                revision = self._record(MAIN, repo, tree, [head.id], author, message, now)
            return Saved(str(revision), merged != ours)

    def merged(self, path: str, data: bytes, *, base: str) -> tuple[str, bytes]:
        """The head of main, and what a save of this text would make of the file there. Raises as `save` does."""
        if mistake := misplaced(path) or oversized(len(data)) or unreadable(data):
            raise Invalid(f"{path} {mistake}.")
        repo = self._repo()
        before, head = _commit(repo, base).tree, _head(repo)
        if head is None:
            raise RevisionNotFound("The knowledge base is still empty.")
        sides = (_blob(before, path), _blob(head.tree, path), repo.create_blob(data))
        merged, clashes = _merge(repo, {path: sides})
        if clashes:
            raise SaveConflict(clashes)
        oid = merged[path]
        return str(head.id), _data(repo, oid) if oid else b""

    def import_shipped(self, folder: Path, *, now: datetime) -> Imported:
        """Record content/ on branch shipped when it differs, and merge that into main.

        The merge is recorded even when files clash: the clash is told here and by `since`, and the next
        import starts from there. A file that cannot be taken keeps its last shipped text. Raises Unavailable,
        and Invalid when the folder holds no content at all.
        """
        files, left_out = read_folder(folder)
        if not files:
            raise Invalid("The content folder holds no content files, so nothing was imported.")
        self._create()
        problems, author = tuple(left_out), Author("Shipped content", "shipped@localhost")
        with self._writing() as repo:
            shipped = self._record_shipped(repo, files, problems, author, now)
            head = _head(repo)
            base = repo.merge_base(head.id, shipped.id) if head else None
            if head and base == shipped.id:
                return Imported(str(head.id), False, (), problems)
            if head is None or base == head.id:
                self._move(MAIN, repo, base, shipped.id)
                return Imported(str(shipped.id), True, (), problems)
            merged, clashes = _merge_shipped(repo, head, shipped)
            tree, parents = _write_tree(repo, head.tree, merged), [head.id, shipped.id]
            commit = self._record(MAIN, repo, tree, parents, author, "Merge the shipped content", now)
            return Imported(str(commit), True, tuple(clashes), problems)

    def _record_shipped(
        self,
        repo: Repository,
        files: Mapping[str, bytes],
        problems: Sequence[Problem],
        author: Author,
        now: datetime,
    ) -> Commit:
        """The commit on branch shipped that holds these files."""
        tip = _tip(repo, SHIPPED)
        last = _commit(repo, str(tip)) if tip else None
        have = {path: oid for path, _, oid in _entries(last.tree)} if last else {}
        changes: dict[str, Oid | None] = {
            path: repo.create_blob(data)
            for path, data in files.items()
            if have.get(path) != pygit2.hash(data)
        }
        kept = tuple(f"{problem.file}/" for problem in problems)
        changes |= {path: None for path in have if path not in files and not f"{path}/".startswith(kept)}
        if last and not changes:
            return last
        tree, parents = _write_tree(repo, last.tree if last else None, changes), [last.id] if last else []
        commit = self._record(SHIPPED, repo, tree, parents, author, "Import the shipped content", now)
        return _commit(repo, str(commit))

    # The repository

    def _repo(self) -> Repository:
        repo: Repository | None = getattr(self._open, "repo", None)
        if repo is None:
            try:
                repo = self._open.repo = Repository(str(self._path))
            except pygit2.GitError as error:
                raise Unavailable("The knowledge base cannot be opened.") from error
        return repo

    def _create(self) -> None:
        """Make the repository beside its place and rename it, so that nobody ever sees half of one."""
        if (self._path / "HEAD").exists():
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=f"{self._path.name}-", dir=self._path.parent))
        repo = pygit2.init_repository(str(new), bare=True, initial_head="main")
        repo.config["core.fsyncObjectFiles"] = True  # for libgit2 and older git
        repo.config["core.fsync"] = "all"  # for git since 2.36
        for place, _, names in os.walk(new):
            for name in [*names, "."]:
                _sync(Path(place, name))
        try:
            new.rename(self._path)
        except OSError:
            shutil.rmtree(new)
            if not (self._path / "HEAD").exists():  # else another process was first
                raise
        _sync(self._path.parent)

    @contextmanager
    def _writing(self) -> Iterator[Repository]:
        """One writer at a time over all processes and threads. The lock ends with its holder, killed too."""
        repo = self._repo()
        try:
            with (
                open(self._path / "portal.queue", "w") as queue,
                open(self._path / "portal.lock", "w") as lock,
            ):
                deadline = time.monotonic() + LOCK_SECONDS
                for file in (queue, lock):  # the queue keeps one who has just saved from starving the others
                    while not _try_lock(file.fileno()):
                        if time.monotonic() > deadline:
                            raise Unavailable("Others are saving to the knowledge base. Please save again.")
                        time.sleep(0.002)
                fcntl.flock(queue, fcntl.LOCK_UN)
                yield repo
        except (pygit2.GitError, OSError) as error:
            raise Unavailable("The knowledge base cannot be written just now. Please save again.") from error

    def _record(
        self,
        branch: str,
        repo: Repository,
        tree: Oid,
        parents: Sequence[Oid],
        author: Author,
        message: str,
        now: datetime,
    ) -> Oid:
        who = Signature(_plain(author.name), _plain(author.email), int(now.timestamp()), 0)
        commit = repo.create_commit(None, who, who, message.replace("\0", ""), tree, list(parents))
        self._move(branch, repo, parents[0] if parents else None, commit)
        return commit

    def _move(self, branch: str, repo: Repository, old: Oid | None, new: Oid) -> None:
        """Compare and swap: the lock keeps our writers apart, the comparison those who push from outside."""
        _sync(self._path / "objects")  # libgit2 syncs an object and its folder, not the entry of a new folder
        _clear_lock_file(self._path / f"{branch}.lock")
        if old is None:
            repo.create_reference(branch, new)
            return
        reference = repo.references[branch]
        if reference.target != old:
            raise Unavailable("The knowledge base changed from outside meanwhile. Please save again.")
        reference.set_target(new)


def _tip(repo: Repository, branch: str) -> Oid | None:
    reference = repo.references.get(branch)
    return reference.target if reference and isinstance(reference.target, Oid) else None


def _head(repo: Repository) -> Commit | None:
    tip = _tip(repo, MAIN)
    return _commit(repo, str(tip)) if tip else None


def _commit(repo: Repository, revision: str) -> Commit:
    found = None
    if _REVISION.fullmatch(revision):
        try:
            found = repo[revision]
        except (KeyError, pygit2.GitError):
            found = None  # absent, ambiguous or too long
    if not isinstance(found, Commit):
        raise RevisionNotFound("There is no such version of the knowledge base.")
    return found


def _parent(commit: Commit) -> Commit | None:
    return commit.parents[0] if commit.parents else None


def _walk(commit: Commit | None) -> Iterator[Commit]:
    """First parents only: the states that readers saw, newest first."""
    while commit:
        yield commit
        commit = _parent(commit)


def _revision(commit: Commit) -> Revision:
    author, message = (_decoded(raw) for raw in (commit.author.raw_name, commit.raw_message))
    return Revision(str(commit.id), datetime.fromtimestamp(commit.commit_time, UTC), author, message.strip())


def _decoded(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace").replace("\0", "\ufffd")


def _entries(tree: Tree, folder: str = "") -> Iterator[tuple[str, int, Oid]]:
    """Path, mode and id of the files; a folder that is not of content stands for all that is in it."""
    for entry in tree:
        path = folder + _decoded(entry.raw_name)
        if isinstance(entry, Tree) and path in FOLDERS:
            yield from _entries(entry, f"{path}/")
        else:
            yield path, entry.filemode, entry.id


def _blob(tree: Tree | None, path: str) -> Oid | None:
    """Id of the regular file at the path."""
    if tree is None or not is_content_path(path):
        return None
    try:
        entry = tree[path]
    except KeyError:
        return None
    return entry.id if entry.filemode in _REGULAR else None


def _data(repo: Repository, oid: Oid) -> bytes:
    return repo.odb.read(oid)[1]


def _text(repo: Repository, oid: Oid | None) -> str:
    return _decoded(_data(repo, oid)) if oid else ""


def _changed(old: Tree | None, new: Tree) -> list[str]:
    diff = new.diff_to_tree(old, swap=True) if old else new.diff_to_tree(swap=True)
    return sorted(filter(is_content_path, {_decoded(delta.new_file.raw_path) for delta in diff.deltas}))


def _merge_shipped(
    repo: Repository, main: Commit, shipped: Commit
) -> tuple[dict[str, Oid | None], list[Clash]]:
    """What the changes shipped since the last merge make of main's files."""
    base_id = repo.merge_base(main.id, shipped.id)
    base = _commit(repo, str(base_id)).tree if base_id else None
    paths = _changed(base, shipped.tree)
    return _merge(repo, {p: (_blob(base, p), _blob(shipped.tree, p), _blob(main.tree, p)) for p in paths})


def _merge(
    repo: Repository, sides: Mapping[str, tuple[Oid | None, Oid | None, Oid | None]]
) -> tuple[dict[str, Oid | None], list[Clash]]:
    """Of each path's (base, theirs, ours): the file that holds both changes, or a clash."""
    merged: dict[str, Oid | None] = {}
    clashes: list[Clash] = []
    for path, (base, theirs, ours) in sides.items():
        if ours in (base, theirs):
            merged[path] = theirs
        elif theirs == base:
            merged[path] = ours
        elif (both := _merge_lines(repo, base, theirs, ours)) is not None:
            merged[path] = repo.create_blob(both)
        else:
            clashes.append(Clash(path, _text(repo, base), _text(repo, theirs), _text(repo, ours)))
    return merged, clashes


def _merge_lines(repo: Repository, base: Oid | None, theirs: Oid | None, ours: Oid | None) -> bytes | None:
    if theirs is None or ours is None or any(unreadable(_data(repo, o)) for o in (base, theirs, ours) if o):
        return None  # a delete against an edit; or no text, which pygit2 would cut at a NUL
    old, left, right = (IndexEntry("text", o, FileMode.BLOB) if o else None for o in (base, theirs, ours))
    result = repo.merge_file_from_index(old, left, right)
    return result.contents.encode() if result.automergeable else None


def _write_tree(repo: Repository, tree: Tree | None, changes: Mapping[str, Oid | None]) -> Oid:
    """The tree with these files put in or, where None, taken out. Content stands at most one folder deep."""
    root = repo.TreeBuilder(tree) if tree else repo.TreeBuilder()
    for folder in {path.rpartition("/")[0] for path in changes}:
        part = root.get(folder) if folder else tree
        builder = repo.TreeBuilder(part) if isinstance(part, Tree) else repo.TreeBuilder()
        target = builder if folder else root
        for path, oid in changes.items():
            place, _, name = path.rpartition("/")
            if place == folder and oid:
                target.insert(name, oid, FileMode.BLOB)
            elif place == folder and target.get(name):
                target.remove(name)
        if folder and len(builder):
            root.insert(folder, builder.write(), FileMode.TREE)
        elif folder and part:
            root.remove(folder)
    return root.write()


def _plain(text: str) -> str:
    """A name as a git signature can hold it."""
    return re.sub(r"[\x00-\x20\x7f<>]+", " ", text).strip(" .,:;\"'\\") or "unknown"


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _clear_lock_file(lock: Path) -> None:
    """Take git's own lock of a branch away if it stays: our writers are out, so its holder was killed."""
    deadline = time.monotonic() + STALE_LOCK_SECONDS
    while lock.exists():
        if time.monotonic() > deadline:
            lock.unlink(missing_ok=True)
        time.sleep(0.005)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
