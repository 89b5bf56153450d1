"""The browser's two clocks: performance.now(), which may stand still while the machine sleeps, and Date.now(), which is
set at times. Neither makes a token live too long, nor be asked for more than once too often."""

from __future__ import annotations

import time

import pytest

from Support.browser import HIDING
from Support.pages import FRAME, drawn
from Support.waiting import wait_until

HOUR, DAY = 3600, 86400
POLLED = drawn("table", 'refresh="1"')
BOTH = pytest.mark.parametrize("markup", [POLLED, FRAME], ids=["drawn", "framed"])

# What is looked at each minute is looked at often.
OFTEN = "const later = setTimeout; window.setTimeout = (f, ms, ...more) => later(f, ms === 60000 ? 300 : ms, ...more);"
STANDSTILL = "performance.now = () => 1234;"
EVENTS = {"online": "dispatchEvent(new Event('online'))", "seen": "hide(true); hide(false)", "nothing": ""}


def set_clock(page, seconds: int) -> None:
    page.run("clock = arguments[0] * 1000", seconds)


@BOTH
def test_tokens_are_renewed_in_time_though_one_clock_stands_still(site, tinybird, open_page, markup):
    site.ttl = 4
    page = open_page(markup, script=STANDSTILL)
    page.wait_for("ready")

    wait_until(lambda: len({request.token for request in tinybird.requests}) >= 4, "tokens", 30)
    assert {request.status for request in tinybird.requests} == {200}
    assert all(later - earlier > 2.9 for earlier, later in zip(site.asked, site.asked[1:]))


@BOTH
@pytest.mark.parametrize("event", EVENTS)
def test_after_an_hours_sleep_the_token_is_replaced_once(site, tinybird, open_page, markup, event):
    page = open_page(markup, clock=0, script=HIDING + OFTEN)
    page.wait_for("ready")
    used = len(tinybird.requests)

    # performance.now() and timers go on as if nothing had been.
    set_clock(page, HOUR)
    page.run(EVENTS[event])

    wait_until(lambda: len(site.asked) == 2 and len(tinybird.requests) > used, "a renewal", 3)
    time.sleep(1.5)
    assert len(site.asked) == 2
    # Nothing was asked with the old one, which would have been over.
    assert {request.token for request in tinybird.requests[used:]} == {site.tokens[1]}


@BOTH
def test_a_clock_that_is_set_forward_and_back_asks_for_one_token_at_most(site, tinybird, open_page, markup):
    page = open_page(markup, clock=0, script=HIDING + OFTEN)
    page.wait_for("ready")

    for clock, most in ((-DAY, 1), (0, 1), (DAY, 2), (0, 2), (-DAY, 2)):
        set_clock(page, clock)
        page.run(EVENTS["seen"] + ";" + EVENTS["online"])
        time.sleep(1)
        assert len(site.asked) <= most, clock
    assert page.state() == "ready" and page.failures == []


@BOTH
@pytest.mark.parametrize("clock", [-DAY, DAY])
def test_no_token_is_used_past_its_end_though_the_clock_is_set(site, tinybird, open_page, markup, clock):
    site.ttl = 4
    page = open_page(markup, clock=0)
    page.wait_for("ready")

    set_clock(page, clock)

    wait_until(lambda: len({request.token for request in tinybird.requests}) >= 4, "tokens", 30)
    assert {request.status for request in tinybird.requests} == {200}
    early = [later - earlier for earlier, later in zip(site.asked, site.asked[1:]) if later - earlier < 2.9]
    assert len(early) <= (clock > 0)
