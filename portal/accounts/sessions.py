"""One Flask session over the session table: flash messages and the CSRF token ride on it.

The cookie holds 256 random bits and nothing else. A row is written when something is stored, and when a
minute has passed since it was last seen, the latter after the answer. Nothing is stored for a visitor who
only looks.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

from flask import Flask, Request, Response, current_app, g, request, session
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import CallbackDict

from portal.accounts import access, service
from portal.accounts.actor import Actor
from portal.accounts.store import OpenSession
from portal.core.clock import utcnow
from portal.core.config import Config
from portal.core.db import transaction
from portal.core.errors import Unavailable
from portal.web.htmx import PASSIVE
from portal.web.journal import on_close
from portal.web.security import csrf

logger = logging.getLogger(__name__)
SEEN_EVERY = timedelta(minutes=1)
USER_AGENT = "User-Agent"


class PortalSession(CallbackDict[str, Any], SessionMixin):
    """`row` is what the database holds; `new_cookie` a value to be set, "" to be deleted; `unread` an error
    on reading.
    """

    def __init__(self, row: OpenSession | None = None, unread: OperationalError | None = None) -> None:
        super().__init__(row.data if row else None, self._changed)
        self.row, self.unread = row, unread
        self.new = row is None
        self.modified = False
        self.new_cookie: str | None = None

    def _changed(self, _session: object) -> None:
        self.modified = True

    def become(self, row: OpenSession | None, cookie: str) -> None:
        """Go on as another row, or as none."""
        self.clear()
        self.update(row.data if row else {})
        self.row, self.new_cookie, self.modified = row, cookie, False


class PortalSessions(SessionInterface):
    def __init__(self, config: Config) -> None:
        self.cookie = "__Host-portal" if config.https else "portal"
        self.https = config.https
        self.idle = timedelta(minutes=config.idle_minutes)
        self.lifetime = timedelta(hours=config.session_hours)

    def open_session(self, app: Flask, request: Request) -> PortalSession:
        key = request.cookies.get(self.cookie, "")
        if not key or access.is_api(request.path):
            return PortalSession()
        try:
            return PortalSession(service.find_session(key, idle=self.idle, now=utcnow()))
        except OperationalError as error:
            return PortalSession(unread=error)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        ours = cast(PortalSession, session)
        if access.is_api(request.path):
            return
        if ours.modified and (ours or ours.row):
            self._store(ours)
        elif request.headers.get(PASSIVE):
            return  # a page that looks by itself is nobody at work: it keeps no session alive
        elif ours.row and ours.row.actor and utcnow() - ours.row.last_seen_at >= SEEN_EVERY:
            row = ours.row
            on_close(response, lambda: service.touch_session(row, utcnow()))
        if ours.new_cookie is not None:
            self._set_cookie(response, ours.new_cookie)

    def _store(self, ours: PortalSession) -> None:
        """A page that is ready is worth more than its session's contents: a busy database costs at most a
        message.
        """
        cookie = ours.new_cookie
        try:
            with transaction():
                if ours.row:
                    service.save_session(ours.row, ours, utcnow())
                else:
                    cookie = service.open_session(
                        None, data=ours, lifetime=self.lifetime, user_agent=_user_agent(), now=utcnow()
                    )
            ours.new_cookie = cookie
        except (Unavailable, OperationalError) as error:
            logger.warning("the session could not be saved: %s", error)

    def _set_cookie(self, response: Response, value: str) -> None:
        response.set_cookie(
            self.cookie,
            value,
            path="/",
            max_age=None if value else 0,
            secure=self.https,
            httponly=True,
            samesite="Lax",
        )

    def seconds_left(self, row: OpenSession) -> int:
        """Until this person is signed out if nothing more is asked for."""
        now = utcnow()
        seen = row.last_seen_at if now - row.last_seen_at < SEEN_EVERY else now
        return max(0, int((min(seen + self.idle, row.expires_at) - now).total_seconds()))


def init_app(app: Flask, config: Config) -> None:
    """Called last: every endpoint must be known to the policy table."""
    app.session_interface = PortalSessions(config)
    app.extensions[access.TABLE] = access.collect_policy(app)
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # _enter asks for the token, at its place in the order
    app.before_request(_enter)
    app.context_processor(_for_templates)


def _enter() -> None:
    """Who is it, may they enter, is it really from our page. In this order: a person who was signed out is to
    hear that, and not that the form is old.
    """
    service.caller_address.set(request.remote_addr or "-")
    if access.is_api(request.path):
        access.load_token_actor()
    else:
        ours = _session()
        if ours.unread is not None:
            raise Unavailable("The portal cannot reach its records for the moment.") from ours.unread
        access.set_actor(ours.row.actor if ours.row else None)
    access.check_access()
    csrf.protect(apply_exemptions=True)


def _for_templates() -> dict[str, object]:
    row = _session().row if not access.is_api(request.path) else None
    left = interface().seconds_left(row) if row and row.actor else None
    return {"actor": access.find_actor(), "session_seconds": left, "kept_form": g.get("kept_form")}


def _session() -> PortalSession:
    return cast(PortalSession, session._get_current_object())  # type: ignore[attr-defined]


def interface() -> PortalSessions:
    return cast(PortalSessions, current_app.session_interface)


def _user_agent() -> str:
    return request.headers.get(USER_AGENT, "")


# --- for views


def session_id() -> str:
    """The id (not the cookie's value) of this request's session; empty for a visitor without one."""
    row = _session().row
    return row.id if row else ""


def begin(email: str, data: Mapping[str, Any]) -> None:
    """Sign this person in: a new session under a new id, with its CSRF token, in place of the visitor's. In a
    transaction.
    """
    rules = interface()
    key = service.sign_in(
        email,
        data={"csrf_token": secrets.token_hex(20), **data},
        lifetime=rules.lifetime,
        user_agent=_user_agent(),
        replaces=session_id() or None,
    )
    g.pop("csrf_token", None)
    _session().become(service.find_session(key, idle=rules.idle, now=utcnow()), key)


def end(actor: Actor, *, everywhere: bool = False) -> None:
    """Sign this person out, here or everywhere. In a transaction."""
    if everywhere:
        service.sign_out_everywhere(actor)
    else:
        service.sign_out(actor, session_id())
    g.pop("csrf_token", None)
    _session().become(None, "")
