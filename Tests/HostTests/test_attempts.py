"""Alice can't get bob's token: each attempt of the table, by each transport, behind each login."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from Support.attempts import ATTEMPTS, assert_none_succeeds, only
from Support.logins import PER_USER, Certificates, with_basic_login, with_certificates
from Support.openid import Browser, OpenIDServer, with_openid
from Support.raw import Attempt, basic, exchange, names_in
from Support.recipes import RECIPES, Recipe
from Support.transports import LighttpdCgi, LighttpdFastCgi, ModCgid, ModFcgid, ModProxyFcgi, Site

WITH_AND_WITHOUT_RENEWAL = pytest.mark.parametrize("renewal", [False, True], ids=["", "with renewal"])


def test_the_table_names_each_attempt_once() -> None:
    assert len({attempt.what for attempt in ATTEMPTS}) == len(ATTEMPTS)
    assert len(ATTEMPTS) >= 150


@WITH_AND_WITHOUT_RENEWAL
def test_behind_a_basic_login(
    transport: type[Site], renewal: bool, directory: Path, program: Path, running
) -> None:
    site = running(with_basic_login(transport, directory, program, renewal=renewal))
    # With bob's own password it is bob's: so the tests would see it.
    assert names_in(exchange(site.server.port, Attempt("").request((basic("bob"),)))) == only("bob")
    assert_none_succeeds(site, (basic("alice"),))


@pytest.mark.parametrize("by", RECIPES.values(), ids=RECIPES.keys())
@WITH_AND_WITHOUT_RENEWAL
def test_behind_the_login_of_a_recipe(by: type[Recipe], renewal: bool, directory: Path, program: Path, running) -> None:
    site = running(by(directory, program, names=["alice", "bob"], renewal=renewal, settings=PER_USER))
    assert names_in(exchange(site.server.port, Attempt("").request((basic("bob"),)))) == only("bob")
    assert_none_succeeds(site, (basic("alice"),))


@pytest.mark.parametrize("by", [ModFcgid, ModProxyFcgi, ModCgid, LighttpdFastCgi, LighttpdCgi])
@WITH_AND_WITHOUT_RENEWAL
def test_behind_a_login_by_certificate(
    by: type[Site], renewal: bool, directory: Path, program: Path, certificates: Certificates, running
) -> None:
    site = running(with_certificates(by, directory, program, certificates, renewal=renewal))
    contexts = {}
    for name in ["alice", "bob"]:
        certificates.visitor(name, f"/CN={name}")
        contexts[name] = ssl.create_default_context(cafile=str(certificates.path(certificates.authority)))
        contexts[name].load_cert_chain(certificates.path(name), certificates.path(name, "key"))
    assert names_in(exchange(site.server.port, Attempt("").request(()), contexts["bob"])) == only("bob")
    assert_none_succeeds(site, (), context=contexts["alice"])


@pytest.mark.parametrize("by", [ModFcgid, ModProxyFcgi, ModCgid])
def test_behind_openid_connect(by: type[Site], directory: Path, program: Path, running) -> None:
    with OpenIDServer() as provider:
        site = running(with_openid(by, directory, program, provider))
        sessions = {}
        for name in ["alice", "bob"]:
            provider.claims = {"sub": name, "org": name}
            browser = Browser(directory / f"{name}.jar")
            # Of the host that the attempts name: a session is of one host.
            browser.get(site.url.replace("127.0.0.1", "localhost"))
            sessions[name] = (f"Cookie: mod_auth_openidc_session={browser.cookies()['mod_auth_openidc_session']}",)
        assert names_in(exchange(site.server.port, Attempt("").request(sessions["bob"]))) == only("bob")
        assert_none_succeeds(site, sessions["alice"])


def test_a_server_that_believes_a_header_is_noticed(directory: Path, program: Path, running) -> None:
    believing = {name: value.replace("REMOTE_USER", "BELIEVED") for name, value in PER_USER.items()}
    site = with_basic_login(ModFcgid, directory, program, settings=believing, config="\n".join([
        'SetEnvIf Authorization "^Basic YWxpY2U6" BELIEVED=alice', 'SetEnvIf X-User "(.+)" BELIEVED=$1', ""]))
    site.server.modules.append("setenvif")
    running(site)
    with pytest.raises(AssertionError, match="header X-User"):
        assert_none_succeeds(site, (basic("alice"),))
