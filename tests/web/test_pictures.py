"""Pictures in articles: added by an editor, read by everybody who is signed in."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask import Flask
from PIL import Image

from portal.core.clock import utcnow
from portal.knowledge.content_layout import picture_path
from portal.knowledge.content_store import Author
from portal.knowledge.service import KnowledgeBase
from tests.conftest import Browse
from tests.unit.core.test_upload import bomb
from tests.unit.knowledge import small_content
from tests.web.test_editor import RUNBOOK, another, audited, drafts, sent_by, served
from tests.web.test_editor import base as _base
from tests.web.test_editor import editor as _editor

base, editor = _base, _editor
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
    ended = agent.post(
        "/intake/answer", article="sm-send-error", key="k", step=["1", "2"], result="works_now"
    )
    assert "Sign in again" in ended.words
    assert "Both buttons" not in ended.words
    answer = agent.client.get(f"/articles/{place}")
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/webp", data)
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    for name in ("0123456789abcdef.webp", "..%2Fcatalogue.yml", place.removeprefix("images/").upper()):
        assert agent.client.get(f"/articles/images/{name}").status_code == 404, name
    assert Browse(app.test_client()).client.get(f"/articles/{place}").status_code in (302, 303, 401)


Typed = dict[str, object]


def filled(editor: Browse, **changes: object) -> Typed:
    """The editor's form with another title and a picture as somebody would add it."""
    sent = {**sent_by(editor, f"{RUNBOOK}/edit"), "f-title": "Sending fails", "message": "Shorter"}
    picture = {
        "file": (BytesIO(a_picture()), "Shot 1.png"),
        "alt": "The send button [grey]",
        "no_person": "y",
    }
    return {**sent, **picture, **changes}


def pictures(base: KnowledgeBase) -> dict[str, bytes]:
    files, problems = base.content.files(base.content.head() or "")
    assert problems == []
    return {path: data or b"" for path, (_, data) in files.items() if path.startswith("images/")}


def test_a_picture_is_made_small_and_ends_the_draft_without_script(
    editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    photo = Image.linear_gradient("L").resize((2400, 1200)).convert("RGB")
    place, out = Image.Exif(), BytesIO()
    place[0x010E] = "taken at the desk"
    photo.save(out, format="jpeg", exif=place, quality=60)
    page = editor.post(f"{RUNBOOK}/picture", **filled(editor, file=(BytesIO(out.getvalue()), "p.jpg")))
    assert "The picture stands at the end of the text." in page.words
    ((path, data),) = pictures(base).items()
    shown = f"![The send button (grey)](/articles/{path})"
    sent = page.form(f"{RUNBOOK}/edit").sent()
    assert str(sent["body"]).endswith(
        f"who](/articles/route/coordinator).\n\n{shown}\n".replace("who]", "[who]")
    )
    assert (sent["f-title"], sent["message"], sent["alt"]) == ("Sending fails", "Shorter", "")
    assert f'<img alt="The send button (grey)" loading="lazy" src="/articles/{path}">' in page.text
    assert served(base) == small_content.RUNBOOK
    with Image.open(BytesIO(data)) as kept:
        assert (kept.format, kept.width <= 1600, len(data) <= 300 * 1024) == ("WEBP", True, True)
        assert not kept.getexif()
    assert b"taken at the desk" not in data
    newest = base.content.history()[0]
    assert (newest.author, newest.message) == ("Editor", "Add a picture")
    assert ("editor@example.org", "add picture", f"file:{path}") in audited(app)
    again = {
        **sent,
        "file": (BytesIO(out.getvalue()), "p.jpg"),
        "alt": "The send button [grey]",
        "no_person": "y",
    }
    page = editor.post(f"{RUNBOOK}/picture", **again)
    assert str(page.form(f"{RUNBOOK}/edit").sent()["body"]).count(shown) == 1
    assert base.content.history()[0] == newest
    page = editor.post(f"{RUNBOOK}/edit", **page.form(f"{RUNBOOK}/edit").sent())
    assert "Published." in page.words
    assert f'src="/articles/{path}"' in another(app, "agent@example.org", "", "agent").get(RUNBOOK).text


def test_a_script_gets_the_picture_for_the_cursor(editor: Browse, base: KnowledgeBase, app: Flask) -> None:
    fields = filled(editor, at_cursor="y", csrf_token=editor.token)
    answer = editor.client.post(
        f"{RUNBOOK}/picture", data=fields, headers={"HX-Request": "true", "HX-Target": "picture"}
    )
    (path,) = pictures(base)
    assert answer.status_code == 200
    assert f'data-insert="![The send button (grey)](/articles/{path})"' in answer.text
    assert "<html" not in answer.text
    sent = sent_by(editor, f"{RUNBOOK}/edit")
    assert sent["f-title"] == "Sending fails"
    assert path not in str(sent["body"])


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"file": (BytesIO(), "")}, "file", "Choose a picture"),
        ({"file": (BytesIO(b"words"), "notes.txt")}, "file", "Choose a picture: PNG, JPG, GIF or WebP."),
        ({"file": (BytesIO(b"%PDF-1.7 %%EOF"), "a.pdf")}, "file", "Choose a picture: PNG, JPG, GIF or WebP."),
        ({"file": (BytesIO(b"<svg onload=x>"), "a.png")}, "file", "This is not a PNG picture"),
        ({"file": (BytesIO(b"<svg/>"), "a.svg")}, "file", "Choose a picture: PNG, JPG, GIF or WebP."),
        ({"file": (BytesIO(bomb()), "a.png")}, "file", "more than 40 million pixels"),
        ({"file": (BytesIO(a_picture()), "a 123-45-6789.png")}, "file", "The file’s name: "),
        ({"alt": " "}, "alt", "A picture needs alternative text"),
        ({"alt": "Shot 1.png"}, "alt", "Say what the picture shows"),
        ({"alt": "x" * 251}, "alt", "at most 250 characters"),
        ({"alt": "Call 303-555-0123"}, "alt", "looks like a phone number"),
        ({"no_person": ""}, "no_person", "Look at the whole picture"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
    changes: Typed, field: str, said: str, editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    head, fields = base.content.head(), filled(editor, **changes)
    page = editor.post(f"{RUNBOOK}/picture", **fields)
    assert page.status == 422
    assert f'<a href="#{field}">' in page.text
    assert said in page.text.partition(f'id="{field}-error"')[2].partition("</p>")[0].replace("&#39;", "’")
    sent = page.form(f"{RUNBOOK}/edit").sent()
    assert [sent["f-title"], sent["message"], sent["alt"]] == ["Sending fails", "Shorter", fields["alt"]]
    assert base.content.head() == head
    assert drafts(app) == [("editor@example.org", "sm-send-error", "draft")]


def test_a_picture_that_was_not_added_is_not_forgotten(editor: Browse, base: KnowledgeBase) -> None:
    fields = filled(editor, file="Shot 1.png", alt="")  # as a browser sends it with another button
    page = editor.post(f"{RUNBOOK}/edit", **fields)
    assert page.status == 422
    assert "This picture is not in the text yet." in page.words
    assert served(base) == small_content.RUNBOOK
    assert "Published." in editor.post(f"{RUNBOOK}/edit", **{**fields, "file": ""}).words


def test_of_a_file_that_is_two_kinds_only_the_pixels_stay(editor: Browse, base: KnowledgeBase) -> None:
    both = a_picture("gif") + b"<script>alert(1)</script>PK\x05\x06" + bytes(18)
    editor.post(f"{RUNBOOK}/picture", **filled(editor, file=(BytesIO(both), "a.gif")))
    ((_, data),) = pictures(base).items()
    assert b"script" not in data
    assert b"PK\x05\x06" not in data


@pytest.mark.parametrize(("role", "scope"), [("agent", ""), ("analyst", ""), ("editor", "tier3")])
def test_who_may_not_edit_the_article_adds_no_picture(
    role: str, scope: str, editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    fields, head = filled(editor), base.content.head()
    other = another(app, "other@example.org", scope, role)
    other.get(RUNBOOK)
    fields["csrf_token"] = other.token
    assert other.send(f"{RUNBOOK}/picture", **fields).status_code == 403
    assert base.content.head() == head
