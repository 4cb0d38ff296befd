"""`make test`: every suite with its time; 0 when all passed.

Three processes at a time keep two cores busy, the longest suites first; each prints when it ends. More processes for one suite
would each read and prepare everything anew.

Chromium and PostgreSQL are installed when they are missing, as root on Debian. Elsewhere the suites that need them are left out
and named: still 0 on a desk, but 1 when CI is set, where nothing may be left out.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Semaphore

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
)  # the first takes half the time


@dataclass(frozen=True)
class Suite:
    name: str
    command: tuple[str, ...]
    needs: str = ""
    quick: bool = False
    seats: int = 1  # processes that it runs in


def tool(name: str, *arguments: str) -> tuple[str, ...]:
    return (str(BIN / name), *arguments)


SEATS = 3
SUITES = (
    Suite(
        "browser", tool("pytest", "tests/browser", "-n", "2", "--dist", "worksteal"), needs="browser", seats=2
    ),
    Suite("web", tool("pytest", "tests/web"), quick=True),
    Suite("unit", tool("pytest", "tests/unit"), quick=True),
    Suite("faults", tool("pytest", "tests/faults")),
    Suite("mypy", tool("mypy"), quick=True),
    Suite("search on Whoosh 2.7.4", tool("python", "-m", "tests.whoosh274")),
    Suite("PostgreSQL", tool("pytest", "tests/postgres"), needs="postgres"),
    Suite("upgrade", tool("pytest", "tests/upgrade")),
    Suite("content check", tool("flask", "--app", "portal", "content", "check"), quick=True),
    Suite("coverage", tool("flask", "--app", "portal", "content", "coverage"), quick=True),
    Suite("golden searches", tool("flask", "--app", "portal", "search", "golden"), quick=True),
    Suite("templates", tool("djlint", "templates", "--lint", "--quiet"), quick=True),
    Suite("ruff check", tool("ruff", "check", "portal", "tests"), quick=True),
    Suite("ruff format", tool("ruff", "format", "--check", "portal", "tests"), quick=True),
)


def has_browser() -> bool:
    return bool(os.environ.get("PORTAL_TEST_CHROMIUM")) or any(shutil.which(name) for name in BROWSERS)


def has_postgres() -> bool:
    return bool(os.environ.get("PORTAL_TEST_DATABASE_URL")) or any(
        Path("/usr/lib/postgresql").glob("*/bin/initdb")
    )


def install_missing() -> None:
    """As root on Debian: apt, once. Anywhere else nothing happens here. The whole Chromium does where there is no small one."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    fast = bool(os.environ.get("PORTAL_TEST_CHROMIUM") or shutil.which(BROWSERS[0]))
    if fast and has_postgres():
        return
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)

    def install(*names: str) -> None:
        print(f"Installing {', '.join(names)} ...", flush=True)
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names]
        subprocess.run(command, check=False, **quiet)

    if not fast:
        install(BROWSERS[0], "fonts-liberation")
    if not has_browser():
        install("chromium", "fonts-liberation")
    if not has_postgres():
        install("postgresql")


def run(suite: Suite, env: Mapping[str, str]) -> tuple[str, float]:
    """The result in words and the seconds it took."""
    started = time.monotonic()
    done = subprocess.run(
        suite.command,
        cwd=ROOT,
        env=env,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    print(f"\n=== {suite.name}\n{done.stdout}", end="", flush=True)
    return "passed" if done.returncode == 0 else "FAILED", time.monotonic() - started


def run_all(suites: Sequence[Suite], env: Mapping[str, str]) -> dict[Suite, tuple[str, float]]:
    """Each begins, in this order, when its seats are free."""
    seats, begun = Semaphore(SEATS), {}

    def take_part(suite: Suite) -> tuple[str, float]:
        try:
            return run(suite, env)
        finally:
            seats.release(suite.seats)

    with ThreadPoolExecutor(SEATS) as pool:
        for suite in suites:
            for _ in range(suite.seats):
                seats.acquire()
            print(f"{suite.name} ...", flush=True)
            begun[suite] = pool.submit(take_part, suite)
    return {suite: one.result() for suite, one in begun.items()}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.run", description="Every suite, as `make test`.")
    parser.add_argument("what", nargs="?", choices=["quick"], help="unit and web tests, ruff and mypy only")
    quick, started = parser.parse_args(arguments).what == "quick", time.monotonic()
    if not quick:
        install_missing()
    have = {"": True, "browser": has_browser(), "postgres": has_postgres()}
    env = {
        **os.environ,
        "PORTAL_SECRET_KEY": "0" * 64,
        "PORTAL_INSTANCE_DIR": str(ROOT / ".stamps" / "test-instance"),
    }
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # twenty processes read the same modules: compile them once
    chosen = [suite for suite in SUITES if suite.quick or not quick]
    ready = [suite for suite in chosen if have[suite.needs]]
    results = run_all(ready, env)
    rows = [(suite.name, *results.get(suite, (f"left out: no {suite.needs}", 0.0))) for suite in chosen]
    print(f"\n{'suite':<28} {'result':<28} seconds")
    for name, result, seconds in rows:
        print(f"{name:<28} {result:<28} {seconds:7.1f}")
    failed = sum(result == "FAILED" for _, result, _ in rows)
    left_out = sum(result.startswith("left out") for _, result, _ in rows)
    print(f"total {time.monotonic() - started:.0f} s\n")
    print(f"suites: {len(rows) - failed - left_out} passed, {failed} failed, {left_out} skipped")
    return 1 if failed or (left_out and os.environ.get("CI")) else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
