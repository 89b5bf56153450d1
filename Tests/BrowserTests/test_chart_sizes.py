"""How much a page loads for its charts: bytes of JavaScript before compression, as the browser counts them."""

from __future__ import annotations

import pytest

from Support.pages import FRAME, drawn
from Support.repository import HTDOCS

# The bounds leave a little room; what needs more of it should do without something else.
MODULES = {
    "tinybird-chart.js": 7_200, "token-client.js": 8_750, "frame.js": 2_700, "shell.js": 2_800, "drawing.js": 8_800,
    "canvas.js": 4_500,
}
ALWAYS = ["shell.js", "tinybird-chart.js", "token-client.js"]
LOADED = "performance.getEntriesByType('resource').filter(entry => entry.name.endsWith('.js'))" \
         ".map(entry => [entry.name.split('/').pop(), entry.decodedBodySize])"


def test_no_module_has_grown():
    sizes = {file.name: file.stat().st_size for file in HTDOCS.glob("*.js")}

    assert sizes.keys() == MODULES.keys()
    assert {name: size for name, size in sizes.items() if size > MODULES[name]} == {}


@pytest.mark.parametrize("markup, modules, most", [
    (FRAME, [*ALWAYS, "frame.js"], 20_800),
    (drawn("table"), [*ALWAYS, "drawing.js"], 27_000),
    (drawn("bar"), [*ALWAYS, "drawing.js", "canvas.js"], 31_200),
], ids=["frame", "table", "canvas"])
def test_a_page_loads_what_its_charts_need(open_page, markup, modules, most):
    page = open_page(markup)
    page.wait_for("ready")

    loaded = {name: size for name, size in page.value(LOADED) if name != "chart.min.js"}
    assert loaded.keys() == set(modules)
    assert sum(loaded.values()) <= most


def test_the_token_client_alone_is_one_module(site, open_url):
    page = open_url(f"{site.url}/icon.svg")

    assert page.driver.execute_async_script("""
        import("/token-client.js").then(({ TokenClient }) => new TokenClient("/generate-token").token())
            .then(arguments[0], arguments[0])""") == site.tokens[0]
    assert [name for name, _ in page.value(LOADED)] == ["token-client.js"]
