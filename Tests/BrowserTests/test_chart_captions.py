"""What is written around a chart: a description below its title, and what a number is compared with."""

from __future__ import annotations

import re

import pytest

from Support.pages import drawn
from Support.tinybird import answer
from Support.waiting import wait_until

META = [{"name": "sales", "type": "Int64"}, {"name": "last_year", "type": "Nullable(Int64)"}]


def small(page, at: int = 0) -> list[str]:
    return [re.sub(r"[\u202f\xa0]", " ", text) for text in page.inside(
        "[...root.querySelectorAll('.number small')].map(each => each.textContent)", at)]


def test_a_description_is_below_the_title_and_describes_the_chart(fill_page):
    page = fill_page(drawn("bar", 'description="Net of tax"') + drawn("bar"))
    for at in (0, 1):
        page.wait_for("ready", at)

    assert page.inside("root.querySelector('figcaption').innerText.split('\\n')") == ["Sales by city", "Net of tax"]
    page.driver.execute_cdp_cmd("Accessibility.enable", {})
    figures = [node for node in page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
               if node["role"]["value"] == "figure"]
    assert [(node["name"]["value"], node.get("description", {}).get("value", "")) for node in figures] == [
        ("Sales by city", "Net of tax"), ("Sales by city", "")]
    # The chart is as high as it was.
    assert page.inside("chart.offsetHeight") == 320

    page.inside("chart.removeAttribute('description')")
    wait_until(lambda: page.inside("root.querySelector('figcaption').innerText") == "Sales by city", "the title alone")


@pytest.mark.parametrize("now, then, change", [
    (1125, 1000, "▲ +12.5%"), (900, 1000, "▼ -10%"), (1000, 1000, "0%"), (-50, -100, "▲ +50%"), (5, 0, "–"), (5, None, "–"),
    ("9223372036854775807", "4611686018427387904", "▲ +100%"),
])
def test_a_number_is_compared_with_another_column(tinybird, fill_page, now, then, change):
    tinybird.json = answer([{"sales": now, "last_year": then}], META)
    page = fill_page(drawn("big-number", 'delta="last_year"')
                     + drawn("big-number", 'delta="last_year" labels="last_year=2025&amp;sales=Sales"'))
    for at in (0, 1):
        page.wait_for("ready", at)

    value = "–" if then is None else f"{int(then):,}"
    assert small(page) == [f"{change} vs. {value}"]
    assert small(page, 1) == ["Sales", f"{change} vs. 2025"]
    # It is no number of its own.
    assert page.inside("root.querySelector('.number').firstChild.data") == f"{int(now):,}"


def test_the_change_is_written_as_the_language_does(tinybird, fill_page):
    tinybird.json = answer([{"sales": 1125, "last_year": 1000}], META)
    page = fill_page(drawn("big-number", 'lang="de" delta="last_year"'))
    page.wait_for("ready")

    assert small(page) == ["▲ +12,5 % ggü. 1.000"]


def test_number_and_change_fit_into_the_height_of_a_card(tinybird, fill_page):
    tinybird.json = answer([{"sales": 1125, "last_year": 1000}], META)
    page = fill_page(drawn("big-number", 'height="84" delta="last_year"')
                     + drawn("big-number", 'height="100" delta="last_year" labels="sales=Sales&amp;last_year=2025"'))
    for at in (0, 1):
        page.wait_for("ready", at)
        assert page.inside("""(([number, box, ...parts]) => parts.every(part => part.bottom <= box.bottom + 1))(
            [".number", "#plot", ".number small:last-child"].map(each => root.querySelector(each).getBoundingClientRect()))""", at)


def test_a_column_to_compare_with_that_is_not_there_is_named(tinybird, fill_page):
    tinybird.json = answer([{"sales": 1, "last_year": 2}], META)
    page = fill_page(drawn("big-number", 'delta="lastyear"'))

    page.problem()
    assert page.failures[0]["detail"] == 'there is no column "lastyear": there are sales,last_year'
