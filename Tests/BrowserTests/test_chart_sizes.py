"""How much a page loads for its charts: scripts as small as their parts, and no more of them than the charts need."""

from __future__ import annotations

import gzip
import re

import pytest

from Support.pages import FRAME, drawn
from Support.repository import HTDOCS

# Each list of tinybird-chart.js, which loads them at once.
GROUPS = {
    name: [f"{script}.js" for script in re.findall(r'"([\w-]+)"', scripts)]
    for name, scripts in re.findall(r"^const (\w+) = \[(.*)\];$", (HTDOCS / "tinybird-chart.js").read_text(), re.M)}
ALWAYS = ["tinybird-chart.js", *GROUPS["ELEMENT"]]
# What some pages need, each by itself.
EXTRA = {
    "downloads.js", "examples.js", "frame.js", "measures.js", "near.js", "points.js", "rows.js", "samples.js",
    *(file.name for file in HTDOCS.glob("words-*.js"))}
LOADED = "performance.getEntriesByType('resource').filter(entry => entry.name.endsWith('.js'))" \
         ".map(entry => entry.name.split('/').pop())"


def test_every_script_is_under_200_lines_and_loaded_by_the_first():
    scripts = {file.name: file.read_text().count("\n") for file in HTDOCS.glob("*.js")}

    assert {name: lines for name, lines in scripts.items() if lines > 200} == {}
    assert scripts.keys() == {*ALWAYS, *EXTRA, *(script for group in GROUPS.values() for script in group)}


@pytest.mark.parametrize("markup, groups, most", [
    (FRAME, ["frame"], 21_000),
    (drawn("bar-list"), ["DRAWING", "IN_TABLES"], 35_500),
    (drawn("table"), ["DRAWING", "IN_TABLES"], 35_500),
    (drawn("bar"), ["DRAWING", "CANVAS"], 47_500),
    (drawn("bar-list", 'format="sales=bytes"'), ["DRAWING", "IN_TABLES", "measures"], 37_000),
    (drawn("bar-list", "selectable"), ["DRAWING", "IN_TABLES", "rows"], 36_500),
    (drawn("bar", "selectable"), ["DRAWING", "CANVAS", "points"], 49_500),
], ids=["frame", "bar list", "table", "canvas", "measures", "rows", "points"])
def test_a_page_loads_what_its_charts_need(open_page, markup, groups, most):
    page = open_page(markup)
    page.wait_for("ready")

    loaded = set(page.value(LOADED)) - {"chart.min.js"}
    assert loaded == {*ALWAYS, *(script for group in groups for script in GROUPS.get(group, [f"{group}.js"]))}
    # As servers send them, compressed.
    assert sum(len(gzip.compress((HTDOCS / script).read_bytes())) for script in loaded) <= most


@pytest.mark.parametrize("name, first", [
    ("index", [*ALWAYS, "drawing.js"]), ("examples", [*ALWAYS, "drawing.js", "canvas.js"]),
    # With the style sheet, as many as browsers ask of a server at once by HTTP/1.1.
    ("frame", ALWAYS[:5]),
])
def test_the_pages_name_beforehand_what_comes_first(name, first):
    linked = re.findall(r'rel="modulepreload" href="([\w.-]+)"', (HTDOCS / f"{name}.html").read_text())

    assert linked == first


def test_the_token_client_alone_needs_no_element(site, open_url):
    page = open_url(f"{site.url}/icon.svg")

    assert page.driver.execute_async_script("""
        import("/token-client.js").then(({ TokenClient }) => new TokenClient("/generate-token").token())
            .then(arguments[0], arguments[0])""") == site.tokens[0]
    assert set(page.value(LOADED)) == {"token-client.js", "request.js", "words.js"}
