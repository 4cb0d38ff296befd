"""All SQL of search."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select

from portal.core.db import core, db
from portal.core.removal import Removal
from portal.search.models import SearchMiss


def add_miss(words: str, results: int, at: datetime) -> None:
    db.session.add(SearchMiss(words=words, results=results, at=at))
    db.session.flush()


def list_misses(after: datetime) -> list[tuple[str, datetime]]:
    """Words and when, oldest first."""
    rows = select(SearchMiss.words, SearchMiss.at).where(SearchMiss.at > after)
    return [(words, at) for words, at in db.session.execute(rows.order_by(SearchMiss.at, SearchMiss.id))]


def list_old_misses(before: datetime) -> list[int]:
    return list(
        db.session.scalars(select(SearchMiss.id).where(SearchMiss.at <= before).order_by(SearchMiss.id))
    )


def delete_misses(ids: Sequence[int]) -> int:
    return core(delete(SearchMiss).where(SearchMiss.id.in_(ids))).rowcount


def remove_words(removal: Removal) -> None:
    """From searches that found nothing, whoever made them."""
    removal.rows([SearchMiss.words])
