"""Pages of other origins (CORS): what a browser is told, with and without a login in front."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from Support.cors import PAGE, PREFLIGHT, READABLE, cors, origin, preflight
from Support.curl import fetch
from Support.logins import assert_no_token, assert_token_of, with_basic_login
from Support.tokens import SETTINGS
from Support.transports import LighttpdCgi, LighttpdFastCgi, ModCgid, ModFcgid, ModProxyFcgi, Site

OTHERS = [
    "https://www.example.com.evil.test", "http://www.example.com", "https://www.example.com:8443", "https://example.com",
    "https://WWW.example.com", "null", "https://www.example.com/", "https://www.example.com https://b.test", ""]
BY_APACHE = pytest.mark.parametrize("by", [ModFcgid, ModProxyFcgi, ModCgid])
BY_LIGHTTPD = pytest.mark.parametrize("by", [LighttpdFastCgi, LighttpdCgi])


def allowing(by: type[Site], directory: Path, program: Path, origins: str = PAGE, **settings: str) -> Site:
    return by(directory, program, settings={**SETTINGS, "TINYBIRD_ALLOWED_ORIGINS": origins, **settings})


@pytest.fixture
def open_to_a_page(transport: type[Site], directory: Path, program: Path, running) -> Site:
    return running(allowing(transport, directory, program))


def test_a_page_of_an_allowed_origin_may_read_the_token(open_to_a_page: Site) -> None:
    answer = fetch(open_to_a_page.url, *origin(PAGE))
    assert (answer.status, cors(answer)) == (200, READABLE)
    assert "Origin" in answer.headers["vary"]


def test_its_preflight_is_answered(open_to_a_page: Site) -> None:
    answer = fetch(open_to_a_page.url, *preflight(PAGE))
    assert (answer.status, answer.body, cors(answer)) == (204, b"", PREFLIGHT)
    assert "Origin" in answer.headers["vary"]


def test_pages_of_other_origins_may_not(open_to_a_page: Site) -> None:
    for name in OTHERS:
        for options in (origin(name), preflight(name)):
            answer = fetch(open_to_a_page.url, *options)
            assert (answer.status, cors(answer)) == (204 if "OPTIONS" in options else 200, {})
            assert "Origin" in answer.headers["vary"]


def test_an_error_can_be_read_too(transport: type[Site], directory: Path, program: Path, running) -> None:
    site = running(allowing(transport, directory, program, TINYBIRD_FIXED_PARAMS="a=%{REMOTE_USER}"))
    for options, status in [([], 403), (["--request", "DELETE"], 405)]:
        answer = fetch(site.url, *origin(PAGE), *options)
        assert (answer.status, cors(answer)) == (status, READABLE)
        assert list(json.loads(answer.body)) == ["error"]


def test_a_wrong_setting_can_be_read_too(transport: type[Site], directory: Path, program: Path, running) -> None:
    site = running(allowing(transport, directory, program, TINYBIRD_TOKEN_TTL="0"))
    answer = fetch(site.url, *origin(PAGE))
    assert (answer.status, cors(answer)) == (503, READABLE)


def test_a_star_allows_every_page_but_no_login(transport: type[Site], directory: Path, program: Path, running) -> None:
    site = running(allowing(transport, directory, program, "*"))
    for name in [PAGE, "null", "https://b.test"]:
        assert cors(fetch(site.url, *origin(name))) == {"allow-origin": "*"}
        assert cors(fetch(site.url, *preflight(name)))["allow-origin"] == "*"


def test_without_the_setting_no_page_is_told_anything(site: Site) -> None:
    for options in (origin(PAGE), preflight(PAGE)):
        assert cors(fetch(site.url, *options)) == {}


# ---- A browser sends no password with a preflight. ----

def guarded(by: type[Site], directory: Path, program: Path) -> Site:
    return with_basic_login(by, directory, program, settings={
        **SETTINGS, "TINYBIRD_ALLOWED_ORIGINS": PAGE, "TINYBIRD_TOKEN_NAME": "charts of %{REMOTE_USER}",
        "TINYBIRD_FIXED_PARAMS": "org_id=%{REMOTE_USER}"})


def assert_open_to_preflights_alone(site: Site) -> None:
    answer = fetch(site.url, *preflight(PAGE))
    assert (answer.status, answer.body, cors(answer)) == (204, b"", PREFLIGHT)
    for method in ["GET", "POST", "BOB", "options"]:
        assert_no_token(fetch(site.url, "--request", method, "--data", "x", *origin(PAGE)), 400, 401, 501)
    assert_no_token(fetch(site.url), 401)
    answer = fetch(site.url, *origin(PAGE), "--user", "alice:secret")
    assert_token_of(answer, "alice")
    assert cors(answer) == READABLE


def test_a_basic_login_refuses_preflights_by_itself(
    transport: type[Site], directory: Path, program: Path, running
) -> None:
    site = running(guarded(transport, directory, program))
    answer = fetch(site.url, *preflight(PAGE))
    assert (answer.status, cors(answer)) == (401, {})


@BY_APACHE
def test_under_apache_require_method_lets_preflights_through(
    by: type[Site], directory: Path, program: Path, running
) -> None:
    site = guarded(by, directory, program)
    config = site.server.config
    site.server.config = config.replace("Require valid-user", "Require valid-user\nRequire method OPTIONS")
    assert site.server.config != config
    assert_open_to_preflights_alone(running(site))


@BY_LIGHTTPD
def test_under_lighttpd_a_condition_lets_preflights_through(
    by: type[Site], directory: Path, program: Path, running
) -> None:
    site = guarded(by, directory, program)
    before, guard = site.server.config.split("auth.require")
    site.server.config = before + '$HTTP["request-method"] != "OPTIONS" {\nauth.require' + guard + "\n}"
    assert_open_to_preflights_alone(running(site))
