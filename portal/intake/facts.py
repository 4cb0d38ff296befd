"""Facts that a team needs: which are still missing, what an answer to each must look like, and how it reads. Pure.

An answer is flat, as a form sends it: the fact's id and, where one field is not enough, `<id>-<part>`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from portal.criteria.table import NOT_SURE
from portal.knowledge.catalogue import Fact, FactType

COMMON = ("occurred_at", "device", "browser", "app_version", "os_version", "works_on_web")
LAST = ("steps", "expected", "tried")  # texts, prefilled where they are known
FROM_THE_CALL = frozenset({"alert_words", "error_code"})  # page 1 asks for them, or notes that there are none
# Facts of a message, asked only for what the caller was doing.
ASKED_FOR: Mapping[str, frozenset[str]] = {
    "care_team": frozenset({"find", "send", "reply"}),
    "other_teams": frozenset({"find", "send", "reply"}),
    "attachment": frozenset({"send", "reply", "attach"}),
    "msg_where": frozenset({"read", "drafts"}),
}
VERSION = re.compile(r"\d{1,4}(?:\.\d{1,6}){1,3}")
FILE_TYPES = {
    "pdf": "PDF",
    "image": "Picture",
    "text": "Text",
    "office": "Word or Excel",
    "other": "Another type",
}
PARTS = {
    FactType.WHEN: ("time", "day", "zone"),
    FactType.ATTACHMENT: ("type", "size"),
    FactType.DEVICE: ("version",),
}
NEVER_GUARDED = frozenset(
    {FactType.CHOICE, FactType.WHEN, FactType.VERSION, FactType.DATE, FactType.NUMBER, FactType.ATTACHMENT}
)


def needed(
    catalogue: Mapping[str, Fact],
    *,
    collect: Sequence[str],
    minimum: Sequence[str],
    platform: str,
    known: Collection[str],
    answers: Mapping[str, str],
    action: str = "",
) -> list[Fact]:
    """The facts of this case in the order they are asked: common ones, the decision's, the tool's, then the texts.

    What the answers already say is among them: see `answered`.
    """
    wanted = dict.fromkeys((*COMMON, *collect, *minimum))
    chosen = [
        id
        for id in wanted
        if id in catalogue and id not in known and id not in LAST and id not in FROM_THE_CALL
    ]
    fitting = [id for id in chosen if not action or id not in ASKED_FOR or action in ASKED_FOR[id]]
    facts = [catalogue[id] for id in (*fitting, *(last for last in LAST if last in catalogue))]
    return [
        fact
        for fact in facts
        if (not fact.platforms or platform in fact.platforms)
        and not any(answers.get(question) in no for question, no in fact.not_asked_if.items())
    ]


def answered(wanted: Sequence[Fact], answers: Mapping[str, str]) -> dict[str, str]:
    """Facts that a question of the rules has asked already -> that question; "Not sure" is an answer too."""
    return {
        fact.id: question
        for fact in wanted
        for question in (fact.id, *fact.answered_by)
        if answers.get(question) in (*fact.choices, NOT_SURE)
    }


def names(fact: Fact) -> list[str]:
    """The field names of a fact's answer."""
    return [fact.id, *(f"{fact.id}-{part}" for part in PARTS.get(fact.type, ()))]


def is_open(fact: Fact, values: Mapping[str, str], not_known: Collection[str]) -> bool:
    return fact.id not in not_known and not values.get(fact.id, "").strip()


def problem(fact: Fact, values: Mapping[str, str], now: datetime) -> str | None:
    """What is wrong with the answer, as the page says it; None when it will do."""
    value = values.get(fact.id, "").strip()
    if not value or (fact.choices and value not in fact.choices):
        return fact.error
    if len(value) > fact.limit and fact.type in (FactType.TEXT, FactType.LONG_TEXT):
        return f"Use at most {fact.limit} characters"
    match fact.type:
        case FactType.WHEN:
            if value != "now" and not values.get(f"{fact.id}-zone"):
                return "Select the time zone of the caller"
            moment = occurred(fact.id, values, now)
            if moment is None:
                return fact.error
            return "The time is in the future" if moment > now else None
        case FactType.VERSION:
            return None if VERSION.fullmatch(value) else fact.error
        case FactType.NUMBER:
            return None if re.fullmatch(r"[0-9]{1,5}", value) else fact.error
        case FactType.DATE:
            day = _day(value)
            return fact.error if day is None else "The day is in the future" if day > now.date() else None
        case FactType.ATTACHMENT:
            if value == "no":
                return None
            size = values.get(f"{fact.id}-size", "").strip()
            typed = values.get(f"{fact.id}-type") in FILE_TYPES and (
                not size or re.fullmatch(r"\d{1,4}(\.\d+)?", size)
            )
            return None if value == "yes" and typed else fact.error
        case _:
            return None


def occurred(name: str, values: Mapping[str, str], now: datetime) -> datetime | None:
    """The moment of a `when` answer; None when its parts make none."""
    zone = _zone(values.get(f"{name}-zone", ""))
    if zone is None:
        return None
    at = _clock(values.get(f"{name}-time", ""))
    match values.get(name):
        case "now":
            return now
        case "today":
            return datetime.combine(now.astimezone(zone).date(), at, zone) if at else None
        case "earlier":
            day = _day(values.get(f"{name}-day", ""))
            return datetime.combine(day, at or time(0, 0), zone) if day else None
    return None


def words(fact: Fact, values: Mapping[str, str], now: datetime) -> str:
    """The answer as a ticket reads it."""
    value = values.get(fact.id, "").strip()
    if not value:
        return ""
    match fact.type:
        case FactType.WHEN:
            return _when_words(fact.id, values, now)
        case FactType.ATTACHMENT:
            size = values.get(f"{fact.id}-size", "").strip()
            kind = FILE_TYPES.get(values.get(f"{fact.id}-type", ""), "file")
            return "No" if value == "no" else f"Yes: {kind}{f', {size} MB' if size else ''}"
        case FactType.DEVICE:
            return " ".join(
                filter(None, (fact.choices.get(value, value), values.get(f"{fact.id}-version", "").strip()))
            )
        case FactType.DATE:
            day = _day(value)
            return f"{day:%b} {day.day}, {day.year}" if day else value
        case _:
            return fact.choices.get(value, value)


def _when_words(name: str, values: Mapping[str, str], now: datetime) -> str:
    moment, zone = occurred(name, values, now), _zone(values.get(f"{name}-zone", ""))
    if moment is None or zone is None:
        return ""
    local = moment.astimezone(zone)
    day = f"{local:%b} {local.day}, {local.year}"
    if values.get(name) == "earlier" and not values.get(f"{name}-time"):
        return f"{day} (time not known, {local.tzname()})"
    stamp = f"{day}, {local:%H:%M} {local.tzname()}"
    return f"{stamp} (during the call)" if values.get(name) == "now" else stamp


def _zone(raw: str) -> ZoneInfo | None:
    """UTC where none is given; None for what is no zone."""
    try:
        return ZoneInfo(raw or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder, or too long a name
        return None


def _clock(raw: str) -> time | None:
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", raw.strip())
    return time(int(match[1]), int(match[2])) if match and int(match[1]) < 24 and int(match[2]) < 60 else None


def _day(raw: str) -> date | None:
    try:
        return date.fromisoformat(raw.strip())
    except ValueError:
        return None
