"""What was typed, as search reads it: words, quoted phrases, codes we know, synonyms of the catalogue. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

from portal.search.search_index import spoken, term, terms, words

MOST_CHARACTERS = 1000
LONGEST_CODE = 6  # in words: CLM_003_APPOINTMENT_NOT_FOUND has five
_PART = re.compile(r"[a-z0-9]+", re.IGNORECASE | re.ASCII)
_QUOTED = re.compile(r'["“]([^"“”]+)["”]')
_UNITS = frozenset(
    """
    am day days dose doses hour hours hr hrs lb lbs mb mcg mg mile miles min mins minute minutes ml month
    months pill pills pm people pounds refill refills tab tablet tablets tabs times week weeks year years
    """.split()  # noqa: SIM905
)
LIGHT_WEIGHT = 0.3  # of words that are said in nearly every call, and tell little of what it is about
LIGHT = frozenset(
    """
    again asks caller cannot cant couldnt didnt doesnt dont even get gets getting gives got guy hasnt havent
    isnt keep keeps no now only please pt pts patient patients said say saying says since some something still
    tells told tried tries try trying unable using va veteran veterans vet vets want wants wasnt whats wont
    wouldnt
    """.split()  # noqa: SIM905
)
LIGHT_TERMS = frozenset(map(term, LIGHT))
_STATUS_WORDS = frozenset({"http", "error", "err", "status"})


@dataclass(frozen=True, slots=True)
class Group:
    """A thing asked for: its terms, and other ways to say it (`alternatives`, each a phrase of terms, with its label)."""

    terms: tuple[str, ...]
    label: str
    weight: float
    alternatives: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def ways(self) -> tuple[tuple[str, ...], ...]:
        return (self.terms, *(phrase for _, phrase in self.alternatives))


@dataclass(frozen=True, slots=True)
class Query:
    """`words` as typed in lower case. `codes` in comparable form (see `comparable`). `stops_only`: nothing
    but function words, which are then looked for in titles.
    """

    text: str
    words: tuple[str, ...]
    groups: tuple[Group, ...]
    phrases: tuple[tuple[str, ...], ...]
    codes: tuple[str, ...]
    stops_only: bool

    @property
    def terms(self) -> frozenset[str]:
        """Every term to be marked in a text."""
        return frozenset(
            t for group in self.groups for t in (*group.terms, *(a for _, p in group.alternatives for a in p))
        )


def comparable(code: str) -> str:
    """One form for all spellings of a code: `SM-151`, `sm 151` and `SM151` are `sm151`."""
    return "".join(part.lower() for part in _PART.findall(code))


def begun(code: str) -> tuple[str, ...]:
    """`CLM_002` of `CLM_002_CLAIM_EXISTS`: letters and number are what callers read out of a long code."""
    head = re.match(r"[A-Z]+_[0-9]+(?=_)", code)
    return (head[0],) if head else ()


def read_query(text: str, known_codes: Mapping[str, str], synonyms: Sequence[Sequence[str]] = ()) -> Query:
    """Read at most 1,000 characters. `known_codes`: comparable form -> as it is written; only they count as codes."""
    text = " ".join(text[:MOST_CHARACTERS].split())
    codes = find_codes(text, known_codes)
    typed = words(_with_codes_whole(text, codes, known_codes))
    stops_only = bool(typed) and not any(term(word) for word in typed)
    phrases = tuple(tuple(found) for quoted in _QUOTED.findall(text) if len(found := terms(quoted)) > 1)
    return Query(
        text=text,
        words=tuple(typed),
        groups=tuple(_groups(typed, {} if stops_only else _by_member(synonyms), stops_only)),
        phrases=phrases,
        codes=tuple(dict.fromkeys(code for code, _, _ in codes)),
        stops_only=stops_only,
    )


def find_codes(text: str, known: Mapping[str, str]) -> list[tuple[str, int, int]]:
    """Known codes in the text: comparable form, start and end. 801 is one where it is known; in `30 days` 30 never is."""
    parts = [(match[0].lower(), *match.span()) for match in _PART.finditer(text[:MOST_CHARACTERS])]
    found: list[tuple[str, int, int]] = []
    at = 0
    while at < len(parts):
        step = 1
        for length in range(min(LONGEST_CODE, len(parts) - at), 0, -1):
            code = "".join(part for part, _, _ in parts[at : at + length])
            if length == 2 and parts[at][0] in _STATUS_WORDS and code not in known:
                code = f"http{parts[at + 1][0]}"
            following = parts[at + length][0] if at + length < len(parts) else ""
            if code in known and not (code.isdigit() and (length > 1 or following in _UNITS)):
                found.append((code, parts[at][1], parts[at + length - 1][2]))
                step = length
                break
        at += step
    return found


def _with_codes_whole(text: str, codes: Sequence[tuple[str, int, int]], known: Mapping[str, str]) -> str:
    for code, start, end in reversed(codes):
        text = f"{text[:start]} {known[code]} {text[end:]}"
    return text


def _by_member(synonyms: Sequence[Sequence[str]]) -> dict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]]:
    """Terms of a member -> the other members of its groups, each with its label."""
    table: dict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]] = {}
    for group in synonyms:
        members = [(label, found) for label in group if (found := tuple(terms(label)))]
        for _, own in members:
            table.setdefault(own, []).extend(member for member in members if member[1] != own)
    return table


def _groups(
    typed: Sequence[str],
    synonyms: Mapping[tuple[str, ...], list[tuple[str, tuple[str, ...]]]],
    stops_only: bool,
) -> list[Group]:
    said = [(word, word if stops_only else term(word)) for word in typed]
    said = [pair for pair in said if pair[1]]
    longest = max(map(len, synonyms), default=1)
    parts: list[tuple[tuple[str, ...], str]] = []
    start = 0
    while start < len(said):
        for length in range(min(longest, len(said) - start), 0, -1):
            own = tuple(found for _, found in said[start : start + length])
            if length == 1 or own in synonyms:
                parts.append((own, " ".join(spoken(word) for word, _ in said[start : start + length])))
                start += length
                break
    counts, labels = Counter(own for own, _ in parts), dict(reversed(parts))
    return [
        Group(own, labels[own], _weight(own, count), tuple(dict.fromkeys(synonyms.get(own, ()))))
        for own, count in counts.items()
    ]


def _weight(own: tuple[str, ...], count: int) -> float:
    return (1 + log(count)) * (LIGHT_WEIGHT if LIGHT_TERMS.issuperset(own) else 1.0)
