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


def secret_of(system: Booted) -> str:
    """What the web server sends, once the package has made it."""
    path = system.root / "etc/charts-token/server-secret"
    return path.read_text() if path.exists() else ""


def response_to(system: Booted, secret: str) -> tuple[int, bytes, bytes]:
    """Status, body and error stream of one request, as a web server makes it."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
        connection.connect(str(system.root / PATH))
        connection.sendall(request(TINYBIRD_SERVER_SECRET=secret))
        output, errors = outputs(connection)
    return *status_and_body(output), errors


def ask(system: Booted) -> None:
    """One request; fails unless it's answered by a token."""
    status, body, errors = response_to(system, secret_of(system))
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


# ---- The server's secret ----

def test_who_does_not_know_the_servers_secret_gets_nothing(installed: Booted) -> None:
    ask(installed)
    for secret in ("", "x", secret_of(installed)[:-1]):
        status, body, errors = response_to(installed, secret)
        assert status == 403
        assert b"eyJ" not in body
    secrets = [installed.run("cat", f"/etc/charts-token/{name}") for name in ("server-secret", "server-secret.conf")]
    assert len(secrets[0]) == 64
    assert secrets[1] == f"Define CHARTS_TOKEN_SERVER_SECRET {secrets[0]}\n"
    # Another installation has another, and an upgrade keeps it.
    installed.run("dpkg-reconfigure", "charts-token")
    assert secret_of(installed) == secrets[0]


def test_apache_finds_the_service_by_the_packages_own_file(installed: Booted) -> None:
    modules = ("mpm_event", "authz_core", "alias", "env", "dir", "mime", "headers", "proxy", "proxy_fcgi")
    (installed.root / "etc/httpd.conf").write_text("\n".join([
        "ServerName localhost", "Listen 80", "PidFile /run/httpd.pid", "DefaultRuntimeDir /run", "ErrorLog /var/log/httpd",
        "TypesConfig /dev/null",
        *(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in modules),
        "User www-data", "Group www-data", "Include /etc/apache2/conf-available/charts-token.conf", ""]))
    installed.run("ip", "link", "set", "lo", "up")
    installed.run("apache2", "-f", "/etc/httpd.conf")
    assert_the_guides_token(installed.run("curl", "-s", "http://localhost/generate-token").encode())
    assert "<tinybird-chart" in installed.run("curl", "-s", "http://localhost/charts-token/")


def test_an_upgrade_from_a_version_without_a_secret_keeps_the_web_server_at_work(
    system: Booted, deb: Path, older: Path,
) -> None:
    system.install(older)
    configure(system)
    assert response_to(system, "")[0] == 200
    system.install(deb)
    assert response_to(system, "")[0] == 200
    # Until the administrator says that the web server sends it.
    system.run("rm", "/etc/systemd/system/charts-token.service.d/no-server-secret.conf")
    system.run("systemctl", "daemon-reload")
    system.run("systemctl", "restart", SERVICE)
    assert response_to(system, "")[0] == 403
    ask(system)
