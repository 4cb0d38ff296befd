"""The search engine of this process, for edges."""

from __future__ import annotations

import time

from flask import current_app

from portal.accounts.access import current_actor
from portal.core.pii import find_pii, mask
from portal.knowledge.access import current_snapshot
from portal.search.service import SearchEngine
from portal.web.pace import Pace

EXTENSION = "portal_search"
PACE = "portal_search_pace"
LONGEST = 1000
MASKED = "Personal data was taken out of your words before they were searched. Leave names, numbers and health details out."


def current_engine() -> SearchEngine:
    engine: SearchEngine = current_app.extensions[EXTENSION]
    return engine


def keep_pace() -> None:
    """Before each request of this room: searches, suggestions and matches of one person count together."""
    pace: Pace = current_app.extensions[PACE]
    pace.take(current_actor().id, time.monotonic())


def clean(raw: str) -> tuple[str, bool]:
    """The words without personal data, and whether some was taken out: before search, address and log."""
    text = " ".join(raw[:LONGEST].split())
    found = [
        one
        for one in find_pii(text, current_snapshot().catalogue.help_numbers)
        if one.certain or not _is_of_the_trade(text[one.start : one.end])
    ]
    return (mask(text, found), True) if found else (text, False)


def _is_of_the_trade(name: str) -> bool:
    """ "dr renewed": what stands after the title is written small and is a word of the knowledge base, so it is no name."""
    words = name.split()[1:]
    known = current_engine().loaded().vocabulary
    return bool(words) and all(word.islower() and known.knows(word) for word in words)
