"""`search rebuild`, `search doctor` and `search golden`."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from portal.core.config import Config
from portal.knowledge.golden import FOLDER
from portal.knowledge.service import check_folder
from portal.search import service
from portal.search.access import current_engine
from portal.search.golden import below_floors, report

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


@group.command("golden")
@click.option("--area", default="", help="Only the searches of one area.")
@click.option(
    "--content",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The content folder; without it, the shipped one.",
)
def golden(area: str, content: Path | None) -> None:
    """Run the golden searches of a content folder on an index of their own; exits 1 below the floors."""
    config: Config = current_app.config["PORTAL"]
    snapshot, problems = check_folder(content or config.content_dir)
    with tempfile.TemporaryDirectory() as folder:
        engine = service.SearchEngine(Path(folder), lambda: snapshot)
        engine.catch_up()
        outcomes = service.run_golden(engine, area=area)
        engine.index.close()
    if not outcomes:
        raise click.ClickException(f"There are no golden searches{f' of {area}' if area else ''}.")
    for line in report(outcomes):
        click.echo(line)
    own = f"{FOLDER}{area}.yml" if area else FOLDER
    failures = [str(problem) for problem in problems if problem.file.startswith(own)]
    failures += below_floors(outcomes, of_one_area=bool(area))
    for failure in failures:
        click.echo(failure)
    if failures:
        raise SystemExit(1)
