"""Charts with loading="lazy" ask for nothing until they come near the viewport."""

from __future__ import annotations

import pytest

from Support.pages import drawn
from Support.waiting import wait_until

FAR = '<div class="far"></div>'


@pytest.fixture
def open_tall_page(site, open_page):
    """Opens a page on which FAR is taller than any window."""
    site.files["/own.css"] = ".far { block-size: 8000px } [hidden] { display: none }"
    return lambda markup: open_page(f'<link rel="stylesheet" href="/own.css">{markup}')


def show_frame(page) -> None:
    """What the browser has shown after that, it has told to those who watch."""
    page.driver.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0]))")


def test_a_chart_far_below_is_loaded_when_the_visitor_comes_near(tinybird, open_tall_page):
    page = open_tall_page(f'{drawn("table", "params=limit=1")}{FAR}{drawn("table", "params=limit=2 loading=lazy")}')
    page.wait_for("ready")
    show_frame(page)
    assert [request.query for request in tinybird.data] == [{"limit": "1"}]
    assert page.state(1) == "loading"

    page.value("scrollTo(0, document.body.scrollHeight)")
    page.wait_for("ready", 1)
    assert [request.query for request in tinybird.data] == [{"limit": "1"}, {"limit": "2"}]


def test_a_chart_in_a_hidden_tab_is_loaded_when_the_tab_is_shown(tinybird, open_tall_page):
    page = open_tall_page(
        f'{drawn("table", "params=limit=1")}<section hidden>{drawn("table", "params=limit=2 loading=lazy")}</section>')
    page.wait_for("ready")
    show_frame(page)
    assert len(tinybird.data) == 1

    page.value("document.querySelector('section').hidden = false")
    page.wait_for("ready", 1)


def test_a_page_of_lazy_charts_loads_no_more_than_the_element(open_tall_page):
    page = open_tall_page(f'{FAR}{drawn("bar", "loading=LAZY")}')
    loaded = "performance.getEntriesByType('resource').map(entry => entry.name.split('/').pop())"
    wait_until(lambda: "near.js" in page.value(loaded), "the element")
    show_frame(page)

    assert not {"drawing.js", "canvas.js", "chart.min.js", "generate-token"} & set(page.value(loaded))


def test_what_has_come_near_stays_up_to_date(tinybird, open_tall_page):
    page = open_tall_page(f'{drawn("table", "params=limit=1 loading=lazy")}{FAR}')
    page.wait_for("ready")

    page.value("scrollTo(0, document.body.scrollHeight)")
    page.value("document.querySelector('tinybird-chart').setAttribute('params', 'limit=2')")
    wait_until(lambda: [request.query for request in tinybird.data] == [{"limit": "1"}, {"limit": "2"}], "the new data")
