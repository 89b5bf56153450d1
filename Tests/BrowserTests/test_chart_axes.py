"""Where rows stand along the axes: times, numbers and names, and the ticks that say which."""

from __future__ import annotations

import pytest

from Support.charts import LONG, chart, points, table, ticks
from Support.waiting import wait_until

HOUR = 3_600_000


def test_times_are_in_proportion_in_order_and_by_the_columns_own_zone(show):
    page = show({**LONG, "data": LONG["data"][::-1]}, "line", 'group-by="status"')

    first, second, third = (x for x, _ in points(page))
    # At two, clocks were set to three: it is one hour from one to three.
    assert second - first == HOUR and third - second == 48 * HOUR
    assert page.value(f"new Date({first}).toISOString()") == "2026-03-29T00:00:00.000Z"
    text = " ".join(ticks(page, "x"))
    assert "Mar 30" in text and "Mar 31" in text


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


def test_a_tooltip_says_which_time_it_is_about(show):
    page = show(LONG, "line", 'group-by="status"')

    title = chart(page, "(it.tooltip.setActiveElements([{datasetIndex: 0, index: 1}], {x: 0, y: 0}), it.tooltip.title)")
    assert "".join(title).replace("\u202f", " ") == "Mar 29, 2026, 3:00 AM"


def test_a_bar_stands_where_its_time_is(show):
    page = show(table({"day": "Date", "n": "UInt8"}, ("2026-01-01", 1), ("2026-01-02", 2), ("2026-01-05", 3)), "bar")

    xs = chart(page, "it.getDatasetMeta(0).data.map(bar => bar.getProps(['x'], true).x)")
    assert xs[2] - xs[1] == pytest.approx(3 * (xs[1] - xs[0]), rel=0.01)
    assert chart(page, "it.getDatasetMeta(0).data.every(bar => bar.getProps(['width'], true).width >= 2)")


def test_rows_without_a_time_are_counted_where_they_are_not_drawn(show):
    page = show(table({"day": "Nullable(Date)", "n": "UInt8"}, ("2026-01-01", 1), (None, 2), ("2026-01-02", 3)), "line")

    assert len(points(page)) == 2 and page.status() == "Rows without “day” are not drawn: 1."


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


@pytest.mark.parametrize("form, most, shown", [
    ("duration", 1200, ["0s", "10m", "20m"]), ("duration", 1.2, ["0s", "0.5s", "1s"]),
    ("bytes", 2_000_000, ["0 bytes", "500 kB", "1 MB", "1.5 MB", "2 MB"]),
    ("bytes", 1_000_000, ["0 bytes", "200 kB", "400 kB", "600 kB", "800 kB", "1 MB"]),
    ("compact", 1250, ["0", "500", "1K"]),
])
def test_ticks_are_where_people_count(show, form, most, shown):
    page = show(table({"k": "String", "v": "Float64"}, ("a", most), ("b", 0)), "bar", f'format="v={form}"')

    assert ticks(page, "y")[:len(shown)] == shown


def test_long_names_are_short_on_the_axis_and_whole_in_the_tooltip(show):
    path = "/blog/a-very-long-path-of-the-site/{}/index.html"
    page = show(table({"path": "String", "n": "UInt8"}, *((path.format(at), at) for at in range(8))), "bar", "horizontal")
    page.run("document.querySelector('tinybird-chart').style.width = '400px'")
    wait_until(lambda: chart(page, "it.width") == 400, "its width")

    assert all(label.endswith("…") for label in ticks(page, "y"))
    assert chart(page, "it.chartArea.width > it.width / 2")
    title = chart(page, "(it.tooltip.setActiveElements([{datasetIndex: 0, index: 3}], {x: 0, y: 0}), it.tooltip.title)")
    assert "".join(title) == path.format(3)


def test_what_is_missing_is_the_same_on_canvas_and_table(show):
    page = show(table({"k": "Nullable(String)", "v": "UInt8"}, (None, 1), ("", 2)), "bar")

    assert ticks(page, "x") == ["–", '""'] == page.inside("[...root.querySelectorAll('tbody th')].map(cell => cell.textContent)")


@pytest.mark.parametrize("type, axes, displayed", [
    ("line", "", [True, True]), ("line", 'axes="both"', [True, True]), ("line", 'axes="x"', [True, False]),
    ("bar", 'axes="y"', [False, True]), ("area", 'axes="none"', [False, False]), ("bar", 'axes="y" horizontal', [False, True])])
def test_axes_can_be_left_out(show, type, axes, displayed):
    page = show(LONG, type, f'group-by="status" {axes}')

    assert chart(page, "[it.scales.x.options.display, it.scales.y.options.display]") == displayed
    shown = chart(page, "[it.scales.x.height > 0, it.scales.y.width > 0]")
    assert shown == displayed
