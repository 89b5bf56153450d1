"""Which series rows become, and how they are told apart, stacked and listed."""

from __future__ import annotations

import pytest

from Support.charts import LONG, chart, points, table, ticks

MANY = table({"day": "Date", "shop": "String", "sales": "UInt32"}, *(
    (f"2026-01-0{day}", f"shop {shop}", shop) for day in (1, 2) for shop in range(1, 15)))


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


@pytest.mark.parametrize("legend, count", [("", 2), ('legend="auto"', 2), ('legend="none"', 0)])
@pytest.mark.parametrize("type", ["line", "pie"])
def test_the_legend_can_be_left_out(show, type, legend, count):
    json = table({"k": "String", "v": "UInt8", "w": "UInt8"}, ("a", 1, 2), ("b", 3, 4))
    page = show(json, type, legend)

    assert page.inside("root.querySelectorAll('.legend button').length") == count
    assert page.inside("root.querySelector('.legend').checkVisibility()") == bool(count)


def test_shares_of_the_whole(show):
    page = show(LONG, "bar", 'group-by="status" stacked="percent"')

    assert [y for _, y in points(page, 1)] == [pytest.approx(7 / 127), pytest.approx(12 / 102), None]
    assert ticks(page, "y")[-1] == "100%"


def test_bars_can_be_horizontal_and_stacked(show):
    page = show(LONG, "bar", 'group-by="status" index="time" horizontal stacked')

    assert chart(page, "it.options.indexAxis") == "y"
    # The second series begins where the first ends, once they have stopped moving.
    first, second = (
        chart(page, f"it.getDatasetMeta({at}).data[0].getProps(['x', 'base', 'y'], true)") for at in (0, 1))
    assert second["base"] == first["x"] and second["x"] > first["x"] and second["y"] == first["y"]


def test_lone_values_are_points(show):
    page = show(table({"k": "UInt8", "v": "Nullable(UInt8)"}, *((k, k if k in (5, 30, 31, 50) else None) for k in range(60))), "line")

    radius = chart(page, "it.data.datasets[0].pointRadius")
    assert [at for at, size in enumerate(radius) if size] == [5, 50]


def test_true_and_false_are_drawn_where_there_are_no_numbers(show):
    page = show(table({"k": "String", "ok": "Bool"}, ("a", True), ("b", False)), "bar")

    assert [y for _, y in points(page)] == [1, 0] and {"true", "false"} <= set(ticks(page, "y"))
