"""One real portal for the tests of this folder that need processes; each test starts from a running one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.faults.server import ROOT, Server


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    shutil.copytree(ROOT / "content", folder / "content")
    made = Server(folder)
    yield made
    made.kill()


@pytest.fixture
def server(_server: Server) -> Server:
    if _server.process is None:
        _server.start()
    return _server
