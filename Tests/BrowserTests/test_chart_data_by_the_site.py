"""<tinybird-chart> where its data come by way of the site itself, under the real Apache: Tinybird's hosts are never asked."""

from __future__ import annotations

from pathlib import Path

from Support.logins import Certificates
from Support.tinybird_api import TinybirdAPI
from Support.tokens import SETTINGS, signed_by
from Support.transports import ModProxyFcgi

PAGE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Charts</title>
<script type="module" src="tinybird-chart.js"></script>
<tinybird-chart type="table" endpoint="/charts-token/data/sales_by_city.json" params="limit=10"></tinybird-chart>"""


def test_the_element_works_with_it_unchanged(directory: Path, program: Path, open_url, tinybird) -> None:
    certificates = Certificates(directory / "certificates")
    api = TinybirdAPI(certificates)
    site = ModProxyFcgi(directory, program, settings=SETTINGS, global_config="\n".join([
        f"Define CHARTS_TOKEN_DATA https://localhost:{api.port}",
        f"Define CHARTS_TOKEN_DATA_CA {certificates.path('authority')}"]))
    site.server.modules += ["ssl", "proxy_http"]
    (site.htdocs / "own.html").write_text(PAGE)
    try:
        site.start()
        page = open_url(f"{site.server.url}/charts-token/own.html")
        page.wait_for("ready", 0)
        assert page.failures == []
    finally:
        site.close()
        api.close()
    asked, = api.asked
    assert asked.target == "/v0/pipes/sales_by_city.json?limit=10"
    assert signed_by(asked.headers["authorization"].removeprefix("Bearer "))
    assert tinybird.requests == []
