"""`flask --app portal mail …`: one pass by a timer or by hand, a test, and another try for what failed."""

from __future__ import annotations

import secrets

import click
from flask import current_app
from flask.cli import AppGroup

from portal.core.clock import utcnow
from portal.core.config import Config
from portal.core.db import transaction
from portal.mail import service
from portal.mail.service import Letter

group = AppGroup("mail", help="Mail that the portal sends.")
NOT_SET_UP = "Mail is not set up: name the server in PORTAL_MAIL_HOST and the sender in PORTAL_MAIL_FROM."


def config_with_mail() -> Config:
    """Ends the command when mail is not set up."""
    config: Config = current_app.config["PORTAL"]
    if not config.mail_host:
        raise click.ClickException(NOT_SET_UP)
    return config


@group.command()
def run() -> None:
    """Send what is due, once; exit 1 when the server could not be used."""
    done = service.send_due(config_with_mail())
    click.echo(f"{done.delivered} delivered, {done.later} to be tried again, {done.failed} failed.")
    if done.stopped:
        raise click.ClickException(done.stopped)


@group.command()
@click.argument("address")
def test(address: str) -> None:
    """Queue a test mail to ADDRESS and send what is due."""
    config = config_with_mail()
    letter = Letter(
        "test", f"test:{secrets.token_hex(8)}", "Test of the MHV Tier 3 portal",
        f"Mail from the portal works.\n\n{config.public_url}\n", address=address,
    )  # fmt: skip
    with transaction():
        service.queue_mail(letter, config, utcnow())
    done = service.send_due(config)
    click.echo(f"{done.delivered} delivered, {done.later} to be tried again, {done.failed} failed.")
    if done.stopped:
        raise click.ClickException(done.stopped)


@group.command()
def retry() -> None:
    """Queue again every mail that failed."""
    with transaction():
        count = service.retry_failed(utcnow())
    click.echo(f"{count} queued again.")
