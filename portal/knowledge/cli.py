"""`content check` and `content sync`."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from portal.core.clock import utcnow
from portal.core.config import Config
from portal.core.db import transaction
from portal.knowledge import service
from portal.knowledge.access import knowledge_base

group = AppGroup("content", help="The knowledge base: check its files, bring in the shipped folder.")


@group.command("check")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
def check(folder: Path | None) -> None:
    """Print every problem of a content folder with file, line and key; exit 1 when there is one."""
    config: Config = current_app.config["PORTAL"]
    snapshot, problems = service.check_shipped(folder or config.content_dir, utcnow().date())
    for problem in problems:
        click.echo(str(problem))
    click.echo(f"{len(snapshot.articles)} articles, {len(snapshot.codes)} codes, {len(problems)} problems")
    if problems:
        raise SystemExit(1)


@group.command("sync")
def sync() -> None:
    """Import the shipped folder and merge it into what is served; a team's edit is never overwritten."""
    base, now = knowledge_base(), utcnow()
    done = base.sync(now)
    changes = service.pending_changes(base)
    with transaction():
        service.note_changes(changes, now)
    for problem in (*done.problems, *base.snapshot().problems):
        click.echo(str(problem))
    for clash in done.clashes:
        click.echo(
            f"{clash.path}: changed here and in the shipped files; ours is served until a person resolves it"
        )
    click.echo(f"main is at {done.revision[:7]}" + ("" if done.changed else ", nothing new"))
