"""What may be read out to a caller word for word: which texts those are, and what must not stand in them. Pure.

Oracle Health and Cerner count as words from inside: the alerts that VA shows to Veterans speak of the facility and
its new record system, never of the maker. The page My VA Health, which they know, may be named. Staff are told all
of these names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from portal.core.pii import find_pii
from portal.knowledge.article import Article
from portal.knowledge.catalogue import Catalogue
from portal.knowledge.reading import too_hard
from portal.knowledge.render import to_text

_INSIDE = re.compile(
    r"\b(?:(?:INC|SCTASK|HRC|T3-|R-|I-)[-#\s]*\d[\d-]*|tier\s*(?:[0-9]|I{1,3}\b)|dynamics|servicenow|github|slack"
    r"|datadog|jira|zenhub|toggles?|feature flags?|vets-api|vets-website|apis?|back ?end|endpoints?|cutover|known issue"
    r"|root cause|SCTASK|MPI|MVI|EDIPI|ICN|HRC|VAHB|MDOT|BTSSS|\w+_\w+)\b",
    re.IGNORECASE,
)
_OF_STAFF = re.compile(
    r"\b(?:vista|cprs|oracle health|cerner|liferay|triage groups?|message pools?)\b", re.IGNORECASE
)

_COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_UNIT = r"(?:(?:business|working|calendar)\s+)?(?:minute|hour|day|week|month|year)s?"
_TIME = re.compile(rf"\b(?:\d+|{'|'.join(_COUNTS)})[\s-]+{_UNIT}\b", re.IGNORECASE)
_SOMEONE = r"(?:we|i|they|he|she|it|someone|somebody|you|(?:the|our|a|that) (?:\w+ )?team)"
_WILL = r"(?:[’']ll|\s+will|\s+(?:am|are|is) going to)\b"
_LATER = r"(?:soon|shortly|today|tonight|tomorrow|(?:this|next) (?:week|month))"
_SOME = rf"(?:\d+|an?|{'|'.join(_COUNTS)}|a few|a couple of|several|the next)"
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_SUBJECT = r"(?:it|we|this|that|everything|(?:the|your) (?:\w+ ){1,3}?)\s*"
_BACK = r"back|fixed|ready|available|solved|repaired|up|there|done"
_IS_WELL = rf"(?:works?|runs?|opens?|loads?|comes? back|(?:is|are) (?:{_BACK}))"
_THEN = rf"(?:tomorrow|tonight|soon|shortly|next (?:week|month)|on {_WEEKDAY})"
_PROMISE = re.compile(
    rf"\b{_SOMEONE}{_WILL}[^.!?;]*?\b(?:{_LATER}|right away|immediately|at once|(?:in|within)\s+{_SOME}\s+[\w ]*?{_UNIT})\b"
    rf"|(?:^|(?<=[.!?]\s)){_LATER},?\s+{_SOMEONE}{_WILL}"
    rf"|(?:^|(?<=[.!?]\s)){_SUBJECT}{_IS_WELL}\b[^.!?;,]{{0,30}}?\b(?<!by ){_THEN}\b"
    rf"|\bwithin\s+(?:an?|a few|a couple of|several|the)\s+{_UNIT}\b"
    rf"|\bby\s+(?:(?:tomorrow|tonight|noon|next|the end of|{_WEEKDAY})\b|\d{{1,2}}(?::\d\d)?\s*[ap]\.?m\b)",
    re.IGNORECASE,
)


def caller_texts(article: Article) -> Iterator[tuple[str, str]]:
    """(key, text) of what an article gives to read out."""
    if article.say:
        said = article.section("say")
        yield f"## {said.heading}" if said else "say", article.say
    for text in article.say_by_step.values():
        yield "## Say by step", text
    for part in (article.known_issue, article.release):
        if part:
            yield "caller_text", part.caller_text


def is_for_staff(article: Article, catalogue: Catalogue) -> bool:
    """Whether the callers of this article are VA staff, by the audiences of its tool."""
    tool = catalogue.tools.get(article.tool or "")
    return tool is not None and tool.audiences == ("staff",)


def check_caller_text(text: str, allowed: Collection[str], *, to_staff: bool = False) -> list[str]:
    """Messages on what is wrong wherever it is read; `allowed`: published numbers, which may be said."""
    inside = _INSIDE.findall(text) + ([] if to_staff else _OF_STAFF.findall(text))
    found = [f"callers do not know the word “{word}”" for word in dict.fromkeys(inside)]
    if any(finding.certain for finding in find_pii(text, allowed)):
        found.append("holds what looks like personal data or a number that is not in the catalogue")
    return found


def check_reading_out(text: str, teams: Collection[str], published_times: Collection[str]) -> list[str]:
    """Messages on what an author has to mend before it is shipped: teams, promises of time, hard sentences."""
    text = to_text(text)
    small = text.lower()
    found = [f"callers do not know “{team}”" for team in teams if team.lower() in small]
    published = {_in_digits(time) for time in published_times}
    promised = [one[0] for one in _PROMISE.finditer(text)]
    found += [f"promises a time: “{one}”" for one in promised]
    for time in dict.fromkeys(one[0] for one in _TIME.finditer(text)):
        if _in_digits(time) not in published and not any(time in one for one in promised):
            found.append(
                f"“{time}” is no published time: leave it out, or add it to published_times in the catalogue"
            )
    if hard := too_hard(text):
        found.append(hard)
    return found


def _in_digits(time: str) -> str:
    """`Three-day` and `3 days` are one time."""
    words = re.split(r"[\s-]+", time.lower())
    digits = {word: str(place) for place, word in enumerate(_COUNTS, 1)}
    return " ".join(digits.get(word, word) for word in words).rstrip("s")
