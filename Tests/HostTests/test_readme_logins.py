"""The logins of README and apache/LOGINS.md, as they stand there, but for the addresses, the paths in /etc and the secrets."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from Support.cors import PAGE, PREFLIGHT, READABLE, cors, origin, preflight
from Support.curl import bearer, fetch
from Support.logins import (
    BASIC_MODULES,
    PASSWORD,
    Certificates,
    assert_no_token,
    assert_token_of,
    claims,
    users_file,
    with_certificates,
)
from Support.openid import NAMES, SECRET, Browser, OpenIDServer
from Support.readme import LOGINS, block
from Support.repository import REPOSITORY
from Support.tokens import PIPE, SETTINGS, WORKSPACE
from Support.transports import INCLUDE, LighttpdCgi, LighttpdFastCgi, ModCgid, ModFcgid, ModProxyFcgi, Site

BY_APACHE = pytest.mark.parametrize("by", [ModFcgid, ModProxyFcgi, ModCgid])
ALICE = ["--user", f"alice:{PASSWORD}"]


def claims_of(name: str) -> dict:
    return {
        "workspace_id": WORKSPACE, "name": "charts_token",
        "scopes": [{"type": "PIPES:READ", "resource": PIPE, "fixed_params": {"org_id": name}}]}


def assert_is_of(answer, name: str) -> None:
    assert answer.status == 200, answer
    assert claims(json.loads(answer.body)["token"]) == claims_of(name)


@BY_APACHE
def test_client_certificates(
    by: type[Site], directory: Path, program: Path, certificates: Certificates, running
) -> None:
    authority = certificates.path(certificates.authority)
    site = with_certificates(by, directory, program, certificates, settings=SETTINGS)
    own = site.server.config.partition("SSLCACertificateFile")[0]
    site.server.config = own + block("certificates", **{"/etc/apache2/charts-ca.pem": authority})
    running(site)
    for name in ["alice", "bob"]:
        assert_is_of(fetch(site.url, *certificates.trust, *certificates.visitor(name, f"/CN={name}")), name)
    with pytest.raises(AssertionError, match="curl"):
        fetch(site.url, *certificates.trust, *certificates.forged("mallory", "/CN=bob"))
    with pytest.raises(AssertionError, match="curl"):
        fetch(site.url, *certificates.trust)


@BY_APACHE
def test_openid_connect(by: type[Site], directory: Path, program: Path, running) -> None:
    with OpenIDServer() as provider:
        site = by(directory, program, config=block("openid", **{
            "https://accounts.example.com": provider.issuer, 'Secret "…"': f'Secret "{SECRET}"'}))
        site.server.modules += ["authn_core", "authz_user", "auth_openidc"]
        running(site)
        for name in ["alice", "bob", *NAMES]:
            browser = Browser(directory / f"{name}.jar")
            provider.claims = {"sub": "1", "org": name}
            # The page first, as in a browser; then what its script asks for.
            assert b"<html" in browser.get(f"{site.server.url}/charts-token/").body
            provider.claims = {"sub": "2", "org": "mallory"}
            assert_is_of(browser.get(site.url), name)
        assert_no_token(fetch(site.url), 302)


@pytest.mark.parametrize("by", [LighttpdFastCgi, LighttpdCgi])
def test_lighttpds_login(by: type[Site], directory: Path, program: Path, running) -> None:
    setting = re.search(r'whose settings get `"(\w+)" =>\s"([^"]+)"`', LOGINS)
    site = by(directory, program, settings={**SETTINGS, setting[1]: setting[2]}, config=block(
        "lighttpd-login", **{"/etc/lighttpd/charts.users": users_file(directory)}))
    running(site)
    for name in ["alice", "bob"]:
        assert_is_of(fetch(site.url, "--user", f"{name}:{PASSWORD}"), name)
    assert_no_token(fetch(site.url), 401)
    assert_no_token(fetch(site.url, "--user", "alice:wrong"), 401)


@BY_APACHE
def test_pages_of_another_origin(by: type[Site], directory: Path, program: Path, running) -> None:
    site = by(directory, program, config=block("cors", **{"/etc/apache2/charts.users": users_file(directory)}))
    site.server.modules += BASIC_MODULES
    running(site)
    answer = fetch(site.url, *preflight(PAGE))
    assert (answer.status, answer.body, cors(answer)) == (204, b"", PREFLIGHT)
    assert_no_token(fetch(site.url, *origin(PAGE)), 401)
    answer = fetch(site.url, *origin(PAGE), *ALICE)
    assert (answer.status, cors(answer)) == (200, READABLE)


def test_lighttpds_condition_is_the_one_that_is_tested() -> None:
    condition = re.search(r"goes into `(.*) \{ … \}`", LOGINS)[1]
    assert condition in (REPOSITORY / "Tests/HostTests/test_cors.py").read_text()


@BY_APACHE
def test_renewal(by: type[Site], directory: Path, program: Path, running) -> None:
    site = by(directory, program)
    lines = site.server.config.replace(f'SetEnv TINYBIRD_PIPES "{PIPE}"\nInclude {INCLUDE}', "THREE LINES")
    assert "THREE LINES" in lines
    site.server.config = lines.replace("THREE LINES", block("renewal", **{
        "conf-available/charts-token.conf": INCLUDE, "sales_by_city": PIPE}))
    running(site)
    token = json.loads(fetch(site.url).body)["token"]
    renewed = fetch(site.url, *bearer(token))
    assert claims(json.loads(renewed.body)["token"]) == claims(token)
    assert fetch(site.url, *bearer("x")).status == 401


def test_the_login_of_the_readme_is_basic_under_apache(directory: Path, program: Path, running) -> None:
    site = ModFcgid(directory, program, config=block("basic", **{"/etc/apache2/charts.users": users_file(directory)}))
    site.server.modules += BASIC_MODULES
    running(site)
    for name in ["alice", "bob"]:
        assert_token_of(fetch(site.url, "--user", f"{name}:{PASSWORD}"), name)
