"""What each web server of packaging/ does: the endpoint, the page, the login, renewal."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from Support.curl import bearer, fetch
from Support.logins import PASSWORD, PER_USER, RENEWAL, assert_no_token, assert_token_of, claims
from Support.raw import basic
from Support.recipes import RECIPES, Caddy, Haproxy, Recipe
from Support.servers import free_port
from Support.tokens import PIPE, assert_the_guides_token
from Support.waiting import wait_until


@pytest.fixture(params=RECIPES.values(), ids=RECIPES.keys())
def by(request: pytest.FixtureRequest) -> type[Recipe]:
    return request.param


@pytest.fixture
def site(by: type[Recipe], directory: Path, program: Path, running) -> Recipe:
    return running(by(directory, program))


@pytest.fixture
def guarded(by: type[Recipe], directory: Path, program: Path, running) -> Recipe:
    return running(by(directory, program, names=["alice", "bob"], settings=PER_USER))


def test_it_answers_the_guides_token(site: Recipe) -> None:
    answer = fetch(site.url)
    assert answer.status == 200
    assert_the_guides_token(answer.body)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", [
    "/generate-token/", "/generate-token/x", "/generate-tokenx", "/Generate-Token", "/charts-token/../x", "/x"])
def test_no_other_path_is_the_endpoint(site: Recipe, path: str) -> None:
    assert_no_token(fetch(site.server.url + path), 400, 404)


def test_with_the_login_each_visitor_has_a_token_of_their_own(guarded: Recipe) -> None:
    for name in ["alice", "bob", "alice"]:
        assert_token_of(fetch(guarded.url, "-u", f"{name}:{PASSWORD}"), name)
    for refused in ([], ["-u", "alice:wrong"], ["-u", "carol:secret"], ["-u", ":"], ["-H", "Remote-User: alice"]):
        answer = fetch(guarded.url, *refused)
        assert_no_token(answer, 401)
        assert answer.headers["www-authenticate"].lower().startswith("basic ")


@pytest.mark.parametrize("renewal", [False, True], ids=["", "with renewal"])
def test_without_the_login_a_name_that_is_claimed_is_nobodys(
    by: type[Recipe], renewal: bool, directory: Path, program: Path, running
) -> None:
    site = running(by(directory, program, settings=PER_USER, renewal=renewal))
    for header in [basic("alice"), "Remote-User: alice", "REMOTE_USER: alice", "X-Remote-User: alice"]:
        # With renewal, a header that is no token of ours is refused for that.
        assert_no_token(fetch(site.url, "-H", header), 403, *([401] if renewal else []))
    # Caddy 2.6 drops what a FastCGI program says of errors.
    wait_until(lambda: by is Caddy or "REMOTE_USER is not set or empty" in site.log(), "the line")


def test_a_token_is_renewed_where_that_is_turned_on(by: type[Recipe], directory: Path, program: Path, running) -> None:
    site = running(by(directory, program, renewal=True))
    first = json.loads(fetch(site.url).body)["token"]
    renewed = fetch(site.url, *bearer(first))
    assert claims(json.loads(renewed.body)["token"]) == claims(first)
    assert_no_token(fetch(site.url, *bearer(first + "x")), 401)


def test_what_is_sent_as_authorization_goes_no_further_without_renewal(
    by: type[Recipe], directory: Path, program: Path, running
) -> None:
    # The program is told to renew, but the server's file isn't.
    site = by(directory, program)
    site.responder.environment["TINYBIRD_RENEWAL_WINDOW"] = RENEWAL
    running(site)
    assert fetch(site.url, *bearer("x")).status == 200


def test_the_settings_of_the_file_are_the_programs(by: type[Recipe], directory: Path, program: Path, running) -> None:
    site = by(directory, program)
    site.responder.environment["TINYBIRD_PIPES"] = "another"
    running(site)
    assert claims(json.loads(fetch(site.url).body)["token"])["scopes"] == [{"type": "PIPES:READ", "resource": PIPE}]


def is_refused(url: str, *options: str) -> bool:
    """Whether a request is, and its sender reads so: before it has sent it all, the connection may end (RFC 9112 §9.6)."""
    try:
        return fetch(url, *options).status in {400, 405, 413}
    except AssertionError as error:
        assert "curl: (55)" in str(error)
        return False


def test_a_body_is_refused_and_costs_nothing(site: Recipe, directory: Path) -> None:
    body = directory / "body"
    for size in [5_000_000, 900_000]:
        body.write_bytes(bytes(size))
        # nginx's own limit is 1 MB; to HAProxy a FastCGI program's request has to say its length.
        for options in ([], ["-H", "Transfer-Encoding: chunked"]):
            wait_until(lambda: is_refused(site.url, "--data-binary", f"@{body}", *options), "the refusal")
    assert fetch(site.url).status == 200


def test_haproxy_reads_its_file_without_a_warning(directory: Path, program: Path) -> None:
    server = Haproxy(directory, program, names=["alice"], renewal=True).server
    server.port = free_port()
    checked = subprocess.run([*server.command(), "-c"], capture_output=True, text=True, timeout=60)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_caddys_file_is_formatted_as_caddy_does() -> None:
    formatted = subprocess.run(["caddy", "fmt", Caddy.recipe], capture_output=True, text=True, timeout=60)
    assert formatted.stdout == Caddy.recipe.read_text()
