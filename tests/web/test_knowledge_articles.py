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
