"""Notices: who hears of what happens to a ticket or a known issue, and in which words. Pure.

A notice holds a kind and a number, and never a word of the ticket. It goes to one person (who follows), or to a group, in which
each reads for themselves: Tier 3, a team, a desk. A desk hears only what it has to do, until somebody of it has done it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal.accounts.actor import Actor, Permission
from portal.core.errors import Invalid
from portal.tickets.lifecycle import Standing, own_desks
from portal.tickets.question import ALL_ANSWERED
from portal.tickets.ticket import HoldReason, State

KEPT = timedelta(days=30)
TIER3 = "tier3"
INSIDE = ("noted_inside", "mentioned_inside")  # for Tier 3 and the team only
DESK_KINDS = {"asked": State.ON_HOLD, "answered": State.BACK_TO_TIER2}  # to do, while the ticket stands so
FOLLOWED_BY_DOING = ("noted", "noted_inside", "asked")
WORDS = {
    "asked": "the caller is to be asked",
    "replied": "the caller has answered",
    "answered": "answered: tell the caller",
    "taken": "taken by Tier 3",
    "routed": "handed to a team",
    "accepted": "accepted by the team",
    "started": "work on it has started",
    "answer_ready": "an answer is ready",
    "held": "put on hold",
    "postponed": "on hold until another date",
    "resumed": "the hold has ended",
    "returned": "returned to Tier 3",
    "linked": "linked to a known issue",
    "unlinked": "no longer linked to a known issue",
    "not_tier3": "not for Tier 3",
    "duplicate": "marked as a duplicate",
    "reopened": "opened again",
    "resolved": "resolved",
    "closed": "closed",
    "withdrawn": "withdrawn",
    "caller_text": "new words for the caller",
    "assessed": "another severity or tool",
    "still_happening": "still happening, says a caller",
    "stopped_happening": "stopped happening, says a caller",
    "noted": "a note was added",
    "noted_inside": "an internal note was added",
    "mentioned": "you are named in a note",
    "mentioned_inside": "you are named in an internal note",
    "issue_news": "news of its known issue",
    # of known issues
    "status": "another state",
    "workaround": "another workaround",
    "fixed": "fixed",
    "recurring": "it came back",
    "merged": "joined with another known issue",
    # of texts of articles
    "to_approve": "a text waits for your team’s approval",
    "approved": "your text is approved and published",
    "sent_back": "your text was sent back to you",
    "worked_in": "what you flagged is in the article now",
}
PLACES = {
    "to_approve": "knowledge.list_drafts",
    "sent_back": "knowledge.list_drafts",
    "worked_in": "knowledge.list_flags",
}  # where a notice leads, if not to what it is about: an article may be nobody's yet but its author's
_HANDLE = re.compile(r"(?<![\w@.])@([A-Za-z][\w-]*)")


@dataclass(frozen=True, slots=True)
class Told:
    """One line of a person's notices. `tool` is empty for a known issue."""

    what: str
    kind: str
    at: datetime
    tool: str
    is_new: bool

    @property
    def words(self) -> str:
        return WORDS[self.kind]

    @property
    def place(self) -> str:
        """The endpoint of a page that is about more than this one thing; empty for none."""
        return PLACES.get(self.kind, "")


def kind_of(event: str, data: Mapping[str, Any]) -> str:
    """Which kind of notice an event makes; empty for one that nobody needs to hear of."""
    if event == "held" and data.get("reason") == HoldReason.CALLER:
        return "asked"
    if event == "resumed" and data.get("because") == ALL_ANSWERED:
        return ""  # the answers are the news
    if event == "noted" and data.get("inside"):
        return "noted_inside"
    return event if event in WORDS else ""


def groups_of(actor: Actor) -> list[str]:
    """The groups that this person belongs to."""
    tier3 = [TIER3] if actor.may(Permission.TRIAGE) else []
    return [
        *tier3,
        *(f"team:{team}" for team in sorted(actor.teams)),
        *(f"desk:{desk}" for desk in own_desks(actor)),
    ]


def handles(ticket: Standing, *, inside: bool) -> dict[str, str]:
    """What stands behind an @ in a note -> the group: only those who may see the note."""
    found = {TIER3: TIER3}
    if not ticket.privacy:
        found |= {ticket.team: f"team:{ticket.team}"} if ticket.team and ticket.team != TIER3 else {}
        found |= {} if inside else {"desk": f"desk:{ticket.desk}"}
    return found


def mentioned(text: str, known: Mapping[str, str]) -> list[str]:
    """The groups that a note names, each once; raises Invalid for a name that nobody here has."""
    names = list(dict.fromkeys(name.lower() for name in _HANDLE.findall(text)))
    strangers = [name for name in names if name not in known]
    if strangers:
        wrong = f"Nobody who may read this is called @{strangers[0]}. You can name {', '.join('@' + name for name in known)}"
        raise Invalid(f"{wrong}.", {"note": wrong})
    return [known[name] for name in names]
