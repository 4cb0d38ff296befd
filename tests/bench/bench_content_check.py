"""Cost of `content check` over 5,000 generated articles: `python -m tests.bench.bench_content_check`.

Seconds of processor time, so that other work on the machine does not count. A tenth of the articles share a paragraph
with one word changed, and all share a sentence. Exits 1 over the target.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

from portal.knowledge.content_layout import read_folder
from portal.knowledge.gate import check_gate
from portal.knowledge.near_duplicates import near_duplicates, paragraphs
from portal.knowledge.service import check_shipped
from portal.knowledge.snapshot import build_snapshot
from tests.bench.run import generate

ARTICLES, TARGET_SECONDS = 5000, 20.0
TODAY = date(2026, 11, 25)
SHARED = (
    "Teams are filled and emptied at each facility, and a ticket about membership comes back to the same desk days "
    "later with the name of the coordinator on it, so give the caller that route in the first call, number {}."
)
SENTENCE = "Nothing is lost while the page is slow, and it can be tried once more in an hour."

_T = TypeVar("_T")


def seconds(name: str, act: Callable[[], _T]) -> tuple[_T, float]:
    begun = time.process_time()
    result = act()
    taken = time.process_time() - begun
    print(f"{name:<52} {taken:8.2f} s", flush=True)
    return result, taken


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "content")
        generate(folder, ARTICLES)
        for number, file in enumerate(sorted((folder / "runbook").glob("made-*.md"))):
            text = file.read_text(encoding="utf-8").replace("## Part 1\n\n", f"## Part 1\n\n{SENTENCE} ")
            shared = f"{SHARED.format(number)}\n" if number % 10 == 0 else ""
            file.write_text(text + shared, encoding="utf-8")
        (_, found), whole = seconds("content check, whole", lambda: check_shipped(folder, TODAY))
        data, _ = read_folder(folder)
        files = {path: (str(hash(text)), text) for path, text in data.items()}
        served, _ = seconds("  of it: what serving checks as well", lambda: build_snapshot(files, None, ""))
        seconds("  of it: the gate", lambda: check_gate(data, served, TODAY))
        parts = [part for article in served.articles.values() for part in paragraphs(article)]
        twins, _ = seconds(
            f"    of it: {len(parts)} paragraphs compared", lambda: list(near_duplicates(parts))
        )
        half, _ = seconds("    half of them", lambda: list(near_duplicates(parts[: len(parts) // 2])))
        changed = next(path for path in files if path.startswith("runbook/made-"))
        files[changed] = ("new", files[changed][1] + b"\nOne more line.\n")
        seconds("one article saved: the snapshot served next", lambda: build_snapshot(files, served, ""))
    kinds = Counter(one.message.split()[0] for one in found)
    print(
        f"\n{len(twins)} and {len(half)} near-duplicates; {len(found)} problems: {dict(kinds.most_common(5))}"
    )
    met = whole <= TARGET_SECONDS
    print(f"{whole:.1f} s, target {TARGET_SECONDS:.0f} s: {'met' if met else 'MISSED'}")
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
