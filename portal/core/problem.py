"""One problem in a content file, said so that its writer can mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """`file` relative to content/, `key` a path such as `rules[2].when.shows` (empty: the whole file), `line` from 1."""

    file: str
    key: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.line else "")
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"
