"""Rooms import only to the left, enter another room by its service, and only edges know Flask."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

PORTAL = Path(__file__).resolve().parents[2] / "portal"
ORDER = (
    "core",
    "web",
    "accounts",
    "mail",
    "criteria",
    "knowledge",
    "search",
    "delivery",
    "tickets",
    "intake",
    "reporting",
    "home",
)
EDGES = {"views", "forms", "api", "cli", "access", "sessions", "sso", "shell", "health", "demo"}
PRIVATE = {"models", "store", "forms", "views"}
WEB_FREE = {"paging", "openapi", "export"}


@cache
def modules() -> list[tuple[str, str, ast.Module]]:
    found = []
    for path in sorted(PORTAL.rglob("*.py")):
        parts = path.relative_to(PORTAL).with_suffix("").parts
        if len(parts) >= 2 and parts[0] in ORDER and "migrations" not in parts:
            found.append((parts[0], parts[1], ast.parse(path.read_text(encoding="utf-8"))))
    return found


@cache
def imported(tree: ast.Module) -> list[tuple[str, ...]]:
    names: list[tuple[str, ...]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            base = tuple(node.module.split("."))
            names += [(*base, alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            names += [tuple(alias.name.split(".")) for alias in node.names]
    return names


def test_rooms_import_only_rooms_to_their_left() -> None:
    wrong = [
        f"{room}.{module} imports {'.'.join(name)}"
        for room, module, tree in modules()
        for name in imported(tree)
        if name[0] == "portal"
        and len(name) > 1
        and name[1] in ORDER
        and ORDER.index(name[1]) > ORDER.index(room)
    ]
    assert wrong == []


def test_another_room_is_entered_by_its_service_and_values_only() -> None:
    wrong = [
        f"{room}.{module} imports {'.'.join(name)}"
        for room, module, tree in modules()
        for name in imported(tree)
        if name[0] == "portal"
        and len(name) > 2
        and name[1] not in (room, "core", "web")
        and name[2] in PRIVATE
    ]
    assert wrong == []


def test_only_edges_know_flask() -> None:
    wrong = [
        f"{room}.{module} imports {name[0]}"
        for room, module, tree in modules()
        for name in imported(tree)
        if name[0] in ("flask", "wtforms", "flask_wtf") and module not in EDGES and room != "web"
    ]
    assert wrong == []


def test_one_module_each_knows_whoosh_and_htmx_flask() -> None:
    users = {
        (package, f"{room}.{module}")
        for room, module, tree in modules()
        for name in imported(tree)
        for package in ("whoosh", "htmx_flask")
        if name[0] == package
    }
    assert users <= {("whoosh", "search.search_index"), ("htmx_flask", "web.htmx")}


def test_every_room_has_its_docstring() -> None:
    for room in ORDER:
        path = PORTAL / room / "__init__.py"
        if path.exists():
            lines = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").splitlines()
            assert 3 <= len(lines) <= 8, room
