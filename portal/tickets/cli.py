"""`flask --app portal tickets …`: what the portal does by itself, run by hand or by a timer."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask.cli import AppGroup

from portal.accounts.actor import COMMAND_LINE
from portal.accounts.cli import says_errors
from portal.accounts.service import actor_named
from portal.core.clock import utcnow
from portal.core.config import Config
from portal.core.db import transaction
from portal.core.removal import empty_log
from portal.knowledge.access import current_snapshot, knowledge_base
from portal.tickets import access, finding, following, importing, redacting, service
from portal.tickets.access import CALL_TEXTS, current_index, look_after_files, look_for_spikes
from portal.tickets.exported import Exported, Refusal, read_export

group = AppGroup("tickets", help="What is done to tickets without a person.")


@group.command("clocks")
def recount_clocks() -> None:
    """Reckon what is due when, after a change of targets, hours or holidays in the catalogue."""
    with transaction():
        changed = service.set_all_due(current_snapshot().catalogue)
    click.echo(f"{changed} changed.")


@group.command("files")
def tend_files() -> None:
    """Scan attached files that no scan has answered for, and take away those that belong to no ticket."""
    scanned, gone = look_after_files(current_app.config["PORTAL"])
    click.echo(f"{scanned} scanned, {gone} without a ticket taken away.")


AT_ONCE = 100


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--from", "source", type=click.Choice(["hrc", "snow"]), required=True, help="HRC Dynamics or ServiceNow."
)
@click.option("--as", "email", required=True, help="In whose name: an analyst who may also file.")
@click.option("--zone", default=None, help="Of the times in the file; PORTAL_TIMEZONE when left out.")
@click.option("--apply", is_flag=True, help="Make the tickets; without it nothing is changed.")
@says_errors
def import_tickets(file: Path, source: str, email: str, zone: str | None, apply: bool) -> None:
    """Take over tickets from a CSV export. Each record once, however often it is run. Exits 1 when a row was refused."""
    config: Config = current_app.config["PORTAL"]
    snapshot, now, actor = current_snapshot(), utcnow(), actor_named(email)
    try:
        own_zone = ZoneInfo(zone or config.timezone)
    except (LookupError, ValueError, OSError) as error:
        raise click.BadParameter("There is no such time zone.", param_hint="--zone") from error
    rows = list(
        read_export(file.read_bytes(), source, snapshot.catalogue, snapshot.facilities, own_zone, now)
    )
    found = [row for row in rows if isinstance(row, Exported)]
    counts = dict.fromkeys(("new", "already here", "held for review"), 0)
    for start in range(0, len(found), AT_ONCE):
        with transaction():
            for row in found[start : start + AT_ONCE]:
                kind, held = importing.take(
                    row, actor=actor, catalogue=snapshot.catalogue, now=now, apply=apply
                )
                counts[kind] += 1
                counts["held for review"] += bool(held)
                if held:
                    click.echo(f"line {row.line}: held for review, {', '.join(held)}")
        click.echo(f"{min(start + AT_ONCE, len(found))} of {len(found)}", err=True)
    refused = [row for row in rows if isinstance(row, Refusal)]
    for one in refused:
        click.echo(f"line {one.line}{f', column {one.column}' if one.column else ''}: refused, {one.reason}")
    said = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    click.echo(
        f"{said}, {len(refused)} refused.{'' if apply else ' Nothing was changed: --apply makes the tickets.'}"
    )
    if refused:
        raise SystemExit(1)


@group.command("close-resolved")
def close_resolved() -> None:
    """Close what has been resolved for PORTAL_CLOSE_AFTER_DAYS, as the serving portal does; prints a line per ticket."""
    closed = access.close_resolved(current_app.config["PORTAL"])
    for number in closed:
        click.echo(f"Closed {number}.")
    click.echo(f"{len(closed)} closed.")


@group.command("follow")
def follow() -> None:
    """Draw what follows from changed known issues: news on linked tickets, answers where one is fixed."""
    changed = following.follow(knowledge_base(), utcnow())
    click.echo(f"{changed} known issues had changed.")


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


@group.command("redact")
@click.argument("number")
@click.option(
    "--text-file", type=click.File(encoding="utf-8"), required=True, help="Holds the words, - for input."
)
@click.option("--dry-run", is_flag=True, help="Say only how many places hold them.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@says_errors
def redact(number: str, text_file: TextIO, dry_run: bool, yes: bool) -> None:
    """Take words that must not stay out of a ticket and all that repeats it; cannot be undone. Writes the files anew."""
    words, snapshot, of_call = (
        text_file.read().strip(),
        current_snapshot(),
        current_app.extensions[CALL_TEXTS],
    )
    found = redacting.find_words(number, words, actor=COMMAND_LINE, snapshot=snapshot, of_call=of_call)
    for place, count in sorted(found.found.items()):
        click.echo(f"{place}: {count}")
    click.echo(f"{found.found.total()} places hold the words.")
    if dry_run:
        return
    if not yes:
        click.confirm("Take them out?", abort=True)
    if found.found:
        with transaction():
            redacting.take_out(
                number, words, actor=COMMAND_LINE, version=None, snapshot=snapshot, of_call=of_call, now=utcnow()
            )  # fmt: skip
        click.echo("Taken out.")
    redacting.clean_index(current_index(), utcnow())
    if not empty_log(whole=True):
        raise click.ClickException("Somebody still reads the database's log; run this again to empty it.")


@group.command("spikes")
def spikes() -> None:
    """Look for new problems, as the serving portal does every quarter of an hour; prints a line for each that was opened."""
    with transaction():
        opened = look_for_spikes()
    for words in opened:
        click.echo(words)
    click.echo(f"{len(opened)} opened.")
