"""The pages that ship, as apache/serve serves them with the real endpoint: pictures are kept, and the basics checked."""

from __future__ import annotations

import itertools
import re
import tempfile
from pathlib import Path

import pytest

from Support.apache_serve import DEMONSTRATION_KEY, claims_of
from Support.browser import CONTRAST, FETCHES
from Support.clock import LEAPS
from Support.repository import HTDOCS
from Support.tinybird import CHART
from Support.tokens import KEY

KINDS = [*["big-number"] * 4, "area", "bar", "table"]
# The pages, with how many charts each has.
PAGES = {"index": 10, "examples": len(KINDS), "element": 28, "theme": 7, "frame": 1}

# Requests of the page, as the browser counts them.
ASKED = "performance.getEntriesByType('resource').filter(entry => entry.name.endsWith('/generate-token')).length"


def ready(page, count: int) -> None:
    for at in range(count):
        page.wait_for("empty" if page.inside("chart.getAttribute('endpoint') === 'sample-none.json'", at) else "ready", at)


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_look_as_they_should(serve, open_url, tinybird, keep, name):
    run = serve()
    # Opened in each scheme, on a small screen and on a large one; then they change.
    for scheme, other, widths in [("light", "dark", (390, 1280)), ("dark", "light", (1920, 768))]:
        page = open_url("about:blank")
        page.media(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
        page.size(widths[0])
        page.driver.get(f"{run.url}/{name}.html")
        ready(page, PAGES[name])
        if name == "frame":
            assert page.frame() == "the chart"
        for width, scheme in itertools.product(widths, (scheme, other)):
            page.media(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
            page.size(width)
            # The whole page in one window, and drawn.
            page.size(width, page.value("document.documentElement.scrollHeight"))
            page.still()
            keep(f"{name}-{width}-{scheme}.png", page.picture)

            assert [pair for pair in page.value(CONTRAST) if pair[1] < 4.5] == []
            assert page.value("document.documentElement.scrollWidth") <= width
            assert page.value("""[...document.querySelectorAll("tinybird-chart")].map(chart => chart.shadowRoot.querySelector("#plot"))
                .every(plot => plot.scrollHeight <= plot.clientHeight)""")
        assert page.value("violations") == [] and page.failures == []
        assert page.log() == []
        # Three charts of a page tell what makes a token another one.
        assert page.value(ASKED) == (4 if name == "element" else 1)


def test_examples_are_there_before_anyone_has_an_account(serve, open_url):
    run = serve(TINYBIRD_SIGNING_KEY="", TINYBIRD_PIPES="")

    page = open_url(f"{run.url}/examples.html")

    ready(page, len(KINDS))
    assert page.value("[...document.querySelectorAll('tinybird-chart')].map(chart => chart.getAttribute('type'))") == KINDS
    assert page.failures == [] and page.value("violations") == []
    assert page.value(ASKED) == 1
    assert claims_of(run.token(), DEMONSTRATION_KEY)


def test_the_frame_shows_the_charts_url_with_a_real_token(serve, open_url, tinybird):
    page = open_url(f"{serve().url}/frame.html")

    assert page.frame() == "the chart"
    address, _, token = page.frames()[0].partition("?token=")
    assert address == CHART and token == tinybird.pages[0].token
    assert page.value("document.querySelector('a[href=\"examples.html\"]') !== null")


def test_where_the_endpoint_has_no_key_there_is_a_message_and_it_mends_itself(serve, open_url):
    with tempfile.TemporaryDirectory(prefix="late-key.", dir="/tmp") as directory:
        Path(directory).chmod(0o755)
        key = Path(directory) / "key"
        run = serve(TINYBIRD_SIGNING_KEY="", TINYBIRD_SIGNING_KEY_FILE=str(key))
        page = open_url(f"{run.url}/examples.html")
        for at in range(len(KINDS)):
            assert "administrator" in page.problem(at)

        key.write_text(KEY)
        key.chmod(0o644)

        ready(page, len(KINDS))


def test_without_scripts_there_is_a_word_about_it():
    for name in PAGES:
        assert re.search(r"<noscript>.*JavaScript.*</noscript>", (HTDOCS / f"{name}.html").read_text()), name


def test_a_token_from_the_real_endpoint_is_renewed_by_what_that_says_of_its_life(serve, open_url, tinybird):
    page = open_url(f"{serve(TINYBIRD_TOKEN_TTL='10m').url}/frame.html", script=LEAPS + FETCHES)

    for loads in (1, 2, 3):
        page.wait_for_loads(loads)
        assert len(page.token_requests()) == loads
        page.leap(600 - 20, servers=False)
    assert [request.status for request in tinybird.pages][:3] == [200] * 3
