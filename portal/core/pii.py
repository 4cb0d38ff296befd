"""The guard that keeps personal data out of what developers and chat channels read.

`find_pii` says where a text holds something personal; `mask` and `describe` put it to the person who typed.
The caller fails closed: whatever goes wrong here, nothing is sent. Nothing here keeps or logs a value.

Each pattern is bounded, so the time grows with the length of the text alone. What was found is blanked and
the rest read again until nothing is left: a masked text is clean.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from portal.core.pii_names import TITLES, find_names
from portal.core.pii_numbers import Hit, find_numbers
from portal.core.pii_numbers import Kind as Kind  # callers know it by this room
from portal.core.pii_text import plain_view


@dataclass(frozen=True, slots=True)
class Finding:
    """Where, in the text as given; end is exclusive. Certain findings block, the others (names) warn."""

    kind: Kind
    start: int
    end: int
    certain: bool = True


_SAID = {
    Kind.SSN: ("a Social Security number", "[number]"),
    Kind.SSN_LAST4: ("the last four digits of a Social Security number", "[number]"),
    Kind.ICN: ("a patient identifier (ICN)", "[number]"),
    Kind.EDIPI: ("a DoD ID number (EDIPI)", "[number]"),
    Kind.DOB: ("a date of birth", "[date]"),
    Kind.PHONE: ("a phone number", "[phone]"),
    Kind.EMAIL: ("an email address", "[email]"),
    Kind.MRN: ("a record, claim or member number", "[number]"),
    Kind.PRESCRIPTION: ("a prescription number", "[number]"),
    Kind.ADDRESS: ("a postal address", "[address]"),
}
_MASKS = re.compile(r"\[(?:number|date|phone|email|address)\]")
_GONE = "\x00"  # stands for what was found; plain_view leaves no such character
_ROUNDS = 8


def find_pii(text: str, allowed: Collection[str] = ()) -> list[Finding]:
    """Sorted and apart. `allowed`: help lines and the ticket's own references, written in any way."""
    if not text:
        return []
    view = plain_view(text)
    view = view.replaced([(*m.span(), _GONE) for m in _MASKS.finditer(view.text)])
    findings: list[Finding] = []
    for _ in range(_ROUNDS):
        hits = _scan(view.text)
        if not hits:
            break
        passes = {key for entry in allowed for key in _keys(entry)}
        findings += [
            Finding(kind, *view.span(start, end), certain=kind is not Kind.NAME)
            for kind, start, end in hits
            if passes.isdisjoint(_keys(view.text[start:end]))
        ]
        view = view.replaced([(start, end, _blank(kind, view.text[start:end])) for kind, start, end in hits])
    return _apart(findings)


def mask(text: str, findings: Sequence[Finding]) -> str:
    """With each finding exchanged for a word in brackets; of a name the title and one letter stay."""
    pieces: list[str] = []
    done = 0
    for finding in findings:
        pieces += (text[done : finding.start], _mask(finding.kind, text[finding.start : finding.end]))
        done = finding.end
    return "".join(pieces) + text[done:]


def without_masks(text: str) -> str:
    """The text without the words in brackets that `mask` put there: nobody said them."""
    return " ".join(_MASKS.sub(" ", text).split())


def kind_words(kind: Kind) -> str:
    """ "a phone number", of a certain finding."""
    return _SAID[kind][0]


def describe(finding: Finding, text: str, *, offered: bool = True) -> str:
    """One sentence for the form; shows at most four letters or digits, and never half of the value. `offered`: the masked text
    stands beside it."""
    value = plain_view(text[finding.start : finding.end]).text
    if finding.kind is Kind.NAME:
        instead = "the clinician" if value[:2].lower() == "dr" else "the Veteran"
        return f'This may be a name: "{_mask(finding.kind, value)}". Replace it by "{instead}".'
    signs = [place for place, char in enumerate(value) if char.isalnum()]
    shown = min(4, max(0, len(signs) - 1) // 2)
    start = value[: signs[shown - 1] + 1] if shown else ""
    instead = ", or use the masked text" if offered else ""
    return f'"{start}…" looks like {kind_words(finding.kind)}: take it out{instead}.'


def _mask(kind: Kind, value: str) -> str:
    if kind is not Kind.NAME:
        return _SAID[kind][1]
    title, *rest = plain_view(value).text.split()
    return f"{title} {rest[0][0]}…" if rest and title.rstrip(".").lower() in TITLES else f"{title[0]}…"


def _blank(kind: Kind, value: str) -> str:
    return plain_view(_mask(kind, value)).text if kind is Kind.NAME else _GONE


def _keys(value: str) -> set[str]:
    """What two ways of writing one reference share: letters and digits, and the digits when they are many."""
    letters = re.sub(r"[^a-z0-9]", "", plain_view(value).text.lower())
    digits = re.sub(r"[^0-9]", "", letters)
    keys = {letters} if letters else set()
    if len(digits) >= 7:
        keys.add(digits[1:] if len(digits) == 11 and digits[0] == "1" else digits)
    return keys


def _apart(findings: list[Finding]) -> list[Finding]:
    """Sorted, and joined where one character of the original stood for several."""
    apart: list[Finding] = []
    for finding in sorted(findings, key=lambda each: (each.start, -each.end)):
        if apart and finding.start < apart[-1].end:
            last = apart.pop()
            kind = last.kind if last.certain else finding.kind
            end = max(last.end, finding.end)
            finding = Finding(kind, last.start, end, certain=last.certain or finding.certain)
        apart.append(finding)
    return apart


def _scan(text: str) -> list[Hit]:
    """One reading, sorted and apart; where two patterns claim a place, the one asked earlier here wins."""
    claimed = bytearray(len(text))
    hits: list[Hit] = []

    def claim(kind: Kind, start: int, end: int) -> None:
        if claimed.find(1, start, end) < 0:
            claimed[start:end] = b"\x01" * (end - start)
            hits.append((kind, start, end))

    for start, end in _emails(text):
        claim(Kind.EMAIL, start, end)
    for hit in find_numbers(text, claimed):
        claim(*hit)
    for start, end in find_names(text):
        claim(Kind.NAME, start, end)
    return sorted(hits, key=lambda hit: hit[1])


_AT = re.compile(r"@|[\[({<]at[\])}>]|(?<=[\w ])\sat\s", re.I)
_LOCAL = re.compile(r"[\w.+'%-]{1,64} ?\Z")
_DOT = r"(?:\.|\s?[\[({]dot[\])}]\s?|\s(?:dot|DOT|Dot)\s)"
_DOMAIN = re.compile(
    rf"\s?(?P<host>[A-Za-z0-9-]{{1,63}}(?:{_DOT}[A-Za-z0-9-]{{1,63}}){{0,4}}{_DOT}[A-Za-z]{{2,18}})(?![\w-])"
)
_NO_PERSON = frozenset({"git", "noreply", "no-reply"})


def _emails(text: str) -> list[tuple[int, int]]:
    spans = []
    for at in _AT.finditer(text):
        local = _LOCAL.search(text[max(0, at.start() - 66) : at.start()])
        domain = _DOMAIN.match(text, at.end())
        if not local or not domain or local[0].strip().lower() in _NO_PERSON:
            continue
        spoken = at[0].strip().isalpha()  # "look at www.va.gov" is no address, "x at y dot org" is
        if spoken and "dot" not in domain[0].lower():
            continue
        spans.append((at.start() - len(local[0]), domain.end()))
    return spans
