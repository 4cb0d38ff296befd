"""Answers -> the words of a ticket: title, steps, what should happen. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.criteria.severity import Severity, snow_severity
from portal.knowledge.catalogue import Tool

PLATFORMS = {
    "web": "web",
    "mobile_web": "mobile web",
    "ios": "iOS app",
    "android": "Android app",
    "staff_portal": "staff portal",
}
TITLE_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Sentences:
    """What an action is called in a title, its steps, and what should happen."""

    title: str
    steps: str
    expected: str


ACTIONS: Mapping[str, Sentences] = {
    "find": Sentences(
        "Find a care team", "Start a new message and look for the care team.", "The care team is in the list."
    ),
    "send": Sentences(
        "Send",
        "Start a new message, choose the care team, write the text and select Send.",
        "The message is sent.",
    ),
    "reply": Sentences(
        "Reply", "Open the conversation, select Reply, write the text and select Send.", "The reply is sent."
    ),
    "read": Sentences(
        "Open messages", "Open Messages, choose the folder and open the message.", "The message opens."
    ),
    "attach": Sentences(
        "Attach a file",
        "Write a message, select Attach file and choose the file.",
        "The file is attached and goes out.",
    ),
    "drafts": Sentences(
        "Drafts or folders",
        "Open Drafts or the folder and work with a message there.",
        "Drafts and folders keep it.",
    ),
}
# The part of the tool says what the caller was doing where nobody asked.
ACTION_OF = {
    "find-team": "find", "send": "send", "reply": "reply", "read": "read", "attachments": "attach",
    "drafts": "drafts", "folders": "drafts",
}  # fmt: skip


def action_of(answers: Mapping[str, str], sub_area: str | None) -> str:
    """The id of what the caller was doing; empty when it is not known."""
    answer = answers.get("action", "")
    return answer if answer in ACTIONS else ACTION_OF.get(sub_area or "", "")


def sentences(action: str, area_name: str) -> Sentences:
    """For any tool; steps only where the action is known: nobody has said any."""
    if action in ACTIONS:
        return ACTIONS[action]
    return Sentences(area_name or "Problem", "", "It works without an error.")


def title(
    tool: Tool | None, said: Sentences, *, code: str, alert: str, text: str, platform: str, station: str
) -> str:
    """`SM - Reply fails: SM98 (web, station 668)`; the alert's first words, or the caller's, where there is no code."""
    stem = tool.title_stem if tool else "MHV"
    fails = (
        " fails" if said in ACTIONS.values() else ""
    )  # a part of the tool, "Blocked or not connected", does not fail
    last = code or first_words(alert or text)
    place = ", ".join(
        filter(None, (PLATFORMS.get(platform, ""), f"station {station}" if station.isdigit() else station))
    )
    whole = f"{stem} - {said.title}{fails}{f': {last}' if last else ''}{f' ({place})' if place else ''}"
    return whole if len(whole) <= TITLE_CHARACTERS else f"{whole[: TITLE_CHARACTERS - 1].rstrip()}…"


def first_words(text: str, most: int = 7) -> str:
    words = text.split()
    cut = " ".join(words[:most]).rstrip(".,;:!?")
    return f"{cut} …" if len(words) > most else cut


def tried(
    done: Mapping[str, Sequence[int]], not_done: Mapping[str, Sequence[int]], titles: Mapping[str, str]
) -> str:
    """Runbook steps of this call. Not the workarounds of known issues that did not fit: nobody says they were tried."""
    said = []
    for id in dict.fromkeys((*done, *not_done)):
        steps, left = _numbers(done.get(id, ())), _numbers(not_done.get(id, ()))
        words = "; ".join(filter(None, (steps, left and f"could not be done: {left}")))
        if words:
            said.append(f"{titles.get(id, id)}: {words}.")
    return " ".join(said)


def _numbers(steps: Sequence[int]) -> str:
    return f"step{'s' if len(steps) > 1 else ''} {', '.join(map(str, steps))}" if steps else ""


def both_severities(own: Severity, audience: str) -> tuple[Severity, Severity]:
    """Tier 3's and ServiceNow's; staff whose tool is stopped cannot work, which ServiceNow ranks higher."""
    return own, snow_severity(own, cannot_work=audience == "staff" and own is Severity.MEDIUM)
