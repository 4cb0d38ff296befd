"""All SQL of search."""

from __future__ import annotations

from datetime import datetime

from portal.core.db import db
from portal.search.models import SearchMiss


def add_miss(words: str, results: int, at: datetime) -> None:
    db.session.add(SearchMiss(words=words, results=results, at=at))
    db.session.flush()
