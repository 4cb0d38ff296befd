"""A short run of the fuzz of two portals and a clone; `python -m tests.faults.fuzz --edits 500` is the long one."""

from __future__ import annotations

from pathlib import Path

from tests.faults import fuzz


def test_no_acknowledged_line_is_lost_between_two_portals_a_clone_and_kills(tmp_path: Path) -> None:
    edits = fuzz.run(tmp_path, count=40, kills=2, seed=7)
    assert edits.ends["saved in a browser"] > 5
    assert edits.ends["pushed from a clone"] > 0
