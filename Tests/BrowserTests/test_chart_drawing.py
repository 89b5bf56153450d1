"""<tinybird-chart endpoint="…">: what is drawn of an endpoint's answer."""

from __future__ import annotations

import pytest

from Support.browser import FETCHES
from Support.clock import LEAPS
from Support.pages import drawn
from Support.tinybird import CHART, ROWS, answer
from Support.waiting import wait_until

ON_CANVAS = ["line", "area", "bar", "pie", "donut"]

# How many of the canvas's pixels have a colour, not counting the greys of text and lines.
COLOURFUL = """(() => {
    const canvas = root.querySelector('canvas'), {width, height} = canvas;
    const {data} = canvas.getContext('2d').getImageData(0, 0, width, height);
    let count = 0;
    for (let i = 0; i < data.length; i += 4)
        if (data[i + 3] > 50 && Math.max(...data.slice(i, i + 3)) - Math.min(...data.slice(i, i + 3)) > 60) count++;
    return count;
})()"""


@pytest.mark.parametrize("type", ON_CANVAS)
def test_each_kind_of_chart_is_drawn_with_its_table(site, tinybird, open_page, type):
    page = open_page(drawn(type, 'index="city" categories="sales"'))

    page.wait_for("ready")
    # Before its pixels are read, of which the browser warns.
    assert page.log() == []
    wait_until(lambda: page.inside(COLOURFUL) > 200, "something is drawn")
    assert page.cells() == ["482", "418", "394"]
    assert page.inside("root.querySelector('canvas').getAttribute('aria-label')") == f"Sales by city: {type} chart"
    assert len(tinybird.data) == 1 and len(site.asked) == 1


def test_a_table_shows_all_columns_and_rows(tinybird, fill_page):
    tinybird.json = answer(
        [{"city": "Berlin", "sales": "18446744073709551615", "note": None}, {"city": "<b>", "sales": 7, "note": ""}],
        [{"name": "city", "type": "String"}, {"name": "sales", "type": "Nullable(UInt64)"},
         {"name": "note", "type": "Nullable(String)"}])
    page = fill_page(drawn("table"))

    page.wait_for("ready")
    assert page.inside("[...root.querySelectorAll('thead th')].map(head => head.textContent)") == ["city", "sales", "note"]
    assert page.inside("[...root.querySelectorAll('tbody th')].map(head => head.textContent)") == ["Berlin", "<b>"]
    assert page.cells() == ["18,446,744,073,709,551,615", "–", "7", '""']


def test_a_bar_list_has_bars_as_long_as_their_values(tinybird, fill_page):
    page = fill_page(drawn("bar-list"))

    page.wait_for("ready")
    widths = page.inside("[...root.querySelectorAll('i')].map(bar => bar.getBoundingClientRect().width)")
    assert widths[0] > 100
    assert widths[1] == pytest.approx(widths[0] * 418 / 482, abs=2)
    assert page.cells() == ["482", "418", "394"]


def test_a_big_number_is_the_first_rows(tinybird, fill_page):
    tinybird.json = answer([{"total": 1234567}], [{"name": "total", "type": "UInt64"}])
    page = fill_page(drawn("big-number") + drawn("big-number", 'labels="total=All%20sales"')
                     + drawn("big-number").replace('title="Sales by city"', ""))

    # The column's name where the page gives it one, or there is no other.
    for at, text in enumerate(["1,234,567", "1,234,567All sales", "1,234,567total"]):
        page.wait_for("ready", at)
        assert page.inside("root.querySelector('.number').textContent", at) == text


@pytest.mark.parametrize("type", ["table", "bar-list", "big-number"])
def test_what_is_no_canvas_needs_no_chart_library(site, open_page, type):
    page = open_page(drawn(type))

    page.wait_for("ready")
    assert not any("javascript/" in name for name in page.value(
        "performance.getEntriesByType('resource').map(entry => entry.name)"))


def test_without_categories_it_takes_the_columns_of_numbers(tinybird, fill_page):
    tinybird.json = answer([{"day": "2026-11-01", "shop": "a", "visits": 7, "sales": 2.5, "refunds": None}], [
        {"name": "day", "type": "Date"}, {"name": "shop", "type": "LowCardinality(String)"},
        {"name": "visits", "type": "Int32"}, {"name": "sales", "type": "Nullable(Decimal(9, 2))"},
        {"name": "refunds", "type": "Nullable(Float64)"}])
    page = fill_page(drawn("line"))

    page.wait_for("ready")
    assert page.inside("[...root.querySelectorAll('thead th')].map(head => head.textContent)") == [
        "day", "visits", "sales", "refunds"]


def test_parameters_go_to_the_endpoint_and_a_token_never_does(tinybird, fill_page):
    page = fill_page(drawn("table", 'params="city=S%C3%A3o Paulo&amp;limit=3&amp;token=stolen"').replace(
        ".json", ".json?from=2026&amp;limit=9&amp;token=x"))

    page.wait_for("ready")
    request, = tinybird.data
    assert request.query == {"from": "2026", "limit": "3", "city": "São Paulo"}
    assert request.headers["Authorization"].startswith("Bearer ey")
    assert "Referer" not in request.headers and "Cookie" not in request.headers


def test_the_colours_asked_for_are_used(fill_page):
    page = fill_page(drawn("bar", 'colors="rgb(255, 0, 0), blue" height="400"').replace("rgb(255, 0, 0)", "#f00"))

    page.wait_for("ready")
    wait_until(lambda: page.inside(COLOURFUL) > 200, "something is drawn")
    assert page.inside("""(() => {
        const canvas = root.querySelector('canvas');
        const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        for (let i = 0; i < data.length; i += 4) if (data[i] === 255 && !data[i + 1] && !data[i + 2]) return true;
    })()""")
    assert page.inside("chart.getBoundingClientRect().height") == 400


def test_it_is_polled_and_keeps_focus_and_scroll_position(tinybird, fill_page):
    tinybird.json = answer([{"city": f"city {number}", "sales": number} for number in range(100)])
    page = fill_page(drawn("table", 'refresh="1"'))
    page.wait_for("ready")
    page.inside("root.querySelector('.data').focus()")
    page.inside("root.querySelector('.data').scrollTop = 700")

    tinybird.json = answer([{"city": f"city {number}", "sales": number * 2} for number in range(100)])
    wait_until(lambda: page.cells()[9] == "18", "new data")

    assert page.inside("root.querySelector('.data').scrollTop") == 700
    assert page.inside("root.activeElement === root.querySelector('.data')")
    assert page.state() == "ready"


def test_data_that_did_not_change_is_not_drawn_again(tinybird, fill_page):
    page = fill_page(drawn("table", 'refresh="1"'))
    page.wait_for("ready")
    page.inside("root.querySelector('tbody').mark = true")

    wait_until(lambda: len(tinybird.data) >= 3, "polls")
    assert page.inside("root.querySelector('tbody').mark")


def test_a_canvas_stays_the_same_when_its_data_changes(tinybird, fill_page):
    page = fill_page(drawn("bar", 'refresh="1"'))
    page.wait_for("ready")
    page.inside("root.querySelector('canvas').mark = true")

    tinybird.json = answer([*ROWS, {"city": "Rome", "sales": 1}])
    wait_until(lambda: len(page.cells()) == 4, "new data")
    assert page.inside("root.querySelector('canvas').mark")


def test_a_changed_attribute_draws_anew(tinybird, fill_page):
    page = fill_page(drawn("table"))
    page.wait_for("ready")

    page.inside("chart.setAttribute('type', 'bar-list')")
    wait_until(lambda: page.inside("root.querySelectorAll('i').length") == 3, "bars")
    page.inside("chart.setAttribute('type', 'bar')")
    wait_until(lambda: page.inside("root.querySelectorAll('canvas').length") == 1, "a canvas")
    page.run(f"const chart = document.querySelector('tinybird-chart'); chart.setAttribute('src', '{CHART}')")
    wait_until(lambda: len(page.frames()) == 1 and not page.inside("root.querySelector('canvas')"), "a frame")
    page.inside("chart.removeAttribute('src')")
    wait_until(lambda: page.inside("root.querySelectorAll('canvas').length") == 1 and not page.frames(), "a canvas")


def test_a_chart_that_is_taken_away_asks_for_nothing_more(open_page):
    page = open_page(drawn("bar", 'refresh="60"'), script=LEAPS + FETCHES)
    page.wait_for("ready")

    count = page.run("""window.gone = document.querySelector('tinybird-chart');
        gone.remove();
        return fetches.length;""")
    wait_until(lambda: page.value("!gone.shadowRoot.querySelector('canvas')"), "the canvas is gone")
    page.leap(120)
    assert page.value("fetches.length") == count

    page.run("document.querySelector('main').append(gone)")
    page.wait_for("ready")
    page.leap(60)
    page.wait_for_loads(3)


def test_another_copy_of_the_library_can_be_named_even_as_a_module(open_page):
    page = open_page(drawn("bar", 'chart-js="/javascript/chart.js/chart.esm.js"'))

    page.wait_for("ready")
    wait_until(lambda: page.inside(COLOURFUL) > 200, "something is drawn")
    assert page.value("typeof Chart") == "undefined"


def test_a_library_that_the_page_has_is_used_and_left_alone(site, open_page):
    page = open_page('<script src="/javascript/chart.js/chart.js"></script>' + drawn("bar"))

    page.wait_for("ready")
    wait_until(lambda: page.inside(COLOURFUL) > 200, "something is drawn")
    assert page.value("performance.getEntriesByName(location.origin + '/javascript/chart.js/chart.min.js').length") == 0


def test_without_the_library_there_is_the_table_and_an_event_says_why(open_page):
    page = open_page(drawn("bar", 'chart-js="/no/chart.js" refresh="1"'))

    page.wait_for("ready")
    assert page.cells() == ["482", "418", "394"]
    assert page.inside("root.querySelector('.data').getBoundingClientRect().width") > 200
    wait_until(lambda: page.value("loads") >= 2, "a poll")
    failure, = page.failures
    assert "libjs-chart.js" in failure["detail"]


def test_it_leaves_nothing_global(open_page):
    page = open_page(drawn("table"), script="window.before = Object.keys(window).concat('before');")
    page.wait_for("ready")

    new = set(page.value("Object.keys(window)")) - set(page.value("before"))
    assert {name for name in new if not name.startswith(("cdc_", "ret_"))} <= {"violations", "failures", "loads"}


def test_the_colours_follow_the_page(fill_page):
    page = fill_page(drawn("bar"))
    page.media(prefers_color_scheme="light", prefers_reduced_motion="reduce")
    page.wait_for("ready")
    brightness = """(() => {
        const canvas = root.querySelector('canvas'), {data} = canvas.getContext('2d').getImageData(
            0, 0, canvas.width, canvas.height);
        let sum = 0, count = 0;
        for (let i = 0; i < data.length; i += 4)
            if (data[i + 3] > 200 && Math.max(...data.slice(i, i + 3)) - Math.min(...data.slice(i, i + 3)) < 40) {
                sum += data[i]; count++;
            }
        return sum / count;
    })()"""
    wait_until(lambda: (page.inside(brightness) or 255) < 100, "dark text")

    page.media(prefers_color_scheme="dark", prefers_reduced_motion="reduce")
    wait_until(lambda: (page.inside(brightness) or 0) > 150, "bright text")


@pytest.mark.parametrize("lang, number", [("de", "1.234.567"), ("en_US", "1,234,567"), ("", "1,234,567")])
def test_numbers_are_written_as_the_pages_language_does(tinybird, fill_page, lang, number):
    tinybird.json = answer([{"total": 1234567}], [{"name": "total", "type": "UInt64"}])
    page = fill_page(f'<div lang="{lang}">{drawn("big-number")}{drawn("line")}</div>')

    page.wait_for("ready", 0)
    page.wait_for("ready", 1)
    assert page.inside("root.querySelector('.number').firstChild.data") == number


def test_attributes_that_change_while_the_library_loads_still_make_a_chart(open_page):
    page = open_page(drawn("bar"), script="""
        document.addEventListener("DOMContentLoaded", () => {
            const chart = document.querySelector("tinybird-chart");
            for (const pause of [50, 100, 150, 200]) setTimeout(() => chart.setAttribute("title", `${pause}`), pause);
        });""")

    wait_until(lambda: page.inside("root?.querySelector('canvas')?.ariaLabel") == "200: bar chart", "the last title")
