"""How hard a text is to follow when it is read out: the school grade of Flesch and Kincaid (1975). Pure.

Syllables are counted by rules of our own: the libraries for it bring word lists of megabytes, and the grade is an
estimate either way. tests/unit/knowledge/test_reading.py holds them against dictionary counts and published grades.
"""

from __future__ import annotations

import re
from functools import lru_cache

HIGHEST_GRADE = 8
FEW_WORDS = 20  # of fewer words a grade says little: one long word moves it by two
LONGEST_SENTENCE = 20  # words on average, in such a short text

_HALF_DAY = re.compile(r"\b([ap])\.m\.", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?]+[\"'”’)]*(?:\s+|$)")
_WORD = re.compile(r"[^\W_](?:[\w'.@/-]*[^\W_])?")
_SILENT = re.compile(
    r"(?<=[^aeiouy])e(?=(?:ly|ty|ful|less|ments?)$)|(?<=som)e|(?<=car)e(?=[^adefinrstx])|(?<=[wt]her)e(?=[a-z])"
    r"|(?<![^aeiouy]l)e$|(?<![sxzcg])(?<!sh)(?<!ch)(?<![^aeiouy]l)e(?=s$)|(?<![td])e(?=d$)"
)
_APART = re.compile(
    r"(?<=i)(?<![ctg]i)(?=a(?!ge))|(?<=i)(?<![ctsgxn]i)(?<!lli)(?=o)|(?<=i)(?<![ctsp]i)(?=e(?:n[ct]|st|t|r))"
    r"|(?<=i)(?=u)|(?<=e)(?<!ge)(?=o(?!p|ne))|(?<=u)(?<![gq]u)(?=a)|(?<=[aeiouy])(?=ing)|(?<=[aeou]y)(?=[aeo])"
    r"|(?<=cre)(?=at(?!u))|(?<=\bre)(?=a(?:ct|li))|(?<=ide)(?=as?$)|(?<=are)(?=as?$)|(?<=\bsci)(?=e)|(?<=i)(?=ety)"
    r"|(?<=ci)(?=at)|(?<=\bco)(?=o[pr])|(?<=s)(?=m$)"
)
_ODD = {"business": 2, "businesses": 3, "anyone": 3, "element": 3, "eye": 1, "eyes": 1}


def grade(text: str) -> float:
    """Years of school that the whole text asks for. A number is a word of one syllable, whatever its length."""
    words, sentences = _words(text), _sentences(text)
    if not words:
        return 0.0
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def too_hard(text: str) -> str | None:
    """Why the text cannot be read out as it is, or None."""
    words = _words(text)
    if len(words) < FEW_WORDS:
        if words and len(words) / _sentences(text) > LONGEST_SENTENCE:
            return f"has sentences of more than {LONGEST_SENTENCE} words: make two of one"
        return None
    found = grade(text)
    if found <= HIGHEST_GRADE:
        return None
    return (
        f"reads like school grade {found:.1f}, at most {HIGHEST_GRADE}: shorter sentences and shorter words"
    )


@lru_cache(maxsize=8192)
def syllables(word: str) -> int:
    """As spoken: VA is two, VA.gov three, don't one."""
    parts = re.findall(r"[A-Za-z]+(?:'[A-Za-z]+)*", word.replace("’", "'"))
    return max(1, sum(map(_of_part, parts)))


def _of_part(part: str) -> int:
    if part.isupper() and len(part) <= 5:
        return sum(3 if letter == "W" else 1 for letter in part)
    small = re.sub(r"(?<=[^aeiouy])n't$", "nit", re.sub(r"'s$", "", part.lower())).replace("'", "")
    if small in _ODD:
        return _ODD[small]
    spoken = re.sub(r"(?<=s)-(?=m$)", "e", _APART.sub("-", _SILENT.sub("", small)))
    return max(1, len(re.findall(r"[aeiouy]+", spoken)))


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _sentences(text: str) -> int:
    return max(1, len([one for one in _SENTENCE_END.split(_HALF_DAY.sub(r"\1m", text)) if _WORD.search(one)]))
