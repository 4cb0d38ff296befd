from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.core.config import ConfigError, from_env
from portal.knowledge import remote as remote_module
from portal.knowledge.content_store import Author, Clash, ContentStore, Seal
from portal.knowledge.remote import Remote, Unreachable
from portal.knowledge.service import KnowledgeBase
from portal.knowledge.service.redacting import follow_redactions

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
EDITOR = Author("Messaging editor", "editor@example.org")
RUNBOOK, OTHER, RULES = "runbook/sm-send.md", "reference/other.md", "criteria/sm-rules.md"
FIVE = "one\ntwo\nthree\nfour\nfive\n"


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Outside", "-c", "user.email=outside@example.org")
    done = subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout


class Node:
    """A portal's repository and the remote that it shares."""

    def __init__(self, place: Path, name: str, key: bytes = b"shared", *, trust: bool = False) -> None:
        path = place / name / "content.git"
        self.store = ContentStore(path, Seal(key), trust_remote=trust)
        self.remote = Remote(path, str(place / "remote.git"))
        self.store.create()
        self.refused = 0

    @property
    def head(self) -> str:
        return self.store.head() or ""

    def text(self, path: str) -> str | None:
        data = self.store.read(path, self.head)
        return None if data is None else data.decode()

    def save(self, path: str, text: str | None) -> str:
        data = None if text is None else text.encode()
        return self.store.save({path: data}, base=self.head, author=EDITOR, message="Edit", now=NOW).revision

    def pull(self) -> None:
        tip = self.remote.fetch()
        assert tip
        self.store.import_remote(tip, now=NOW)

    def sync(self) -> None:
        self.pull()
        assert self.head == self.remote.fetch() or self.remote.push(self.head)


class World:
    def __init__(self, place: Path) -> None:
        self.place, self.shipped = place, place / "content"
        git(place, "init", "--quiet", "--bare", "--initial-branch=main", "remote.git")
        for path in (RUNBOOK, OTHER, RULES):
            (self.shipped / path).parent.mkdir(parents=True, exist_ok=True)
            (self.shipped / path).write_text(FIVE)
        self.a = self.node("a")
        self.a.store.import_shipped(self.shipped, now=NOW)
        self.a.remote.fetch()
        self.a.remote.push(self.a.head)
        self.b = self.node("b")
        self.b.pull()
        self.b.store.import_shipped(self.shipped, now=NOW)
        git(place, "clone", "--quiet", str(place / "remote.git"), "clone")
        self.clone = place / "clone"

    def node(self, name: str, key: bytes = b"shared", *, trust: bool = False) -> Node:
        return Node(self.place, name, key, trust=trust)

    def outside(self, **texts: str | None) -> None:
        """A commit pushed from a clone."""
        git(self.clone, "pull", "--quiet", "--no-rebase", "--no-edit", "-X", "ours")
        for name, text in texts.items():
            path = self.clone / {"runbook": RUNBOOK, "other": OTHER, "rules": RULES}.get(name, name)
            path.parent.mkdir(exist_ok=True)
            path.unlink() if text is None else path.write_text(text)
        git(self.clone, "add", "--all")
        git(self.clone, "commit", "--quiet", "--message", "From outside")
        git(self.clone, "push", "--quiet")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_second_portal_begins_from_the_remote_and_ships_nothing_twice(world: World) -> None:
    assert world.b.head == world.a.head
    assert world.b.store.waiting() == 0
    (world.shipped / OTHER).write_text("newer\n")
    for node in (world.a, world.b):
        node.store.import_shipped(world.shipped, now=NOW)
        node.sync()
    assert world.a.text(OTHER) == world.b.text(OTHER) == "newer\n"


def test_saves_of_two_portals_and_a_clone_all_arrive(world: World) -> None:
    first = world.a.save(RUNBOOK, FIVE.replace("one", "ONE"))
    second = world.b.save(RUNBOOK, FIVE.replace("five", "FIVE"))
    world.outside(runbook=FIVE.replace("three", "THREE"))
    world.a.sync()
    assert world.b.remote.push(world.b.head) is False  # somebody was first
    assert world.b.store.waiting() == 1
    world.b.sync()
    world.a.sync()
    assert world.a.head == world.b.head
    assert world.a.text(RUNBOOK) == "ONE\ntwo\nTHREE\nfour\nFIVE\n"
    assert world.b.store.has(first)
    assert {RUNBOOK} == {path for change in world.a.store.since(first) for path in change.paths}
    assert second in [change.revision.commit for change in world.a.store.since(first)]
    assert "Outside" in [change.revision.author for change in world.b.store.since(second)]
    assert world.b.store.changes_after(second, RUNBOOK)


def test_a_clash_stops_nothing_else_and_is_told_to_both(world: World) -> None:
    begun = world.a.head
    world.a.save(RUNBOOK, FIVE.replace("one", "A"))
    world.b.save(RUNBOOK, FIVE.replace("one", "B"))
    world.b.save(OTHER, "b\n")
    world.a.sync()
    world.b.sync()
    world.a.sync()
    clash = Clash(RUNBOOK, FIVE, FIVE.replace("one", "A"), FIVE.replace("one", "B"))
    for node in (world.a, world.b):
        assert (node.text(RUNBOOK), node.text(OTHER)) == (FIVE.replace("one", "B"), "b\n")
        assert [clash for change in node.store.since(begun) for clash in change.clashes] == [clash]


def held(node: Node, noted: str) -> list[tuple[str, str, str]]:
    return [(h.path, h.text, h.author.name) for change in node.store.since(noted) for h in change.held]


def test_rules_from_outside_wait_while_everything_else_arrives(world: World) -> None:
    begun = world.a.head
    world.outside(rules="outside\n", other="outside\n")
    for node in (world.a, world.b, world.a):
        node.sync()
    for node in (world.a, world.b):
        assert (node.text(RULES), node.text(OTHER)) == (FIVE, "outside\n")
        assert held(node, begun) == [(RULES, "outside\n", "Outside")]
    before = world.a.head
    world.outside(runbook="more\n")  # the clone has the old rules again, by its pull
    world.a.sync()
    assert (world.a.text(RULES), world.a.text(RUNBOOK), held(world.a, before)) == (FIVE, "more\n", [])


def test_rules_that_a_portal_let_pass_arrive_and_hide_nothing_from_outside(world: World) -> None:
    world.a.save(RULES, FIVE.replace("one", "APPROVED"))
    world.a.sync()
    world.outside(rules=FIVE.replace("one", "APPROVED").replace("five", "outside"))
    begun = world.b.head
    world.b.sync()
    assert world.b.text(RULES) == FIVE.replace("one", "APPROVED")
    assert held(world.b, begun) == [
        (RULES, FIVE.replace("one", "APPROVED").replace("five", "outside"), "Outside")
    ]


def test_rules_changed_again_from_outside_keep_the_first_change_too(world: World) -> None:
    world.outside(rules=FIVE.replace("one", "first"))
    old = git(world.clone, "rev-parse", "HEAD").strip()
    world.a.sync()
    before = world.a.head
    git(world.clone, "reset", "--quiet", "--hard", old)
    (world.clone / RULES).write_text(FIVE.replace("one", "first").replace("five", "second"))
    git(world.clone, "commit", "--quiet", "--all", "--message", "Again")
    git(world.clone, "push", "--quiet", "--force")
    world.a.sync()
    assert world.a.text(RULES) == FIVE
    assert held(world.a, before) == [
        (RULES, FIVE.replace("one", "first").replace("five", "second"), "Outside")
    ]


def test_rules_taken_away_or_against_ours_are_a_clash(world: World) -> None:
    world.outside(rules=None)
    begun = world.a.head
    world.a.sync()
    assert world.a.text(RULES) == FIVE
    assert [c for change in world.a.store.since(begun) for c in change.clashes] == [
        Clash(RULES, FIVE, "", FIVE)
    ]


def test_a_seal_cannot_be_copied_to_another_commit(world: World) -> None:
    world.a.save(RULES, FIVE.replace("one", "APPROVED"))
    world.a.sync()
    git(world.clone, "pull", "--quiet")
    message = git(world.clone, "log", "-1", "--format=%B")
    assert "Portal-Seal: " in message
    assert "Portal-Seal" not in world.a.store.revision(world.a.head).message
    (world.clone / RULES).write_text("forged\n")
    git(world.clone, "commit", "--quiet", "--all", "--message", message)
    git(world.clone, "push", "--quiet")
    world.a.sync()
    assert world.a.text(RULES) == FIVE.replace("one", "APPROVED")


def test_with_trust_rules_arrive_as_they_are(world: World) -> None:
    world.outside(rules="outside\n")
    trusting = world.node("c", trust=True)
    trusting.pull()
    assert (trusting.text(RULES), held(trusting, "")) == ("outside\n", [])


def test_portals_with_different_keys_hold_each_others_rules(world: World) -> None:
    world.a.save(RULES, "a\n")
    world.a.save(RUNBOOK, "a\n")
    world.a.sync()
    stranger = world.node("c", b"another")
    stranger.pull()
    assert (stranger.text(RULES), stranger.text(RUNBOOK)) == (None, "a\n")
    assert [path for path, _, _ in held(stranger, "")] == [RULES]


def test_a_link_from_outside_is_left_out_and_what_is_no_content_stays(world: World) -> None:
    (world.clone / OTHER).unlink()
    (world.clone / OTHER).symlink_to("../catalogue.yml")
    world.outside(**{"README.md": "for people\n", ".gitignore": "x\n"})
    world.b.save(RUNBOOK, "b\n")
    world.b.sync()
    files, problems = world.b.store.files(world.b.head)
    assert {problem.file for problem in problems} == {OTHER, "README.md"}
    assert files[RUNBOOK][1] == b"b\n"
    assert [data for _, data in world.b.store.earlier(OTHER, world.b.head)] == [FIVE.encode()]
    git(world.clone, "pull", "--quiet")
    assert (world.clone / "README.md").exists()


def test_histories_that_began_apart_meet_without_false_clashes(world: World) -> None:
    apart = world.node("c")
    apart.store.import_shipped(world.shipped, now=datetime(2026, 11, 22, tzinfo=UTC))
    world.a.save(RUNBOOK, "a\n")
    world.a.sync()
    apart.save(OTHER, "c\n")
    apart.sync()
    assert (apart.text(RUNBOOK), apart.text(OTHER)) == ("a\n", "c\n")
    assert [c for change in apart.store.since() for c in change.clashes] == []


def test_a_remote_that_cannot_be_reached_says_so_without_names(world: World, tmp_path: Path) -> None:
    gone = Remote(world.a.remote.repository, str(tmp_path / "gone.git"))
    with pytest.raises(Unreachable, match="does not appear to be a git repository"):
        gone.fetch()
    assert remote_module._reason("fatal: 'ssh://bob@host/x' failed") == "fatal: 'ssh://host/x' failed"
    gone.note(NOW, "It did not answer.")
    assert (gone.state().reached_at, gone.state().error) == ("", "It did not answer.")
    gone.note(NOW)
    assert (gone.state().reached_at, gone.state().error) == ("2026-11-21T09:30:00+00:00", "")


def test_a_remote_that_hangs_is_left(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "ssh"
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(slow))
    monkeypatch.setattr(remote_module, "GIT_SECONDS", 0.3)
    with pytest.raises(Unreachable, match="did not answer"):
        Remote(world.a.remote.repository, "git@example.org:content.git").fetch()


def test_a_killed_fetch_leaves_nothing_that_stops_the_next(world: World) -> None:
    (world.a.remote.repository / "refs/portal").mkdir(exist_ok=True)
    (world.a.remote.repository / "refs/portal/remote.lock").touch()
    assert world.a.remote.fetch() == world.a.head


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("/srv/content.git", True), ("file:///srv/content.git", True), ("git@example.org:team/content.git", True),
        ("ssh://git@example.org:2222/content.git", True), ("https://example.org/content.git", True),
        ("https://bob:secret@example.org/content.git", False), ("https://bob@example.org/content.git", False),
        ("ext::sh -c touch", False), ("-upload-pack=x", False), ("http://example.org/x", False), ("relative", False),
        ("git@example.org:-x", False), ("/srv/x y", False),
    ],
)  # fmt: skip
def test_only_paths_ssh_and_https_are_remotes(url: str, fits: bool) -> None:
    env = {"PORTAL_SECRET_KEY": "k" * 40, "PORTAL_CONTENT_REMOTE": url, "PORTAL_INSTANCE_DIR": "/nowhere"}
    if fits:
        assert from_env(env).content_remote == url
        return
    with pytest.raises(ConfigError) as refused:
        from_env(env)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("branch", ["-x", "a..b", "a b", "a.lock", "/a", "a/", "a~1", ""])
def test_a_branch_is_a_plain_name(branch: str) -> None:
    env = {"PORTAL_SECRET_KEY": "k" * 40, "PORTAL_CONTENT_BRANCH": branch, "PORTAL_INSTANCE_DIR": "/nowhere"}
    if not branch:
        assert from_env(env).content_branch == "main"
        return
    with pytest.raises(ConfigError, match="no name of a branch"):
        from_env(env)


def test_a_note_that_a_killed_fetch_moved_back_overwrites_nothing(world: World) -> None:
    """The push after a fetch follows what that fetch said, not what stands as fetched last."""
    base = KnowledgeBase(world.a.store, world.shipped, world.a.remote)
    old = world.a.remote.fetch() or ""
    world.outside(other="from outside\n")
    tip = world.a.remote.fetch() or ""
    world.a.save(RUNBOOK, "a\n")
    git(world.a.remote.repository, "update-ref", "refs/portal/remote", old)
    assert follow_redactions(base, tip) == tip
    world.a.store.import_remote(tip, now=NOW)
    assert world.a.remote.push(world.a.head)
    world.b.sync()
    assert (world.b.text(OTHER), world.b.text(RUNBOOK)) == ("from outside\n", "a\n")
