"""The search engine of this process, for edges."""

from __future__ import annotations

from flask import current_app

from portal.search.service import SearchEngine

EXTENSION = "portal_search"


def current_engine() -> SearchEngine:
    engine: SearchEngine = current_app.extensions[EXTENSION]
    return engine
