"""The audit log to read: who did what to which object and when, filtered, page by page or as rows for a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, func, select

from portal.accounts.models import AuditRow
from portal.core.db import db
from portal.web.paging import Page

PAGE_SIZE = 100
MOST_ROWS = 50_000  # of a file
_TEXTS = {"who": AuditRow.who, "what": AuditRow.what, "object": AuditRow.object, "result": AuditRow.result}


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """Empty means any. Words are looked for as they stand; `since` and `until` are days as YYYY-MM-DD, both included."""

    who: str = ""
    what: str = ""
    object: str = ""
    result: str = ""
    since: str = ""
    until: str = ""

    @property
    def given(self) -> dict[str, Any]:
        pairs = ((name, getattr(self, name)) for name in self.__slots__)
        return {name: value for name, value in pairs if value}


def read_audit_filters(args: Mapping[str, str]) -> AuditFilters:
    """From an address; a day that is none counts as not given."""
    given = {name: args.get(name, "").strip()[:100] for name in AuditFilters.__slots__}
    for name in ("since", "until"):
        try:
            date.fromisoformat(given[name])
        except ValueError:
            given[name] = ""
    return AuditFilters(**given)


def page_of_audit(filters: AuditFilters, zone: tzinfo, page: int) -> Page[AuditRow]:
    """Newest first. `zone`: where the days of the filters begin and end."""
    conditions = _conditions(filters, zone)
    total = db.session.scalar(select(func.count()).select_from(AuditRow).where(*conditions)) or 0
    number = max(1, min(page, -(-total // PAGE_SIZE)))
    return Page(_rows(conditions, PAGE_SIZE, (number - 1) * PAGE_SIZE), number, PAGE_SIZE, total)


def list_audit(filters: AuditFilters, zone: tzinfo) -> list[AuditRow]:
    """The newest MOST_ROWS of them."""
    return _rows(_conditions(filters, zone), MOST_ROWS, 0)


def _rows(conditions: list[ColumnElement[bool]], limit: int, offset: int) -> list[AuditRow]:
    rows = select(AuditRow).where(*conditions).order_by(AuditRow.id.desc())
    return list(db.session.scalars(rows.limit(limit).offset(offset)))


def _conditions(filters: AuditFilters, zone: tzinfo) -> list[ColumnElement[bool]]:
    kept: list[ColumnElement[bool]] = [
        column.icontains(words, autoescape=True)
        for name, column in _TEXTS.items()
        if (words := getattr(filters, name))
    ]
    if filters.since:
        kept.append(AuditRow.at >= datetime.combine(date.fromisoformat(filters.since), time(0), zone))
    if filters.until and filters.until < str(date.max):
        after = date.fromisoformat(filters.until) + timedelta(days=1)
        kept.append(AuditRow.at < datetime.combine(after, time(0), zone))
    return kept
