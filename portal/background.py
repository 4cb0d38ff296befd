"""What the serving portal does by itself every few seconds, in one thread of one worker.

The worker that holds the lock does it; when that one dies, the next takes the lock over within seconds.
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


def start(app: Flask, folder: Path, jobs: Sequence[Job]) -> None:
    """In every worker, after the fork."""
    if jobs:
        threading.Thread(target=_work, args=(app, folder, jobs), name="background", daemon=True).start()


def _work(app: Flask, folder: Path, jobs: Sequence[Job]) -> None:
    with (folder / "background.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # waits while another worker has it
        due = {job.name: time.monotonic() + job.wait_seconds for job in jobs}
        while True:
            for job in jobs:
                if time.monotonic() >= due[job.name]:
                    _once(app, job)
                    due[job.name] = time.monotonic() + job.every_seconds
            time.sleep(LOOK_EVERY)


def _once(app: Flask, job: Job) -> None:
    """A job that fails is tried again at its next time; the others go on."""
    try:
        with app.app_context():
            job.run()
    except Exception:
        logger.exception("the background job %s failed", job.name)
