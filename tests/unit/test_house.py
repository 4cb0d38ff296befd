"""What no file of the project may hold, and what its words must explain."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ALLOWED_TOP = {
    "portal", "content", "search_index", "static", "templates", "tests", "pyproject.toml", "README.md", "Makefile",
    "requirements", "package.json", "package-lock.json", ".npmrc", ".ci", "CHANGELOG.md", "deploy", ".gitignore", "instance",
}  # fmt: skip


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_top_level_holds_only_what_was_set() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in tracked()} <= ALLOWED_TOP


def test_locks_name_no_address() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]
    for path in (ROOT / "requirements").glob("*.txt"):
        assert "://" not in path.read_text(), path.name


def test_no_file_names_a_registry_or_a_path_of_a_machine() -> None:
    hosts = "|".join(("py" + r"pi\.org", "python" + "hosted", r"registry\.npm" + "js", r"deb\.deb" + r"ian"))
    machine = re.compile(rf"{hosts}|(?:^|[^\w.-])/(?:wo" + r"rk|fa" + r"rm)/")
    wrong = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        wrong += [str(path.relative_to(ROOT)) for _ in machine.findall(text)]
    assert wrong == []


def test_every_setting_is_explained_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    source = (ROOT / "portal" / "core" / "config.py").read_text(encoding="utf-8")
    names = {f"PORTAL_{name}" for name in re.findall(r'(?:text|number)\("([A-Z_]+)"', source)} | {
        "PORTAL_INSTANCE_DIR"
    }
    assert {name for name in names if name not in readme} == set()


def test_markup_is_made_in_one_place() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.suffix in (".py", ".html")
        and "tests" not in path.parts
        and path.name != "render.py"
        and re.search(r"\|\s*safe\b|\bMarkup\(", path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


def test_no_inline_script_or_style_in_templates() -> None:
    pattern = re.compile(r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|hx-on|javascript:", re.IGNORECASE)
    wrong = [
        p.name for p in (ROOT / "templates").rglob("*.html") if pattern.search(p.read_text(encoding="utf-8"))
    ]
    assert wrong == []
