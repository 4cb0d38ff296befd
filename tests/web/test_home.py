"""The home page: what is happening now, in the order in which an agent needs it."""

from __future__ import annotations

import csv
import io
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


def test_the_board_shows_what_can_be_this_callers_as_a_page_and_as_a_file(
    content: Snapshot, sign_in: SignIn, browse: Browse
) -> None:
    sign_in("agent")
    everything = browse.get("/known-issues").text
    assert "sm-oracle-health-send-failure" in everything
    board = browse.get("/known-issues?tool=secure-messaging&facility=spokane&platform=android")
    assert "For Secure Messaging, Spokane (Mann-Grandstaff) (668), App on Android" in board.words
    titles = re.findall(r'data-hit href="/articles/([^"?]+)', board.text)
    assert set(titles) == {
        "sm-oracle-health-send-failure", "sm-messages-not-available", "sm-care-system-list-wrong-in-app",
        "sm-team-blocked-facility-disagrees",
    }  # fmt: skip
    fixed = re.search(r'href="(/known-issues\?tab=fixed[^"]+)', board.text)
    assert fixed
    for kept in ("tool=secure-messaging", "facility=spokane", "platform=android"):
        assert kept in fixed[1]
    file = browse.client.get(
        "/known-issues?tool=secure-messaging&facility=spokane&platform=android&format=csv"
    )
    rows = list(csv.DictReader(io.StringIO(file.text.removeprefix("\ufeff"))))
    assert {row["id"] for row in rows} == set(titles)
    assert {row["health record"] for row in rows} == {"", "Oracle Health"}
    none = browse.get("/known-issues?tab=now&tool=secure-messaging&ehr=vista&platform=staff_portal")
    assert "Nothing here fits Secure Messaging, VistA, Staff portal. Clear filters" in none.words
    assert "Nothing known right now." not in none.words
