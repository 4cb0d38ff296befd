from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.problem import Problem
from portal.knowledge.front_matter import load_front_matter, load_yaml, nearest_line


def test_only_true_false_null_whole_numbers_and_dates_are_more_than_text() -> None:
    text = b"a: true\nb: null\nc: 12\nd: 2026-01-02\ne: yes\nf: 0123\ng: 2.10\nh: '12'\ni: 1e3\nj: 12:30\nk: 0x1F\nl:\n"
    loaded, problems = load_yaml("f.yml", text)
    assert problems == []
    assert loaded is not None
    assert loaded.values == {
        "a": True,
        "b": None,
        "c": 12,
        "d": date(2026, 1, 2),
        "e": "yes",
        "f": "0123",
        "g": "2.10",
        "h": "12",
        "i": "1e3",
        "j": "12:30",
        "k": "0x1F",
        "l": None,
    }


def test_keys_stay_text() -> None:
    loaded, _ = load_yaml("f.yml", b"choices: {yes: Ja, 1: one, 2026-01-01: day}")
    assert loaded is not None
    assert loaded.values == {"choices": {"yes": "Ja", "1": "one", "2026-01-01": "day"}}


def test_every_key_has_the_line_of_the_file() -> None:
    data = b"---\nid: x\nrules:\n  - id: a\n  - id: b\n    when: {shows: [c,\n      d]}\n---\nBody\n"
    loaded, _ = load_front_matter("a.md", data)
    assert loaded is not None
    assert loaded.lines == {
        "": 2,
        "id": 2,
        "rules": 3,
        "rules[0]": 4,
        "rules[0].id": 4,
        "rules[1]": 5,
        "rules[1].id": 5,
        "rules[1].when": 6,
        "rules[1].when.shows": 6,
        "rules[1].when.shows[0]": 6,
        "rules[1].when.shows[1]": 7,
    }
    assert (loaded.body, loaded.body_line) == ("Body\n", 9)


def test_what_is_missing_has_the_line_of_what_it_is_missing_in() -> None:
    lines = {"": 2, "rules[1]": 5}
    assert nearest_line(lines, "rules[1].then.route") == 5
    assert nearest_line(lines, "owner") == 2


@pytest.mark.parametrize(
    ("text", "key", "line", "words"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2\n", "b.c", 4, "stands twice"),
        ("a: &x 1\n", "a", 1, "anchor or alias"),
        ("b: 1\na: *x\n", "a", 2, "anchor or alias"),
        ("a: !!python/object/apply:os.system [ls]\n", "a", 1, "uses a tag"),
        ("a: ! x\n", "a", 1, "uses a tag"),
        ("x: 1\na: 2026-02-30\n", "a", 2, "not a day"),
        ("? [a]\n: 1\n", "", 1, "not plain text"),
        ("a: b: c\n", "", 1, "not well-formed"),
        ("a: [1\n", "", 2, "not well-formed"),
        ("a: 'x\n", "", 2, "not well-formed"),
        ('a: "\\0"\n', "a", 1, "control character"),
        ("- a\n", "", 1, "key: value"),
        ("", "", 1, "empty"),
        ("a: 1\n---\nb: 1\n", "", 1, "second document"),
        ("a: " + "[" * 60_000, "", 1, "nested too deeply"),
        ("a: 1\nb: \x07\n", "", 2, "control character"),
    ],
)
def test_what_is_not_allowed_is_a_problem_with_its_line(text: str, key: str, line: int, words: str) -> None:
    loaded, problems = load_yaml("f.yml", text.encode())
    assert loaded is None
    assert [(one.file, one.key, one.line) for one in problems] == [("f.yml", key, line)]
    assert words in problems[0].message


def test_a_file_without_front_matter_or_without_its_end_says_so() -> None:
    assert load_front_matter("a.md", b"# Hi\n")[1][0].message.startswith("must begin with front matter")
    assert load_front_matter("a.md", b"---\nid: x\n")[1][0].message.startswith(
        "the front matter has no closing"
    )


def test_limits_of_size_and_encoding() -> None:
    assert load_yaml("f.yml", b"a: " + b"x" * 600_000)[1][0].message == "the file is larger than 512 KB"
    big = b"---\na: " + b"x" * 66_000 + b"\n---\n"
    assert load_front_matter("a.md", big)[1][0].message == "the front matter is larger than 64 KB"
    assert load_yaml("f.yml", b"a: 1\nb: \xff\n")[1] == [
        Problem("f.yml", "", "the file is not UTF-8 text", 2)
    ]


def test_windows_line_ends_and_a_byte_order_mark_are_read() -> None:
    loaded, _ = load_front_matter("a.md", b"\xef\xbb\xbf---\r\nid: x\r\n---\r\nBody\r\n")
    assert loaded is not None
    assert (loaded.values, loaded.body) == ({"id": "x"}, "Body\n")


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#%@`,?\n 0129\\\t~<=", max_size=200))
def test_any_text_gives_values_or_problems_and_never_raises(text: str) -> None:
    loaded, problems = load_front_matter("a.md", f"---\n{text}\n---\n".encode())
    assert (loaded is None) == bool(problems)


@given(st.binary(max_size=200))
def test_any_bytes_give_values_or_problems_and_never_raise(data: bytes) -> None:
    loaded, problems = load_yaml("f.yml", data)
    assert (loaded is None) == bool(problems)
