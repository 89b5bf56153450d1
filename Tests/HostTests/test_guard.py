"""Who may call the endpoint is for the administrator to say, with the server's own login."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from Support.curl import Answer, fetch
from Support.lighttpd import Lighttpd
from Support.tokens import assert_the_guides_token
from Support.transports import INCLUDE, LighttpdCgi, LighttpdFastCgi, ModCgid, ModFcgid, ModProxyFcgi, Site

AUTH_MODULES = ["authn_core", "authn_file", "auth_basic", "authz_user", "authz_host"]


def users_file(directory: Path) -> Path:
    path = directory / "users"
    digest = base64.b64encode(hashlib.sha1(b"secret").digest()).decode()
    path.write_text(f"ann:{{SHA}}{digest}\n")
    return path


def basic_login(directory: Path, location: str) -> str:
    return "\n".join([
        f'<Location "{location}">', "AuthType Basic", "AuthName Charts", f"AuthUserFile {users_file(directory)}",
        "Require valid-user", "</Location>"])


def assert_login_is_asked(url: str) -> Answer:
    for options in ([], ["--user", "ann:wrong"], ["--request", "POST", "--data", "x"]):
        answer = fetch(url, *options)
        assert answer.status == 401
        assert b"token" not in answer.body.lower().replace(b"generate-token", b"")
    answer = fetch(url, "--user", "ann:secret")
    assert_the_guides_token(answer.body)
    return answer


@pytest.mark.parametrize("by", [ModFcgid, ModProxyFcgi, ModCgid])
@pytest.mark.parametrize("place", ["before the include", "after the include"])
@pytest.mark.parametrize("location", ["/generate-token", "/"])
def test_a_basic_login_guards_the_endpoint_under_apache(
    by: type[Site], place: str, location: str, directory: Path, program: Path, running
) -> None:
    guard = basic_login(directory, location)
    site = by(directory, program, **{"global_config" if place.startswith("before") else "config": guard})
    site.server.modules += AUTH_MODULES
    assert_login_is_asked(running(site).url)


@pytest.mark.parametrize("by", [ModFcgid, ModProxyFcgi, ModCgid])
@pytest.mark.parametrize("path", [
    "/generate-token", "//generate-token", "/./generate-token", "/%67enerate-token", "/x/../generate-token",
    "/generate-token?", "/generate-token;x",
])
def test_no_spelling_of_the_path_gets_past_the_guard(
    by: type[Site], path: str, directory: Path, program: Path, running
) -> None:
    site = by(directory, program, config=basic_login(directory, "/generate-token"))
    site.server.modules += AUTH_MODULES
    answer = fetch(running(site).server.url + path)
    assert answer.status in {400, 401, 404}


@pytest.mark.parametrize("by", [ModFcgid, ModProxyFcgi, ModCgid])
def test_a_guard_inside_a_virtual_host_holds_with_the_include_at_server_level(
    by: type[Site], directory: Path, program: Path, running
) -> None:
    guard = basic_login(directory, "/generate-token")
    site = by(directory, program, config=f"<VirtualHost *>\nServerName a.test\n{guard}\n</VirtualHost>")
    site.server.modules += AUTH_MODULES
    assert_login_is_asked(running(site).url)


@pytest.mark.parametrize("by", [ModFcgid, ModProxyFcgi, ModCgid])
def test_an_endpoint_that_is_denied_to_all_stays_denied(
    by: type[Site], directory: Path, program: Path, running
) -> None:
    site = by(directory, program, config='<Location "/generate-token">\nRequire all denied\n</Location>')
    site.server.modules += AUTH_MODULES
    assert fetch(running(site).url).status == 403


@pytest.mark.parametrize("by", [LighttpdFastCgi, LighttpdCgi])
def test_a_basic_login_guards_the_endpoint_under_lighttpd(
    by: type[Site], directory: Path, program: Path, running
) -> None:
    site = by(directory, program, config="\n".join([
        'auth.backend = "htpasswd"', f'auth.backend.htpasswd.userfile = "{users_file(directory)}"',
        'auth.require = ("/generate-token" => ("method" => "basic", "realm" => "Charts", "require" => "valid-user"))',
    ]))
    assert isinstance(site.server, Lighttpd)
    site.server.modules += ["mod_auth", "mod_authn_file"]
    assert_login_is_asked(running(site).url)


def test_the_comment_in_the_include_is_such_a_guard() -> None:
    text = INCLUDE.read_text()
    for line in ['#     <Location "/generate-token">', "#         Require valid-user"]:
        assert line in text
