"""Figures of the content store with 5,000 files: `python tests/bench/bench_content_store.py`."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from portal.knowledge.content_store import Author, ContentStore

FILES = 5_000
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def figures(name: str, rounds: int, act: Callable[[int], object]) -> None:
    taken = []
    for number in range(rounds):
        begun = time.perf_counter()
        act(number)
        taken.append((time.perf_counter() - begun) * 1000)
    p99 = sorted(taken)[int(rounds * 0.99)] if rounds > 1 else taken[0]
    print(f"{name:44} p50 {statistics.median(taken):9.3f} ms   p99 {p99:9.3f} ms   ({rounds} rounds)")


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "content")
        kinds = ("runbook", "known-issue", "reference", "criteria", "release")
        paths = [f"{kinds[number % 5]}/article-{number}.md" for number in range(FILES)]
        for number, path in enumerate(paths):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text("".join(f"line {line} of {number}\n" for line in range(60)))
        store = ContentStore(Path(place, "content.git"))

        def save(number: int, base: str | None = None, line: int = 5) -> None:
            path, base = paths[number * 7 % FILES], base or store.head() or ""
            lines = (store.read(path, base) or b"").split(b"\n")
            lines[line] = b"changed %d" % number
            author = Author("Editor", "editor@example.org")
            store.save({path: b"\n".join(lines)}, base=base, author=author, message="Edit", now=NOW)

        figures(f"first import of {FILES} files", 1, lambda _: store.import_shipped(folder, now=NOW))
        figures("import again, nothing new", 3, lambda _: store.import_shipped(folder, now=NOW))
        figures("one edit, saved durably", 300, save)
        stale = store.head() or ""
        figures("  the same, merged over a newer text", 100, lambda n: (save(n), save(n, stale, 50)))
        figures("head, asked on every request", 2_000, lambda _: store.head())
        everything, _ = store.files(store.head() or "")
        known = {path: blob_id for path, (blob_id, _) in everything.items()}
        figures("files, all read", 3, lambda _: store.files(store.head() or ""))
        figures("files, all known", 10, lambda _: store.files(store.head() or "", known))
        figures("read one at an old revision", 500, lambda n: store.read(paths[n], stale))
        figures("history of one file, walked", 10, lambda n: store.history(paths[n * 7]))
        figures("since, last 10 steps", 10, lambda _: store.since(store.history(limit=11)[-1].commit))


if __name__ == "__main__":
    main()
