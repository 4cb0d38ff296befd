"""Pictures in articles: added by an editor, read by everybody who is signed in."""

from __future__ import annotations

from io import BytesIO

from flask import Flask
from PIL import Image

from portal.core.clock import utcnow
from portal.knowledge.content_layout import picture_path
from portal.knowledge.content_store import Author
from portal.knowledge.service import KnowledgeBase
from tests.conftest import Browse
from tests.unit.knowledge import small_content
from tests.web.test_editor import RUNBOOK, another
from tests.web.test_editor import base as _base

base = _base
PATH = "runbook/sm-send-error.md"


def a_picture(kind: str = "png", size: tuple[int, int] = (90, 60)) -> bytes:
    out = BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(out, format=kind)
    return out.getvalue()


def test_a_picture_is_shown_to_readers_and_to_nobody_else(base: KnowledgeBase, app: Flask) -> None:
    data = a_picture("webp")
    place = picture_path(data, "webp")
    text = small_content.RUNBOOK.replace("Sign in again", f"Sign in again ![Both buttons](/articles/{place})")
    head, author = base.content.head() or "", Author("Outside", "outside@example.org")
    files = {place: data, PATH: text.encode()}
    base.content.save(files, base=head, author=author, message="By git", now=utcnow())
    agent = another(app, "agent@example.org", "", "agent")
    page = agent.get(RUNBOOK)
    assert f'<img alt="Both buttons" loading="lazy" src="/articles/{place}">' in page.text
    answer = agent.client.get(f"/articles/{place}")
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/webp", data)
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    for name in ("0123456789abcdef.webp", "..%2Fcatalogue.yml", place.removeprefix("images/").upper()):
        assert agent.client.get(f"/articles/images/{name}").status_code == 404, name
    assert Browse(app.test_client()).client.get(f"/articles/{place}").status_code in (302, 303, 401)
