"""Visitors whom the site's own application signs in: real sessions of PHP and Flask, by each recipe of apache/LOGINS.md."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from Support import php
from Support.application_attempts import APPLICATION_ATTEMPTS
from Support.applications import APPLICATIONS, Application
from Support.attempts import ATTEMPTS, assert_none_succeeds, only, received_by
from Support.cors import PAGE, PREFLIGHT, READABLE, cors, origin, preflight
from Support.curl import fetch
from Support.logins import assert_no_token, assert_token_of
from Support.marks import as_root
from Support.openid import Browser
from Support.raw import Attempt, exchange, names_in
from Support.readme import BLOCKS, SCOPES, block, changed, claims_in
from Support.repository import REPOSITORY
from Support.servers import SERVER_USER

EVERY_ATTEMPT = [*ATTEMPTS, *APPLICATION_ATTEMPTS]


@pytest.fixture(params=APPLICATIONS.values(), ids=APPLICATIONS.keys())
def site(request: pytest.FixtureRequest, directory: Path, program: Path, running) -> Application:
    return running(request.param(directory, program))


@pytest.fixture
def visitor(site: Application, directory: Path):
    """A visitor who has signed in under a name."""
    def sign_in(name: str) -> Browser:
        browser = Browser(directory / f"{len(list(directory.glob('*.jar')))}.jar")
        assert site.sign_in(browser, name).status == 200, site.log()
        return browser
    return sign_in


def at(site: Application, attempts: list[Attempt]) -> list[Attempt]:
    """The attempts at this site's endpoint. Apache answers TRACE with what was sent, and that isn't a token of ours."""
    return [
        dataclasses.replace(attempt, target=attempt.target.replace("/generate-token", site.endpoint))
        for attempt in attempts if not (attempt.method == "TRACE" and site.cookie_is_token)]


@as_root
def test_the_commands_for_php_install_it(directory: Path, running) -> None:
    # A host whose scripts run as the site's user.
    (directory / "public_html").mkdir()
    subprocess.run(["bash", "-ec", BLOCKS["php"]], cwd=REPOSITORY, env=os.environ | {"HOME": str(directory)}, check=True)
    for path in directory.rglob("*"):
        shutil.chown(path, SERVER_USER, SERVER_USER)
    assert (directory / "charts-token/key").stat().st_mode & 0o777 == 0o600
    server = php.apache_with_mod_php(directory / "public_html", None)
    (directory / "public_html/htdocs").rmdir()
    (directory / "public_html/htdocs").symlink_to(".")
    (directory / "public_html/login.php").write_text(php.LOGIN)
    running(server)
    alice = Browser(directory / "alice.jar")
    alice.get(f"{server.url}/login.php", "--data", "user=alice&password=secret")
    answer = alice.get(f"{server.url}/generate-token.php")
    assert claims_in(answer.text)["scopes"] == [SCOPES[0] | {"fixed_params": {"org_id": "alice"}}]


def test_each_visitor_gets_a_token_of_their_own(site: Application, visitor) -> None:
    alice, bob = visitor("alice"), visitor("bob")
    for name, browser in [("alice", alice), ("bob", bob), ("alice", alice)]:
        answer = browser.get(site.url)
        assert_token_of(answer, name)
    answer = fetch(site.url, *(option for line in site.header(alice) for option in ("--header", line)))
    assert_token_of(answer, "alice")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


def test_who_is_not_signed_in_gets_no_token(site: Application, visitor, directory: Path) -> None:
    assert_no_token(fetch(site.url), site.refusal)
    mallory = Browser(directory / "mallory.jar")
    site.sign_in(mallory, "bob", "wrong")
    assert_no_token(mallory.get(site.url), site.refusal)
    # Nor does who was.
    alice = visitor("alice")
    assert_token_of(alice.get(site.url), "alice")
    site.sign_out(alice)
    assert_no_token(alice.get(site.url), site.refusal)


def test_another_method_gets_no_token(site: Application, visitor) -> None:
    alice = visitor("alice")
    assert_no_token(alice.get(site.url, "--data", "x=y"), 405)
    assert_no_token(alice.get(site.url, "--request", "DELETE"), 405)
    assert_no_token(alice.get(site.url, "--head"), 200)


def test_a_session_that_another_has_begun_is_not_theirs(site: Application, visitor, directory: Path) -> None:
    # Fixation: mallory has alice sign in with a session that mallory knows.
    mallory = Browser(directory / "mallory.jar")
    mallory.get(f"{site.server.url}/login.php")
    fixed = mallory.cookies()
    alice = Browser(directory / "alice.jar")
    (directory / "alice.jar").write_text((directory / "mallory.jar").read_text())
    site.sign_in(alice, "alice")
    assert_token_of(alice.get(site.url), "alice")
    assert mallory.cookies() == fixed
    assert_no_token(mallory.get(site.url), site.refusal)


@pytest.mark.parametrize("recipe", [name for name in APPLICATIONS if name.startswith("PHP ")])
def test_php_answers_a_page_of_another_origin(recipe: str, directory: Path, program: Path, running) -> None:
    site = APPLICATIONS[recipe](directory, program)
    script = site.root / "generate-token.php"
    line = "    'TINYBIRD_FIXED_PARAMS'"
    script.write_text(changed(script.read_text(), {line: block("php-cors") + line}))
    running(site)
    answer = fetch(site.url, *preflight(PAGE))
    assert (answer.status, answer.body, cors(answer)) == (204, b"", PREFLIGHT)
    alice = Browser(directory / "alice.jar")
    site.sign_in(alice, "alice")
    answer = fetch(site.url, *origin(PAGE), "--cookie", site.header(alice)[0].removeprefix("Cookie: "))
    assert_token_of(answer, "alice")
    assert cors(answer) == READABLE
    assert cors(fetch(site.url, *origin("https://mallory.example"))) == {}


# Each is another visitor than alice and bob; those that no variable or JWT can hold are refused.
ODD_NAMES = [
    "zoë", "alice&org_id=bob", "a b+c%41", "x'; DROP", 'al"ice', "%{REMOTE_USER}", "%{CHARTS_USER}", "alice ", " alice", "Alice",
    "alice\\", "alice,bob", "alice;bob", "0x", "bob\u0301", "<alice>", "alice%00", "\u202ealice",
]
CONTROLS = [
    "alice\r\nX-Charts-User: bob", "alice\nCHARTS_USER=bob", "bob\0alice", "alice\t", "alice\r", "\x7falice",
]


def test_an_odd_name_is_itself_and_nobody_else(site: Application, visitor) -> None:
    for name in ODD_NAMES:
        names = names_in(exchange(site.server.port, Attempt("", target=site.endpoint).request(site.header(visitor(name)))))
        assert names in (only(name), only(quote(name, safe=""))), name
    for name in CONTROLS:
        names = names_in(exchange(site.server.port, Attempt("", target=site.endpoint).request(site.header(visitor(name)))))
        assert names in (set(), only(name), only(quote(name, safe=""))), name


def test_the_table_names_each_attempt_once() -> None:
    assert len({attempt.what for attempt in EVERY_ATTEMPT}) == len(EVERY_ATTEMPT)


def test_no_attempt_of_alices_gets_bobs_token(site: Application, visitor) -> None:
    request = Attempt("", target=site.endpoint).request(site.header(visitor("bob")))
    assert names_in(exchange(site.server.port, request)) == only("bob")
    assert_none_succeeds(site, site.header(visitor("alice")), at(site, EVERY_ATTEMPT))


def test_no_attempt_of_nobodys_gets_a_token(site: Application) -> None:
    attempts = at(site, EVERY_ATTEMPT)
    received = received_by(attempts, site, ())
    assert not [attempt.what for attempt, answer in zip(attempts, received, strict=True) if names_in(answer)]
