"""What the serving portal does by itself every few seconds: in each worker, or in one thread of one worker.

Of the latter, the worker that holds the lock does it; when that one dies, the next takes the lock over within seconds.
"""

from __future__ import annotations

import fcntl
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

logger = logging.getLogger(__name__)
LOOK_EVERY = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Job:
    """`run` is called with the application's context, never twice at once; the first time `wait_seconds` after the start."""

    name: str
    every_seconds: float
    run: Callable[[], object]
    wait_seconds: float = 0.0


def start(app: Flask, folder: Path, jobs: Sequence[Job], everywhere: Sequence[Job] = ()) -> None:
    """In every worker, after the fork: `jobs` in one of them, `everywhere` in each."""
    for work, args in ((_work_alone, (app, folder, jobs)), (_work, (app, everywhere))):
        if args[-1]:
            threading.Thread(target=work, args=args, name="background", daemon=True).start()


def _work_alone(app: Flask, folder: Path, jobs: Sequence[Job]) -> None:
    with (folder / "background.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # waits while another worker has it
        _work(app, jobs)


def _work(app: Flask, jobs: Sequence[Job]) -> None:
    due = {job.name: time.monotonic() + job.wait_seconds for job in jobs}
    pause = min(LOOK_EVERY, *(job.every_seconds for job in jobs))
    while True:
        for job in jobs:
            if time.monotonic() >= due[job.name]:
                _once(app, job)
                due[job.name] = time.monotonic() + job.every_seconds
        time.sleep(pause)


def _once(app: Flask, job: Job) -> None:
    """A job that fails is tried again at its next time; the others go on."""
    try:
        with app.app_context():
            job.run()
    except Exception:
        logger.exception("the background job %s failed", job.name)
