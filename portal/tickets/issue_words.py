"""The first draft of a known issue in the callers' own words: from what somebody typed, or from tickets. Pure.

What looks personal is masked; a privacy ticket gives nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from portal.core.pii import find_pii, mask
from portal.knowledge.issue_draft import TITLE_MOST, IssueDraft, say_of
from portal.knowledge.snapshot import Snapshot
from portal.search.said import codes_in, guess_tool
from portal.tickets.models import Ticket

SIGNS, TEXTS, SIGN_MOST = 5, 3, 160
_STEM = re.compile(
    r"^[A-Z][\w/ ]{0,12} - "
)  # of the titles of tickets: "SM - Reply fails: SM98 (web, station 668)"
_WHERE = re.compile(r"\s*\([^()]*\)$")
_QUOTED = re.compile(r"[“\"]([^“”\"]{8,200})[”\"]")


def draft_of_words(text: str, snapshot: Snapshot) -> IssueDraft:
    """`text`: what was typed or searched for."""
    words = _masked(text, snapshot)
    codes = codes_in(words, snapshot.codes)
    tools = list(snapshot.catalogue.tools.values())
    guess = guess_tool(words, codes, snapshot.codes, tools)
    tool = snapshot.catalogue.tools.get(guess.tool) if guess else None
    return IssueDraft(
        title=_title(words),
        tool=tool.id if tool else "",
        symptoms=_first_of([words], SIGNS),
        error_texts=tuple(_QUOTED.findall(words)[:TEXTS]),
        error_codes=tuple(codes),
        caller_text=say_of(tool),
    )


def draft_of_tickets(tickets: Sequence[Ticket], snapshot: Snapshot) -> IssueDraft:
    """What they have in common: the tool and the words of most, every code, the place only where all are there."""
    kept = [ticket for ticket in tickets if not ticket.privacy]
    if not kept:
        return IssueDraft()
    tool = snapshot.catalogue.tools.get(_most(ticket.tool for ticket in kept))
    places = {tuple(sorted(ticket.facilities)) for ticket in kept}
    codes = Counter(ticket.error_code for ticket in kept if ticket.error_code in snapshot.codes)
    titles = [_masked(_WHERE.sub("", _STEM.sub("", ticket.title)), snapshot) for ticket in kept]
    return IssueDraft(
        title=_title(_most(titles)),
        tool=tool.id if tool else "",
        symptoms=_first_of((_masked(ticket.summary, snapshot) for ticket in kept), SIGNS),
        error_texts=_first_of((_masked(ticket.alert_words, snapshot) for ticket in kept), TEXTS),
        error_codes=tuple(code for code, _ in codes.most_common() if code),
        caller_text=say_of(tool),
        facilities=next(iter(places)) if len(places) == 1 else (),
        ehr=_shared(ticket.ehr for ticket in kept) if len(places) > 1 else (),
        platforms=_shared(ticket.platform for ticket in kept) if len(kept) > 1 else (),
        since=min(ticket.filed_at for ticket in kept).date(),
    )


def _masked(text: str, snapshot: Snapshot) -> str:
    text = " ".join(text.split())
    return mask(text, find_pii(text, snapshot.catalogue.help_numbers))


def _title(words: str) -> str:
    """The first sentence, as long as a title may be."""
    first = re.split(r"(?<=[.!?])\s", words.strip(), maxsplit=1)[0].rstrip(".!? ")
    if len(first) > TITLE_MOST:
        first = first[:TITLE_MOST].rsplit(" ", 1)[0]
    return first[:1].upper() + first[1:]


def _first_of(texts: Iterable[str], most: int) -> tuple[str, ...]:
    """Different texts, cut to a line each, in their order."""
    lines = (text if len(text) <= SIGN_MOST else text[:SIGN_MOST].rsplit(" ", 1)[0] + " …" for text in texts)
    by_words = {
        " ".join(re.findall(r"\w+", line.lower())): line for line in reversed(list(filter(None, lines)))
    }
    return tuple(reversed(by_words.values()))[:most]


def _most(values: Iterable[str]) -> str:
    """The one that comes most often; of several the first."""
    counted = Counter(values).most_common(1)
    return counted[0][0] if counted else ""


def _shared(values: Iterable[str | None]) -> tuple[str, ...]:
    found = set(values)
    only = found.pop() if len(found) == 1 else None
    return (only,) if only else ()
