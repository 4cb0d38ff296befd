"""Pictures of articles: their address, their alternative text, and the small file that is kept of what was sent. Pure."""

from __future__ import annotations

import re

from portal.knowledge.content_layout import is_picture

_PLACE = "/articles/"
_FILE_NAME = re.compile(
    r".*\.(?:png|jpe?g|gif|webp|bmp|heic|svg)|(?:image|img|screen ?shot|picture)[\s\d._-]*", re.IGNORECASE
)


def address(path: str) -> str:
    return f"{_PLACE}{path}"


def path_in(url: str) -> str:
    """The file in content/ that an address shows; empty for one that shows no picture of ours."""
    path = url.removeprefix(_PLACE)
    return path if path != url and is_picture(path) else ""


def wrong_words(words: str) -> str:
    """Why this is no alternative text; empty when it is one."""
    if not words.strip():
        return "a picture needs alternative text"
    if _FILE_NAME.fullmatch(words.strip()):
        return "say what the picture shows, not what its file is called"
    return ""
