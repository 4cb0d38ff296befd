"""Jinja filters and globals: times in the reader's zone, addresses of static files, plural words."""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, g
from flask.templating import Environment

from portal.core.clock import utcnow
from portal.core.config import Config
from portal.web.address import url_for, with_words


def reader_zone(config: Config) -> ZoneInfo:
    """The zone of the signed-in person, else the portal's."""
    return ZoneInfo(g.get("timezone") or config.timezone)


def clock_words(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """ "today 10:42 EST (18 min ago)", "yesterday 16:05 EST", "Nov 3, 09:10 EST", "Nov 3, 2025, 09:10 EST"."""
    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    days = (today - local.date()).days
    stamp = f"{local:%H:%M} {local.tzname()}"
    if days == 0:
        return f"today {stamp} ({ago_words(moment, now)})"
    if days == 1:
        return f"yesterday {stamp}"
    year = "" if local.year == today.year else f" {local.year},"
    return f"{local:%b} {local.day},{year} {stamp}"


def ago_words(moment: datetime, now: datetime) -> str:
    """ "just now", "18 min ago", "3 h ago", "2 days ago"; in the future "in 18 min"."""
    seconds = (now - moment).total_seconds()
    size = abs(seconds)
    if size < 60:
        return "just now"
    if size < 3600:
        amount = f"{int(size // 60)} min"
    elif size < 86400:
        amount = f"{int(size // 3600)} h"
    else:
        days = int(size // 86400)
        amount = f"{days} day{'s' if days != 1 else ''}"
    return f"{amount} ago" if seconds > 0 else f"in {amount}"


def day_words(day: date) -> str:
    """ "Nov 3, 2026"."""
    return f"{day:%b} {day.day}, {day.year}"


def count_words(number: int, one: str, many: str = "") -> str:
    """ "1 caller", "3 callers"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


class Pages(Environment):
    """Names that all templates know stand in one dict. Jinja chains an empty one before it, and searches both at each import."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals


def init_app(app: Flask, config: Config) -> None:
    @cache
    def manifest() -> dict[str, str]:
        found: dict[str, str] = json.loads((config.vendor_dir / "manifest.json").read_text(encoding="utf-8"))
        return found

    def static_url(name: str) -> str:
        """Address of a built file by its plain name, e.g. `app.css`; the hash in it lets it be kept for a year."""
        return url_for("static", filename="vendor/" + manifest()[name])

    def when(moment: datetime) -> str:
        return clock_words(moment, reader_zone(config), utcnow())

    def clock(moment: datetime) -> str:
        return f"{moment.astimezone(reader_zone(config)):%H:%M}"

    def local_day(moment: datetime) -> str:
        return day_words(moment.astimezone(reader_zone(config)).date())

    app.jinja_env.globals.update(
        url_for=url_for, static_url=static_url, count_words=count_words, utcnow=utcnow
    )
    app.jinja_env.filters.update(
        when=when,
        clock=clock,
        ago=lambda m: ago_words(m, utcnow()),
        day=day_words,
        local_day=local_day,
        isotime=datetime.isoformat,
        with_words=with_words,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
