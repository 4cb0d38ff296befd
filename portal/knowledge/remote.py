"""The remote of the content repository, by the git command: fetch, push, and when it was last reached.

Nothing here holds the lock that saves wait for. Addresses and branch come from the settings, commits are full ids;
no text of a person becomes an argument. Credentials are the environment's (an ssh agent, GIT_ASKPASS, a helper).
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from portal.core.errors import Unavailable
from portal.knowledge.content_repository import clear_lock_file, try_lock
from portal.knowledge.git_objects import REDACTED, REMOTE

GIT_SECONDS = 60.0
TURN_SECONDS = 300.0
REDACTED_SUFFIX = "-redacted"
_PASSED = re.compile(
    r"PATH|HOME|USER|LOGNAME|TMPDIR|SSH_AUTH_SOCK|GIT_ASKPASS|GIT_SSH_COMMAND|GIT_SSL_\w+|SSL_CERT_\w+"
    r"|GIT_CONFIG_(?:COUNT|KEY_\d+|VALUE_\d+)|(?:http|https|no|all)_proxy",
    re.IGNORECASE,
)
_FIXED = {
    "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "file:ssh:https", "GIT_OPTIONAL_LOCKS": "0",
}  # fmt: skip
_OPTIONS = (
    "-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "core.fsync=all",
    "-c", "fetch.fsckObjects=true", "-c", "http.lowSpeedLimit=1",
    "-c", "http.lowSpeedTime=20", "-c", "push.followTags=false",
)  # fmt: skip
_USER = re.compile(r"(?<=//)[^/@\s]*@")


class Unreachable(Unavailable):
    """The remote did not answer, or refused us; the message says which, for admins."""


@dataclass(frozen=True, slots=True)
class RemoteState:
    """When the remote was last asked and last reached, and why not since; times as ISO texts in UTC, "" for never."""

    tried_at: str = ""
    reached_at: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Remote:
    """Branch `branch` at `url`, for the repository at `repository`."""

    repository: Path
    url: str = field(repr=False)
    branch: str = "main"

    @contextmanager
    def turn(self, seconds: float = TURN_SECONDS) -> Iterator[None]:
        """One process of this node talks to the remote at a time. Raises Unavailable."""
        with open(self.repository / "portal.remote.lock", "w") as lock:
            deadline = time.monotonic() + seconds
            while not try_lock(lock.fileno()):
                if time.monotonic() > deadline:
                    raise Unavailable("Another process is talking to the remote.")
                time.sleep(0.02)
            yield
            fcntl.flock(lock, fcntl.LOCK_UN)

    def fetch(self) -> str | None:
        """Bring its branch here; the tip as it is there, None for an empty remote. Raises Unreachable."""
        for name in (REMOTE, REDACTED):
            clear_lock_file(self.repository / f"{name}.lock")  # of a fetch that was killed
        heads = f"refs/heads/{self.branch}"
        code, _, said = self._git(
            "fetch", "--quiet", "--force", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules",
            "--", self.url, f"+{heads}:{REMOTE}", f"+{heads}{REDACTED_SUFFIX}*:{REDACTED}*",
        )  # fmt: skip
        if code and "couldn't find remote ref" in said:
            return None
        if code:
            raise Unreachable(_reason(said))
        _, tip, _ = self._git("rev-parse", "--verify", "--quiet", REMOTE)
        return tip.strip()

    def push(self, commit: str, *, over: str | None = None, redacted: str | None = None) -> bool:
        """Move its branch to the commit; False when somebody else moved it meanwhile. Raises Unreachable.

        `over` replaces that very tip, though the commit does not follow it.
        """
        heads = f"refs/heads/{self.branch}"
        lease = [f"--force-with-lease={heads}:{over}"] if over else []
        lists = [f"+{redacted}:{heads}{REDACTED_SUFFIX}"] if redacted else []
        code, told, said = self._git(
            "push", "--porcelain", "--no-verify", *lease, "--", self.url, f"{commit}:{heads}", *lists
        )
        if code and re.search(r"^!.*(?:rejected|failed)", told, re.MULTILINE):
            if "hook" in told or "hook" in said:
                raise Unreachable(_reason(said or told))
            return False
        if code:
            raise Unreachable(_reason(said))
        self._git("update-ref", REMOTE, commit)
        return True

    def state(self) -> RemoteState:
        try:
            return RemoteState(**json.loads(self._state.read_text()))
        except (OSError, ValueError, TypeError):
            return RemoteState()

    def note(self, now: datetime, error: str = "") -> None:
        """Keep how it went, for all processes of this node."""
        at = now.astimezone(UTC).isoformat(timespec="seconds")
        state = RemoteState(at, self.state().reached_at if error else at, error)
        new = self._state.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps(asdict(state)))
        new.replace(self._state)

    @property
    def _state(self) -> Path:
        return self.repository / "portal.remote.json"

    def _git(self, *arguments: str) -> tuple[int, str, str]:
        return run_git(self.repository, *arguments)


def run_git(repository: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors of one command; killed with all that it started after GIT_SECONDS."""
    command = ["git", f"--git-dir={repository}", *_OPTIONS, *arguments]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(  # noqa: S603 - see the docstring of this file
                command, env=_environment(os.environ), stdin=subprocess.DEVNULL, stdout=out, stderr=errors,
                cwd=repository, process_group=0,
            )  # fmt: skip
        except OSError as error:
            raise Unreachable("The git command cannot be started.") from error
        try:
            code = process.wait(GIT_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise Unreachable(f"It did not answer within {GIT_SECONDS:.0f} seconds.") from error
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        texts = []
        for file in (out, errors):
            file.seek(0)
            texts.append(file.read(64 * 1024).decode("utf-8", "replace"))
    return code, texts[0], texts[1]


def prune(repository: Path) -> None:
    """Take away what nothing leads to any more. The caller keeps writers out. Raises Unreachable."""
    for command in (("repack", "-a", "-d", "-q"), ("prune", "--expire=now")):
        code, _, said = run_git(repository, *command)
        if code:
            raise Unreachable(_reason(said))


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    return {**{name: value for name, value in env.items() if _PASSED.fullmatch(name)}, **_FIXED}


def _reason(said: str) -> str:
    """The line of git's errors that says most, without user names of addresses."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = next((line for line in lines if line.startswith(("fatal:", "error:", "remote:"))), "it refused")
    return _USER.sub("", told)[:200]
