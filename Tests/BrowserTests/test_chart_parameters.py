"""Parameters that change, by a form or a script: what is asked for, and what is seen until the answer is there."""

from __future__ import annotations

from functools import partial

import pytest

from Support.orders import FORM, asked, chart, choose, opened, wait_for_cells
from Support.waiting import wait_until


@pytest.fixture
def show(tinybird, fill_page):
    return partial(opened, tinybird, fill_page)


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


def test_what_was_set_before_the_element_was_there_counts(tinybird, open_page):
    page = opened(tinybird, open_page, chart(""), script="""
        document.addEventListener("DOMContentLoaded", () => {
            document.querySelector("tinybird-chart").params = {city: "Madrid"};
        });""")

    wait_for_cells(page, "20", "40")


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


def test_a_late_response_never_replaces_a_newer_one(open_page, tinybird):
    page = opened(tinybird, open_page, FORM + chart(), script="window.shown = [];"
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
