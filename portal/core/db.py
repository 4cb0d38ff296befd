"""The database handle, the model base and `transaction()`. The same code runs on SQLite and PostgreSQL.

SQLite: WAL with synchronous FULL (NORMAL can lose acknowledged commits on power loss); a write transaction begins IMMEDIATE,
since a deferred one that turns into a write fails at once when another commit came between.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    Executable,
    MetaData,
    PoolProxiedConnection,
    Text,
    case,
    event,
    false,
    or_,
    select,
    update,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, registry
from sqlalchemy.types import TypeDecorator

from portal.core.errors import Full, Unavailable

BUSY_SECONDS = 5.0
ASK_SECONDS = 0.0002  # a filing holds the lock for 1 to 2 ms
BUSY = "The portal is busy. Nothing was saved; please send it again."
FULL = "The portal cannot write to its disk. Nothing was saved; tell the portal's admin."
FULL_SIGNS = ("database or disk is full", "disk I/O error", "No space left on device")
_writer = Lock()


class UTCDateTime(TypeDecorator[datetime]):
    """An aware time in UTC. SQLite keeps no zone, so it is put back on reading; a naive value is refused on writing."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables. Strings are Text, times UTC, dicts and lists JSON."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            str: Text,
            datetime: UTCDateTime,
            dict[str, Any]: JSON,
            list[str]: JSON,
            list[Any]: JSON,
        },
    )


db = SQLAlchemy(model_class=Base)


def core(statement: Executable, values: Any = None) -> CursorResult[Any]:
    """Run a statement on tables in the session's transaction, past the ORM: for what every request or filing asks."""
    session = db.session()
    connection: Connection = session.info.get(WRITING) or session.connection()
    return connection.execute(statement, values)


def among(column: InstrumentedAttribute[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """As `column.in_(values)`, for what every page asks: SQLAlchemy writes an IN anew each time it runs."""
    return or_(false(), *(column == value for value in values))


def day_of(moment: InstrumentedAttribute[Any], bounds: Sequence[datetime]) -> ColumnElement[int]:
    """Which of the days this is, from 0. `bounds`: the start of each, and the end of the last."""
    return case(*((moment < end, place) for place, end in enumerate(bounds[1:])), else_=-1)


def replace_values(column: InstrumentedAttribute[Any], new: Mapping[str, str]) -> None:
    """In every row: a value that became another. In a transaction."""
    for old in sorted(set(db.session.scalars(select(column).distinct())) & new.keys()):
        db.session.execute(update(column.class_).where(column == old).values({column.key: new[old]}))


WRITING = "portal_writing"  # of a session: its connection while transaction() is open
QUIET = {"hide_parameters": True}  # an error's message would carry a ticket's text into the log


def engine_options(database_url: str) -> dict[str, Any]:
    """How Flask-SQLAlchemy makes the engine for this address."""
    if database_url.startswith("sqlite"):
        # A session rolls back before it gives its connection back; the pool need not do it again.
        # The connection used last comes first, for what it keeps: see unchanged().
        pool = {"pool_reset_on_return": None, "pool_use_lifo": True}
        return {**QUIET, **pool, "connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False}}
    return {**QUIET, "pool_pre_ping": True, "pool_size": 5, "max_overflow": 10, "pool_timeout": 5}


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        connection.isolation_level = None  # the driver must not begin on its own: see _begin
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "trusted_schema=OFF",
            "wal_autocheckpoint=4000",  # pages: 16 MB, so that a page that many filings change is copied back once
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


@event.listens_for(Engine, "begin")
def _begin(connection: Any) -> None:
    if connection.dialect.name != "sqlite":
        return
    if connection.get_execution_options().get("immediate", False):
        _begin_writing(connection)
    else:  # cannot fail, and every page does it: straight to the driver
        connection.connection.execute("BEGIN")


def _begin_writing(connection: Connection) -> None:
    """Asks for the lock of the database file at short, even steps. SQLite's own waiting sleeps longer each time, up to 100 ms:
    the process that has written then writes on and on, and the other one hardly gets its turn.
    """
    driver, until = connection.connection, time.monotonic() + BUSY_SECONDS
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < until:
            try:
                driver.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
            time.sleep(ASK_SECONDS)
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # what is wrong, in SQLAlchemy's words
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000:.0f}")  # as it was on connecting


BRIEFLY_SECONDS = 1.0
T = TypeVar("T")
_commits = 0
_brief: WeakKeyDictionary[Engine, dict[str, tuple[Any, ...]]] = WeakKeyDictionary()


@event.listens_for(Engine, "commit")
def _count_commit(connection: Connection) -> None:
    global _commits
    _commits += 1
    connection.info.pop(UNCHANGED, None)  # SQLite tells a connection of the commits of others only


def briefly(name: str, about: str, make: Callable[[], T]) -> T:
    """What every page shows to everybody, made once a second at most: this process's own commits count at once, those of
    others when the second is over. `about`: what it depends on beside the database; one value of each name is kept.
    """
    kept = _brief.setdefault(db.engine, {})
    before, commits, now = kept.get(name), _commits, time.monotonic()
    if before and before[:2] == (about, commits) and now < before[2]:
        found: T = before[3]
        return found
    value = make()
    kept[name] = (about, commits, now + BRIEFLY_SECONDS, value)
    return value


UNCHANGED = "portal_unchanged"  # of a connection: the version of the database, and what was read at it
MOST_UNCHANGED = 256  # values a connection
VERSION = "PRAGMA data_version"


def unchanged(key: Hashable, read: Callable[[], T]) -> T:
    """What `read` gives, or gave before if nobody has written since: exact, for what every page asks of the database.

    SQLite tells a connection whether another one has committed. PostgreSQL does not, and in transaction() what was just written
    counts: there it is read each time. The value is shared, so nobody may change it.
    """
    if db.engine.dialect.name != "sqlite":
        return read()
    if not (db.session.registry.has() and db.session().in_transaction()):
        with _watching() as connection:  # a page that finds here what it asks begins no transaction
            found = _kept(connection)
            if key in found:
                return cast(T, found[key])
    elif WRITING in db.session().info:
        return read()
    values = _kept(db.session().connection().connection)
    if key not in values:
        values[key] = read()
    return cast(T, values[key])


@contextmanager
def _watching() -> Iterator[PoolProxiedConnection]:
    """A connection outside of any transaction; what goes wrong with it is said in SQLAlchemy's words."""
    try:
        with closing(db.engine.raw_connection()) as connection:
            yield connection
    except sqlite3.OperationalError as error:
        raise OperationalError(VERSION, None, error) from error


def _kept(connection: PoolProxiedConnection) -> dict[Hashable, object]:
    """What was read of the database as this connection sees it."""
    driver: Any = connection.dbapi_connection
    version = driver.execute(VERSION).fetchone()[0]
    kept: tuple[int, dict[Hashable, object]] | None = connection.info.get(UNCHANGED)
    if kept is None or kept[0] != version or len(kept[1]) >= MOST_UNCHANGED:
        kept = connection.info[UNCHANGED] = (version, {})
    return kept[1]


@contextmanager
def transaction() -> Iterator[None]:
    """One write transaction at the edge: ends the request's read snapshot, begins IMMEDIATE, commits or rolls back.

    Raises Unavailable when the database stays busy for five seconds, Full when nothing can be written.
    Never opened around the network, git or the index.
    """
    session = db.session()
    session.rollback()
    try:
        with _turn(session.get_bind().dialect.name):
            session.info[WRITING] = session.connection(execution_options={"immediate": True})
            yield
            session.commit()
    except OperationalError as error:
        session.rollback()
        trouble = trouble_of(error)
        if trouble:
            raise trouble from error
        raise
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop(WRITING, None)


@contextmanager
def _turn(dialect: str) -> Iterator[None]:
    """On SQLite the threads of a process queue here: its own waiting is a poll that sleeps longer each time."""
    if dialect != "sqlite":
        yield
        return
    if not _writer.acquire(timeout=BUSY_SECONDS):
        raise Unavailable(BUSY)
    try:
        yield
    finally:
        _writer.release()


def trouble_of(error: OperationalError) -> Unavailable | None:
    """What passes by itself (a held write lock, a lost connection) or stops only writing; None for faults of ours."""
    said = str(error.orig)
    if "database is locked" in said or error.connection_invalidated:
        return Unavailable(BUSY)
    return Full(FULL) if any(sign in said for sign in FULL_SIGNS) else None
