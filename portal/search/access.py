"""The search engine of this process, for edges."""

from __future__ import annotations

import time

from flask import current_app

from portal.accounts.access import current_actor
from portal.search.service import SearchEngine
from portal.web.pace import Pace

EXTENSION = "portal_search"
PACE = "portal_search_pace"


def current_engine() -> SearchEngine:
    engine: SearchEngine = current_app.extensions[EXTENSION]
    return engine


def keep_pace() -> None:
    """Before each request of this room: searches, suggestions and matches of one person count together."""
    pace: Pace = current_app.extensions[PACE]
    pace.take(current_actor().id, time.monotonic())
