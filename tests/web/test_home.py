"""The home page: what is happening now, in the order in which an agent needs it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from flask import Flask

from portal.accounts.actor import Actor
from portal.core.clock import utcnow
from portal.knowledge.snapshot import Snapshot
from tests.conftest import Browse
from tests.factories import make_report

SignIn = Callable[..., Actor]
SUSPECTED, RECURRING = "sm-team-blocked-facility-disagrees", "mr-ccd-and-images-fail-more"
WORKAROUND, ALSO = "sm-messages-not-available", "rx-refill-partly-submitted"


def test_what_callers_report_comes_first(
    app: Flask, content: Snapshot, sign_in: SignIn, browse: Browse
) -> None:
    agent = sign_in("agent")

    def first(count: int) -> list[str]:
        now = browse.get("/").text.partition('class="rows now"')[2].partition("</ul>")[0]
        return re.findall(r'data-hit href="/articles/([^"?]+)', now)[:count]

    def report(issue: str, count: int, minutes: int) -> None:
        with app.app_context():
            for _ in range(count):
                make_report(agent, issue, now=utcnow() - timedelta(minutes=minutes))

    assert first(2) == [SUSPECTED, RECURRING]
    report(RECURRING, 1, 300)
    report(WORKAROUND, 3, 5)
    report(ALSO, 2, 200)
    assert first(4) == [WORKAROUND, ALSO, RECURRING, SUSPECTED]
    report(SUSPECTED, 1, 5)
    assert first(3) == [SUSPECTED, WORKAROUND, ALSO]
