"""`charts-token check --url`: what a page would get, judged."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest

from Support.command import FAILURE, OK, run
from Support.cors import PAGE
from Support.tokens import KEY, OTHER_KEY

NOW = 1_900_000_000
SCOPES = [{"type": "PIPES:READ", "resource": "sales"}]


class Answers(BaseHTTPRequestHandler):
    """A token endpoint that is wrong in a way that a test chooses."""
    status, fields, body = 200, {}, b""

    def do_GET(self) -> None:
        self.send_response_only(self.status)
        for name, value in {"Date": formatdate(NOW, usegmt=True), "Content-Length": str(len(self.body)), **self.fields}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.body)

    do_OPTIONS = do_GET

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def check() -> Iterator[Callable[..., list[str]]]:
    """What the command says of an answer, line by line."""
    class Handler(Answers):
        pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def check(status: int = 200, body: str = "", key: str = KEY, origin: str | None = None, **fields: str) -> list[str]:
        fields = {"Content-Type": "application/json", "Cache-Control": "no-store",
                  **{name.replace("_", "-"): value for name, value in fields.items()}}
        Handler.status, Handler.fields, Handler.body = status, fields, body.encode()
        url = f"http://127.0.0.1:{server.server_port}/generate-token"
        checked = run("check", "--url", url, *(["--origin", origin] if origin else []), settings={"TINYBIRD_SIGNING_KEY": key})
        lines = checked.output.splitlines()
        assert checked.status == (FAILURE if any(line.startswith("problem:") for line in lines) else OK)
        return [line for line in lines if "this machine's differ" not in line]

    yield check
    server.shutdown()
    server.server_close()


def token(expires: int = NOW + 3600, key: str = KEY, **claims: object) -> str:
    return json.dumps({"token": jwt.encode({"exp": expires, "scopes": SCOPES, **claims}, key), "expires_in": 3600})


def test_an_answer_as_it_should_be(check: Callable[..., list[str]]) -> None:
    assert check(body=token()) == [
        "ok: 200",
        "ok: JSON with a token that is valid for 1 hour",
        "The claims:",
        f'{{"exp":{NOW + 3600},"scopes":[{{"type":"PIPES:READ","resource":"sales"}}]}}',
        "ok: exp, expires_in and Date agree",
        "ok: the signature verifies with this environment's key",
        "ok: Cache-Control: no-store",
    ]


@pytest.mark.parametrize(("answer", "problem"), [
    ({"status": 302, "Location": "https://sso.example/login"}, "it redirects to https://sso.example/login (302): is that a login?"),
    ({"status": 401}, "401: the web server requires a login"),
    ({"status": 403, "body": '{"error":"This chart is for signed-in visitors"}'}, "403: This chart is for signed-in visitors: "),
    ({"status": 404}, "404: nothing is mapped to this URL"),
    ({"status": 503}, "503: the web server's error log names the setting"),
    ({"body": "\x7fELF", "Content_Type": "application/octet-stream"}, "but application/octet-stream: is the program run"),
    ({"body": '{"token":"x","expires_in":1}'}, "the token is no JWT"),
    ({"body": token(NOW + 3000)}, "exp is 3000 s after the response's Date, but expires_in says 3600 s: the response comes from a"),
    ({"body": token(key=OTHER_KEY)}, "the token isn't signed with this environment's key"),
    ({"body": token(), "Cache_Control": "public, max-age=3600"}, "Cache-Control is public, max-age=3600, not no-store"),
    ({"body": token(), "Cache_Control": "no-store, public"}, "Cache-Control is no-store, public, not no-store"),
    ({"body": token(), "Age": "7"}, "the response comes from a cache (Age: 7)"),
    ({"body": token(), "origin": PAGE}, f"a page of {PAGE} can't read the response (Access-Control-Allow-Origin is missing)"),
    ({"body": token(), "origin": PAGE, "Access_Control_Allow_Origin": "*"}, "its preflight isn't allowed (OPTIONS: 200)"),
])
def test_what_is_wrong_has_a_name(check: Callable[..., list[str]], answer: dict, problem: str) -> None:
    problems = [line for line in check(**answer) if line.startswith("problem:")]
    assert len(problems) == 1 and problem in problems[0], problems


def test_what_nobody_answers() -> None:
    checked = run("check", "--url", "http://127.0.0.1:1/")
    assert checked.status == FAILURE
    assert checked.output.startswith("problem: curl: (7) ")
