"""Times of search over 2,000 generated articles: `python -m tests.bench.bench_search`. Prints p50 and p99 in ms."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from statistics import quantiles
from time import perf_counter

from portal.search import service
from portal.search.engine import load
from portal.search.match import Call
from portal.search.plain_scan import PlainScan
from portal.search.query import read_query
from portal.search.ranking import Filters, rank
from tests.unit.search.made import a_snapshot, many_articles, said_by_callers

ARTICLES = 2000
TARGETS = {"search p50": 12.0, "type-ahead p99": 10.0, "match p50": 25.0, "memory MB": 180.0}


def memory_mb() -> float:
    return next(
        int(line.split()[1]) / 1024
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmRSS")
    )


def timed(name: str, calls: Iterable[Callable[[], object]]) -> tuple[float, float]:
    times = []
    for call in calls:
        start = perf_counter()
        call()
        times.append((perf_counter() - start) * 1000)
    p50, p99 = quantiles(times, n=100)[49], quantiles(times, n=100)[98]
    print(f"{name:38} p50 {p50:8.2f}   p99 {p99:8.2f}   n {len(times)}")
    return p50, p99


def memory_of_a_process(folder: str) -> float:
    """MB that a process comes to hold when it opens a ready index and answers 400 searches and 50 matches."""
    snapshot = a_snapshot(many_articles(ARTICLES))
    engine = service.SearchEngine(Path(folder), lambda: snapshot)
    for text in said_by_callers(400, (2, 4)):
        service.search(engine, text)
    for text in said_by_callers(50, (15, 60), seed=3):
        service.match_known_issues(engine, Call(text))
    return memory_mb()


def main() -> None:
    snapshots = [a_snapshot(many_articles(ARTICLES))]
    with tempfile.TemporaryDirectory() as folder:
        engine = service.SearchEngine(Path(folder), lambda: snapshots[-1])
        start = perf_counter()
        engine.loaded()
        print(f"{'memory state, first load':38} {(perf_counter() - start) * 1000:12.0f} ms")
        start = perf_counter()
        engine.catch_up_soon(wait_seconds=120)
        print(f"{'full build':38} {(perf_counter() - start) * 1000:12.0f} ms")
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            memory = pool.submit(memory_of_a_process, folder).result()
        short, long = said_by_callers(400, (2, 4)), said_by_callers(200, (15, 60), seed=3)
        cold, _ = timed(
            "search, 2-4 words, first use of terms", [lambda t=t: service.search(engine, t) for t in short]
        )
        search, _ = timed("search, 2-4 words", [lambda t=t: service.search(engine, t) for t in short])
        timed("search, 15-60 words", [lambda t=t: service.search(engine, t) for t in long])
        typed = [text[:end] for text in short[:150] for end in range(1, len(text) + 1)]
        _, suggest = timed("type-ahead, every key", [lambda t=t: service.suggest(engine, t) for t in typed])
        match, _ = timed(
            "known-issue match, 15-60 words",
            [lambda t=t: service.match_known_issues(engine, Call(t, tool="medications")) for t in long],
        )
        timed("search without an index", [lambda t=t: _scan(engine, t) for t in short[:50]])

        def update() -> None:
            last = snapshots[-1]
            article = replace(
                last.articles["article-1"], body=f"Changed {len(snapshots)} times. " + "word " * 300
            )
            articles = {**last.articles, article.id: article}
            snapshots.append(replace(last, revision=f"u{len(snapshots)}", articles=articles))
            engine.catch_up()

        timed("one-document update, whole", [update] * 30)
        timed("  of which the memory state", [lambda: load(engine.loaded().snapshot, engine.loaded())] * 10)
    print(f"{'memory of a process that serves':38} {memory:12.0f} MB, with the generated articles")
    got = {
        "search p50": max(search, cold),
        "type-ahead p99": suggest,
        "match p50": match,
        "memory MB": memory,
    }
    for name, target in TARGETS.items():
        print(
            f"{name:16} {got[name]:8.2f}  target {target:6.1f}  {'met' if got[name] <= target else 'MISSED'}"
        )


def _scan(engine: service.SearchEngine, text: str) -> None:
    loaded = engine.loaded()
    query = read_query(text, loaded.code_forms, loaded.snapshot.catalogue.synonyms)
    rank(
        query,
        PlainScan(loaded.documents),
        loaded.documents,
        loaded.vocabulary.stems,
        {},
        Filters(),
        date(2026, 1, 1),
    )


if __name__ == "__main__":
    main()
