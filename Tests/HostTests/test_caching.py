"""What a site's own rules for caching can't do to the endpoint, and what the page's files are sent with."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from Support.curl import Answer, fetch
from Support.logins import claims
from Support.recipes import Caddy, Haproxy, Nginx, Recipe
from Support.tokens import PIPE
from Support.transports import (
    LighttpdCgi, LighttpdFastCgi, LighttpdService, ModCgid, ModFcgid, ModProxyFcgi, Site)

BY_APACHE = pytest.mark.parametrize("by", [ModFcgid, ModProxyFcgi, ModCgid])
BY_LIGHTTPD = pytest.mark.parametrize("by", [LighttpdFastCgi, LighttpdCgi, LighttpdService])
FOR_ALL = "public, max-age=2592000"
# A token for each visitor, whom a login without a password names, as certificates and sessions do.
BY_NAME = {"TINYBIRD_PIPES": PIPE, "TINYBIRD_TOKEN_NAME": "%{WHO}"}


def assert_it_may_not_be_stored(answer: Answer) -> None:
    assert answer.status == 200
    assert set(answer.headers["cache-control"].split(", ")) == {"no-store"}
    assert "expires" not in answer.headers


def name_of(url: str, name: str) -> str:
    return claims(json.loads(fetch(url, "-H", f"X-Who: {name}").body)["token"])["name"]


@BY_APACHE
@pytest.mark.parametrize("rule", [
    f'Header set Cache-Control "{FOR_ALL}"', f'Header always set Cache-Control "{FOR_ALL}"',
    'ExpiresActive On\nExpiresDefault "access plus 30 days"', 'ExpiresActive On\nExpiresByType application/json A2592000',
])
@pytest.mark.parametrize("where", ["{}", '<Location "/">\n{}\n</Location>', '<LocationMatch ".">\n{}\n</LocationMatch>'],
                         ids=["for the site", "Location", "LocationMatch"])
def test_apaches_rules_let_nobody_store_a_token(
    by: type[Site], rule: str, where: str, directory: Path, program: Path, running
) -> None:
    # After the Include.
    site = by(directory, program, config=where.format(rule))
    site.server.modules.append("expires")
    (site.server.document_root / "a.json").write_text("{}")
    running(site)
    answers = [fetch(site.url), fetch(f"{site.server.url}/a.json")]
    assert_it_may_not_be_stored(answers[0])
    # Elsewhere they hold.
    assert "max-age=2592000" in answers[1].headers.get("cache-control", "") or "ByType" in rule


@BY_APACHE
@pytest.mark.parametrize("quick", ["On", "Off"])
def test_apaches_cache_gives_nobody_anothers_token(
    by: type[Site], quick: str, directory: Path, program: Path, running
) -> None:
    cache = directory / "cache"
    cache.mkdir(mode=0o777)
    cache.chmod(0o777)
    site = by(directory, program, settings=BY_NAME, config="\n".join([
        'SetEnvIf X-Who "(.+)" WHO=$1', f"CacheRoot {cache}", 'CacheEnable disk "/"', f"CacheQuickHandler {quick}",
        "CacheStoreNoStore On", "CacheStorePrivate On", "CacheIgnoreNoLastMod On", "CacheIgnoreCacheControl On",
        "CacheDefaultExpire 3600", "CacheStoreExpired On", f'Header set Cache-Control "{FOR_ALL}"']))
    site.server.modules += ["setenvif", "cache", "cache_disk"]
    (site.server.document_root / "a.html").write_text("stored")
    running(site)
    assert [name_of(site.url, name) for name in ("alice", "bob")] == ["alice", "bob"]
    # Elsewhere it stores.
    fetch(f"{site.server.url}/a.html")
    assert "age" in fetch(f"{site.server.url}/a.html").headers


def nginx_with(directory: Path, program: Path, rules: str, **options) -> Nginx:
    site = Nginx(directory, program, **options)
    recipe = directory / "charts-token.conf"
    recipe.write_text(rules + recipe.read_text())
    return site


@pytest.mark.parametrize("rule", [
    "expires 30d;\n", f'add_header Cache-Control "{FOR_ALL}";\n', f'add_header Cache-Control "{FOR_ALL}" always;\n'])
def test_nginxs_rules_let_nobody_store_a_token(rule: str, directory: Path, program: Path, running) -> None:
    assert_it_may_not_be_stored(fetch(running(nginx_with(directory, program, rule)).url))


def test_nginxs_cache_gives_nobody_anothers_token(directory: Path, program: Path, running) -> None:
    site = nginx_with(directory, program, "\n".join([
        "fastcgi_cache all;", "fastcgi_cache_key $request_uri;", "fastcgi_cache_valid any 1h;",
        "fastcgi_ignore_headers Cache-Control Expires Set-Cookie;", ""]))
    site.server.global_config = f"fastcgi_cache_path {directory}/cache keys_zone=all:1m;"
    recipe = directory / "charts-token.conf"
    recipe.write_text(recipe.read_text().replace(
        "fastcgi_param GATEWAY", "fastcgi_param WHO $http_x_who;\n fastcgi_param TINYBIRD_TOKEN_NAME '%{WHO}';\n"
        " fastcgi_param GATEWAY"))
    running(site)
    assert [name_of(site.url, name) for name in ("alice", "bob")] == ["alice", "bob"]


@BY_LIGHTTPD
def test_lighttpds_rules_let_nobody_store_a_token(by: type[Site], directory: Path, program: Path, running) -> None:
    site = by(directory, program, config=f'setenv.set-response-header = ("Cache-Control" => "{FOR_ALL}")\n'
              'expire.url = ("/" => "access plus 30 days")')
    site.server.modules += ["mod_expire"]
    assert_it_may_not_be_stored(fetch(running(site).url))


def test_caddys_rules_let_nobody_store_a_token_unless_they_are_deferred(directory: Path, program: Path, running) -> None:
    site = Caddy(directory, program)
    site.server.site_config = f'header Cache-Control "{FOR_ALL}"'
    assert_it_may_not_be_stored(fetch(running(site).url))


@pytest.mark.parametrize("by", [Caddy, Haproxy])
def test_the_rules_that_the_files_warn_of_still_win(by: type[Recipe], directory: Path, program: Path, running) -> None:
    # If that ends, the warning can go.
    site = by(directory, program)
    site.server.site_config = f'header {{\n    Cache-Control "{FOR_ALL}"\n    defer\n}}'
    site.server.frontend = f'http-response set-header Cache-Control "{FOR_ALL}"'
    assert fetch(running(site).url).headers["cache-control"] == FOR_ALL
    assert "and wins: it" in by.recipe.read_text()


@pytest.mark.parametrize("by", [ModFcgid, LighttpdFastCgi, LighttpdService, Nginx, Haproxy, Caddy])
def test_a_browser_asks_before_it_uses_a_copy_of_the_page(by: type[Site], directory: Path, program: Path, running) -> None:
    site = by(directory, program)
    if by is ModFcgid:
        site.server.modules += ["deflate", "filter", "expires"]
        site.server.config += '\nExpiresActive On\nExpiresDefault "access plus 30 days"'
    running(site)
    for name in ("", "tinybird-chart.js", "page.css"):
        for encoding in ("identity", "gzip"):
            url = f"{site.server.url}/charts-token/{name}"
            answer = fetch(url, "-H", f"Accept-Encoding: {encoding}")
            assert (answer.status, answer.headers["cache-control"]) == (200, "no-cache")
            if by is Haproxy:
                continue
            tag = answer.headers["etag"]
            assert fetch(url, "-H", f"Accept-Encoding: {encoding}", "-H", f"If-None-Match: {tag}").status == 304


@pytest.mark.parametrize("by", [ModFcgid, LighttpdFastCgi, LighttpdService, Nginx, Caddy])
def test_scripts_are_compressed(by: type[Site], directory: Path, program: Path, running) -> None:
    site = by(directory, program)
    if by is ModFcgid:
        site.server.modules += ["deflate", "filter"]
        # As in Debian's deflate.conf; once is enough.
        site.server.config += "\nAddOutputFilterByType DEFLATE text/html text/css text/javascript application/javascript"
    running(site)
    answer = fetch(f"{site.server.url}/charts-token/tinybird-chart.js", "-H", "Accept-Encoding: gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == (site.htdocs / "tinybird-chart.js").read_bytes()
    assert "accept-encoding" in answer.headers["vary"].lower()
