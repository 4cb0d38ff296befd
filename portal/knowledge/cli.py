"""`content check`, and `content sync|pull|push|redact`."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TextIO

import click
from flask import current_app
from flask.cli import AppGroup

from portal.accounts.actor import COMMAND_LINE
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
    """Bring in the shipped folder, then exchange with the remote if one is set; no edit is ever overwritten."""
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
    if base.remote:
        _exchange(push=True)


@group.command("pull")
def pull() -> None:
    """Fetch what the remote has and merge it into what is served; exit 1 when it cannot be reached."""
    _exchange(push=False)


@group.command("push")
def push() -> None:
    """Send what is served to the remote, merged with what is there; exit 1 when it cannot be reached."""
    _exchange(push=True)


@group.command("redact")
@click.option("--path", default="", help="A file such as runbook/sm-send.md.")
@click.option("--id", "article_id", default="", help="Or the id of an article.")
@click.option("--image", default="", help="Or the name of a picture, which goes as a whole.")
@click.option("--text-file", type=click.File(encoding="utf-8"), help="Holds the text, - for input.")
@click.option("--dry-run", is_flag=True, help="Say only what would be done.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def redact(
    path: str, article_id: str, image: str, text_file: TextIO | None, dry_run: bool, yes: bool
) -> None:
    """Take a text, saved by mistake, out of every version of an article, its drafts and the search; or a picture out of
    every version. Cannot be undone.
    """
    base = knowledge_base()
    if image:
        found = service.find_picture(base, image)
        click.echo(f"{found.versions} versions hold the picture")
    elif text_file:
        found = service.find_text(base, path or article_id, text_file.read().strip())
        click.echo(f"{found.versions} versions of {path or article_id} hold the text")
    else:
        raise click.UsageError("Say --image, or --text-file with --id or --path.")
    for other in found.others:
        click.echo(f"{other}: {'shows' if image else 'holds'} it too, and stays as it is")
    if dry_run:
        return
    if not yes:
        click.confirm("Rewrite the history of the knowledge base without it?", abort=True)
    with base.remote.turn() if base.remote else nullcontext():
        service.redact(base, found, actor=COMMAND_LINE, now=utcnow())
    click.echo(f"taken out; main is at {(base.content.head() or '')[:7]}")
    for problem in (one for one in base.snapshot().problems if one.file in found.paths):
        click.echo(str(problem))
    if base.remote:
        click.echo(
            "Every other clone must be made anew. Portals with the same secret key follow by themselves."
        )
        _exchange(push=True)


def _exchange(*, push: bool) -> None:
    done = service.exchange(knowledge_base(), push=push)
    if done.error:
        click.echo(f"remote: {done.error} Saves that wait: {done.waiting}.", err=True)
        raise SystemExit(1)
    said = ["pulled" if done.pulled else "nothing new to pull"]
    said += ["pushed" if done.pushed else "nothing to push"] if push else []
    click.echo(f"remote: {', '.join(said)}; main is at {done.revision[:7]}, saves that wait: {done.waiting}")
