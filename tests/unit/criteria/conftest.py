"""The table for Secure Messaging as it is written in its article."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from portal.criteria.table import DecisionTable, parse_table

SM = yaml.safe_load(Path(__file__).with_name("sm.yml").read_text(encoding="utf-8"))


@pytest.fixture
def sm_front_matter() -> dict[str, Any]:
    return copy.deepcopy(SM)


@pytest.fixture
def sm(sm_front_matter: dict[str, Any]) -> DecisionTable:
    table, problems = parse_table(sm_front_matter)
    assert problems == []
    assert table is not None
    return table
