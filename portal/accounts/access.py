"""Marks on views, the one policy table made of them, and the one check before a request. Default: nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from flask import Flask, current_app, g, request

from portal.accounts import service
from portal.accounts.actor import Actor, Permission
from portal.core.clock import utcnow
from portal.core.errors import NotAllowed, NotFound
from portal.web.journal import after_answer

View = TypeVar("View", bound=Callable[..., object])
PUBLIC = "public"
SIGNED_IN = "signed_in"
MARK = "_portal_access"
TABLE = "portal_policy"
API = "/api/v1/"
TOKEN_SEEN_EVERY = timedelta(minutes=1)

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
    """Endpoint -> mark, for every endpoint; raises UnmarkedEndpoint. Called once, when all rooms are
    registered.
    """
    table = {name: getattr(view, MARK, None) for name, view in app.view_functions.items()}
    unmarked = sorted(name for name, mark in table.items() if mark is None)
    if unmarked:
        raise UnmarkedEndpoint(f"no @requires, @signed_in or @public on: {', '.join(unmarked)}")
    return {name: mark for name, mark in table.items() if mark is not None}


def is_api(path: str) -> bool:
    """Here only a bearer token counts; everywhere else only the session does."""
    return path.startswith(API)


def set_actor(actor: Actor | None) -> None:
    g.actor = actor
    g.timezone = actor.timezone if actor else ""


def load_token_actor() -> None:
    """Set the person whose bearer token this request bears, if any."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    used = service.actor_of_token(token.strip()) if scheme.lower() == "bearer" else None
    set_actor(used.actor if used else None)
    now = utcnow()
    if used and (used.last_used_at is None or now - used.last_used_at >= TOKEN_SEEN_EVERY):
        after_answer(lambda: service.touch_token(used, now))


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


def check_access() -> None:
    """The one check. An endpoint that is not in the table (added after the start) exists for nobody."""
    endpoint = request.endpoint
    if endpoint is None:
        return
    mark = current_app.extensions[TABLE].get(endpoint)
    if mark is None:
        raise NotFound("There is no such page.")
    if mark == PUBLIC:
        return
    actor = find_actor()
    if actor is None:
        raise SignInNeeded("You are signed out. Sign in to go on.")
    if isinstance(mark, Permission) and not actor.may(mark):
        after_answer(lambda: service.audit(actor, "open", endpoint, "refused", utcnow()))
        raise NotAllowed("Your account may not open this page.")
