"""Addresses of pages, each built once: one depends on nothing but its parts, and a page has two dozen."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlencode

import flask


def url_for(endpoint: str, **values: object) -> str:
    """As flask.url_for; what is relative to the page, or has a list among its values, is built anew."""
    if endpoint[0] != ".":
        try:
            return _built(flask.request.root_path, endpoint, **values)
        except TypeError:  # a list cannot be kept
            pass
    return flask.url_for(endpoint, **values)  # type: ignore[arg-type]


@lru_cache(maxsize=4096, typed=True)
def _built(_mount: str, endpoint: str, **values: object) -> str:
    return flask.url_for(endpoint, **values)  # type: ignore[arg-type]


def with_words(address: str, words: str, code: str = "") -> str:
    """The address of a page that goes on with what the caller said (`q`), and with the code that led there."""
    brought = urlencode({name: said for name, said in (("q", words), ("code", code)) if said})
    place, mark, anchor = address.partition("#")
    return f"{place}{'&' if '?' in place else '?'}{brought}{mark}{anchor}" if brought else address
