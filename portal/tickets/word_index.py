"""The words of all tickets, in a small SQLite file of its own under the index folder, whatever the database is.

Derived data, one file per node, safe to throw away: it is brought up to the newest event when somebody asks, outside
every transaction, so that filing pays nothing for it. It holds stems, not texts that can be read; what it finds is
looked up again with the object rule before anybody sees it. Whoosh took nine minutes for 100,000 documents, this takes
one; a table of terms in the database would take its turn from those who file.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

logger = logging.getLogger(__name__)
VERSION: Final = 1  # of the tables and of what is put into them
MOST_POSTINGS: Final = 20_000  # that one question about likeness may read
MOST_TERMS: Final = 12
_TABLES = """
CREATE TABLE mark (event_id INTEGER NOT NULL, event_at TEXT NOT NULL);
INSERT INTO mark VALUES (0, '');
CREATE TABLE doc (id INTEGER PRIMARY KEY, version INTEGER NOT NULL);
CREATE TABLE often (term TEXT PRIMARY KEY, docs INTEGER NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(said, rest, marks, tokenize="unicode61 remove_diacritics 0 tokenchars '_.'");
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A ticket for the index: `said` and `rest` are stems in order, `marks` single words such as "open"."""

    id: int
    version: int
    said: Sequence[str]
    rest: Sequence[str]
    marks: Sequence[str]


Phrase = tuple[str, ...]
"""Stems that stand one after the other; mostly one."""
Marks = Sequence[Collection[str]]
"""Of each of these at least one; nothing is asked of a ticket by an empty one."""


class Noted(NamedTuple):
    """An event, and when it was: in another database the same id has another time."""

    event_id: int
    at: str


NOTHING: Final = Noted(0, "")


class WordIndex:
    """Opened anew for each question, so that threads, forks and a rebuild need no care."""

    def __init__(self, root: Path) -> None:
        self._path = root / "tickets" / f"words-{VERSION}.db"

    @property
    def exists(self) -> bool:
        return self._path.exists()

    def noted(self) -> Noted:
        """The event up to which everything is in; id 0 when there is no index."""
        with self._reading() as connection:
            return Noted(*connection.execute("SELECT * FROM mark").fetchone()) if connection else NOTHING

    def versions(self) -> dict[int, int]:
        """Ticket id -> version, of all that is in."""
        with self._reading() as connection:
            return dict(connection.execute("SELECT id, version FROM doc")) if connection else {}

    def held(self, ids: Sequence[int]) -> dict[int, int]:
        """Ticket id -> version, of those of these that are in."""
        asked = ", ".join("?" * len(ids))
        with self._reading() as connection:
            if not connection:
                return {}
            return dict(connection.execute(f"SELECT id, version FROM doc WHERE id IN ({asked})", ids))  # noqa: S608

    def find(self, groups: Sequence[Sequence[Phrase]], marks: Marks, limit: int) -> list[int]:
        """Tickets that hold one phrase of each group and have the marks; newest first."""
        asked = _all_of("{said rest}", groups)
        return self._match(f"{asked}{_marked(marks)}", "rowid DESC", limit) if asked else []

    def nearest(self, terms: Collection[str], marks: Marks, limit: int) -> list[int]:
        """Tickets that say most of the rarest of these stems, best first; what nearly all say is not looked for."""
        chosen: list[Phrase] = []
        room = MOST_POSTINGS
        for docs, term in sorted((docs, term) for term, docs in self.often(terms).items()):
            if (chosen and docs > room) or len(chosen) == MOST_TERMS:
                break
            chosen.append((term,))
            room -= docs
        asked = f"{_all_of('{said}', [chosen])}{_marked(marks)}"
        return self._match(asked, "bm25(words, 1, 0, 0)", limit) if chosen else []

    def often(self, terms: Collection[str]) -> dict[str, int]:
        """In how many tickets each of these stems was said; those that none says are left out."""
        asked = ", ".join("?" * len(terms))
        with self._reading() as connection:
            if not connection or not terms:
                return {}
            return dict(
                connection.execute(f"SELECT term, docs FROM often WHERE term IN ({asked})", [*terms])  # noqa: S608
            )

    def _match(self, asked: str, order: str, limit: int) -> list[int]:
        with self._reading() as connection:
            if not connection:
                return []
            rows = connection.execute(
                f"SELECT rowid FROM words WHERE words MATCH ? ORDER BY {order} LIMIT ?",  # noqa: S608
                (asked, limit),
            )
            return [id for (id,) in rows]

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """None while there is no index; a damaged one is dropped, and built anew by the next who catches up."""
        if not self._path.exists():
            yield None
            return
        connection = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=1.0)
        try:
            yield connection
        except sqlite3.DatabaseError as error:
            if "locked" not in str(error):
                logger.warning("the ticket index is damaged and will be built anew: %s", type(error).__name__)
                self.drop()
            raise IndexAway from error
        finally:
            connection.close()

    def drop(self) -> None:
        self._path.unlink(missing_ok=True)

    # --- writing: one process at a time, under a file lock

    def add(self, entries: Iterable[Entry], noted: Noted) -> bool:
        """Put these in, in place of what was there, and note the event; False when another process is at it."""
        with self.writing() as is_mine:
            if is_mine:
                self._write(self._path, entries, noted)
            return is_mine

    def rebuild(self, chunks: Iterable[tuple[Sequence[Entry], Noted]]) -> bool:
        """A new file beside the serving one, of (entries, event up to which they are all)."""
        with self.writing() as is_mine:
            if is_mine:
                new = self._path.with_suffix(".new")
                new.unlink(missing_ok=True)
                self._write(new, (), NOTHING)
                for entries, noted in chunks:
                    self._write(new, entries, noted)
                os.replace(new, self._path)
            return is_mine

    @contextmanager
    def writing(self) -> Iterator[bool]:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._path.parent / "writer.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    @staticmethod
    def _write(path: Path, entries: Iterable[Entry], noted: Noted) -> None:
        is_new = not path.exists()
        connection = sqlite3.connect(path, timeout=1.0, isolation_level=None)
        try:
            if is_new:
                path.chmod(0o600)
            # Derived data: after a power cut it is built anew, so nothing waits for the disk.
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute("BEGIN IMMEDIATE")
            if is_new:
                for statement in _TABLES.strip().split(";\n"):
                    connection.execute(statement)
            often: Counter[str] = Counter()
            for entry in entries:
                kept = connection.execute("SELECT version FROM doc WHERE id = ?", (entry.id,)).fetchone()
                if kept == (entry.version,):
                    continue
                if kept:
                    connection.execute("DELETE FROM words WHERE rowid = ?", (entry.id,))
                else:
                    often.update(set(entry.said))
                row = (entry.id, " ".join(entry.said), " ".join(entry.rest), " ".join(entry.marks))
                connection.execute("INSERT INTO words (rowid, said, rest, marks) VALUES (?, ?, ?, ?)", row)
                connection.execute("INSERT OR REPLACE INTO doc VALUES (?, ?)", (entry.id, entry.version))
            connection.executemany(
                "INSERT INTO often VALUES (?, ?) ON CONFLICT (term) DO UPDATE SET docs = docs + excluded.docs",
                often.items(),
            )
            connection.execute(
                "UPDATE mark SET event_id = ?, event_at = ? WHERE event_id < ?", (*noted, noted.event_id)
            )
            connection.execute("COMMIT")
        finally:
            connection.close()


class IndexAway(Exception):
    """The index cannot be read at this moment."""


def _all_of(columns: str, groups: Sequence[Sequence[Phrase]]) -> str:
    """Words of the index's own making only: letters and digits, in quotes, so that none is an operator."""
    parts = [" OR ".join(f'"{" ".join(phrase)}"' for phrase in group) for group in groups if group]
    return " AND ".join(f"{columns} : ({part})" for part in parts)


def _marked(marks: Marks) -> str:
    return "".join(f" AND {{marks}} : ({' OR '.join(sorted(any_of))})" for any_of in marks if any_of)
