"""Slots of the page shell, filled by `app.py` with functions of the rooms to the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Flask, current_app


@dataclass(frozen=True, slots=True)
class Alert:
    """One line under the header: a known issue that agents should know of before they file."""

    id: str
    text: str
    add_url: str
    say_url: str


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One entry of the header menu; `current` when its page is open."""

    label: str
    url: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Shell:
    """`alerts`: at most two lines. `menu`: at most six entries for this person. `critical`: lines for analysts, or None."""

    alerts: Callable[[], Sequence[Alert]]
    menu: Callable[[], Sequence[MenuEntry]]
    critical: Callable[[], object]


def init_app(app: Flask, shell: Shell) -> None:
    app.extensions["portal_shell"] = shell
    app.context_processor(lambda: {"shell": current_app.extensions["portal_shell"]})
