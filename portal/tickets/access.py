"""The ticket index of this process, for edges."""

from __future__ import annotations

from flask import current_app

from portal.tickets.word_index import WordIndex

EXTENSION = "portal_ticket_index"


def current_index() -> WordIndex:
    index: WordIndex = current_app.extensions[EXTENSION]
    return index
