"""Fragment or whole page: the only reader of htmx headers and the only importer of htmx_flask."""

from __future__ import annotations

from flask import Flask, Response, make_response, render_template
from htmx_flask import Htmx, request

PASSIVE = "X-Passive"  # of what is read without anybody asking: by poll.js, or a part that follows its page
htmx = Htmx()


def init_app(app: Flask) -> None:
    htmx.init_app(app)


def by_script() -> bool:
    """Did htmx send this request, so that it would put the answer inside a page?"""
    return bool(request.htmx)


def wants_fragment() -> str | None:
    """The id of the element that htmx will fill, or None for a whole page."""
    if not request.htmx or request.htmx.history_restore_request:
        return None
    target: str | None = request.htmx.target
    return target


def render_page(
    template: str,
    *,
    fragments: tuple[str, ...] = (),
    beside: tuple[str, ...] = (),
    typing: tuple[str, ...] = (),
    status: int = 200,
    **context: object,
) -> Response:
    """Render the fragment named by HX-Target if this page offers it, else the whole page. `beside`: parts of the page that
    change with every fragment of it. `typing`: fragments that are drawn while somebody types; one may be asked for when its page
    is left already, and would take the message of the next one along.
    """
    wanted = wants_fragment()
    if wanted in fragments:
        folder = template.rpartition("/")[0]
        body = render_template(f"{folder}/_{wanted}.html", **context)
        if (
            PASSIVE not in request.headers and wanted not in typing
        ):  # else it would take away a message that is just being read
            body += render_template("_flash.html", oob=True)
        for name in beside:
            body += render_template(f"{folder}/_{name}.html", oob=True, **context)
    else:
        body = render_template(template, **context)
    response = make_response(body, status)
    response.vary.update(["HX-Request", "HX-Target"])
    return response
