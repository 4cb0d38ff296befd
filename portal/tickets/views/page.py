"""What the pages of a ticket share: the blueprint, who acts on which version, one audited transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, current_app

from portal.accounts.access import current_actor
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.core.errors import Conflict, NotAllowed
from portal.knowledge.access import current_snapshot
from portal.tickets import service
from portal.tickets.service import By
from portal.web.filters import reader_zone
from portal.web.journal import after_answer

T = TypeVar("T")
bp = Blueprint("tickets", __name__, url_prefix="/tickets")


def acting_now(version: int = 0) -> By:
    """The person of this request, now; `version`: of the ticket as they saw it."""
    return By(
        current_actor(), version, current_snapshot(), utcnow(), reader_zone(current_app.config["PORTAL"])
    )


def make(name: str, number: str, change: Callable[[], T], by: By) -> T:
    """One transaction; a refusal is audited in one of its own, after the answer."""
    try:
        with transaction():
            return change()
    except (Conflict, NotAllowed):
        after_answer(lambda: service.note_refusal(name, number, by.actor, by.now))
        raise
