from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pygit2
import pytest
from pygit2.enums import FileMode

from portal.core.errors import Invalid, Unavailable
from portal.core.problem import Problem
from portal.knowledge import content_repository
from portal.knowledge.content_store import Author, Clash, ContentStore, RevisionNotFound, SaveConflict

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
LATER = datetime(2026, 11, 21, 9, 45, tzinfo=UTC)
EDITOR = Author("Messaging editor", "editor@example.org")
RUNBOOK = "runbook/sm-send.md"
FIVE = b"one\ntwo\nthree\nfour\nfive\n"


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    """Main holds a runbook of five lines and a catalogue."""
    folder = tmp_path / "content"
    (folder / "runbook").mkdir(parents=True)
    (folder / RUNBOOK).write_bytes(FIVE)
    (folder / "catalogue.yml").write_text("teams: []\n")
    made = ContentStore(tmp_path / "content.git")
    made.import_shipped(folder, now=NOW)
    return made


def head(store: ContentStore) -> str:
    found = store.head()
    assert found is not None
    return found


def save(store: ContentStore, text: bytes | None, *, base: str | None = None, path: str = RUNBOOK) -> str:
    base = base or head(store)
    return store.save({path: text}, base=base, author=EDITOR, message="Edit", now=LATER).revision


def test_an_empty_place_has_no_head_and_cannot_be_read(tmp_path: Path) -> None:
    empty = ContentStore(tmp_path / "content.git")
    assert empty.head() is None
    with pytest.raises(Unavailable):
        empty.files("0123456789")


def test_an_empty_folder_that_waits_for_the_repository_is_used(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "content/catalogue.yml").write_text("teams: []\n")
    (tmp_path / "content.git").mkdir()
    waiting = ContentStore(tmp_path / "content.git")
    assert waiting.head() is None
    assert waiting.import_shipped(tmp_path / "content", now=NOW).revision == head(waiting)


def test_files_of_a_revision_come_with_their_blob_ids(store: ContentStore) -> None:
    files, problems = store.files(head(store))
    assert problems == []
    assert files == {
        "catalogue.yml": (str(pygit2.hash(b"teams: []\n")), b"teams: []\n"),
        RUNBOOK: (str(pygit2.hash(FIVE)), FIVE),
    }


def test_known_blobs_are_not_read_again(store: ContentStore) -> None:
    first, _ = store.files(head(store))
    save(store, b"changed\n")
    files, _ = store.files(head(store), {path: blob_id for path, (blob_id, _) in first.items()})
    assert files["catalogue.yml"][1] is None
    assert files[RUNBOOK][1] == b"changed\n"


def test_a_save_is_one_commit_by_its_author(store: ContentStore) -> None:
    saved = store.save({RUNBOOK: b"x\n"}, base=head(store), author=EDITOR, message="Shorter", now=LATER)
    assert saved.revision == head(store)
    assert not saved.merged
    (latest,) = store.history(limit=1)
    assert (latest.commit, latest.at, latest.author, latest.message) == (
        saved.revision,
        LATER,
        "Messaging editor",
        "Shorter",
    )


def test_saving_what_is_there_makes_no_commit(store: ContentStore) -> None:
    before = head(store)
    assert save(store, FIVE) == before
    assert head(store) == before


def test_an_older_text_stays_readable_at_its_revision(store: ContentStore) -> None:
    before = head(store)
    save(store, b"new\n")
    assert store.read(RUNBOOK, before) == FIVE
    assert store.read(RUNBOOK, before[:7]) == FIVE
    assert store.read(RUNBOOK, head(store)) == b"new\n"
    assert store.read("runbook/never-was.md", before) is None


def test_none_deletes_and_the_emptied_folder_goes(store: ContentStore) -> None:
    save(store, None)
    assert list(store.files(head(store))[0]) == ["catalogue.yml"]
    save(store, None)
    save(store, b"back\n")
    assert store.read(RUNBOOK, head(store)) == b"back\n"


def test_changes_of_different_lines_merge_and_say_so(store: ContentStore) -> None:
    base = head(store)
    save(store, b"ONE\ntwo\nthree\nfour\nfive\n")
    saved = store.save(
        {RUNBOOK: b"one\ntwo\nthree\nfour\nFIVE\n"}, base=base, author=EDITOR, message="m", now=NOW
    )
    assert saved.merged
    assert store.read(RUNBOOK, saved.revision) == b"ONE\ntwo\nthree\nfour\nFIVE\n"


def test_a_stale_base_does_not_matter_when_another_file_moved(store: ContentStore) -> None:
    base = head(store)
    save(store, b"teams: [a]\n", path="catalogue.yml")
    saved = store.save({RUNBOOK: b"mine\n"}, base=base, author=EDITOR, message="m", now=NOW)
    assert not saved.merged
    assert store.read("catalogue.yml", saved.revision) == b"teams: [a]\n"


def test_changes_of_the_same_line_clash_with_all_three_texts(store: ContentStore) -> None:
    base = head(store)
    theirs = save(store, b"one\ntwo\nTHEIRS\nfour\nfive\n")
    with pytest.raises(SaveConflict) as caught:
        store.save(
            {RUNBOOK: b"one\ntwo\nOURS\nfour\nfive\n", "catalogue.yml": b"x\n"},
            base=base,
            author=EDITOR,
            message="m",
            now=NOW,
        )
    assert caught.value.clashes == [
        Clash(
            RUNBOOK,
            FIVE.decode(),
            "one\ntwo\nTHEIRS\nfour\nfive\n",
            "one\ntwo\nOURS\nfour\nfive\n",
        )
    ]
    assert head(store) == theirs
    assert store.read("catalogue.yml", theirs) == b"teams: []\n"


def test_a_delete_clashes_with_an_edit_and_counts_as_empty(store: ContentStore) -> None:
    base = head(store)
    save(store, None)
    with pytest.raises(SaveConflict) as caught:
        save(store, b"edited\n", base=base)
    assert caught.value.clashes == [Clash(RUNBOOK, FIVE.decode(), "", "edited\n")]


def test_an_edit_clashes_with_a_delete(store: ContentStore) -> None:
    base = head(store)
    save(store, b"edited\n")
    with pytest.raises(SaveConflict) as caught:
        save(store, None, base=base)
    assert caught.value.clashes == [Clash(RUNBOOK, FIVE.decode(), "edited\n", "")]


def test_two_new_files_of_one_name_clash_unless_alike(store: ContentStore) -> None:
    base, path = head(store), "reference/new.md"
    save(store, b"mine\n", path=path)
    assert save(store, b"mine\n", base=base, path=path) == head(store)
    with pytest.raises(SaveConflict):
        save(store, b"yours\n", base=base, path=path)


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "runbook/Big.md",
        "runbook/a/b.md",
        "../x.md",
        "runbook/..md",
        "/catalogue.yml",
        "runbook/a.md\n",
        "",
    ],
)
def test_paths_outside_the_layout_are_refused_and_read_as_absent(store: ContentStore, path: str) -> None:
    with pytest.raises(Invalid):
        save(store, b"x", path=path)
    assert store.read(path, head(store)) is None


@pytest.mark.parametrize("data", [b"x" * (512 * 1024 + 1), b"\xff\xfe", b"a\0b"])
def test_what_is_no_text_of_fitting_size_is_refused(store: ContentStore, data: bytes) -> None:
    with pytest.raises(Invalid):
        save(store, data)


@pytest.mark.parametrize(
    "revision",
    ["main", "HEAD", "abc", "--help", "HEAD~1", "refs/heads/main", "f" * 40, "f" * 64, "0" * 7, "A" * 40],
)
def test_only_ids_of_commits_name_a_revision(store: ContentStore, revision: str) -> None:
    with pytest.raises(RevisionNotFound):
        store.read(RUNBOOK, revision)
    with pytest.raises(RevisionNotFound):
        save(store, b"x", base=revision)


def test_the_id_of_a_file_is_not_a_revision(store: ContentStore) -> None:
    with pytest.raises(RevisionNotFound):
        store.read(RUNBOOK, str(pygit2.hash(FIVE)))


def test_history_of_one_file_is_paged_newest_first(store: ContentStore) -> None:
    imported = head(store)
    first = save(store, b"1\n")
    save(store, b"teams: [b]\n", path="catalogue.yml")
    second = save(store, b"2\n")
    assert [r.commit for r in store.history(RUNBOOK)] == [second, first, imported]
    assert [r.commit for r in store.history(RUNBOOK, limit=1)] == [second]
    assert [r.commit for r in store.history(RUNBOOK, after=second)] == [first, imported]
    assert len(store.history()) == 4


def test_since_gives_each_step_with_its_files_oldest_first(store: ContentStore) -> None:
    imported = head(store)
    first = save(store, b"1\n")
    second = save(store, None)
    assert [(c.revision.commit, c.paths) for c in store.since(imported)] == [
        (first, (RUNBOOK,)),
        (second, (RUNBOOK,)),
    ]
    assert [c.paths for c in store.since(None)] == [("catalogue.yml", RUNBOOK), (RUNBOOK,), (RUNBOOK,)]
    assert store.since(second) == []


def test_diff_between_two_revisions(store: ContentStore) -> None:
    old = head(store)
    new = save(store, b"one\ntwo\nthree\nfour\nFIVE\n")
    assert store.diff(RUNBOOK, new, new) == []
    assert store.diff(RUNBOOK, old, new) == [
        f"--- {old}",
        f"+++ {new}",
        "@@ -2,4 +2,4 @@",
        " two",
        " three",
        " four",
        "-five",
        "+FIVE",
    ]
    assert store.diff("catalogue.yml", old, new) == []


def test_what_is_no_content_in_the_tree_is_named_and_left_out(store: ContentStore, tmp_path: Path) -> None:
    repo = pygit2.Repository(str(tmp_path / "content.git"))
    tip = repo[repo.references["refs/heads/main"].target]
    assert isinstance(tip, pygit2.Commit)
    big, link = repo.create_blob(b"x" * (512 * 1024 + 1)), repo.create_blob(b"/etc/passwd")
    folder = repo.TreeBuilder(tip.tree["runbook"])
    folder.insert("big.md", big, FileMode.BLOB)
    folder.insert("link.md", link, FileMode.LINK)
    folder.insert("module.md", pygit2.Oid(hex="1" * 40), FileMode.COMMIT)
    root = repo.TreeBuilder(tip.tree)
    root.insert("runbook", folder.write(), FileMode.TREE)
    root.insert("criteria", link, FileMode.LINK)
    root.insert(b"odd\xff.md".decode("latin-1"), link, FileMode.BLOB)
    who = pygit2.Signature("Outside", "outside@example.org", 1, 0)
    commit = repo.create_commit("refs/heads/main", who, who, "push", root.write(), [tip.id])
    files, problems = store.files(str(commit))
    assert sorted(files) == ["catalogue.yml", RUNBOOK]
    assert [(p.file, p.message.split(",")[0]) for p in problems] == [
        ("criteria", "is neither <type>/<id>.md nor one of catalogue.yml"),
        ("oddÿ.md", "is neither <type>/<id>.md nor one of catalogue.yml"),
        ("runbook/big.md", "is larger than 512 KB"),
        ("runbook/link.md", "is a link or not a regular file"),
        ("runbook/module.md", "is a link or not a regular file"),
    ]
    assert isinstance(problems[0], Problem)
    assert store.read("runbook/link.md", str(commit)) is None
    assert save(store, b"whole\n", path="runbook/link.md") == head(store)
    assert store.read("runbook/link.md", head(store)) == b"whole\n"


def test_a_push_from_outside_that_comes_between_is_not_overwritten(
    store: ContentStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside: list[str] = []
    real = content_repository._sync

    def push_first(path: Path) -> None:
        real(path)
        if path.name == "objects" and not outside:
            repo = pygit2.Repository(str(tmp_path / "content.git"))
            tip = repo[repo.references["refs/heads/main"].target]
            assert isinstance(tip, pygit2.Commit)
            who = pygit2.Signature("Outside", "outside@example.org", 1, 0)
            commit = repo.create_commit("refs/heads/main", who, who, "push", tip.tree.id, [tip.id])
            outside.append(str(commit))

    monkeypatch.setattr(content_repository, "_sync", push_first)
    with pytest.raises(Unavailable):
        save(store, b"mine\n")
    assert [head(store)] == outside
    assert store.read(RUNBOOK, save(store, b"mine\n")) == b"mine\n"


def test_names_that_git_cannot_hold_are_made_plain(store: ContentStore) -> None:
    for name, shown in [("A <b> C\nparent 1", "A b C parent 1"), (" ", "unknown"), ("Zoë", "Zoë")]:
        store.save(
            {RUNBOOK: shown.encode()}, base=head(store), author=Author(name, name), message="m\0m", now=NOW
        )
        assert store.history(limit=1)[0].author == shown
        assert store.history(limit=1)[0].message == "mm"


def test_a_busy_writer_makes_others_wait_and_then_say_so(
    store: ContentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content_repository, "LOCK_SECONDS", 0.05)
    with store.writing(), pytest.raises(Unavailable, match="Others are saving"):
        save(store, b"x\n")
    save(store, b"x\n")


def test_a_branch_lock_left_by_a_killed_process_is_taken_away(
    store: ContentStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content_repository, "STALE_LOCK_SECONDS", 0.05)
    (tmp_path / "content.git/refs/heads/main.lock").touch()
    assert save(store, b"x\n") == head(store)


def test_a_full_disk_is_unavailable_and_changes_nothing(
    store: ContentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    before = head(store)
    with monkeypatch.context() as patch:
        patch.setattr(content_repository, "_sync", full)
        with pytest.raises(Unavailable):
            save(store, b"x\n")
    assert head(store) == before
    save(store, b"x\n")


def test_git_itself_reads_the_repository_and_syncs_what_it_writes(
    store: ContentStore, tmp_path: Path
) -> None:
    save(store, b"x\n")
    git = ["git", "-C", str(tmp_path / "content.git")]
    subprocess.run([*git, "fsck", "--strict"], check=True, capture_output=True)
    seen = subprocess.run([*git, "config", "core.fsync"], check=True, capture_output=True, text=True)
    assert seen.stdout == "all\n"
    subprocess.run([*git, "gc", "--quiet"], check=True, capture_output=True)
    assert store.read(RUNBOOK, head(store)) == b"x\n"
    assert store.read(RUNBOOK, save(store, b"y\n")) == b"y\n"
