"""The personal-data guard at the gate of tickets: what may go to developers or callers holds nothing that it is certain of."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from portal.core.errors import Invalid
from portal.core.pii import Kind, describe, find_pii, kind_words, mask
from portal.knowledge.catalogue import Catalogue
from portal.tickets.caller_words import doubts
from portal.tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Span:
    """Where personal data stands in a field; end is exclusive. Never the value."""

    field: str
    start: int
    end: int
    kind: str


class PersonalData(Invalid):
    """A text holds personal data; `spans` say where, for masking. `allowed`: what was not counted as such."""

    def __init__(self, fields: Mapping[str, str], spans: Sequence[Span], allowed: Collection[str]) -> None:
        super().__init__(
            "Personal data must not go to developers: take it out, or use the masked text.", fields
        )
        self.spans, self.allowed = list(spans), allowed

    def masked(self, text: str) -> str:
        """The text of one of its fields without what looks personal, possible names too."""
        return mask(text, find_pii(text, self.allowed))


class DoubtfulText(Invalid):
    """A caller text that can be used all the same, if a person says so."""


def check_personal_data(texts: Mapping[str, str], allowed: Collection[str]) -> None:
    """Raises PersonalData when the guard is certain of anything; possible names pass, since a person has looked at them."""
    fields: dict[str, str] = {}
    spans: list[Span] = []
    for name, text in texts.items():
        found = [finding for finding in find_pii(text, allowed) if finding.certain]
        if found:
            fields[name] = " ".join(dict.fromkeys(describe(finding, text) for finding in found))
            spans += [Span(name, finding.start, finding.end, Kind(finding.kind).value) for finding in found]
    if spans:
        raise PersonalData(fields, spans, allowed)


def masked_of(name: str, typed: str, sent: Mapping[str, str]) -> str:
    """What was typed in this field, or its masked text if that was asked for: Enter in a mended field does not."""
    asked = sent.get("masked") == name and f"masked-{name}" in sent
    holds = asked and any(finding.certain for finding in find_pii(typed))
    return sent[f"masked-{name}"] if holds else typed


FILE_LOOKED = 1_000_000  # characters of a file that are looked at
FILE_PIECE = 20_000
FILE_NAMED = 3
_STAMPS = re.compile(
    r"20[1-9]\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
    re.IGNORECASE,
)


def check_file_text(text: str, sent: str, allowed: Collection[str]) -> None:
    """Raises Invalid for "file" that says what stands in which line, never the value. `sent`: as its sender has it, where the
    lines are counted. Of a log most digits are times and ids: they are not looked at, which makes it quick."""
    text, found = _STAMPS.sub(lambda one: " " * len(one[0]), text[:FILE_LOOKED]), dict[str, None]()
    start = 0
    while start < len(text) and len(found) < FILE_NAMED:
        end = text.rfind("\n", start, start + FILE_PIECE) + 1 or start + FILE_PIECE
        piece = text[start:end]
        for finding in find_pii(piece, allowed):
            if finding.certain:
                place = max(0, sent.find(piece[finding.start : finding.end]))
                found[f"{kind_words(finding.kind)} in line {sent.count(chr(10), 0, place) + 1:,}"] = None
        start = end
    if found:
        wrong = f"This file holds personal data: {', '.join(list(found)[:FILE_NAMED])}. Take it out and add the file again."
        raise Invalid(wrong, {"file": wrong})


def allowed(ticket: Ticket, catalogue: Catalogue) -> set[str]:
    """Published lines and the ticket's own numbers."""
    return {*catalogue.help_numbers, *(ref.value for ref in ticket.references), ticket.number}


def check_caller_words(
    texts: Mapping[str, Sequence[str]], ticket: Ticket, catalogue: Catalogue, *, as_it_is: bool
) -> None:
    """Sentences of one field or more. Raises PersonalData always, and DoubtfulText unless a person says that they are used."""
    check_personal_data({name: "\n".join(said) for name, said in texts.items()}, catalogue.help_numbers)
    to_staff = ticket.audience == "staff"
    found = {
        name: " ".join(
            dict.fromkeys(words for text in said for words in doubts(text, catalogue, to_staff=to_staff))
        )
        for name, said in texts.items()
    }
    if any(found.values()) and not as_it_is:
        raise DoubtfulText(
            "Look at the text for the caller.", {name: words for name, words in found.items() if words}
        )
