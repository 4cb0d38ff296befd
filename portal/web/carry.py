"""What was typed survives a sign-in, an old form or a busy database: kept in the page, then given once to the
form's view.

Signed out: the sign-in page holds the fields as hidden inputs named `carry-…`; after sign-in they move into
the new session under the path of the form's page. Tokens, passwords and files are never carried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Response, current_app, flash, g, make_response, redirect, request, session, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from portal.web.security import safe_path

PREFIX = "carry-"
MOST_BYTES = 300_000  # three times as many when sent encoded, still below the limit of a form
MOST_FORMS = 5
STORED = "carried"
SENT_TO = "carried-to"  # beside the fields: where they were sent, for a page that holds several forms
PAGE = "_portal_form_page"

View = TypeVar("View", bound=Callable[..., object])
Fields = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class KeptForm:
    """A form to be sent again as it is: where to, and its fields."""

    path: str
    fields: Fields


def form_of(endpoint: str, *names: str) -> Callable[[View], View]:
    """The form of this POST stands on the page of that endpoint, at the same `names` of the address."""

    def mark(view: View) -> View:
        setattr(view, PAGE, (endpoint, names))
        return view

    return mark


def typed() -> Fields:
    """The fields of this POST in their order, without token and passwords; nothing of a form that is too
    large to read.
    """
    try:
        return _bounded(request.form.items(multi=True))
    except RequestEntityTooLarge:
        return []


def sent() -> Fields:
    """What was typed, and where it went; nothing when nothing was typed."""
    fields = typed()
    return [*fields, (SENT_TO, request.path)] if fields else []


def brought() -> Fields:
    """The fields that the sign-in page brings along, under their own names."""
    pairs = request.form.items(multi=True)
    return _bounded((name.removeprefix(PREFIX), value) for name, value in pairs if name.startswith(PREFIX))


def form_path() -> str:
    """The page that holds the form of this POST: what its view says, else the same path if it has a page, else
    the page the browser came from.
    """
    adapter, came_from = current_app.create_url_adapter(request), browser_path()
    endpoint, names = getattr(current_app.view_functions.get(request.endpoint or ""), PAGE, ("", ()))
    path = url_for(endpoint, **{name: (request.view_args or {})[name] for name in names}) if endpoint else ""
    if not path and adapter is not None and adapter.test(request.path, method="GET"):
        path = request.path
    query = request.query_string.decode("ascii", "replace")
    if not path or (path == urlsplit(came_from).path and not query):
        return came_from
    return safe_path(f"{path}?{query}" if query else path)


def browser_path() -> str:
    """The page that the browser shows while it asks, if it is one of ours."""
    came_from = request.headers.get("HX-Current-URL") or request.referrer or ""
    origin = request.host_url.rstrip("/")
    return safe_path(came_from.removeprefix(origin)) if came_from.startswith(origin + "/") else "/"


def keep(page: str) -> None:
    """Keep the fields of this POST in the session for the view of `page`, a path, with a query or not."""
    kept = as_stored(page, sent()).get(STORED, {})
    if kept:
        others = {path: fields for path, fields in session.get(STORED, {}).items() if path not in kept}
        session[STORED] = dict([*others.items(), *kept.items()][-MOST_FORMS:])


def as_stored(page: str, fields: Fields) -> dict[str, Any]:
    """What a session holds when these fields wait for `page`; nothing for no fields."""
    return {STORED: {urlsplit(page).path: fields}} if fields else {}


def carried(page: str) -> MultiDict[str, str] | None:
    """What was kept for this page, once."""
    return carried_form(page)[1]


def carried_form(page: str) -> tuple[str, MultiDict[str, str] | None]:
    """The path that it was sent to, and what was kept, for a page of several forms; once."""
    stored = dict(session.get(STORED, {}))
    fields = stored.pop(urlsplit(page).path, None)
    if fields is None:
        return "", None
    session[STORED] = stored
    if not stored:
        del session[STORED]
    found = MultiDict([(name, value) for name, value in fields])
    return found.pop(SENT_TO, ""), found


def send_back() -> Response:
    """The answer to a form from before a new sign-in: its page again, with what was typed."""
    page = form_path()
    if not session.new:  # nothing is stored for a browser that brings no session
        keep(page)
    flash("The form was too old; check it and send it again.", "warning")
    return make_response(redirect(page, code=303))


def keep_in_page() -> None:
    """Let the error page of this request offer the form to be sent again (`kept_form` in templates)."""
    g.kept_form = KeptForm(request.full_path.rstrip("?"), typed())


def _bounded(pairs: Iterable[tuple[str, str]]) -> Fields:
    fields, size = [], 0
    for name, value in pairs:
        if name.endswith("csrf_token") or "password" in name:
            continue
        size += len(name.encode()) + len(value.encode())
        if size > MOST_BYTES:
            break
        fields.append((name, value))
    return fields
