"""One intake as a frozen value: what pages and pure rules get instead of the row. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portal.intake.wizard import End
from portal.tickets.ticket import Reference, intake_number

NONE_FITTED = "none_fitted_at"  # in `check`: when no known issue fitted, of a call to which none was shown


@dataclass(frozen=True, slots=True)
class Call:
    """The answers of page 1 but for the texts. `no_words`: "none" shown, "cant_look", or empty when the words were given."""

    tool: str = ""
    sub_area: str = ""
    audience: str = ""
    platform: str = ""
    facilities: tuple[str, ...] = ()
    error_code: str = ""
    no_words: str = ""
    article: str = ""
    done: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """See models.Intake; `facts` and `draft` hold what was typed, flat, by field name. `practice`: nothing of it is filed."""

    id: int
    owner: int
    worker: int | None
    desk: str
    end: End | None
    created_at: datetime
    changed_at: datetime
    handed_at: datetime | None
    ended_at: datetime | None
    urgent: str
    text: str
    alert_words: str
    call: Call
    external_ref: str
    ref_later: bool
    answers: Mapping[str, str]
    facts: Mapping[str, str]
    not_known: tuple[str, ...]
    ticked: Mapping[str, tuple[int, ...]]
    shown: tuple[str, ...]
    refused: tuple[str, ...]
    check: Mapping[str, Any]
    outcome: Mapping[str, Any]
    draft: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    version: int = 1
    practice: int | None = None
    undo: Mapping[str, Any] | None = None

    @property
    def number(self) -> str:
        return intake_number(self.id)

    @property
    def is_open(self) -> bool:
        return self.end is None or self.end is End.HANDED_OVER

    @property
    def reference(self) -> Reference | None:
        if not self.external_ref:
            return None
        return Reference("snow" if self.external_ref.startswith("INC") else "hrc", self.external_ref)

    @property
    def none_fitted_at(self) -> datetime | None:
        """When the last look found no known issue; None where some were shown."""
        said = self.check.get(NONE_FITTED)
        return datetime.fromisoformat(said) if said else None

    @property
    def lacks_number(self) -> bool:
        """Filed or reported, and the record number was put off."""
        return self.end in (End.FILED, End.REPORTED, End.CRITICAL, End.PRIVACY) and not self.external_ref
