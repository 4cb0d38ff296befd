"""What PostgreSQL cannot keep is refused with a page of ours: it takes no NUL in a text, and no number beyond its bytes."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.accounts import service as accounts
from tests.conftest import open_session
from tests.web.test_intake import CALL


@pytest.fixture
def agent(postgres_app: Flask) -> tuple[FlaskClient, dict[str, str]]:
    client = postgres_app.test_client()
    with postgres_app.app_context():
        person = accounts.actor_named("agent@example.org")
    return client, {"X-CSRFToken": open_session(postgres_app, client, person)}


@pytest.mark.parametrize("name", ["text", "alert_words", "key", "facilities"])
def test_a_form_with_a_nul_is_refused_or_cleaned(
    agent: tuple[FlaskClient, dict[str, str]], name: str
) -> None:
    client, headers = agent
    sent = {**CALL, "key": f"nul-{name}"}
    answer = client.post("/intake", data={**sent, name: f"{sent[name]}\0"}, headers=headers)
    assert answer.status_code in (303, 400)


@pytest.mark.parametrize(
    "path", ["/tickets/T3%00", "/tickets/?tool=%00", "/intake?key=%00", "/intake/I-999999999999"]
)
def test_an_address_with_a_nul_or_a_huge_number_is_refused(
    agent: tuple[FlaskClient, dict[str, str]], path: str
) -> None:
    assert agent[0].get(path).status_code in (400, 404)


def test_a_nul_among_words_is_no_word(agent: tuple[FlaskClient, dict[str, str]]) -> None:
    """They are looked for in the index; what comes to the database is numbers."""
    assert agent[0].get("/tickets/?words=%00").status_code == 200
    assert agent[0].get("/tickets/?words=refill%00late").status_code == 200
