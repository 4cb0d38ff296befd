"""`content coverage`: the command stands here because it searches, which knowledge may not."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from portal.core.config import Config
from portal.home.coverage import coverage_of, print_lines
from portal.knowledge import service as knowledge
from portal.knowledge.coverage import AREAS
from portal.search.service import SearchEngine


@click.command("coverage")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--area", type=click.Choice(AREAS), help="Only this area.")
@with_appcontext
def coverage(folder: Path | None, area: str | None) -> None:
    """Print what the content folder covers of the desk's work and every gap; exit 1 below a floor."""
    config: Config = current_app.config["PORTAL"]
    snapshot, _ = knowledge.check_folder(folder or config.content_dir)
    with tempfile.TemporaryDirectory() as place:
        engine = SearchEngine(Path(place), lambda: snapshot)
        engine.catch_up()
        found = coverage_of(engine, area or "")
    for line in print_lines(found):
        click.echo(line)
    if found.below_floor():
        raise SystemExit(1)
