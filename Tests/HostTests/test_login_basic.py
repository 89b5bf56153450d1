"""A Basic login: the token is of the user whose password was right, and there is none for anybody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from Support.curl import fetch
from Support.logins import (
    BASIC_MODULES,
    PASSWORD,
    PER_USER,
    assert_no_token,
    assert_token_of,
    basic_lines,
    users_file,
    with_basic_login,
)
from Support.tokens import SETTINGS
from Support.transports import (
    Htaccess,
    HtaccessCgi,
    LighttpdCgi,
    LighttpdFastCgi,
    ModCgid,
    ModFcgid,
    ModProxyFcgi,
    Site,
    assert_error_is_logged,
)

BY_THE_INCLUDE = pytest.mark.parametrize("by", [ModFcgid, ModProxyFcgi, ModCgid])


def user(name: str, password: str = PASSWORD) -> list[str]:
    return ["--user", f"{name}:{password}"]


@pytest.fixture
def guarded(transport: type[Site], directory: Path, program: Path, running) -> Site:
    return running(with_basic_login(transport, directory, program))


def test_each_user_gets_a_token_of_their_own(guarded: Site) -> None:
    for name in ["alice", "bob", "alice"]:
        assert_token_of(fetch(guarded.url, *user(name)), name)


def test_a_wrong_password_or_none_gets_no_token(guarded: Site) -> None:
    for options in ([], user("alice", "wrong"), user("alice", ""), user("carol"), user("", "")):
        assert_no_token(fetch(guarded.url, *options), 401)


# What a user's name may be; no colon, which ends it in a Basic login.
NAMES = [
    "alice&org_id=bob", "alice;org_id=bob", "bob%26", "bob%00", "bob+carol", "%{REMOTE_USER}", "%{TINYBIRD_SIGNING_KEY}",
    '"}],"name","bob', "bob'", "bob\\", "\\u0062ob", "alice, bob", "bob ", "Bob", "älice", "ボブ", "${PATH}", "a" * 200,
]


def test_a_users_name_stands_in_the_token_as_it_is(
    transport: type[Site], directory: Path, program: Path, running
) -> None:
    site = running(with_basic_login(transport, directory, program, NAMES))
    for name in NAMES:
        assert_token_of(fetch(site.url, *user(name)), name)


def test_a_name_that_is_not_utf8_gets_no_token(transport: type[Site], directory: Path, program: Path, running) -> None:
    site = with_basic_login(transport, directory, program)
    path = directory / "users"
    path.write_bytes(path.read_bytes().replace(b"bob", b"b\xf6b"))
    running(site)
    # b"b\xf6b:secret"
    assert_no_token(fetch(site.url, "--header", "Authorization: Basic YvZiOnNlY3JldA=="), 403)


def test_without_a_login_in_front_nothing_is_signed(
    transport: type[Site], directory: Path, program: Path, running
) -> None:
    site = running(transport(directory, program, settings=PER_USER))
    for options in ([], user("alice"), [], user("alice"), []):
        assert_no_token(fetch(site.url, *options), 403)
    assert_error_is_logged(site, "REMOTE_USER is not set or empty", requests=5)


@BY_THE_INCLUDE
def test_a_login_that_is_optional_signs_nothing_for_guests(
    by: type[Site], directory: Path, program: Path, running
) -> None:
    site = with_basic_login(by, directory, program)
    site.server.config = site.server.config.replace("Require valid-user", "Require all granted")
    running(site)
    # Apache checks no password that it doesn't require, and so names nobody.
    for options in ([], user("alice"), user("alice", "wrong")):
        assert_no_token(fetch(site.url, *options), 403)


# ---- Apache's internal redirects, which rename REMOTE_USER to REDIRECT_REMOTE_USER ----

def private(directory: Path, *lines: str) -> str:
    return "\n".join(['<Location "/private">', *basic_lines(users_file(directory)), *lines, "</Location>"])


# The same settings, where who signed in at another URL counts.
REDIRECTED = {name: value.replace("%{", "%{REDIRECT_") for name, value in PER_USER.items()}


def with_redirects(
    by: type[Site], directory: Path, program: Path, config: str, *modules: str, settings: dict[str, str] = PER_USER
) -> Site:
    site = by(directory, program, settings=settings, config=config)
    site.server.modules += [*BASIC_MODULES, *modules]
    return site


BY_APACHE = pytest.mark.parametrize("by", [ModFcgid, ModProxyFcgi, ModCgid, Htaccess, HtaccessCgi])


@BY_APACHE
@pytest.mark.parametrize("steps", [1, 2])
def test_the_name_that_a_failed_login_claims_is_never_signed(
    by: type[Site], steps: int, directory: Path, program: Path, running
) -> None:
    error_page = "ErrorDocument 401 /generate-token" if steps == 1 else "ErrorDocument 401 /again"
    site = with_redirects(
        by, directory, program, private(directory, error_page) +
        '\n<Location "/again">\nRewriteEngine on\nRewriteRule ^ /generate-token\n</Location>', "rewrite")
    running(site)
    for options in ([], user("bob", "wrong"), user("bob"), user("mallory")):
        answer = fetch(f"{site.server.url}/private", *options)
        # bob's right password leads to no file: 404.
        assert_no_token(answer, 404 if options == user("bob") else 403)


@BY_APACHE
def test_a_rewrite_to_the_endpoint_keeps_who_signed_in_where_the_settings_say_so(
    by: type[Site], directory: Path, program: Path, running
) -> None:
    site = with_redirects(
        by, directory, program, private(directory, "RewriteEngine on", "RewriteRule ^ /generate-token"), "rewrite",
        settings=REDIRECTED)
    running(site)
    for name in ["alice", "bob"]:
        assert_token_of(fetch(f"{site.server.url}/private", *user(name)), name)
    assert_no_token(fetch(f"{site.server.url}/private", *user("bob", "wrong")), 401)
    assert_no_token(fetch(site.url, *user("bob")), 403)


@BY_APACHE
def test_who_writes_a_rewrite_names_nobody(by: type[Site], directory: Path, program: Path, running) -> None:
    site = with_redirects(
        by, directory, program, """
<Location "/rewritten">
    RewriteEngine on
    RewriteRule ^ /generate-token [E=REMOTE_USER:bob]
</Location>
""" + private(directory, "RewriteEngine on", "RewriteRule ^ /generate-token"), "rewrite")
    running(site)
    assert_no_token(fetch(f"{site.server.url}/rewritten"), 403)
    assert_no_token(fetch(f"{site.server.url}/private", *user("alice")), 403)


@BY_APACHE
def test_a_directorys_index_that_is_the_endpoint_is_of_who_signed_in(
    by: type[Site], directory: Path, program: Path, running
) -> None:
    site = with_redirects(by, directory, program, private(directory, "DirectoryIndex /generate-token"))
    (site.server.document_root / "private").mkdir()
    running(site)
    answer = fetch(f"{site.server.url}/private/", *user("alice"))
    if issubclass(by, Htaccess):
        assert_token_of(answer, "alice")
    else:
        # The include's endpoint is closed to the subrequest that mod_dir makes first.
        assert_no_token(answer, 403)
    assert_no_token(fetch(f"{site.server.url}/private/", *user("bob", "wrong")), 401)


@pytest.mark.parametrize("by", [LighttpdFastCgi, LighttpdCgi])
@pytest.mark.parametrize("handler", ["server.error-handler", "server.error-handler-404"])
def test_lighttpds_error_handler_signs_nothing_for_a_failed_login(
    by: type[Site], handler: str, directory: Path, program: Path, running
) -> None:
    site = with_basic_login(by, directory, program)
    site.server.config = site.server.config.replace('"/generate-token" => ("method"', '"/private" => ("method"')
    site.server.config += f'\n{handler} = "/generate-token"'
    running(site)
    for options in ([], user("bob", "wrong")):
        # server.error-handler-404 is asked for 403 and 404 only.
        assert_no_token(fetch(f"{site.server.url}/private", *options), 401 if handler.endswith("404") else 403)


def test_a_token_without_placeholders_needs_no_login(site: Site) -> None:
    assert site.settings == SETTINGS
    assert fetch(site.url).status == 200
