"""The bare git repository on disk: made whole or not at all, one writer at a time, branches moved by compare and swap.

Writers of all processes and threads take turns on one file lock. A commit is on disk before its branch moves.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pygit2
from pygit2 import Oid, Repository, Signature

from portal.core.errors import Unavailable
from portal.knowledge.git_objects import Author, Seal

LOCK_SECONDS = 5.0
STALE_LOCK_SECONDS = 1.0
CLEANED = "portal.cleaned"

pygit2.settings.enable_fsync_gitdir(True)  # libgit2 syncs neither objects nor branches unless told to


class ContentRepository:
    """A bare repository at `path`, there once `create` was called."""

    def __init__(self, path: Path, seal: Seal) -> None:
        self.path = path
        self.seal = seal
        self._open = threading.local()  # one Repository a thread; opening takes 15 times a look at the branch

    def repo(self) -> Repository:
        repo: Repository | None = getattr(self._open, "repo", None)
        cleaned = self._cleaned()
        if repo is None or self._open.cleaned != cleaned:
            try:
                repo = self._open.repo = Repository(str(self.path))
            except pygit2.GitError as error:
                raise Unavailable("The knowledge base cannot be opened.") from error
            self._open.cleaned = cleaned
        return repo

    def _cleaned(self) -> int:
        """When objects were taken off the disk last: who has them in memory opens the repository anew."""
        try:
            return os.stat(self.path / CLEANED).st_mtime_ns
        except OSError:
            return 0

    def create(self) -> None:
        """Make the repository beside its place and rename it, so that nobody ever sees half of one."""
        if (self.path / "HEAD").exists():
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=f"{self.path.name}-", dir=self.path.parent))
        repo = pygit2.init_repository(str(new), bare=True, initial_head="main")
        repo.config["core.fsyncObjectFiles"] = True  # for libgit2 and older git
        repo.config["core.fsync"] = "all"  # for git since 2.36
        for place, _, names in os.walk(new):
            for name in [*names, "."]:
                _sync(Path(place, name))
        try:
            new.rename(self.path)
        except OSError:
            shutil.rmtree(new)
            if not (self.path / "HEAD").exists():  # else another process was first
                raise
        _sync(self.path.parent)

    @contextmanager
    def writing(self) -> Iterator[Repository]:
        """One writer at a time over all processes and threads. The lock ends with its holder, killed too."""
        repo = self.repo()
        try:
            with (
                open(self.path / "portal.queue", "w") as queue,
                open(self.path / "portal.lock", "w") as lock,
            ):
                deadline = time.monotonic() + LOCK_SECONDS
                for file in (queue, lock):  # the queue keeps one who has just saved from starving the others
                    while not try_lock(file.fileno()):
                        if time.monotonic() > deadline:
                            raise Unavailable("Others are saving to the knowledge base. Please save again.")
                        time.sleep(0.002)
                fcntl.flock(queue, fcntl.LOCK_UN)
                yield repo
        except (pygit2.GitError, OSError) as error:
            raise Unavailable("The knowledge base cannot be written just now. Please save again.") from error

    def _record(
        self,
        branch: str | None,
        repo: Repository,
        tree: Oid,
        parents: Sequence[Oid],
        author: Author,
        message: str,
        now: datetime,
    ) -> Oid:
        who = Signature(_plain(author.name), _plain(author.email), int(now.timestamp()), 0)
        text = self.seal.signed(message.replace("\0", ""), tree, parents)
        commit = repo.create_commit(None, who, who, text, tree, list(parents))
        if branch:
            self._move(branch, repo, parents[0] if parents else None, commit)
        return commit

    def _move(self, branch: str, repo: Repository, old: Oid | None, new: Oid) -> None:
        """Compare and swap: the lock keeps our writers apart, the comparison those who push from outside."""
        _sync(self.path / "objects")  # libgit2 syncs an object and its folder, not the entry of a new folder
        clear_lock_file(self.path / f"{branch}.lock")
        if old is None:
            repo.create_reference(branch, new)
            return
        reference = repo.references[branch]
        if reference.target != old:
            raise Unavailable("The knowledge base changed from outside meanwhile. Please save again.")
        reference.set_target(new)


def _plain(text: str) -> str:
    """A name as a git signature can hold it."""
    return re.sub(r"[\x00-\x20\x7f<>]+", " ", text).strip(" .,:;\"'\\") or "unknown"


def try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def clear_lock_file(lock: Path) -> None:
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
