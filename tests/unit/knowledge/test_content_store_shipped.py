from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.core.errors import Invalid
from portal.core.problem import Problem
from portal.knowledge.content_store import Author, Clash, ContentStore, Imported

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
EDITOR = Author("Messaging editor", "editor@example.org")
RUNBOOK, OTHER = "runbook/sm-send.md", "reference/not-ours.md"
FIVE = b"one\ntwo\nthree\nfour\nfive\n"


class Portal:
    """A shipped folder and the store that imports it."""

    def __init__(self, path: Path) -> None:
        self.folder = path / "content"
        self.store = ContentStore(path / "instance" / "content.git")
        self.ship(RUNBOOK, FIVE)
        self.ship(OTHER, b"other\n")

    def ship(self, path: str, data: bytes) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_bytes(data)

    def upgrade(self) -> Imported:
        return self.store.import_shipped(self.folder, now=NOW)

    def edit(self, path: str, data: bytes | None) -> str:
        base = self.store.head() or ""
        return self.store.save({path: data}, base=base, author=EDITOR, message="Edit", now=NOW).revision

    def text(self, path: str) -> bytes | None:
        return self.store.read(path, self.store.head() or "")


@pytest.fixture
def portal(tmp_path: Path) -> Portal:
    made = Portal(tmp_path)
    made.upgrade()
    return made


def test_the_first_import_makes_main(tmp_path: Path) -> None:
    portal = Portal(tmp_path)
    done = portal.upgrade()
    assert done == Imported(portal.store.head() or "", True, (), ())
    assert portal.text(RUNBOOK) == FIVE
    assert [step.author for step in portal.store.history()] == ["Shipped content"]


def test_importing_the_same_folder_makes_no_commit(portal: Portal) -> None:
    before = portal.store.head()
    assert portal.upgrade() == Imported(before or "", False, (), ())
    portal.edit(RUNBOOK, b"team\n")
    edited = portal.store.head()
    assert portal.upgrade() == Imported(edited or "", False, (), ())
    assert portal.store.head() == edited


@pytest.mark.parametrize("path", ["coverage/sign-in.yml", "golden/sign-in.yml"])
def test_files_of_the_areas_are_imported_and_kept_like_articles(path: str, portal: Portal) -> None:
    portal.ship(path, b"area: sign-in\n")
    assert portal.upgrade().problems == ()
    head = portal.store.head() or ""
    files, left_out = portal.store.files(head)
    assert (files[path][1], left_out) == (b"area: sign-in\n", [])
    assert portal.upgrade() == Imported(head, False, (), ())
    (portal.folder / path).unlink()
    portal.upgrade()
    assert portal.text(path) is None


def test_an_upgrade_without_team_edits_just_moves_main(portal: Portal) -> None:
    portal.ship(RUNBOOK, b"newer\n")
    assert portal.upgrade().changed
    assert portal.text(RUNBOOK) == b"newer\n"
    assert len(portal.store.history()) == 2


def test_shipped_and_team_edits_of_different_lines_merge(portal: Portal) -> None:
    portal.edit(RUNBOOK, b"TEAM\ntwo\nthree\nfour\nfive\n")
    portal.ship(RUNBOOK, b"one\ntwo\nthree\nfour\nSHIPPED\n")
    assert portal.upgrade().conflicts == ()
    assert portal.text(RUNBOOK) == b"TEAM\ntwo\nthree\nfour\nSHIPPED\n"


def test_an_edit_by_the_team_outlives_upgrades_of_other_files(portal: Portal) -> None:
    portal.edit(RUNBOOK, b"team\n")
    portal.ship(OTHER, b"newer\n")
    portal.upgrade()
    assert (portal.text(RUNBOOK), portal.text(OTHER)) == (b"team\n", b"newer\n")


def test_the_same_lines_clash_and_keep_the_teams_text_while_clean_files_arrive(portal: Portal) -> None:
    portal.edit(RUNBOOK, b"TEAM\ntwo\nthree\nfour\nfive\n")
    portal.ship(RUNBOOK, b"SHIPPED\ntwo\nthree\nfour\nfive\n")
    portal.ship(OTHER, b"newer\n")
    clash = Clash(
        RUNBOOK, FIVE.decode(), "SHIPPED\ntwo\nthree\nfour\nfive\n", "TEAM\ntwo\nthree\nfour\nfive\n"
    )
    assert portal.upgrade().conflicts == (clash,)
    assert portal.text(RUNBOOK) == b"TEAM\ntwo\nthree\nfour\nfive\n"
    assert portal.text(OTHER) == b"newer\n"


def test_a_clash_is_told_once_and_a_later_upgrade_starts_from_there(portal: Portal) -> None:
    portal.edit(RUNBOOK, b"TEAM\ntwo\nthree\nfour\nfive\n")
    portal.ship(RUNBOOK, b"SHIPPED\ntwo\nthree\nfour\nfive\n")
    portal.upgrade()
    assert portal.upgrade().conflicts == ()
    portal.ship(RUNBOOK, b"SHIPPED\ntwo\nthree\nfour\nSHIPPED\n")
    assert portal.upgrade().conflicts == ()
    assert portal.text(RUNBOOK) == b"TEAM\ntwo\nthree\nfour\nSHIPPED\n"


def test_a_clash_can_be_found_again_when_nobody_noted_it(portal: Portal) -> None:
    noted = portal.edit(RUNBOOK, b"team\n")
    portal.ship(RUNBOOK, b"shipped\n")
    portal.ship(OTHER, b"newer\n")
    done = portal.upgrade()
    portal.edit(OTHER, b"newest\n")
    merge, edit = portal.store.since(noted)
    assert (merge.revision.commit, merge.paths, merge.clashes) == (done.revision, (OTHER,), done.conflicts)
    assert (edit.paths, edit.clashes) == ((OTHER,), ())


def test_the_same_change_by_team_and_upgrade_is_no_clash(portal: Portal) -> None:
    portal.edit(RUNBOOK, b"alike\n")
    portal.ship(RUNBOOK, b"alike\n")
    assert portal.upgrade().conflicts == ()
    portal.ship(RUNBOOK, b"next\n")
    assert portal.upgrade().conflicts == ()
    assert portal.text(RUNBOOK) == b"next\n"


def test_a_shipped_delete_takes_an_untouched_file_and_clashes_with_an_edited_one(portal: Portal) -> None:
    portal.ship("runbook/third.md", b"third\n")
    portal.upgrade()
    portal.edit(RUNBOOK, b"team\n")
    (portal.folder / RUNBOOK).unlink()
    (portal.folder / OTHER).unlink()
    assert portal.upgrade().conflicts == (Clash(RUNBOOK, FIVE.decode(), "", "team\n"),)
    assert (portal.text(RUNBOOK), portal.text(OTHER)) == (b"team\n", None)


def test_what_the_team_deleted_stays_deleted_and_clashes_when_shipped_anew(portal: Portal) -> None:
    portal.edit(RUNBOOK, None)
    portal.edit(OTHER, None)
    portal.ship(RUNBOOK, b"newer\n")
    assert portal.upgrade().conflicts == (Clash(RUNBOOK, FIVE.decode(), "newer\n", ""),)
    assert (portal.text(RUNBOOK), portal.text(OTHER)) == (None, None)


def test_a_file_that_cannot_be_taken_keeps_its_last_shipped_text(portal: Portal, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("not ours")
    (portal.folder / RUNBOOK).unlink()
    (portal.folder / RUNBOOK).symlink_to(tmp_path / "secret")
    portal.ship(OTHER, b"x" * (512 * 1024 + 1))
    portal.ship("reference/bad-text.md", b"\xff")
    portal.ship("README.md", b"about")
    portal.ship("catalogue.yml", b"teams: []\n")
    portal.ship("runbook/.gitkeep", b"")
    portal.ship(".hidden/runbook.md", b"")
    os.mkfifo(portal.folder / "runbook" / "pipe.md")
    done = portal.upgrade()
    layout = "is neither <type>/<id>.md nor one of catalogue.yml, facilities.yml, error_codes.yml"
    link = "is a link or not a regular file, so it was left out"
    assert done.problems == (
        Problem("README.md", "", layout),
        Problem("reference/bad-text.md", "", "is not UTF-8 text"),
        Problem(OTHER, "", "is larger than 512 KB, so it was left out"),
        Problem("runbook/pipe.md", "", link),
        Problem(RUNBOOK, "", link),
    )
    assert (portal.text(RUNBOOK), portal.text(OTHER)) == (FIVE, b"other\n")
    assert portal.text("catalogue.yml") == b"teams: []\n"


def test_a_folder_that_became_a_link_deletes_nothing(portal: Portal, tmp_path: Path) -> None:
    (portal.folder / "runbook").rename(tmp_path / "elsewhere")
    (portal.folder / "runbook").symlink_to(tmp_path / "elsewhere")
    done = portal.upgrade()
    assert [problem.file for problem in done.problems] == ["runbook"]
    assert portal.text(RUNBOOK) == FIVE


def test_a_missing_or_empty_folder_is_refused_and_deletes_nothing(portal: Portal, tmp_path: Path) -> None:
    for folder in (tmp_path / "nowhere", tmp_path / "instance"):
        with pytest.raises(Invalid):
            portal.store.import_shipped(folder, now=NOW)
    assert portal.text(RUNBOOK) == FIVE


def test_two_that_start_at_once_import_once(tmp_path: Path) -> None:
    portal, done = Portal(tmp_path), list[bool]()
    ready = threading.Barrier(4)

    def start() -> None:
        store = ContentStore(tmp_path / "instance" / "content.git")
        ready.wait()
        done.append(store.import_shipped(portal.folder, now=NOW).changed)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False, False, False, True]
    assert [place.name for place in (tmp_path / "instance").iterdir()] == ["content.git"]
    assert len(portal.store.history()) == 1
