"""The pages of the search, as a reader sees them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from portal.accounts.actor import Actor
from portal.knowledge.snapshot import Snapshot
from portal.search.access import PACE
from portal.web.pace import Pace
from tests.conftest import Browse


def test_more_searches_than_a_person_types_are_asked_to_wait(
    app: Flask, content: Snapshot, sign_in: Callable[..., Actor], browse: Browse
) -> None:
    sign_in("agent")
    usual, app.extensions[PACE] = app.extensions[PACE], Pace(2)
    try:
        browse.get("/search/?q=refill+late")
        assert browse.send("/search/suggest", q="refill").status_code == 200
        refused = browse.client.get("/search/?q=refill+late")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
        assert browse.client.get("/articles/").status_code == 200
    finally:
        app.extensions[PACE] = usual
