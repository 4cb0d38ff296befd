"""Marks on views, the one policy table made of them, and the one check before every request. Default: nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, g, request

from portal.accounts.actor import Actor, Permission
from portal.core.errors import NotAllowed, NotFound

View = TypeVar("View", bound=Callable[..., object])
PUBLIC = "public"
SIGNED_IN = "signed_in"
MARK = "_portal_access"
TABLE = "portal_policy"

Mark = Permission | str


def requires(permission: Permission) -> Callable[[View], View]:
    """Only people who hold this permission enter."""
    return _marker(permission)


def signed_in(view: View) -> View:
    """Anybody with an account enters (their own settings)."""
    return _marker(SIGNED_IN)(view)


def public(view: View) -> View:
    """Everybody enters, without an account."""
    return _marker(PUBLIC)(view)


def _marker(mark: Mark) -> Callable[[View], View]:
    def apply(view: View) -> View:
        setattr(view, MARK, mark)
        return view

    return apply


class UnmarkedEndpoint(RuntimeError):
    """The start is refused: these endpoints do not say who may enter."""


def collect_policy(app: Flask) -> dict[str, Mark]:
    """Endpoint -> mark, for every endpoint; raises UnmarkedEndpoint. Called once, when all rooms are registered."""
    table = {name: getattr(view, MARK, None) for name, view in app.view_functions.items()}
    unmarked = sorted(name for name, mark in table.items() if mark is None)
    if unmarked:
        raise UnmarkedEndpoint(f"no @requires, @signed_in or @public on: {', '.join(unmarked)}")
    return {name: mark for name, mark in table.items() if mark is not None}


def find_actor() -> Actor | None:
    """The person of this request, by session (pages) or bearer token (API); None when nobody is signed in."""
    actor: Actor | None = g.get("actor")
    return actor


def current_actor() -> Actor:
    """The person of this request; only called behind a mark, so it raises NotAllowed rather than guess."""
    actor = find_actor()
    if actor is None:
        raise NotAllowed("Sign in first.")
    return actor


class SignInNeeded(NotAllowed):
    """Nobody is signed in: pages go to the sign-in page, which carries what was typed."""


def check_access(table: dict[str, Mark]) -> None:
    """The one check. An endpoint that is not in the table (added after the start) does not exist for anybody."""
    if request.endpoint is None:
        return
    mark = table.get(request.endpoint)
    if mark is None:
        raise NotFound("There is no such page.")
    if mark == PUBLIC:
        return
    actor = find_actor()
    if actor is None:
        raise SignInNeeded("You are signed out. Sign in to go on.")
    if isinstance(mark, Permission) and not actor.may(mark):
        raise NotAllowed("Your account may not open this page.")
