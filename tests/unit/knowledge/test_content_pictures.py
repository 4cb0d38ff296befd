"""Pictures as files of the knowledge base: what is taken, and that their bytes pass every merge as they are."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from test_content_remote import EDITOR, NOW, OTHER, World, git

from portal.core.errors import Invalid
from portal.knowledge.content_layout import PICTURE_BYTES, TAKEN_OUT, picture_path, read_folder, unfit


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def a_picture(end: str, kind: str = "webp") -> tuple[str, bytes]:
    """Path and bytes, which hold NULs, are no UTF-8 and end like this."""
    out = BytesIO()
    Image.effect_noise((90, 60), 80).save(out, format=kind)
    data = out.getvalue() + end.encode()
    assert b"\0" in data
    return picture_path(data, kind), data


def test_only_a_picture_named_after_its_bytes_is_taken() -> None:
    path, data = a_picture("one")
    png, plain = a_picture("two", "png")
    assert unfit(path, data) is unfit(png, plain) is None
    large = data + bytes(PICTURE_BYTES)
    kind = "is not the kind of picture that its name says, so it was left out"
    named = "is not named as a picture: images/<first 16 digits of its SHA-256>.webp or .png"
    for wrong, sent, said in (
        (path, data + b"!", "is not named after its bytes, so it was left out"),
        (picture_path(large, "webp"), large, "is larger than 300 KB, so it was left out"),
        (picture_path(data, "png"), data, kind),
        (picture_path(b"<svg/>", "webp"), b"<svg/>", kind),
        ("images/plan.webp", data, named),
        ("images/0123456789abcdef.svg", b"<svg/>", named),
    ):
        assert unfit(wrong, sent) == said


def test_a_folder_ships_pictures_and_names_those_left_out(tmp_path: Path) -> None:
    path, data = a_picture("one")
    (tmp_path / "images").mkdir()
    (tmp_path / path).write_bytes(data)
    (tmp_path / "images/plan.png").write_bytes(data)
    files, problems = read_folder(tmp_path)
    assert files == {path: data}
    assert [one.file for one in problems] == ["images/plan.png"]


def test_bytes_pass_the_merges_of_two_portals_a_clone_and_the_shipped_folder(world: World) -> None:
    pictures = [a_picture("one"), a_picture("two"), a_picture("three"), a_picture("four", "png")]
    (both, data), (ours, bytes_of_ours), (outside, pushed), (shipped, delivered) = pictures
    for node in (world.a, world.b):
        node.store.save({both: data}, base=node.head, author=EDITOR, message="Add", now=NOW)
    world.b.store.save({ours: bytes_of_ours}, base=world.b.head, author=EDITOR, message="Add", now=NOW)
    world.b.save(OTHER, "changed\n")
    (world.shipped / shipped).parent.mkdir()
    (world.shipped / shipped).write_bytes(delivered)
    git(world.clone, "pull", "--quiet")
    (world.clone / outside).parent.mkdir()
    (world.clone / outside).write_bytes(pushed)
    git(world.clone, "add", "--all")
    git(world.clone, "commit", "--quiet", "--message", "From outside")
    git(world.clone, "push", "--quiet")
    world.a.store.import_shipped(world.shipped, now=NOW)
    for node in (world.a, world.b, world.a):
        node.sync()
    assert world.a.head == world.b.head
    for node in (world.a, world.b):
        files, problems = node.store.files(node.head)
        assert {path: files[path][1] for path, _ in pictures} == dict(pictures)
        assert problems == []
        git(node.store.path, "fsck", "--strict")
    head = world.a.head
    world.a.store.save({both: data}, base=head, author=EDITOR, message="Again", now=NOW)
    assert world.a.head == head


def test_damage_from_outside_is_left_out_and_what_was_taken_out_is_no_problem(world: World) -> None:
    (path, data), (gone, _) = a_picture("one"), a_picture("two")
    world.outside(**{path: "no picture", gone: TAKEN_OUT.decode()})
    world.a.store.save({path: data}, base=world.a.head, author=EDITOR, message="Add", now=NOW)
    world.a.sync()
    world.b.sync()
    assert world.b.store.files(world.b.head)[0][path][1] == data
    assert gone not in world.b.store.files(world.b.head)[0]
    world.outside(**{path: "no picture"})
    world.b.sync()
    files, problems = world.b.store.files(world.b.head)
    assert path not in files
    assert [one.file for one in problems] == [path]
    with pytest.raises(Invalid):
        world.a.store.save({path: b"no"}, base=world.a.head, author=EDITOR, message="Add", now=NOW)
