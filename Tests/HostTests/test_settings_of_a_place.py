"""Settings of a place: one program for several URLs or hosts, each with its own pipes, parameters and key."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from Support.apache import Apache
from Support.curl import fetch
from Support.fastcgi import answer, request
from Support.lighttpd import Lighttpd
from Support.logins import claims
from Support.memory import own_memory
from Support.responder import Responder
from Support.tokens import KEY, OTHER_KEY, WORKSPACE, signed_by
from Support.transports import INCLUDE

PLACES = {
    name: {
        "TINYBIRD_SIGNING_KEY": key, "TINYBIRD_PIPES": f"pipe_{name}", "TINYBIRD_FIXED_PARAMS": f"org={name}&to=%{{WHO}}",
        "TINYBIRD_TOKEN_NAME": f"of {name}", "TINYBIRD_TOKEN_TTL": str(seconds), "WHO": f"who_{name}"}
    for name, key, seconds in [("a", KEY, 100), ("b", OTHER_KEY, 200)]
}


def set_env(name: str) -> list[str]:
    return [f'SetEnv {variable} "{value}"' for variable, value in PLACES[name].items()]


def by_locations(directory: Path, program: Path) -> Apache:
    lines = [f'FcgidCmdOptions "{program}" MaxProcesses 1 InitialEnv TINYBIRD_THREADS=1',
             f'<Directory "{program.parent}">', "Require all granted", "Options +ExecCGI", "SetHandler fcgid-script",
             "</Directory>"]
    for name in PLACES:
        lines += [f'Alias /{name}/generate-token "{program}"', f'<Location "/{name}/generate-token">', *set_env(name),
                  "</Location>"]
    return Apache(directory, "\n".join(lines), ["fcgid"])


def by_virtual_hosts(directory: Path, program: Path) -> Apache:
    lines = []
    for name in PLACES:
        # No key for the process, so that both hosts share it: SetEnv gives each request its own.
        lines += ["<VirtualHost *>", f"ServerName {name}.test", *set_env(name),
                  f"Define CHARTS_TOKEN_KEY_CONF {directory}/none", f"Define CHARTS_TOKEN_PROGRAM {program}",
                  f"Include {INCLUDE}", "</VirtualHost>"]
    return Apache(directory, "\n".join(lines), ["fcgid"])


def by_proxy(directory: Path, responder: Responder) -> Apache:
    lines = []
    for name in PLACES:
        lines += [f'<Location "/{name}/generate-token">', *set_env(name), f'ProxyPass "{responder.backend}"', "</Location>"]
    return Apache(directory, "\n".join(lines), ["proxy", "proxy_fcgi"])


def by_lighttpd(directory: Path, responder: Responder) -> Lighttpd:
    lines = ['server.modules += ("mod_setenv", "mod_fastcgi")']
    for name in PLACES:
        pairs = ", ".join(f'"{variable}" => "{value}"' for variable, value in PLACES[name].items())
        lines += [f'$HTTP["url"] == "/{name}/generate-token" {{', f"setenv.add-environment = ({pairs})",
                  f'fastcgi.server = ("" => (("socket" => "{responder.socket}", "check-local" => "disable")))', "}"]
    return Lighttpd(directory, "\n".join(lines))


@pytest.fixture
def responder(directory: Path, program: Path, running) -> Responder:
    place = directory / "responder"
    place.mkdir()
    return running(Responder(place, program, {"TINYBIRD_THREADS": "2"}))


@pytest.fixture(params=["locations of mod_fcgid", "hosts of mod_fcgid", "locations of mod_proxy_fcgi", "URLs of lighttpd"])
def server(request: pytest.FixtureRequest, directory: Path, program: Path, running):
    if request.param == "locations of mod_fcgid":
        return running(by_locations(directory, program))
    if request.param == "hosts of mod_fcgid":
        return running(by_virtual_hosts(directory, program))
    responder = request.getfixturevalue("responder")
    make = by_proxy if "proxy" in request.param else by_lighttpd
    return running(make(directory, responder))


def assert_own_token(server, name: str) -> None:
    host = ["--header", f"Host: {name}.test"] if "<VirtualHost" in server.config else []
    answered = fetch(f"{server.url}{'' if host else '/' + name}/generate-token", *host)
    assert answered.status == 200, answered
    body = json.loads(answered.body)
    settings = PLACES[name]
    assert body["expires_in"] == int(settings["TINYBIRD_TOKEN_TTL"])
    assert claims(body["token"], settings["TINYBIRD_SIGNING_KEY"]) == {
        "workspace_id": WORKSPACE, "name": f"of {name}", "scopes": [{
            "type": "PIPES:READ", "resource": f"pipe_{name}", "fixed_params": {"org": name, "to": f"who_{name}"}}]}


def test_requests_in_turn_never_mix(server) -> None:
    for _ in range(10):
        for name in PLACES:
            assert_own_token(server, name)


def test_requests_at_once_never_mix(server) -> None:
    with ThreadPoolExecutor(8) as clients:
        for done in [clients.submit(assert_own_token, server, "ab"[index % 2]) for index in range(200)]:
            done.result(timeout=60)


def ask(responder: Responder, **variables: str) -> bytes:
    with responder.connection() as connection:
        connection.sendall(request(**variables))
        return answer(connection)


def test_ten_thousand_users_don_t_make_the_program_grow(directory: Path, program: Path, running) -> None:
    responder = running(Responder(directory, program, {
        "TINYBIRD_SIGNING_KEY": KEY, "TINYBIRD_PIPES": "p", "TINYBIRD_FIXED_PARAMS": "org=%{REMOTE_USER}",
        "TINYBIRD_TOKEN_NAME": "%{REMOTE_USER}", "TINYBIRD_THREADS": "2"}))
    for number in range(1000):
        ask(responder, REMOTE_USER=f"warming up {number}")
    before = own_memory(responder.pid)
    for number in range(10_000):
        output = ask(responder, REMOTE_USER=f"user {number} " + "x" * (number % 90))
        assert b'{"token":"' in output
    # Seen: 48 KiB.
    assert own_memory(responder.pid) - before <= 512


def test_ten_thousand_places_don_t_make_the_program_grow(directory: Path, program: Path, running) -> None:
    responder = running(Responder(directory, program, {"TINYBIRD_SIGNING_KEY": KEY, "TINYBIRD_THREADS": "2"}))
    for number in range(1000):
        ask(responder, TINYBIRD_PIPES=f"warming_up_{number}")
    before = own_memory(responder.pid)
    for number in range(10_000):
        output = ask(responder, TINYBIRD_PIPES=f"pipe_{number}")
        assert b'{"token":"' in output
    # Seen: 48 KiB.
    assert own_memory(responder.pid) - before <= 512


def test_a_wrong_place_doesn_t_disturb_the_right_one(responder: Responder) -> None:
    right = {"TINYBIRD_SIGNING_KEY": KEY, "TINYBIRD_PIPES": "p"}
    for wrong, status in [({"TINYBIRD_PIPES": ""}, b"503"), ({"TINYBIRD_TOKEN_NAME": "%{NOBODY}"}, b"403")]:
        for _ in range(3):
            assert ask(responder, **{**right, **wrong}).startswith(b"Status: " + status)
            output = ask(responder, **right)
            assert signed_by(json.loads(output.partition(b"\r\n\r\n")[2])["token"])
