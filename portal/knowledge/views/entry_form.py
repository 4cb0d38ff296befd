"""The form of one entry, made of its schema: boxes, groups of boxes, and rows of such groups."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from portal.criteria.table import FACTS
from portal.knowledge.fields import Field, Shape, shown
from portal.knowledge.front_matter import row_names
from portal.knowledge.listings import Entry
from portal.knowledge.snapshot import Snapshot
from portal.knowledge.views.form_view import PREFIX, SPARE_ROWS, Box, box_of
from portal.web.forms import ZONES

WHO_ACTS = {
    "tier1_2": "You first (Tier 1/2)",
    "check_known_issues": "Known issues first, then Tier 3",
    "tier3": "Tier 3",
    "elsewhere": "Elsewhere",
}
SYSTEMS = {"hrc": "HRC Dynamics", "snow": "ServiceNow", "portal": "This portal"}
OPEN_ROWS = 3  # more of them are folded


@dataclass(frozen=True, slots=True)
class Group:
    """A mapping inside the entry; with `rows` a list of them. `word`: may stand for the whole list, value -> label.

    `is_there`: a row of the file, which can be taken out.
    """

    id: str
    label: str
    hint: str
    problems: tuple[str, ...]
    parts: tuple[Box | Group, ...]
    rows: tuple[Group, ...] | None = None
    word: Mapping[str, str] | None = None
    is_word: bool = False
    is_there: bool = False

    @property
    def count(self) -> int:
        return sum(row.is_there for row in self.rows or ())

    @property
    def is_folded(self) -> bool:
        return self.count > OPEN_ROWS and not self.has_problem

    @property
    def has_problem(self) -> bool:
        inside = [*self.parts, *(self.rows or ())]
        return bool(self.problems) or any(
            one.has_problem if isinstance(one, Group) else one.problems for one in inside
        )


Part = Box | Group


@dataclass(frozen=True, slots=True)
class EntryForm:
    """`said`: messages by path of a key, such as `sub_areas[2].id`."""

    snapshot: Snapshot
    said: Mapping[str, Sequence[str]]

    def parts(self, fields: Sequence[Field], entry: Entry, path: str = "", id: str = "") -> tuple[Part, ...]:
        return tuple(self._part(field, entry, f"{path}{field.key}", f"{id}{field.key}") for field in fields)

    def _part(self, field: Field, entry: Entry, path: str, id: str) -> Part:
        value, problems = entry.get(field.key), self._said(field, path)
        if field.shape is Shape.ROWS:
            return self._rows(field, value, path, id, problems)
        if field.shape is Shape.GROUP:
            inner = value if isinstance(value, Mapping) else {}
            parts = self.parts(field.inner, inner, f"{path}.", f"{id}-")
            return Group(PREFIX + id, field.label, field.hint, problems, parts)
        shape = {"zone": Shape.NAME, "url": Shape.LINE}.get(field.key, field.shape)
        named = replace(field, key=id, shape=shape)
        names = {"article": "articles", "zone": "zones"}.get(field.key, "")
        return box_of(named, shown(field, entry) or (), choices_of(field, self.snapshot), names, problems)

    def _rows(self, field: Field, value: object, path: str, id: str, problems: tuple[str, ...]) -> Group:
        there = value if isinstance(value, list) else []
        names = [name if name != str(n) else "" for n, name in enumerate(row_names(there), start=1)]
        labels = [f"{field.label}, {n}{': ' if name else ''}{name}" for n, name in enumerate(names, start=1)]
        labels += [f"{field.label}, one more ({n})" for n in range(1, SPARE_ROWS + 1)]
        rows = []
        for place, label in enumerate(labels):
            row = there[place] if place < len(there) else {}
            inner = row if isinstance(row, Mapping) else {}
            parts = self.parts(field.inner, inner, f"{path}[{place}].", f"{id}-{place}-")
            said = tuple(self.said.get(f"{path}[{place}]", ()))
            rows.append(Group(f"{PREFIX}{id}-{place}", label, "", said, parts, is_there=place < len(there)))
        return Group(
            PREFIX + id,
            field.label,
            field.hint,
            problems,
            (),
            tuple(rows),
            field.choices,
            isinstance(value, str),
        )

    def _said(self, field: Field, path: str) -> tuple[str, ...]:
        """A field that is typed as a whole takes what is said of its parts."""
        found: list[str] = []
        for key, messages in self.said.items():
            rest = key.removeprefix(path) if key.startswith(path) else None
            if rest == "" or (rest and rest[0] in ".[" and not field.inner):
                found += [f"{rest[1:]}: {one}" if rest[:1] == "." else one for one in messages]
        return tuple(found)


def id_of(key: str) -> str:
    """Where on the page a problem stands: `sub_areas[2].id` -> `f-sub_areas-2-id`."""
    return PREFIX + re.sub(r"[\[\].]+", "-", key).strip("-")


def labels_in(parts: Sequence[Part], row: str = "") -> dict[str, str]:
    """Ids of the page, in its order, and what stands above each; inside a row with the name of the row."""
    found: dict[str, str] = {}
    for part in parts:
        if isinstance(part, Group):
            found[part.id] = part.label
            inside = f"{part.label}: " if part.rows is None else ""
            found |= labels_in([*part.parts, *(part.rows or ())], inside)
        else:
            found[part.id] = row + part.field.label
    return found


def choices_of(field: Field, snapshot: Snapshot) -> Mapping[str, str]:
    """What the field offers, in words: what the schema knows, or what the catalogue holds."""
    catalogue = snapshot.catalogue
    if field.key in ("team", "staff_team"):
        return {team.id: team.name for team in catalogue.teams.values()}
    if field.key in ("tool", "tools"):
        return {tool.id: tool.name for tool in catalogue.tools.values()}
    if field.key == "route":
        return {route.id: route.name for route in catalogue.routes.values()}
    if field.key == "calendar":
        return {name: name for name in catalogue.calendars}
    if field.key == "minimum_facts":
        return {fact.id: fact.label for fact in catalogue.facts.values()}
    words = {"platforms": FACTS["platform"].choices, "ehr": FACTS["ehr"].choices}
    known = {"goes_to": WHO_ACTS, "system": SYSTEMS, **words}.get(field.key, {})
    return {value: known.get(value, label) for value, label in field.choices.items()}


def names_for(snapshot: Snapshot) -> dict[str, list[tuple[str, str]]]:
    """What the datalists of the page offer."""
    articles = sorted(snapshot.articles.values(), key=lambda one: one.title.lower())
    zones = dict.fromkeys([*filter(None, ZONES), *(one.zone for one in snapshot.facilities.values())])
    return {
        "articles": [(one.id, one.title) for one in articles],
        "zones": [(zone, ZONES.get(zone, "")) for zone in zones],
    }
