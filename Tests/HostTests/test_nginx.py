"""nginx with the file from packaging/nginx, in front of a responder."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import jwt
import pytest
from curl import fetch
from nginx import Nginx
from servers import Responder
from tokens import KEY


@pytest.fixture
def site(directory: Path, program: Path, running):
    """Starts nginx, with a login or without."""
    def start(guarded: bool = False) -> Nginx:
        backend = directory / "responder"
        backend.mkdir()
        responder = running(Responder(backend, program, {"TINYBIRD_SIGNING_KEY": KEY}))
        return running(Nginx(directory, responder, guarded=guarded))
    return start


def claims(body: bytes) -> dict:
    return jwt.decode(json.loads(body)["token"], KEY, algorithms=["HS256"])


def basic(user: str, password: str) -> str:
    return f"Authorization: Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def test_it_answers_a_token(site) -> None:
    answer = fetch(f"{site().url}/generate-token")
    assert answer.status == 200
    assert claims(answer.body)["scopes"] == [{"type": "PIPES:READ", "resource": "sales_by_city"}]


def test_it_serves_the_page_with_its_policy(site) -> None:
    answer = fetch(f"{site().url}/charts-token/")
    assert answer.status == 200
    assert b"tinybird-chart" in answer.body
    assert "script-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/generate-token/", "/generate-token/x", "/generate-tokenx", "/charts-token/../x"])
def test_no_other_path_is_the_endpoint(site, path: str) -> None:
    assert fetch(site().url + path, "--path-as-is").status == 404


def test_with_the_login_each_visitor_has_a_token_of_their_own(site) -> None:
    url = f"{site(guarded=True).url}/generate-token"
    answer = fetch(url, "-u", "alice:secret")
    assert claims(answer.body)["scopes"][0]["fixed_params"] == {"org_id": "alice"}
    for refused in ([], ["-u", "alice:wrong"], ["-u", "bob:secret"], ["-H", "Remote-User: alice"]):
        assert fetch(url, *refused).status == 401


def test_without_the_login_a_name_that_is_claimed_is_nobodys(site) -> None:
    nginx = site()
    conf = nginx.directory / "charts-token.conf"
    text = conf.read_text()
    conf.write_text(text.replace('#fastcgi_param TINYBIRD_FIXED_PARAMS', 'fastcgi_param TINYBIRD_FIXED_PARAMS'))
    nginx.stop()
    nginx.start()
    answer = fetch(f"{nginx.url}/generate-token", "-H", basic("alice", "anything"), "-H", "Remote-User: alice")
    assert answer.status == 403


def test_a_body_of_5_mb_is_refused_and_costs_nothing(site, directory: Path) -> None:
    url = f"{site().url}/generate-token"
    body = directory / "body"
    body.write_bytes(bytes(5_000_000))
    # nginx's own limit is 1 MB.
    assert fetch(url, "--data-binary", f"@{body}").status == 413
    body.write_bytes(bytes(900_000))
    assert fetch(url, "--data-binary", f"@{body}").status == 405
    assert fetch(url).status == 200
