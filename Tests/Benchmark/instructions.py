"""Instructions in user space, counted by callgrind: other than times, they are the same in each run.

What is done again and again is counted as the difference of twice as many and as many, without the program's start.
"""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from Support import fastcgi
from Support.repository import REPOSITORY
from Support.tokens import KEY, SETTINGS, WORKSPACE

PROGRAM = REPOSITORY / ".build/release/charts-token"
TOKEN_LOOP = REPOSITORY / ".build/release/token-loop"

# The environment is fixed to the byte, since programs look through it.
CGI = {"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET"}
SIGNING = {"TINYBIRD_SIGNING_KEY": KEY, **SETTINGS}
# The peers don't find it inside the key.
PEERS = {**SIGNING, "TINYBIRD_WORKSPACE_ID": WORKSPACE}

# What Apache's mod_proxy_fcgi sends along with a browser's request.
VARIABLES = {
    "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_METHOD": "GET", "QUERY_STRING": "",
    "REQUEST_URI": "/generate-token", "SCRIPT_NAME": "/generate-token", "REQUEST_SCHEME": "https", "HTTPS": "on",
    "SCRIPT_FILENAME": "proxy:fcgi://charts-token/generate-token", "DOCUMENT_ROOT": "/var/www/html",
    "CONTEXT_PREFIX": "", "CONTEXT_DOCUMENT_ROOT": "/var/www/html", "SERVER_ADMIN": "webmaster@localhost",
    "SERVER_NAME": "charts.example.com", "SERVER_ADDR": "192.0.2.1", "SERVER_PORT": "443",
    "SERVER_SIGNATURE": "", "SERVER_SOFTWARE": "Apache/2.4.62 (Debian)", "REMOTE_ADDR": "198.51.100.7",
    "REMOTE_PORT": "50000", "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HTTP_HOST": "charts.example.com", "HTTP_CONNECTION": "keep-alive", "HTTP_ACCEPT": "*/*",
    "HTTP_ACCEPT_ENCODING": "gzip, deflate, br", "HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.5",
    "HTTP_REFERER": "https://charts.example.com/charts-token/", "HTTP_SEC_FETCH_SITE": "same-origin",
    "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "UNIQUE_ID": "aSHXbpXkq0sAAAhBd1cAAAAA",
}


def cgi_request(
    program: Path = PROGRAM, settings: Mapping[str, str] = SIGNING, profile: Path = Path("/dev/null"),
) -> int:
    """Of one CGI request, the program's start included."""
    return _counted([program], {**CGI, **settings}, profile)


def token(program: Path = TOKEN_LOOP, tokens: int = 500) -> int:
    """Of one constant token, from the claims to the compact JWS."""
    return (_counted([program, str(2 * tokens)], SIGNING) - _counted([program, str(tokens)], SIGNING)) // tokens


def fastcgi_request(program: Path = PROGRAM, *, kept: bool, requests: int = 200) -> int:
    """Of one FastCGI request to a responder with one thread, on a connection of its own or on one that is kept."""
    return (served(program, kept, 2 * requests) - served(program, kept, requests)) // requests


def served(
    program: Path, kept: bool, requests: int, profile: Path = Path("/dev/null"), *, in_pieces: bool = False,
) -> int:
    """Of a responder's whole life, in which it answers so many requests, sent at once or in two pieces."""
    request = fastcgi.request_of(
        [(name.encode(), value.encode()) for name, value in VARIABLES.items()], flags=1 if kept else 0)
    with tempfile.TemporaryDirectory(prefix="charts-token-") as directory, socket.socket(socket.AF_UNIX) as listening:
        path = f"{directory}/socket"
        listening.bind(path)
        listening.listen()
        with subprocess.Popen(
            _callgrind([program], profile), env={**SIGNING, "TINYBIRD_THREADS": "1", "THREADS": "1"}, stdin=listening,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        ) as process:
            # Its alone from here on: should it end, nobody waits for it.
            listening.close()
            try:
                _ask(path, request, requests, kept, in_pieces)
                process.send_signal(signal.SIGTERM)
                return _collected(process.communicate(timeout=60)[1])
            finally:
                process.kill()


def _counted(
    command: list[str | Path], environment: Mapping[str, str], profile: Path = Path("/dev/null"),
) -> int:
    done = subprocess.run(
        _callgrind(command, profile), env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=120, check=True)
    return _collected(done.stderr)


def _ask(path: str, request: bytes, requests: int, kept: bool, in_pieces: bool) -> None:
    connection = None
    for _ in range(requests):
        if connection is None or not kept:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(60)
            connection.connect(path)
        if in_pieces:
            connection.sendall(request[:20])
            time.sleep(0.01)
        connection.sendall(request[20 if in_pieces else 0:])
        assert fastcgi.answer(connection, 60).startswith(b"Status: 200 OK\r\n")
        if not kept:
            connection.close()
    connection.close()


def _callgrind(command: list[str | Path], profile: Path) -> list[str | Path]:
    return ["/usr/bin/valgrind", "--tool=callgrind", "--demangle=no", f"--callgrind-out-file={profile}", *command]


def _collected(log: str) -> int:
    return int(re.search(r"Collected : (\d+)", log)[1])
