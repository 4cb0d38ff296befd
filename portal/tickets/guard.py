"""The personal-data guard at the gate of tickets: what may go to developers or callers holds nothing that it is certain of."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from portal.core.errors import Invalid
from portal.core.pii import Kind, describe, find_pii
from portal.knowledge.catalogue import Catalogue
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
