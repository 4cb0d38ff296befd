"""One page of a longer list, and reading ?page= safely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
MOST_PAGES = 100_000


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`items` of page `number` (from 1), `size` a page, of `total` items in all."""

    items: Sequence[T]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        return (self.number - 1) * self.size + 1 if self.items else 0

    @property
    def last(self) -> int:
        return self.first + len(self.items) - 1 if self.items else 0


def whole_number(raw: str | None) -> int:
    """What a form or an address says in at most nine plain digits; anything else counts as 0."""
    return int(raw) if raw and len(raw) <= 9 and raw.isascii() and raw.isdigit() else 0


def page_number(raw: str | None) -> int:
    """The page that ?page= asks for; anything that is not a whole number from 1 up counts as 1."""
    return min(max(whole_number(raw), 1), MOST_PAGES)
