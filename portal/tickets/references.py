"""Record numbers in what people type or paste: recognised by the forms of the catalogue, cut down, normalised. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from portal.core.errors import Invalid
from portal.knowledge.catalogue import Catalogue, NumberForm
from portal.tickets.ticket import Reference

LONGEST = 200
DASHES = re.compile(r"[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
# Words that stand before a number in a case system's own line; anything else beside the number makes it a sentence.
LABEL = re.compile(
    r"(?:(?:MHV|TIER ?3|HRC|DYNAMICS|SERVICENOW|SNOW|RECORD|INCIDENT|CASE|TICKET|REPORT|RECEIPT|INTAKE|CATALOGU?E|TASK"
    r"|NUMBER|NO|NR|ID)\b|[#№:.-])\s*"
)
CELLS = re.compile(r"\s*[|\t]\s*")
GLUED = re.compile(r"HRC[\s#:.-]*(?=\d)")  # set before the digits by agents, with or without a space
PREFIXED = re.compile(r"(?:INC|SCTASK|T3|R|I)\b|(?:INC|SCTASK)\d")


@dataclass(frozen=True, slots=True)
class Recognised:
    """`kind` is the id of the number's form (hrc, incident, sctask, ticket, report, intake)."""

    kind: str
    system: str
    value: str
    accepted: bool = True
    advice: str = ""

    @property
    def reference(self) -> Reference:
        return Reference(self.system, self.value)


def recognise(text: str, catalogue: Catalogue) -> Recognised | None:
    """The number that the text is: alone, with its label, or first in a pasted row of cells; None inside a sentence."""
    plain = _plain(CELLS.split(text.strip(), maxsplit=1)[0])
    if not plain or len(plain) > LONGEST:
        return None
    while True:
        found = _as_number(plain, catalogue)
        if found:
            return found
        shorter = LABEL.sub("", plain, count=1) if LABEL.match(plain) else plain
        if shorter == plain:
            return None
        plain = shorter


def is_like_ticket(text: str) -> bool:
    """A ticket's number with too few digits or too many: a number all the same, and no words to search for."""
    return re.fullmatch(r"T3[ -]?\d{4}[ -]?\d{1,12}", _plain(text), re.ASCII) is not None


def cut(text: str, catalogue: Catalogue) -> Recognised | None:
    """The one number in a pasted line, for fields that hold nothing else; None when there is none or several."""
    whole = recognise(text, catalogue)
    if whole:
        return whole
    found: dict[str, Recognised] = {}
    for word in re.split(r"[\s,;:()\[\]#|/]+", _plain(text)[:LONGEST]):
        number = _as_number(word.strip(".-"), catalogue)
        if number:
            found[number.value] = number
    return next(iter(found.values())) if len(found) == 1 else None


def external_reference(text: str, catalogue: Catalogue, own: str = "") -> Reference:
    """The number of a record in another system; raises Invalid with what to enter instead. `own`: the system of the desk."""
    number = cut(text, catalogue)
    if number is None or number.system == "portal":
        raise Invalid("This is no record number.", {"external_ref": _wanted(catalogue, own)})
    if not number.accepted:
        raise Invalid("This number is not taken.", {"external_ref": number.advice})
    return number.reference


def reference_words(reference: Reference) -> str:
    """ "HRC 1234567", "INC0123456"."""
    return f"HRC {reference.value}" if reference.system == "hrc" else reference.value


def _wanted(catalogue: Catalogue, own: str) -> str:
    accepted = [form for form in catalogue.number_forms if form.accepted and form.system in ("hrc", "snow")]
    form = min(accepted, key=lambda form: (form.system != own, form.system != "snow"), default=None)
    if form is None:
        return "Enter the number of the record"
    return f"Enter an HRC or INC number, for example {reference_words(Reference(form.system, form.example))}"


def _plain(text: str) -> str:
    clean = DASHES.sub("-", unicodedata.normalize("NFKC", text)).upper()
    return " ".join(clean.split()).strip(" .,;()[]\"'")


def _as_number(plain: str, catalogue: Catalogue) -> Recognised | None:
    """A prefix may be set apart from its digits ("INC 0123456"); bare digits may not be."""
    tries = [plain, GLUED.sub("", plain, count=1)] if GLUED.match(plain) else [plain]
    if PREFIXED.match(plain):
        tries += [re.sub(r"[\s#:-]+", "", plain), re.sub(r"[\s#:-]+", "-", plain)]
    for attempt in tries:
        for form in catalogue.number_forms:
            if re.fullmatch(form.pattern, attempt, re.ASCII):
                return _recognised(form, attempt)
    return None


def _recognised(form: NumberForm, value: str) -> Recognised:
    return Recognised(form.id, form.system, value, form.accepted, form.advice)
