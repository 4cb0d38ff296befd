"""Kind of error -> status and page (or problem document under /api/). Rooms raise; only this module knows statuses."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Flask, Response, current_app, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.routing import RequestRedirect

from portal.core.db import db, trouble_of
from portal.core.errors import (
    Conflict,
    Full,
    Invalid,
    NotAllowed,
    NotFound,
    PortalError,
    TooMany,
    Unavailable,
)
from portal.core.log import request_id
from portal.web import carry

logger = logging.getLogger(__name__)

STATUS: dict[type[PortalError], int] = {
    NotFound: 404,
    NotAllowed: 403,
    Invalid: 422,
    Conflict: 409,
    TooMany: 429,
    Unavailable: 503,
    Full: 507,
}
WAIT = {429: "60", 503: "5", 507: "5"}  # seconds, for Retry-After
WORDS = {
    400: ("The portal could not read this", "Go back, check the form and send it again."),
    403: ("This page is not open to you", "Ask your lead if you need it."),
    404: ("Nothing is here", "The address may be mistyped, or the page is not open to you."),
    405: ("This address takes another kind of request", "Go back and use the button on the page."),
    409: ("Somebody changed it meanwhile", "Open it again and check what is there now."),
    413: ("That is too large", "A form may hold up to 1 MB of text. Shorten it and send it again."),
    422: ("Something is missing", "Check the form and send it again."),
    429: ("Too many tries", "Wait a minute, then try again."),
    500: (
        "Something went wrong on our side",
        "Nothing you typed before is lost. Try again; if it stays, tell the portal's admin.",
    ),
    503: ("The portal is busy", "Nothing was saved. Wait a moment and send it again."),
    507: ("The portal cannot save", "Articles, search and tickets can still be read. Send it again later."),
}


def status_of(error: PortalError) -> int:
    """The HTTP status of an error of ours, by its nearest kind."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem(status: int, detail: str, **more: object) -> Response:
    """An RFC 9457 problem document; `errors` lists {"field", "detail"} where fields are at fault."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **more,
    }
    response = make_response(jsonify(body), status)
    response.content_type = "application/problem+json"
    if status in WAIT:
        response.headers["Retry-After"] = WAIT[status]
    return response


def error_page(status: int, detail: str = "", way: tuple[str, str] | None = None) -> Response:
    """Our page for this status, with the request's id and no internals. `way`: words and address of a way on."""
    title, advice = WORDS.get(status, WORDS[500 if status >= 500 else 400])
    body = render_template(
        "errors/error.html",
        page_title=title,
        advice=advice,
        detail=detail,
        way=way,
        status=status,
        reference=request_id.get(),
    )
    response = make_response(body, status)
    if status in WAIT:
        response.headers["Retry-After"] = WAIT[status]
    return response


def _answer(status: int, detail: str, fields: dict[str, str] | None = None) -> Response:
    if request.path.startswith("/api/"):
        errors = [{"field": name, "detail": message} for name, message in (fields or {}).items()]
        return problem(status, detail, **({"errors": errors} if errors else {}))
    return error_page(status, detail)


def init_app(app: Flask) -> None:
    @app.errorhandler(PortalError)
    def portal_error(error: PortalError) -> Response:
        fields = error.fields if isinstance(error, Invalid) else None
        if (
            isinstance(error, Unavailable)
            and request.method == "POST"
            and not request.path.startswith("/api/")
        ):
            carry.keep_in_page()
        return _answer(status_of(error), str(error), fields)

    @app.errorhandler(CSRFError)
    def stale_form(error: CSRFError) -> Response:
        """A form from before a new sign-in: what was typed goes back into it."""
        return carry.send_back()

    @app.errorhandler(SecurityError)
    def other_host(error: SecurityError) -> Response:
        """For a host that is not ours no address can be made, so none of our pages either."""
        return Response("This is not the address of the portal.\n", 400, mimetype="text/plain")

    @app.errorhandler(DataError)
    def unstorable(error: DataError) -> Response:
        """PostgreSQL takes neither a NUL in a text nor a number of more than its bytes."""
        db.session.rollback()
        return _answer(400, "A field holds characters that cannot be kept.")

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response | HTTPException:
        if isinstance(error, RequestRedirect):
            return error
        return _answer(error.code or 500, "" if error.code == 404 else (error.description or ""))

    @app.errorhandler(OperationalError)
    def database_busy(error: OperationalError) -> Response:
        db.session.rollback()
        trouble = trouble_of(error)
        if trouble:
            return portal_error(trouble)
        logger.error("database error", exc_info=error)
        return _answer(500, "")

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        if current_app.config.get("PROPAGATE_EXCEPTIONS"):
            raise error
        logger.error("unexpected error on %s %s", request.method, request.endpoint, exc_info=error)
        db.session.rollback()
        return _answer(500, "")
