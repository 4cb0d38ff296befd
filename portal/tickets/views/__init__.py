"""Pages of tickets, one module a page: the queues, a ticket with its moves, its correction and assessment, and who calls back."""

from portal.tickets.views import (
    assess,
    back,
    bulk,
    correct,
    files,
    find,
    issues,
    moves,
    opened,
    questions,
    queues,
    redact,
    spikes,
    ticket,
)
from portal.tickets.views.page import bp

__all__ = [
    "assess",
    "back",
    "bp",
    "bulk",
    "correct",
    "files",
    "find",
    "issues",
    "moves",
    "opened",
    "questions",
    "queues",
    "redact",
    "spikes",
    "ticket",
]
