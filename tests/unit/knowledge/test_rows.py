"""Rows of criteria changed one by one: over every shipped table, and over one with comments and odd quoting."""

from __future__ import annotations

import copy
import random
from difflib import unified_diff
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.knowledge.front_matter import load_front_matter
from portal.knowledge.rows import Row, new_row, read_rows, same, set_rows
from portal.knowledge.source import Source, split

CRITERIA = sorted((Path(__file__).parents[3] / "content/criteria").glob("*.md"))
PARTS = ("inputs", "rules", "examples")
HEAD = """# About this file.
id: a
rules:
  # read from the top
  - id: one   # the first
    # why this is so
    when: {b: yes, a: [x, 'y']}
    then:
      outcome: escalate
      severity: medium   # for now
      because: "Quoted: because of the colon."

  # the second has a story
  - {id: two, then: {outcome: redirect, route: there, because: Go.}}
  - id: three
    then: {outcome: resolve, runbook: "r", because: Rest.}
# what follows
owner: messaging
"""


def rows_of(source: Source, key: str) -> list[Row]:
    loaded, _ = load_front_matter("", source.text.encode())
    assert loaded is not None
    rows = read_rows(loaded.values.get(key))
    assert rows is not None
    return rows


def shipped(path: Path) -> Source:
    source = split(path.read_text(encoding="utf-8"))
    assert source is not None
    return source


def difference(before: str, after: str) -> list[str]:
    lines = unified_diff(before.split("\n"), after.split("\n"), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def change(
    edit: dict[int, dict[str, object]] | None = None, order: list[int | None] | None = None
) -> list[str]:
    """What differs after these keys of these rows were set, and the rows put into this order; None is a new row."""
    source = Source(HEAD, "---\n", "Body\n")
    before = rows_of(source, "rules")
    rows: list[Row] = copy.deepcopy(before)
    for place, values in (edit or {}).items():
        rows[place] = {key: value for key, value in {**rows[place], **values}.items() if value}  # type: ignore[misc]
    new: Row = {
        "id": "new",
        "when": {"a": ["x"]},
        "then": {"outcome": "resolve", "runbook": "r", "because": "It: helps."},
    }
    places = order if order is not None else list(range(len(rows)))
    after = [(place, new if place is None else rows[place]) for place in places]
    made = set_rows(source, "rules", before, after)
    assert rows_of(made, "rules") == [row for _, row in after]
    return difference(HEAD, made.head)


@pytest.mark.parametrize("path", CRITERIA, ids=lambda path: path.stem)
def test_untouched_rows_keep_their_bytes(path: Path) -> None:
    source = shipped(path)
    for key in PARTS:
        rows = rows_of(source, key)
        assert set_rows(source, key, rows, list(enumerate(rows))).text == source.text


@pytest.mark.parametrize("path", CRITERIA, ids=lambda path: path.stem)
def test_rows_written_anew_say_the_same_and_look_alike(path: Path) -> None:
    source = shipped(path)
    lines = source.head.split("\n")
    written = []
    for key in PARTS:
        rows = rows_of(source, key)
        made = set_rows(source, key, [], [(None, row) for row in rows])
        assert rows_of(made, key) == rows
        assert all(
            same(one, other) or key != "inputs" for one, other in zip(rows, rows_of(made, key), strict=True)
        )
        written += [line for row in rows for line in new_row(row).rstrip("\n").split("\n")]
    alike = sum(line in lines for line in written)
    assert alike >= 0.6 * len(written), difference(source.head, "\n".join(written))[:40]


@settings(max_examples=60)
@given(st.sampled_from(CRITERIA), st.randoms(use_true_random=False))
def test_any_order_and_any_change_says_what_was_meant(path: Path, dice: random.Random) -> None:
    source = shipped(path)
    for key in PARTS:
        before = rows_of(source, key)
        after: list[tuple[int | None, Row]] = list(enumerate(copy.deepcopy(before)))
        dice.shuffle(after)
        after = after[: dice.randint(0, len(after))]
        for at, (place, row) in enumerate(after):
            if dice.random() < 0.3:
                after[at] = (place, {**row, "id": dice.choice(["x", "yes", "1", "a: b", "'q'", "# c"])})
            elif "then" in row and dice.random() < 0.3:
                then = {
                    **dict(row["then"]),
                    "because": dice.choice(["A: b # c", "\"q\" and 'r'", "- d", "{e}"]),
                }  # type: ignore[arg-type]
                after[at] = (place, {**row, "then": then})
        made = set_rows(source, key, before, after)
        assert rows_of(made, key) == [row for _, row in after]
        assert made.body == source.body
        for other in PARTS:
            assert other == key or rows_of(made, other) == rows_of(source, other)


def test_only_the_changed_key_of_a_row_is_written_anew() -> None:
    then = {"outcome": "escalate", "severity": "high", "because": "Quoted: because of the colon."}
    assert change({0: {"then": then}}) == [
        "-      severity: medium   # for now",
        "+      severity: high   # for now",
    ]
    assert change({0: {"when": {"b": ["yes"], "a": ["x"]}}}) == [
        "-    when: {b: yes, a: [x, 'y']}", "+    when: {b: yes, a: x}"
    ]  # fmt: skip
    assert change({0: {"when": None}}) == ["-    when: {b: yes, a: [x, 'y']}"]
    assert change({2: {"when": {"a": ["x", "y"]}}}) == ["+    when: {a: [x, y]}"]
    assert change({2: {"then": {"outcome": "resolve", "runbook": "other", "because": "Rest."}}}) == [
        '-    then: {outcome: resolve, runbook: "r", because: Rest.}',
        "+    then: {outcome: resolve, runbook: other, because: Rest.}",
    ]


def test_row_in_one_pair_of_braces_is_written_below_each_other() -> None:
    assert change({1: {"when": {"a": ["x"]}}}) == [
        "-  - {id: two, then: {outcome: redirect, route: there, because: Go.}}",
        "+  - id: two",
        "+    when: {a: x}",
        "+    then: {outcome: redirect, route: there, because: Go.}",
    ]


def test_row_moves_with_the_comment_above_it() -> None:
    assert change(order=[1, 0, 2]) == [
        "+",
        "+  # the second has a story",
        "+  - {id: two, then: {outcome: redirect, route: there, because: Go.}}",
        "-",
        "-  # the second has a story",
        "-  - {id: two, then: {outcome: redirect, route: there, because: Go.}}",
    ]
    assert change(order=[0, 2]) == [
        "-",
        "-  # the second has a story",
        "-  - {id: two, then: {outcome: redirect, route: there, because: Go.}}",
    ]


def test_new_row_and_no_row_at_all() -> None:
    assert change(order=[0, 1, None, 2]) == [
        "+  - id: new", "+    when: {a: x}",
        '+    then: {outcome: resolve, runbook: r, because: "It: helps."}',
    ]  # fmt: skip
    assert "+rules: []" in change(order=[])
    source = Source("id: a\n", "---\n", "")
    made = set_rows(source, "rules", [], [(None, {"id": "x"})])
    assert made.head == "id: a\nrules:\n  - id: x\n"


@pytest.mark.parametrize("value", ["text", [["a"]], [{"when": {"a": {"b": "c"}}}], [{"when": [["a"]]}]])
def test_what_is_no_row_is_not_shown_as_one(value: object) -> None:
    assert read_rows(value) is None
