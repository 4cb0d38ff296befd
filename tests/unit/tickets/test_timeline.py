"""Each event as the reader meets it, and what of it stays with Tier 3 and the teams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from portal.core.removal import EVERYTHING, Removal
from portal.tickets.redact_store import NAMES
from portal.tickets.timeline import EVENTS, event_words, standing_moves
from tests.unit.tickets.made import CATALOGUE

SNAPSHOT: Any = SimpleNamespace(
    catalogue=CATALOGUE, articles={"down": SimpleNamespace(title="Messages are down")}
)
ANALYST = {"as": "a Tier 3 analyst", "inside": True}
TEAM = {"as": "the messaging team", "inside": True, "team": "messaging"}
DESK = {"as": "HRC help desk (Tier 1)", "inside": False}
WORDS: dict[str, tuple[Mapping[str, Any], str]] = {
    "filed": ({"as": "HRC help desk (Tier 1)", "because": ""}, "Filed by HRC help desk (Tier 1)."),
    "taken": (ANALYST, "Taken by a Tier 3 analyst."),
    "routed": (
        {**ANALYST, "team": "messaging", "because": "It is theirs."},
        "Handed to the Messaging team by a Tier 3 analyst: It is theirs.",
    ),
    "accepted": (TEAM, "Accepted by the Messaging team."),
    "started": (TEAM, "Work on it started by the messaging team."),
    "answer_ready": (
        {**TEAM, "caller_text": "It works.", "note": "A setting."},
        "Answer ready, says the Messaging team. Note: A setting. Text: “It works.”",
    ),
    "answered": ({**ANALYST, "caller_text": "It works."}, "Sent back to Tier 2 by a Tier 3 analyst. Text: “It works.”"),
    "resolved": (DESK, "Resolved, says HRC help desk (Tier 1)."),
    "closed": ({}, "Closed by the portal after the set number of days."),
    "held": (
        {**TEAM, "reason": "release", "until": "2026-12-03", "because": "The next one."},
        "Put on hold by the messaging team until Dec 3, 2026. It waits for a release: The next one.",
    ),
    "postponed": (
        {**TEAM, "until": "2026-12-07", "reason": "release"},
        "Held until Dec 7, 2026 instead, by the messaging team.",
    ),
    "resumed": (TEAM, "Hold ended by the messaging team."),
    "replied": (
        {**DESK, "answers": [["Which browser?", "Edge"], ["Since when?", ""]]},
        "What the caller says, through HRC help desk (Tier 1): Which browser? “Edge” Since when? The caller does not know.",
    ),
    "question_withdrawn": ({**ANALYST, "question": "Which one?"}, "Question taken back by a Tier 3 analyst: Which one?"),
    "returned": (
        {**TEAM, "reason": "lacks_facts", "because": "Which team?"},
        "Returned by the messaging team, lacks facts: Which team?",
    ),
    "not_tier3": (
        {**ANALYST, "route": "gone", "because": "A visit."},
        "Not for Tier 3, says a Tier 3 analyst: it goes to another place. A visit.",
    ),
    "duplicate": ({**ANALYST, "of": "T3-2026-000001"}, "Marked by a Tier 3 analyst as a duplicate of T3-2026-000001."),
    "linked": (
        {**ANALYST, "known_issue": "down", "why": "code SM98"},
        "Linked to the known issue “Messages are down” by a Tier 3 analyst: code SM98.",
    ),
    "issue_news": (
        {"known_issue": "down", "status": "fixed", "workaround": ["Use the app."], "caller_text": "It works."},
        "News of the known issue “Messages are down”: now fixed; another workaround: Use the app.; "
        "other words for callers: “It works.”.",
    ),
    "undone": ({**ANALYST, "event": "routed"}, "Taken back by a Tier 3 analyst: the hand-over to a team."),
    "unlinked": (
        {**ANALYST, "known_issue": "down", "because": "Another code."},
        "Link to “Messages are down” taken away by a Tier 3 analyst: Another code.",
    ),
    "not_this": ({**ANALYST, "known_issue": "down"}, "Not “Messages are down”, says a Tier 3 analyst."),
    "reopened": ({**DESK, "because": "Again today."}, "Reopened by HRC help desk (Tier 1): Again today."),
    "withdrawn": ({**DESK, "because": "Found it."}, "Withdrawn by HRC help desk (Tier 1): Found it."),
    "corrected": (
        {**DESK, "fields": ["title", "details"]},
        "Corrected by HRC help desk (Tier 1): title, details for the support desks.",
    ),
    "assessed": (
        {**ANALYST, "severity": ["medium", "high"], "tool": ["gone", "gone"], "because": "A whole hospital."},
        "Set by a Tier 3 analyst: severity medium → high, tool not known → not known: A whole hospital.",
    ),
    "noted": ({**ANALYST, "note": "Like last spring."}, "Note by a Tier 3 analyst: Like last spring."),
    "caller_text": ({**ANALYST, "caller_text": "We look."}, "Words for the caller set by a Tier 3 analyst. Text: “We look.”"),
    "facts_added": ({**DESK, "facts": ["care_team", "gone"]}, "Facts added: Which care team?"),
    "redacted": (ANALYST, "Words that must not stay were taken out by a Tier 3 analyst."),
    "expired": (
        {"as": "the portal", "days": 365},
        "Its words and files were taken out by the portal, which keeps them for 365 days after the end of a ticket.",
    ),
    "reference_added": ({**DESK, "system": "hrc", "value": "1234567"}, "HRC 1234567 added."),
    "file_added": ({"as": "Tier 3", "file": "a.png"}, "File “a.png” added by Tier 3."),
    "file_withdrawn": (
        {"as": "Tier 3", "file": "a.png", "because": "The wrong screen."},
        "File “a.png” withdrawn by Tier 3: The wrong screen.",
    ),
    "file_refused": ({"file": "a.png"}, "File “a.png” taken away: the malware scan refused it."),
    "still_happening": (DESK, "Still happening, says HRC help desk (Tier 1)."),
    "stopped_happening": (DESK, "Stopped happening, says HRC help desk (Tier 1)."),
}  # fmt: skip


@pytest.mark.parametrize("kind", EVENTS)
def test_every_event_has_its_words(kind: str) -> None:
    data, words = WORDS[kind]
    assert event_words(kind, data, SNAPSHOT) == words


@pytest.mark.parametrize("kind", EVENTS)
def test_every_event_can_be_said_when_its_words_are_gone(kind: str) -> None:
    data = {**WORDS[kind][0], "state": "routed"}
    left, _ = Removal(EVERYTHING, frozenset(), True).clean(data, skip=NAMES)
    said = event_words(kind, left, SNAPSHOT)
    typed = {
        str(value)
        for name, value in data.items()
        if name in ("note", "because", "caller_text", "question", "file")
    }
    assert said
    assert not [words for words in typed if words and words in said]
    assert left["state"] == "routed"


INSIDE = {
    "noted": "",
    "answer_ready": "Answer ready, says the Messaging team.",
    "answered": "Sent back to Tier 2 by a Tier 3 analyst. Text: “It works.”",
    "caller_text": "Words for the caller set by a Tier 3 analyst. Text: “We look.”",
    "held": "Put on hold by the messaging team until Dec 3, 2026. It waits for a release: The next one.",
}


@pytest.mark.parametrize("kind", INSIDE)
def test_a_desk_sees_no_note_and_no_answer_that_is_not_confirmed(kind: str) -> None:
    assert event_words(kind, WORDS[kind][0], SNAPSHOT, inside=False) == INSIDE[kind]


def test_what_an_agent_recognised_in_the_call_is_no_link_yet() -> None:
    assert (
        event_words("linked", {"known_issue": "down"}, SNAPSHOT)
        == "Recognised in the call: “Messages are down”."
    )


def test_a_note_of_a_desk_is_seen_by_all() -> None:
    assert event_words("noted", {**DESK, "note": "Tried twice."}, SNAPSHOT, inside=False) == (
        "Note by HRC help desk (Tier 1): Tried twice."
    )


@dataclass(frozen=True)
class Happened:
    kind: str


@pytest.mark.parametrize(
    ("kinds", "kept"),
    [
        ("filed taken routed", "taken routed"),
        ("filed returned taken noted undone", "returned"),
        ("filed taken undone linked undone routed", "routed"),
        ("filed undone", ""),
    ],
)
def test_a_move_that_was_taken_back_does_not_stand(kinds: str, kept: str) -> None:
    moved = {"taken", "routed", "returned", "linked"}
    assert " ".join(one.kind for one in standing_moves(map(Happened, kinds.split()), moved)) == kept
