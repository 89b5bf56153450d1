"""A form of the page as the parameters of its charts: which form, which of its fields, and how they are written."""

from __future__ import annotations

from functools import partial

import pytest
from selenium.webdriver.common.keys import Keys

from Support.orders import FORM, asked, chart, choose, opened, wait_for_cells
from Support.waiting import wait_until


@pytest.fixture
def show(tinybird, fill_page):
    return partial(opened, tinybird, fill_page)


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


def test_sending_the_form_asks_at_once_and_loads_no_page(show, tinybird):
    page = show(FORM + chart())
    page.run("window.same = true; document.querySelector('select').value = 'Berlin'")

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


def test_a_field_named_token_sends_none(show, tinybird):
    show('<form id="filters"><input name="token" value="stolen"></form>' + chart())

    assert asked(tinybird) == [{}] and tinybird.data[0].headers["Authorization"].startswith("Bearer ey")
