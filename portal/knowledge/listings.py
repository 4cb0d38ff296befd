"""The lists of the catalogue, the facilities and the codes, as admins edit them: their entries and the fields of one.

What a list holds and how an entry looks is read from the schema; here stands only how people call it. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from portal.knowledge.catalogue_schema import CatalogueModel, CodesModel, FacilitiesModel
from portal.knowledge.fields import Field, Shape, entered, fields_in
from portal.knowledge.front_matter import row_names
from portal.knowledge.parse import CATALOGUE_FILE, CODES_FILE, FACILITIES_FILE

Form = Mapping[str, Sequence[str]]
Entry = Mapping[str, object]

# key -> what one entry is called, what the list is for, and which fields stand in it
_WORDS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "teams": ("team", "Who takes tickets, and how agents hear of them.", ("name", "phrase", "queue")),
    "tools": (
        "tool",
        "What callers use, whose it is, and which facts its tickets need.",
        ("name", "team", "in_scope"),
    ),
    "routes": ("route", "Where a case goes that is not ours.", ("name", "hours_text", "phone")),
    "facts": ("fact", "What the intake asks for a team.", ("label", "type", "public")),
    "synonyms": (
        "group of synonyms",
        "Words that mean the same in a search. A phrase is one entry.",
        ("words",),
    ),
    "calendars": ("calendar", "When teams work, for targets in business hours.", ("hours", "holidays")),
    "severity": ("the targets", "The published targets of each severity, and in which hours they run.", ()),
    "numbers": ("form of a number", "How numbers of records look.", ("label", "pattern", "example")),
    "help_lines": ("help line", "Public lines that may be read out.", ("name", "number", "hours_text")),
    "maintenance": ("time of maintenance", "When a tool is closed every week.", ("name", "tool", "day")),
    "alarms": ("alarm", "Words that cannot wait for a list of results.", ("urgent", "line")),
    "published_times": (
        "published time",
        "Times that may stand in a text that is read out.",
        ("says", "source"),
    ),
    "critical": ("the Critical line", "Whom to call when nobody takes a Critical ticket.", ()),
    "queues": ("the queues", "The queues of Tier 3 and Tier 2 in the case systems.", ()),
    "facilities": ("facility", "Stations that a published source names.", ("station", "name", "zone")),
    "codes": ("code", "Error codes and what to do about each.", ("code", "meaning", "goes_to")),
}
CLOCKED = frozenset({"teams", "calendars", "severity"})  # due times of open tickets rest on them


@dataclass(frozen=True, slots=True)
class Listing:
    """One key of a file: a list of entries, or `is_one` entry. `of_words`: an entry is a list of words."""

    key: str
    file: str
    label: str
    one: str
    about: str
    columns: tuple[str, ...]
    fields: tuple[Field, ...]
    is_one: bool
    of_words: bool

    def entries(self, values: Mapping[str, object]) -> dict[str, Entry]:
        """By name, in the order of the file; the name of the only one is empty."""
        value = values.get(self.key)
        if self.is_one:
            return {"": value} if isinstance(value, Mapping) else {}
        rows = value if isinstance(value, list) else []
        shown = ({"words": row} if self.of_words else row for row in rows)
        return dict(zip(row_names(rows), shown, strict=True))

    def fields_of(self, name: str | None) -> tuple[Field, ...]:
        """An id stays what it was: tickets and accounts go by it too."""
        return tuple(one for one in self.fields if name is None or one.key != "id")

    def typed(self, old: Entry, form: Form, name: str | None) -> dict[str, object]:
        return entered(self.fields_of(name), old, form)

    def with_entry(
        self, values: Mapping[str, object], name: str | None, entry: Entry | None
    ) -> dict[str, object]:
        """All values of the file with this entry: a new one without a name, none to take it out."""
        row = entry.get("words", []) if entry is not None and self.of_words else entry
        if self.is_one:
            return {**values, self.key: row}
        value = values.get(self.key)
        rows: list[object] = list(value) if isinstance(value, list) else []
        place = row_names(rows).index(name) if name is not None else _place(rows, row)
        rows[place : place + (name is not None)] = [] if row is None else [row]
        return {**values, self.key: rows}

    def place_of(self, values: Mapping[str, object], name: str) -> str:
        """How problems call this entry: `teams[2]`."""
        return self.key if self.is_one else f"{self.key}[{[*self.entries(values)].index(name)}]"


def _place(rows: Sequence[object], new: object) -> int:
    """Where a new row goes: behind the last one of its tool, in its order where the names are in order, else at the end."""
    if not isinstance(new, Mapping):
        return len(rows)
    same = [
        n
        for n, row in enumerate(rows)
        if isinstance(row, Mapping) and "tool" in row and row["tool"] == new.get("tool")
    ]
    names = row_names(rows)
    if same:
        return same[-1] + 1
    if names == sorted(names):
        return sum(name < row_names([new])[0] for name in names)
    return len(rows)


def _listings(file: str, model: type[BaseModel]) -> list[Listing]:
    found = []
    for field in fields_in(model):
        one, about, columns = _WORDS[field.key]
        of_words = field.shape is Shape.LINES
        words = Field("words", "Words", "One a line; at least two.", Shape.LINES, True, (), {})
        is_one = field.shape is Shape.GROUP
        inner = (words,) if of_words else field.inner
        label = "Error codes" if field.key == "codes" else field.label
        found.append(Listing(field.key, file, label, one, about, columns, inner, is_one, of_words))
    return found


LISTINGS: Mapping[str, Listing] = {
    one.key: one
    for file, model in (
        (CATALOGUE_FILE, CatalogueModel),
        (CODES_FILE, CodesModel),
        (FACILITIES_FILE, FacilitiesModel),
    )
    for one in _listings(file, model)
}


def cell(value: object) -> str:
    """A value in one cell of a table."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {cell(one)}" for key, one in value.items())
    if isinstance(value, list):
        return "; ".join(map(cell, value))
    return "" if value is None else str(value)
