"""Requests by the real curl, as a user makes them."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the headers in lower case, the body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def fetch(url: str, *options: str) -> Answer:
    """One request. `--path-as-is` keeps curl from tidying a path that a test has made untidy."""
    completed = subprocess.run(
        ["curl", "--silent", "--show-error", "--include", "--path-as-is", "--max-time", "60",
         "--header", "Expect:", *options, url],
        capture_output=True, check=False)
    assert completed.returncode == 0, f"curl {url}: {completed.stderr.decode()}"
    head, _, body = completed.stdout.partition(b"\r\n\r\n")
    status_line, *fields = head.decode("latin-1").split("\r\n")
    pairs = (field.split(": ", 1) for field in fields)
    return Answer(int(status_line.split()[1]), {name.lower(): value for name, value in pairs}, body)


def bearer(token: str) -> list[str]:
    """The options to send a token."""
    return ["--header", f"Authorization: Bearer {token}"]
