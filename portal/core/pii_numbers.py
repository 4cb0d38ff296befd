"""The numbers of the guard: identifiers, dates of birth, telephones, addresses.

Each run of digits is looked at once, together with the words just before and after it: a cue such as "MRN" or
"born" says what a number is, for the rest its shape does. `_RULES` are asked in order; the first one claims.
"""

import re
from collections.abc import Callable, Iterator
from enum import StrEnum


class Kind(StrEnum):
    SSN = "ssn"
    SSN_LAST4 = "ssn_last4"
    ICN = "icn"
    EDIPI = "edipi"
    DOB = "dob"
    PHONE = "phone"
    EMAIL = "email"
    MRN = "mrn"
    PRESCRIPTION = "prescription"
    ADDRESS = "address"
    NAME = "name"


Hit = tuple[Kind, int, int]


def find_numbers(text: str, claimed: bytearray) -> Iterator[Hit]:
    """Hits in plain text, from left to right; a run of digits in a claimed place is passed over."""
    last: Hit | None = None
    for digits in _DIGITS.finditer(text):
        if not claimed[digits.start()]:
            number = _Number(text, digits.start(), last)
            if hit := next(filter(None, (rule(number) for rule in _RULES)), None):
                yield hit
                last = hit


_DIGITS = re.compile(r"[0-9]+")
_REACH = 60


class _Number:
    """A run of digits at `at`, the text before it, and the hit before it."""

    __slots__ = ("at", "attached", "before", "fraction", "last", "text")

    def __init__(self, text: str, at: int, last: Hit | None) -> None:
        self.text, self.at, self.last = text, at, last
        self.before = text[max(0, at - _REACH) : at]
        self.attached = self.before[-1:].isalnum() or self.before[-1:] == "_"
        self.fraction = bool(_FRACTION.search(self.before[-2:]))  # 17.5 or 10:42, so no number of its own

    def end(self, pattern: re.Pattern[str]) -> int:
        """Where the pattern, matched from here, ends; 0 if it does not match."""
        found = pattern.match(self.text, self.at)
        return found.end() if found else 0

    def after_phone_word(self) -> bool:
        return bool(_PHONE_CUE.search(self.before.rstrip("(+")))

    def after(self, end: int) -> str:
        return self.text[end : end + 40]


_FRACTION = re.compile(r"[0-9][.:]$")
_LOOSE = r"(?:[\s\-./_*|~,:;+()]{0,3}|\s(?:dash|hyphen|dot|point|slash|space)\s)"
_SEP = r"(?:[ \n]?[-._/*~+]{1,2}[ \n]?|[ \n]|[ ]?(?:dash|hyphen|minus|dot|point|slash|space)[ ]?)"

# Words a cue and its number may have between them: "the Rx for the inhaler is", "MRN in Oracle Health is".
_LINK = re.compile(
    r"""[\W_]*(?:(?:numbers?|num|no|nr|id|is|was|were|are|of|on|in|at|for|the|a|his|her|their|my|its?|that|this|as|and|or
    |shows?|says|said|reads|read|listed|comes|came|up|gives?n?|ending|file|card|label|bottle|back|screen|profile|system
    |under|from|to|with|vista|oracle|health|veteran|patient|pt|caller|he|she|has|inhaler|medication|medicine|refill)\b[\W_]*
    ){0,6}$""",
    re.X | re.I,
)
_CUE = re.compile(
    r"""(?<![a-z])(?:
    (?P<ssn>ssns?(?:\s?(?:number|num|no))?|social(?:\s+security)?(?:\s+(?:number|num|no))?|soc\.?\s*sec|ss\s?(?:\#|no\b|num))
    |(?P<edipi>edipis?|dod[\s_-]*(?:id|number|num|no|\#))
    |(?P<prescription>(?:rx|prescription|script)(?:'?s)?(?:[\s_-]*(?:number|num|no|id)s?)?)
    |(?P<mrn>mrns?|dfns?|med(?:ical)?[\s_.]*rec(?:ord)?s?[\s_.]*(?:number|num|no|nr|id|\#)|c-?file|ien
      |(?:claims?|va\sfile|file|patient|pt|person|member|mhv|account|veteran)[\s_]*(?:number|num|no\b|nr|id|ident\w{0,10}|ien|\#)
      |claims?|(?:patient|pt)(?=\s?\#?\Z))
    )(?![a-z]{2})""",
    re.X | re.I,
)
_AFTER_CUE = re.compile(
    r"""[\W_]{0,3}(?:(?:is|was|are|as|the|his|her|their|for)\W+){0,3}
    (?:(?P<edipi>edipi|dod\s?id)|(?P<mrn>mrn|dfn|claim\snumber|medical\srecord\snumber)
    |(?P<prescription>(?:rx|prescription)\snumber)|(?P<ssn>ssn|social))\b""",
    re.X | re.I,
)
_NINE = re.compile(rf"[0-9](?:{_LOOSE}[0-9]){{8}}(?!-?[0-9])")
_TEN = re.compile(rf"[0-9](?:{_LOOSE}[0-9]){{9}}(?![0-9])")
_ICN = re.compile(r"[0-9](?:[ .-]?[0-9]){9,15}[\s-]{0,2}[vV][\s-]{0,2}[0-9]{6,12}(?![0-9])")
_ICN_CUE = re.compile(r"icns?(?![a-z])[^0-9a-z]{0,4}(?:(?:number|no|is)\W{1,3})*$", re.I)
_RECORD = re.compile(r"[0-9](?:-?[0-9]){4,13}(?![0-9])(?!-[0-9])")
_PREFIX = re.compile(r"(?<![A-Za-z0-9])[A-Z]{1,2}-?\Z")  # the C of a claim file
_RX = re.compile(r"[0-9]{5,12}[A-Z]?(?![A-Za-z0-9])")
_YMD = re.compile(r"[12][0-9]{3}[-/.][01]?[0-9][-/.][0-3]?[0-9](?![0-9])")
_VALUES = {Kind.SSN: _NINE, Kind.EDIPI: _TEN, Kind.PRESCRIPTION: _RX, Kind.MRN: _RECORD}
_LIST = re.compile(r"[\s\"']*(?:[,;/&+]|and|or|vs\.?)[\s\"']*(?:and\s)?")


def _icn(number: _Number) -> Hit | None:
    end = number.end(_ICN)
    if not end and _ICN_CUE.search(number.before):
        end = number.end(_TEN)
    return (Kind.ICN, number.at, end) if end else None


def _by_cue(number: _Number) -> Hit | None:
    """SSN, EDIPI, prescription and record numbers: the nearest word that says what it is, before or after."""
    if number.end(_YMD):
        return None
    ends = {kind: end for kind, value in _VALUES.items() if (end := number.end(value))}
    if not ends:
        return None
    if (last := number.last) and last[0] in ends and _LIST.fullmatch(number.text, last[2], number.at):
        return last[0], number.at, ends[last[0]]
    for cue in reversed(list(_CUE.finditer(number.before))):
        kind = Kind(cue.lastgroup or "")
        end, gap = ends.get(kind, 0), number.before[cue.end() :]
        start = number.at
        if kind is Kind.MRN and (letters := _PREFIX.search(gap)):
            gap, start = gap[: letters.start()], start - len(letters[0])
        if not end:
            continue
        if kind in (Kind.SSN, Kind.EDIPI):
            near = not re.search(r"[0-9]{3}", gap)
        else:
            near = bool(_LINK.match(gap))
        if near:
            return kind, start, end
    if number.attached:
        return None
    for kind, end in ends.items():
        if (said := _AFTER_CUE.match(number.after(end))) and said.lastgroup == kind:
            return kind, number.at, end
    return None


_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_D = r"(?:\s?[/.-]\s?|\s)"
_BIRTH = (
    r"(?:d\.?\s?o\.?\s?b\b\.?|date\s*of\s*birth|year\s*of\s*birth|birth[\s_-]*(?:date|day|year)?s?|b-?day|\bborn)"
    r"(?![a-z])"
)
_DOB_CUE = re.compile(rf"(?<![a-z]){_BIRTH}", re.I)
_DOB_AFTER = re.compile(
    rf"[\W_]{{0,3}}(?:(?:is|was|as|the|his|her|their|my|for|veteran'?s?|patient'?s?)\W+){{0,3}}{_BIRTH}", re.I
)
_DATE = re.compile(
    rf"""(?:[0-9]{{1,2}}{_D}[0-9]{{1,2}}{_D}(?P<y1>[0-9]{{4}}|[0-9]{{2}})
    |(?P<y2>[0-9]{{4}}){_D}[0-9]{{1,2}}{_D}[0-9]{{1,2}}
    |[0-9]{{1,2}}(?:st|nd|rd|th)?(?:\s+of)?[\s-]*{_MONTH}[\s,-]*'?(?P<y3>[0-9]{{4}}|[0-9]{{2}}))(?![0-9])""",
    re.X | re.I,
)
_SHORT_DATE = re.compile(
    rf"(?:(?:19|20)?[0-9]{{6}}|[0-9]{{8}}|(?:19[0-9]|200|201)[0-9]|[0-9]{{1,2}}(?:{_D}[0-9]{{1,2}}|\s*{_MONTH}))(?![0-9])",
    re.I,
)
_MONTH_BEFORE = re.compile(rf"(?<![a-z]){_MONTH}(?:\s+of)?[\s-]{{0,2}}\Z", re.I)
_DAY = re.compile(
    r"(?:[0-9]{1,2}(?:st|nd|rd|th)?(?![0-9])(?P<year>[\s,-]{1,3}'?(?:[0-9]{4}|[0-9]{2})(?![0-9:]))?"
    r"|(?:19[0-9]|20[01])[0-9](?![0-9]))",
    re.I,
)
_NEAR = 45
_NEWEST_BIRTH_YEAR = 2014  # a Veteran is older; later dates near "date of birth" tell when something happened


def _dob(number: _Number) -> Hit | None:
    start, text = number.at, number.text
    month = _MONTH_BEFORE.search(number.before[-16:])
    if month:
        start -= len(month[0])
        found = _DAY.match(text, number.at)
        year = found["year"] or "" if found else ""
    elif found := _DATE.match(text, start):
        year = found["y1"] or found["y2"] or found["y3"]
    else:
        found, year = _SHORT_DATE.match(text, start), ""
    if not found:
        return None
    hit = Kind.DOB, start, found.end()
    before = number.before[: len(number.before) - (number.at - start)]
    if cues := list(_DOB_CUE.finditer(before)):
        gap = before[cues[-1].end() :]
        old = year and int(re.sub(r"[^0-9]", "", year)) <= _NEWEST_BIRTH_YEAR
        if _LINK.match(gap) or (old and len(gap) <= _NEAR):
            return hit
    return hit if year and _DOB_AFTER.match(number.after(found.end())) else None


_FOUR = re.compile(r"[0-9]{4}(?![0-9A-Za-z_])(?!-[0-9])")
_LAST4_BEFORE = re.compile(
    r"""(?:\blast[\s-]?(?:4|four)|(?<![a-z0-9])l4)(?:(?:\s|\b)(?:digits?|numbers?|of|the|his|her|their|my|caller'?s?|veteran'?s?
    |patient'?s?|pt'?s?|ssn|social|security|number|no|is|are|was|as|being|shows?|on|file|by|with)\b|[\s:=\#,"'()-])*$
    |(?<![a-z])(?:ssn|social(?:\ssecurity)?(?:\s(?:number|no))?)\W{0,3}(?:(?:number|is|ends?|ending|in|with|last|digits)\W{1,3}){0,4}$
    |[x*\#.]{3}[-\s]?[x*\#.]{2}[-\s]?$""",
    re.X | re.I,
)
_LAST4_AFTER = re.compile(
    r"\W{0,3}(?:(?:is|are|as|was|being|the|his|her|their)\W+){0,3}(?:last[\s-]?(?:4|four)|l4)\b", re.I
)
_INITIAL = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z]\Z")
_PERSON = re.compile(r"\b(?:pt|patient|vet|veteran|caller|member|initial|last\s?name)\b", re.I)
_NAME_BEFORE = re.compile(
    r"(?:(?:Mr|Mrs|Ms|Miss|Dr|MR|MRS|MS)\.?\s[A-Z][A-Za-z'-]+|[A-Z][a-z'-]{2,},\s?[A-Z]\.?|\b[A-Z]\.\s?[A-Z]\.?"
    r"|\b(?:[Pp]t|[Pp]atient|[Vv]et|[Vv]eteran)\s[A-Z][a-z'-]+),?\s[-(#]?$"
)
_YEAR = re.compile(r"(?:19[5-9]|20[0-4])[0-9]")


def _last4(number: _Number) -> Hit | None:
    end = number.end(_FOUR)
    if not end or number.fraction:
        return None
    start, before = number.at, number.before
    if initial := _INITIAL.search(before):
        start, before = start - 1, before[:-1]
    if _LAST4_BEFORE.search(before) or _LAST4_AFTER.match(number.after(end)):
        return Kind.SSN_LAST4, start, end
    if initial:
        around = before[-25:] + number.after(end)[:25]
        person = initial[0].isupper() and bool(_PERSON.search(around))
    else:
        person = bool(_NAME_BEFORE.search(before)) and not number.end(_YEAR)
    return (Kind.SSN_LAST4, start, end) if person else None


_COMPASS = r"(?:(?:[NSEW]|[NS][EW]|North|South|East|West|Northeast|Northwest|Southeast|Southwest)\.?\s+)?"
_CLEAR = r"(?:street|st|avenue|ave|road|rd|boulevard|blvd|parkway|pkwy|lane|ln|terrace|highway|hwy|turnpike)"
_VAGUE = r"(?:Drive|Dr|Court|Ct|Circle|Cir|Way|Place|Pl|Trail|Trl|Square|Sq|Loop|Alley|Plaza|Ridge|Run)"
_UNIT = r"(?:[\s,]{1,3}(?:apt|apartment|unit|suite|ste|lot|\#)\.?\s?\#?\w{1,6})?"
_STATE = (
    r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|G[AU]|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[AIT]|W[AIVY]"
    r"|A[AEP])"
)
_STREET = re.compile(
    rf"[0-9]{{1,6}}[A-Za-z]?\s+(?i:{_COMPASS})(?P<words>(?:[A-Za-z0-9'.-]{{1,20}}\s+){{1,4}}?)"
    rf"(?:(?P<clear>(?i:{_CLEAR}))|{_VAGUE})\b\.?(?i:{_UNIT})"
)
_ROUTE = re.compile(
    rf"[0-9]{{1,6}}\s+(?i:{_COMPASS}(?:(?:US|state|county)\s+)?(?:highway|hwy|route|rte|county\s+road|cr|broadway)"
    rf"(?:\s+[0-9]{{1,4}})?)\b{_UNIT}"
)
_CITY = re.compile(
    rf"[\s,]{{1,3}}(?:[A-Z][A-Za-z.'-]+[\s,]{{1,2}}){{1,3}}{_STATE}[\s,]{{1,2}}[0-9]{{5}}(?:-[0-9]{{4}})?(?![0-9])"
)
_BOX = re.compile(
    r"(?:p\.?\s?o\.?\s?|post(?:\s?office)?\s|po)box\s*(?:\#|no\.?|number)?\s*\Z|\bpob\s+\Z", re.I
)
_RURAL = re.compile(r"(?<![a-z])(?:rr|hc|psc|rural\s+route|unit)\s*\#?\s*\Z", re.I)
_RURAL_BOX = re.compile(r"[0-9]{1,4},?\s+box\s+[0-9]{1,5}", re.I)
_BOX_NUMBER = re.compile(r"[0-9]{1,6}[A-Za-z]?\b")
_ZIP = re.compile(r"[0-9]{5}(?:-[0-9]{4})?(?![0-9-])")
_ZIP_CUE = re.compile(r"\bzip(?:\s?code)?\W{1,3}(?:(?:is|was|of)\W)?$", re.I)
_CITY_STATE = re.compile(
    rf"(?:[A-Z][A-Za-z.'-]+\s){{0,2}}(?:[A-Z][a-z.'-]+|[AFD]PO)(?:,\s?|\s){_STATE}[.,]?\s{{1,2}}\Z"
)
_BETWEEN = """
a an and are at by call calls callers files for from hours in is it messages min minutes more new no not of on
or other our out people steps the their this times to users was way were with
"""
_NO_STREET = frozenset(_BETWEEN.split())


def _address(number: _Number) -> Hit | None:
    text, before, start = number.text, number.before, number.at
    if number.attached or number.fraction:
        return None
    end = number.end(_ROUTE)
    if not end and (street := _STREET.match(text, start)):
        words = street["words"].split()
        named = street["clear"] or all(word[0].isupper() or word[0].isdigit() for word in words)
        if named and _NO_STREET.isdisjoint(word.lower() for word in words):
            end = street.end()
    if not end and (box := _BOX.search(before[-28:])) and (end := number.end(_BOX_NUMBER)):
        start -= len(box[0])
    if not end and (box_end := number.end(_RURAL_BOX)) and (rural := _RURAL.search(before)):
        start, end = start - len(rural[0]), box_end
    if end:
        city = _CITY.match(text, end)
        return Kind.ADDRESS, start, city.end() if city else end
    if end := number.end(_ZIP):
        if city := _CITY_STATE.search(before):
            return Kind.ADDRESS, start - len(city[0]), end
        if _ZIP_CUE.search(before):
            return Kind.ADDRESS, start, end
    return None


_TAIL = r"(?![0-9])(?:\s?,?\s?(?:x|ext\.?|extension)\s?[0-9]{1,6})?"
_PHONE = re.compile(
    rf"(?:(?:00)?1{_SEP}?)?\(?(?P<area>[0-9]{{3}})(?P<s1>(?:\)\s{{0,2}})?{_SEP}?)(?P<exchange>[0-9]{{3}})(?P<s2>{_SEP}?)[0-9]{{4}}{_TAIL}"
)
_LOCAL_PHONE = re.compile(rf"[2-9][0-9]{{2}}(?P<sep>{_SEP}?)(?P<line>[0-9]{{4}}){_TAIL}")
_ABROAD = re.compile(r"[2-9][0-9]{0,2}[\s().-]{0,2}[0-9](?:[\s().-]{0,2}[0-9]){6,12}(?![0-9])")
_PHONE_CUE = re.compile(
    r"(?:phone|cell|mobile|call(?:ed|ing)?|callback|back|tel|ph|fax|ring|text|reach|contact|voice\s?mail|(?:his|her|their|my)\snumber)"
    r"\b[\W_]*(?:(?:at|on|is|was|him|her|them|me|back|no|number|num|to|wife|home|work|nr)\b[\W_]*){0,4}$",
    re.I,
)
# A number that names a ticket, a build or a place in a file, by the word right before it.
_REFERENCE = re.compile(
    r"(?<![a-z])(?:inc|ritm|req|chg|prb|sctask|task|hrc|snow|kb|issues?|pull|pr|ticket|incident|receipt|intake|report|case"
    r"|build|commit|run|job|snomed|trace|span|offset|epoch|timestamp|t3-[0-9]{4}|r|i|\#)"
    r"(?:[\s_]?(?:number|no|id))?[\s#:=./-]{0,3}$",
    re.I,
)
_UNIT_AFTER = re.compile(r"\s?(?:bytes?|[kmg]b|ms|[nu]s|rows|px)\b|\.[0-9]", re.I)


def _phone(number: _Number) -> Hit | None:
    if number.fraction:
        return None
    end = _long_phone(number) or _local_phone(number)
    if not end and number.before.endswith("+"):
        end = number.end(_ABROAD)
    if not end or _UNIT_AFTER.match(number.text, end):
        return None
    if _REFERENCE.search(number.before) and not number.after_phone_word():
        return None
    return Kind.PHONE, number.at - (len(number.before) - len(number.before.rstrip("(+"))), end


def _long_phone(number: _Number) -> int:
    found = _PHONE.match(number.text, number.at)
    if not found:
        return 0
    signs = (found["s1"] + found["s2"]).strip()
    if not (found["s1"] and found["s2"]) and (
        number.attached or number.text[found.end() : found.end() + 1].isalnum()
    ):
        return 0  # part of a hash or a UUID
    # Ten digits with no sign between them are a telephone if an American one can begin like that.
    valid = found["area"][0] > "1" and (found["exchange"][0] > "1" or bool(found["s1"] + found["s2"]))
    return found.end() if signs or valid or number.after_phone_word() else 0


def _local_phone(number: _Number) -> int:
    found = _LOCAL_PHONE.match(number.text, number.at)
    if not found or number.attached or number.text[found.end() : found.end() + 1] == "-":
        return 0
    alone = found["sep"] == "-" and not number.before.endswith("-") and not _YEAR.match(found["line"])
    return found.end() if alone or number.after_phone_word() else 0


_SHAPE = re.compile(rf"[0-9]{{3}}{_SEP}[0-9]{{2}}{_SEP}[0-9]{{4}}(?![0-9]|\.[0-9])")
_CHAIN = re.compile(r"[0-9]+(?:-[0-9]{2,7}){0,3}(?![A-Za-z0-9_-])")


def _ssn(number: _Number) -> Hit | None:
    """Three, two, four; or nine digits that no word claims: they block as if they were one."""
    if number.fraction:
        return None
    if end := number.end(_SHAPE):
        return Kind.SSN, number.at, end
    end = number.end(_CHAIN)
    if (
        len(number.text[number.at : end].replace("-", "")) != 9
        or number.attached
        or number.before.endswith("-")
    ):
        return None
    if _UNIT_AFTER.match(number.after(end)) or _REFERENCE.search(number.before):
        return None
    return Kind.SSN, number.at, end


_RULES: tuple[Callable[[_Number], Hit | None], ...] = (_icn, _dob, _by_cue, _last4, _address, _phone, _ssn)
