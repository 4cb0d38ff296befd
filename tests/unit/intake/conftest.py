"""The shipped content as one snapshot: these rules are about it."""

from __future__ import annotations

import hashlib

import pytest

from portal.core.config import ROOT
from portal.knowledge.snapshot import Snapshot, build_snapshot


@pytest.fixture(scope="session")
def snapshot() -> Snapshot:
    folder = ROOT / "content"
    files = {}
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".md", ".yml")):
        data = path.read_bytes()
        files[str(path.relative_to(folder))] = (hashlib.sha1(data).hexdigest(), data)
    return build_snapshot(files, None, "0" * 40)
