"""Pictures of articles: their address, their alternative text, and the small file that is kept of what was sent. Pure."""

from __future__ import annotations

import re
from io import BytesIO

from PIL import Image

from portal.core.upload import PICTURES, Refused, accept, clean_name
from portal.knowledge.content_layout import PICTURE_BYTES, is_picture

MOST_WIDE, MOST_HIGH = 1600, 4800
FEW_COLOURS = 50_000  # of a screenshot, whose letters stay sharp; a photograph has more
WORDS_MOST = 250
_PLACE = "/articles/"
_FILE_NAME = re.compile(
    r".*\.(?:png|jpe?g|gif|webp|bmp|heic|svg)|(?:image|img|screen ?shot|picture)[\s\d._-]*", re.IGNORECASE
)


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


def without_pictures(markdown: str) -> str:
    """For places that hold words only and have no room for what a picture shows."""
    return re.sub(r"!\[[^\[\]]*\]\([^()]*\)", "", markdown)


def markdown_of(path: str, words: str) -> str:
    return f"![{words}]({_PLACE}{path})"


def small_file(raw_name: str, data: bytes) -> bytes:
    """What is kept of a picture that was sent: WebP of its first frame, small enough to be content. Raises Refused."""
    if not clean_name(raw_name).lower().endswith(tuple(PICTURES.split(","))):
        raise Refused("Choose a picture: PNG, JPG, GIF or WebP.")
    with Image.open(BytesIO(accept(raw_name, data).data)) as image:
        frame = image.convert("RGBA" if image.has_transparency_data else "RGB")
    frame.thumbnail((MOST_WIDE, MOST_HIGH))
    small = _webp(frame, lossless=True) if frame.getcolors(FEW_COLOURS) else b""
    if not 0 < len(small) <= PICTURE_BYTES:
        small = _webp(frame, quality=85)
    while len(small) > PICTURE_BYTES:
        small = _webp(frame, quality=60)
        part = min(0.9, (PICTURE_BYTES / len(small)) ** 0.5)
        frame.thumbnail((max(1, int(frame.width * part)), max(1, int(frame.height * part))))
    return small


def _webp(frame: Image.Image, *, quality: int = 80, lossless: bool = False) -> bytes:
    out = BytesIO()
    frame.save(out, format="WEBP", quality=quality, lossless=lossless, method=3)
    return out.getvalue()
