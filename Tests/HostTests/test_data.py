"""Tinybird's data by way of the site itself: /charts-token/data/NAME.json, where that is turned on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from Support.curl import fetch
from Support.logins import Certificates
from Support.raw import basic
from Support.readme import block
from Support.recipes import Caddy, Haproxy, Nginx
from Support.tinybird_api import TinybirdAPI
from Support.transports import ModFcgid, ModProxyFcgi, Site

WAYS = {"Apache": ModProxyFcgi, "nginx": Nginx, "HAProxy": Haproxy, "Caddy": Caddy}
BY_ALL = pytest.mark.parametrize("way", WAYS)
BEARER = "Authorization: Bearer a.b.c"
# What a server may add of its own, and says nothing of the visitor.
OWN = {"host", "connection", "authorization", "accept-encoding", "accept", "user-agent", "content-length", "cache-control"}
VISITORS = ["Cookie: session=alice", "Referer: https://site.example/secret", "User-Agent: alices", "Origin: https://a.b",
            "Accept-Language: de", "X-Forwarded-For: 6.6.6.6", "X-Real-IP: 6.6.6.6", "Sec-CH-UA: x", "Sec-Fetch-Site: x"]


@pytest.fixture
def api(certificates: Certificates) -> Iterator[TinybirdAPI]:
    server = TinybirdAPI(certificates)
    yield server
    server.close()


def with_data(way: str, directory: Path, program: Path, api: TinybirdAPI, trusted: Path, host: str = "localhost") -> Site:
    """A site that gets data from the stand-in, whose certificate is to be by who is trusted and for the host."""
    by, at = WAYS[way], f"{host}:{api.port}"
    if way == "Apache":
        lines = block("data", **{
            "https://api.tinybird.co": f"https://{at}", "Include conf-available/charts-token.conf\n": ""})
        site = by(directory, program, global_config=f"{lines}Define CHARTS_TOKEN_DATA_CA {trusted}")
        site.server.modules += ["ssl", "proxy_http"]
        return site
    site = by(directory, program)
    recipe = directory / by.recipe.name
    text = recipe.read_text()
    begins = text.index("# Data by way of this site")
    head, rest = text[:begins], text[begins:]
    data, separator, page = rest.partition("\n# The page. ")
    comment, sign, lines = data.partition({"nginx": "\n#location", "HAProxy": "\n#backend", "Caddy": "\n#@"}[way])
    data = comment + (sign + lines).replace("\n#", "\n")
    data = data.replace("https://api.tinybird.co", f"https://{at}").replace("api.tinybird.co:443", at)
    data = data.replace("api.tinybird.co", host).replace("/etc/ssl/certs/ca-certificates.crt", str(trusted))
    recipe.write_text(head + data + separator + page)
    if way == "HAProxy":
        site.server.frontend = next(
            line.removeprefix("#").strip() for line in text.splitlines() if "use_backend charts-token-data" in line)
    if way == "Caddy":
        # Caddy trusts whom the system trusts.
        site.server.environment.append(f"SSL_CERT_FILE={trusted}")
    return site


@BY_ALL
def test_the_pages_token_and_the_query_go_there_and_nothing_of_the_visitor(
    way: str, directory: Path, program: Path, running, certificates: Certificates, api: TinybirdAPI
) -> None:
    site = running(with_data(way, directory, program, api, certificates.path("authority")))
    url = f"{site.server.url}/charts-token/data/sales_by_city.json?limit=10&city=K%C3%B6ln"
    answer = fetch(url, "-H", BEARER, *(option for header in VISITORS for option in ("-H", header)))
    assert (answer.status, answer.text[:8]) == (200, '{"meta":')
    assert "set-cookie" not in answer.headers
    asked, = api.asked
    assert (asked.method, asked.target, asked.body) == (
        "GET", "/v0/pipes/sales_by_city.json?limit=10&city=K%C3%B6ln", b"")
    assert asked.headers["authorization"] == "Bearer a.b.c"
    assert asked.headers["host"].split(":")[0] == "localhost"
    assert asked.headers.keys() <= OWN
    assert not any(value in repr(asked.headers) for value in ("alice", "secret", "6.6.6.6"))


@BY_ALL
def test_nothing_else_goes_there(
    way: str, directory: Path, program: Path, running, certificates: Certificates, api: TinybirdAPI
) -> None:
    site = running(with_data(way, directory, program, api, certificates.path("authority")))
    for path in ["data/", "data/a", "data/a.json/x", "data/a.json%0a", "data/../../v0/tokens.json", "data/a.ndjson",
                 "data/%2e%2e%2ftokens.json", "data/a%2fb.json", "Data/a.json", "data/a.JSON"]:
        assert fetch(f"{site.server.url}/charts-token/{path}", "-H", BEARER).status in {301, 400, 403, 404, 405}
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        answer = fetch(f"{site.server.url}/charts-token/data/a.json", "-H", BEARER, "-X", method)
        assert answer.status in {403, 404, 405}, method
    assert api.asked == []
    # A password for the site, which the browser sends by itself.
    fetch(f"{site.server.url}/charts-token/data/a.json", "-H", basic("alice"))
    assert not any(asked.headers.get("authorization") for asked in api.asked)


@BY_ALL
@pytest.mark.parametrize("fault", ["another authority", "another name"])
def test_only_tinybird_itself_is_asked(
    way: str, fault: str, directory: Path, program: Path, running, certificates: Certificates, api: TinybirdAPI
) -> None:
    trusted = certificates.path("authority")
    if fault == "another authority":
        trusted = certificates.path(certificates._authority("other"))
    # The certificate names 127.0.0.1 and localhost.
    host = "localhost" if fault == "another authority" else "127.0.0.2"
    site = running(with_data(way, directory, program, api, trusted, host))
    assert fetch(f"{site.server.url}/charts-token/data/a.json", "-H", BEARER).status in {500, 502, 503}
    assert api.asked == []


@BY_ALL
def test_it_is_off_by_default(way: str, directory: Path, program: Path, running) -> None:
    site = WAYS[way](directory, program)
    if way == "Apache":
        site.server.modules += ["ssl", "proxy_http"]
    running(site)
    assert fetch(f"{site.server.url}/charts-token/data/a.json", "-H", BEARER).status == 404


def test_under_mod_fcgid_and_at_the_root_it_is_the_same(
    directory: Path, program: Path, running, certificates: Certificates, api: TinybirdAPI
) -> None:
    site = ModFcgid(directory, program, global_config="\n".join([
        "Define CHARTS_TOKEN_PAGE /", f"Define CHARTS_TOKEN_DATA https://localhost:{api.port}",
        f"Define CHARTS_TOKEN_DATA_CA {certificates.path('authority')}"]))
    site.server.modules += ["proxy", "proxy_http", "ssl"]
    running(site)
    assert fetch(f"{site.server.url}/data/a.json", "-H", BEARER).status == 200
    assert [asked.target for asked in api.asked] == ["/v0/pipes/a.json"]
