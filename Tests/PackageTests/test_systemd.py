"""The service under the real systemd, which runs it as its unit says: each test boots this system, installs the package
while it is up, and asks on the socket.
"""

from __future__ import annotations

import os
import socket
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from Support.booted import Booted, CannotBoot
from Support.fastcgi import outputs, request, status_and_body
from Support.marks import as_root
from Support.tokens import KEY, PIPE, assert_the_guides_token
from Support.waiting import wait_until

pytestmark = as_root

SERVICE, SOCKET = "charts-token.service", "charts-token.socket"
PATH = "run/charts-token/charts-token.sock"


@pytest.fixture
def system() -> Iterator[Booted]:
    try:
        booted = Booted()
    except CannotBoot as reason:
        pytest.skip(f"this system can't be booted in a layer of it: {reason}")
    try:
        yield booted
        # For who reads why a test failed.
        print(booted.journal())
    finally:
        booted.close()


def configure(system: Booted) -> None:
    """As README.Debian says."""
    settings = system.root / "etc/charts-token"
    (settings / "key").write_text(f"{KEY}\n")
    (settings / "charts-token.env").write_text(f"TINYBIRD_PIPES={PIPE}\n")


@pytest.fixture
def installed(system: Booted, deb: Path) -> Booted:
    system.install(deb)
    configure(system)
    return system


def ask(system: Booted) -> None:
    """One request, as a web server makes it; fails unless it's answered by a token."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
        connection.connect(str(system.root / PATH))
        connection.sendall(request())
        output, errors = outputs(connection)
    status, body = status_and_body(output)
    assert (status, errors) == (200, b"")
    assert_the_guides_token(body)


@contextmanager
def asked_without_a_pause(system: Booted) -> Iterator[None]:
    """Within the block two clients ask on; it fails when one isn't answered."""
    ended, asked = threading.Event(), [0, 0]

    def client(index: int) -> None:
        while not ended.is_set():
            ask(system)
            asked[index] += 1

    with ThreadPoolExecutor(len(asked)) as pool:
        clients = [pool.submit(client, index) for index in range(len(asked))]
        try:
            for index, running in enumerate(clients):
                wait_until(lambda: asked[index] or running.done(), "the first answer")
            yield
        finally:
            ended.set()
        for running in clients:
            running.result()


def is_up(system: Booted) -> bool:
    return system.properties(SERVICE, "ActiveState", "SubState") == ("active", "running")


def process(system: Booted) -> Path:
    """The main process's directory in /proc."""
    return system.root / "proc" / system.properties(SERVICE, "MainPID")[0]


# ---- Starting ----

def test_the_first_request_after_the_installation_starts_the_service(installed: Booted) -> None:
    assert installed.properties(SOCKET, "UnitFileState", "SubState") == ("enabled", "listening")
    assert installed.properties(SERVICE, "ActiveState") == ("inactive",)
    owned = (installed.root / PATH).stat()
    assert (stat.filemode(owned.st_mode), installed.run("id", "-u", "www-data")) == ("srw-rw----", f"{owned.st_uid}\n")
    ask(installed)
    # As its notification says.
    wait_until(lambda: is_up(installed), "the service to be up")
    assert installed.properties(SERVICE, "Type", "NRestarts") == ("notify", "0")


def test_it_answers_confined_to_what_its_unit_grants(installed: Booted) -> None:
    ask(installed)
    wait_until(lambda: is_up(installed), "the service to be up")
    main = process(installed)
    status = dict(line.split(":\t", 1) for line in (main / "status").read_text().splitlines() if ":\t" in line)
    # Users that systemd makes up for as long as the service runs.
    assert {61184 <= int(user) <= 65519 for user in status["Uid"].split() + status["Gid"].split()} == {True}
    assert {int(status[name], 16) for name in status if name.startswith("Cap")} == {0}
    # 2: by a filter of system calls.
    assert (status["NoNewPrivs"], status["Seccomp"], status["Umask"]) == ("1", "2", "0177")
    for namespace in ("mnt", "net", "user", "uts"):
        assert os.readlink(main / "ns" / namespace) != os.readlink(installed.root / "proc/1/ns" / namespace), namespace
    # The one call that the filter lets through besides: the workers' batch scheduling (proc(5), field 41).
    policies = [int((task / "stat").read_text().rpartition(")")[2].split()[38]) for task in (main / "task").iterdir()]
    assert os.SCHED_BATCH in policies
    # Nor was there any directive that systemd doesn't know, or could not apply here.
    assert installed.journal("--unit", SERVICE, "--unit", SOCKET, "--priority=warning") == ""


# ---- Stopping and starting again ----

def test_no_request_is_lost_while_it_restarts(installed: Booted) -> None:
    processes = set()
    with asked_without_a_pause(installed):
        for _ in range(5):
            installed.run("systemctl", "restart", SERVICE)
            assert is_up(installed)
            processes.add(process(installed))
    assert len(processes) == 5


def test_it_is_started_again_however_often_it_is_killed(installed: Booted) -> None:
    # By default systemd gives up after the fifth time.
    for kills in range(1, 8):
        ask(installed)
        wait_until(lambda: is_up(installed), "the service to be up")
        installed.run("systemctl", "kill", "--kill-whom=main", "--signal=KILL", SERVICE)
        wait_until(lambda: installed.properties(SERVICE, "NRestarts") == (str(kills),), "the next start")
    ask(installed)
    assert installed.properties(SOCKET, "ActiveState") == ("active",)


def test_stopped_it_ends_cleanly_and_the_next_request_starts_it(installed: Booted) -> None:
    ask(installed)
    wait_until(lambda: is_up(installed), "the service to be up")
    main = process(installed)
    installed.run("systemctl", "stop", SERVICE)
    # By itself (CLD_EXITED), with status 0.
    assert installed.properties(SERVICE, "ActiveState", "Result", "ExecMainCode", "ExecMainStatus") == (
        "inactive", "success", str(os.CLD_EXITED), "0")
    assert not main.exists()
    ask(installed)


# ---- The package, while all that runs ----

def test_no_request_is_lost_while_the_package_is_upgraded(
    system: Booted, deb: Path, older: Path,
) -> None:
    system.install(older)
    configure(system)
    with asked_without_a_pause(system):
        before = process(system)
        system.install(deb)
        wait_until(lambda: is_up(system) and process(system) != before, "the new program")
    assert os.readlink(process(system) / "exe") == "/usr/lib/charts-token/charts-token"


def test_purged_it_leaves_nothing_behind(installed: Booted) -> None:
    ask(installed)
    wait_until(lambda: is_up(installed), "the service to be up")
    main = process(installed)
    installed.run("dpkg", "--no-triggers", "--purge", "charts-token")
    assert not main.exists()
    assert installed.run("systemctl", "list-units", "--all", "--full", "--plain", "--no-legend", "charts-token*") == ""
    assert installed.run("find", "/run", "/etc/systemd", "-name", "*charts-token*") == ""
