"""Article pages: what a card names stands open under it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from portal.accounts.actor import Actor
from portal.knowledge.article import ArticleKind
from portal.knowledge.snapshot import Snapshot
from tests.conftest import Browse

SignIn = Callable[..., Actor]


@pytest.fixture
def agent(content: Snapshot, sign_in: SignIn) -> Actor:
    return sign_in("agent")


@pytest.mark.parametrize(
    ("article", "heading"),
    [
        ("sm-blocked-or-not-connected", "which-alert-means-what"),
        ("rx-explain-status", "status-words"),
        ("rx-explain-status", "seven-conditions-for-a-refill-oracle-health"),
        ("oracle-health-what-to-tell", "date-table"),
        ("oracle-health-what-to-tell", "list-of-moves"),
        ("mr-blue-button-download", "which-file"),
        ("sm-attachment-refused", "types-and-limits"),
        ("supplies-order-problem", "what-the-screen-says"),
        ("app-or-tool", "what-the-app-does-not-have"),
        ("after-visit-summary", "why-there-is-none"),
    ],
)
def test_what_a_step_names_is_open_under_the_card(
    agent: Actor, browse: Browse, article: str, heading: str
) -> None:
    open_part = browse.get(f"/articles/{article}").text.partition('<details class="more"')[0]
    card, _, below = open_part.partition("data-answer>")[2].partition("</form>")
    assert f'href="#h-{heading}"' in card
    assert f'id="h-{heading}"' in below


def test_links_to_a_section_find_it_on_the_page(agent: Actor, browse: Browse, content: Snapshot) -> None:
    for article in content.of_kind(ArticleKind.RUNBOOK):
        text = browse.get(f"/articles/{article.id}").text
        ids = re.findall(r'\bid="(h-[^"]+)"', text)
        assert len(ids) == len(set(ids))
        assert set(re.findall(r'href="#(h-[^"]+)"', text)) <= set(ids)


def test_sources_are_folded_for_agents_and_open_for_editors(
    content: Snapshot, sign_in: SignIn, browse: Browse
) -> None:
    folded = re.compile(
        r'<details class="more"( open)?><summary>Sources and open points</summary>(.*?)</details>', re.S
    )
    for role, opened in (("agent", None), ("editor", " open")):
        sign_in(role)
        [(state, text)] = [
            (found[1], found[2]) for found in folded.finditer(browse.get("/articles/portal-red-dot").text)
        ]
        assert state == opened
        assert "To be confirmed by the Horizon team" in text
        assert "Sources: " in text


def test_a_code_page_names_its_article_once_and_says_what_state_it_is_in(
    agent: Actor, browse: Browse
) -> None:
    page = browse.get("/articles/code/SM98")
    assert page.text.count('href="/articles/sm-oracle-health-send-failure') == 1
    assert "Workaround" in page.words.partition("Seen as")[0]


def test_the_words_of_known_issues_are_explained(agent: Actor, browse: Browse) -> None:
    for path in ("/help", "/known-issues"):
        words = browse.get(path).words
        assert "Suspected Callers report it; the team has not confirmed it." in words
        assert "Window Expected for some days" in words


def test_the_matrix_has_one_line_for_each_case(agent: Actor, browse: Browse, content: Snapshot) -> None:
    page = browse.get("/articles/matrix")
    rules = [
        rule
        for article in content.of_kind(ArticleKind.CRITERIA)
        if article.table
        for rule in article.table.rules
    ]
    assert len(re.findall(r"<li>\s*<strong>(?:If|Everything else:)</strong>", page.text)) == len(rules)
    assert "If “The team is not in the list” and " in page.words
    assert "then</strong>&#32;you: " in page.text
    assert "then you: I can't find my care team" in page.words
    assert "“someone could be harmed, go without medicine or miss care”, then Tier 3, Critical" in page.words
    assert page.words.index("someone could be harmed") < page.words.index("The team is not in the list")
    assert 'href="/articles/matrix?rules=sm-when-to-escalate"' in page.text
    one = browse.get("/articles/matrix?rules=sm-when-to-escalate")
    assert "The team is not in the list" in one.words
    assert one.text.count('<section class="cases">') == 1


def test_a_route_has_its_website_and_says_what_to_do_in_the_own_system(agent: Actor, browse: Browse) -> None:
    assert (
        '<a href="https://www.va.gov/find-locations">Find VA locations</a>'
        in browse.get("/articles/route/care-team").text
    )
    for route in ("uae-appointments", "identity-correction", "check-in"):
        assert "note into your case record" in browse.get(f"/articles/route/{route}").words
