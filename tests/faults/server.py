"""A real portal in processes of its own, on a free port and in a folder of its own, to be killed and started again."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.postgres.conftest import free_port

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "demo-password-for-tests"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Server:
    """`start` waits until it answers and says how long that took; `kill` leaves no process of its group."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def env(self) -> dict[str, str]:
        ours = {
            "PORTAL_INSTANCE_DIR": str(self.folder / "instance"), "PORTAL_INDEX_DIR": str(self.folder / "index"),
            "PORTAL_CONTENT_DIR": str(self.folder / "content"), "PORTAL_SECRET_KEY": "s" * 64, "PORTAL_DEMO": "1",
            "PORTAL_DEMO_PASSWORD": PASSWORD, "PORTAL_WORKERS": "2", "PORTAL_THREADS": "8", "PORTAL_PORT": str(self.port),
        }  # fmt: skip
        return {**{k: v for k, v in os.environ.items() if not k.startswith("PORTAL_")}, **ours}

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def database(self) -> Path:
        return self.folder / "instance" / "portal.db"

    def start(self) -> float:
        began = time.monotonic()
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "portal.serve"],
                cwd=ROOT, env=self.env, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        while time.monotonic() - began < 60:
            try:
                if self.ask("GET", "/readyz").status == 200:
                    return time.monotonic() - began
            except OSError:
                time.sleep(0.05)
            assert self.process.poll() is None, self.log.read_text()
        raise AssertionError("the portal did not start")

    def kill(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def flask(self, *arguments: str) -> str:
        """Output of one command of the portal beside the running server."""
        command = [sys.executable, "-m", "flask", "--app", "portal", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.env, capture_output=True, text=True, check=True
        ).stdout

    def token(self, email: str) -> str:
        return self.flask("accounts", "token", email).split()[-1]

    def ask(self, method: str, path: str, body: str | bytes = b"", **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, text)
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()

    def file(self, token: str, key: str, **changes: Any) -> Answer:
        """POST /api/v1/tickets."""
        body = {
            "tool": "medications", "audience": "veteran", "origin": "hrc", "external_refs": ["1234567"], "details": "",
            "summary": "The list of medications turns grey after two refreshes.", "severity": "medium",
        }  # fmt: skip
        headers = {
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": key,
            "Content-Type": "application/json",
        }
        return self.ask("POST", "/api/v1/tickets", json.dumps({**body, **changes}), **headers)

    def sign_in(self, email: str) -> Person:
        person = Person(self)
        page = person.get("/accounts/sign-in")
        answer = person.post("/accounts/sign-in", email=email, password=PASSWORD, next="/my-calls")
        assert (page.status, answer.status) == (200, 303), answer.text
        person.get("/my-calls")
        return person


@dataclass
class Person:
    """A signed-in browser without script: one cookie, the token of the last page."""

    server: Server
    cookie: str = ""
    csrf: str = ""

    def get(self, path: str) -> Answer:
        return self._noted(self.server.ask("GET", path, Cookie=self.cookie))

    def post(self, path: str, **fields: str | Sequence[str]) -> Answer:
        body = urlencode({"csrf_token": self.csrf, **fields}, doseq=True)
        form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": self.cookie}
        return self._noted(self.server.ask("POST", path, body, **form))

    def _noted(self, answer: Answer) -> Answer:
        if "set-cookie" in answer.headers:
            self.cookie = answer.headers["set-cookie"].partition(";")[0]
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.text)
        self.csrf = found[1] if found else self.csrf
        return answer
