"""What is taken, what is refused, and what is taken out of what is taken."""

from __future__ import annotations

import json
import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from portal.core.upload import Refused, accept, clean_name

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def picture(kind: str = "PNG", **saved: object) -> bytes:
    out = BytesIO()
    Image.new("RGB", (30, 20), (200, 30, 30)).save(out, format=kind, **saved)
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 8,000 times 8,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 8000, 8000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.png", b"", "empty"),
        ("a.png", PDF, "not a PNG"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + b"x" * 50, "broken"),
        ("a.png", bomb(), "40 million"),
        ("a.pdf", picture(), "not a whole PDF"),
        ("a.pdf", PDF[:-6], "not a whole PDF"),
        ("a.pdf", PDF.replace(b"<<>>", b"<</S /JavaScript /JS (x)>>"), "script"),
        ("a.pdf", PDF + b"PK\x05\x06" + b"\0" * 18 + b"%%EOF", "other files"),
        ("a.txt", b"MZ\x00\x01\x02", "not a text"),
        ("a.txt", b"  <!DOCTYPE html><script>x</script>", "Web pages"),
        ("a.log", b"\xef\xbb\xbf<svg onload=x>", "Web pages"),
        ("a.json", b"{", "broken"),
        ("a.json", b"[" * 100_000, "broken"),
        ("a.har", b'{"a": 1}', "not a HAR"),
        ("a.svg", b"<svg/>", "Send a picture"),
        ("a.docm", b"PK\x03\x04", "Send a picture"),
        ("png", picture(), "Send a picture"),
        ("a.html.png", picture(), "two endings"),
        ("a.txt", b"x" * (10 * 1024 * 1024 + 1), "10 MB"),
    ],
)
def test_refused(name: str, data: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        accept(name, data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_keeps_its_pixels_alone(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = "Jane Doe"
    more: dict[str, object] = {"comment": b"Jane Doe"} if kind == "GIF" else {"exif": exif}
    sent = picture(kind, **more) + b"<script>Jane Doe</script>"
    kept = accept(f"shot.{kind.lower()}", sent).data
    assert b"Jane Doe" in sent
    assert b"Jane Doe" not in kept
    with Image.open(BytesIO(kept)) as image:
        assert (image.size, image.format) == ((30, 20), kind)


def test_a_moving_picture_still_moves() -> None:
    out = BytesIO()
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "green", "blue")]
    frames[0].save(out, format="GIF", save_all=True, append_images=frames[1:], duration=70)
    with Image.open(BytesIO(accept("steps.gif", out.getvalue()).data)) as image:
        assert getattr(image, "n_frames", 1) == 3


def test_texts_become_utf8() -> None:
    assert accept("a.log", "Größe".encode("utf-16")).data == "Größe".encode()
    assert accept("a.csv", "Größe".encode("cp1252")).data == "Größe".encode()
    assert accept("a.pdf", PDF).data == PDF


def test_a_har_lets_nobody_in() -> None:
    request = {
        "headers": [{"name": "Authorization", "value": "Bearer s3cret"}, {"name": "Accept", "value": "text/html"}],
        "cookies": [{"name": "sid", "value": "s3cret"}],
        "queryString": [{"name": "access_token", "value": "s3cret"}],
    }  # fmt: skip
    har = {"log": {"entries": [{"request": request}]}}
    for name in ("a.har", "a.json"):
        kept = accept(name, json.dumps(har).encode()).data.decode()
        assert "s3cret" not in kept
        assert "text/html" in kept


def test_names() -> None:
    assert clean_name("..\\..\\C:\\x/../etc/shot\u202e\r\n.png") == "shot.png"
    assert len(clean_name("x" * 500 + ".png")) == 120
    assert clean_name("x" * 500 + ".png").endswith("x.png")
