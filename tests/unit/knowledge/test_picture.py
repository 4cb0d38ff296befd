from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from portal.core.upload import Refused
from portal.knowledge.content_layout import PICTURE_BYTES, picture_path, unfit
from portal.knowledge.picture import FEW_COLOURS, path_in, small_file, wrong_words


def encoded(image: Image.Image, kind: str, **how: object) -> bytes:
    out = BytesIO()
    image.save(out, format=kind, **how)
    return out.getvalue()


def kept(name: str, data: bytes) -> Image.Image:
    small = small_file(name, data)
    assert unfit(picture_path(small, "webp"), small) is None
    image = Image.open(BytesIO(small))
    image.load()
    return image


def test_letters_of_a_screenshot_stay_sharp_to_the_pixel() -> None:
    shot = Image.new("RGB", (1200, 500), "white")
    for line in range(0, 500, 20):
        ImageDraw.Draw(shot).text((5, line), "The words of the alert, as they stand", fill="navy")
    assert kept("shot.png", encoded(shot, "PNG")).tobytes() == shot.tobytes()


def test_a_photograph_is_made_as_small_as_it_must_be() -> None:
    noise = Image.merge("RGB", [Image.effect_noise((1400, 700), 90) for _ in "RGB"])
    assert noise.getcolors(FEW_COLOURS) is None
    small = small_file("noise.jpeg", encoded(noise, "JPEG", quality=90))
    assert PICTURE_BYTES // 2 < len(small) <= PICTURE_BYTES
    width, height = Image.open(BytesIO(small)).size
    assert 300 < width < 1400
    assert abs(width / height - 2) < 0.02


def test_of_a_moving_picture_the_first_frame_stays_and_what_is_clear_stays_clear() -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")]
    moving = kept("a.gif", encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert getattr(moving, "n_frames", 1) == 1
    assert moving.convert("RGB").getpixel((5, 5)) == (255, 0, 0)
    clear = kept("b.webp", encoded(Image.new("RGBA", (9, 9), (0, 0, 0, 0)), "WEBP"))
    assert clear.convert("RGBA").getpixel((4, 4))[3] == 0  # type: ignore[index]
    assert kept("thin.png", encoded(Image.new("RGB", (20_000, 1)), "PNG")).size == (1600, 1)


@pytest.mark.parametrize("name", ["a.pdf", "a.txt", "a.svg", "png", "a.png.html", "a.html.png"])
def test_only_pictures_are_taken(name: str) -> None:
    with pytest.raises(Refused):
        small_file(name, encoded(Image.new("RGB", (2, 2)), "PNG"))


def test_an_address_shows_a_picture_of_ours_or_none() -> None:
    assert path_in("/articles/images/0123456789abcdef.png") == "images/0123456789abcdef.png"
    for other in ("images/0123456789abcdef.png", "/articles/images/x.png", "/articles/help-lines", ""):
        assert path_in(other) == ""


@pytest.mark.parametrize(
    ("words", "fits"),
    [
        ("The send button is grey", True),
        ("Screenshot of the send button", True),
        ("", False),
        ("IMG_0042", False),
        ("Screenshot 2026-11-20", False),
        ("send button.PNG", False),
    ],
)
def test_alternative_text_says_what_is_seen(words: str, fits: bool) -> None:
    assert (wrong_words(words) == "") is fits
