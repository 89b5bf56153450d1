"""Running the program as in a shell, with nothing in its environment but what a test gives."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

from Support.repository import PROGRAM
from Support.tokens import KEY

GUIDES = {"TINYBIRD_SIGNING_KEY": KEY, "TINYBIRD_PIPES": "sales"}

OK, FAILURE, USAGE, CONFIG = 0, 1, 64, 78


@dataclass(frozen=True)
class Run:
    status: int
    output: str
    errors: str


def run(*arguments: str, settings: dict[str, str | bytes] = GUIDES, stdin: str = "") -> Run:
    """Runs a command; no run ever prints the key."""
    assert PROGRAM.is_file(), f"{PROGRAM} is not there: build it, or set CHARTS_TOKEN_PROGRAM"
    done = subprocess.run(
        [PROGRAM, *arguments], env=settings, input=stdin.encode(), capture_output=True, timeout=60, check=False)
    for stream in (done.stdout, done.stderr):
        assert b"not-a-real-signature" not in stream
    return Run(done.returncode, done.stdout.decode(), done.stderr.decode())
