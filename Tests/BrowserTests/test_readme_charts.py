"""The README's lines for a page of one's own, as they stand there."""

from __future__ import annotations

import re

from selenium.webdriver.common.keys import Keys

from Support.layers import in_layer
from Support.marks import as_root
from Support.readme import BLOCKS, CHARTS
from Support.repository import HTDOCS, REPOSITORY
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


def test_the_form_and_its_charts(open_page, tinybird):
    page = open_page('<script type="module" src="/charts-token/tinybird-chart.js"></script>' + BLOCKS["controls"])
    for at in range(2):
        page.wait_for("ready", at)

    for value in ("Search", "Direct"):
        page.driver.find_element("css selector", f"[value={value}]").click()
    wait_until(lambda: tinybird.data[-1].query == {"channel": "Search,Direct"}, "both channels")
    page.run("document.querySelector('select').value = 'Madrid'; document.querySelector('form').requestSubmit()")
    wait_until(lambda: tinybird.data[-1].query == {"channel": "Search,Direct", "city": "Madrid"}, "the city")


def test_a_bar_filters_the_other_charts(site, open_page, tinybird):
    # The page's policy allows no scripts inline.
    markup, script = re.fullmatch(r"(.*)<script type=\"module\">(.*)</script>\n", BLOCKS["select"], re.S).groups()
    site.script = script + BLOCKS["options"]
    page = open_page('<script type="module" src="/charts-token/tinybird-chart.js"></script>'
                     '<script type="module" src="/own.js"></script>' + BLOCKS["controls"] + markup)
    for at in range(3):
        page.wait_for("ready", at)
    assert len([line for line in script.splitlines() if line.strip()]) == 5

    page.inside("root.querySelector('[role=option]').focus()", 2)
    page.driver.switch_to.active_element.send_keys(Keys.ENTER)

    wait_until(lambda: tinybird.data[-1].query == {"city": "Berlin"}, "the city")
    assert page.inside("chart.options.scales.y.suggestedMax", 2) == 1000


def test_the_attributes_are_those_of_the_element(open_page):
    page = open_page("")
    observed = wait_until(lambda: page.value("customElements.get('tinybird-chart')?.observedAttributes"), "the element")
    table = re.search(r"\| attribute \|.*?\n\n", CHARTS, re.S)[0]
    sections = re.findall(r'<section id="([\w-]+)"', (HTDOCS / "element.html").read_text())

    assert sorted(sections) == sorted(observed)
    assert sorted(re.findall(r"^\| `([\w-]+)` \|", table, re.M)) == sorted(observed)


def test_each_attribute_is_tried_as_its_documentation_says(site, open_url):
    page = open_url(f"{site.url}/element.html")

    tried = page.value("""[...document.querySelectorAll("section")].map(section => [
        section.id, section.querySelector("pre").textContent, section.querySelector("tinybird-chart")?.outerHTML])""")
    for name, said, markup in tried:
        assert re.search(rf"^  {name}\b", said, re.M)
        if markup:
            plain = [re.sub(r'(=""|\s)+', " ", text).replace(" >", ">") for text in (said, markup)]
            assert plain[0] == plain[1]
    assert [name for name, _, markup in tried if not markup] == ["src"]


@as_root
def test_the_chart_library_is_where_the_element_looks_for_it():
    default = re.search(r'const CHART_JS = "(.*)"', (REPOSITORY / "apache/htdocs/source.js").read_text())[1]
    fetch = f"curl -s -o /dev/null -w '%{{http_code}}\\n' http://localhost{default}"

    answers = in_layer(f"""
{{ apt-get install -y lighttpd
{BLOCKS["chart-js"]}
# As where the web servers were there first.
dpkg-reconfigure javascript-common
apachectl start
}} >&2
{fetch}
{{ apachectl stop
while pidof apache2; do sleep 0.1; done
install -d -o www-data /run/lighttpd
lighttpd -D -f /etc/lighttpd/lighttpd.conf & server=$!
for _ in $(seq 1200); do curl -s -o /dev/null http://localhost/ && break; sleep 0.1; done
}} >&2
{fetch}
kill $server
wait $server || true
""")
    assert answers == ["200", "200"]
