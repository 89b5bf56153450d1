"""FastCGI records that would end a program which leaves them to libfcgi, and others that no web server sends."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

import pytest

from Support.fastcgi import BEGIN_REQUEST, PARAMS, RESPONDER, STDIN, answer, record, request
from Support.responder import Responder
from Support.tokens import KEY, PIPE, assert_the_guides_token

ENVIRONMENT = {"TINYBIRD_SIGNING_KEY": KEY, "TINYBIRD_PIPES": PIPE, "TINYBIRD_THREADS": "2"}
GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE = 9, 10, 11
BEGIN = record(BEGIN_REQUEST, struct.pack("!HB5x", RESPONDER, 0))
END = record(PARAMS, b"") + record(STDIN, b"")


def management(kind: int, content: bytes) -> bytes:
    return struct.pack("!BBHHBB", 1, kind, 0, len(content), 0, 0) + content


def question(*names: str) -> bytes:
    return management(GET_VALUES, b"".join(bytes([len(name), 0]) + name.encode() for name in names))


def length(number: int) -> bytes:
    return struct.pack("!I", number | 0x8000_0000)


@pytest.fixture
def responder(directory: Path, program: Path, running) -> Responder:
    return running(Responder(directory, program, ENVIRONMENT))


def outcome(responder: Responder, pieces: list[bytes]) -> bytes:
    """What comes back for pieces that are sent one by one, until the program closes the connection."""
    with responder.connection() as connection:
        connection.settimeout(60)
        received = b""
        try:
            for piece in pieces:
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                received += chunk
        except (BrokenPipeError, ConnectionResetError):
            pass
        return received


def assert_serves(responder: Responder) -> None:
    """It is the same process as ever, and answers."""
    assert responder.process.poll() is None
    with responder.connection() as connection:
        connection.sendall(request())
        _, _, body = answer(connection).partition(b"\r\n\r\n")
        assert_the_guides_token(body)


# Whole, so that it is all there when the program looks; and in pieces, the worst one last.
@pytest.mark.parametrize("in_pieces", [False, True], ids=["whole", "in pieces"])
@pytest.mark.parametrize("records", [
    # A stack buffer of libfcgi's overflows (twenty answers in 64 bytes), and it aborts.
    [question(*["FCGI_MAX_REQS"] * 20)],
    [BEGIN, question(*["FCGI_MAX_REQS"] * 20)],
    [BEGIN, record(PARAMS, b""), question(*["FCGI_MAX_REQS"] * 20), record(STDIN, b"")],
    [request()[:-8], record(STDIN, b"body"), question(*["FCGI_MPXS_CONNS"] * 20), record(STDIN, b"")],
    [management(GET_VALUES, length(2**31 - 1) + length(2**31 - 1))],
    # It can't allocate so much, and an assertion fails.
    *([BEGIN, record(PARAMS, length(name) + length(value) + b"NAME"), END]
      for name in (2**31 - 1, 2**31 - 2, 2**30, 4) for value in (2**31 - 1, 2**31 - 6, 2**30)),
    [BEGIN, record(PARAMS, length(4)), record(PARAMS, length(2**31 - 1)), END],
], ids=lambda records: f"{b''.join(records)[:40].hex()}")
def test_what_crashes_libfcgi_costs_nothing(responder: Responder, records: list[bytes], in_pieces: bool) -> None:
    for _ in range(3):
        outcome(responder, records if in_pieces else [b"".join(records)])
    assert_serves(responder)


@pytest.mark.parametrize("hidden", [
    record(PARAMS, length(4) + length(2**31 - 6) + b"NAME"), question(*["FCGI_MAX_REQS"] * 16),
    request(REMOTE_USER="mallory")[16:],
], ids=["a parameter of 2 GiB", "a question for values", "parameters"])
@pytest.mark.parametrize("padded", [BEGIN, record(PARAMS, b"")], ids=["of the begin", "of the parameters' end"])
def test_records_in_padding_are_padding(responder: Responder, padded: bytes, hidden: bytes) -> None:
    def pad(records: bytes) -> bytes:
        at = records.index(padded)
        head = records[at:at + 6] + bytes([len(hidden)]) + records[at + 7:at + len(padded)]
        return records[:at] + head + hidden + records[at + len(padded):]
    received = outcome(responder, [pad(request(REQUEST_METHOD="POST"))])
    assert b"405 Method Not Allowed" in received
    assert_serves(responder)


def test_it_says_that_a_connection_carries_one_request_at_a_time(responder: Responder) -> None:
    expected = management(GET_VALUES_RESULT, b"\x0f\x01FCGI_MPXS_CONNS0")
    assert outcome(responder, [question("FCGI_MAX_CONNS", "FCGI_MAX_REQS", "FCGI_MPXS_CONNS")]) == expected


def test_an_unknown_management_record_is_answered_as_such(responder: Responder) -> None:
    assert outcome(responder, [management(77, b"anything")]) == management(UNKNOWN_TYPE, b"\x4d" + bytes(7))


def test_a_question_for_values_before_a_request_leaves_the_request_whole(responder: Responder) -> None:
    with responder.connection() as connection:
        connection.sendall(question("FCGI_MPXS_CONNS") + request())
        _, _, body = answer(connection).partition(b"\r\n\r\n")
        assert_the_guides_token(body)


@pytest.mark.parametrize("role", [0, 2, 3, 65535])
def test_it_is_a_responder_and_no_authorizer_or_filter(responder: Responder, role: int) -> None:
    whole = record(BEGIN_REQUEST, struct.pack("!HB5x", role, 0)) + request()[16:]
    assert outcome(responder, [whole]) == b""
    assert outcome(responder, [whole[:20], whole[20:]]) == b""
    assert_serves(responder)


def test_two_requests_at_a_time_end_the_connection(responder: Responder) -> None:
    second = BEGIN[:3] + b"\x02" + BEGIN[4:]
    assert outcome(responder, [BEGIN + second + request()[16:]]) == b""
    assert outcome(responder, [request() + request()]) == b""
    assert_serves(responder)


@pytest.mark.parametrize("size", [300, 70_000, 1_000_000])
def test_long_parameters_and_bodies_come_through_whole(responder: Responder, size: int) -> None:
    params = bytes([14, 3]) + b"REQUEST_METHODGET" + bytes([1]) + length(size) + b"X" + b"x" * size
    pieces = [record(PARAMS, params[at:at + 60_000]) for at in range(0, len(params), 60_000)]
    body = [record(STDIN, b"b" * 60_000) for _ in range(size // 60_000)]
    with responder.connection() as connection:
        for piece in [BEGIN, *pieces, record(PARAMS, b""), *body, record(STDIN, b"")]:
            connection.sendall(piece)
        _, _, answered = answer(connection).partition(b"\r\n\r\n")
        assert_the_guides_token(answered)


def test_parameters_of_more_than_4_mib_are_refused(responder: Responder) -> None:
    chunk = record(PARAMS, (bytes([1]) + length(59_000) + b"X" + b"x" * 59_000))
    assert outcome(responder, [BEGIN, *[chunk] * 80, END]) == b""
    assert_serves(responder)
