"""Response headers, the content policy (one string, one place), and refusal of forged requests."""

from __future__ import annotations

import re
import secrets
from functools import lru_cache
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request, session
from flask_wtf.csrf import CSRFProtect, generate_csrf

from portal.core.config import Config
from portal.core.log import request_id

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FORM_BYTES = 1024 * 1024
NO_STORE = ("/intake", "/tickets", "/accounts", "/admin", "/my-calls", "/look-up", "/api/")
csrf = CSRFProtect()


def init_app(app: Flask, config: Config) -> None:
    app.config.update(
        WTF_CSRF_TIME_LIMIT=None,  # bound to the session, which ends by itself
        WTF_CSRF_SSL_STRICT=False,  # the session binding and Sec-Fetch-Site do it; a proxy may drop the referrer
        MAX_CONTENT_LENGTH=25 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=FORM_BYTES,
        MAX_FORM_PARTS=1000,
        TRUSTED_HOSTS=_trusted_hosts(config),
    )
    csrf.init_app(app)
    app.jinja_env.globals["csrf_token"] = form_token
    app.context_processor(lambda: {"csrf_token": form_token})  # flask_wtf puts its own in every page

    @app.before_request
    def refuse_forged() -> None:
        request_id.set(_incoming_id() or secrets.token_hex(8))
        if request.mimetype != "multipart/form-data":  # MAX_FORM_MEMORY_SIZE bounds only that kind
            request.max_content_length = FORM_BYTES
        unsafe = request.method not in ("GET", "HEAD", "OPTIONS")
        if unsafe and request.headers.get("Sec-Fetch-Site") == "cross-site":
            abort(403)

    fixed = [
        ("Content-Security-Policy", CONTENT_POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ]
    if config.https:
        fixed.append(("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))

    @app.after_request
    def add_headers(response: Response) -> Response:
        private = request.path.startswith(NO_STORE)
        headers = response.headers
        given = {name.lower() for name, _ in headers}
        for name, value in (
            *fixed,
            ("X-Request-Id", request_id.get()),
            ("Cache-Control", "no-store" if private else "private, no-cache"),
        ):
            if name.lower() not in given:
                headers.add(name, value)
        response.vary.add("Cookie")
        return response


def form_token() -> str:
    """Of this request's session; a page asks for each form. The signature of a session's token never changes, so it is kept."""
    raw = session.get("csrf_token")
    token: str = _signed(raw) if raw else generate_csrf()
    return token


@lru_cache(maxsize=4096)
def _signed(_raw: str) -> str:
    token: str = generate_csrf()
    return token


def _incoming_id() -> str | None:
    raw = request.headers.get("X-Request-Id", "")
    return raw if re.fullmatch(r"[A-Za-z0-9-]{8,64}", raw) else None


def _trusted_hosts(config: Config) -> list[str]:
    host = urlsplit(config.public_url).hostname or "localhost"
    return sorted({host, "127.0.0.1", "localhost"})


def safe_path(raw: str | None) -> str:
    """A path on this portal to go to, or "/": one leading slash, no second slash or backslash, no control characters."""
    if not raw or not raw.startswith("/") or raw[1:2] in ("/", "\\") or not raw.isprintable() or "\\" in raw:
        return "/"
    return raw
