"""Renewal: a token of ours is exchanged for a new one with the same claims, and nothing else is."""

from __future__ import annotations

import base64
import hmac
import json
import time
from pathlib import Path

import jwt
import pytest

from Support.curl import Answer, bearer, fetch
from Support.logins import (
    PER_USER,
    Certificates,
    assert_no_token,
    assert_token_of,
    claims_of,
    with_basic_login,
    with_certificates,
    with_renewal,
)
from Support.tokens import KEY, LIFETIME, OTHER_KEY, PIPE, WORKSPACE
from Support.transports import LighttpdCgi, LighttpdFastCgi, ModCgid, ModFcgid, ModProxyFcgi, Site

DAY = 86_400
GUIDES = {
    "workspace_id": WORKSPACE, "name": "charts_token", "scopes": [{"type": "PIPES:READ", "resource": PIPE}]}


def token_in(answer: Answer) -> str:
    assert answer.status == 200, answer
    return json.loads(answer.body)["token"]


def all_claims(token: str) -> dict:
    return jwt.decode(token, KEY, algorithms=["HS256"], options={"verify_iat": False})


def signed(key: str = KEY, algorithm: str = "HS256", **changes) -> str:
    """A token as the program signs them, an hour old, with some claims changed or (None) left out."""
    now = int(time.time())
    payload = {**GUIDES, "exp": now + 3600, "iat": now - 3600, **changes}
    payload = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(payload, key, algorithm=algorithm)


def signed_as(algorithm: str) -> str:
    """A token that says it is signed by `algorithm`, and is by HS256."""
    payload = signed().split(".")[1]
    header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "typ": "JWT"}).encode()).rstrip(b"=").decode()
    digest = hmac.digest(KEY.encode(), f"{header}.{payload}".encode(), "sha256")
    return f"{header}.{payload}." + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@pytest.fixture
def renewing(transport: type[Site], directory: Path, program: Path, running) -> Site:
    return running(with_renewal(transport, directory, program))


def test_a_good_token_is_renewed_with_its_claims_and_first_iat(renewing: Site) -> None:
    first = token_in(fetch(renewing.url))
    assert abs(all_claims(first)["iat"] - time.time()) <= 60
    old = signed()
    for token in [first, old]:
        for scheme in ["Bearer", "bearer", "BEARER "]:
            new = token_in(fetch(renewing.url, "--header", f"Authorization: {scheme} {token}"))
            assert abs(all_claims(new)["exp"] - time.time() - LIFETIME) <= 60
            assert {**all_claims(new), "exp": 0} == {**all_claims(token), "exp": 0}
    again = token_in(fetch(renewing.url, *bearer(new)))
    assert all_claims(again)["iat"] == all_claims(old)["iat"]


def refused() -> dict[str, str]:
    """Tokens that aren't renewed, and why."""
    now = int(time.time())
    good = signed()
    header, payload, signature = good.split(".")
    bobs = base64.urlsafe_b64encode(json.dumps({**GUIDES, "exp": now + 60, "iat": now, "name": "bob"}).encode()).rstrip(b"=")
    return {
        "another key": signed(OTHER_KEY),
        "an empty key": signed("\0"),
        "unsigned": signed("", algorithm="none"),
        "none, and signed": signed_as("none"),
        "hs256 in lower case": signed_as("hs256"),
        "HS512": signed(algorithm="HS512"),
        "HS384 by name": signed_as("HS384"),
        "expired": signed(exp=now - 1),
        "without exp": signed(exp=None),
        "without iat": signed(iat=None),
        "older than the window": signed(iat=now - 7 * DAY - 5),
        "of tomorrow": signed(iat=now + DAY),
        "another workspace": signed(workspace_id="0" * 8 + WORKSPACE[8:]),
        "another name": signed(name="of another day"),
        "another pipe": signed(scopes=[{"type": "PIPES:READ", "resource": "other"}]),
        "one pipe more": signed(scopes=[*GUIDES["scopes"], {"type": "PIPES:READ", "resource": "other"}]),
        "without its limits": signed(limits={"rps": 5}),
        "other claims": f"{header}.{bobs.decode()}.{signature}",
        "without a signature": f"{header}.{payload}.",
        "two parts": f"{header}.{payload}",
        "four parts": f"{good}.{signature}",
        "padded": f"{good}=",
        "another last letter": good[:-1] + ("A" if good[-1] != "A" else "B"),
        "no token at all": "x",
        "nothing": "",
        "6 kB": "x" * 6000,
        "two of them": f"{good}, Bearer {good}",
    }


def test_what_is_not_a_current_token_of_ours_is_401(renewing: Site) -> None:
    for what, token in refused().items():
        answer = fetch(renewing.url, *bearer(token))
        assert answer.status == 401, (what, answer)
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"', what
        assert list(json.loads(answer.body)) == ["error"], what
        assert answer.headers["cache-control"] == "no-store"
    assert fetch(renewing.url, *bearer(signed())).status == 200


def test_another_scheme_is_not_a_token(renewing: Site) -> None:
    for header in ["Authorization: Basic YTpi", "Authorization: Bearerx", "Authorization:", "X-Authorization: Bearer x"]:
        assert all_claims(token_in(fetch(renewing.url, "--header", header)))["name"] == "charts_token"


def test_without_the_window_the_header_is_ignored(site: Site) -> None:
    for token in [signed(name="other"), signed(OTHER_KEY), "x"]:
        new = all_claims(token_in(fetch(site.url, *bearer(token))))
        assert (new["name"], "iat" in new) == ("charts_token", False)


@pytest.mark.parametrize("by", [ModFcgid, ModProxyFcgi, ModCgid])
def test_under_apache_the_variable_alone_renews_nothing(
    by: type[Site], directory: Path, program: Path, running
) -> None:
    site = running(by(directory, program, settings={"TINYBIRD_PIPES": PIPE, "TINYBIRD_RENEWAL_WINDOW": "7d"}))
    for token in [signed(name="other"), signed(OTHER_KEY)]:
        new = all_claims(token_in(fetch(site.url, *bearer(token))))
        assert (new["name"], "iat" in new) == ("charts_token", True)


def test_a_visitor_whom_no_login_names_can_still_renew(
    transport: type[Site], directory: Path, program: Path, running
) -> None:
    site = running(with_renewal(transport, directory, program, settings=PER_USER))
    assert_no_token(fetch(site.url), 403)
    assert_token_of(fetch(site.url, *bearer(signed(**claims_of("bob")))), "bob")
    assert_no_token(fetch(site.url, *bearer(signed(OTHER_KEY, **claims_of("bob")))), 401)


def test_a_basic_login_takes_the_header_for_itself(
    transport: type[Site], directory: Path, program: Path, running
) -> None:
    site = running(with_basic_login(transport, directory, program, renewal=True))
    first = assert_token_of(fetch(site.url, "--user", "alice:secret"), "alice")
    assert "iat" in all_claims(first)
    for token in [first, signed(**claims_of("bob"))]:
        assert_no_token(fetch(site.url, *bearer(token)), 401)
    # Who is signed in renews by asking again, without a token.
    assert_token_of(fetch(site.url, "--user", "alice:secret"), "alice")


@pytest.mark.parametrize("by", [ModFcgid, ModProxyFcgi, ModCgid, LighttpdFastCgi, LighttpdCgi])
def test_the_servers_login_wins_over_the_token(
    by: type[Site], directory: Path, program: Path, certificates: Certificates, running
) -> None:
    site = running(with_certificates(by, directory, program, certificates, renewal=True))
    alice = [*certificates.trust, *certificates.visitor("alice", "/CN=alice")]
    for token in [signed(**claims_of("bob")), signed(OTHER_KEY, **claims_of("bob")), "x"]:
        answer = fetch(site.url, *alice, *bearer(token))
        assert_token_of(answer, "alice")
        assert all_claims(token_in(answer))["iat"] >= time.time() - 60
