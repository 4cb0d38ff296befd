"""Slots of the page shell, filled by `app.py` with functions of the rooms to the right."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache

from flask import Flask, current_app, request
from jinja2.environment import TemplateModule

DRAWN = 512


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

    alerts: Callable[[], tuple[Alert, ...]]
    menu: Callable[[], tuple[MenuEntry, ...]]
    critical: Callable[[], object]


def init_app(app: Flask, shell: Shell) -> None:
    app.extensions["portal_shell"] = shell
    app.context_processor(lambda: {"shell": current_app.extensions["portal_shell"]})
    app.jinja_env.globals["drawn"] = _drawer(app)


def _drawer(app: Flask) -> Callable[..., TemplateModule]:
    """`drawn("_menu.html", token=...)`: a part of the page that shows what it is given and nothing else, so it is drawn once for
    each. It sees nothing of the request; the person's token is among what it is given.
    """

    @lru_cache(maxsize=DRAWN)
    def kept(_mount: str, template: str, **shown: Hashable) -> TemplateModule:
        return app.jinja_env.get_template(template).make_module(shown)  # put into a page it is its text

    return lambda template, **shown: kept(request.root_path, template, **shown)
