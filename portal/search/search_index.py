"""The Whoosh index on disk, and the analysis it shares with the queries. The only module that imports whoosh.

Derived data, one per node: `<root>/<schema>/<build>/`, and `current` is a link that is switched by an atomic
rename. One process at a time writes, under a file lock that the kernel frees; whoever finds damage drops the
build and it is made anew. Held to calls that Whoosh 2.7.4 also has. The files hold pickles, so the folders
are private (0700).

Known defects that shape it: a refreshed searcher shows ghosts of replaced documents, so every generation gets
a fresh one; old segment files go at once, so opening tries again; a posting file's position is shared, so
reading is under a lock.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
import threading
import time
import unicodedata
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol

from whoosh import index as whoosh_index
from whoosh.analysis.acore import Token
from whoosh.analysis.analyzers import Analyzer
from whoosh.fields import ID, STORED, TEXT, Schema
from whoosh.lang.porter import stem as _porter
from whoosh.query.positional import Phrase
from whoosh.reading import TermNotFound
from whoosh.scoring import BM25F

from portal.search.documents import Document

ANALYSIS_VERSION: Final = 2
CHECK_SECONDS: Final = 0.25
MOST_DELETED: Final = 0.3
MOST_SEGMENTS: Final = 20
CACHED_POSTINGS: Final = 1_000_000  # 8 bytes each

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+|_[^\W_]+|\.(?=\d)[^\W_]+)*")
# "Log in" is no log, "check in" no check, and the second word is a function word: one word, however it is written.
_TWO_AS_ONE = re.compile(
    r"(?<![^\W_])(?:(sign|log)(?:s|g?ed|g?ing)?[ -](in|on)|(check)(?:s|ed|ing)?[ -](in))(?![^\W_])"
)
_SPOKEN = {
    "signin": "sign in",
    "signon": "sign on",
    "login": "log in",
    "logon": "log on",
    "checkin": "check in",
}
_STOP = frozenset(
    """
    a about all also am an and any are as at be been being but by did do does for from had has have he her
    him his how i if in into is it its just me my of on or our she so some such than that the their them
    then there these they this those to too us was we were what when where which while who whom whose why
    will with would you your
    """.split()  # noqa: SIM905
)
_terms: dict[str, str] = {}
_stem: Callable[[str], str] = _porter
_phrase: Callable[..., Any] = Phrase


def words(text: str) -> list[str]:
    """The words of a text in lower case; `SM115`, `tls1.2` and `MDOT_invalid` stay whole, `can't` becomes `cant`,
    `signed in` becomes `signin`.
    """
    text = unicodedata.normalize("NFKC", text).lower()
    text = _TWO_AS_ONE.sub(r"\1\2\3\4", text)
    found: list[str] = _WORD.findall(text)
    if "'" in text or "’" in text:
        return [word.replace("'", "").replace("’", "") for word in found]
    return found


def spoken(word: str) -> str:
    """A word as people say it: `signin` is "sign in"."""
    return _SPOKEN.get(word, word)


def term(word: str) -> str:
    """What the index keeps of a word: its stem, the word itself if it has a digit, nothing for a function word."""
    found = _terms.get(word)
    if found is None:
        if len(_terms) > 50_000:
            _terms.clear()
        kept_whole = not word.isalpha() or not word.isascii()
        found = _terms[word] = "" if word in _STOP else word if kept_whole else _stem(word)
    return found


def terms(text: str) -> list[str]:
    """The words of a text as the index keeps them, in order, without function words."""
    return [found for word in words(text) if (found := term(word))]


class PortalAnalyzer(Analyzer):
    """`terms` for Whoosh; titles keep their function words, for queries that consist of nothing else."""

    def __init__(self, keep_stops: bool = False) -> None:
        self.keep_stops = keep_stops

    def __call__(self, value: str, positions: bool = False, start_pos: int = 0, **_: Any) -> Iterator[Any]:
        token = Token(positions)
        kept = [term(word) or word for word in words(value)] if self.keep_stops else terms(value)
        for position, text in enumerate(kept, start_pos):
            token.text, token.boost, token.stopped = text, 1.0, False
            if positions:
                token.pos = position
            yield token


def _schema() -> Schema:
    # Filters, facets, codes and texts come from the documents in memory, so the index keeps none of them.
    return Schema(
        id=ID(unique=True, stored=True),
        hash=STORED,
        title=TEXT(PortalAnalyzer(keep_stops=True)),
        words=TEXT(PortalAnalyzer(keep_stops=True)),
        body=TEXT(PortalAnalyzer()),
    )


SCHEMA_HASH: Final = blake2b(
    f"{ANALYSIS_VERSION} id hash title words body".encode(), digest_size=6
).hexdigest()


class IndexMissing(Exception):
    """There is no index to read yet."""


class IndexDamaged(Exception):
    """The build cannot be opened or read; it has been dropped and will be made anew."""


@contextmanager
def _damage_named() -> Iterator[None]:
    try:
        yield
    except (IndexMissing, IndexDamaged, whoosh_index.LockError):
        raise
    except Exception as error:
        # Whoosh raises anything on damaged files, down to a bare Exception, so nothing narrower catches them all.
        raise IndexDamaged(f"{type(error).__name__}: {error}") from error


@dataclass(frozen=True, slots=True)
class Postings:
    """Where a term stands: document numbers of one `Source`, and the score of each."""

    numbers: Sequence[int]
    scores: Sequence[float]


Weights = tuple[tuple[str, float], ...]
"""Field -> what its score counts."""


class Source(Protocol):
    """What ranking reads: the index, or a plain scan while there is none."""

    @property
    def ids(self) -> Sequence[str]:
        """Id of each document by number; empty where the document is gone."""

    def postings(self, texts: tuple[str, ...], weights: Weights) -> Postings:
        """Where the term, or the terms one after the other, stand in the fields; scores weighted and added up."""


class IndexReader:
    """One generation of one build: BM25F scores by term, kept for the next query. Safe to use from several threads."""

    def __init__(self, searcher: Any) -> None:
        self._searcher = searcher
        self._lock = threading.Lock()
        self._kept: dict[tuple[tuple[str, ...], Weights], Postings] = {}
        self._kept_size = 0
        self.uses = 0
        ids = [""] * searcher.reader().doc_count_all()
        self.hashes: dict[str, str] = {}
        for number, stored in searcher.reader().iter_docs():
            ids[number] = stored["id"]
            self.hashes[stored["id"]] = stored["hash"]
        self.ids: Sequence[str] = ids

    def postings(self, texts: tuple[str, ...], weights: Weights) -> Postings:
        with self._lock, _damage_named():
            found = self._kept.get((texts, weights))
            if found is None:
                scores: dict[int, float] = {}
                for field, weight in weights:
                    for number, score in self._decode(field, texts):
                        scores[number] = scores.get(number, 0.0) + score * weight
                found = Postings(array("I", scores), array("f", scores.values()))
                if self._kept_size + len(scores) > CACHED_POSTINGS:
                    self._kept.clear()
                    self._kept_size = 0
                self._kept[texts, weights] = found
                self._kept_size += len(scores)
            return found

    def _decode(self, field: str, texts: tuple[str, ...]) -> Iterator[tuple[int, float]]:
        try:
            if len(texts) == 1:
                matcher = self._searcher.postings(field, texts[0])
            else:
                phrase = _phrase(field, list(texts), slop=1)
                matcher = phrase.matcher(self._searcher, self._searcher.context())
        except TermNotFound:
            return
        while matcher.is_active():
            yield matcher.id(), matcher.score()
            matcher.next()

    def read_something_of_every_segment(self) -> None:
        """For the doctor: raises IndexDamaged where a segment cannot be read."""
        with self._lock, _damage_named():
            for segment, _ in self._searcher.reader().leaf_readers():
                for field, text in islice(segment.all_terms(), 1):
                    for _ in segment.postings(field, text).all_ids():
                        pass

    def close(self) -> None:
        self._searcher.close()


class SearchIndex:
    """The builds under one root folder: reading the current one, and bringing it in line with the documents."""

    def __init__(self, root: Path) -> None:
        self._home = root / SCHEMA_HASH
        self._link = self._home / "current"
        self._guard = threading.Lock()
        self._reader: IndexReader | None = None
        self._index: Any = None
        self._key: tuple[str, int] | None = None
        self._checked_at = 0.0

    def build_name(self) -> str | None:
        try:
            return os.readlink(self._link)
        except OSError:  # not there, or something that is no link
            return None

    def revision(self) -> str | None:
        """The content revision that the current build holds in full."""
        try:
            return (self._link / "revision").read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            return None

    @contextmanager
    def reading(self) -> Iterator[IndexReader]:
        """The reader of the newest generation, looked for at most every 250 ms; closed after its last use.

        Raises IndexMissing, or IndexDamaged after dropping the build.
        """
        build = self.build_name()
        try:
            reader = self._take()
            try:
                yield reader
            finally:
                with self._guard:
                    reader.uses -= 1
                    self._close_if_unused(reader)
        except IndexDamaged:
            self._drop(build)
            raise

    def _take(self) -> IndexReader:
        with self._guard, _damage_named():
            now = time.monotonic()
            if self._reader is None or now - self._checked_at >= CHECK_SECONDS:
                build = self.build_name()
                if build is None:
                    raise IndexMissing("there is none")
                if self._key is None or self._key != (build, self._index.latest_generation()):
                    self._open()
                self._checked_at = now
            assert self._reader is not None
            self._reader.uses += 1
            return self._reader

    def _open(self) -> None:
        old, (build, self._index, searcher) = self._reader, self._fresh_searcher()
        self._reader = IndexReader(searcher)
        self._key = (build, searcher.reader().generation())
        if old is not None:
            self._close_if_unused(old)

    def _close_if_unused(self, reader: IndexReader) -> None:
        if reader is not self._reader and reader.uses == 0:
            reader.close()

    def _fresh_searcher(self) -> tuple[str, Any, Any]:
        """Another process may have removed a file between reading the table of contents and opening it: try again."""
        for attempt in range(6):
            build = self.build_name()
            if build is None:
                raise IndexMissing("there is none")
            try:
                opened = whoosh_index.open_dir(str(self._home / build))
                return build, opened, opened.searcher(weighting=BM25F(B=0.75, K1=1.6, title_B=0.4))
            except FileNotFoundError:
                time.sleep(0.005 * 2**attempt)
        raise IndexDamaged("files of the current build are missing")

    def _drop(self, build: str | None) -> None:
        with self._guard:
            if build is not None and self.build_name() == build:
                self._link.unlink(missing_ok=True)
            self._reader = self._key = None

    def look_again(self) -> None:
        """The next reader looks for a newer generation at once."""
        self._checked_at = 0.0

    def close(self) -> None:
        """For the end of a process; a reader in use is closed by its last user."""
        with self._guard:
            reader, self._reader, self._key = self._reader, None, None
            if reader is not None:
                self._close_if_unused(reader)

    def catch_up(self, documents: Mapping[str, Document], revision: str) -> bool:
        """Make the index hold exactly these documents; False when another process is at it."""
        if self.revision() == revision:
            self.look_again()  # another process wrote it
            return True
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._writer_lock() as is_mine:
            if not is_mine:
                return False
            try:
                with _damage_named():
                    if not self._update(documents):
                        self._build(documents, revision)
            except whoosh_index.LockError:
                return False
            except (IndexMissing, IndexDamaged):
                self._build(documents, revision)
            self._note(self._home / str(self.build_name()), revision)
        self.look_again()
        return True

    def rebuild(self, documents: Mapping[str, Document], revision: str) -> bool:
        """A full build beside the serving one; False when another process is at it."""
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._writer_lock() as is_mine:
            if is_mine:
                self._build(documents, revision)
        self.look_again()
        return is_mine

    @contextmanager
    def _writer_lock(self) -> Iterator[bool]:
        with (self._home / "writer.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def is_being_written(self) -> bool:
        if not self._home.is_dir():
            return False
        with self._writer_lock() as is_free:
            return not is_free

    def _update(self, documents: Mapping[str, Document]) -> bool:
        """Apply the difference; False when a full build is the better way."""
        _, opened, searcher = self._fresh_searcher()
        with searcher:
            have = {stored["id"]: stored["hash"] for _, stored in searcher.reader().iter_docs()}
            segments = len(list(searcher.reader().leaf_readers()))
        changed = [document for document in documents.values() if have.get(document.id) != document.hash]
        gone = [id for id in have if id not in documents]
        if not changed and not gone:
            return True
        replaced = sum(document.id in have for document in changed)
        deleted = opened.doc_count_all() - len(have) + len(gone) + replaced
        if deleted > MOST_DELETED * max(opened.doc_count_all(), 10) or segments >= MOST_SEGMENTS:
            return False
        writer = opened.writer(timeout=2.0)
        try:
            for id in gone:
                writer.delete_by_term("id", id)
            for document in changed:
                writer.update_document(**_fields(document))
        except BaseException:
            writer.cancel()
            raise
        writer.commit()
        return True

    def _build(self, documents: Mapping[str, Document], revision: str) -> None:
        serving = self.build_name()
        for left in self._home.glob("build-*"):  # of a build that was killed
            if left.name != serving:
                shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix="build-", dir=self._home))
        writer = whoosh_index.create_in(str(folder), _schema()).writer(limitmb=64)
        for document in documents.values():
            writer.add_document(**_fields(document))
        writer.commit()
        self._note(folder, revision)
        link = self._home / "current.new"
        link.unlink(missing_ok=True)
        link.symlink_to(folder.name)
        if serving is None and self._link.is_dir():  # put there by hand: a rename does not replace a folder
            shutil.rmtree(self._link)
        os.replace(link, self._link)
        if serving is not None:
            shutil.rmtree(self._home / serving, ignore_errors=True)

    def _note(self, folder: Path, revision: str) -> None:
        new = folder / "revision.new"
        new.write_text(revision, encoding="ascii")
        os.replace(new, folder / "revision")


def _fields(document: Document) -> dict[str, str]:
    return {
        "id": document.id,
        "hash": document.hash,
        "title": document.title,
        "words": " . ".join(document.words),
        "body": f"{document.title}. {document.body}",
    }
