"""A chroot jail that holds the static program alone: there is no /proc, in which Swift's runtime looks for its own path."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from Support.fastcgi import outputs, request, status_and_body
from Support.marks import as_root
from Support.responder import Responder
from Support.tokens import KEY, SETTINGS, assert_the_guides_token

pytestmark = as_root
SIGNING = {"TINYBIRD_SIGNING_KEY": KEY, **SETTINGS}


@pytest.fixture
def jailed(directory: Path, program: Path) -> Path:
    """The program's path in the jail, `directory`."""
    version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    if not version.endswith("linked statically\n"):
        pytest.skip("a program that is linked dynamically needs libraries in its jail")
    shutil.copy2(program, directory)
    return Path("/") / program.name


def test_it_answers_as_cgi(directory: Path, jailed: Path) -> None:
    answer = subprocess.run(
        ["/usr/sbin/chroot", directory, jailed], env={"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", **SIGNING},
        check=True, capture_output=True, timeout=60)
    assert_the_guides_token(answer.stdout.partition(b"\r\n\r\n")[2])


class Jailed(Responder):
    def command(self) -> list[str]:
        command = super().command()
        at = command.index("--")
        # -S: the socket's path is one outside of the jail.
        return [*command[:at], "-S", "-c", str(self.directory), *command[at:]]


def test_it_answers_as_fastcgi(directory: Path, jailed: Path, running) -> None:
    responder = running(Jailed(directory, jailed, SIGNING))
    with responder.connection() as connection:
        connection.sendall(request())
        assert_the_guides_token(status_and_body(outputs(connection)[0])[1])
