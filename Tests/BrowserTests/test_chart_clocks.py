"""The browser's two clocks: performance.now(), which may stand still while the machine sleeps, and Date.now(), which is
set at times. Neither makes a token live too long, nor be asked for more than once too often."""

from __future__ import annotations

import pytest

from Support.browser import FETCHES, HIDING
from Support.clock import LEAPS
from Support.pages import FRAME, drawn

MINUTE, HOUR, DAY = 60, 3600, 86400
# Asks for newer data when the token is due, and not before.
POLLED = drawn("table", f'refresh="{HOUR - 50}"')
BOTH = pytest.mark.parametrize("markup", [POLLED, FRAME], ids=["drawn", "framed"])

STANDSTILL = "performance.now = () => 1234;"
EVENTS = {"online": "dispatchEvent(new Event('online'))", "seen": "hide(true); hide(false)", "nothing": ""}


def set_clock(page, seconds: int) -> None:
    page.run("clock = arguments[0] * 1000", seconds)


def pass_lifetimes(page, site, tinybird, number: int) -> None:
    """So many times a token is renewed; none is used past its end."""
    for _ in range(number):
        loads = page.value("loads")
        page.leap(HOUR - 45)
        page.wait_for_loads(loads + 1)
        assert tinybird.requests[-1].token == site.tokens[-1]
    assert len({request.token for request in tinybird.requests}) == number + 1
    assert {request.status for request in tinybird.requests} == {200}


@BOTH
def test_tokens_are_renewed_in_time_though_one_clock_stands_still(site, tinybird, open_page, markup):
    page = open_page(markup, script=LEAPS + FETCHES + STANDSTILL)
    page.wait_for("ready")

    page.leap(HOUR / 2)
    assert len(page.token_requests()) == 1
    pass_lifetimes(page, site, tinybird, 3)
    assert len(site.asked) == 4


@BOTH
@pytest.mark.parametrize("event", EVENTS)
def test_after_an_hours_sleep_the_token_is_replaced_once(site, tinybird, open_page, markup, event):
    page = open_page(markup, clock=0, script=LEAPS + FETCHES + HIDING)
    page.wait_for("ready")
    used = len(tinybird.requests)

    # performance.now() and timers go on as if nothing had been.
    set_clock(page, HOUR)
    page.run(EVENTS[event])
    page.leap(MINUTE)

    page.wait_for_loads(2)
    page.leap(MINUTE)
    page.leap(MINUTE)
    assert len(page.token_requests()) == 2
    # Nothing was asked with the old one, which would have been over.
    assert {request.token for request in tinybird.requests[used:]} == {site.tokens[1]}


@BOTH
def test_a_clock_that_is_set_forward_and_back_asks_for_one_token_at_most(site, open_page, markup):
    page = open_page(markup, clock=0, script=LEAPS + FETCHES + HIDING)
    page.wait_for("ready")

    for clock, most in ((-DAY, 1), (0, 1), (DAY, 2), (0, 2), (-DAY, 2)):
        set_clock(page, clock)
        page.run(EVENTS["seen"] + ";" + EVENTS["online"])
        page.leap(MINUTE)
        assert len(page.token_requests()) <= most, clock
    assert page.state() == "ready" and page.failures == []


@BOTH
@pytest.mark.parametrize("clock", [-DAY, DAY])
def test_no_token_is_used_past_its_end_though_the_clock_is_set(site, tinybird, open_page, markup, clock):
    page = open_page(markup, clock=0, script=LEAPS + FETCHES)
    page.wait_for("ready")

    set_clock(page, clock)

    pass_lifetimes(page, site, tinybird, 3)
    # One comes early at most.
    assert len(page.token_requests()) <= 4 + (clock > 0)
