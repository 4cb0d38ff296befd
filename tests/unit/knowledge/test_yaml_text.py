"""A YAML file with other values: only what changed is written anew."""

from __future__ import annotations

import copy
import difflib
import random
from pathlib import Path
from typing import Any

import pytest

from portal.knowledge.front_matter import load_yaml
from portal.knowledge.source import NotEditable
from portal.knowledge.yaml_text import rewritten

CONTENT = Path(__file__).parents[3] / "content"
FILES = ("catalogue.yml", "facilities.yml", "error_codes.yml")
SMALL = """\
# On top.
teams:
  # The first.
  - id: one
    name: "One"   # as it calls itself
    labels: [a, 'b', c]
    parts:
      - {id: x, name: "X, and more", words: [p, q]}
      # The second part.
      - {id: y, name: Y}

  # The last.
  - id: two
    name: Two
    say: |
      Two
      lines.

words:
  - [rx, meds]   # medicine
  - [sm, mail]
# For one.
critical: {call: 877-327-0022, after: 15}
"""


def loaded(text: str) -> dict[str, Any]:
    found, problems = load_yaml("", text.encode())
    assert found is not None, problems
    return found.values


def changed(text: str, values: dict[str, Any]) -> tuple[str, list[str]]:
    """The new text, and its lines that went and came."""
    after = rewritten(text, values)
    assert loaded(after) == values
    diff = difflib.unified_diff(text.splitlines(), after.splitlines(), n=0, lineterm="")
    return after, [line for line in diff if not line.startswith(("---", "+++", "@@"))]


def test_same_values_are_the_same_bytes() -> None:
    assert rewritten(SMALL, loaded(SMALL)) == SMALL
    for name in FILES:
        text = (CONTENT / name).read_text()
        assert rewritten(text, loaded(text)) == text


def test_a_value_keeps_the_rest_of_its_line() -> None:
    values = loaded(SMALL)
    values["teams"][0]["name"] = "Uno: the first"
    assert changed(SMALL, values)[1] == [
        '-    name: "One"   # as it calls itself',
        '+    name: "Uno: the first"   # as it calls itself',
    ]


def test_items_of_a_list_in_brackets_come_and_go() -> None:
    values = loaded(SMALL)
    values["teams"][0]["labels"] = ["0", "b", "c", "d, e"]
    values["words"][0].insert(0, "first")
    assert changed(SMALL, values)[1] == [
        "-    labels: [a, 'b', c]",
        '+    labels: ["0", \'b\', c, "d, e"]',
        "-  - [rx, meds]   # medicine",
        "+  - [first, rx, meds]   # medicine",
    ]


def test_rows_keep_their_comments_and_their_look() -> None:
    values = loaded(SMALL)
    parts = values["teams"][0]["parts"]
    parts[0]["name"] = "Z"
    del parts[0]["words"]
    parts[1] = {"id": "new", "name": "yes", "words": ["r"]}
    values["critical"]["after"] = 20
    assert changed(SMALL, values)[1] == [
        '-      - {id: x, name: "X, and more", words: [p, q]}',
        "+      - {id: x, name: Z}",
        "-      - {id: y, name: Y}",
        '+      - {id: new, name: "yes", words: [r]}',
        "-critical: {call: 877-327-0022, after: 15}",
        "+critical: {call: 877-327-0022, after: 20}",
    ]


def test_a_row_goes_and_a_row_comes() -> None:
    values = loaded(SMALL)
    del values["teams"][1]
    after, lines = changed(SMALL, values)
    assert "  # The last.\n" in after
    assert [line[:1] for line in lines] == ["-"] * 5
    values["teams"].append(
        {"id": "three", "name": "Three", "open": True, "choices": {"yes": "Yes", "2": "Two"}}
    )
    values["words"].append(["a", "b"])
    assert changed(SMALL, values)[1][5:] == [
        "+  - id: three",
        "+    name: Three",
        "+    open: true",
        '+    choices: {"yes": "Yes", 2: Two}',
        "+  - [a, b]",
    ]


def test_keys_come_in_the_order_that_is_asked_for() -> None:
    values = loaded(SMALL)
    team = values["teams"][1]
    values["teams"][1] = {"id": "two", "name": "Two", "queue": "Q", "say": team["say"], "note": "Now"}
    assert changed(SMALL, values)[1] == ["+    queue: Q", "+    note: Now"]


def test_a_row_on_top_leaves_those_below_as_they_are() -> None:
    values = loaded(SMALL)
    values["teams"].insert(0, {"name": "Zero", "id": "zero"})
    assert changed(SMALL, values)[1] == ["+  - name: Zero", "+    id: zero"]
    values = loaded(SMALL)
    del values["teams"][0]["parts"][0]
    assert changed(SMALL, values)[1] == ['-      - {id: x, name: "X, and more", words: [p, q]}']


def test_a_text_of_many_lines_is_written_in_quotes() -> None:
    values = loaded(SMALL)
    values["teams"][1]["say"] = "Three\nlines\nnow."
    assert changed(SMALL, values)[1] == [
        "-    say: |",
        "-      Two",
        "-      lines.",
        '+    say: "Three\\nlines\\nnow."',
    ]


@pytest.mark.parametrize("text", ["a: [", "- a\n"])
def test_what_cannot_be_read_is_not_written(text: str) -> None:
    with pytest.raises(NotEditable):
        rewritten(text, {"a": 1})


@pytest.mark.parametrize("name", FILES)
def test_any_change_of_one_row_of_the_shipped_files_touches_no_other(name: str) -> None:
    """Rows lose, gain and change keys, go and come: the file says what it should, its comments stay."""
    text, seed = (CONTENT / name).read_text(), random.Random(7)
    found, _ = load_yaml("", text.encode())
    assert found is not None
    values, lines_of = found.values, found.lines
    ends = [line for path, line in lines_of.items() if path and "." not in path and "[" not in path]
    lists = [key for key, rows in values.items() if isinstance(rows, list)]
    comments = [line for line in text.splitlines() if line.lstrip().startswith("#")]
    for _ in range(12):
        new = copy.deepcopy(values)
        key = seed.choice(lists)
        rows = new[key]
        place = seed.randrange(len(rows))
        first = lines_of[f"{key}[{place}]"]
        last = lines_of.get(f"{key}[{place + 1}]", 1 + min((n for n in ends if n > first), default=10**6))
        row = rows[place]
        if len(rows) > 1 and seed.random() < 0.25:
            del rows[place]
        elif seed.random() < 0.25:
            rows.insert(place + 1, copy.deepcopy(row))
        elif isinstance(row, list):
            row[seed.randrange(len(row))] = "# another: one"
        else:
            row[seed.choice([*row])] = seed.choice(
                ["'plain'", "no", "12", ["a", "b, c"], {"yes": "No"}, "two\nlines", 5]
            )
            row["new_key"] = "- odd"
        after, _ = changed(text, new)
        one, two = text.splitlines(), after.splitlines()
        assert two[: first - 1] == one[: first - 1], (key, place)
        assert one[last - 1 :] == two[len(two) - len(one[last - 1 :]) :], (key, place)
        assert [line for line in after.splitlines() if line.lstrip().startswith("#")] == comments
