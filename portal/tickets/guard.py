"""The personal-data guard at the gate of tickets: what may go to developers or callers holds nothing that it is certain of."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from portal.core.errors import Invalid
from portal.core.pii import Kind, describe, find_pii
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
    """A text that developers may see holds personal data; `spans` say where, for masking."""

    def __init__(self, fields: Mapping[str, str], spans: Sequence[Span]) -> None:
        super().__init__(
            "Personal data must not go to developers: take it out, or use the masked text.", fields
        )
        self.spans = list(spans)


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
        raise PersonalData(fields, spans)


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
