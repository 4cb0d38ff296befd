"""The base form with its CSRF token, and field types that two rooms or more use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import Field

ZONES = {
    "": "The portal's own",
    "America/Puerto_Rico": "Atlantic (Puerto Rico)",
    "America/New_York": "Eastern",
    "America/Chicago": "Central",
    "America/Denver": "Mountain",
    "America/Phoenix": "Mountain (Arizona)",
    "America/Los_Angeles": "Pacific",
    "America/Anchorage": "Alaska",
    "Pacific/Honolulu": "Hawaii",
    "Pacific/Guam": "Guam",
    "Asia/Manila": "Philippines",
    "UTC": "UTC",
}


def offered_zone(zone: str, day: date) -> str:
    """The zone of ZONES that a clock in this zone agrees with all through the year of that day; empty where none does."""
    if zone in ZONES:
        return zone
    hours = _hours(zone, day.year)
    return next((offered for offered in ZONES if offered and _hours(offered, day.year) == hours), "")


def zone_words(zone: str, day: date) -> str:
    """ "Eastern" for Detroit; the name of the place where no zone of ours fits."""
    offered = offered_zone(zone, day)
    return ZONES[offered] if offered else zone.partition("/")[2].replace("_", " ")


def _hours(zone: str, year: int) -> list[object]:
    """How far this clock is from UTC on the first of each month."""
    first = (datetime(year, month, 1, 12, tzinfo=UTC) for month in range(1, 13))
    return [moment.astimezone(ZoneInfo(zone)).utcoffset() for moment in first]


class PortalForm(FlaskForm):
    """Every form of a page. `summary()` feeds the error summary; a form checks shape, rules of the trade stand elsewhere."""

    def summary(self) -> list[tuple[str, str]]:
        """(field id, message) of every error, in the order of the fields."""
        return [(field.id, str(error)) for field in self for error in field.errors]

    def add_errors(self, messages: Mapping[str, str]) -> None:
        """Put messages of an Invalid beside their fields; one without a field stands at the first field."""
        for name, message in messages.items():
            target: Field = self._fields.get(name) or next(iter(self._fields.values()))
            target.errors = [*target.errors, message]
