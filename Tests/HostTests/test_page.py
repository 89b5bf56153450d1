"""The page comes with the headers that let it show Tinybird's charts and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from Support.curl import fetch
from Support.recipes import RECIPES, Caddy, Haproxy, Nginx
from Support.repository import HTDOCS
from Support.tokens import assert_the_guides_token
from Support.transports import (
    LighttpdCgi, LighttpdFastCgi, LighttpdService, ModCgid, ModFcgid, ModProxyFcgi, Site)

BY_AN_INCLUDE = pytest.mark.parametrize(
    "by", [ModFcgid, ModProxyFcgi, ModCgid, LighttpdFastCgi, LighttpdCgi, LighttpdService, *RECIPES.values()])
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' https://*.tinybird.co; "
    "frame-src https://*.tinybird.co; base-uri 'none'; form-action 'none'; frame-ancestors 'self'")


@BY_AN_INCLUDE
def test_the_page_and_its_files_have_a_strict_policy(by: type[Site], directory: Path, program: Path, running) -> None:
    site = running(by(directory, program))
    page = fetch(f"{site.server.url}/charts-token/")
    assert page.body == (HTDOCS / "index.html").read_bytes()
    assert page.headers["content-type"].startswith("text/html")
    for path in ["", *(file.name for file in HTDOCS.iterdir())]:
        answer = fetch(f"{site.server.url}/charts-token/{path}")
        # Has packaging/haproxy a line for it?
        assert answer.status == 200, path
        assert answer.body == (HTDOCS / (path or "index.html")).read_bytes()
        # With nosniff, a script of another type isn't run.
        assert not path.endswith(".js") or answer.headers["content-type"].split(";")[0].endswith("/javascript")
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"


LOCAL = "http://localhost:7181"
# Where each server's lines name Tinybird's hosts, once.
HOSTS = {
    Nginx: ("charts-token.conf", "set $charts_token_hosts https://*.tinybird.co;"),
    Haproxy: ("charts-token.cfg", 'str("https://*.tinybird.co")'),
    Caddy: ("charts-token.caddy", "vars charts_token_hosts https://*.tinybird.co"),
    LighttpdFastCgi: ("charts-token-page.conf", 'var.charts_token_hosts = "https://*.tinybird.co"'),
    LighttpdService: ("charts-token-page.conf", 'var.charts_token_hosts = "https://*.tinybird.co"'),
}


@pytest.mark.parametrize("by", [ModFcgid, ModProxyFcgi, *HOSTS])
def test_other_hosts_of_tinybirds_are_named_in_one_place(by: type[Site], directory: Path, program: Path, running) -> None:
    if by in HOSTS:
        site = by(directory, program)
        name, line = HOSTS[by]
        text = (directory / name).read_text()
        assert text.count(line) == 1
        (directory / name).write_text(text.replace(line, line.replace("https://*.tinybird.co", LOCAL)))
    else:
        site = by(directory, program, global_config=f"Define CHARTS_TOKEN_HOSTS {LOCAL}")
    answer = fetch(f"{running(site).server.url}/charts-token/")
    assert answer.headers["content-security-policy"] == POLICY.replace("https://*.tinybird.co", LOCAL)


@BY_AN_INCLUDE
def test_the_page_is_found_without_its_last_slash(by: type[Site], directory: Path, program: Path, running) -> None:
    site = running(by(directory, program))
    answer = fetch(f"{site.server.url}/charts-token")
    assert answer.status in {301, 302}
    assert answer.headers["location"].endswith("/charts-token/")


@BY_AN_INCLUDE
def test_no_path_leads_out_of_the_pages_directory(by: type[Site], directory: Path, program: Path, running) -> None:
    site = running(by(directory, program))
    for path in ["../key.conf", "..%2fkey.conf", "%2e%2e/key.conf", ".%2e/key.conf", "./../../key.conf"]:
        for prefix in ["/charts-token/", "/charts-token"]:
            answer = fetch(f"{site.server.url}{prefix}{path}")
            assert answer.status in {301, 400, 403, 404}
            assert b"CHARTS_TOKEN_KEY" not in answer.body


@pytest.mark.parametrize("by", [ModFcgid, ModProxyFcgi, ModCgid])
def test_with_the_page_at_the_root_the_endpoint_still_wins(
    by: type[Site], directory: Path, program: Path, running
) -> None:
    site = by(directory, program, global_config="Define CHARTS_TOKEN_PAGE /")
    # Not even a file of that name beside the page is in the way.
    (site.htdocs / "generate-token").write_text("a file")
    running(site)
    assert_the_guides_token(fetch(site.url).body)
    page = fetch(f"{site.server.url}/")
    assert page.body == (HTDOCS / "index.html").read_bytes()
    assert page.headers["content-security-policy"] == POLICY


@pytest.mark.parametrize("by", [ModFcgid, LighttpdFastCgi])
def test_the_policy_is_the_pages_alone(by: type[Site], directory: Path, program: Path, running) -> None:
    site = by(directory, program)
    (site.server.document_root / "index.html").write_text("the site")
    running(site)
    for path in ["/", "/generate-token"]:
        assert "content-security-policy" not in fetch(site.server.url + path).headers
