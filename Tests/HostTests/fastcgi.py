"""As much of FastCGI as a web server needs to ask for one token (the FastCGI specification, sections 3 and 5)."""

from __future__ import annotations

import socket
import struct

BEGIN_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, STDERR = 1, 3, 4, 5, 6, 7
RESPONDER = 1


def record(kind: int, content: bytes) -> bytes:
    return struct.pack("!BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def request(**variables: str) -> bytes:
    """A request for a token, on a connection that ends with it."""
    params = b""
    for name, value in {"REQUEST_METHOD": "GET", **variables}.items():
        assert len(name) < 128 and len(value) < 128
        params += bytes([len(name), len(value)]) + name.encode() + value.encode()
    begin = record(BEGIN_REQUEST, struct.pack("!HB5x", RESPONDER, 0))
    return begin + record(PARAMS, params) + record(PARAMS, b"") + record(STDIN, b"")


def answer(connection: socket.socket, seconds: float = 10) -> bytes:
    """What the responder writes to standard output, until it ends the request; fails when it breaks off."""
    connection.settimeout(seconds)
    output = b""
    with connection.makefile("rb") as stream:
        while True:
            header = stream.read(8)
            assert len(header) == 8, f"the connection ended after {output!r}"
            _, kind, _, length, padding, _ = struct.unpack("!BBHHBB", header)
            content = stream.read(length + padding)[:length]
            if kind == STDOUT:
                output += content
            elif kind == END_REQUEST:
                return output
