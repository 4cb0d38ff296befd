"""Values that have broken web applications before, and the names of all fields that the portal's pages send."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIRST = "I-000001"

JUNK = (
    "", " ", "\0", "a\0b", "²", "٣", "-1", "0", "1e9", "9" * 30, "9" * 5000, "I-" + "9" * 30, "I-²²²²²²",
    "I-000000", "R-" + "9" * 40, "T3-0000-000000", "T3-2026-٠٠٠٠٠١", "%", "_", "%_%", "\\", "'", '"', "' OR 1=1 --",
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}", "{%x%}", "../../../etc/passwd",
    "..%2f..%2f", "a\r\nX-Evil: 1", "\u202e\u200b\ufeff", "\ufdd0\U0010ffff", "e\u0301" * 60, "🧨" * 80, "a" * 10_000,
    "=1+1", "@SUM(A1)", "123-45-6789", "Europe/Nowhere", "/etc/localtime", "../UTC", "9999-12-31", "0001-01-01",
    "2026-02-30", "20260101", "99:99", "23:59", "True", "null", "[]", "{}", "NaN", "1,2,3", "no", "yes", "harm",
    "both", "privacy", "now", "today", "earlier", "not_sure", "escalate", "resolve:", "redirect:x", "override",
    "file", "update", "triage", "works_now", "intake", "critical", "low", "secure-messaging", "sm-when-to-escalate",
    "sm-messages-not-available", "team:messaging", "all", "privacy", "SM99", "541", "INC0123456", "4211888", FIRST,
    "0" * 40, "f" * 64, "HEAD", "main", "shipped", "deadbeef",
)  # fmt: skip


def field_names() -> list[str]:
    """Every name that a template or a form class gives to a field, and those read from addresses."""
    found = {
        "q",
        "at",
        "ask",
        "view",
        "page",
        "sort",
        "queue",
        "since",
        "number",
        "next",
        "shape",
        "step",
        "seen",
    }
    found |= {
        "passed",
        "kind",
        "status",
        "synonyms",
        "format",
        "limit",
        "type",
        "tab",
        "add",
        "mask",
        "clear",
    }
    for path in (ROOT / "templates").rglob("*.html"):
        found |= set(re.findall(r'name="([a-zA-Z_-]+)"', path.read_text(encoding="utf-8")))
    for path in (ROOT / "portal").rglob("forms.py"):
        found |= set(re.findall(r"^    (\w+) = \w+Field\(", path.read_text(encoding="utf-8"), re.M))
    return sorted(found - {"csrf_token"})
