"""Which Whoosh is under test: the pinned one, or the original when the run asks for it."""

from __future__ import annotations

import os

import whoosh


def test_the_library_is_the_one_this_run_is_for() -> None:
    asked = os.environ.get("PORTAL_TEST_WHOOSH")
    assert ".".join(map(str, whoosh.__version__)) == asked if asked else whoosh.__version__ > (2, 7, 4)
