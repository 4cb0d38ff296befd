"""Words that must not stay, such as a person's name, taken out of stored texts. Each room names its own columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote_plus, unquote_plus

from sqlalchemy import ColumnElement, Row, Table, inspect, select, text, update
from sqlalchemy.orm import InstrumentedAttribute

from portal.core.db import core, db
from portal.core.errors import Invalid

REMOVED: Final = "[removed]"
WORDS_MOST: Final = 1000
EVERYTHING: Final = re.compile(rf"\A(?!{re.escape(REMOVED)}\Z)(?=.*\S).+\Z", re.S)
"""Any text whole, for a Removal that leaves only what it is told to keep."""
_PIECES = re.compile(r"[\s+]+|%20|['’‘`´]|[-‐‑–—]|.", re.S)
_ENCODED = re.compile(r"([&=?#/\s]+)")
_ALIKE = {"'": "['’‘`´]", "-": "[-‐‑–—]"}


def pattern_of(words: str) -> re.Pattern[str]:
    """Finds them as whole words, large or small, however spaces, apostrophes and dashes are written, also as file names and
    addresses join them; raises Invalid.
    """
    words = words.strip()
    if not len(re.sub(r"[\W_]", "", words)) >= 2 or len(words) > WORDS_MOST:
        raise Invalid(
            "Say which words.", {"words": f"Enter at least 2 letters, at most {WORDS_MOST} characters"}
        )
    found = "".join(_piece(one) for one in _PIECES.findall(words))
    return re.compile(rf"(?<![^\W_]){found}(?![^\W_])", re.I)


def without_marks(text: str) -> str:
    """What is left of it for a search: nobody looks for the mark."""
    return text.replace(REMOVED, " ")


def _piece(written: str) -> str:
    if written[0].isspace() or written[0] == "+" or written == "%20":
        return r"(?:(?:[\s+_]|%20)+|[-‐‑–—.])"  # also in the name of a file
    return next((sign for sign in _ALIKE.values() if re.fullmatch(sign, written)), re.escape(written))


@dataclass(frozen=True, slots=True)
class Removal:
    """One look through the texts. `found`: "ticket.title" -> places; without `apply` they are only counted.

    `kept`: values that are ids of the portal, whatever the words.
    """

    pattern: re.Pattern[str]
    kept: frozenset[str]
    apply: bool
    found: Counter[str] = field(default_factory=Counter)

    def clean(self, value: Any, skip: Collection[str] = ()) -> tuple[Any, int]:
        """The value without the words, at any depth, and in how many places they stood; what is under `skip` stays."""
        if isinstance(value, str):
            return (value, 0) if value in self.kept else self._clean_text(value)
        if isinstance(value, dict):
            pairs = {key: (one, 0) if key in skip else self.clean(one, skip) for key, one in value.items()}
            return {key: one for key, (one, _) in pairs.items()}, sum(count for _, count in pairs.values())
        if isinstance(value, list):
            items = [self.clean(one, skip) for one in value]
            return [one for one, _ in items], sum(count for _, count in items)
        return value, 0

    def _clean_text(self, text: str) -> tuple[str, int]:
        new, count = self.pattern.subn(REMOVED, text)
        if "%" not in new:
            return new, count
        parts = _ENCODED.split(new)  # an address, in which a letter may be written %C3%AB
        for place, part in enumerate(parts):
            plain, held = self.pattern.subn(REMOVED, unquote_plus(part))
            if held:
                parts[place], count = quote_plus(plain, safe="[]"), count + held
        return "".join(parts), count

    def rows(
        self,
        columns: Sequence[InstrumentedAttribute[Any]],
        *where: ColumnElement[bool],
        skip: Collection[str] = (),
    ) -> None:
        """In the rows of one table; in a transaction when applied."""
        table: Table = inspect(columns[0].class_).local_table
        key = next(iter(table.primary_key))
        rows = select(key, *columns)
        for row in core(rows.where(*where).order_by(key)).all():
            new, counts = self._cleaned(row, columns, skip)
            if new and self.apply:  # as it is once nobody else may write it
                now = core(rows.where(key == row[0]).with_for_update()).one_or_none()
                new, counts = self._cleaned(now, columns, skip) if now else ({}, {})
                if new:
                    core(update(table).where(key == row[0]).values(new))
            self.found.update({f"{table.name}.{name}": count for name, count in counts.items()})

    def _cleaned(
        self, row: Row[Any], columns: Sequence[InstrumentedAttribute[Any]], skip: Collection[str]
    ) -> tuple[dict[str, Any], dict[str, int]]:
        """Of the columns that hold the words: their new values, and in how many places."""
        values: tuple[Any, ...] = tuple(row)[1:]
        found = {column.key: self.clean(one, skip) for column, one in zip(columns, values, strict=True)}
        held = {name: pair for name, pair in found.items() if pair[1]}
        return {name: value for name, (value, _) in held.items()}, {name: n for name, (_, n) in held.items()}


def overwrite_freed() -> None:
    """From here on this connection leaves nothing of what it replaces in the file of an SQLite database."""
    if db.engine.dialect.name == "sqlite":
        core(text("PRAGMA secure_delete=ON")).close()


def empty_log(*, whole: bool = False) -> bool:
    """Outside a transaction: what was replaced leaves SQLite's log too; False while somebody still reads there.

    `whole`: the file is written anew first, without its free space, where older copies may stand.
    """
    db.session.rollback()
    if db.engine.dialect.name != "sqlite":
        return True
    connection = db.engine.raw_connection()  # past the listener that begins a transaction
    try:
        cursor = connection.cursor()
        if whole:
            cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return bool(cursor.fetchall()[0][0] == 0)  # whether somebody kept it from being emptied
    finally:
        connection.close()
