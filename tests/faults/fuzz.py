"""Random edits from the browsers of two portals and from a clone, one bare remote, `kill -9` in between: no line that
was acknowledged is lost, all end with the same files, and every repository is sound.

`python -m tests.faults.fuzz --edits 500 [--seed 7]` prints what happened; test_fuzz.py runs fewer.
"""

from __future__ import annotations

import argparse
import html
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.server import ROOT, Person, Server

IDS = ("made-a", "made-b", "made-c", "made-d")
PEOPLE = ("editor@example.org", "admin@example.org")
START = """---
id: {id}
type: runbook
title: "Made up for a fuzz, {id}"
tool: secure-messaging
owner: messaging
review_by: 2027-05-01
sources: [generated]
summary: "An article that many people change at once"
---
## Use when

Many people write.

## Do

1. Look. => It is there.

## Say

It is there.

## Stop and escalate if

It is not there.

## More

{lines}
"""


@dataclass
class Node(Server):
    remote: str = ""

    @property
    def env(self) -> dict[str, str]:
        ours = {
            "PORTAL_CONTENT_REMOTE": self.remote,
            "PORTAL_CONTENT_SYNC_SECONDS": "1",
            "PORTAL_THREADS": "4",
        }
        return {**super().env, **ours}

    @property
    def repository(self) -> Path:
        return self.folder / "instance" / "content.git"


@dataclass
class Edits:
    """What is still to do, and what came of the rest. A line that somebody replaced is only looked for in history."""

    left: int
    rng: random.Random
    kept: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)
    ends: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> bool:
        with self.lock:
            self.left -= 1
            return self.left >= 0

    def changed(self, text: str) -> tuple[str, str, str]:
        """(the text with a new line, that line, the line that it took the place of)."""
        with self.lock:
            line = "- word " + "".join(self.rng.choice("bcdfghjklmnp") for _ in range(12))
            lines = text.rstrip("\n").split("\n")
            first = lines.index("## More") + 2
            place = self.rng.randrange(first, len(lines) + 1)
            if place < len(lines) and lines[place].startswith("- word") and self.rng.random() < 0.2:
                old, lines[place] = lines[place], line
            else:
                old = ""
                lines.insert(place, line)
            return "\n".join(lines) + "\n", line, old

    def end(self, how: str, line: str = "", old: str = "") -> None:
        with self.lock:
            self.ends[how] += 1
            if line:
                self.kept.add(line)

    def pause(self) -> float:
        with self.lock:
            return self.rng.uniform(0, 0.15)

    def choice(self) -> str:
        with self.lock:
            return self.rng.choice(IDS)


def git(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    identity = ("-c", "user.name=Outside", "-c", "user.email=outside@example.org", "-c", "gc.auto=0")
    command = ["git", "-C", str(place), *identity, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def edit_in_browser(node: Node, email: str, edits: Edits) -> None:
    """One person saves again and again; a portal that is down is asked again until it is back."""
    person: Person | None = None
    while edits.take():
        line = ""
        try:
            person = person or node.sign_in(email)
            path = f"/articles/{edits.choice()}"
            page = person.get(f"{path}/edit?view=raw").text
            base = re.search(r'name="base" value="([0-9a-f]+)"', page)
            text = re.search(r'<textarea[^>]*name="text"[^>]*>\n?(.*?)</textarea>', page, re.S)
            assert base is not None, page
            assert text is not None, page
            time.sleep(edits.pause())
            new, line, old = edits.changed(html.unescape(text[1]))
            edits.replaced.add(old)
            answer = person.post(f"{path}/edit", view="raw", base=base[1], text=new, message="A line")
            saved = answer.status == 303 and answer.headers["location"].endswith(path)
            edits.end("saved in a browser" if saved else f"browser: {answer.status}", line if saved else "")
            if not saved:
                person.post(f"{path}/discard")
        except OSError:
            edits.end("not counted: the portal was down")
            with edits.lock:
                edits.left += 1
            time.sleep(0.3)


def edit_in_clone(clone: Path, edits: Edits) -> None:
    """One person with git; every other time on what they had before, merged by `git pull`."""
    while edits.take():
        stale = edits.pause() < 0.07
        if not stale:
            git(clone, "fetch", "--quiet")
            git(clone, "reset", "--quiet", "--hard", "origin/main")
        file = clone / "runbook" / f"{edits.choice()}.md"
        new, line, old = edits.changed(file.read_text())
        edits.replaced.add(old)
        file.write_text(new)
        git(clone, "commit", "--quiet", "--all", "--message", "A line")
        done = git(clone, "pull", "--quiet", "--no-rebase", "--no-edit") if stale else git(clone, "status")
        pushed = done.returncode == 0 and git(clone, "push", "--quiet").returncode == 0
        edits.end("pushed from a clone" if pushed else "clone: refused or clashed", line if pushed else "")
        if not pushed:
            git(clone, "merge", "--abort")
            git(clone, "reset", "--quiet", "--hard", "origin/main")
        time.sleep(edits.pause() * 6)


def kill_now_and_then(nodes: list[Node], edits: Edits, kills: int) -> int:
    every, done = max(1, edits.left // (kills + 1)), 0
    marks = [edits.left - every * (place + 1) for place in range(kills)]
    for mark in marks:
        while edits.left > mark:
            time.sleep(0.01)
        node = nodes[done % len(nodes)]
        node.kill()
        assert node.start() < 60
        done += 1
    return done


def tree(place: Path) -> str:
    return git(place, "rev-parse", "--verify", "--quiet", "main^{tree}").stdout.strip()


def history(place: Path) -> str:
    """Every version of the made-up articles that leads to main."""
    objects = git(place, "rev-list", "--objects", "main", "--", "runbook").stdout.splitlines()
    blobs = sorted({one.split()[0] for one in objects if re.search(r"runbook/made-\w\.md$", one)})
    batch = subprocess.run(
        ["git", "-C", str(place), "cat-file", "--batch"], input="\n".join(blobs), capture_output=True, text=True, check=True
    )  # fmt: skip
    return batch.stdout


def clashes(node: Node) -> str:
    with sqlite3.connect(f"file:{node.database}?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT theirs, ours FROM content_conflict WHERE resolved_at IS NULL")
        return "\n".join("\n".join(row) for row in rows)


def until(true: Callable[[], bool], seconds: float) -> float:
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if true():
            return time.monotonic() - began
        time.sleep(0.1)
    raise AssertionError("the portals did not come to the same files")


def world(folder: Path) -> Iterator[tuple[list[Node], Path, Path]]:
    """Two portals, the bare remote and a clone of it."""
    lines = "\n".join(f"- first {place}" for place in range(12))
    shutil.copytree(ROOT / "content", folder / "content")
    for name in IDS:
        (folder / "content/runbook" / f"{name}.md").write_text(START.format(id=name, lines=lines))
    remote = folder / "remote.git"
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(remote))
    nodes = [Node(folder / name, remote=str(remote)) for name in ("a", "b")]
    try:
        for node in nodes:
            node.folder.mkdir()
            (node.folder / "content").symlink_to(folder / "content")
        nodes[0].start()
        until(lambda: bool(tree(remote)), 20)
        with ThreadPoolExecutor(2) as pool:
            cloned = pool.submit(git, folder, "clone", "--quiet", str(remote), "clone")
            nodes[1].start()
            assert cloned.result().returncode == 0
        yield nodes, remote, folder / "clone"
    finally:
        for node in nodes:
            node.kill()


def run(folder: Path, count: int, kills: int, seed: int) -> Edits:
    """The whole of it; raises AssertionError for what should not be."""
    edits = Edits(count, random.Random(seed))
    for nodes, remote, clone in world(folder):
        began = time.monotonic()
        with ThreadPoolExecutor(6) as pool:
            work = [pool.submit(edit_in_browser, node, who, edits) for node in nodes for who in PEOPLE]
            work.append(pool.submit(edit_in_clone, clone, edits))
            killed = kill_now_and_then(nodes, edits, kills)
            for one in work:
                one.result()
        took = time.monotonic() - began
        places = [*(node.repository for node in nodes), remote]
        met = until(lambda places=places: len({tree(place) for place in places}) == 1, 90)  # type: ignore[misc]
        _judge(nodes, places, edits)
        print(f"{count} edits in {took:.0f} s, {killed} kills, the same files {met:.1f} s later")
    return edits


def _judge(nodes: list[Node], places: list[Path], edits: Edits) -> None:
    for place in places:
        found = git(place, "fsck", "--strict", "--full", "--no-dangling")
        assert (found.returncode, found.stdout) == (0, ""), found.stdout + found.stderr
    shown = "\n".join(clashes(node) for node in nodes)
    served = "\n".join(git(places[0], "show", f"main:runbook/{name}.md").stdout for name in IDS)
    lines = set(f"{served}\n{shown}".splitlines())
    for place in places:
        told = set(history(place).splitlines())
        assert edits.kept - told == set(), f"not in the history of {place}"
    lost = edits.kept - edits.replaced - lines
    assert lost == set(), f"neither served nor shown as a clash: {lost}"
    in_clashes = len((edits.kept - set(served.splitlines())) & set(shown.splitlines()))
    print(
        f"{len(edits.kept)} acknowledged lines: all in the three histories, {in_clashes} of them in clashes"
    )
    for how, many in sorted(edits.ends.items()):
        print(f"  {how:32} {many:5}")
    assert edits.kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=500)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portal-fuzz-") as place, suppress(KeyboardInterrupt):
        run(Path(place), given.edits, given.kills, given.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
