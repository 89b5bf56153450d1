"""At the limits of a type: values that are no parts of a whole, negative bars, and rows that are many or too many."""

from __future__ import annotations

import json
import pytest

from Support.charts import points, table


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
