"""The program as a responder of its own: signals, full descriptor tables, crashes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from Support.fastcgi import answer, request, request_of
from Support.responder import Responder
from Support.tokens import KEY, PIPE, assert_the_guides_token
from Support.waiting import AT_ONCE, wait_until

ENVIRONMENT = {"TINYBIRD_SIGNING_KEY": KEY, "TINYBIRD_PIPES": PIPE}
BOTH_SOCKETS = pytest.mark.parametrize("tcp", [False, True], ids=["unix", "tcp"])


def ask(responder: Responder) -> bytes:
    """One token, as a web server asks for it."""
    with responder.connection() as connection:
        connection.sendall(request())
        return answer(connection)


def assert_is_token(output: bytes) -> None:
    head, _, body = output.partition(b"\r\n\r\n")
    assert b"Status" not in head or b"200" in head
    assert_the_guides_token(body)


@BOTH_SOCKETS
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1], ids=lambda number: number.name)
@pytest.mark.parametrize("busy", [True, False], ids=["after a request", "idle"])
def test_a_signal_ends_it_at_once_with_status_0(
    directory: Path, program: Path, running, tcp: bool, number: signal.Signals, busy: bool
) -> None:
    responder = running(Responder(directory, program, ENVIRONMENT, tcp=tcp))
    if busy:
        assert_is_token(ask(responder))
    else:
        wait_until(lambda: waits_for_signals(responder.pid), "the program to wait")
    assert responder.stop(number) < AT_ONCE
    assert responder.process.returncode == 0


def waits_for_signals(pid: int) -> bool:
    """Whether the program has started its threads."""
    return len(os.listdir(f"/proc/{pid}/task")) > 1


@BOTH_SOCKETS
def test_what_waits_in_the_backlog_is_still_answered(directory: Path, program: Path, running, tcp: bool) -> None:
    responder = running(Responder(directory, program, ENVIRONMENT, tcp=tcp))
    assert_is_token(ask(responder))
    responder.send(signal.SIGSTOP)
    waiting = [responder.connection() for _ in range(50)]
    for connection in waiting:
        connection.sendall(request())
    responder.send(signal.SIGTERM)
    began = time.monotonic()
    responder.send(signal.SIGCONT)
    for connection in waiting:
        with connection:
            assert_is_token(answer(connection))
    assert responder.process.wait(60) == 0
    assert time.monotonic() - began < AT_ONCE


@BOTH_SOCKETS
def test_silent_connections_keep_it_neither_from_answering_nor_from_ending(
    directory: Path, program: Path, running, tcp: bool
) -> None:
    responder = running(Responder(directory, program, ENVIRONMENT, tcp=tcp))
    silent = [responder.connection() for _ in range(20)]
    assert_is_token(ask(responder))
    assert responder.stop() < AT_ONCE
    assert responder.process.returncode == 0
    for connection in silent:
        connection.close()


def limited(directory: Path, program: Path, tcp: bool, descriptors: int) -> Responder:
    """A responder that may have so many descriptors, and needs one for its settings if there are more than 16."""
    scopes = directory / "scopes.json"
    scopes.write_text(f'[{{"type": "PIPES:READ", "resource": "{PIPE}"}}]')
    scopes.chmod(0o644)
    environment = {"TINYBIRD_SIGNING_KEY": KEY, "TINYBIRD_SCOPES_FILE": str(scopes)} if descriptors > 16 else ENVIRONMENT
    return Responder(
        directory, program, environment, tcp=tcp, prefix=["/usr/bin/prlimit", f"--nofile={descriptors}"])


# Of 16 descriptors 4 are left for connections, one for each thread.
@BOTH_SOCKETS
@pytest.mark.parametrize("descriptors", [16, 100])
@pytest.mark.parametrize("sent", [b"", request()[:-8]], ids=["silent", "unfinished"])
def test_connections_without_a_request_keep_nobody_out(
    directory: Path, program: Path, running, tcp: bool, descriptors: int, sent: bytes
) -> None:
    responder = running(limited(directory, program, tcp, descriptors))
    waiting = [responder.connection() for _ in range(2 * descriptors)]
    for connection in waiting:
        connection.settimeout(60)
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(sent)
    for _ in range(20):
        assert_is_token(ask(responder))
    # The oldest have gone, without a word.
    with suppress(ConnectionResetError):
        assert waiting[0].recv(1) == b""
    warning = "charts-token: warning: accept: Too many open files: connections without a request are closed, "
    assert responder.log().count(warning) == 1
    for connection in waiting:
        connection.close()
    assert responder.stop() < AT_ONCE
    assert responder.process.returncode == 0


@BOTH_SOCKETS
def test_persistent_connections_stay_where_others_go(directory: Path, program: Path, running, tcp: bool) -> None:
    responder = running(limited(directory, program, tcp, 100))
    kept = request_of([(b"REQUEST_METHOD", b"GET")], flags=1)
    persistent = [responder.connection() for _ in range(20)]
    for connection in persistent:
        connection.sendall(kept)
        assert_is_token(answer(connection))
    silent = [responder.connection() for _ in range(200)]
    assert_is_token(ask(responder))
    for connection in persistent:
        connection.sendall(kept)
        assert_is_token(answer(connection))
    for connection in [*persistent, *silent]:
        connection.close()


@BOTH_SOCKETS
def test_a_full_descriptor_table_keeps_it_from_nothing_when_it_is_to_end(
    directory: Path, program: Path, running, tcp: bool
) -> None:
    responder = running(limited(directory, program, tcp, 16))
    silent = [responder.connection() for _ in range(40)]
    wait_until(lambda: "charts-token: warning:" in responder.log(), "the warning")
    assert responder.stop() < AT_ONCE
    assert responder.process.returncode == 0
    for connection in silent:
        connection.close()


@pytest.mark.parametrize("garbage", [
    b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 64, b"\xff" * 64, b"\x01\x01\x00\x01\x00\x08\x00\x00", b"\x01",
], ids=["HTTP", "zeros", "ones", "half a record", "a byte"])
def test_what_is_not_fastcgi_harms_nobody_else(directory: Path, program: Path, running, garbage: bytes) -> None:
    responder = running(Responder(directory, program, ENVIRONMENT))
    for _ in range(8):
        with responder.connection() as connection:
            connection.sendall(garbage)
    assert_is_token(ask(responder))
    assert responder.stop() < AT_ONCE
    assert responder.process.returncode == 0


def crash(command: list[str], directory: Path, environment: dict[str, str]) -> int:
    """Runs a command on a listening socket, with core files allowed, and ends it by SIGSEGV; returns its status."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(directory / f"{Path(command[0]).name}.sock"))
        listening.listen()
        process = subprocess.Popen(
            ["/usr/bin/prlimit", "--core=unlimited", *command], stdin=listening, env=environment, cwd=directory)
    name = Path(command[0]).name
    wait_until(lambda: Path(f"/proc/{process.pid}/comm").read_text().strip() == name[:15], "the program")
    if name == "charts-token":
        wait_until(lambda: waits_for_signals(process.pid), "the program to wait")
    process.send_signal(signal.SIGSEGV)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = status
    return status


def test_a_crash_leaves_no_core_file(directory: Path, program: Path) -> None:
    other = crash(["/usr/bin/sleep", "60"], directory, {})
    if not os.WCOREDUMP(other):
        pytest.skip("this machine writes no core files at all")
    status = crash([str(program)], directory, ENVIRONMENT)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGSEGV
    assert not os.WCOREDUMP(status)
