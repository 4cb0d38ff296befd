"""`flask --app portal accounts …`: users, roles and tokens, for whoever may run commands on the machine."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import click
from flask import current_app
from flask.cli import AppGroup

from portal.accounts import service
from portal.accounts.actor import COMMAND_LINE, Desk, Role
from portal.core.config import Config
from portal.core.db import transaction
from portal.core.errors import PortalError

P = ParamSpec("P")
group = AppGroup("accounts", help="Users, roles, tokens.")

password_option = click.option(
    "--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for when left out."
)
role_argument = click.argument("role", type=click.Choice([role.value for role in Role]))
scope_option = click.option("--scope", default="", help="A team for an editor, a desk for a desk lead.")


def says_errors(command: Callable[P, None]) -> Callable[P, None]:
    """An error of ours is one line and exit code 1."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except PortalError as error:
            raise click.ClickException(str(error)) from error

    return run


@group.command()
@click.argument("email")
@click.option("--name", required=True, help="Shown in the portal.")
@click.option("--desk", type=click.Choice([desk.value for desk in Desk]), default=Desk.NONE.value)
@password_option
@says_errors
def add(email: str, name: str, desk: str, password: str) -> None:
    """Add an account; give it roles with `grant`."""
    hashed = service.hash_password(password, email)
    with transaction():
        service.create_user(COMMAND_LINE, email=email, name=name, desk=Desk(desk), password_hash=hashed)
    click.echo(f"Added {email}.")


@group.command()
@click.argument("email")
@says_errors
def disable(email: str) -> None:
    """Disable an account; its sessions and tokens end at once."""
    with transaction():
        service.disable_user(COMMAND_LINE, email)
    click.echo(f"Disabled {email}.")


@group.command()
@click.argument("email")
@password_option
@says_errors
def password(email: str, password: str) -> None:
    """Set a new password; the person's sessions end."""
    hashed = service.hash_password(password, email)
    with transaction():
        service.set_password(COMMAND_LINE, email, hashed)
    click.echo(f"Changed the password of {email}.")


@group.command()
@click.argument("email")
@role_argument
@scope_option
@says_errors
def grant(email: str, role: str, scope: str) -> None:
    """Give a role."""
    with transaction():
        service.grant(COMMAND_LINE, email, Role(role), scope)
    click.echo(f"{email} is now {role} {scope}".rstrip() + ".")


@group.command()
@click.argument("email")
@role_argument
@scope_option
@says_errors
def revoke(email: str, role: str, scope: str) -> None:
    """Take a role away."""
    with transaction():
        service.revoke(COMMAND_LINE, email, Role(role), scope)
    click.echo(f"{email} is no longer {role} {scope}".rstrip() + ".")


@group.command()
@click.argument("email")
@click.argument("held", type=click.Choice(["on", "off"]))
@says_errors
def privacy(email: str, held: str) -> None:
    """Let a person read security and privacy tickets (on), or no longer (off)."""
    with transaction():
        service.set_privacy(COMMAND_LINE, email, held=held == "on")
    click.echo(f"Privacy {held} for {email}.")


@group.command()
@click.argument("email")
@click.option("--label", default="", help="What the token is for; names it in revoke-token.")
@says_errors
def token(email: str, label: str) -> None:
    """Make an API token that acts as this person; the last line is the token, shown this once."""
    with transaction():
        made = service.create_token(COMMAND_LINE, email, label)
    click.echo(f"A token for {email}. It is not shown again.")
    click.echo(made)


@group.command("revoke-token")
@click.argument("email")
@click.option("--label", default=None, help="Only tokens with this label; all when left out.")
@says_errors
def revoke_token(email: str, label: str | None) -> None:
    """End API tokens of a person."""
    with transaction():
        count = service.revoke_token(COMMAND_LINE, email, label)
    click.echo(f"Ended {count} token{'' if count == 1 else 's'} of {email}.")


@group.command("list")
def list_accounts() -> None:
    """One line per account: e-mail, desk, roles."""
    for user, grants in service.list_users():
        roles = [f"{held.role}{f':{held.scope}' if held.scope else ''}" for held in grants]
        extra = ["privacy"] * user.privacy + ["disabled"] * (not user.active)
        click.echo(" ".join([user.email, user.desk, *roles, *extra]))


@group.group("audit")
def audit_group() -> None:
    """The audit log."""


@audit_group.command("verify")
def verify_audit() -> None:
    """Prove that no line of the audit log was changed, left out or put in; exits 1 at the first that does not fit."""
    config: Config = current_app.config["PORTAL"]
    broken = service.verify_chain(config.secret_key)
    if broken is not None:
        raise click.ClickException(f"Line {broken} does not follow from the line before it.")
    click.echo("Every line of the audit log follows from the one before it.")
