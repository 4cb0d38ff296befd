"""The one table of search: searches that found nothing of use. Words only, nobody's name beside them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class SearchMiss(Base):
    __tablename__ = "search_miss"

    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[str]
    results: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)
