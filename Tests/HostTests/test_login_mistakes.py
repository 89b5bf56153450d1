"""What apache/LOGINS.md warns of, and what happens where a part of a login is wrong or away."""

from __future__ import annotations

import time
from pathlib import Path

import jwt
import pytest

from Support.applications import APPLICATIONS, COOKIE_SECRET, Application, ByAuthorizer, ByAuthRequest, ByJWTCookie, ByProgram
from Support.curl import fetch
from Support.logins import PER_USER, assert_no_token, assert_token_of
from Support.openid import Browser
from Support.php import Fpm
from Support.readme import block, changed
from Support.recipes import Caddy
from Support.tokens import PIPE
from Support.transports import ModFcgid
from Support.waiting import wait_until

BY_PROGRAM = [name for name, application in APPLICATIONS.items() if issubclass(application, ByProgram)]
BY_COOKIE = [name for name, application in APPLICATIONS.items() if issubclass(application, ByJWTCookie)]


@pytest.fixture
def start(directory: Path, program: Path, running):
    """Starts a site by a recipe of LOGINS.md, and has alice sign in."""
    def signed_in(recipe: type[Application] | str, change=lambda site: None) -> tuple[Application, Browser]:
        site = (APPLICATIONS[recipe] if isinstance(recipe, str) else recipe)(directory, program)
        change(site)
        running(site)
        alice = Browser(directory / "alice.jar")
        site.sign_in(alice, "alice")
        return site, alice
    return signed_in


# ---- A variable that the configuration copies from what the client sends ----

def test_a_variable_from_a_cookie_is_the_clients_own(directory: Path, program: Path, running) -> None:
    settings = {name: value.replace("REMOTE_USER", "CHARTS_USER") for name, value in PER_USER.items()}
    site = ModFcgid(directory, program, settings=settings, config='SetEnvIf Cookie "user=(.+)" CHARTS_USER=$1')
    site.server.modules.append("setenvif")
    running(site)
    assert_token_of(fetch(site.url, "--cookie", "user=bob"), "bob")


# ---- 2xx without a name ----

@pytest.mark.parametrize("recipe", [ByAuthRequest, ByAuthorizer])
@pytest.mark.parametrize("script", ["<?php", "<?php http_response_code(204);"], ids=["200", "204"])
def test_nginx_and_lighttpd_sign_nothing_without_a_name(recipe: type[Application], script: str, start) -> None:
    site, alice = start(recipe, lambda site: site.whoami.write_text(script))
    # lighttpd sends the visitor a 204.
    assert_no_token(alice.get(site.url), 403, 204)
    for name in ["X-Charts-User", "Variable-CHARTS_USER", "CHARTS_USER", "Charts-User"]:
        assert_no_token(alice.get(site.url, "--header", f"{name}: bob"), 403, 204)


@pytest.fixture
def caddy(directory: Path, program: Path, running):
    """Caddy with forward_auth and the lines for who the visitor is."""
    def with_script(script: str) -> str:
        fpm = Fpm(directory / "fpm")
        (directory / "whoami.php").write_text(script)
        site = Caddy(directory, program, settings={
            name: value.replace("REMOTE_USER", "CHARTS_USER") for name, value in PER_USER.items()})
        path = directory / "charts-token.caddy"
        text = path.read_text()
        proxy, env = "\treverse_proxy unix/", f"\t\t\tenv TINYBIRD_PIPES {PIPE}\n"
        assert text.count(env) == 1
        text = text.replace(env, env + "\t\t\tenv CHARTS_USER {header.X-Charts-User}\n")
        text = text.replace(proxy, f"""
\tforward_auth unix/{fpm.socket} {{
\t\turi /whoami.php
\t\tcopy_headers X-Charts-User
\t\ttransport fastcgi {{
\t\t\troot {directory}
\t\t\tsplit .php
\t\t}}
\t}}
{proxy}""", 1)
        path.write_text(text)
        running(fpm)
        return running(site).url
    return with_script


def test_caddy_signs_its_placeholder_for_everybody_without_a_name(caddy) -> None:
    url = caddy("<?php")
    for headers in ([], ["--header", "X-Charts-User: bob"]):
        assert_token_of(fetch(url, *headers), "{http.reverse_proxy.header.X-Charts-User}")


def test_caddy_signs_nothing_where_a_visitor_without_a_name_is_refused(caddy) -> None:
    url = caddy(block("whoami"))
    assert_no_token(fetch(url), 403)
    assert_no_token(fetch(url, "--header", "X-Charts-User: bob"), 403)


# ---- Names that would end the variable, or the record ----

def test_a_name_of_any_length_reaches_the_socket_as_one_name(start) -> None:
    site, _ = start("PHP asks the socket: nginx")
    # Were a record's length cut to its 16 bits, the rest of the name would be records of the visitor's own.
    for length in [65_000, 65_535, 65_536, 70_000]:
        mallory = Browser(site.directory / f"{length}.jar")
        site.sign_in(mallory, "m" * length)
        assert_token_of(mallory.get(site.url), "m" * length)


# ---- A part that is away ----

def test_php_says_503_where_there_is_no_program(start) -> None:
    def without_program(site: Application) -> None:
        site.program = site.directory / "nothing"
        site.install()

    site, alice = start("PHP runs the program: Apache with PHP-FPM", without_program)
    assert_no_token(alice.get(site.url), 503)


@pytest.mark.parametrize("recipe", BY_PROGRAM)
def test_what_is_wrong_is_in_the_web_servers_log(recipe: str, start) -> None:
    def misspell(site: Application) -> None:
        script = site.root / "generate-token.php"
        script.write_text(changed(script.read_text(), {"org_id=": "="}))

    site, alice = start(recipe, misspell)
    assert_no_token(alice.get(site.url), 503)
    wait_until(lambda: "charts-token: error: TINYBIRD_FIXED_PARAMS" in site.server.log(), "the line")


def test_php_says_503_where_there_is_no_service(start) -> None:
    site, alice = start("PHP asks the socket: nginx")
    assert_token_of(alice.get(site.url), "alice")
    site.responder.close()
    assert_no_token(alice.get(site.url), 503)


def test_a_pool_without_the_secret_gets_nothing(start) -> None:
    site, alice = start("PHP asks the socket: nginx", lambda site: site.fpm.lines.clear())
    assert_no_token(alice.get(site.url), 403)
    wait_until(lambda: "TINYBIRD_SERVER_SECRET is missing or wrong" in site.log(), "the line")


@pytest.mark.parametrize("recipe", [ByAuthRequest, ByAuthorizer])
def test_without_the_application_nothing_is_signed(recipe: type[Application], start) -> None:
    site, alice = start(recipe)
    assert_token_of(alice.get(site.url), "alice")
    for server in site.servers:
        if isinstance(server, Fpm):
            server.close()
    assert_no_token(alice.get(site.url), 500, 502, 503)


# ---- A JWT that was right ----

@pytest.mark.parametrize("recipe", BY_COOKIE)
def test_a_jwt_that_has_expired_or_been_changed_is_refused(recipe: str, start) -> None:
    site, alice = start(recipe)
    now = int(time.time())

    def answer(token: str, *options: str):
        return fetch(site.url, "--cookie", f"charts_user={token}", *options)

    good = jwt.encode({"sub": "alice", "exp": now + 60}, COOKIE_SECRET)
    assert_token_of(answer(good), "alice")
    head, _, signature = good.split(".")
    bobs = jwt.encode({"sub": "bob", "exp": now + 60}, "x").split(".")[1]
    for wrong in [
        jwt.encode({"sub": "alice", "exp": now - 60}, COOKIE_SECRET),
        jwt.encode({"exp": now + 60}, COOKIE_SECRET),
        jwt.encode({"sub": "", "exp": now + 60}, COOKIE_SECRET),
        f"{head}.{bobs}.{signature}", f"{head}.{bobs}.", good + "x", good[:-4], "",
    ]:
        assert_no_token(answer(wrong), 401, 403)
    # The cookie is the only place for it.
    assert_no_token(fetch(site.url, "--header", f"Authorization: Bearer {good}"), 401)
    assert_no_token(fetch(f"{site.url}?access_token={good}"), 401)
