from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2 import Environment

from portal.serve import read_templates


def test_all_templates_are_read_before_the_first_page_and_compiled_once(
    make_app: Callable[..., Flask], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []
    compile_one = Environment.compile

    def counted(self: Environment, source: Any, name: str, *rest: Any) -> Any:
        compiled.append(name)
        return compile_one(self, source, name, *rest)

    monkeypatch.setattr(Environment, "compile", counted)
    first, second = make_app(instance_dir=tmp_path), make_app(instance_dir=tmp_path)
    read_templates(first)
    names = first.jinja_env.list_templates()
    assert sorted(compiled) == sorted(names)
    assert len(list((tmp_path / "templates").iterdir())) == len(names) > 100
    read_templates(second)
    for app in (first, second):
        assert "Sign in" in app.test_client().get("/accounts/sign-in").text
    assert len(compiled) == len(names)


def test_a_folder_that_cannot_be_written_stops_no_start(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    (tmp_path / "templates").write_text("in the way")
    app = make_app(instance_dir=tmp_path)
    read_templates(app)
    assert "Sign in" in app.test_client().get("/accounts/sign-in").text
