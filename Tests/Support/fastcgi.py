"""As much of FastCGI as a web server needs to ask for one token (the FastCGI specification, sections 3 and 5)."""

from __future__ import annotations

import fcntl
import re
import socket
import struct
import termios
from collections.abc import Iterable

BEGIN_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, STDERR = 1, 3, 4, 5, 6, 7
RESPONDER = 1


def record(kind: int, content: bytes) -> bytes:
    return struct.pack("!BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def length(number: int) -> bytes:
    """A name's or a value's length (section 3.4)."""
    return bytes([number]) if number < 128 else struct.pack("!I", number | 1 << 31)


def stream(kind: int, content: bytes) -> bytes:
    """Content of any length as records, with the empty one that ends it."""
    limit = 65_528
    return b"".join(record(kind, content[at:at + limit]) for at in range(0, len(content), limit)) + record(kind, b"")


def request_of(variables: Iterable[tuple[bytes, bytes]], flags: int = 0) -> bytes:
    """A request with any variables at all; with flags 1 (FCGI_KEEP_CONN) the connection goes on after it."""
    params = b"".join(length(len(name)) + length(len(value)) + name + value for name, value in variables)
    begin = record(BEGIN_REQUEST, struct.pack("!HB5x", RESPONDER, flags))
    return begin + stream(PARAMS, params) + record(STDIN, b"")


def request(**variables: str) -> bytes:
    """A request for a token, on a connection that ends with it."""
    variables = {"REQUEST_METHOD": "GET", **variables}
    return request_of((name.encode(), value.encode()) for name, value in variables.items())


def is_read(connection: socket.socket) -> bool:
    """Whether the responder has read all that was sent on a unix socket."""
    return struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)))[0] == 0


def outputs(connection: socket.socket, seconds: float = 60) -> tuple[bytes, bytes]:
    """What the responder writes to standard output and to the error stream, until it ends the request; fails when it
    breaks off."""
    connection.settimeout(seconds)
    written = {STDOUT: b"", STDERR: b""}
    with connection.makefile("rb") as stream:
        while True:
            header = stream.read(8)
            assert len(header) == 8, f"the connection ended after {written}"
            _, kind, _, length, padding, _ = struct.unpack("!BBHHBB", header)
            content = stream.read(length + padding)[:length]
            if kind == END_REQUEST:
                return written[STDOUT], written[STDERR]
            # Others answer management records.
            if kind in written:
                written[kind] += content


def answer(connection: socket.socket, seconds: float = 60) -> bytes:
    """What the responder writes to standard output, until it ends the request; fails when it breaks off."""
    return outputs(connection, seconds)[0]


def status_and_body(output: bytes) -> tuple[int, bytes]:
    """An answer as CGI has it: 200 where it has no `Status` (RFC 3875 section 6.3.3)."""
    head, _, body = output.partition(b"\r\n\r\n")
    status = re.match(rb"Status: (\d{3})", head)
    return (int(status[1]) if status else 200), body
