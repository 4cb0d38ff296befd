from __future__ import annotations

import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.knowledge.content_store import Author, ContentStore

ROOT = Path(__file__).resolve().parents[3]
WRITER = Path(__file__).with_name("content_writer.py")
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "content"
    (folder / "runbook").mkdir(parents=True)
    for number in range(6):
        text = "".join(f"line {line}\n" for line in range(20))
        (folder / f"runbook/r{number}.md").write_text(text)
    ContentStore(tmp_path / "content.git").import_shipped(folder, now=NOW)
    return tmp_path / "content.git"


def start_writer(repository: Path, seed: int, threads: int, steps: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(WRITER), str(repository), str(seed), str(threads), str(steps)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ROOT)})


def check_repository(repository: Path) -> None:
    found = subprocess.run(
        ["git", "-C", str(repository), "fsck", "--strict", "--full", "--no-dangling"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert found.stdout == ""


def check_acknowledged(store: ContentStore, lines: list[str]) -> int:
    """Every acknowledged save stands in main's history, and its text was there; returns how many."""
    steps = {step.commit for step in store.history(limit=10_000)}
    saved = [line.split()[1:] for line in lines if line.startswith("saved ")]
    for commit, path, token in saved:
        assert commit in steps
        text = store.read(path, commit)
        assert (text is None) if token == "-" else (text is not None and token in text.decode().splitlines())
    return len(saved)


def test_four_writers_in_two_processes_lose_no_acknowledged_save(repository: Path) -> None:
    store = ContentStore(repository)
    writers = [start_writer(repository, seed, threads=2, steps=125) for seed in (1, 2)]
    lines = [line for writer in writers for line in writer.communicate(timeout=60)[0].splitlines()]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert len(lines) == 500
    saved = check_acknowledged(store, lines)
    steps = [step.commit for step in store.history(limit=10_000)]
    assert set(steps) == {line.split()[1] for line in lines if line.startswith("saved ")} | {steps[-1]}
    assert saved > 100
    assert len(lines) - saved > 20  # refused as conflicts, so the edits did collide
    check_repository(repository)


def test_kill_9_in_the_middle_of_saves_loses_no_acknowledged_one(repository: Path) -> None:
    store, choice, lines = ContentStore(repository), random.Random(7), list[str]()
    for seed in range(6):
        writer = start_writer(repository, seed, threads=2, steps=10_000)
        assert writer.stdout is not None
        for _ in range(choice.randrange(5, 30)):
            lines.append(writer.stdout.readline())
        for _ in range(choice.randrange(20_000)):
            pass  # a random instant between two saves
        writer.kill()
        lines += [line for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        writer.stdout.close()
        writer.wait()
        check_repository(repository)
        assert check_acknowledged(store, lines) > 0
        head = store.head()
        assert head is not None
        assert len(head) == 40
        path = "reference/after.md"
        saved = store.save(
            {path: f"{seed}\n".encode()}, base=head, author=Author("a", "b"), message="m", now=NOW
        )
        assert store.read(path, saved.revision) == f"{seed}\n".encode()
