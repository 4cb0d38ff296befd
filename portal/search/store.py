"""All SQL of search."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from portal.core.db import db
from portal.core.removal import Removal
from portal.search.models import SearchMiss


def add_miss(words: str, results: int, at: datetime) -> None:
    db.session.add(SearchMiss(words=words, results=results, at=at))
    db.session.flush()


def list_misses(after: datetime) -> list[tuple[str, datetime]]:
    """Words and when, oldest first."""
    rows = select(SearchMiss.words, SearchMiss.at).where(SearchMiss.at > after)
    return [(words, at) for words, at in db.session.execute(rows.order_by(SearchMiss.at, SearchMiss.id))]


def remove_words(removal: Removal) -> None:
    """From searches that found nothing, whoever made them."""
    removal.rows([SearchMiss.words])
