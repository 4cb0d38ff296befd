from __future__ import annotations

import shutil
from pathlib import Path

from flask import Flask

from portal.core.config import ROOT


def test_a_folder_with_an_overdue_review_is_refused_with_file_line_and_key(
    app: Flask, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(ROOT / "content", tmp_path / "content"))
    file = folder / "reference" / "not-ours.md"
    lines = file.read_text(encoding="utf-8").split("\n")
    place = next(place for place, line in enumerate(lines) if line.startswith("review_by: "))
    file.write_text(
        "\n".join([*lines[:place], "review_by: 2020-01-31", *lines[place + 1 :]]), encoding="utf-8"
    )
    result = app.test_cli_runner().invoke(args=["content", "check", str(folder)])
    assert result.exit_code == 1
    said = "review_by: was due on 2020-01-31: read it again, and set the next day"
    assert f"reference/not-ours.md:{place + 1}: {said}" in result.output.splitlines()
