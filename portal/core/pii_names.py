"""Possible names: words after a title, a role ("patient …"), "name is …", at the end of a letter, or after a common
first name.

Names cannot be found reliably, so these warn and never block; a rare first name in a sentence is not found. The
words that are no names keep title-case phrases of the trade ("Patient Portal", "MR Download") out.
"""

import re
from collections.abc import Iterator

from portal.core.first_names import FIRST_NAMES

TITLES = frozenset(("mr", "mrs", "ms", "mx", "miss", "dr", "doctor", "nurse", "sgt", "capt"))

_WORDS_OF_THE_TRADE = """
a about above access account active add admin administrator advocate affairs after again all also am an and
android any app apple appointment appointments are as asked asks at attachment back be because been before
benefits blank blue board browser but button by call called caller calls came can cannot cant card care
caregiver case center checked chrome claim claims clicked clicks clinic code complains contact copy could
counselor crisis data date days delegate denied department desk details did didnt dob doctor does doesnt
download downloads edge edipi education email empty error everything excel experience experiencing facility
fails feels file files finds firefox first folder for form found from gave gets given goes got green group
gui had has have he health help her his home hours how hrc icn id identification identifier identity if
image images in inbox inc information intake ipad iphone is issue it its just keeps known lab labs last
later led list lists lives load login looks lost mail may me med medical medication medications member
mental message messages messaging mhv mins missing mobile month more move moved mrn my name names needs new
no none not note notes notice noticed now number of off office ok old on one only open opens or oracle other
ordered orders our out outlook outside owned page pages panel password patient pharmacy phone please points portal prescription
prescribed primary privacy problem profile provider range reads receives record records red refill refills replied
replies reply report reported reports request requests results rx safari safety said saw says screen secure
see seen sees select send sends sent service services set she should showing shown shows side sign signed
since site sm so some sometimes sorry spelled sql ssn staff started states station status still stopped
story such summary supply support system tab tablet team teams test tests than that the their them then
there these they this ticket tier times to told tool tools travel tried tries try trying type types unable under
until up update upload url us use user uses using va veteran veterans view viewer visit vista vitals wait
waits wanted wants was we web went were what when where which while who why will windows with without word
works would wrong wrote yes you your
"""
_NOT_NAMES = frozenset(_WORDS_OF_THE_TRADE.split())
_WORD = r"[A-Z][A-Za-z'-]+"
_NAME = rf"{_WORD}(?:,[ ]?{_WORD})?(?:[ ]+[A-Z]\b\.?)?(?:[ ]+{_WORD})?"
_TWO = rf"{_WORD}[ ]+(?:[A-Z]\b\.?[ ]+)?{_WORD}"
_TITLED = re.compile(
    rf"(?<![A-Za-z0-9])(?P<title>M(?:rs?|s|x|iss|RS?|S|ISS)|D(?:r|R|octor)|Nurse|Sgt|Capt)(?:(?P<dot>\.)\s{{0,2}}|\s{{1,2}})(?:[A-Z]\.\s?){{0,2}}"
    rf"(?P<name>{_NAME})"
)
_TITLED_SMALL = re.compile(
    r"(?<![A-Za-z0-9])(?<![0-9] )(?:mrs\.?|mr\.|ms\.|dr\.?)\s{1,2}(?P<name>[a-z][a-z'-]{2,})"
)
_PERSON = (
    r"(?:[Vv]et(?:eran)?|VETERAN|[Pp]atient|PATIENT|[Pp]t|PT|[Cc]aller|[Mm]ember|[Bb]eneficiary|[Ss]pouse|[Ww]ife"
    r"|[Hh]usband|[Ss]on|[Dd]aughter|[Cc]aregiver|[Dd]elegate)"
)
_ROLE = re.compile(rf"(?<![A-Za-z0-9]){_PERSON}(?:\s*:\s?|\.?[ ])(?P<name>{_NAME})")
_NAME_IS = re.compile(
    r"[Nn](?:ame|AME)[\"']?(?:\s+(?:is|was)\b|'s\b|\s*[:=])\s{0,2}[\"']?(?P<name>[A-Za-z].{0,50})"
)
_NAME_START = re.compile(_NAME)
_SMALL_NAME = re.compile(r"[a-z][a-z'-]+[ ][a-z][a-z'-]+")
_WHOSE = re.compile(
    r"(?:\b(?:my|his|her|their|full|first|last|given|legal|maiden|sur|patient|veteran|caller|vet|pt|member|wife|spouse)"
    r"(?:'?s)?)[\s_-]{0,2}$",
    re.I,
)
_NOT_PERSON = re.compile(
    r"(?:file|folder|team|group|pool|host|facility|system|device|clinic|app|tool|page|screen|browser|user|domain|drug"
    r"|medication|medicine|class|field|display|study|test|label)[\s_-]*$",
    re.I,
)
_SAYS = re.compile(
    r"(?<![A-Za-z])(?:[Tt]his is|I am|I'm|[Ss]poke (?:to|with)|[Tt]alked (?:to|with)|[Ss]igned(?: by|,)?|/s/"
    rf"|named|on behalf of|{_PERSON}(?:,| is| was))[ ]+(?P<name>{_TWO})"
)
_LAST_LINE = re.compile(rf"\n[-~ ]{{0,3}}(?P<name>{_WORD}(?:[ ]+[A-Z]\b\.?)?(?:[ ]+{_WORD})?)[ ]*(?=\n|\Z)")
_SIGN_OFF = re.compile(
    r"(?:thanks|thank you|regards|sincerely|best|respectfully|cheers)[,.!]?\s{0,2}\Z", re.I
)
_CAPITAL = re.compile(r"(?<![A-Za-z0-9.'/@_-])[A-Z][A-Za-z]+(?![A-Za-z0-9_@/])")
_BEHIND = re.compile(rf"[ ]+(?:[A-Z]\b\.?[ ]+)?(?P<last>{_WORD})(?!\.[A-Za-z]|[A-Za-z0-9_@/])")
_BEFORE = re.compile(rf"(?<![A-Za-z0-9.'/@_-])(?P<last>{_WORD}),[ ]?$")
# "San Jose California", "Saint Louis": a place. "Jesse Brown VA", "Martin Luther King Day": what is called after somebody.
_PLACE_BEFORE = re.compile(
    r"(?:San|Santa|Saint|St\.?|Fort|Ft\.?|Port|Mount|Mt\.?|Lake|Los|Las|Camp|Cape|Dr\.?)[ ]$"
)
_PLACE_BEHIND = re.compile(
    r"[ ]+(?:[A-Z][a-z]+\.?[ ]+)?(?:VA(?:MC)?|Veterans?|Memorial|Medical|Hospital|Health|Clinic|Outpatient|Department|Day"
    r"|Street|Avenue)\b"
)
_KNOWN = frozenset({"ann arbor", "martin luther", "luther king"})
_OF_STATES = """
alabama alaska arizona arkansas california carolina colorado connecticut dakota delaware florida georgia hawaii
idaho illinois indiana iowa kansas kentucky louisiana maine maryland massachusetts michigan minnesota mississippi
missouri montana nebraska nevada ohio oklahoma oregon pennsylvania tennessee texas utah vermont virginia washington
wisconsin wyoming
"""
_STATES = frozenset(_OF_STATES.split())


def _bare_names(text: str) -> Iterator[tuple[int, int]]:
    """A common first name with a capitalised word behind it, or before it and a comma: "Karen B. Whitfield", "Smith, John"."""
    for found in _CAPITAL.finditer(text):
        if found[0].lower() not in FIRST_NAMES or _PLACE_BEFORE.search(
            text, max(0, found.start() - 8), found.start()
        ):
            continue
        behind = _BEHIND.match(text, found.end())
        if behind and not _no_surname(behind["last"], found[0]):
            known = f"{found[0]} {behind['last']}".lower() in _KNOWN
            if not known and not _PLACE_BEHIND.match(text, behind.end()):
                yield found.start(), behind.end() - (2 if behind["last"].endswith("'s") else 0)
            continue
        before = _BEFORE.search(text, max(0, found.start() - 30), found.start())
        if before and not _no_surname(before["last"], found[0]):
            yield before.start(), found.end()


def _no_surname(word: str, first: str) -> bool:
    acronym = word.isupper() and len(word) < 4 and not first.isupper()
    return acronym or _no_name(word) or word.lower() in _STATES


def find_names(text: str) -> Iterator[tuple[int, int]]:
    """Spans in plain text; those of titled names begin at the title. They may overlap."""
    for found in _TITLED.finditer(text):
        end = _end(found["name"])
        shouted = found["title"].isupper() and found["title"] != "MRS" and not found["dot"]
        if end and not (shouted and not found["name"].split()[0].isupper()):
            yield found.start(), found.start("name") + end
    for found in _TITLED_SMALL.finditer(text):
        if found["name"] not in _NOT_NAMES:
            yield found.span()
    for pattern in (_ROLE, _SAYS, _LAST_LINE):
        for found in pattern.finditer(text):
            start = found.start()
            if pattern is _LAST_LINE and not _SIGN_OFF.search(text[max(0, start - 16) : start]):
                continue
            if end := _end(found["name"], acronyms=False, both=pattern is _SAYS):
                yield found.start("name"), found.start("name") + end
    yield from _bare_names(text)
    for found in _NAME_IS.finditer(text):
        before = text[max(0, found.start() - 20) : found.start()]
        start, own = found.start("name"), _WHOSE.search(before)
        if _NOT_PERSON.search(before):
            continue
        if capital := _NAME_START.match(text, start):
            if end := _end(capital[0], acronyms=False, both=not own):
                yield start, start + end
        elif own and (small := _SMALL_NAME.match(text, start)) and not any(map(_no_name, small[0].split())):
            yield small.span()


def _end(name: str, *, acronyms: bool = True, both: bool = False) -> int:
    """Where the name ends in what looked like one; 0 when its first word is none (`both`: or its last)."""
    words = list(re.finditer(r"[A-Za-z'-]+", name))
    first, last = words[0][0], words[-1][0]
    acronym = first.isupper() and "," not in name and not (len(words) > 1 and name.isupper())
    if _no_name(first) or (acronym and not acronyms):
        return 0
    if len(words) == 1:
        return 0 if both else len(name.rstrip("., "))
    if not _no_name(last):
        return len(name)
    return 0 if both else words[0].end()


def _no_name(word: str) -> bool:
    small = word.lower().replace("'", "")
    return small in _NOT_NAMES or (word.islower() and small.endswith(("ing", "ed", "ly")))
