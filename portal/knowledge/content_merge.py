"""Two histories of the knowledge base become one: by files and lines, and what is left to a person is told.

What comes from the remote is taken like what was shipped, but for criteria: a change of them that no portal made
is held until a second person approves it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pygit2 import Commit, IndexEntry, Oid, Repository, Tree
from pygit2.enums import FileMode

from portal.knowledge.article import ArticleKind
from portal.knowledge.content_layout import is_picture, unreadable
from portal.knowledge.git_objects import (
    REGULAR,
    SHIPPED,
    Author,
    Clash,
    Seal,
    blob_at,
    changed_files,
    commit_at,
    data_of,
    decoded,
    newest_first,
    parent_of,
    text_of,
    tip_of,
)  # fmt: skip

SHIPPED_BY = Author("Shipped content", "shipped@localhost")
REMOTE_BY = Author("Content remote", "remote@localhost")


@dataclass(frozen=True, slots=True)
class Held:
    """A change of criteria from the remote that waits for approval: `text` is what `path` becomes by it.

    `revision` holds what is served meanwhile; `author` and `message` are of the newest commit that changed it.
    """

    path: str
    text: str
    revision: str
    author: Author
    message: str


@dataclass(frozen=True, slots=True)
class Merged:
    tree: Oid
    clashes: tuple[Clash, ...] = ()


def is_shipped_merge(commit: Commit) -> bool:
    return len(commit.parents) == 2 and commit.author.email == SHIPPED_BY.email


def is_remote_merge(commit: Commit) -> bool:
    return len(commit.parents) == 2 and commit.author.email == REMOTE_BY.email


def touched(commit: Commit) -> list[str]:
    """Content files that this step changed: of a merge those that no side had like that.

    Of a merge of the shipped files all that it changed on main, since nobody was served the shipped branch.
    """
    parents = commit.parents[:1] if is_shipped_merge(commit) else commit.parents
    if not parents:
        return changed_files(None, commit.tree)
    paths = set(changed_files(parents[0].tree, commit.tree))
    for other in parents[1:]:
        paths &= set(changed_files(other.tree, commit.tree))
    return sorted(paths)


def steps_since(repo: Repository, head: Commit, known: Sequence[Oid]) -> list[Commit]:
    """What led to `head` and not to any of `known`, newest first, without the branch of the shipped files."""
    seen, found = {head.id}, []
    for commit in newest_first(repo, head.id, known):
        if commit.id in seen:
            found.append(commit)
            seen.update(commit.parent_ids[:1] if is_shipped_merge(commit) else commit.parent_ids)
    return found


def merge_shipped(repo: Repository, main: Commit, shipped: Commit) -> Merged:
    """Main with the changes shipped since the last merge."""
    base = _base(repo, main, shipped)
    paths = changed_files(base, shipped.tree)
    sides = {p: (blob_at(base, p), blob_at(shipped.tree, p), blob_at(main.tree, p)) for p in paths}
    merged, clashes = merge_files(repo, sides)
    return Merged(write_tree(repo, main.tree, merged), tuple(clashes))


def merge_remote(repo: Repository, main: Commit, other: Commit, seal: Seal, *, trust: bool) -> Merged:
    """The other's tree with main's changes and without criteria that no portal let pass; files that are no content
    stay as the other has them.
    """
    base = _base(repo, main, other)
    passed, passed_base = _passed(repo, main, other, seal)
    if trust:
        passed, passed_base = other.tree, base
    sides: dict[str, tuple[Oid | None, Oid | None, Oid | None]] = {}
    paths = {*changed_files(base, main.tree), *changed_files(base, other.tree)}
    for path in {*paths, *filter(_is_criteria, changed_files(passed_base, passed) if passed else [])}:
        old, new = (passed_base, passed) if _is_criteria(path) else (base, other.tree)
        ours = blob_at(main.tree, path)
        if not (_is_irregular(new, path) and ours == blob_at(old, path)):  # else its last text is served
            sides[path] = (blob_at(old, path), blob_at(new, path), ours)
    merged, clashes = merge_files(repo, sides)
    merged |= {clash.path: blob_at(main.tree, clash.path) for clash in clashes}
    return Merged(write_tree(repo, other.tree, merged), tuple(clashes))


def held_back(repo: Repository, merge: Commit, seal: Seal) -> tuple[list[Held], list[Clash]]:
    """Criteria that this merge of the remote did not let pass; as clashes where no text holds both changes."""
    main, other = merge.parents
    passed, _ = _passed(repo, main, other, seal)
    base = _base(repo, main, other)
    held: list[Held] = []
    clashes: list[Clash] = []
    for path in filter(_is_criteria, changed_files(merge.tree, other.tree)):
        old, new, ours = (blob_at(tree, path) for tree in (passed, other.tree, merge.tree))
        if new in (old, blob_at(base, path)):
            continue  # a portal changed it, or it was held before
        data = data_of(repo, new) if new and ours == old else merge_lines(repo, old, new, ours)
        if data is None or unreadable(data):
            clashes.append(Clash(path, text_of(repo, old), text_of(repo, new), text_of(repo, ours)))
            continue
        by = _last_change(repo, main, other, path)
        author = Author(decoded(by.author.raw_name), decoded(by.author.email.encode("utf-8", "replace")))
        held.append(Held(path, decoded(data), str(merge.id), author, decoded(by.raw_message).strip()))
    return held, clashes


def _last_change(repo: Repository, main: Commit, other: Commit, path: str) -> Commit:
    for commit in newest_first(repo, other.id, [main.id]):
        parent = parent_of(commit)
        if len(commit.parents) < 2 and blob_at(commit.tree, path) != blob_at(
            parent.tree if parent else None, path
        ):
            return commit
    return other


def _passed(repo: Repository, main: Commit, other: Commit, seal: Seal) -> tuple[Tree | None, Tree | None]:
    """The criteria that a portal let pass, as of `other` and of where it left main."""
    base_id = repo.merge_base(main.id, other.id)
    base = commit_at(repo, str(base_id)) if base_id else None
    sealed = newest_sealed(repo, other, seal)
    sealed_base = newest_sealed(repo, base, seal) if base else None
    passed, passed_base = sealed or base, sealed_base or base
    return passed.tree if passed else None, passed_base.tree if passed_base else _base(repo, main, other)


def newest_sealed(repo: Repository, commit: Commit, seal: Seal) -> Commit | None:
    """What a portal made last of all that led here: it went through a portal's rules as a whole."""
    return next((one for one in newest_first(repo, commit.id) if seal.holds(one)), None) if seal.key else None


def _base(repo: Repository, main: Commit, other: Commit) -> Tree | None:
    """Of histories without a common start: the shipped files, which both portals began with."""
    found = repo.merge_base(main.id, other.id) or tip_of(repo, SHIPPED)
    return commit_at(repo, str(found)).tree if found else None


def _is_criteria(path: str) -> bool:
    return path.startswith(f"{ArticleKind.CRITERIA}/")


def _is_irregular(tree: Tree | None, path: str) -> bool:
    """A link or the like stands where a file should be."""
    try:
        return tree is not None and tree[path].filemode not in REGULAR
    except KeyError:
        return False


def merge_files(
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
        elif is_picture(path):  # its name says its bytes, so only damage from outside makes two of one
            merged[path] = ours or theirs
        elif (both := merge_lines(repo, base, theirs, ours)) is not None:
            merged[path] = repo.create_blob(both)
        else:
            clashes.append(Clash(path, text_of(repo, base), text_of(repo, theirs), text_of(repo, ours)))
    return merged, clashes


def merge_lines(repo: Repository, base: Oid | None, theirs: Oid | None, ours: Oid | None) -> bytes | None:
    if theirs is None or ours is None or any(unreadable(data_of(repo, o)) for o in (base, theirs, ours) if o):
        return None  # a delete against an edit; or no text, which pygit2 would cut at a NUL
    old, left, right = (IndexEntry("text", o, FileMode.BLOB) if o else None for o in (base, theirs, ours))
    result = repo.merge_file_from_index(old, left, right)
    return result.contents.encode() if result.automergeable else None


def write_tree(repo: Repository, tree: Tree | None, changes: Mapping[str, Oid | None]) -> Oid:
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
