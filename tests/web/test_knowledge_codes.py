"""Error codes and facilities: filters, who has to confirm, files, and what is offered when nothing fits."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from portal.accounts.actor import Actor
from portal.knowledge.content_check import PAGES
from portal.knowledge.snapshot import Snapshot
from tests.conftest import Browse

SignIn = Callable[..., Actor]


@pytest.fixture
def agent(content: Snapshot, sign_in: SignIn) -> Actor:
    return sign_in("agent")


def shown(text: str) -> list[str]:
    return re.findall(r'<th scope="row"><a data-hit href="/articles/code/[^"]+">([^<]+)</a>', text)


def test_every_code_stands_in_the_index(agent: Actor, browse: Browse, content: Snapshot) -> None:
    page = browse.get("/articles/codes")
    assert shown(page.text) == list(content.codes)
    assert f"{len(content.codes)} codes" in page.words


@pytest.mark.parametrize("typed", ["SM151", "sm 151", "sm-151", "SM_151"])
def test_a_code_is_found_in_any_spelling(typed: str, agent: Actor, browse: Browse) -> None:
    assert shown(browse.get(f"/articles/codes?q={typed}").text) == ["SM151"]


def test_codes_are_filtered_by_words_tool_and_who_acts(
    agent: Actor, browse: Browse, content: Snapshot
) -> None:
    page = browse.get("/articles/codes?q=draft&tool=secure-messaging&acts=tier1_2")
    assert shown(page.text) == ["SM118", "SM128", "SM131", "SM134"]
    elsewhere = shown(browse.get("/articles/codes?acts=elsewhere").text)
    assert elsewhere == [c.code for c in content.codes.values() if c.goes_to == "elsewhere"]
    assert "SM106" in elsewhere
    assert "SM98" not in elsewhere
    by_tool = re.findall(r'href="(/articles/codes\?tool=[\w-]+)"', browse.get("/articles/codes").text)
    found = [code for path in by_tool for code in shown(browse.get(path).text)]
    assert sorted(found) == sorted(content.codes)


def test_a_row_says_who_acts_who_confirms_and_which_article_explains(agent: Actor, browse: Browse) -> None:
    sm98 = browse.get("/articles/codes?q=SM98")
    assert "To be confirmed by the messaging team" in sm98.words
    assert 'href="/articles/sm-oracle-health-send-failure"' in sm98.text
    sm106 = browse.get("/articles/codes?q=SM106")
    assert "To be confirmed" not in sm106.words
    assert 'href="/articles/route/mhv-coordinator"' in sm106.text
    assert "To be confirmed by MHV Tier 3" in browse.get("/articles/codes?q=VA900").words
    assert "to be confirmed by the messaging team" in browse.get("/articles/code/SM98").words


def test_nothing_that_fits_offers_an_intake_with_that_code(agent: Actor, browse: Browse) -> None:
    page = browse.get("/articles/codes?q=ZZ+12")
    assert "No code fits “ZZ 12”." in page.words
    assert 'href="/intake?code=ZZ+12"' in page.text
    nothing_typed = browse.get("/articles/codes?tool=travel-pay&acts=tier3").words
    assert "No code fits. See all codes" in nothing_typed
    assert "Start an intake" not in nothing_typed


def test_those_who_take_no_calls_are_offered_no_intake(
    browse: Browse, content: Snapshot, sign_in: SignIn
) -> None:
    sign_in("admin")
    for path in ("/articles/codes?q=ZZ12", "/articles/code/SM98"):
        assert 'href="/intake' not in browse.get(path).text, path


def rows_of(client: FlaskClient, path: str) -> list[dict[str, str]]:
    answer = client.get(path)
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))


def test_csv_holds_the_codes_that_are_shown(agent: Actor, client: FlaskClient) -> None:
    [row] = rows_of(client, "/articles/codes?q=SM119&format=csv")
    assert row["goes to"] == "Elsewhere: My HealtheVet coordinator at the facility"
    assert row["confirmed"] == "to be confirmed by the messaging team"
    assert row["article"] == "sm-blocked-or-not-connected"


def test_facilities_say_only_what_is_sourced(agent: Actor, browse: Browse, content: Snapshot) -> None:
    page = browse.get("/articles/facilities")
    assert "668 Spokane (Mann-Grandstaff) Pacific Oracle Health Has moved" in page.words
    assert "663 Puget Sound Pacific Not published No date published" in page.words
    assert "Not published moved on Apr 11, 2026, as planned; to confirm" in page.words
    rows = rows_of(browse.client, "/articles/facilities?format=csv")
    assert [row["station"] for row in rows] == sorted(content.facilities)
    assert 'href="/articles/facilities"' in browse.get("/").text


def test_pages_that_articles_may_link_to_are_there(agent: Actor, browse: Browse) -> None:
    assert {browse.get(page).status for page in PAGES} == {200}
