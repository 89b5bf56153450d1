"""How values are written: digits, fractions, formats and units, the same everywhere."""

from __future__ import annotations

import pytest

from Support.charts import LONG, chart, table, ticks


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


@pytest.mark.parametrize("form", ["money", "currency:EURO", "percent:many"])
def test_a_format_that_there_isnt_is_an_error(show, form):
    page = show(table({"v": "Float64"}, (1,)), "big-number", f'format="v={form}"')

    assert page.state() == "error"
    assert "format" in page.failures[0]["detail"] and f'"{form}"' in page.failures[0]["detail"]


def test_columns_have_the_names_that_the_page_gives_them(show):
    page = show(LONG, "table", 'labels="time=When&amp;hits=Page%20views"')

    assert page.inside("[...root.querySelectorAll('thead th')].map(head => head.textContent)") == ["When", "status", "Page views"]
