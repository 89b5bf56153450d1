"""The README's lines for a page of one's own, as they stand there."""

from __future__ import annotations

import re

from Support.layers import in_layer
from Support.marks import as_root
from Support.readme import BLOCKS, README
from Support.repository import REPOSITORY
from Support.tinybird import ROWS
from Support.waiting import wait_until


def test_the_frame(open_page, tinybird):
    page = open_page(BLOCKS["embed"])

    assert page.frame() == "the chart"
    assert page.failures == []
    assert tinybird.pages[0].path.endswith("/charts/%E2%80%A6")


def test_the_drawing(open_page, tinybird):
    page = open_page(BLOCKS["draw"])

    page.wait_for("ready")
    wait_until(lambda: page.inside("root.querySelector('canvas')?.width > 0"), "a canvas")
    assert page.failures == []
    assert tinybird.data[0].path == "/v0/pipes/sales_by_city.json" and tinybird.data[0].query == {"limit": "10"}


def test_the_tokens_alone(site, open_page, tinybird):
    site.script = BLOCKS["token-client"] + "window.got = data; window.token = await tokens.token();"
    page = open_page('<script type="module" src="/own.js"></script>')

    wait_until(lambda: page.value("window.token"), "a token")
    assert page.value("got") == ROWS
    assert site.tokens == [page.value("window.token")]
    assert tinybird.data[0].query == {"limit": "10"}


def test_the_attributes_are_those_of_the_element(open_page):
    page = open_page("")
    observed = page.value("customElements.get('tinybird-chart').observedAttributes")
    table = re.search(r"\| attribute \|.*?\n\n", README, re.S)[0]

    assert sorted(re.findall(r"^\| `([\w-]+)` \|", table, re.M)) == sorted(observed)


@as_root
def test_the_chart_library_is_where_the_element_looks_for_it():
    default = re.search(r'const CHART_JS = "(.*)"', (REPOSITORY / "apache/htdocs/drawing.js").read_text())[1]
    fetch = f"curl -s -o /dev/null -w '%{{http_code}}\\n' http://localhost{default}"

    answers = in_layer("apache2 lighttpd libjs-chart.js javascript-common", f"""
{{ {BLOCKS["chart-js"]}
# As where the web servers were there first.
dpkg-reconfigure javascript-common
apachectl start
}} >&2
{fetch}
{{ apachectl stop
while pidof apache2; do sleep 0.1; done
install -d -o www-data /run/lighttpd
lighttpd -D -f /etc/lighttpd/lighttpd.conf & server=$!
for _ in $(seq 50); do curl -s -o /dev/null http://localhost/ && break; sleep 0.1; done
}} >&2
{fetch}
kill $server
wait $server || true
""")
    assert answers == ["200", "200"]
