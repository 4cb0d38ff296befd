"""Text as a person would read it, with the place of every character in the text as it came.

Personal data hides behind look-alike digits, invisible characters and escapes. `plain_view` undoes them, so
that patterns see plain ASCII; `View.span` leads back. Undone: compatibility forms and accents (NFKD, marks
dropped), digits of any script, dashes, spaces, quotes, invisible and control characters, percent and
backslash escapes, HTML entities and bare tags, each up to four layers deep.
"""

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

_LAYERS = 4
_HIGH = "\u0080-\U0010ffff"
_CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
# Starts with one character set: the regex engine then skips plain text at C speed.
_ODD = re.compile(
    rf"[%&\\<{_CONTROL}{_HIGH}](?:"
    rf"(?<=[{_CONTROL}{_HIGH}])[{_CONTROL}{_HIGH}]*"
    r"|(?<=%)[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*"
    r"|(?<=&)(?:\#[0-9]{1,7};?|\#[xX][0-9A-Fa-f]{1,6};?|[A-Za-z][A-Za-z0-9]{1,30};)"
    r"|(?<=\\)(?:u[0-9A-Fa-f]{4}|u\{[0-9A-Fa-f]{1,6}\}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|[nrt])"
    r"|(?<=<)/?[A-Za-z]{1,10}\ ?/?>)"
)
_DROPPED = frozenset({"Cf", "Cc", "Co", "Mn", "Me"})
_LOOK_ALIKE = str.maketrans(
    dict.fromkeys("\u2212\u2043\u30fc", "-")
    | dict.fromkeys("\u2018\u2019\u02bc\u00b4", "'")
    | dict.fromkeys("\u00b7\u2022\u2027\u3002", ".")
    | dict.fromkeys("\u2044\u2215", "/")
    | dict.fromkeys("\u2800\u0085", " ")
    | dict.fromkeys("\u115f\u1160\u3164\uffa0", "")
)


@dataclass(frozen=True, slots=True)
class View:
    """`starts[i]` and `ends[i]` bound, in the original text, what character i of `text` came from."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        return self.starts[start], self.ends[end - 1]

    def replaced(self, changes: Iterable[tuple[int, int, str]]) -> "View":
        """With (start, end, new text) exchanged; changes are sorted, apart and not empty."""
        text: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for start, end, new in changes:
            text += (self.text[done:start], new)
            starts += self.starts[done:start]
            starts += [self.starts[start]] * len(new)
            ends += self.ends[done:start]
            ends += [self.ends[end - 1]] * len(new)
            done = end
        text.append(self.text[done:])
        starts += self.starts[done:]
        ends += self.ends[done:]
        return View("".join(text), starts, ends)


def plain_view(text: str) -> View:
    view = View(text, range(len(text)), range(1, len(text) + 1))
    for _ in range(_LAYERS):
        if not (changes := list(_changes(view.text))):
            break
        view = view.replaced(changes)
    return view


def _changes(text: str) -> Iterator[tuple[int, int, str]]:
    for found in _ODD.finditer(text):
        piece, start = found[0], found.start()
        match piece[0]:
            case "%":
                for char in bytes.fromhex(piece.replace("%", "")).decode("utf-8", "surrogateescape"):
                    width = 3 * len(char.encode("utf-8", "surrogateescape"))
                    yield start, start + width, _plain(char)
                    start += width
            case "&":
                yield start, found.end(), "".join(map(_plain, html.unescape(piece)))
            case "\\":
                yield start, found.end(), _unescaped(piece[1:])
            case "<":
                yield start, found.end(), ""
            case _:
                for place, char in enumerate(piece, start):
                    if (plain := _plain(char)) != char:
                        yield place, place + 1, plain


def _unescaped(escape: str) -> str:
    if escape in ("n", "r", "t"):
        return "\n"
    code = int(escape[1:].strip("{}"), 16)
    return _plain(chr(code)) if code <= 0x10FFFF else ""


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    return "".join(map(_plain_part, unicodedata.normalize("NFKD", char.translate(_LOOK_ALIKE))))


def _plain_part(char: str) -> str:
    if char < "\x7f" and (char >= " " or char in "\t\n\r"):
        return char
    category = unicodedata.category(char)
    if category in _DROPPED:
        return ""
    if category == "Nd":
        return str(unicodedata.digit(char))
    return {"Pd": "-", "Zs": " ", "Zl": "\n", "Zp": "\n"}.get(category, char)
