"""Fourteen different faults in the shipped content: each is found where it was planted, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from portal.core.problem import Problem
from portal.knowledge.service import check_shipped

CONTENT = Path(__file__).resolve().parents[3] / "content"
HARD = (
    "Communication preferences are administered independently by participating facilities, and consequently "
    "modifications necessitate additional verification procedures and supporting documentation."
)
Plant = Callable[[Path], tuple[str, int]]


def replaced(path: str, old: str, new: str, said: str, *, at: str = "") -> tuple[Plant, str]:
    """A plant that changes the first `old` of a file. The fault shows on the line of `at`, else on that of `new`."""

    def plant(folder: Path) -> tuple[str, int]:
        file = folder / path
        text = file.read_text(encoding="utf-8")
        assert old in text, (path, old)
        place = text.index(old)
        file.write_text(changed := text[:place] + new + text[place + len(old) :], encoding="utf-8")
        place = changed.index(at) if at else place + len(new) - len(new.lstrip("\n"))
        return path, changed.count("\n", 0, place) + 1

    return plant, said


def twin(folder: Path) -> tuple[str, int]:
    """The paragraph of one runbook, with one word changed, at the end of another."""
    text = (folder / "runbook/rx-refill-not-through.md").read_text(encoding="utf-8")
    paragraph = text[text.index("The page said yes") :].partition("\n")[0].replace("dangerous", "risky", 1)
    path = "runbook/sm-old-conversation.md"
    whole = (folder / path).read_text(encoding="utf-8").rstrip("\n") + "\n\n"
    (folder / path).write_text(whole + paragraph + "\n", encoding="utf-8")
    return path, whole.count("\n") + 1


def orphan(folder: Path) -> tuple[str, int]:
    """A good article that nothing leads to."""
    text = (folder / "reference/how-severe-is-it.md").read_text(encoding="utf-8").partition("\n## ")[0]
    text = text.replace("id: how-severe-is-it", "id: nobody-links-here").replace(
        "title: How", "title: Say how"
    )
    text += "\n## Answer\n\nAsk what stands still, and for whom.\n"
    (folder / "reference/nobody-links-here.md").write_text(text, encoding="utf-8")
    return "reference/nobody-links-here.md", 2


def overdue(folder: Path) -> tuple[str, int]:
    file = folder / "runbook/mr-image-request.md"
    lines = file.read_text(encoding="utf-8").split("\n")
    place = next(place for place, line in enumerate(lines) if line.startswith("review_by: "))
    lines[place] = f"review_by: {a_day_on_which_nothing_is_due() - timedelta(days=1)}"
    file.write_text("\n".join(lines), encoding="utf-8")
    return "runbook/mr-image-request.md", place + 1


ROW = """  - code: SM197
    meaning: Not known
    seen_as: A red alert
    next_step: Tier 3.
    goes_to: tier3
    confirmed: false
"""
FAULTS: dict[str, tuple[Plant, str]] = {
    "second h1": replaced(
        "known-issue/portal-red-dot.md", "\n## ", "\n# ", "the title is the only h1: use ##"
    ),
    "left-out level": replaced(
        "runbook/rx-refill-late.md", "## Which day counts", "#### Which day counts", "leave no level out"
    ),
    "overdue": (overdue, "read it again, and set the next day"),
    "team named to a caller": replaced(
        "known-issue/rx-filled-but-late.md",
        'caller_text: "',
        'caller_text: "The medications team knows. ',
        "callers do not know “medications team”",
    ),
    "promise of time": replaced(
        "criteria/sm-when-to-escalate.md",
        '\nsay: "',
        '\nsay: "We will fix it within 24 hours. ',
        "promises a time",
    ),
    "hard to follow": replaced(
        "runbook/sm-send-or-load-error.md",
        "\n## Say\n",
        f"\n## Say\n{HARD} ",
        "reads like school grade",
    ),
    "phone of a person": replaced(
        "runbook/signin-loop-or-error.md",
        "\n## Ask\n\n- ",
        "\n## Ask\n\n- Ask 303-555-0147 first. ",
        "looks like a phone number",
        at="- Ask 303",
    ),
    "name of a person": replaced(
        "reference/not-ours.md",
        "\n## Answer\n\n",
        "\n## Answer\n\nMrs. Miller knows more. ",
        "This may be a name",
        at="Mrs. Miller",
    ),
    "twin paragraph": (twin, "says nearly the same as runbook/rx-refill-not-through.md:"),
    "orphan": (orphan, "nothing leads to it"),
    "unknown code": replaced(
        "runbook/sm-attachment-refused.md",
        "The virus scan stopped it",
        "Like SM198: the virus scan stopped it",
        "there is no error code 'SM198'",
    ),
    "code that nobody explains": replaced(
        "error_codes.yml", "codes:\n", f"codes:\n{ROW}", "nobody explains it", at="  - code: SM197"
    ),
    "dead link": replaced(
        "runbook/mr-wrong-record.md",
        "\n## Say\n",
        "\nRead [this](/articles/gone) too.\n\n## Say\n",
        "there is no article 'gone'",
    ),
    "unknown station": replaced(
        "known-issue/sm-messages-not-available.md",
        "\nsources:",
        "\nfacilities: [999]\nsources:",
        "there is no station 999",
    ),
}


def a_day_on_which_nothing_is_due() -> date:
    """So that the test does not end with the content's first review."""
    lines = (line for file in CONTENT.rglob("*.md") for line in file.read_text(encoding="utf-8").split("\n"))
    return min(date.fromisoformat(line[11:21]) for line in lines if line.startswith("review_by: "))


def problems(folder: Path) -> list[Problem]:
    """Without what other files say of the one article that its fault takes out of service: that is told as well."""
    _, found = check_shipped(folder, a_day_on_which_nothing_is_due())
    gone = "portal-red-dot"
    return [one for one in found if gone in one.file or gone not in one.message]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONTENT, tmp_path / "content"))


def test_all_faults_are_found_at_once_each_in_its_place_and_words(folder: Path) -> None:
    planted = [(*plant(folder), said) for plant, said in FAULTS.values()]
    found = problems(folder)
    assert sorted((one.file, one.line or 0) for one in found) == sorted(
        (path, line) for path, line, _ in planted
    )
    for path, line, said in planted:
        assert [one for one in found if (one.file, one.line) == (path, line) and said in one.message], said


def test_the_shipped_content_has_none(folder: Path) -> None:
    assert problems(folder) == []
