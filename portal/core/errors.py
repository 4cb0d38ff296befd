"""The kinds of error that a person can cause or meet; `web/errors.py` alone turns them into statuses and pages."""

from __future__ import annotations

from collections.abc import Mapping


class PortalError(Exception):
    """Base of all of them. The message is shown to the person, so it is a sentence and holds no personal data."""


class NotFound(PortalError):
    """No such thing, or not visible to this person: both look the same from outside."""


class NotAllowed(PortalError):
    """The person is known and may not do this."""


class Invalid(PortalError):
    """A rule of the trade is not met. `fields` maps a field's name to its message."""

    def __init__(self, message: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})


class Conflict(PortalError):
    """Somebody, or an earlier try, changed the thing meanwhile."""


class TooMany(PortalError):
    """More tries in a short time than one person needs; waiting helps."""


class Unavailable(PortalError):
    """A part the answer needs is busy or down; trying again may help."""


class Full(Unavailable):
    """Nothing can be written: the disk is full or fails. Reading goes on."""
