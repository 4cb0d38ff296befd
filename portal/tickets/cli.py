"""`flask --app portal tickets …`: what the portal does by itself, run by hand or by a timer."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from portal.core.clock import utcnow
from portal.core.config import Config
from portal.core.db import transaction
from portal.knowledge.access import current_snapshot
from portal.tickets import finding, service
from portal.tickets.access import current_index

group = AppGroup("tickets", help="What is done to tickets without a person.")


@group.command("close-resolved")
def close_resolved() -> None:
    """Close what has been resolved for PORTAL_CLOSE_AFTER_DAYS; prints a line per ticket."""
    config: Config = current_app.config["PORTAL"]
    with transaction():
        closed = service.close_resolved(
            days=config.close_after_days, snapshot=current_snapshot(), now=utcnow()
        )
    for number in closed:
        click.echo(f"Closed {number}.")
    click.echo(f"{len(closed)} closed.")


@group.command("index")
@click.option(
    "--check", is_flag=True, help="Only say whether it is what the tickets are; exits 1 when it is not."
)
def index(check: bool) -> None:
    """Build the index of the words of all tickets anew, beside the one that serves."""
    if check:
        problems = finding.diagnose(current_index())
        for problem in problems:
            click.echo(problem)
        if problems:
            raise SystemExit(1)
        click.echo("The ticket index holds exactly the tickets.")
        return
    if not finding.rebuild(current_index(), utcnow()):
        raise click.ClickException("Another process is writing the ticket index; nothing was done.")
    click.echo("The ticket index is built.")
