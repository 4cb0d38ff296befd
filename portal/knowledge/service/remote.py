"""The remote and this portal follow each other: what came is merged and noted, what was saved here is sent.

No lock that a save waits for is held while the network is; a refused push is fetched, merged and tried again.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.core.errors import Invalid, PortalError, Unavailable
from portal.knowledge.remote import Remote, RemoteState, Unreachable
from portal.knowledge.rewriting import list_to_send
from portal.knowledge.service.base import KnowledgeBase, note_changes, pending_changes
from portal.knowledge.service.redacting import follow_redactions

logger = logging.getLogger(__name__)
TRIES = 10
LONGEST_PAUSE = 2.0  # seconds between two tries
RESTARTS_AFTER = 5.0  # seconds until a follower that failed goes on


@dataclass(frozen=True, slots=True)
class Exchanged:
    """`error` is empty when the remote was reached; `waiting` steps of main are not there yet."""

    revision: str
    pulled: bool
    pushed: bool
    waiting: int
    error: str


def exchange(base: KnowledgeBase, *, push: bool = True) -> Exchanged:
    """Fetch, merge, note, push. Outside of any transaction. Never raises for a remote that cannot be reached."""
    remote = _remote_of(base)
    base.content.create()
    before, error, pushed = base.content.head(), "", False
    with remote.turn():
        try:
            pushed = _exchange(base, remote, push)
        except Unavailable as trouble:
            error = str(trouble)
            logger.warning("content remote: %s", error)
        remote.note(utcnow(), error)
    changes = pending_changes(base)
    with transaction():
        note_changes(changes, utcnow())
    after = base.content.head()
    return Exchanged(after or "", before != after, pushed, base.content.waiting(), error)


def _exchange(base: KnowledgeBase, remote: Remote, push: bool) -> bool:
    for attempt in range(TRIES):
        tip = remote.fetch()
        if tip:
            clean = follow_redactions(base, tip)
            base.content.import_remote(clean, now=utcnow())
        head = base.content.head()
        redacted = list_to_send(base.content)
        if not push or head is None or (head == tip and not redacted):
            return False
        if remote.push(head, over=tip if tip and clean != tip else None, redacted=redacted):
            return True
        time.sleep(random.uniform(0, min(LONGEST_PAUSE, 0.05 * 2**attempt)))
    raise Unreachable("Others were first each time; it is tried again.")


def _remote_of(base: KnowledgeBase) -> Remote:
    if base.remote is None:
        raise Invalid("No remote is set: PORTAL_CONTENT_REMOTE is empty.")
    return base.remote


def remote_state(base: KnowledgeBase) -> tuple[RemoteState, int] | None:
    """How it went last, and how many steps of main wait; None without a remote."""
    return (base.remote.state(), base.content.waiting()) if base.remote else None


def state_words(state: RemoteState, waiting: int) -> str:
    """In a sentence for admins."""
    reached = f"Last reached at {state.reached_at}" if state.reached_at else "Never reached yet"
    saves = "nothing waits" if not waiting else f"{waiting} {'save waits' if waiting == 1 else 'saves wait'}"
    return f"{reached}, {saves}." + (f" {state.error}" if state.error else "")


class Follower:
    """A thread of one process that exchanges when told to and every so many seconds; of the processes of a node
    the timer of one is enough. It starts at the first `soon` or by `start`, so that workers can be forked before.
    """

    def __init__(
        self, base: KnowledgeBase, seconds: float, run: Callable[[Callable[[], object]], object]
    ) -> None:
        self._base, self._seconds, self._run = base, seconds, run
        self._wanted = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def soon(self) -> None:
        """Exchange as soon as may be; returns at once."""
        self._wanted.set()
        self.start()

    def start(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._follow, name="content-remote", daemon=True)
                self._thread.start()

    def _follow(self) -> None:
        self._wanted.set()
        while True:
            told = self._wanted.wait(self._seconds * random.uniform(0.8, 1.2))
            self._wanted.clear()
            if not told and self._was_tried(utcnow()):
                continue
            try:
                self._run(lambda: exchange(self._base))
            except (PortalError, OSError, SQLAlchemyError) as error:
                logger.warning("content remote: %s", type(error).__name__)
                time.sleep(RESTARTS_AFTER)

    def _was_tried(self, now: datetime) -> bool:
        tried = _remote_of(self._base).state().tried_at
        return bool(tried) and now - datetime.fromisoformat(tried) < timedelta(seconds=self._seconds / 2)
