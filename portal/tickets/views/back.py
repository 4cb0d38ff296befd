"""The caller calls back: the two buttons of the look-up card."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import requires
from portal.accounts.actor import Permission
from portal.core.db import transaction
from portal.tickets import service
from portal.tickets.forms import BackForm
from portal.tickets.views.page import acting_now, bp


@bp.post("/<number>/still-happening")
@requires(Permission.FILE)
def still_happening(number: str) -> ResponseReturnValue:
    by = acting_now()
    with transaction():
        is_open_again = service.still_happening(number, by=by)
    flash(
        f"Noted on {number}: still happening today.{' It is open again, in triage.' if is_open_again else ''}"
    )
    return redirect(url_for("home.look_up", number=BackForm().number.data or number), code=303)


@bp.post("/<number>/stopped")
@requires(Permission.FILE)
def stopped_happening(number: str) -> ResponseReturnValue:
    by = acting_now()
    with transaction():
        service.stopped_happening(number, actor=by.actor, now=by.now)
    flash(f"Noted on {number}: stopped happening.")
    return redirect(url_for("home.look_up", number=BackForm().number.data or number), code=303)
