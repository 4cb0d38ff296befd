"""Logging set-up: text or JSON lines with the request's id. Messages never hold a ticket's text, a name or a token."""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar

from portal.core import pii

request_id: ContextVar[str] = ContextVar("request_id", default="-")


class _Context(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        text = record.getMessage()
        found = pii.find_pii(text)
        if found:
            record.msg, record.args = pii.mask(text, found), None
        if record.exc_info:  # formatters use this text as it is: an error quotes what it was given
            trace = logging.Formatter().formatException(record.exc_info)
            record.exc_text = pii.mask(trace, pii.find_pii(trace))
        return True


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "request_id": getattr(record, "request_id", "-"),
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = record.exc_text
        return json.dumps(line, ensure_ascii=False)


def set_up(log_format: str) -> None:
    """Send every record of the root logger to standard error, once, in the asked format ("text" or "json")."""
    root = logging.getLogger()
    if any(getattr(handler, "is_portal", False) for handler in root.handlers):
        return
    handler = logging.StreamHandler()
    handler.is_portal = True  # type: ignore[attr-defined]
    handler.addFilter(_Context())
    plain = logging.Formatter("%(asctime)s %(levelname)s [%(request_id)s] %(name)s: %(message)s")
    handler.setFormatter(_JsonLines() if log_format == "json" else plain)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)
