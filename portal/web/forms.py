"""The base form with its CSRF token, and field types that two rooms or more use."""

from __future__ import annotations

from collections.abc import Mapping

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
