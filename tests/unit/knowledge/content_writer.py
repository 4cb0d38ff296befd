"""A process of its own that saves into a content store: arguments repository, seed, threads, steps a thread.

Each thread makes random edits against bases that are a few steps old. A line is printed as soon as a save is
acknowledged, `saved <commit> <path> <token>`, or refused, `refused <path>`. The saved text holds the token.
"""

from __future__ import annotations

import os
import random
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from portal.knowledge import content_repository
from portal.knowledge.content_store import Author, ContentStore, SaveConflict

PATHS = [f"runbook/r{number}.md" for number in range(6)]
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def edited(text: bytes | None, token: str, choice: random.Random) -> bytes | None:
    """One line replaced, added or, now and then, the whole file deleted."""
    if text is None:
        return "".join(f"line {number}\n" for number in range(20)).encode() + f"{token}\n".encode()
    if choice.random() < 0.03:
        return None
    lines = text.decode().splitlines()
    place = choice.randrange(len(lines))
    lines[place : place + choice.randrange(2)] = [token]
    return "\n".join(lines).encode() + b"\n"


def write(store: ContentStore, name: str, steps: int) -> None:
    choice = random.Random(name)
    bases = [store.head() or ""]
    for step in range(steps):
        path, base, token = choice.choice(PATHS), choice.choice(bases[-3:]), f"{name}-{step}"
        text = edited(store.read(path, base), token, choice)
        try:
            saved = store.save(
                {path: text}, base=base, author=Author(name, "writer@example.org"), message=token, now=NOW
            )
            line = f"saved {saved.revision} {path} {token if text else '-'}\n"
        except SaveConflict:
            line = f"refused {path}\n"
        os.write(1, line.encode())
        bases.append(store.head() or "")


def main() -> None:
    path, seed, threads, steps = sys.argv[1:]
    content_repository.LOCK_SECONDS = 60.0  # a slow machine is not what is tested
    store = ContentStore(Path(path))
    writers = [
        threading.Thread(target=write, args=(store, f"w{seed}.{number}", int(steps)))
        for number in range(int(threads))
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()


if __name__ == "__main__":
    main()
