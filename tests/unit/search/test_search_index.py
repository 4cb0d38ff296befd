"""The index on disk: Whoosh's defects that we design around, crashes, and two processes at once."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from whoosh import index as whoosh_index

from portal.search.documents import Document
from portal.search.search_index import CHECK_SECONDS, SCHEMA_HASH, IndexDamaged, IndexMissing, SearchIndex

BODY = (("body", 1.0),)

# Whoosh leaves the file open that it cannot read; the warning comes with the next collection.
left_open = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)


def docs(count: int, body: str = "reset the page") -> dict[str, Document]:
    return {
        f"d{n}": Document(id=f"d{n}", kind="runbook", title=f"Number {n}", url="", body=body)
        for n in range(count)
    }


def found(index: SearchIndex, word: str) -> list[str]:
    with index.reading() as reader:
        return sorted(reader.ids[number] for number in reader.postings((word,), BODY).numbers)


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture
def index(tmp_path: Path) -> SearchIndex:
    return SearchIndex(tmp_path)


def later(index: SearchIndex) -> None:
    index._checked_at -= CHECK_SECONDS


def test_eight_updates_of_one_document_leave_no_ghosts(index: SearchIndex) -> None:
    documents = docs(60)
    index.catch_up(documents, "r0")
    other = SearchIndex(index._home.parent)
    assert len(found(other, "page")) == 60
    for number in range(8):
        documents["d1"] = Document(
            id="d1", kind="runbook", title="Number 1", url="", body=f"reset the page v{number}x"
        )
        index.catch_up(documents, f"u{number}")
        later(other)
        assert len(found(other, "page")) == 60
    with other.reading() as reader:
        assert len([id for id in reader.ids if id]) == 60
        assert len(reader.postings(("reset",), BODY).numbers) == 60
    assert found(other, "v7x") == ["d1"]
    assert found(other, "v6x") == []


def test_a_reader_in_use_stays_open_while_the_next_generation_opens(index: SearchIndex) -> None:
    index.catch_up(docs(30), "r0")
    with index.reading() as before:
        index.catch_up(
            {**docs(30), "new": Document(id="new", kind="x", title="New", url="", body="fresh")}, "r1"
        )
        later(index)
        assert found(index, "fresh") == ["new"]
        assert len(before.postings(("page",), BODY).numbers) == 30
        assert before.postings(("fresh",), BODY).numbers == before.postings(("nothing",), BODY).numbers
    assert before.uses == 0


def test_opening_tries_again_when_files_are_replaced_meanwhile(
    index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.catch_up(docs(3), "r0")
    real, calls = whoosh_index.open_dir, []

    def vanishing(path: str) -> object:
        calls.append(path)
        if len(calls) < 3:
            raise FileNotFoundError(path)
        return real(path)

    monkeypatch.setattr(whoosh_index, "open_dir", vanishing)
    assert len(found(SearchIndex(index._home.parent), "page")) == 3
    assert len(calls) == 3


def test_there_is_no_index_before_the_first_build(index: SearchIndex) -> None:
    with pytest.raises(IndexMissing), index.reading():
        pass


def test_folders_are_private_and_the_revision_is_kept(index: SearchIndex, tmp_path: Path) -> None:
    index.catch_up(docs(3), "abc123")
    home = tmp_path / SCHEMA_HASH
    assert index.revision() == "abc123"
    assert (home.stat().st_mode & 0o777, (home / "current").resolve().stat().st_mode & 0o777) == (
        0o700,
        0o700,
    )


def test_only_the_difference_is_written(index: SearchIndex) -> None:
    index.catch_up(docs(20), "r0")
    build = index.build_name()
    index.catch_up({**docs(20), **docs(2, "changed text")}, "r1")
    assert (index.build_name(), index.revision()) == (build, "r1")
    assert found(index, "text") == ["d0", "d1"]


def test_many_deletions_are_a_reason_to_build_anew(index: SearchIndex) -> None:
    index.catch_up(docs(40), "r0")
    build = index.build_name()
    index.catch_up({**docs(40), **docs(30, "changed text")}, "r1")
    assert index.build_name() != build
    assert len(found(index, "text")) == 30
    assert len([name for name in index._home.iterdir() if name.name.startswith("build-")]) == 1


@left_open
def test_a_damaged_segment_is_dropped_and_made_anew(index: SearchIndex) -> None:
    index.catch_up(docs(5), "r0")
    for file in index._home.glob("build-*/*.seg"):
        file.write_bytes(b"junk")
    fresh = SearchIndex(index._home.parent)
    with pytest.raises(IndexDamaged), fresh.reading():
        pass
    assert fresh.build_name() is None
    assert fresh.catch_up(docs(5), "r0")
    assert len(found(fresh, "page")) == 5


@left_open
def test_a_damaged_table_of_contents_is_made_anew_by_catching_up(index: SearchIndex) -> None:
    index.catch_up(docs(5), "r0")
    for file in index._home.glob("build-*/*.toc"):
        file.write_bytes(b"junk")
    assert SearchIndex(index._home.parent).catch_up(docs(5), "r1")
    assert len(found(SearchIndex(index._home.parent), "page")) == 5


def test_whooshs_own_lock_held_by_somebody_is_no_error(index: SearchIndex) -> None:
    index.catch_up(docs(20), "r0")
    writer = whoosh_index.open_dir(str(index._link)).writer()
    try:
        assert index.catch_up({**docs(20), **docs(1, "changed text")}, "r1") is False
    finally:
        writer.cancel()
    assert index.catch_up({**docs(20), **docs(1, "changed text")}, "r1")


WRITER = """
import sys
from pathlib import Path
from portal.search.documents import Document
from portal.search.search_index import SearchIndex
bodies = {f"d{n}": f"reset the page w{n} " * 40 for n in range(%d)}
documents = {id: Document(id=id, kind="x", title=id, url="", body=body) for id, body in bodies.items()}
print("begun", flush=True)
print(SearchIndex(Path(sys.argv[1])).%s(documents, "r-child"), flush=True)
"""


def child(root: Path, count: int, method: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER % (count, method), str(root)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


def test_a_build_that_is_killed_leaves_the_old_one_serving(index: SearchIndex, tmp_path: Path) -> None:
    index.catch_up(docs(5), "r0")
    for wait in (0.02, 0.1, 0.3):
        process = child(tmp_path, 3000, "rebuild")
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert len(found(SearchIndex(tmp_path), "page")) == 5
        assert index.revision() == "r0"
    assert index.rebuild(docs(6), "r1")
    assert len(found(SearchIndex(tmp_path), "page")) == 6
    assert len(list(index._home.glob("build-*"))) == 1


def test_an_update_that_is_killed_is_caught_up_with(index: SearchIndex, tmp_path: Path) -> None:
    index.catch_up({**docs(2000), **docs(1)}, "r0")
    process = child(tmp_path, 300, "catch_up")
    time.sleep(0.15)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert index.catch_up(docs(7, "last words"), "r2")
    assert len(found(SearchIndex(tmp_path), "last")) == 7


def test_one_process_writes_and_the_other_reads_what_it_wrote(index: SearchIndex, tmp_path: Path) -> None:
    index.catch_up(docs(5), "r0")
    assert len(found(index, "page")) == 5
    process = child(tmp_path, 1500, "catch_up")
    deadline = time.monotonic() + 20
    while not index.is_being_written() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert index.catch_up(docs(9), "r1") is False
    assert process.communicate()[0] == "True\n"
    later(index)
    assert len(found(index, "page")) == 1500
    assert index.revision() == "r-child"


def test_threads_share_one_reader_without_mixing_up_positions(index: SearchIndex) -> None:
    documents = {
        f"d{n}": Document(
            id=f"d{n}", kind="x", title="", url="", body=" ".join(f"w{m}" for m in range(n % 40 + 1))
        )
        for n in range(400)
    }
    index.catch_up(documents, "r0")
    wrong: list[str] = []

    def read(start: int) -> None:
        for step in range(40):
            number = (start * 7 + step) % 40
            with index.reading() as reader:
                got = len(reader.postings((f"w{number}",), (("body", 1.0 + start),)).numbers)
            if got != 10 * (40 - number):
                wrong.append(f"w{number}: {got}")

    threads = [threading.Thread(target=read, args=(start,)) for start in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
