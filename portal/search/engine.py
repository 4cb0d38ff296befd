"""The search engine of one process: what is in memory for one revision of the content, and the index on disk
behind it.

Pulls: every request compares revisions, and so does each worker every few seconds; a difference starts one background
thread. A search waits a moment for it, else the old state serves and says so. Nothing runs before the first request,
so that workers can be forked. Knows no Flask.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from portal.knowledge.snapshot import Snapshot
from portal.search.documents import Document, documents_of
from portal.search.match import Matcher
from portal.search.plain_scan import PlainScan
from portal.search.query import LIGHT, begun, comparable
from portal.search.search_index import IndexDamaged, IndexMissing, SearchIndex, Source, words
from portal.search.spelling import Speller
from portal.search.suggest import Suggester
from portal.search.vocabulary import Vocabulary

logger = logging.getLogger(__name__)
RETRY_SECONDS = 0.25
FAILED_SECONDS = 30.0


class IndexState(StrEnum):
    READY = "ready"
    REBUILDING = "rebuilding"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Loaded:
    """All that search keeps in memory for one revision. Codes are in comparable form, names are words joined by blanks."""

    snapshot: Snapshot
    documents: Mapping[str, Document]
    ids_by_code: Mapping[str, list[str]]
    code_forms: Mapping[str, str]
    ids_by_name: Mapping[str, list[str]]
    suggester: Suggester
    speller: Speller
    vocabulary: Vocabulary
    matcher: Matcher

    def corrected(self, text: str) -> str:
        """The text with each word that the content does not know replaced by the likely one."""
        for word in dict.fromkeys(words(text)):
            if not self.vocabulary.knows(word) and comparable(word) not in self.ids_by_code:
                right = self.speller.correct(word)
                if right is not None:
                    text = re.sub(rf"\b{re.escape(word)}\b", right, text, flags=re.IGNORECASE)
        return text


def load(snapshot: Snapshot, before: Loaded | None = None) -> Loaded:
    documents = documents_of(
        snapshot, before.snapshot if before else None, before.documents if before else {}
    )
    vocabulary = (
        Vocabulary(documents, before.vocabulary, before.documents) if before else Vocabulary(documents)
    )
    matcher = Matcher(snapshot, documents, vocabulary)
    if before and _are_named_alike(snapshot, documents, before):  # most saves change texts only
        return replace(
            before,
            snapshot=snapshot,
            documents=documents,
            speller=Speller(vocabulary.words, before.speller.names, LIGHT),
            vocabulary=vocabulary,
            matcher=matcher,
        )
    by_code: dict[str, list[str]] = {}
    forms: dict[str, str] = {}
    by_name: dict[str, list[str]] = {}
    catalogue = snapshot.catalogue
    names = [words(name) for group in catalogue.synonyms for name in group]
    names += [
        words(said) for alarm in catalogue.alarms for said in alarm.words
    ]  # never taken for a slip of the pen
    for document in documents.values():
        for code in document.codes:
            for form in (code, *begun(code)):
                by_code.setdefault(comparable(form), []).append(document.id)
                forms.setdefault(comparable(form), form)
        for name in (document.title, *document.words):
            said = words(name)
            names.append(said)
            if name is document.title or len(said) > 1:
                by_name.setdefault(" ".join(said), []).append(document.id)
    return Loaded(
        snapshot=snapshot,
        documents=documents,
        ids_by_code=by_code,
        code_forms=forms,
        ids_by_name=by_name,
        suggester=Suggester(documents.values()),
        speller=Speller(vocabulary.words, names, LIGHT),
        vocabulary=vocabulary,
        matcher=matcher,
    )


def _are_named_alike(snapshot: Snapshot, documents: Mapping[str, Document], before: Loaded) -> bool:
    """Do codes, titles and callers' words, and all that a suggestion shows, stand as they did?"""
    known, now, then = before.documents, snapshot.catalogue, before.snapshot.catalogue
    if (now.synonyms, now.alarms, list(documents)) != (then.synonyms, then.alarms, list(known)):
        return False
    return all(one is known[id] or _shown(one) == _shown(known[id]) for id, one in documents.items())


def _shown(document: Document) -> tuple[object, ...]:
    return (document.title, document.words, document.codes, document.kind, document.tools, document.url)


class SearchEngine:
    """`snapshot` gives the content that is served now, and is cheap to call."""

    def __init__(self, index_dir: Path, snapshot: Callable[[], Snapshot]) -> None:
        self.index = SearchIndex(index_dir)
        self._snapshot = snapshot
        self._loaded: Loaded | None = None
        self._loading = threading.Lock()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._not_before = 0.0
        self._indexed = ""  # the revision that the index is known to hold
        self._waiting = threading.Lock()
        self._waited_for = ""  # the revision that somebody waited for in vain

    def loaded(self, wait_seconds: float = 0.0) -> Loaded:
        """What is in memory: at first made here, later the newest that is ready.

        Waits that long for memory and index to hold what is served: one of many who ask, and once if it is in vain.
        """
        snapshot = self._snapshot()
        loaded = self._loaded or self._load(snapshot)
        if self.is_at(snapshot.revision):
            return self._loaded or loaded
        self.catch_up_soon()
        if wait_seconds and self._waited_for != snapshot.revision and self._waiting.acquire(blocking=False):
            try:
                if not self.catch_up_within(wait_seconds):
                    self._waited_for = snapshot.revision
            finally:
                self._waiting.release()
        return self._loaded or loaded

    def is_at(self, revision: str) -> bool:
        """Do memory and index hold this revision, whoever wrote the index?"""
        loaded = self._loaded
        if loaded is None or loaded.snapshot.revision != revision:
            return False
        if self._indexed != revision and self.index.revision() == revision:
            self.index.look_again()
            self._indexed = revision
        return self._indexed == revision

    def is_old(self, loaded: Loaded) -> bool:
        """Is something newer served than was searched?"""
        revision = self._snapshot().revision
        return loaded.snapshot.revision != revision or not self.is_at(revision)

    def _load(self, snapshot: Snapshot) -> Loaded:
        with self._loading:
            loaded = self._loaded
            if loaded is None or loaded.snapshot.revision != snapshot.revision:
                loaded = self._loaded = load(snapshot, loaded)
            return loaded

    @contextmanager
    def source(self) -> Iterator[Source]:
        """The index. Raises IndexMissing or IndexDamaged, and sees to a new one, when there is none to read."""
        try:
            with self.index.reading() as reader:
                yield reader
        except (IndexMissing, IndexDamaged) as error:
            if isinstance(error, IndexDamaged):
                logger.warning("The search index is damaged and is made anew: %s", error)
                self._not_before = 0.0
            self._indexed = ""
            self.catch_up_soon()
            raise

    def plain_scan(self) -> Source:
        return PlainScan(self.loaded().documents)

    def diagnose(self) -> list[str]:
        """What is wrong with the index, one sentence each."""
        loaded = self._load(self._snapshot())
        problems = []
        if self.index.revision() != loaded.snapshot.revision:
            problems.append("The index is not at the revision of the content.")
        try:
            with self.index.reading() as reader:
                reader.read_something_of_every_segment()
                have = reader.hashes
        except (IndexMissing, IndexDamaged) as error:
            return [*problems, f"The index cannot be read: {error}."]
        want = {document.id: document.hash for document in loaded.documents.values()}
        problems += [f"Missing from the index: {id}" for id in sorted(want.keys() - have.keys())]
        problems += [f"In the index but not in the content: {id}" for id in sorted(have.keys() - want.keys())]
        return problems + [
            f"Outdated in the index: {id}" for id in sorted(want) if id in have and have[id] != want[id]
        ]

    def catch_up(self) -> bool:
        """Bring memory and index in line with the content now; False when another process is writing the index."""
        loaded = self._load(self._snapshot())
        done = self.index.catch_up(loaded.documents, loaded.snapshot.revision)
        if done:
            self._indexed = loaded.snapshot.revision
        return done

    def rebuild(self) -> bool:
        """A full build of the index, whatever it holds; False when another process is writing it."""
        loaded = self._load(self._snapshot())
        return self.index.rebuild(loaded.documents, loaded.snapshot.revision)

    def catch_up_soon(self, wait_seconds: float = 0.0) -> None:
        """The same in a thread of its own, one at a time; waits that long for the one that runs."""
        with self._starting:
            if (self._thread is None or not self._thread.is_alive()) and time.monotonic() >= self._not_before:
                self._thread = threading.Thread(
                    target=self._catch_up_quietly, name="search-catch-up", daemon=True
                )
                self._thread.start()
            thread = self._thread
        if thread is not None and wait_seconds:
            thread.join(wait_seconds)

    def catch_up_within(self, seconds: float) -> bool:
        """For a writer who wants to find the change: True when memory and index hold the content that is served now."""
        ends, wanted = time.monotonic() + seconds, self._snapshot().revision
        while True:
            if self.is_at(wanted):
                return True
            left = ends - time.monotonic()
            if left <= 0:
                return False
            self.catch_up_soon(wait_seconds=left)
            time.sleep(0.005)  # two catch-ups do not follow each other at once

    def _catch_up_quietly(self) -> None:
        self._not_before = time.monotonic() + FAILED_SECONDS
        try:
            self.catch_up()
        except OSError as error:
            logger.error(
                "The search index cannot be written; trying again in %s s: %s", FAILED_SECONDS, error
            )
        else:
            self._not_before = time.monotonic() + RETRY_SECONDS

    def state(self) -> IndexState:
        if self.index.revision() == self._snapshot().revision:
            return IndexState.READY
        if self.index.build_name() is not None or self.index.is_being_written():
            return IndexState.REBUILDING
        return IndexState.MISSING
