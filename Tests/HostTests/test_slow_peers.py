"""Peers that keep a responder waiting, or break the protocol: none holds a thread for long."""

from __future__ import annotations

import json
import re
import select
import signal
import socket
import struct
import time
from pathlib import Path

import jwt
import pytest

from Support.fastcgi import PARAMS, STDIN, answer, is_read, record, request, request_of
from Support.responder import Responder
from Support.servers import IS_ROOT
from Support.tokens import KEY, PIPE, assert_the_guides_token
from Support.waiting import AT_ONCE, wait_until

ENVIRONMENT = {"TINYBIRD_SIGNING_KEY": KEY, "TINYBIRD_PIPES": PIPE, "TINYBIRD_THREADS": "2"}
ABORT_REQUEST = 2
EPOLLET, EPOLLEXCLUSIVE = 1 << 31, 1 << 28
# After which the program gives a request up, in seconds; it looks once a second.
LIMIT = 10
as_root = pytest.mark.skipif(not IS_ROOT, reason="only root sees what the program waits for")


def ask(responder: Responder) -> None:
    with responder.connection() as connection:
        connection.sendall(request())
        _, _, body = answer(connection).partition(b"\r\n\r\n")
        assert_the_guides_token(body)


@pytest.mark.slow
@pytest.mark.parametrize("tcp", [False, True], ids=["unix", "tcp"])
def test_a_byte_now_and_then_is_waited_for_for_10_seconds_and_holds_no_thread(
    directory: Path, program: Path, running, tcp: bool
) -> None:
    responder = running(Responder(directory, program, ENVIRONMENT, tcp=tcp))
    whole = request()
    began = time.monotonic()
    # More of them than threads.
    slow = [responder.connection() for _ in range(6)]
    with pytest.raises(OSError):
        # By this pace the request would take three times as long.
        for index in range(len(whole) - 1):
            for connection in slow:
                connection.sendall(whole[index:index + 1])
            asked = time.monotonic()
            ask(responder)
            assert time.monotonic() - asked < AT_ONCE
            time.sleep(0.7)
    assert time.monotonic() - began >= LIMIT
    for connection in slow:
        connection.close()


def test_a_request_that_comes_byte_by_byte_is_answered(directory: Path, program: Path, running) -> None:
    responder = running(Responder(directory, program, ENVIRONMENT))
    with responder.connection() as connection:
        for byte in request(CONTENT_TYPE="text/plain"):
            connection.sendall(bytes([byte]))
        _, _, body = answer(connection).partition(b"\r\n\r\n")
        assert_the_guides_token(body)


def test_a_request_under_way_when_the_program_is_told_to_stop_is_answered(
    directory: Path, program: Path, running
) -> None:
    responder = running(Responder(directory, program, ENVIRONMENT))
    with responder.connection() as connection:
        whole = request()
        connection.sendall(whole[:20])
        wait_until(lambda: is_read(connection), "the program to read")
        responder.send(signal.SIGTERM)
        # Nothing tells from outside that it waits; without waiting it would be gone by then.
        time.sleep(0.2)
        connection.sendall(whole[20:])
        _, _, body = answer(connection).partition(b"\r\n\r\n")
        assert_the_guides_token(body)
    assert responder.process.wait(timeout=60) == 0


@pytest.mark.parametrize("sent", [
    b"",
    b"\x01",
    request()[:8],
    request()[:16],
    request()[:30],
    request()[:-8],
    request()[:-1],
    b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"\x00" * 64,
    b"\xff" * 64,
    record(PARAMS, b""),
    record(STDIN, b""),
    record(1, struct.pack("!HB5x", 9, 0)),
    record(1, b"short"),
    request()[:16] + record(ABORT_REQUEST, b""),
    request()[:16] + record(PARAMS, b"\x7f\x7fabc") + record(PARAMS, b""),
    request()[:-8] + record(ABORT_REQUEST, b""),
], ids=lambda sent: f"{len(sent)} bytes, {sent[:24].hex()}")
def test_a_peer_that_breaks_off_or_talks_nonsense_costs_nothing(
    directory: Path, program: Path, running, sent: bytes
) -> None:
    responder = running(Responder(directory, program, ENVIRONMENT))
    for _ in range(8):
        with responder.connection() as connection:
            connection.sendall(sent)
    # Now with the sending side closed only, so that the program may still write.
    for _ in range(8):
        with responder.connection() as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(60)
            while connection.recv(4096):
                pass
    ask(responder)
    assert responder.process.poll() is None
    assert responder.log() == ""


def test_a_peer_that_never_reads_its_answer_costs_nothing(directory: Path, program: Path, running) -> None:
    responder = running(Responder(directory, program, ENVIRONMENT))
    unread = [responder.connection() for _ in range(50)]
    for connection in unread:
        connection.sendall(request())
    ask(responder)
    for connection in unread:
        connection.close()
    ask(responder)


def long_answers(directory: Path) -> dict[str, str]:
    """Settings by which an answer takes more room than a connection has on its way."""
    scopes = directory / "scopes.json"
    scopes.write_text(json.dumps([
        {"type": "PIPES:READ", "resource": f"pipe_{number}", "fixed_params": {"note": "x" * 1000}}
        for number in range(900)]))
    scopes.chmod(0o644)
    return {**ENVIRONMENT, "TINYBIRD_PIPES": "", "TINYBIRD_SCOPES_FILE": str(scopes)}


def narrow_connection(responder: Responder) -> socket.socket:
    """A connection that holds little on its way, where that can be chosen."""
    if not responder.tcp:
        return responder.connection()
    connection = socket.socket()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", responder.port))
    return connection


def info(descriptor: Path) -> str:
    """What the kernel says of an open descriptor: nothing, once it is closed."""
    try:
        return descriptor.read_text()
    except FileNotFoundError:
        return ""


def events(pid: int) -> list[int]:
    """What the program waits for on its connections: EPOLLIN, or EPOLLOUT."""
    waited = [
        int(mask, 16) for descriptor in Path(f"/proc/{pid}/fdinfo").iterdir()
        for mask in re.findall(r"^tfd: .* events: +([0-9a-f]+)", info(descriptor), re.M)]
    return [mask & 0xff for mask in waited if mask & (EPOLLEXCLUSIVE | EPOLLET) == 0]


def unread(responder: Responder) -> int:
    """How many responses the program holds because their peers don't read."""
    return sum(bool(mask & select.EPOLLOUT) for mask in events(responder.pid))


def assert_whole(response: bytes) -> None:
    _, _, body = response.partition(b"\r\n\r\n")
    claims = jwt.decode(json.loads(body)["token"], KEY, algorithms=["HS256"])
    assert [scope["resource"] for scope in claims["scopes"]] == [f"pipe_{number}" for number in range(900)]


@as_root
@pytest.mark.parametrize("tcp", [False, True], ids=["unix", "tcp"])
def test_a_long_answer_comes_whole_to_a_peer_that_reads_late(
    directory: Path, program: Path, running, tcp: bool
) -> None:
    responder = running(Responder(directory, program, long_answers(directory), tcp=tcp))
    with narrow_connection(responder) as connection:
        connection.sendall(request())
        wait_until(lambda: unread(responder) == 1, "the program to wait for its peer")
        assert_whole(answer(connection))


@as_root
def test_readers_that_are_slow_keep_nobody_else_waiting(directory: Path, program: Path, running) -> None:
    responder = running(Responder(directory, program, {**ENVIRONMENT, "TINYBIRD_THREADS": "4"}))
    # As many as there are threads.
    slow = [responder.connection() for _ in range(4)]
    # The settings' file stays as it is while the program reads it.
    long = request(**long_answers(directory))
    for connection in slow:
        connection.sendall(long)
    wait_until(lambda: unread(responder) == 4, "all responses to wait")
    for _ in range(18):
        ask(responder)
    assert unread(responder) == 4
    for connection in slow:
        with connection:
            assert_whole(answer(connection))


@pytest.mark.slow
@as_root
def test_a_long_answer_that_nobody_reads_is_given_up_after_10_seconds(
    directory: Path, program: Path, running
) -> None:
    responder = running(Responder(directory, program, long_answers(directory)))
    began = time.monotonic()
    with responder.connection() as connection:
        connection.sendall(request())
        wait_until(lambda: unread(responder) == 1, "the program to wait for its peer")
        # A peer that reads too slowly has no more time for the whole than one that doesn't read.
        connection.recv(8 << 10)
        wait_until(lambda: unread(responder) == 0, "the program to give up")
        assert time.monotonic() - began >= LIMIT


@as_root
@pytest.mark.parametrize("threads", [1, 4])
def test_what_is_pending_for_slow_peers_is_limited_in_total(
    directory: Path, program: Path, running, threads: int
) -> None:
    responder = running(Responder(directory, program, {**long_answers(directory), "TINYBIRD_THREADS": str(threads)}))
    slow = [responder.connection() for _ in range(100)]
    for connection in slow:
        connection.sendall(request())
        assert select.select([connection], [], [], 60)[0], "no response"
    # Fewer than all: 64 MiB, which is 50 of them and what is on its way.
    assert 50 <= unread(responder) <= 90
    kept, gone = [], []
    for number, connection in enumerate(slow):
        with connection:
            try:
                assert_whole(answer(connection))
                kept.append(number)
            except AssertionError as error:
                assert "the connection ended" in str(error)
                gone.append(number)
    # The oldest have gone, the newest are whole. Which is the oldest is known of one thread alone: another may have to
    # wait for its turn before it takes note of the time.
    assert gone and 99 in kept
    assert threads > 1 or max(gone) < min(kept)


def calls(pid: int) -> set[str]:
    """The system calls in which a program's threads are."""
    names = {128: "rt_sigtimedwait", 232: "epoll_wait"}
    numbers = [(task / "syscall").read_text().split()[0] for task in Path(f"/proc/{pid}/task").iterdir()]
    return {names.get(int(number), number) if number.isdigit() else number for number in numbers}


@as_root
def test_kept_connections_are_spread_over_the_threads(directory: Path, program: Path, running) -> None:
    responder = running(Responder(directory, program, {**ENVIRONMENT, "TINYBIRD_THREADS": "4"}))
    kept = request_of([(b"REQUEST_METHOD", b"GET")], flags=1)
    connections = [socket.socket(socket.AF_UNIX) for _ in range(40)]

    def wait_for_threads() -> None:
        wait_until(lambda: calls(responder.pid) <= {"epoll_wait", "rt_sigtimedwait"}, "all threads to wait")

    for connection in connections:
        # Whoever is still at work may be the fastest to take the next one.
        wait_for_threads()
        connection.connect(str(responder.socket))
        connection.sendall(kept)
        answer(connection)
    wait_for_threads()
    descriptors = [info(entry) for entry in Path(f"/proc/{responder.pid}/fdinfo").iterdir()]
    # A set of each thread, with the listening socket and the wake-up beside its connections.
    counts = [text.count("tfd:") - 2 for text in descriptors if "tfd:" in text]
    assert sum(counts) == 40 and max(counts) <= 12
    for connection in connections:
        connection.close()


def test_1000_kept_connections_on_2_threads(directory: Path, program: Path, running) -> None:
    responder = running(Responder(directory, program, ENVIRONMENT))
    kept = request_of([(b"REQUEST_METHOD", b"GET")], flags=1)
    connections = [responder.connection() for _ in range(1000)]
    for _ in range(3):
        for connection in connections:
            connection.sendall(kept)
        for connection in connections:
            _, _, body = answer(connection).partition(b"\r\n\r\n")
            assert_the_guides_token(body)
    ask(responder)
    for connection in connections:
        connection.close()
    assert responder.stop() < AT_ONCE
