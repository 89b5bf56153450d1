"""`charts-token serve`: sockets of its own, and those that a supervisor hands over."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import socket
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from Support.fastcgi import answer, request
from Support.repository import REPOSITORY
from Support.servers import ENVIRONMENT, free_port
from Support.tokens import KEY, PIPE, assert_the_guides_token
from Support.waiting import wait_until

SETTINGS = {**ENVIRONMENT, "TINYBIRD_SIGNING_KEY": KEY, "TINYBIRD_PIPES": PIPE}
UNITS = REPOSITORY / "packaging/systemd"


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Callable[..., subprocess.Popen[str]]:
    """Starts a command with the guide's settings, and ends it after the test."""
    def run(*command: object, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [str(word) for word in command], env={**SETTINGS, **environment}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        request.addfinalizer(process.communicate)
        request.addfinalizer(process.kill)
        return process
    return run


def unix(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(path))
    return connection


def ask(connection: socket.socket) -> None:
    with connection:
        connection.sendall(request())
        assert_the_guides_token(answer(connection).partition(b"\r\n\r\n")[2])


def accepts(connect: Callable[[], socket.socket]) -> bool:
    try:
        connect().close()
        return True
    except OSError:
        return False


def test_it_serves_on_a_unix_socket_and_removes_it(directory: Path, program: Path, start) -> None:
    path = directory / "x.sock"
    process = start(program, "serve", "--listen", path)
    wait_until(lambda: accepts(lambda: unix(path)), "the socket")
    ask(unix(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert not path.exists()


@pytest.mark.parametrize("mode", ["0600", "666"])
def test_the_sockets_mode_is_the_one_asked_for_whatever_the_umask(
    directory: Path, program: Path, start, mode: str
) -> None:
    path = directory / "x.sock"
    start("sh", "-c", f"umask 077; exec {program} serve --listen {path} --mode {mode}")
    wait_until(path.exists, "the socket")
    assert stat.S_IMODE(path.stat().st_mode) == int(mode, 8)


@pytest.mark.parametrize(("listen", "family", "host"), [
    ("127.0.0.1:{}", socket.AF_INET, "127.0.0.1"),
    ("localhost:{}", socket.AF_INET, "127.0.0.1"),
    (":{}", socket.AF_INET, "127.0.0.1"),
    ("[::1]:{}", socket.AF_INET6, "::1"),
])
def test_it_serves_on_a_tcp_port_of_the_loopback(
    program: Path, start, listen: str, family: socket.AddressFamily, host: str
) -> None:
    port = free_port()
    process = start(program, "serve", "--listen", listen.format(port))
    wait_until(lambda: accepts(lambda: socket.create_connection((host, port))), "the port")
    ask(socket.create_connection((host, port)))
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=60) == ("", "")


def test_a_port_that_other_machines_can_reach_is_warned_about(program: Path, start) -> None:
    process = start(program, "serve", "--listen", f"0.0.0.0:{free_port()}")
    assert "is open to other machines" in process.stderr.readline()


def test_a_live_owner_is_not_stolen_from(directory: Path, program: Path, start) -> None:
    path = directory / "x.sock"
    first = start(program, "serve", "--listen", path)
    wait_until(lambda: accepts(lambda: unix(path)), "the socket")
    inode = path.stat().st_ino
    # Nor from one that can't accept just now.
    first.send_signal(signal.SIGSTOP)
    second = start(program, "serve", "--listen", path)
    _, errors = second.communicate(timeout=60)
    first.send_signal(signal.SIGCONT)
    assert second.returncode == os.EX_UNAVAILABLE
    assert errors == (
        f"charts-token: error: can't listen on {path}: another process listens there; stop it, or choose another path\n")
    assert path.stat().st_ino == inode
    ask(unix(path))


def test_a_stale_socket_is_replaced(directory: Path, program: Path, start) -> None:
    path = directory / "x.sock"
    first = start(program, "serve", "--listen", path)
    wait_until(lambda: accepts(lambda: unix(path)), "the socket")
    first.kill()
    first.wait(60)
    assert path.exists()
    start(program, "serve", "--listen", path)
    wait_until(lambda: accepts(lambda: unix(path)), "the new socket")
    ask(unix(path))


def test_of_many_that_start_at_once_on_a_stale_socket_one_serves(directory: Path, program: Path, start) -> None:
    path = directory / "x.sock"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    started = [start(program, "serve", "--listen", path) for _ in range(8)]
    wait_until(lambda: sum(process.poll() is None for process in started) == 1, "all but one to give up")
    ask(unix(path))
    assert sorted(process.poll() or 0 for process in started) == [0] + [os.EX_UNAVAILABLE] * 7


def waits_for_the_lock(process: subprocess.Popen[str], directory: Path) -> bool:
    """Whether a program has the directory open, in which it will put its socket."""
    try:
        return any(os.path.realpath(each) == str(directory) for each in Path(f"/proc/{process.pid}/fd").iterdir())
    except OSError:
        return False  # it has ended


def test_two_that_start_at_once_wait_for_each_other(directory: Path, program: Path, start) -> None:
    path = directory / "x.sock"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    # As a third one that starts.
    lock = os.open(directory, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    started = [start(program, "serve", "--listen", path) for _ in range(2)]
    wait_until(lambda: all(waits_for_the_lock(process, directory) for process in started), "both to wait")
    assert not accepts(lambda: unix(path))
    os.close(lock)
    wait_until(lambda: accepts(lambda: unix(path)), "the socket")
    wait_until(lambda: any(process.poll() is not None for process in started), "one to give up")
    ask(unix(path))
    assert sorted(process.poll() or 0 for process in started) == [0, os.EX_UNAVAILABLE]


def test_a_lock_that_is_not_given_up_is_reported(directory: Path, program: Path, start) -> None:
    # Whoever may read the directory may lock it.
    lock = os.open(directory, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    process = start(program, "serve", "--listen", directory / "x.sock")
    _, errors = process.communicate(timeout=60)
    os.close(lock)
    assert process.returncode == os.EX_UNAVAILABLE
    assert errors == (
        f"charts-token: error: can't listen on {directory}/x.sock: another process holds a lock on {directory}; "
        "stop it (lslocks(8) shows which), or choose another directory\n")


def test_the_end_of_one_leaves_the_socket_of_its_successor(directory: Path, program: Path, start) -> None:
    path = directory / "x.sock"
    first = start(program, "serve", "--listen", path)
    wait_until(lambda: accepts(lambda: unix(path)), "the socket")
    path.unlink()
    start(program, "serve", "--listen", path)
    wait_until(lambda: accepts(lambda: unix(path)), "the successor")
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0
    ask(unix(path))


@pytest.mark.parametrize("kind", ["file", "directory", "symbolic link"])
def test_what_is_not_a_socket_stays(directory: Path, program: Path, start, kind: str) -> None:
    path = directory / "x"
    {"file": path.touch, "directory": path.mkdir, "symbolic link": lambda: path.symlink_to("/nonexistent")}[kind]()
    process = start(program, "serve", "--listen", path)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == os.EX_UNAVAILABLE
    assert "a file that isn't a socket is there" in errors
    assert os.path.lexists(path)


@pytest.mark.parametrize(("arguments", "message"), [
    ([], "No socket to serve on: pass --listen PATH or --listen HOST:PORT."),
    (["--listen", "x.sock"], "--listen takes a PATH with a slash, or HOST:PORT with a numeric address"),
    (["--listen", "example.com:9000"], "--listen takes a PATH with a slash, or HOST:PORT with a numeric address"),
    (["--listen", "127.0.0.1:0"], "--listen takes a PATH with a slash, or HOST:PORT with a numeric address"),
    (["--listen", "/x", "--mode", "rw"], "--mode takes an octal number, such as 0660."),
    (["--listen", "/x", "--threads", "0"], "--threads takes 1 to 256."),
])
def test_wrong_usage_is_explained(program: Path, start, arguments: list[str], message: str) -> None:
    process = start(program, "serve", *arguments)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == os.EX_USAGE
    assert message in errors


@pytest.mark.parametrize("path", ["/nonexistent/x.sock", "/" + "x" * 200 + "/x"])
def test_a_path_that_cannot_be_is_one_clear_line(program: Path, start, path: str) -> None:
    process = start(program, "serve", "--listen", path)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == os.EX_UNAVAILABLE
    assert errors.startswith(f"charts-token: error: can't listen on {path}: ")
    assert errors.count("\n") == 1


def test_a_supervisors_socket_is_served(directory: Path, program: Path, start) -> None:
    path = directory / "x.sock"
    variables = [f"-E{name}" for name in ("TINYBIRD_SIGNING_KEY", "TINYBIRD_PIPES")]
    start("systemd-socket-activate", "-l", path, *variables, program, "serve")
    wait_until(lambda: accepts(lambda: unix(path)), "the socket")
    for _ in range(3):
        ask(unix(path))


@pytest.mark.parametrize("is_abstract", [False, True], ids=["path", "abstract"])
def test_a_supervisor_is_told_when_it_is_ready_and_when_it_stops(
    directory: Path, program: Path, start, is_abstract: bool
) -> None:
    name = f"{directory}/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        # systemd writes the NUL before an abstract name as "@".
        supervisor.bind("\0" + name if is_abstract else name)
        supervisor.settimeout(60)
        process = start(
            program, "serve", "--listen", directory / "x.sock", NOTIFY_SOCKET="@" + name if is_abstract else name)
        assert supervisor.recv(100) == b"READY=1"
        ask(unix(directory / "x.sock"))
        process.send_signal(signal.SIGTERM)
        assert supervisor.recv(100) == b"STOPPING=1"
        assert process.wait(60) == 0


def test_systemd_accepts_the_units(directory: Path, program: Path) -> None:
    for unit in UNITS.iterdir():
        (directory / unit.name).write_text(unit.read_text().replace("/usr/lib/charts-token/charts-token", str(program)))
    verified = subprocess.run(
        ["systemd-analyze", "verify", *directory.glob("charts-token.*")], capture_output=True, text=True, timeout=60)
    assert (verified.returncode, verified.stderr) == (0, "")


def test_systemd_calls_the_service_safe() -> None:
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", UNITS / "charts-token.service"],
        capture_output=True, text=True, timeout=60)
    level = re.search(r"Overall exposure level for charts-token.service: ([\d.]+) ", rated.stdout)
    assert level and float(level[1]) < 1.0, rated.stdout
