"""`search golden` as it is run at a desk and in CI."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from flask import Flask

CONTENT = Path(__file__).parents[2] / "content"
SPELLINGS = ("SM{}", "sm {}", "sm-{}", "err sm{}")
NUMBERS = (98, 99, *range(100, 107), *range(111, 135), *range(151, 153), 154, 172, *range(900, 905), 915)


@pytest.fixture
def codes_only(tmp_path: Path) -> Path:
    """The codes of the knowledge base without an article, and searches for them."""
    for name in ("catalogue.yml", "facilities.yml", "error_codes.yml"):
        shutil.copy(CONTENT / name, tmp_path)
    known = (CONTENT / "error_codes.yml").read_text(encoding="utf-8")
    numbers = [number for number in NUMBERS if f"- code: SM{number}\n" in known]
    assert len(numbers) * len(SPELLINGS) < 200
    (tmp_path / "golden").mkdir()
    write(
        tmp_path,
        [f'"{form.format(number)}", first: [code/SM{number}]' for number in numbers for form in SPELLINGS],
    )
    return tmp_path


def write(folder: Path, searches: list[str]) -> None:
    lines = "".join(f"  - {{query: {one}}}\n" for one in searches)
    (folder / "golden" / "sm.yml").write_text(f"area: sm\nsearches:\n{lines}", encoding="utf-8")


def golden(app: Flask, *words: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["search", "golden", *words])
    return result.exit_code, result.output


def test_one_area_is_held_to_its_own_floors(app: Flask, codes_only: Path) -> None:
    status, said = golden(app, "--content", str(codes_only), "--area", "sm")
    assert (status, said.splitlines()[0].split()[2:]) == (
        0,
        ["100.0%", "first", "100.0%", "within", "3", "100.0%", "met"],
    )


def test_too_few_searches_in_all_fail(app: Flask, codes_only: Path) -> None:
    status, said = golden(app, "--content", str(codes_only))
    assert status == 1
    assert said.splitlines()[-1].endswith("searches in all; at least 200 are needed.")


def test_a_search_for_what_does_not_exist_fails_by_itself(app: Flask, codes_only: Path) -> None:
    searches = [f'"sm {number}", first: [code/SM{number}]' for number in range(115, 131)]
    write(codes_only, [*searches, '"sm 98", first: [code/SM98, no-such-article]'])
    status, said = golden(app, "--content", str(codes_only), "--area", "sm")
    assert status == 1
    assert said.splitlines()[-1] == "golden/sm.yml:19: sm 98: there is no article 'no-such-article'"


def test_an_unknown_area_is_said_to_be_unknown(app: Flask, codes_only: Path) -> None:
    assert golden(app, "--content", str(codes_only), "--area", "rx") == (
        1,
        "Error: There are no golden searches of rx.\n",
    )
