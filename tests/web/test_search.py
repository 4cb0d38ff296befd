"""The pages of the search, as a reader sees them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from portal.accounts.actor import Actor
from portal.knowledge.snapshot import Snapshot
from portal.search.access import PACE
from portal.web.pace import Pace
from tests.conftest import Browse


@pytest.mark.parametrize(
    ("typed", "searched"),
    [
        ("dr renewed my pills but i dont see it", "dr renewed my pills but i dont see it"),
        ("dr appointment not listed", "dr appointment not listed"),
        ("message to dr smithers fails", "message to dr s… fails"),
        ("message to Dr. Renewed fails", "message to Dr. R… fails"),
    ],
)
def test_what_follows_a_title_is_a_name_unless_the_knowledge_base_has_the_word(
    content: Snapshot, sign_in: Callable[..., Actor], browse: Browse, typed: str, searched: str
) -> None:
    sign_in("agent")
    page = browse.post("/search/", q=typed)
    assert f'value="{searched}"' in page.text
    assert ("Personal data was taken out" in page.words) is (typed != searched)


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
