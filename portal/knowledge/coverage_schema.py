"""The form of coverage/<area>.yml; each model gives its frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from portal.knowledge import coverage as values
from portal.knowledge.catalogue_schema import Flag
from portal.knowledge.schema import ID, Id, Line, Strict

ItemId = Annotated[str, StringConstraints(pattern=r"^(R|T|T3-?|E)\d{1,3}[a-z]?$")]
SymptomId = Annotated[str, StringConstraints(pattern=r"^[A-DF-QSU-Z]\d{1,3}[a-z]?$")]
RuleRef = Annotated[str, StringConstraints(pattern=rf"^{ID}/[A-Za-z0-9_-]+$")]


class ItemModel(Strict):
    id: ItemId
    says: Line
    rules: tuple[RuleRef, ...] = ()
    articles: tuple[Id, ...] = ()
    confirmed: Flag


class SymptomModel(Strict):
    id: SymptomId
    says: Line
    articles: tuple[Id, ...] = ()
    rules: tuple[RuleRef, ...] = ()
    known_issues: tuple[Id, ...] = ()


class AreaModel(Strict):
    area: Literal[values.AREAS]  # type: ignore[valid-type]  # one list of areas, in coverage.py
    name: Line
    tables: tuple[Id, ...] = Field(min_length=1)
    articles: tuple[Id, ...] = ()
    items: tuple[ItemModel, ...] = Field(min_length=1)
    symptoms: tuple[SymptomModel, ...] = Field(min_length=1)

    def value(self, path: str, lines: Mapping[str, int]) -> values.Area:
        return values.Area(
            id=self.area,
            name=self.name,
            tables=self.tables,
            articles=self.articles,
            items=tuple(values.Item(**dict(one)) for one in self.items),
            symptoms=tuple(values.Symptom(**dict(one)) for one in self.symptoms),
            path=path,
            lines=lines,
        )
