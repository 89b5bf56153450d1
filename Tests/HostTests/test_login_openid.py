"""OpenID Connect by the real mod_auth_openidc: the claims of the ID token are variables of the request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from Support.curl import fetch
from Support.logins import PER_USER, assert_no_token, assert_token_of
from Support.openid import BY_ORG, NAMES, Browser, OpenIDServer, with_openid
from Support.transports import ModCgid, ModFcgid, ModProxyFcgi, Site

BY_APACHE = pytest.mark.parametrize("by", [ModFcgid, ModProxyFcgi, ModCgid])


@pytest.fixture
def provider() -> Iterator[OpenIDServer]:
    with OpenIDServer() as server:
        yield server


@pytest.fixture
def make(directory: Path, program: Path, provider: OpenIDServer, running) -> Callable[..., Site]:
    """A site behind the provider."""
    def site(by: type[Site], settings: dict[str, str] = BY_ORG) -> Site:
        return running(with_openid(by, directory, program, provider, settings))
    return site


@BY_APACHE
def test_each_visitor_gets_a_token_with_a_claim_of_their_own(
    by: type[Site], make, provider: OpenIDServer, directory: Path
) -> None:
    site = make(by)
    names = ["alice", "bob", "alice&org_id=bob", *NAMES]
    browsers = {name: Browser(directory / f"{number}.jar") for number, name in enumerate(names)}
    for name, browser in browsers.items():
        provider.claims = {"sub": f"sub of {name}", "org": name}
        assert_token_of(browser.get(site.url), name)
    # From then on by the session's cookie, whoever else has signed in.
    for name, browser in browsers.items():
        assert_token_of(browser.get(site.url), name)


@BY_APACHE
def test_a_visitor_whose_claim_was_changed_on_the_way_gets_no_token(
    by: type[Site], directory: Path, program: Path, provider: OpenIDServer, running
) -> None:
    site = with_openid(by, directory, program, provider)
    # As mod_auth_openidc passes claims on by itself: from 2.4.15 on, in ISO-8859-1.
    site.server.config, count = re.subn("(?s)<IfDirective.*</IfDirective>", "", site.server.config)
    assert count == 1
    running(site)
    for number, name in enumerate(NAMES):
        provider.claims = {"sub": name, "org": name}
        answer = Browser(directory / f"{number}.jar").get(site.url)
        if answer.status == 403:
            assert_no_token(answer, 403)
        else:
            assert_token_of(answer, name)


@BY_APACHE
def test_a_visitor_without_the_claim_gets_no_token(
    by: type[Site], make, provider: OpenIDServer, directory: Path
) -> None:
    site = make(by)
    for number, claims in enumerate([{}, {"org": ""}]):
        provider.claims = {"sub": "alice", **claims}
        browser = Browser(directory / f"{number}.jar")
        assert_no_token(browser.get(site.url), 403)
        for header in ["OIDC_CLAIM_org: bob", "OIDC-CLAIM-org: bob", "OIDC_CLAIM_Org: bob"]:
            assert_no_token(browser.get(site.url, "--header", header), 403)


@BY_APACHE
def test_a_header_of_that_name_changes_nothing(by: type[Site], make, provider: OpenIDServer, directory: Path) -> None:
    site = make(by)
    provider.claims = {"sub": "alice", "org": "alice"}
    browser = Browser(directory / "jar")
    assert_token_of(browser.get(site.url), "alice")
    for header in ["OIDC_CLAIM_org: bob", "OIDC-CLAIM-org: bob", "OIDC_CLAIM_ORG: bob", "Remote-User: bob"]:
        assert_token_of(browser.get(site.url, "--header", header), "alice")


@BY_APACHE
def test_a_script_without_a_session_is_sent_to_the_provider_and_gets_no_token(by: type[Site], make) -> None:
    site = make(by)
    answer = fetch(site.url)
    assert answer.status == 302
    assert answer.headers["location"].startswith("http://127.0.0.1:")
    assert b"eyJ" not in answer.body
    # As fetch() with X-Requested-With says that no person can sign in there.
    assert_no_token(fetch(site.url, "--header", "X-Requested-With: XMLHttpRequest"), 401)


@BY_APACHE
def test_remote_user_is_the_subject_at_the_provider(by: type[Site], make, provider: OpenIDServer, directory: Path) -> None:
    site = make(by, PER_USER)
    provider.claims = {"sub": "alice"}
    # Of https://…, mod_auth_openidc would take the host alone.
    assert_token_of(Browser(directory / "jar").get(site.url), f"alice@{provider.issuer}")
