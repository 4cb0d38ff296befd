"""What may be uploaded: its type by content and by extension, what is taken out of it. Pure; bytes in, clean bytes out.

Pictures are decoded and encoded again, so that nothing but their pixels is kept; texts become UTF-8. Source: reliability.md 7.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps, ImageSequence

from portal.core.errors import Invalid

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
NAME_CHARACTERS = 120
PICTURES = ".png,.jpg,.jpeg,.gif,.webp"
ACCEPTED = f"{PICTURES},.pdf,.txt,.log,.csv,.json,.har"
READABLE = ("text/plain", "text/csv", "application/json")
REMOVED = "[removed]"
_RUNS = frozenset(
    (
        "bat", "cmd", "com", "dll", "exe", "hta", "htm", "html", "jar", "js", "lnk", "mjs", "msi", "php", "ps1", "scr",
        "sh", "svg", "vbs", "wsf", "xhtml", "xml", "zip", "7z", "rar", "gz",
    )
)  # fmt: skip
_MARKUP = re.compile(r"\s*<(?:!doctype|!--|\?xml|html|head|body|svg|script|iframe)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_PDF_RUNS = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia)\b")
_SECRET = re.compile(r"cookie|authorization|token|secret|api-?key|session|csrf|xsrf", re.IGNORECASE)
_ZIP_END, _ZIP_TAIL = b"PK\x05\x06", 65_557


class Refused(Invalid):
    """Not a file that is taken; the message says why."""


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    content_type: str
    data: bytes


def accept(raw_name: str, data: bytes) -> Upload:
    """The file as it is kept. Raises Refused."""
    name = clean_name(raw_name)
    *inner, extension = name.lower().split(".")
    if extension not in _KINDS or not inner:
        raise Refused("Send a picture (PNG, JPG, GIF, WebP), a PDF, or a text (TXT, LOG, CSV, JSON, HAR).")
    if _RUNS.intersection(inner[1:]):
        raise Refused(
            "This name has two endings, one of a kind that is not taken. Give the file another name."
        )
    if not data:
        raise Refused("This file is empty.")
    if len(data) > MOST_BYTES:
        raise Refused("This file is larger than 10 MB.")
    content_type, read = _KINDS[extension]
    return Upload(name, content_type, read(extension, data))


def clean_name(raw: str) -> str:
    """The last part of a path, on one line and without signs that nobody sees; its ending is kept when it is cut."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", raw))[-1]
    last = "".join(c for c in last if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*').strip(" .")
    stem, dot, extension = last.rpartition(".")
    return f"{stem[: NAME_CHARACTERS - len(extension) - 1]}{dot}{extension}"[-NAME_CHARACTERS:]


# --- pictures


_SIGNS = {"PNG": b"\x89PNG\r\n\x1a\n", "JPEG": b"\xff\xd8\xff", "GIF": b"GIF8", "WEBP": b"RIFF"}
_FORMATS = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "gif": "GIF", "webp": "WEBP"}


def _picture(extension: str, data: bytes) -> bytes:
    kind = _FORMATS[extension]
    if not data.startswith(_SIGNS[kind]):
        raise Refused(f"This is not a {extension.upper()} picture, whatever its name says.")
    try:
        with Image.open(BytesIO(data), formats=[kind]) as image:
            frames = getattr(image, "n_frames", 1) if kind in ("GIF", "WEBP") else 1
            if image.width * image.height * frames > MOST_PIXELS:
                raise Refused("This picture has more than 40 million pixels. Make it smaller.")
            return _encoded(image, kind, frames)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused("This picture has more than 40 million pixels. Make it smaller.") from error
    except Refused:
        raise
    except Exception as error:  # a broken picture raises nearly anything
        raise Refused("This picture is broken and cannot be opened.") from error


def _encoded(image: Image.Image, kind: str, frames: int) -> bytes:
    out = BytesIO()
    if frames > 1:
        first, *others = [_pixels(frame, kind) for frame in ImageSequence.Iterator(image)]
        pace = image.info.get("duration", 100)
        first.save(out, format=kind, save_all=True, append_images=others, duration=pace, loop=0)
    else:
        _pixels(ImageOps.exif_transpose(image), kind).save(out, format=kind, quality=90)
    return out.getvalue()


def _pixels(image: Image.Image, kind: str) -> Image.Image:
    """A copy without what else the file said: place, camera, comments, profiles."""
    see_through = kind != "JPEG" and (image.has_transparency_data)
    copy = image.convert("RGBA" if see_through else "RGB")
    copy = copy.copy() if copy is image else copy
    copy.info = {}
    return copy


# --- documents and texts


def _pdf(_extension: str, data: bytes) -> bytes:
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-2048:]:
        raise Refused("This is not a whole PDF, whatever its name says.")
    if _PDF_RUNS.search(data) or _ZIP_END in data[-_ZIP_TAIL:]:
        raise Refused(
            "This PDF holds a script, a program or other files. Print it to a new PDF and send that."
        )
    return data


def _text(_extension: str, data: bytes) -> bytes:
    return read_text(data).encode()


def read_text(data: bytes) -> str:
    try:
        is_wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        text = data.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    if _CONTROL.search(text):
        raise Refused("This is not a text, whatever its name says.")
    if _MARKUP.match(text):
        raise Refused("Web pages and drawings (HTML, SVG, XML) are not taken. Send a picture of it.")
    return text


def _json(extension: str, data: bytes) -> bytes:
    try:
        value = json.loads(read_text(data))
        log = value.get("log") if isinstance(value, dict) else None
        is_har = isinstance(log, dict) and "entries" in log
        if extension == "har" and not is_har:
            raise Refused("This is not a HAR file, whatever its name says.")
        return json.dumps(_without_secrets(value) if is_har else value, ensure_ascii=False, indent=1).encode()
    except (ValueError, RecursionError) as error:
        raise Refused("This JSON is broken and cannot be read.") from error


def _without_secrets(value: Any) -> Any:
    """A HAR without cookies, and without the values of headers and fields that let somebody in."""
    if isinstance(value, list):
        return [_without_secrets(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {key: [] if key == "cookies" else _without_secrets(one) for key, one in value.items()}
    if "value" in kept and _SECRET.search(str(kept.get("name", ""))):
        kept["value"] = REMOVED
    return kept


Read = Callable[[str, bytes], bytes]
_KINDS: dict[str, tuple[str, Read]] = {
    "png": ("image/png", _picture), "jpg": ("image/jpeg", _picture), "jpeg": ("image/jpeg", _picture),
    "gif": ("image/gif", _picture), "webp": ("image/webp", _picture), "pdf": ("application/pdf", _pdf),
    "txt": ("text/plain", _text), "log": ("text/plain", _text), "csv": ("text/csv", _text),
    "json": ("application/json", _json), "har": ("application/json", _json),
}  # fmt: skip
