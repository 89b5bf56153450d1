"""A form of the page as the parameters of its charts, on pipes that Tinybird's engine renders and ClickHouse runs."""

from __future__ import annotations

from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from Support.waiting import wait_until

ORDERS = """%
SELECT day, city, channel, sum(count) AS orders FROM VALUES(
    'day Date, city String, channel String, count UInt32',
    ('2026-01-01', 'Berlin', 'Search', 10), ('2026-01-01', 'Madrid', 'Direct', 20), ('2026-01-02', 'Berlin', 'Direct', 30),
    ('2026-01-02', 'Madrid', 'Social', 40), ('2026-01-03', 'Berlin', 'Search', 50), ('2026-01-03', 'Paris', 'Social', 60))
WHERE day >= {{Date(date_from, '2000-01-01')}} AND day <= {{Date(date_to, '2100-01-01')}}
{% if defined(city) %} AND city = {{String(city)}} {% end %}
{% if defined(channel) %} AND channel IN {{Array(channel, 'String')}} {% end %}
{% if defined(since) %} AND day >= toDate({{DateTime(since)}}) {% end %}
GROUP BY day, city, channel ORDER BY day, city
"""
FORM = """<form id="filters">
    <input type="date" name="date_from"> <input type="date" name="date_to" max="2026-12-31">
    <select name="city"><option value="">All cities</option><option>Berlin</option><option>Madrid</option></select>
    <label><input type="checkbox" name="channel" value="Search"> Search</label>
    <label><input type="checkbox" name="channel" value="Social"> Social</label>
    <input name="note"> <button>Show</button> <button type="reset">All</button></form>"""


def chart(more: str = 'controls="filters"', type: str = "table") -> str:
    return (f'<tinybird-chart endpoint="https://api.tinybird.co/v0/pipes/orders.json" type="{type}" '
            f'index="day" categories="orders" {more}></tinybird-chart>')


@pytest.fixture
def show(site, tinybird, open_page):
    """Opens a page with charts of orders, and waits for the first."""
    tinybird.workspace.publish("orders", ORDERS)
    site.pipes = ("orders",)

    def show(markup: str, **more: Any):
        page = open_page(markup, **more)
        page.wait_for("ready")
        return page
    return show


def asked(tinybird) -> list[dict[str, str]]:
    return [request.query for request in tinybird.data]


def choose(page, text: str) -> None:
    Select(page.driver.find_element("name", "city")).select_by_visible_text(text)


def wait_for_cells(page, *cells: str, at: int = 0) -> None:
    wait_until(lambda: page.cells(at) == list(cells) and not page.busy(at), f"{cells}")


def test_fields_are_parameters_and_empty_ones_are_left_out(show, tinybird):
    page = show(FORM + chart('controls="filters" params="city=Paris"'))
    # The attribute's value holds where the field says nothing.
    assert asked(tinybird) == [{"city": "Paris"}] and page.cells() == ["60"]

    choose(page, "Berlin")
    wait_for_cells(page, "10", "30", "50")
    # As a browser of any language sets it.
    page.run("""const day = document.querySelector("[name=date_from]");
        day.value = "2026-01-02"; day.dispatchEvent(new Event("input", {bubbles: true}));""")
    wait_for_cells(page, "30", "50")
    page.driver.find_element("css selector", "[value=Search]").click()
    wait_for_cells(page, "50")

    assert asked(tinybird)[-1] == {"city": "Berlin", "date_from": "2026-01-02", "channel": "Search"}


def test_several_values_of_one_name_are_a_list_as_tinybird_reads_it(show, tinybird):
    page = show(FORM + chart())

    for value in ("Search", "Social"):
        page.driver.find_element("css selector", f"[value={value}]").click()

    wait_for_cells(page, "10", "40", "50", "60")
    assert asked(tinybird)[-1] == {"channel": "Search,Social"}


def test_a_local_time_is_written_as_tinybird_wants_it(show, tinybird):
    page = show('<form id="filters"><input type="datetime-local" name="since" value="2026-01-03T08:30"></form>' + chart())

    assert asked(tinybird) == [{"since": "2026-01-03 08:30:00"}] and page.cells() == ["50", "60"]


def test_changes_that_follow_each_other_are_asked_for_once(show, tinybird):
    page = show(FORM + chart())

    page.run("""const note = document.querySelector("[name=note]");
        for (const letter of "abcdefgh") {
            note.value += letter;
            for (const type of ["input", "change"]) note.dispatchEvent(new Event(type, {bubbles: true}));
        }""")

    wait_until(lambda: len(tinybird.data) > 1, "a request")
    choose(page, "Berlin")
    wait_for_cells(page, "10", "30", "50")
    assert asked(tinybird) == [{}, {"note": "abcdefgh"}, {"note": "abcdefgh", "city": "Berlin"}]


def test_many_charts_share_a_form_and_the_request_for_the_same(show, tinybird):
    page = show(FORM + chart() + chart(type="bar-list") + chart(type="line", more='controls="filters" group-by="channel"'))
    for at in range(3):
        page.wait_for("ready", at)
    assert asked(tinybird) == [{}]

    choose(page, "Madrid")

    for at in (0, 1):
        wait_for_cells(page, "20", "40", at=at)
    wait_until(lambda: page.cells(2) == ["Direct", "20", "Social", "40"], "the table of the lines")
    assert asked(tinybird) == [{}, {"city": "Madrid"}]


def test_the_old_data_are_seen_until_the_new_are_there(show, tinybird):
    page = show(FORM + chart() + chart('controls="filters" group-by="channel"', "bar"))
    page.wait_for("ready", 1)
    seen = [page.cells(at) for at in range(2)]
    tinybird.mode = "slow"

    choose(page, "Madrid")

    for at in range(2):
        wait_until(lambda: page.busy(at), "it is busy")
        assert page.state(at) == "ready" and page.cells(at) == seen[at]
        faint = "[...root.querySelectorAll('#plot > *')].map(it => getComputedStyle(it).opacity)"
        wait_until(lambda: set(page.inside(faint, at)) == {"0.45"}, "it is faint")
    tinybird.released.set()
    wait_for_cells(page, "20", "40")
    wait_for_cells(page, "Direct", "20", "Social", "40", at=1)
    for at in range(2):
        wait_until(lambda: set(page.inside(faint, at)) == {"1"}, "it is not faint")


def test_what_cannot_be_had_does_not_show_the_answer_to_something_else(show, tinybird):
    page = show(FORM + chart())
    tinybird.mode = (500, {})

    choose(page, "Madrid")

    assert "500" in page.problem()
    assert not page.inside("root.querySelector('td').checkVisibility({visibilityProperty: true})")
    assert page.inside("chart.data === undefined")


def test_a_late_response_never_replaces_a_newer_one(show, tinybird):
    page = show(FORM + chart(), script="window.shown = [];"
                "addEventListener('tinybird-load', ({detail}) => shown.push(detail.data.length));")
    tinybird.next = ["slow"]
    choose(page, "Madrid")
    wait_until(lambda: len(tinybird.data) == 2, "the first request")

    choose(page, "Berlin")
    wait_for_cells(page, "10", "30", "50")
    # Now Madrid's two rows come, where anyone waits for them still.
    tinybird.released.set()

    choose(page, "All cities")
    wait_for_cells(page, "10", "20", "30", "40", "50", "60")
    assert page.value("shown") == [6, 3, 6]


def test_sending_the_form_asks_at_once_and_loads_no_page(show, tinybird):
    page = show(FORM + chart(), script="window.same = true;")
    page.run("document.querySelector('select').value = 'Berlin'")

    page.driver.find_element("name", "note").send_keys(Keys.ENTER)

    wait_for_cells(page, "10", "30", "50")
    assert page.value("same") and page.value("location.search") == ""


def test_resetting_the_form_shows_all_again(show):
    page = show(FORM + chart())
    choose(page, "Berlin")
    wait_for_cells(page, "10", "30", "50")

    page.driver.find_element("css selector", "[type=reset]").click()

    wait_for_cells(page, "10", "20", "30", "40", "50", "60")


def test_a_form_that_comes_later_or_is_replaced_is_found(show):
    page = show(chart())
    assert len(page.cells()) == 6

    page.run("document.querySelector('main').insertAdjacentHTML('beforeend', arguments[0])",
             FORM.replace("<option>Madrid", "<option selected>Madrid"))
    wait_for_cells(page, "20", "40")
    page.run("document.querySelector('form').outerHTML = arguments[0]", FORM)
    wait_for_cells(page, "10", "20", "30", "40", "50", "60")
    # The new one is listened to; a field that it is given counts.
    choose(page, "Berlin")
    wait_for_cells(page, "10", "30", "50")
    page.run("""document.querySelector("form").insertAdjacentHTML("beforeend", '<input name="date_to" value="2026-01-01">')""")
    wait_for_cells(page, "10")
    page.run("document.querySelector('form').remove()")
    wait_for_cells(page, "10", "20", "30", "40", "50", "60")


def test_a_chart_can_be_given_another_form(show):
    page = show(FORM + '<form id="others"><input name="city" value="Paris"></form>' + chart())

    page.inside("chart.setAttribute('controls', 'others')")
    wait_for_cells(page, "60")
    choose(page, "Berlin")
    page.run("""const city = document.querySelector("#others input");
        city.value = "Madrid"; city.dispatchEvent(new Event("change", {bubbles: true}));""")
    wait_for_cells(page, "20", "40")


def test_a_field_outside_of_the_form_that_names_it_counts(show):
    page = show(FORM + '<input form="filters" name="channel" id="outside">' + chart())

    page.driver.find_element("id", "outside").send_keys("Direct")

    wait_for_cells(page, "20", "30")


def test_a_chart_in_a_shadow_root_finds_the_form_there_and_then_in_the_page(show, tinybird):
    page = show(chart() + FORM + "<section></section><section></section>")
    inside = '<form id="filters"><input name="city" value="Paris"></form>'
    for at, markup in enumerate([inside + chart(), chart()]):
        page.run("""const root = document.querySelectorAll("section")[arguments[0]].attachShadow({mode: "open"});
            root.innerHTML = arguments[1];""", at, markup)

    def cells(at: int) -> list[str]:
        return page.run("""return [...document.querySelectorAll("section")[arguments[0]].shadowRoot.querySelector(
            "tinybird-chart").shadowRoot.querySelectorAll("tbody td")].map(cell => cell.textContent)""", at)

    wait_until(lambda: cells(0) == ["60"] and len(cells(1)) == 6, "the fields of each")
    choose(page, "Berlin")
    wait_until(lambda: cells(1) == ["10", "30", "50"], "the page's form")
    page.run("""const city = document.querySelector("section").shadowRoot.querySelector("input");
        city.value = "Madrid"; city.dispatchEvent(new Event("input", {bubbles: true, composed: true}));""")
    wait_until(lambda: cells(0) == ["20", "40"], "its own form")


def test_fields_may_be_named_as_a_form_names_its_own(show, tinybird):
    names = ("matches", "method", "id", "closest", "contains", "elements")
    page = show('<form id="filters">' + "".join(f'<input name="{name}">' for name in names) + "</form>" + chart())

    page.driver.find_element("name", "matches").send_keys("x")

    wait_until(lambda: asked(tinybird)[-1] == {"matches": "x"}, "a request")


def test_a_value_that_the_form_does_not_allow_is_waited_for(show, tinybird):
    page = show(FORM.replace('name="note"', 'name="note" pattern="[a-z]+"') + chart())

    page.run("""const form = document.querySelector("form");
        const send = value => {
            form.note.value = value;
            form.dispatchEvent(new SubmitEvent("submit", {bubbles: true, cancelable: true}));
        };
        send("1");
        setTimeout(send, 0, "ok");""")

    wait_until(lambda: len(tinybird.data) > 1, "a request")
    assert asked(tinybird) == [{}, {"note": "ok"}]


def test_a_field_named_token_sends_none(show, tinybird):
    show('<form id="filters"><input name="token" value="stolen"></form>' + chart())

    assert asked(tinybird) == [{}] and tinybird.data[0].headers["Authorization"].startswith("Bearer ey")


@pytest.mark.parametrize("value, query", [
    ("'city=Berlin&channel='", {"city": "Berlin"}),
    ("{city: 'Madrid', channel: ['Direct', 'Social'], date_from: null, date_to: undefined, note: ''}",
     {"city": "Madrid", "channel": "Direct,Social"}),
    ("new URLSearchParams({city: 'São Paulo'})", {"city": "São Paulo"}),
    ("null", {}),
])
def test_parameters_can_be_set_by_a_script(show, tinybird, value, query):
    page = show(chart('params="city=Paris"'))

    page.inside(f"chart.params = {value}")

    wait_until(lambda: len(tinybird.data) == 2, "a request")
    assert asked(tinybird)[1] == query
    assert page.inside("chart.params === (chart.getAttribute('params') ?? '')")


def test_what_was_set_before_the_element_was_there_counts(show):
    page = show(chart(""), script="""
        document.addEventListener("DOMContentLoaded", () => {
            document.querySelector("tinybird-chart").params = {city: "Madrid"};
        });""")

    wait_for_cells(page, "20", "40")
