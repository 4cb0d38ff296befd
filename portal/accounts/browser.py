"""A browser by the name that people know it by."""

from __future__ import annotations

import re

BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Version", "Safari"),
)
SYSTEMS = ("Windows", "iPhone", "iPad", "Android", "Macintosh", "CrOS", "Linux")
MAKERS_NAMES = {"Macintosh": "Mac", "CrOS": "Chromebook"}


def browser_words(user_agent: str | None) -> str:
    """ "Edge 131 on Windows"; what was sent, cut short, when nothing in it is known. Most claim to be others too."""
    sent = user_agent or ""
    found = ((name, re.search(rf"{mark}/(\d+)", sent)) for mark, name in BROWSERS)
    browser = next((f"{name} {version[1]}" for name, version in found if version), "")
    system = next((MAKERS_NAMES.get(name, name) for name in SYSTEMS if name in sent), "")
    if not browser:
        return sent[:60] or "Unknown"
    return f"{browser} on {system}" if system else browser
