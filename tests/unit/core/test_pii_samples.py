"""Measures the guard on the labelled samples; `pytest -s` prints the figures."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from portal.core.pii import Kind, find_pii

SAMPLES = Path(__file__).parents[2] / "data" / "pii_samples.txt"
HELP_LINES = [
    *("877-327-0022", "800-698-2411", "844-875-6446", "877-677-8710", "303-273-6200", "877-222-8387"),
    *("911", "988", "711"),
]
UNSEEN = {
    "<ZW>": "\u200b",
    "<ZWJ>": "\u200d",
    "<RLO>": "\u202e",
    "<SHY>": "\u00ad",
    "<NB>": "\u00a0",
    "<TAB>": "\t",
    "<NL>": "\n",
}
STRICT = {Kind.SSN: 0.98, Kind.ICN: 0.98, Kind.EDIPI: 0.98}


@dataclass(frozen=True, slots=True)
class Sample:
    kind: str
    text: str
    marks: list[tuple[int, int]]
    held_out: bool


def read_samples() -> list[Sample]:
    samples, held_out = [], False
    for line in SAMPLES.read_text("utf-8").splitlines():
        held_out = held_out or line == "#heldout"
        if not line or line.startswith("#"):
            continue
        kind, _, marked = line.partition("|")
        for token, char in UNSEEN.items():
            marked = marked.replace(token, char)
        text, marks = "", []
        for piece in marked.split("⟦"):
            value, closed, rest = piece.partition("⟧")
            if closed:
                marks.append((len(text), len(text) + len(value)))
            text += value + rest
        samples.append(Sample(kind, text, marks, held_out))
    return samples


def measure(samples: list[Sample]) -> tuple[dict[Kind, float], float, list[str]]:
    """Recall per kind (a mark counts when a finding of its kind covers it), share of alarmed clean lines."""
    marked, found, clean, alarms = Counter[Kind](), Counter[Kind](), 0, 0
    wrong = []
    for sample in samples:
        findings = find_pii(sample.text, HELP_LINES)
        if sample.kind == "clean":
            clean += 1
            alarms += bool(findings)
            wrong += [
                f"alarm {f.kind}: {sample.text[f.start : f.end]!r} in {sample.text!r}" for f in findings
            ]
        for start, end in sample.marks:
            kind = Kind(sample.kind)
            marked[kind] += 1
            if any(f.kind is kind and f.start <= start and end <= f.end <= end + 30 for f in findings):
                found[kind] += 1
            else:
                wrong.append(f"missed {kind}: {sample.text!r} gave {findings}")
    return {kind: found[kind] / marked[kind] for kind in Kind}, alarms / clean, wrong


def test_there_are_four_hundred_samples_and_a_third_is_held_out() -> None:
    samples = read_samples()
    assert len(samples) >= 400
    assert sum(sample.held_out for sample in samples) >= len(samples) / 3
    assert all(bool(sample.marks) != (sample.kind == "clean") for sample in samples)


@pytest.mark.parametrize("held_out", [False, True], ids=["tuned", "held out"])
def test_personal_data_is_found_and_clean_lines_pass(held_out: bool) -> None:
    recall, alarms, wrong = measure([sample for sample in read_samples() if sample.held_out is held_out])
    print(
        "\nheld out" if held_out else "\ntuned",
        {str(kind): round(share, 3) for kind, share in recall.items()},
    )
    print(f"false alarms {alarms:.1%}", *wrong, sep="\n  ")
    assert {kind: share for kind, share in recall.items() if share < STRICT.get(kind, 0.95)} == {}
    assert alarms <= 0.03
