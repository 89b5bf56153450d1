"""What is drawn of rows: series, places along an axis, numbers and times, and what is not drawn because it would be untrue."""

from __future__ import annotations

import json
from typing import Any

import pytest

from Support.pages import drawn
from Support.tinybird import answer
from Support.waiting import wait_until

LONG = answer(
    [{"time": time, "status": status, "hits": hits} for time, status, hits in [
        ("2026-03-29 01:00:00", "200", "120"), ("2026-03-29 01:00:00", "404", "7"), ("2026-03-29 03:00:00", "200", "90"),
        ("2026-03-29 03:00:00", "404", "12"), ("2026-03-31 03:00:00", "200", "150")]],
    [{"name": "time", "type": "DateTime('Europe/Madrid')"}, {"name": "status", "type": "LowCardinality(String)"},
     {"name": "hits", "type": "UInt64"}])
HOUR = 3_600_000


def chart(page, expression: str, at: int = 0) -> Any:
    """The value of an expression about `it`, Chart.js's chart."""
    return page.inside(f"(it => {expression})(Chart.getChart(root.querySelector('canvas')))", at)


def points(page, series: int = 0, at: int = 0) -> list:
    return chart(page, f"it.data.datasets[{series}].data.map(({{x, y}}) => [x, isNaN(y) ? null : y])", at)


def ticks(page, axis: str, at: int = 0) -> list[str]:
    return chart(page, f"it.scales.{axis}.ticks.map(({{label}}) => [label].flat().join(' / '))", at)


def columns(**types: str) -> list[dict]:
    return [{"name": name, "type": type} for name, type in types.items()]


def table(types: dict[str, str], *rows: tuple) -> dict:
    return answer([dict(zip(types, row)) for row in rows], columns(**types))


@pytest.fixture
def show(tinybird, open_page):
    """Opens a page with a chart of an answer, drawn."""
    def show(json: dict, type: str, more: str = "", lang: str = "en"):
        tinybird.json = json
        page = open_page(f'<div lang="{lang}">{drawn(type, more)}</div>')
        wait_until(lambda: page.state() in ("ready", "error"), "an end")
        return page
    return show


# --- Series

@pytest.mark.parametrize("type", ["line", "area"])
def test_rows_of_several_series_are_no_zigzag(show, type):
    page = show(LONG, type)

    assert page.state() == "error"
    assert page.failures[0]["detail"] == (
        'several rows have the same "time": group-by="status" draws a series for each value of "status"')


def test_each_value_of_a_column_is_a_series(show):
    page = show(LONG, "line", 'group-by="status"')

    assert chart(page, "it.data.datasets.map(({label}) => label)") == ["200", "404"]
    assert [y for _, y in points(page, 0)] == [120, 90, 150] and [y for _, y in points(page, 1)] == [7, 12, None]
    assert page.inside("[...root.querySelectorAll('.legend li')].map(entry => entry.textContent)") == ["200", "404"]


def test_rows_that_no_column_tells_apart_are_an_error(show):
    types = {"time": "DateTime", "hits": "UInt8"}
    page = show(table(types, ("2026-01-01 00:00:00", 1), ("2026-01-01 00:00:00", 2)), "line")
    assert "let the pipe group by it" in page.failures[0]["detail"]

    doubled = {**LONG, "data": LONG["data"] * 2}
    page = show(doubled, "line", 'group-by="status"')
    assert page.failures[0]["detail"] == 'several rows have the same "time" and "status": let the pipe group by both'


MANY = table({"day": "Date", "shop": "String", "sales": "UInt32"}, *(
    (f"2026-01-0{day}", f"shop {shop}", shop) for day in (1, 2) for shop in range(1, 15)))


def test_of_many_series_the_smallest_are_one_where_adding_makes_sense(show):
    page = show(MANY, "area", 'group-by="shop" stacked')
    names = chart(page, "it.data.datasets.map(({label}) => label)")
    assert names == [*(f"shop {shop}" for shop in range(5, 15)), "Other"]
    assert points(page, 10)[0][1] == 1 + 2 + 3 + 4

    page = show(MANY, "line", 'group-by="shop"')
    assert chart(page, "it.data.datasets.length") == 10
    assert page.status() == "The largest 10 of 14 are drawn."
    # The table has all of them.
    assert len(page.inside("[...root.querySelectorAll('tbody tr')]")) == 28


def test_no_two_series_look_alike(show):
    names = [f"c{number}" for number in range(20)]
    page = show(table({"day": "Date", **dict.fromkeys(names, "UInt8")}, ("2026-01-01", *range(20)), ("2026-01-02", *range(20))), "line")

    looks = chart(page, "it.data.datasets.map(({borderColor, borderDash}) => borderColor + borderDash)")
    assert len(set(looks)) == 20
    shown = page.inside("[...root.querySelectorAll('.legend button')].map(it => getComputedStyle(it, '::before').backgroundColor)")
    assert len(set(shown)) == 20


def test_shares_of_the_whole(show):
    page = show(LONG, "bar", 'group-by="status" stacked="percent"')

    assert [y for _, y in points(page, 1)] == [pytest.approx(7 / 127), pytest.approx(12 / 102), None]
    assert ticks(page, "y")[-1] == "100%"


# --- Places along an axis

def test_times_are_in_proportion_in_order_and_by_the_columns_own_zone(show):
    page = show({**LONG, "data": LONG["data"][::-1]}, "line", 'group-by="status"')

    first, second, third = (x for x, _ in points(page))
    # At two, clocks were set to three: it is one hour from one to three.
    assert second - first == HOUR and third - second == 48 * HOUR
    assert page.value(f"new Date({first}).toISOString()") == "2026-03-29T00:00:00.000Z"
    text = " ".join(ticks(page, "x"))
    assert "Mar 30" in text and "Mar 31" in text


def test_a_tooltip_says_which_time_it_is_about(show):
    page = show(LONG, "line", 'group-by="status"')

    title = chart(page, "(it.tooltip.setActiveElements([{datasetIndex: 0, index: 1}], {x: 0, y: 0}), it.tooltip.title)")
    assert "".join(title).replace("\u202f", " ") == "Mar 29, 2026, 3:00 AM"


def test_the_hour_that_clocks_show_twice_is_drawn_twice(show):
    times = ["01:00:00", "02:00:00", "02:00:00", "03:00:00"]
    rows = [(f"2026-10-25 {time}", value) for value, time in enumerate(times)]
    for order in (rows, rows[::-1]):
        page = show(table({"time": "DateTime('Europe/Madrid')", "n": "UInt8"}, *order), "line")
        xs = [x for x, _ in points(page)]
        assert [b - a for a, b in zip(xs, xs[1:])] == [HOUR] * 3


def test_times_are_shown_by_another_zone_where_the_page_says_so(show):
    page = show(LONG, "table", 'time-zone="America/New_York" index="status"')
    assert page.cells()[0].replace("\u202f", " ") == "Mar 28, 2026, 8:00 PM"

    page = show(LONG, "line", 'group-by="status" time-zone="Mars/Olympus"')
    assert 'time-zone "Mars/Olympus"' in page.failures[0]["detail"]


@pytest.mark.parametrize("end, most", [
    ("2026-01-01 00:00:09", "12:00:09 AM"), ("2026-01-01 00:50:00", "12:50 AM"), ("2026-01-02 12:00:00", "12:00 PM"),
    ("2026-02-20 00:00:00", "Feb 16"), ("2026-12-31 00:00:00", "Nov"), ("2036-01-01 00:00:00", "2036")])
@pytest.mark.parametrize("width", [250, 900])
def test_ticks_suit_the_range_and_never_collide(show, end, most, width):
    page = show(table({"t": "DateTime", "n": "UInt8"}, ("2026-01-01 00:00:00", 1), (end, 2)), "line")
    page.run("document.querySelector('tinybird-chart').style.width = `${arguments[0]}px`", width)
    wait_until(lambda: chart(page, "Math.abs(it.width - arguments[1]) < 5".replace("arguments[1]", str(width))), "its width")

    labels = ticks(page, "x")
    assert 2 <= len(labels) <= 14
    if width == 900:
        assert any(most in label.replace("\u202f", " ") for label in labels), labels
    boxes = chart(page, """it.scales.x.ticks.map(({label, value}) => {
        const context = it.ctx;
        context.font = `${it.options.font.size}px ${it.options.font.family}`;
        const half = Math.max(...[label].flat().map(line => context.measureText(line).width)) / 2;
        return [it.scales.x.getPixelForValue(value) - half, it.scales.x.getPixelForValue(value) + half];
    })""")
    assert all(end < start for (_, end), (start, _) in zip(boxes, boxes[1:])), labels


def test_a_bar_stands_where_its_time_is(show):
    page = show(table({"day": "Date", "n": "UInt8"}, ("2026-01-01", 1), ("2026-01-02", 2), ("2026-01-05", 3)), "bar")

    xs = chart(page, "it.getDatasetMeta(0).data.map(bar => bar.getProps(['x'], true).x)")
    assert xs[2] - xs[1] == pytest.approx(3 * (xs[1] - xs[0]), rel=0.01)
    assert chart(page, "it.getDatasetMeta(0).data.every(bar => bar.getProps(['width'], true).width >= 2)")


def test_rows_without_a_time_are_counted_where_they_are_not_drawn(show):
    page = show(table({"day": "Nullable(Date)", "n": "UInt8"}, ("2026-01-01", 1), (None, 2), ("2026-01-02", 3)), "line")

    assert len(points(page)) == 2 and page.status() == "Rows without “day” are not drawn: 1."


def test_lone_values_are_points(show):
    page = show(table({"k": "UInt8", "v": "Nullable(UInt8)"}, *((k, k if k in (5, 30, 31, 50) else None) for k in range(60))), "line")

    radius = chart(page, "it.data.datasets[0].pointRadius")
    assert [at for at, size in enumerate(radius) if size] == [5, 50]


@pytest.mark.parametrize("type", ["line", "bar"])
@pytest.mark.parametrize("axis, place, tick", [
    ("DateTime", "2026-01-01 12:30:00", "Jan 1, 2026, 12:30 PM"), ("Date", "2026-01-01", "Jan 1, 2026"),
    ("UInt16", 2026, "2026")], ids=["time", "date", "number"])
def test_a_lone_place_is_the_only_tick_of_its_axis(show, type, axis, place, tick):
    page = show(table({"k": axis, "v": "UInt8"}, (place, 5)), type)

    assert [" ".join(text.split()) for text in ticks(page, "x")] == [tick]


def test_ticks_of_large_numbers_are_short_along_both_axes(show):
    most = "170141183460469231731687303715884105727"
    page = show(table({"k": "Int128", "v": "Int128"}, ("1", most), (most, "1")), "line")

    assert ticks(page, "y") == ["0", "5E37", "1E38", "1.5E38", "2E38"]
    assert ticks(page, "x")[1:4] == ["2E37", "4E37", "6E37"]


def test_long_names_are_short_on_the_axis_and_whole_in_the_tooltip(show):
    path = "/blog/a-very-long-path-of-the-site/{}/index.html"
    page = show(table({"path": "String", "n": "UInt8"}, *((path.format(at), at) for at in range(8))), "bar", "horizontal")
    page.run("document.querySelector('tinybird-chart').style.width = '400px'")
    wait_until(lambda: chart(page, "it.width") == 400, "its width")

    assert all(label.endswith("…") for label in ticks(page, "y"))
    assert chart(page, "it.chartArea.width > it.width / 2")
    title = chart(page, "(it.tooltip.setActiveElements([{datasetIndex: 0, index: 3}], {x: 0, y: 0}), it.tooltip.title)")
    assert "".join(title) == path.format(3)


# --- Values

def test_text_stays_as_it_is_and_a_year_is_a_year(show):
    page = show(table(
        {"name": "String", "zip": "LowCardinality(String)", "version": "Nullable(String)", "year": "UInt16"},
        ("A", "00123", "1.10", 2024), (None, "08001", None, 1999), ("", "", "2.0", 2025)), "table")

    assert page.inside("[...root.querySelectorAll('tbody th')].map(cell => cell.textContent)") == ["A", "–", '""']
    assert page.cells() == ["00123", "1.10", "2024", "08001", "–", "1999", '""', "2.0", "2025"]


def test_integers_keep_every_digit_quoted_or_not(show):
    page = show(table({"k": "String", "n": "UInt64"}, ("a", 18446744073709551615), ("b", "9007199254740993"), ("c", 0)), "bar")

    digits = ["18,446,744,073,709,551,615", "9,007,199,254,740,993", "0"]
    assert page.cells() == digits
    # In the tooltip as well.
    labels = [chart(page, f"(it.tooltip.setActiveElements([{{datasetIndex: 0, index: {at}}}], {{x: 0, y: 0}}), it.tooltip.body[0].lines)")
              for at in range(3)]
    assert ["".join(lines) for lines in labels] == [f"n: {each}" for each in digits]


@pytest.mark.parametrize("type, values, shown", [
    ("Float64", [0.0004, 0.0042, None], ["0.0004", "0.0042", "–"]),
    ("Float64", [40.04, 32.5, 7], ["40.04", "32.50", "7.00"]),
    ("Float64", [0.1 + 0.2, 2], ["0.3", "2.0"]),
    ("Float64", [1e-9, 1], ["1E-9", "1"]),
    ("Float64", [1.5e300, 0], ["1.5E300", "0"]),
    ("Decimal(18, 2)", [1234567890.5, 7], ["1,234,567,890.50", "7.00"]),
    ("Decimal(38, 10)", ["12345678901234567890.1234567890", "0.5"], ["12,345,678,901,234,567,890.123456789", "0.500000000"]),
    ("SimpleAggregateFunction(max, UInt64)", [7], ["7"]),
    ("IntervalDay", ["3"], ["3"]),
])
def test_fractions_keep_what_matters_and_end_below_each_other(show, type, values, shown):
    page = show(table({"k": "String", "v": type}, *((str(at), value) for at, value in enumerate(values))), "table")

    assert page.cells() == shown


def test_axis_tooltip_table_and_number_write_alike(show):
    json = table({"k": "String", "v": "Float64"}, ("a", 0.0042), ("b", 0.0004))
    page = show(json, "bar", 'format="v=percent:2"')

    assert page.cells() == ["0.42%", "0.04%"]
    assert {label[-1] for label in ticks(page, "y")} == {"%"}
    assert chart(page, "(it.tooltip.setActiveElements([{datasetIndex: 0, index: 0}], {x: 0, y: 0}), it.tooltip.body[0].lines)") == ["v: 0.42%"]
    assert show(json, "big-number", 'format="v=percent:2"').inside("root.querySelector('.number').textContent") == "0.42%"


@pytest.mark.parametrize("form, lang, text", [
    ("currency:EUR", "en", "€1,234.50"), ("currency:EUR", "de", "1.234,50 €"), ("compact", "en", "1.2K"),
    ("unit:kilometer", "en", "1,234.5 km"), ("plain", "en", "1234.5"), ("number", "fr", "1 234,5"),
    ("currency:JPY", "en", "¥1,235"), ("percent:1", "en", "123,450.0%"), ("percent", "de", "123.450 %"),
    ("bytes", "en", "1.2 kB"), ("bytes", "fr", "1,2 ko"), ("duration", "en", "20m 35s"), ("duration", "es", "20min 35s")])
def test_formats(show, form, lang, text):
    page = show(table({"v": "Float64"}, (1234.5,)), "big-number", f'format="v={form}"', lang)

    assert page.inside("root.querySelector('.number').textContent").replace("\u00a0", " ").replace("\u202f", " ") == text


@pytest.mark.parametrize("form, values, shown", [
    ("bytes", [0, 512, 999.7, 999_960, 5e9, 2.5e18, -1536, None],
     ["0 bytes", "512 bytes", "1 kB", "1 MB", "5 GB", "2,500 PB", "-1.5 kB", "–"]),
    ("duration", [0, 0.25, 59.999, 65, 3599.6, 3720, 90061, -3720, None],
     ["0s", "0.25s", "1m", "1m 5s", "1h", "1h 2m", "1d 1h", "-1h 2m", "–"]),
    ("compact", [0.0042, 12, 999.5, 12345, 1234567, -1e9], ["0.0042", "12", "999.5", "12.3K", "1.2M", "-1B"]),
])
def test_each_value_in_the_unit_that_suits_it(show, form, values, shown):
    page = show(table({"k": "String", "v": "Float64"}, *((str(at), value) for at, value in enumerate(values))), "table",
                f'format="v={form}"')

    assert page.cells() == shown


def test_64_bits_may_be_bytes(show):
    page = show(table({"v": "UInt64"}, ("18446744073709551615",)), "big-number", 'format="v=bytes"')

    assert page.inside("root.querySelector('.number').textContent") == "18,446.7 PB"


@pytest.mark.parametrize("form, most, shown", [
    ("duration", 1200, ["0s", "10m", "20m"]), ("duration", 1.2, ["0s", "0.5s", "1s"]),
    ("bytes", 2_000_000, ["0 bytes", "500 kB", "1 MB", "1.5 MB", "2 MB"]),
    ("bytes", 1_000_000, ["0 bytes", "200 kB", "400 kB", "600 kB", "800 kB", "1 MB"]),
    ("compact", 1250, ["0", "500", "1K"]),
])
def test_ticks_are_where_people_count(show, form, most, shown):
    page = show(table({"k": "String", "v": "Float64"}, ("a", most), ("b", 0)), "bar", f'format="v={form}"')

    assert ticks(page, "y")[:len(shown)] == shown


@pytest.mark.parametrize("type, axes, displayed", [
    ("line", "", [True, True]), ("line", 'axes="both"', [True, True]), ("line", 'axes="x"', [True, False]),
    ("bar", 'axes="y"', [False, True]), ("area", 'axes="none"', [False, False]), ("bar", 'axes="y" horizontal', [False, True])])
def test_axes_can_be_left_out(show, type, axes, displayed):
    page = show(LONG, type, f'group-by="status" {axes}')

    assert chart(page, "[it.scales.x.options.display, it.scales.y.options.display]") == displayed
    shown = chart(page, "[it.scales.x.height > 0, it.scales.y.width > 0]")
    assert shown == displayed


def test_bars_can_be_horizontal_and_stacked(show):
    page = show(LONG, "bar", 'group-by="status" index="time" horizontal stacked')

    assert chart(page, "it.options.indexAxis") == "y"
    # The second series begins where the first ends, once they have stopped moving.
    first, second = (
        chart(page, f"it.getDatasetMeta({at}).data[0].getProps(['x', 'base', 'y'], true)") for at in (0, 1))
    assert second["base"] == first["x"] and second["x"] > first["x"] and second["y"] == first["y"]


@pytest.mark.parametrize("legend, count", [("", 2), ('legend="auto"', 2), ('legend="none"', 0)])
@pytest.mark.parametrize("type", ["line", "pie"])
def test_the_legend_can_be_left_out(show, type, legend, count):
    json = table({"k": "String", "v": "UInt8", "w": "UInt8"}, ("a", 1, 2), ("b", 3, 4))
    page = show(json, type, legend)

    assert page.inside("root.querySelectorAll('.legend button').length") == count
    assert page.inside("root.querySelector('.legend').checkVisibility()") == bool(count)


@pytest.mark.parametrize("form", ["money", "currency:EURO", "percent:many"])
def test_a_format_that_there_isnt_is_an_error(show, form):
    page = show(table({"v": "Float64"}, (1,)), "big-number", f'format="v={form}"')

    assert page.state() == "error"
    assert "format" in page.failures[0]["detail"] and f'"{form}"' in page.failures[0]["detail"]


def test_columns_have_the_names_that_the_page_gives_them(show):
    page = show(LONG, "table", 'labels="time=When&amp;hits=Page%20views"')

    assert page.inside("[...root.querySelectorAll('thead th')].map(head => head.textContent)") == ["When", "status", "Page views"]


# --- What can't be drawn truly

@pytest.mark.parametrize("type", ["pie", "donut"])
@pytest.mark.parametrize("values, why", [
    ([5, -3, 8], "Negative values don’t fit this type of chart"), ([0, 0], "All values are zero")])
def test_what_is_no_part_of_a_whole_is_a_table(show, type, values, why):
    page = show(table({"k": "String", "v": "Int8"}, *((str(at), value) for at, value in enumerate(values))), type)

    assert page.cells() == [str(value) for value in values]
    assert not page.inside("root.querySelector('canvas')")
    assert page.status() == f"{why}: this is the table."


def test_negative_values_of_a_bar_list_grow_the_other_way(show):
    page = show(table({"k": "String", "v": "Int8"}, ("a", 5), ("b", -5)), "bar-list")

    a, b = page.inside("[...root.querySelectorAll('i')].map(bar => bar.getBoundingClientRect().toJSON())")
    assert a["width"] == pytest.approx(b["width"], abs=1) and a["left"] == pytest.approx(b["right"], abs=1)


def test_what_is_missing_is_the_same_on_canvas_and_table(show):
    page = show(table({"k": "Nullable(String)", "v": "UInt8"}, (None, 1), ("", 2)), "bar")

    assert ticks(page, "x") == ["–", '""'] == page.inside("[...root.querySelectorAll('tbody th')].map(cell => cell.textContent)")


def test_true_and_false_are_drawn_where_there_are_no_numbers(show):
    page = show(table({"k": "String", "ok": "Bool"}, ("a", True), ("b", False)), "bar")

    assert [y for _, y in points(page)] == [1, 0] and {"true", "false"} <= set(ticks(page, "y"))


# --- Many rows

def many(count: int) -> dict:
    return table({"t": "UInt32", "v": "Int64"}, *((at, 10 ** 9 if at == 77_777 else at % 1000) for at in range(count)))


def test_a_line_of_many_rows_is_drawn_of_few_points_and_keeps_its_peak(show):
    page = show(many(100_000), "line")

    assert len(points(page)) < 5000 and [77_777, 10 ** 9] in points(page)
    assert len(page.inside("[...root.querySelectorAll('tbody tr')]")) == 1000
    assert page.inside("root.querySelector('.more').textContent") == "First 1,000 of 100,000 rows."


def test_more_bars_than_pixels_are_a_table(show):
    page = show(many(3000), "bar", 'index="t"')

    assert not page.inside("root.querySelector('canvas')") and "too many bars" in page.status()


def test_too_many_rows_are_a_message(show):
    page = show(many(250_001), "line")

    assert page.status() == "There are too many rows to draw."
    assert page.failures[0]["detail"] == "250001 rows, and at most 250000 are drawn: let the pipe group or limit them"
    assert json.dumps(page.failures).count("detail") == 1
