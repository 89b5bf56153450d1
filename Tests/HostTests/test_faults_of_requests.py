"""Requests as no web server makes them: variables without number, measure or sense. Each is answered, for the visitor
that it names or for nobody."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import jwt
import pytest

from Support.fastcgi import answer, request_of, status_and_body
from Support.load import assert_lost
from Support.responder import Responder
from Support.servers import ENVIRONMENT
from Support.tokens import KEY, PIPE
from Support.waiting import AT_ONCE

SETTINGS = {
    "TINYBIRD_SIGNING_KEY": KEY, "TINYBIRD_PIPES": PIPE, "TINYBIRD_FIXED_PARAMS": "org_id=%{REMOTE_USER}",
    "TINYBIRD_RENEWAL_WINDOW": "1h", "TINYBIRD_ALLOWED_ORIGINS": "https://www.example.com",
}
ALICES = {b"REQUEST_METHOD": b"GET", b"REMOTE_USER": b"alice"}
# What the program reads, and what it doesn't.
VARIABLES = [
    b"REQUEST_METHOD", b"REMOTE_USER", b"REDIRECT_REMOTE_USER", b"REDIRECT_STATUS", b"HTTP_ORIGIN",
    b"HTTP_AUTHORIZATION", b"REDIRECT_HTTP_AUTHORIZATION", b"GATEWAY_INTERFACE", b"CONTENT_LENGTH", b"QUERY_STRING",
    b"TINYBIRD_SIGNING_KEY", b"TINYBIRD_SIGNING_KEY_FILE", b"TINYBIRD_WORKSPACE_ID", b"TINYBIRD_PIPES",
    b"TINYBIRD_FIXED_PARAMS", b"TINYBIRD_SCOPES", b"TINYBIRD_SCOPES_FILE", b"TINYBIRD_TOKEN_NAME", b"TINYBIRD_TOKEN_TTL",
    b"TINYBIRD_RPS", b"TINYBIRD_ALLOWED_ORIGINS", b"TINYBIRD_RENEWAL_WINDOW", b"TINYBIRD_THREADS", b"TINYBIRD_OTHER",
    b"TINYBIRD_", b"", b"=", b"OTHER", b"\xff\xfe",
]
SAYS_WHO = {b"REMOTE_USER", b"TINYBIRD_FIXED_PARAMS", b"TINYBIRD_SCOPES", b"TINYBIRD_SCOPES_FILE"}
VALUES = {
    "nothing": b"",
    "bytes that are no UTF-8": b"\xff\xfe",
    "a cut sequence": b"bob\xc3",
    "an overlong sequence": b"\xc0\xafbob",
    "a surrogate": b"\xed\xa0\x80",
    "Bearer and no UTF-8": b"Bearer \xff.\xff.\xff",
    "line breaks": b"bob\r\nStatus: 200\r\n\r\nbob",
    "quotes": b"\"'\\bob%{REMOTE_USER}${REMOTE_USER}",
    "a number beyond all": b"9" * 400,
    "controls": bytes(range(1, 32)),
}
LONG = {
    "1 MB": b"b" * 1_000_000,
    "1 MB of bytes that are no UTF-8": b"\xff" * 1_000_000,
    "1 MB of brackets": b"[" * 1_000_000,
}


def assert_honest(output: bytes, name: bytes, value: bytes) -> None:
    """An answer, and if there is a token in it, it is alice's or that of whom the request names."""
    status, body = status_and_body(output)
    assert status in (200, 204, 401, 403, 405, 503), (name, value[:40], output[:200])
    if status != 200:
        assert status == 204 or set(json.loads(body)) == {"error"}
        return
    token = json.loads(body)["token"]
    scopes = jwt.decode(token, options={"verify_signature": False})["scopes"]
    if name == b"REMOTE_USER":
        assert scopes[0]["fixed_params"] == {"org_id": value.decode()}
    elif name not in SAYS_WHO:
        assert all(scope["fixed_params"] == {"org_id": "alice"} for scope in scopes)


@pytest.mark.parametrize("value", [*VALUES, *LONG])
def test_a_strange_value_in_any_variable_costs_no_other_request(
    directory: Path, program: Path, running, value: str
) -> None:
    responder = running(Responder(directory, program, SETTINGS))
    content = {**VALUES, **LONG}[value]
    answered = 0
    for name in VARIABLES:
        for variables in ({**ALICES, name: content}, ALICES):
            with responder.connection() as connection:
                connection.sendall(request_of(variables.items()))
                assert_honest(answer(connection), name, dict(variables).get(name, b""))
                answered += 1
    assert responder.process.poll() is None
    assert_lost(f"{value} in each of {len(VARIABLES)} variables", answered, 0, at_most=0)


@pytest.mark.parametrize("value", [b"\0", b"alice\0bob", b"alice\0", b"\0" * 1000], ids=lambda value: f"{value[:12]}")
def test_a_NUL_in_any_variable_ends_the_connection_and_costs_no_other_request(
    directory: Path, program: Path, running, value: bytes
) -> None:
    responder = running(Responder(directory, program, SETTINGS))
    answered = 0
    for name in VARIABLES:
        for variables in ({**ALICES, name: value}, {**ALICES, name + value: b"bob"}):
            with responder.connection() as connection:
                connection.sendall(request_of(variables.items()))
                connection.settimeout(60)
                assert connection.recv(1) == b""
            with responder.connection() as connection:
                connection.sendall(request_of(ALICES.items()))
                assert_honest(answer(connection), b"", b"")
                answered += 1
    assert responder.process.poll() is None
    assert_lost(f"{value[:10]} in each of {len(VARIABLES)} variables' names and values", answered, 0, at_most=0)


def test_10000_variables_are_read(directory: Path, program: Path, running) -> None:
    responder = running(Responder(directory, program, SETTINGS))
    answered = 0
    for prefix in (b"OTHER_", b"TINYBIRD_", b"HTTP_", b"REDIRECT_"):
        many = {prefix + b"%d" % number: b"bob" for number in range(10_000)}
        for variables in ({**many, **ALICES}, {**ALICES, **many}):
            with responder.connection() as connection:
                connection.sendall(request_of(variables.items()))
                output = answer(connection)
            assert_honest(output, b"OTHER", b"")
            assert status_and_body(output)[0] == 200
            answered += 1
    assert responder.process.poll() is None
    assert_lost("10,000 variables", answered, 0, at_most=0)


def cgi(program: Path, variables: dict[bytes, bytes]) -> bytes:
    settings = {name.encode(): value.encode() for name, value in {**ENVIRONMENT, **SETTINGS}.items()}
    run = subprocess.run(
        [program], env={b"GATEWAY_INTERFACE": b"CGI/1.1", **settings, **variables}, stdin=subprocess.DEVNULL,
        capture_output=True, timeout=60)
    assert run.returncode == 0, (variables.keys(), run.stderr)
    return run.stdout


# Linux allows no longer variable than 128 KiB, its name included.
@pytest.mark.parametrize("value", [*VALUES, *LONG])
def test_a_strange_value_in_any_variable_is_answered_as_cgi(program: Path, value: str) -> None:
    content = {**VALUES, **LONG}[value][:130_000]
    # A name that is empty or has an equals sign can't be told from another variable.
    names = [name for name in VARIABLES if name and b"=" not in name]
    for name in names:
        if name != b"GATEWAY_INTERFACE" or content:
            assert_honest(cgi(program, {**ALICES, name: content}), name, content)
    assert_lost(f"as CGI: {value} in each of {len(names)} variables", len(names), 0, at_most=0)


def test_10000_variables_are_read_as_cgi(program: Path) -> None:
    for prefix in (b"OTHER_", b"TINYBIRD_", b"HTTP_", b"REDIRECT_"):
        output = cgi(program, {**{prefix + b"%d" % number: b"bob" for number in range(10_000)}, **ALICES})
        assert_honest(output, b"OTHER", b"")
        assert status_and_body(output)[0] == 200


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_full_disk_behind_the_output_of_a_cgi_program_costs_the_one_answer(program: Path, stream: str) -> None:
    environment = {**ENVIRONMENT, "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET"}
    with open("/dev/full", "wb") as full:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: full}
        run = subprocess.run([program], env=environment, stdin=subprocess.DEVNULL, timeout=60, **streams)
    assert run.returncode == 0
    if stream == "stderr":
        assert status_and_body(run.stdout)[0] == 503


def test_1000_kept_connections_on_4_threads(directory: Path, program: Path, running) -> None:
    responder = running(Responder(directory, program, {**SETTINGS, "TINYBIRD_THREADS": "4"}))
    kept = request_of(ALICES.items(), flags=1)
    connections = [responder.connection() for _ in range(1000)]
    began = time.monotonic()
    answered = 0
    for _ in range(5):
        for connection in connections:
            connection.sendall(kept)
        for connection in connections:
            assert status_and_body(answer(connection))[0] == 200
            answered += 1
    print(f"{answered / (time.monotonic() - began):.0f} requests a second")
    for connection in connections:
        connection.close()
    assert responder.stop() < AT_ONCE
    assert_lost("1,000 kept connections on 4 threads", answered, 0, at_most=0)
