"""examples.html: a dashboard that a visitor can use. What its script shows of samples is what Tinybird's engine does."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from Support import dashboard
from Support.waiting import wait_until

TYPES = ["big-number"] * 4 + ["area", "bar", "table"]
CITIES, TABLE = 5, 6

SHOWN = """
    return [...document.querySelectorAll("tinybird-chart")].map(chart => {
        const {shadowRoot: root, data} = chart, figure = root.querySelector("figure");
        return figure.ariaBusy === "true" ? "busy" : [
            figure.dataset.state, root.querySelector(".number")?.textContent ?? null, data?.meta, data?.data,
            [...root.querySelectorAll("tr")].map(row => [...row.cells].map(cell => cell.textContent))];
    });"""
# Fields of the form, and their values.
CHOICES: list[dict[str, str]] = [
    {},
    {"channel": "Social"},
    {"city": "Lisbon"},
    {"channel": "Newsletter", "city": "Paris", "date_from": "2026-09-01", "date_to": "2026-09-30"},
    # Nothing was before the first week.
    {"date_from": "2026-01-01", "date_to": "2026-12-31"},
    # No order was so late.
    {"date_from": "2026-12-01", "date_to": "2026-12-31"},
]


@pytest.fixture
def dashboards(site, tinybird, open_url):
    """Opens the page with its samples, or with Tinybird's endpoints."""
    def open(is_real: bool) -> Any:
        if is_real:
            dashboard.publish(tinybird.workspace)
            site.pipes = list(dashboard.PIPES)
            site.files["/examples.html"] = dashboard.page()
        page = open_url(f"{site.url}/examples.html")
        for at in range(len(TYPES)):
            page.wait_for("ready", at)
        return page
    return open


def choose(page: Any, fields: dict[str, str]) -> None:
    """As a visitor does; waits until all charts show what was chosen."""
    page.run("""const form = document.querySelector("#filters");
        form.reset();
        for (const [name, value] of Object.entries(arguments[0])) form.elements[name].value = value;
        form.requestSubmit();""", fields)


def shown(page: Any) -> list:
    return [normal(each) for each in page.run(SHOWN)]


def normal(value: Any) -> Any:
    """64-bit integers are strings where they are quoted, and sums of fractions differ in their last digit."""
    if isinstance(value, dict):
        return {name: normal(each) for name, each in value.items()}
    if isinstance(value, list):
        return [normal(each) for each in value]
    return round(value, 9) if isinstance(value, float) else value


def test_the_samples_are_filtered_as_tinybird_does_it(dashboards, tinybird):
    seen = {}
    for is_real in (False, True):
        page = dashboards(is_real)
        seen[is_real] = []
        for fields in CHOICES:
            before = page.value("loads")
            choose(page, fields)
            if fields:
                wait_until(lambda: page.value("loads") >= before + len(TYPES) and "busy" not in shown(page),
                           lambda: f"what was chosen: {fields}, {page.failures}")
            seen[is_real].append(shown(page))
        assert page.failures == []

    for fields, sample, real in zip(CHOICES, seen[False], seen[True]):
        for type, one, other in zip(TYPES, sample, real):
            assert one == other, (fields, type)
    assert len({str(each) for each in seen[True]}) == len(CHOICES)
    assert {request.path.split("/")[-1].removesuffix(".json") for request in tinybird.data} == set(dashboard.PIPES)


@pytest.mark.parametrize("is_real", [False, True], ids=["samples", "tinybird"])
def test_bars_filter_the_table_by_the_keyboard_too(dashboards, is_real):
    page = dashboards(is_real)
    rows = "[...root.querySelectorAll('tbody tr')].map(row => row.cells[0].textContent)"
    assert len(page.inside(rows, TABLE)) == 20

    page.inside("root.querySelector('[role=option]').focus()", CITIES)
    page.driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN, Keys.ENTER)

    wait_until(lambda: set(page.inside(rows, TABLE)) == {"Paris"}, "the city's rows")
    assert page.value("document.querySelector('[name=city]').value") == "Paris"
    # The bars themselves are those of all cities still.
    assert len(page.inside(rows, CITIES)) == 5
    page.driver.find_element("css selector", "[type=reset]").click()
    wait_until(lambda: len(page.inside(rows, TABLE)) == 20, "all cities")


def test_it_fits_wherever_it_is_shown(dashboards, keep):
    page = dashboards(False)
    for width, scheme in itertools.product([360, 768, 1280, 1920], ["light", "dark"]):
        page.media(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
        page.size(width)
        page.size(width, page.value("document.documentElement.scrollHeight"))
        page.still()
        keep(f"dashboard-{width}-{scheme}.png", page.picture)

        assert page.value("document.documentElement.scrollWidth") <= width
        for at in range(4):
            assert page.inside("""[...root.querySelectorAll(".number, .delta")].every(
                part => part.scrollWidth <= part.clientWidth && part.scrollHeight <= part.clientHeight)""", at)
        # WCAG 2.2, 2.5.8: targets of 24 pixels and more.
        assert page.value("Math.min(...[...document.querySelectorAll('#filters [name], #filters button')].map("
                          "field => field.getBoundingClientRect().height))") >= 24
        assert page.value("[...document.querySelectorAll('#filters [name]')].every(field => field.labels.length)")
