"""Requests byte by byte, also those that no client should send."""

from __future__ import annotations

import base64
import json
import re
import socket
import ssl
from dataclasses import dataclass

from Support.logins import PASSWORD, claims


@dataclass(frozen=True)
class Attempt:
    """One request by which somebody might get another's token."""

    what: str
    headers: tuple[str, ...] = ()
    target: str = "/generate-token"
    method: str = "GET"
    version: str = "HTTP/1.1"
    body: str = ""
    # Instead of the login's own header; None keeps it.
    login: tuple[str, ...] | None = None
    host: tuple[str, ...] = ("Host: localhost",)

    def request(self, login: tuple[str, ...]) -> bytes:
        """The request, with the headers by which the visitor signs in in front of the attempt's own."""
        own = login if self.login is None else self.login
        length = (f"Content-Length: {len(self.body.encode())}",) if self.body else ()
        lines = [f"{self.method} {self.target} {self.version}", *self.host, *own, *self.headers, *length]
        if not any(line.lower().startswith("connection:") for line in lines):
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n" + self.body).encode()


def basic(name: str, password: str = PASSWORD) -> str:
    return "Authorization: Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def exchange(port: int, request: bytes, context: ssl.SSLContext | None = None, seconds: float = 60) -> bytes:
    """Everything that the server sends on one connection: several answers, or none."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        if context:
            connection = context.wrap_socket(connection, server_hostname="localhost")
        try:
            connection.sendall(request)
            while chunk := connection.recv(65536):
                received += chunk
                if complete(received, request):
                    break
        except OSError:
            pass
        finally:
            connection.close()
    return received


def complete(received: bytes, request: bytes) -> bool:
    """Whether a connection that the request keeps open has brought its one answer."""
    head, separator, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    is_kept = b"connection: close" not in request.lower()
    return bool(is_kept and separator and length and len(body) >= int(length[1]))


def tokens_in(received: bytes) -> list[str]:
    """Every token in what came back, wherever it stands."""
    return [match.decode() for match in re.findall(rb"eyJ[\w-]+\.[\w-]+\.[\w-]+", received)]


def names_in(received: bytes) -> set[str]:
    """Whose the tokens are that came back: their claims, as text."""
    return {json.dumps(claims(token), sort_keys=True) for token in tokens_in(received)}
