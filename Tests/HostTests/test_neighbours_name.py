"""Nobody on the same server gets a token past the endpoint's login, or with settings of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from Support.curl import fetch
from Support.logins import (
    BASIC_MODULES, PASSWORD, PER_USER, assert_no_token, assert_token_of, basic_lines, users_file, with_basic_login)
from Support.neighbours import NOTHING, Tenant, choices, loot
from Support.recipes import Nginx
from Support.tokens import assert_the_guides_token
from Support.transports import ModCgid, ModFcgid, ModProxyFcgi, Site

BY_THE_INCLUDE = pytest.mark.parametrize("by", [ModFcgid, ModProxyFcgi, ModCgid])
# A login that an address replaces, as sites have it.
GUARDS = {
    "Satisfy Any": ["Order deny,allow", "Deny from all", "Allow from 127.0.0.1", "Satisfy Any"],
    "Require ip": ["Require ip 127.0.0.1"],
}


@BY_THE_INCLUDE
@pytest.mark.parametrize("guard", GUARDS)
@pytest.mark.parametrize("directive, path", [
    ("DirectoryIndex /generate-token", ""), ("FallbackResource /generate-token", "nowhere")],
    ids=["DirectoryIndex", "FallbackResource"])
def test_a_subrequest_chooses_no_settings_whatever_the_guard(
    by: type[Site], guard: str, directive: str, path: str, directory: Path, program: Path, running
) -> None:
    lines = ['<Location "/generate-token">', *basic_lines(users_file(directory)), *GUARDS[guard], "</Location>"]
    site = by(directory, program, config="\n".join(lines))
    site.server.modules += [*BASIC_MODULES, "authz_host", "access_compat"]
    tenant = Tenant(site, override="FileInfo Indexes", options="FollowSymLinks")
    running(site)
    answer = tenant.get(
        path, *(f"SetEnv {name} '{value}'" for name, value in choices(None).items()), "SetEnv REMOTE_USER bob", directive)
    assert_no_token(answer, 403)
    assert loot(answer.body) == NOTHING
    # Asked for itself, it is the site's.
    assert_the_guides_token(fetch(site.url).body)


@BY_THE_INCLUDE
@pytest.mark.parametrize("options, path", [
    ("ICASE", "/Generate-Token"), ("-DOLLAR_ENDONLY", "/generate-token%0a"), ("ICASE -DOLLAR_ENDONLY", "/GENERATE-TOKEN%0A"),
])
def test_no_option_for_regular_expressions_opens_another_url(
    by: type[Site], options: str, path: str, directory: Path, program: Path, running
) -> None:
    site = running(with_basic_login(by, directory, program, global_config=f"RegexDefaultOptions {options}"))
    assert_no_token(fetch(site.server.url + path), 404)
    assert_no_token(fetch(site.url), 401)
    assert_token_of(fetch(site.url, "-u", f"alice:{PASSWORD}"), "alice")


def test_nginx_asks_for_the_password_where_the_site_takes_an_address_for_one(
    directory: Path, program: Path, running
) -> None:
    site = Nginx(directory, program, names=["alice", "bob"], settings=PER_USER)
    recipe = directory / "charts-token.conf"
    recipe.write_text("satisfy any;\nallow 127.0.0.1;\ndeny all;\n" + recipe.read_text())
    running(site)
    for claim in ([], ["-u", "bob:wrong"], ["-u", "nobody:x"]):
        assert_no_token(fetch(site.url, *claim), 401)
    assert_token_of(fetch(site.url, "-u", f"alice:{PASSWORD}"), "alice")
