"""`python -m portal.serve`: everything from an empty folder to a serving portal. Repeatable; nothing tracked changes.

Writes the settings file on the first start, migrates the database, brings in content/, catches the index up, fills a demo portal,
then serves with gunicorn in this very process, so that the second start is quick. `--prepare` stops before serving.
"""

from __future__ import annotations

import argparse
import fcntl
import gc
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask
from flask_migrate import upgrade
from gunicorn.app.base import BaseApplication
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import inspect, text

from portal import background
from portal.app import MIGRATIONS, create_app
from portal.core import config as settings
from portal.core.clock import utcnow
from portal.core.config import ROOT, Config, ConfigError
from portal.core.db import db, transaction
from portal.home import demo, timetable
from portal.home.cli import queue_digest, queue_weekly, retain
from portal.intake import service as intake
from portal.knowledge import service as knowledge
from portal.knowledge.access import FOLLOWER, knowledge_base
from portal.mail import service as mail
from portal.search.access import current_engine
from portal.tickets import finding, following
from portal.tickets.access import close_resolved, current_index, look_after_files, look_for_spikes

MAIL_EVERY = 10.0  # seconds
FOLLOW_EVERY = 30.0  # seconds
SWITCH_SECONDS = 0.0005
FILES_EVERY = 60.0  # seconds
CLOSE_EVERY = 3600.0  # seconds
LOOK_EVERY = 900.0  # seconds
WAIT = 30.0  # seconds: a portal that starts has people waiting
DUE_EVERY = 60.0  # seconds: how often it is asked whether the run of a day or week is due
NIGHT_HOUR = 3  # in PORTAL_TIMEZONE
RETAIN_SECONDS = 60.0  # then the other jobs have their turn
MAIL_HOUR = 7  # in PORTAL_TIMEZONE; of the digest, and of the team's page on Monday
CALLS_EVERY = 1800.0  # seconds
SEARCH_EVERY = 2.0  # seconds; what another worker published


class NewerSchema(RuntimeError):
    """The database was made by a later version; this one must not touch it."""


def write_settings(instance: Path) -> bool:
    """Write instance/portal.env (0600) with a random secret and demo mode, once. True when it was written."""
    path = instance / "portal.env"
    if path.exists() or os.environ.get("PORTAL_SECRET_KEY"):
        return False
    instance.mkdir(parents=True, exist_ok=True)
    lines = (
        "# Written by the first start. Settings of the process environment win over this file.",
        f"PORTAL_SECRET_KEY={secrets.token_hex(32)}",
        "PORTAL_DEMO=1",
        f"PORTAL_DEMO_PASSWORD=demo-{secrets.token_hex(4)}",
    )
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")
    return True


@contextmanager
def start_lock(instance: Path) -> Iterator[None]:
    """Of two processes that start together one prepares and the other waits."""
    instance.mkdir(parents=True, exist_ok=True)
    with (instance / "start.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def refuse_newer_schema() -> None:
    """Raises NewerSchema when the database stands at a revision that this version does not have."""
    if not inspect(db.engine).has_table("alembic_version"):
        return
    with db.engine.connect() as connection:
        held = set(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())
    known = {path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("*.py")}
    if held - known:
        raise NewerSchema(
            f"The database stands at {', '.join(sorted(held - known))}, which this version does not know."
        )


def prepare(app: Flask) -> None:
    """Database, content, index and, in a demo, its accounts and tickets. Every step can be repeated."""
    config: Config = app.config["PORTAL"]
    with start_lock(config.instance_dir), app.app_context():
        refuse_newer_schema()
        upgrade(directory=str(MIGRATIONS))
        now, base = utcnow(), knowledge_base()
        if base.remote and base.content.head() is None:  # begin from what the others have
            begun = knowledge.exchange(base, push=False)
            print(f"content remote: {begun.error or 'reached'}", file=sys.stderr)
        synced = base.sync(now)
        changes = knowledge.pending_changes(base)
        with transaction():
            knowledge.note_changes(changes, now)
        for problem in (*synced.problems, *base.snapshot().problems):
            print(f"content problem: {problem}", file=sys.stderr)
        for clash in synced.clashes:
            print(
                f"content clash: {clash.path} was changed here and in the shipped files; ours is served",
                file=sys.stderr,
            )
        current_engine().catch_up()
        following.follow(base, now, after=timedelta(0))
        if config.demo:
            demo.fill(config, now)
        finding.catch_up(current_index(), now, whole=True)
        db.session.remove()  # what was read here; release() has a session of its own
        release(app)


def read_templates(app: Flask) -> None:
    """All of them, so that no first page waits for its own and the workers share them. Compiled, they are kept for next time."""
    kept = app.config["PORTAL"].instance_dir / "templates"
    with suppress(OSError):  # a full disk: each is compiled when a page needs it
        kept.mkdir(mode=0o700, exist_ok=True)
        app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(kept))
        for name in app.jinja_env.list_templates():
            app.jinja_env.get_template(name)
    app.jinja_env.bytecode_cache = None


def release(app: Flask) -> None:
    """Close what a forked worker must not share: connections and open index files."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
        current_engine().index.close()


def begin_work(app: Flask) -> None:
    """Of a worker: the thread that has the database waits half a millisecond for its turn, not five."""
    sys.setswitchinterval(SWITCH_SECONDS)
    follow(app)


def follow(app: Flask) -> None:
    """Of a worker: exchange with the remote of the content, if there is one."""
    if follower := app.extensions.get(FOLLOWER):
        follower.start()


def _clear_calls() -> None:
    with transaction():
        intake.abandon_old(utcnow())


def background_jobs(config: Config) -> list[background.Job]:
    """What one worker does beside serving."""
    zone = ZoneInfo(config.timezone)
    jobs = [
        background.Job("known issues", FOLLOW_EVERY, lambda: following.follow(knowledge_base(), utcnow())),
        background.Job("files", FILES_EVERY, lambda: look_after_files(config)),
        background.Job("closing", CLOSE_EVERY, lambda: close_resolved(config), WAIT),
        background.Job("new problems", LOOK_EVERY, watch, WAIT),
        _timed(
            "retention", timetable.day_from(NIGHT_HOUR, zone), lambda: retain(config, seconds=RETAIN_SECONDS)
        ),
        background.Job("calls", CALLS_EVERY, _clear_calls),
    ]
    if config.mail_host:
        jobs += [
            background.Job("mail", MAIL_EVERY, lambda: mail.send_due(config)),
            _timed("mail of notices", timetable.day_from(MAIL_HOUR, zone), lambda: queue_digest(config)),
            _timed("mail of teams", timetable.week_from(MAIL_HOUR, zone), lambda: queue_weekly(config)),
        ]
    return jobs


def _timed(name: str, period: timetable.Period, run: Callable[[], object]) -> background.Job:
    return background.Job(name, DUE_EVERY, lambda: timetable.once(name, period, run), WAIT)


def watch() -> None:
    with transaction():
        look_for_spikes()


def worker_jobs() -> list[background.Job]:
    """What every worker does beside serving."""
    return [background.Job("search", SEARCH_EVERY, lambda: current_engine().loaded())]


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with threaded workers, forked from the prepared application: what it read is shared, not read again."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.portal: Config = app.config["PORTAL"]
        super().__init__()

    def load_config(self) -> None:
        values = {
            "bind": f"{self.portal.host}:{self.portal.port}",
            "workers": self.portal.workers,
            "threads": self.portal.threads,
            "worker_class": "gthread",
            "graceful_timeout": 10,
            "timeout": 60,
            "keepalive": 15,
            "preload_app": True,
            "post_worker_init": lambda _worker: background.start(
                self.app, self.portal.instance_dir, background_jobs(self.portal), worker_jobs()
            ),
            "pre_fork": lambda _server, _worker: gc.freeze(),
            "post_fork": lambda _server, _worker: begin_work(self.app),
            "errorlog": "-",
            "loglevel": "warning",
            "proc_name": "tier3-portal",
        }
        for name, value in values.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self.app


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m portal.serve", description="Set up and serve the portal."
    )
    parser.add_argument(
        "--prepare", action="store_true", help="set up only: database, content, index, demo data"
    )
    arguments = parser.parse_args()
    instance = Path(os.environ.get("PORTAL_INSTANCE_DIR") or ROOT / "instance").resolve()
    first = write_settings(instance)
    try:
        config = settings.from_env(os.environ)
        app = create_app(config)
        prepare(app)
    except (ConfigError, NewerSchema) as error:
        print(f"The portal cannot start:\n{error}", file=sys.stderr)
        return 1
    if arguments.prepare:
        return 0
    read_templates(app)
    if first:
        print(f"Settings written to {instance / 'portal.env'}")
    print(f"\nThe portal is at {config.public_url}\n")
    if config.demo:
        print("Demo sign-ins, all with the password " + config.demo_password)
        for account in demo.ACCOUNTS:
            print(f"  {account.email:<24} {account.what}")
    print("\nCtrl+C stops it.", flush=True)
    Server(app).run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
