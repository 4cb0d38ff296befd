"""`search rebuild` and `search doctor`."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from portal.search.access import current_engine

group = AppGroup("search", help="The search index: derived from the content, safe to throw away.")


@group.command("rebuild")
def rebuild() -> None:
    """Build the index anew beside the one that serves."""
    if not current_engine().rebuild():
        raise click.ClickException("Another process is writing the index; nothing was done.")
    click.echo("The search index is built.")


@group.command("doctor")
def doctor() -> None:
    """Compare the index with the content and read a part of every segment; exits 1 on a difference."""
    problems = current_engine().diagnose()
    for problem in problems:
        click.echo(problem)
    if problems:
        raise SystemExit(1)
    click.echo("The search index holds exactly the content.")
