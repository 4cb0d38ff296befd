"""The search tests once more on the original Whoosh 2.7.4, so that the way back to it stays open.

Installed beside the virtual environment, hash-locked, and put first on the path.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".stamps" / "whoosh274"
LOCK = ROOT / "requirements" / "whoosh274.txt"


def main() -> int:
    if not (FOLDER / "whoosh").is_dir():
        install = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
        subprocess.run(
            [sys.executable, "-m", "pip", *install, "--target", str(FOLDER), "-r", str(LOCK)], check=True
        )
    env = {**os.environ, "PYTHONPATH": f"{FOLDER}{os.pathsep}{ROOT}", "PORTAL_TEST_WHOOSH": "2.7.4"}
    tests = [sys.executable, "-m", "pytest", "tests/unit/search", "-n", "2"]
    return subprocess.run(tests, cwd=ROOT, env=env, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
