"""The knowledge base in a bare git repository: read, save against a base revision, merge, history, diff.

Branch `main` is what readers get. Branch `shipped` holds content/ as delivered and is merged into `main` like
any other remote, so that an upgrade never overwrites a team's edit. A save is done when `main` has moved; by
then the objects, their folders and the branch are on disk. Several processes and threads may each hold a
store.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pygit2
from pygit2 import Commit, Oid, Repository

from portal.core.errors import Conflict, Invalid
from portal.core.problem import Problem
from portal.knowledge.content_layout import (
    NOT_REGULAR,
    TAKEN_OUT,
    damaged,
    is_picture,
    misplaced,
    oversized,
    read_folder,
    unfit,
)
from portal.knowledge.content_merge import (
    REMOTE_BY,
    SHIPPED_BY,
    Held,
    held_back,
    is_remote_merge,
    is_shipped_merge,
    merge_files,
    merge_remote,
    merge_shipped,
    newest_sealed,
    steps_since,
    touched,
    write_tree,
)
from portal.knowledge.content_repository import ContentRepository
from portal.knowledge.git_objects import (
    MAIN,
    REGULAR,
    REMOTE,
    SHIPPED,
    blob_at,
    commit_at,
    data_of,
    entries,
    first_parents,
    head_of,
    newest_first,
    parent_of,
    revision_of,
    text_of,
    tip_of,
)
from portal.knowledge.git_objects import Author as Author
from portal.knowledge.git_objects import Clash as Clash
from portal.knowledge.git_objects import Revision as Revision
from portal.knowledge.git_objects import RevisionNotFound as RevisionNotFound
from portal.knowledge.git_objects import Seal as Seal

MOST_EARLIER = 2_000  # commits that are looked through for a file's earlier texts
MOST_CHANGES = 20


@dataclass(frozen=True, slots=True)
class Saved:
    """`merged`: a saved text also holds somebody else's change, so it is not what was sent."""

    revision: str
    merged: bool


@dataclass(frozen=True, slots=True)
class Imported:
    """`revision` is the head of main, `changed` whether it moved; `conflicts` wait for a person."""

    revision: str
    changed: bool
    conflicts: tuple[Clash, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One step of main: the files that readers saw change, and what its merge left to a person or holds back."""

    revision: Revision
    paths: tuple[str, ...]
    clashes: tuple[Clash, ...]
    held: tuple[Held, ...] = ()


class SaveConflict(Conflict):
    """Nothing was saved: somebody changed the same lines since the base. `clashes` holds their texts."""

    def __init__(self, clashes: Sequence[Clash]) -> None:
        super().__init__(f"Somebody else changed the same lines of {', '.join(c.path for c in clashes)}.")
        self.clashes = list(clashes)


class ContentStore(ContentRepository):
    """`import_shipped` makes the repository. Answers name commits by their full id."""

    def __init__(self, path: Path, seal: Seal = Seal(), *, trust_remote: bool = False) -> None:  # noqa: B008 - frozen
        super().__init__(path, seal)
        self._trusts = trust_remote

    # Reading

    def head(self) -> str | None:
        """The revision that readers get, None before the first import. Cheap enough for every request."""
        opened = getattr(self._open, "repo", None)
        if opened is None and not (self.path / "HEAD").exists():
            return None
        tip = tip_of(opened or self.repo(), MAIN)
        return str(tip) if tip else None

    def files(
        self, revision: str, known: Mapping[str, str] | None = None
    ) -> tuple[dict[str, tuple[str, bytes | None]], list[Problem]]:
        """Path to blob id and bytes (None where `known` has that blob id), and what was left out and why."""
        repo, known = self.repo(), known or {}
        found: dict[str, tuple[str, bytes | None]] = {}
        problems: list[Problem] = []
        for path, mode, oid in entries(commit_at(repo, revision).tree):
            if mistake := misplaced(path):
                problems.append(Problem(path, "", mistake))
            elif mode not in REGULAR:
                problems.append(Problem(path, "", NOT_REGULAR))
            elif known.get(path) == str(oid):
                found[path] = (str(oid), None)
            elif mistake := oversized(path, repo.odb.read_header(oid)[1]):
                problems.append(Problem(path, "", mistake))
            else:
                data = data_of(repo, oid)
                mistake = damaged(path, data) if is_picture(path) else None
                if mistake is None:
                    found[path] = (str(oid), data)
                elif data != TAKEN_OUT:
                    problems.append(Problem(path, "", mistake))
        return found, problems

    def read(self, path: str, revision: str) -> bytes | None:
        """The file as it was then; None when there was none, or the path cannot be content."""
        repo = self.repo()
        oid = blob_at(commit_at(repo, revision).tree, path)
        return data_of(repo, oid) if oid else None

    def history(
        self, path: str | None = None, *, limit: int = 50, after: str | None = None
    ) -> list[Revision]:
        """Steps of main that changed the file (or anything), newest first; `after` continues below that step.

        It walks, so pages use the table article_revision instead.
        """
        repo = self.repo()
        found: list[Revision] = []
        for commit in first_parents(parent_of(commit_at(repo, after)) if after else head_of(repo)):
            if len(found) >= limit:
                break
            parent = parent_of(commit)
            if path is None or blob_at(commit.tree, path) != blob_at(parent.tree if parent else None, path):
                found.append(revision_of(commit))
        return found

    def since(self, *noted: str | None) -> list[Change]:
        """Steps of main after those that were noted, oldest first, for whoever notes them; all if none is there."""
        repo = self.repo()
        head = head_of(repo)
        known = [commit_at(repo, name).id for name in noted if name and self.has(name)]
        steps = steps_since(repo, head, known) if head else []
        return [self._change(repo, commit) for commit in reversed(steps)]

    def _change(self, repo: Repository, commit: Commit) -> Change:
        clashes, held = list[Clash](), list[Held]()
        if is_shipped_merge(commit):
            main, other = commit.parents
            clashes += merge_shipped(repo, main, other).clashes
        elif is_remote_merge(commit):
            main, other = commit.parents
            clashes += merge_remote(repo, main, other, self.seal, trust=self._trusts).clashes
            if not self._trusts:
                held, more = held_back(repo, commit, self.seal)
                clashes += more
        return Change(revision_of(commit), tuple(touched(commit)), tuple(clashes), tuple(held))

    def has(self, name: str) -> bool:
        """Is this a commit of the repository?"""
        try:
            return bool(commit_at(self.repo(), name))
        except RevisionNotFound:
            return False

    def earlier(self, path: str, revision: str) -> Iterator[tuple[str, bytes]]:
        """Blob id and bytes of the file before this revision, newest first, each once."""
        repo, seen = self.repo(), set[Oid | None]()
        for place, commit in enumerate(newest_first(repo, commit_at(repo, revision).id)):
            oid = blob_at(commit.tree, path)
            if oid and oid not in seen:
                yield str(oid), data_of(repo, oid)
            seen.add(oid)
            if place > MOST_EARLIER:
                return

    def revision(self, name: str) -> Revision:
        """Who made this commit, when, and why. Raises RevisionNotFound."""
        return revision_of(commit_at(self.repo(), name))

    def changes_after(self, base: str, path: str) -> list[Revision]:
        """Steps of main after `base` that changed the file, newest first; none when `base` is not on main."""
        repo = self.repo()
        head = head_of(repo)
        if head is None or not self.has(base):
            return []
        begun = commit_at(repo, base).id
        if head.id != begun and not repo.descendant_of(head.id, begun):
            return []
        steps = (one for one in steps_since(repo, head, [begun]) if path in touched(one))
        return [revision_of(one) for _, one in zip(range(MOST_CHANGES), steps, strict=False)]

    def diff(self, path: str, old: str, new: str) -> list[str]:
        """Unified diff of one file, three lines around each change, without line ends; empty if alike."""
        repo = self.repo()
        before, after = (text_of(repo, blob_at(commit_at(repo, name).tree, path)) for name in (old, new))
        return list(difflib.unified_diff(before.splitlines(), after.splitlines(), old, new, lineterm=""))

    # Writing

    def save(
        self, changes: Mapping[str, bytes | None], *, base: str, author: Author, message: str, now: datetime
    ) -> Saved:
        """Put the files (None deletes) on main in one commit, merged by lines with what came since `base`.

        What is there already makes no commit. Raises SaveConflict, Invalid, RevisionNotFound or Unavailable.
        """
        for path, data in changes.items():
            if mistake := misplaced(path) if data is None else unfit(path, data):
                raise Invalid(f"{path} {mistake}.")
        with self.writing() as repo:
            before, head = commit_at(repo, base).tree, head_of(repo)
            if head is None:
                raise RevisionNotFound("The knowledge base is still empty.")
            ours = {path: None if data is None else repo.create_blob(data) for path, data in changes.items()}
            merged, clashes = merge_files(
                repo,
                {path: (blob_at(before, path), blob_at(head.tree, path), oid) for path, oid in ours.items()},
            )
            if clashes:
                raise SaveConflict(clashes)
            tree, revision = write_tree(repo, head.tree, merged), head.id
            if tree != head.tree.id:
                revision = self._record(MAIN, repo, tree, [head.id], author, message, now)
            return Saved(str(revision), merged != ours)

    def merged(self, path: str, data: bytes, *, base: str) -> tuple[str, bytes]:
        """The head of main, and what a save of this text would make of the file there. Raises as `save` does."""
        if mistake := unfit(path, data):
            raise Invalid(f"{path} {mistake}.")
        repo = self.repo()
        before, head = commit_at(repo, base).tree, head_of(repo)
        if head is None:
            raise RevisionNotFound("The knowledge base is still empty.")
        sides = (blob_at(before, path), blob_at(head.tree, path), repo.create_blob(data))
        merged, clashes = merge_files(repo, {path: sides})
        if clashes:
            raise SaveConflict(clashes)
        oid = merged[path]
        return str(head.id), data_of(repo, oid) if oid else b""

    def import_shipped(self, folder: Path, *, now: datetime) -> Imported:
        """Record content/ on branch shipped when it differs, and merge that into main.

        The merge is recorded even when files clash: the clash is told here and by `since`, and the next
        import starts from there. A file that cannot be taken keeps its last shipped text. Raises Unavailable,
        and Invalid when the folder holds no content at all.
        """
        files, left_out = read_folder(folder)
        if not files:
            raise Invalid("The content folder holds no content files, so nothing was imported.")
        self.create()
        problems = tuple(left_out)
        with self.writing() as repo:
            shipped = self._record_shipped(repo, files, problems, now)
            head = head_of(repo)
            base = repo.merge_base(head.id, shipped.id) if head else None
            if head and base == shipped.id:
                return Imported(str(head.id), False, (), problems)
            if head is None or base == head.id:
                self._move(MAIN, repo, base, shipped.id)
                return Imported(str(shipped.id), True, (), problems)
            merged, parents = merge_shipped(repo, head, shipped), [head.id, shipped.id]
            commit = self._record(
                MAIN, repo, merged.tree, parents, SHIPPED_BY, "Merge the shipped content", now
            )
            return Imported(str(commit), True, merged.clashes, problems)

    def import_remote(self, tip: str, *, now: datetime) -> Imported:
        """Merge a fetched commit into main by the same rule. Raises Unavailable, RevisionNotFound.

        Criteria that no portal let pass stay as they are; `since` tells them, as it tells the clashes.
        """
        with self.writing() as repo:
            other, head = commit_at(repo, tip), head_of(repo)
            if head is None:
                head = self._begin(repo, other, now)
            base = repo.merge_base(head.id, other.id)
            if base == other.id:
                return Imported(str(head.id), False, (), ())
            merged = merge_remote(repo, head, other, self.seal, trust=self._trusts)
            if base == head.id and merged.tree == other.tree.id:
                self._move(MAIN, repo, head.id, other.id)
                return Imported(str(other.id), True, (), ())
            parents = [head.id, other.id]
            commit = self._record(MAIN, repo, merged.tree, parents, REMOTE_BY, "Merge the remote", now)
            return Imported(str(commit), True, merged.clashes, ())

    def _begin(self, repo: Repository, other: Commit, now: datetime) -> Commit:
        """The first state of main: what a portal has made of the remote, else nothing."""
        made = newest_sealed(repo, other, self.seal)
        if made:
            self._move(MAIN, repo, None, made.id)
            return made
        empty = repo.TreeBuilder().write()
        return commit_at(repo, str(self._record(MAIN, repo, empty, [], REMOTE_BY, "Begin", now)))

    def waiting(self) -> int:
        """How many steps of main the remote is not known to have."""
        repo = self.repo()
        tip, known = tip_of(repo, MAIN), tip_of(repo, REMOTE)
        return sum(1 for _ in newest_first(repo, tip, [known] if known else [])) if tip else 0

    def _record_shipped(
        self, repo: Repository, files: Mapping[str, bytes], problems: Sequence[Problem], now: datetime
    ) -> Commit:
        """The commit on branch shipped that holds these files: one that another portal made of them, if there is one."""
        tip, head = tip_of(repo, SHIPPED), head_of(repo)
        last = commit_at(repo, str(tip)) if tip else None
        tree = self._shipped_tree(repo, last, files, problems)
        if last and tree == last.tree.id:
            return last
        others = newest_first(repo, head.id, [tip] if tip else []) if head else iter(())
        imports = [one for one in others if one.author.email == SHIPPED_BY.email and len(one.parents) < 2]
        same = next((one for one in imports if one.tree.id == tree), None)
        if last is None and imports and same is None:
            last = imports[0]
            tree = self._shipped_tree(repo, last, files, problems)
        if same is None:
            parents = [last.id] if last else []
            made = self._record(None, repo, tree, parents, SHIPPED_BY, "Import the shipped content", now)
            same = commit_at(repo, str(made))
        self._move(SHIPPED, repo, tip, same.id)
        return same

    def _shipped_tree(
        self, repo: Repository, last: Commit | None, files: Mapping[str, bytes], problems: Sequence[Problem]
    ) -> Oid:
        have = {path: oid for path, _, oid in entries(last.tree)} if last else {}
        changes: dict[str, Oid | None] = {
            path: repo.create_blob(data)
            for path, data in files.items()
            if have.get(path) != pygit2.hash(data)
        }
        kept = tuple(f"{problem.file}/" for problem in problems)
        changes |= {path: None for path in have if path not in files and not f"{path}/".startswith(kept)}
        return write_tree(repo, last.tree if last else None, changes)
