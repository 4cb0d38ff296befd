"""The ticket index of this process, and its watch for new problems, for edges."""

from __future__ import annotations

import time
from zoneinfo import ZoneInfo

from flask import Flask, Response, current_app, request

from portal.core.clock import utcnow
from portal.core.config import Config
from portal.core.db import transaction
from portal.knowledge.access import current_snapshot
from portal.tickets import file_store, files, service
from portal.tickets.watching import Pace, look
from portal.tickets.word_index import WordIndex
from portal.web.journal import on_close

EXTENSION = "portal_ticket_index"
CALL_TEXTS = "portal_call_texts"  # slot: takes words out of the call (an intake's id) that a ticket came from
FILING = ("intake", "tickets_api")  # the rooms in whose forms and calls tickets and reports are filed


def current_index() -> WordIndex:
    index: WordIndex = current_app.extensions[EXTENSION]
    return index


def init_app(app: Flask) -> None:
    """Look for new problems after filings, once the answer has been sent."""
    pace = Pace()

    @app.after_request
    def watch(response: Response) -> Response:
        files = request.method == "POST" and request.blueprint in FILING and response.status_code < 400
        if files and pace.is_due(time.monotonic()):
            on_close(response, look_for_spikes)
        return response


def look_after_files(config: Config) -> tuple[int, int]:
    """(scans answered, orphans taken away). Opens its own transaction, since a scan must not run in one."""
    answers = files.scan_waiting(config)
    with transaction():
        files.note_scans(answers, utcnow())
    return len(answers), file_store.sweep(config.attachments_dir)


def close_resolved(config: Config) -> list[str]:
    """The numbers of those that were closed just now; all of them in one transaction."""
    with transaction():
        return service.close_resolved(days=config.close_after_days, snapshot=current_snapshot(), now=utcnow())


def look_for_spikes() -> list[str]:
    """What was opened, in words. In the caller's transaction."""
    zone = ZoneInfo(current_app.config["PORTAL"].timezone)  # the desk's: its hours are compared
    return [f"{row.tool or row.facility}: {row.because}" for row in look(current_snapshot(), utcnow(), zone)]
