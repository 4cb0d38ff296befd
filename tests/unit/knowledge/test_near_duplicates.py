from __future__ import annotations

import random

from portal.knowledge.near_duplicates import Paragraph, near_duplicates, paragraphs
from portal.knowledge.parse import parse_article
from tests.unit.knowledge import small_content as small

TEXT = (
    "Teams are filled and emptied at each facility and a ticket about membership comes back to the same desk days "
    "later with the name of the coordinator on it so give the caller that route in the first call"
)


def part(file: str, text: str, line: int = 1) -> Paragraph:
    return Paragraph(file, line, tuple(text.lower().split()))


def pairs(*parts: Paragraph) -> list[tuple[str, str]]:
    return [(one.file, other.file) for one, other in near_duplicates(parts)]


def test_one_changed_word_leaves_two_paragraphs_alike() -> None:
    short = " ".join(TEXT.split()[:25])
    assert pairs(part("a", short), part("b", short.replace("ticket", "record"))) == [("b", "a")]
    assert pairs(part("a", TEXT), part("b", TEXT.replace("later", "after").replace("give", "tell"))) == [
        ("b", "a")
    ]


def test_other_words_and_a_common_sentence_are_not_alike() -> None:
    common = "in an emergency hang up and call 911 or the crisis line at once "
    rng = random.Random(5)
    own = [" ".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=40)) for _ in range(3)]
    assert pairs(*(part(f"{place}", common + text) for place, text in enumerate(own))) == []
    assert pairs(part("a", TEXT), part("b", " ".join(reversed(TEXT.split())))) == []


def test_a_file_may_repeat_itself() -> None:
    assert pairs(part("a", TEXT, 1), part("a", TEXT, 9)) == []


def test_of_many_copies_each_is_held_against_the_first() -> None:
    copies = [part(f"{number}", TEXT) for number in range(4)]
    assert pairs(*copies) == [("1", "0"), ("2", "0"), ("3", "0")]


def test_each_paragraph_is_held_against_the_one_that_is_most_like_it() -> None:
    far = TEXT.replace("later", "after")
    assert pairs(part("far", far), part("near", TEXT + " now"), part("it", TEXT)) == [
        ("near", "far"),
        ("it", "far"),
    ]


def test_all_pairs_of_a_plain_comparison_are_found() -> None:
    """The prefix filter loses none: against every pair compared in full."""
    rng = random.Random(3)
    words = [f"w{number}" for number in range(400)]
    bases = [rng.choices(words, k=40) for _ in range(15)]
    made = []
    for number in range(60):
        text = list(bases[number] if number < 15 else rng.choice(bases))
        for _ in range(rng.randrange(8) if number >= 15 else 0):
            text[rng.randrange(len(text))] = rng.choice(words)
        made.append(part(f"{number}", " ".join(text)))

    def shingles(one: Paragraph) -> set[tuple[str, ...]]:
        return {one.words[at : at + 8] for at in range(len(one.words) - 7)}

    expected, kept = [], []
    for one in made:
        own = shingles(one)
        alike = [other for other in kept if len(own & shingles(other)) / len(own | shingles(other)) >= 1 / 3]
        if alike:
            expected.append(one.file)
        else:
            kept.append(one)
    assert [one.file for one, _ in near_duplicates(made)] == expected
    assert 20 < len(expected) < 45


def test_paragraphs_of_a_body_are_lists_and_tables_too_with_their_line() -> None:
    body = (
        small.REFERENCE
        + f"\n{TEXT}\n\n```\n{TEXT}\n```\n\n## {TEXT[:80]}\n- {TEXT[:90]}\n- [{TEXT[90:]}](/articles/x-y-z)\n\nToo short.\n"
    )
    article, problems = parse_article("reference/help-lines.md", body.encode(), "")
    assert article is not None, problems
    lines = body.split("\n")
    found = list(paragraphs(article))
    assert [(one.line, lines[one.line - 1][:8]) for one in found] == [
        (lines.index(TEXT) + 1, "Teams ar"),
        (lines.index(f"- {TEXT[:90]}") + 1, "- Teams "),
    ]
    assert "z" not in found[1].words
