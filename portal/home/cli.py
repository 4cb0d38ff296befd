"""Commands of other rooms' names that gather from more rooms than those: coverage, mail of a week and a day, retention."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask.cli import with_appcontext

from portal.accounts import service as accounts
from portal.accounts.actor import Role
from portal.accounts.cli import says_errors
from portal.core.clock import utcnow
from portal.core.config import Config
from portal.core.db import transaction
from portal.home import digest, retention, weekly
from portal.home.coverage import coverage_of, print_lines
from portal.home.team import team_page
from portal.knowledge import service as knowledge
from portal.knowledge.access import current_snapshot
from portal.knowledge.coverage import AREAS
from portal.mail import service as mail
from portal.mail.cli import config_with_mail
from portal.mail.service import Letter
from portal.search.service import SearchEngine
from portal.tickets import service as tickets
from portal.tickets.access import current_index
from portal.web.address import url_for


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


@click.command("weekly")
@with_appcontext
def weekly_mail() -> None:
    """Queue the team's page of the week for every editor; a second run in the same week queues nothing."""
    queued, week = queue_weekly(config_with_mail())
    click.echo(f"{queued} queued for {week}.")


def queue_weekly(config: Config) -> tuple[int, str]:
    """(mails, week); each mail in a transaction of its own."""
    now, snapshot = utcnow(), current_snapshot()
    week, queued = weekly.week_of(now.astimezone(ZoneInfo(config.timezone)).date()), 0
    for user, grants in accounts.list_users():
        for team_id in sorted({held.scope for held in grants if held.role is Role.EDITOR}):
            team = snapshot.catalogue.teams.get(team_id)
            if team is None or not user.active:
                continue
            actor = accounts.actor_named(user.email)
            page = team_page(team, actor=actor, snapshot=snapshot, now=now, since=now - timedelta(days=7))
            if page.is_empty:
                continue
            letter = Letter(
                "weekly",
                f"weekly:{team.id}:{week}:{user.id}",
                weekly.subject(page),
                weekly.body(page, lambda endpoint, **values: _address(config, endpoint, **values)),
                to_user_id=user.id,
            )
            with transaction():
                queued += mail.queue_mail(letter, config, now)
    return queued, week


@click.command("digest")
@with_appcontext
def daily_digest() -> None:
    """Queue each person's unread notices; a second run on the same day queues nothing."""
    queued, day = queue_digest(config_with_mail())
    click.echo(f"{queued} queued for {day}.")


def queue_digest(config: Config) -> tuple[int, date]:
    """(mails, day); each mail in a transaction of its own."""
    now, snapshot, queued = utcnow(), current_snapshot(), 0
    day = now.astimezone(ZoneInfo(config.timezone)).date()
    for user, _ in accounts.list_users():
        if not (user.active and user.mail):
            continue
        notices = tickets.list_notices(accounts.actor_named(user.email), now)
        new = [one for one in notices if one.is_new]
        if new:
            text = digest.body(new, snapshot, lambda endpoint, **values: _address(config, endpoint, **values))
            key = f"digest:{day}:{user.id}"
            with transaction():
                queued += mail.queue_mail(
                    Letter("digest", key, digest.subject(new), text, to_user_id=user.id), config, now
                )
    return queued, day


@click.command("retention")
@click.option("--apply", is_flag=True, help="Take it out; without it nothing is changed. Cannot be undone.")
@with_appcontext
@says_errors
def retention_command(apply: bool) -> None:
    """Take out what is older than the settings PORTAL_KEEP_... allow, as the serving portal does every night."""
    config: Config = current_app.config["PORTAL"]
    now, snapshot = utcnow(), current_snapshot()
    chosen = retention.rules(config, snapshot, now)
    if not chosen:
        click.echo("No PORTAL_KEEP_... is set: everything is kept for ever, but for what expires by itself.")
    for rule in chosen:
        count, found = retention.look(rule, now)
        click.echo(f"{rule.what}, {rule.setting}={rule.days}: {count}")
        for table, places in sorted(found.items()):
            click.echo(f"  {table}: {places}")
    if apply:
        retain(config, say=lambda words: click.echo(words, err=True))
        click.echo("Taken out.")
    elif chosen:
        click.echo("Nothing was changed: --apply takes it out.")


def retain(config: Config, *, say: Callable[[str], object] = str, seconds: float = float("inf")) -> bool:
    """See retention.retain."""
    return retention.retain(
        config, current_snapshot(), current_index(), now=utcnow(), say=say, seconds=seconds
    )


def _address(config: Config, endpoint: str, **values: str) -> str:
    """Absolute: a command has no request to take the host from."""
    with current_app.test_request_context(base_url=config.public_url):
        return config.public_url + url_for(endpoint, **values)
