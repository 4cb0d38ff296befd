"""Who hears of what: kinds of notices, groups, and names behind an @."""

from __future__ import annotations

import pytest

from portal.accounts.actor import Desk, Grant, Role
from portal.core.errors import Invalid
from portal.tickets.lifecycle import MOVED, Standing
from portal.tickets.notice import DESK_KINDS, INSIDE, WORDS, groups_of, handles, kind_of, mentioned
from portal.tickets.ticket import State
from tests.factories import an_actor

WITH_TEAM = Standing(State.ROUTED, "messaging", "hrc", 7)


def test_every_move_is_told_but_the_filing_itself() -> None:
    assert {event for event in MOVED if not kind_of(event, {})} == {"filed"}
    assert {*DESK_KINDS, *INSIDE} <= set(WORDS)


@pytest.mark.parametrize(
    ("event", "data", "kind"),
    [
        ("held", {"reason": "caller_via_tier2"}, "asked"),
        ("held", {"reason": "release"}, "held"),
        ("noted", {"inside": True}, "noted_inside"),
        ("noted", {"inside": False}, "noted"),
        ("facts_added", {}, ""),
        ("resumed", {"because": "every question is answered"}, ""),
    ],
)
def test_an_event_makes_one_kind_of_notice(event: str, data: dict[str, object], kind: str) -> None:
    assert kind_of(event, data) == kind


def test_the_groups_of_a_person() -> None:
    assert groups_of(an_actor(Role.ANALYST)) == ["tier3"]
    assert groups_of(an_actor(Role.AGENT, desk=Desk.ESD)) == ["desk:esd"]
    editor = an_actor(Role.EDITOR, grants=frozenset({Grant(Role.EDITOR, "messaging")}))
    assert groups_of(editor) == ["team:messaging"]


def test_a_note_names_only_those_who_may_read_it() -> None:
    inside = handles(WITH_TEAM, inside=True)
    assert inside == {"tier3": "tier3", "messaging": "team:messaging"}
    assert handles(WITH_TEAM, inside=False) == {**inside, "desk": "desk:hrc"}
    private = Standing(State.NEW, None, "hrc", 7, privacy=True)
    assert handles(private, inside=False) == {"tier3": "tier3"}
    assert mentioned("@Tier3, as @messaging said (@tier3): 3 @ 5 pm, a@b.org", inside) == [
        "tier3",
        "team:messaging",
    ]
    with pytest.raises(
        Invalid, match=r"Nobody who may read this is called @desk\. You can name @tier3, @messaging"
    ):
        mentioned("@desk please ask", inside)
