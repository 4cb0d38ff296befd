"""The index and the content as a person or a disk may leave them: pages go on, search says so, and it mends itself."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from portal.search.search_index import SCHEMA_HASH
from tests.faults.server import Server

NOTICE = "Search is being rebuilt"
QUERY = "/search/?q=attachment+refused"


def remove(home: Path) -> None:
    shutil.rmtree(home.parent)


def garbage_of_the_same_length(home: Path) -> None:
    for path in (home / "current").resolve().iterdir():
        if path.is_file() and path.name != "revision":
            path.write_bytes(b"\x93garbage" * (path.stat().st_size // 8) + b"x" * (path.stat().st_size % 8))


def other_files_in_place(home: Path) -> None:
    for path in (home / "current").resolve().iterdir():
        if path.name != "revision":
            path.unlink()
            path.write_bytes(b"this is no index")


def nothing_but_the_folder(home: Path) -> None:
    for path in (home / "current").resolve().iterdir():
        path.unlink()


def a_file_for_the_link(home: Path) -> None:
    (home / "current").unlink()
    (home / "current").write_text("no link")


def a_folder_for_the_link(home: Path) -> None:
    (home / "current").unlink()
    (home / "current").mkdir()


SEEN_AT_ONCE = [remove, nothing_but_the_folder, a_file_for_the_link, a_folder_for_the_link]
SEEN_ON_OPENING = [garbage_of_the_same_length, other_files_in_place]


def wait_for(what: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("damage", [*SEEN_AT_ONCE, *SEEN_ON_OPENING], ids=lambda one: one.__name__)
def test_search_goes_on_without_its_index_and_mends_it(
    server: Server, damage: Callable[[Path], None]
) -> None:
    agent, home = server.sign_in("agent@example.org"), server.folder / "index" / SCHEMA_HASH
    assert wait_for(lambda: NOTICE not in agent.get(QUERY).text)
    before = (home / "current").resolve()
    damage(home)
    time.sleep(0.3)  # an open index is looked at again after a quarter of a second
    answers = [
        agent.get(f"/search/?q=attachment+refused+{word}") for word in ("portal", "pdf", "size", "why")
    ]
    assert {answer.status for answer in answers} == {200}
    assert all("sm-attachment-refused" in answer.text for answer in answers)
    assert {agent.get(path).status for path in ("/", "/articles/sm-attachment-refused", "/known-issues")} == {
        200
    }
    if damage in SEEN_ON_OPENING:  # what is in memory goes on until then
        server.kill()
        assert server.start() < 10

    def mended() -> bool:
        return (
            all(NOTICE not in agent.get(QUERY).text for _ in range(4))  # both workers
            and server.ask("GET", "/readyz").json()["index"] == "ready"
            and (home / "current").resolve() != before
        )

    assert wait_for(mended)
    assert "Traceback" not in server.log.read_text()


# --- content edited by hand


BAD = {
    "runbook/sm-attachment-refused.md": b"no front matter at all",
    "runbook/sm-message-a-care-team.md": b"\xff\xfe not a text",
    "runbook/mr-image-request.md": b"---\nid: [unclosed\n---\n",
    "runbook/rx-refill-late.md": b"---\na: &x [*x]\n---\n",
    "criteria/sm-when-to-escalate.md": b"",
}


def test_bad_files_are_listed_and_their_last_good_texts_stay(server: Server) -> None:
    folder = server.folder / "content"
    good = {path: (folder / path).read_bytes() for path in BAD}
    admin, agent = server.sign_in("admin@example.org"), server.sign_in("agent@example.org")
    pages = [f"/articles/{Path(path).stem}" for path in BAD]
    before = {page: re.findall("<h1[^>]*>.*?</h1>", agent.get(page).text) for page in pages}
    for path, data in BAD.items():
        (folder / path).write_bytes(data)
    server.flask("content", "sync")
    listed = admin.get("/admin/content-problems").text
    assert [path for path in BAD if path not in listed] == []
    assert {page: re.findall("<h1[^>]*>.*?</h1>", agent.get(page).text) for page in pages} == before
    assert agent.get("/articles/").status == 200
    for path, data in good.items():
        (folder / path).write_bytes(data)
    server.flask("content", "sync")
    listed = admin.get("/admin/content-problems").text
    assert [path for path in BAD if path in listed] == []
