"""A page that is left open for many lifetimes of a token, with the network gone in between, and Tinybird."""

from __future__ import annotations

import time

import pytest

from Support.browser import FETCHES
from Support.clock import LEAPS
from Support.pages import FRAME, drawn
from Support.tinybird import ENDPOINT, answer
from Support.waiting import wait_until

HOUR = 3600


def test_a_page_left_open_all_day_shows_live_charts(site, tinybird, open_page):
    # Each renews itself once in an hour.
    page = open_page(FRAME + drawn("bar", f'refresh="{HOUR - 50}"') + FRAME, script=LEAPS + FETCHES)
    page.wait_for_loads(3)

    def pass_hours(number: int) -> None:
        for _ in range(number):
            loads = page.value("loads")
            page.leap(HOUR - 45)
            page.wait_for_loads(loads + 3)

    def wait_for_status(start: str) -> None:
        wait_until(lambda: all(page.status(at).startswith(start) for at in range(3)), f"charts that say {start}")
        assert all(page.state(at) == "ready" for at in range(3))

    pass_hours(3)
    page.network(False)
    for _ in range(5):
        page.leap(HOUR)
    wait_for_status("Not up to date. The server can’t be reached.")
    loads = page.value("loads")
    page.network(True)
    page.wait_for_loads(loads + 3)
    pass_hours(3)
    # The network is there, and Tinybird isn't.
    tinybird.mode = "drop"
    page.leap(HOUR)
    wait_for_status("Not up to date. The server can’t be reached.")
    assert page.frame(0) == page.frame(2) == "the chart"
    loads = page.value("loads")
    tinybird.mode = None
    page.leap(60)
    page.wait_for_loads(loads + 3)
    pass_hours(3)

    tinybird.json = answer([{"city": "Rome", "sales": 1}])
    pass_hours(1)
    assert page.cells(1) == ["1"]
    assert [page.status(at) for at in range(3)] == [""] * 3
    # The frames hold tokens that are good now.
    assert {address.partition("token=")[2] for at in (0, 2) for address in page.frames(at)} == {site.tokens[-1]}
    tinybird.check(site.tokens[-1])
    assert not any(request.status == 403 for request in tinybird.requests)
    # One token is used until it is to be renewed.
    tries = page.token_requests()
    assert all(later - earlier > HOUR - 61 for earlier, later in zip(tries, tries[1:])), tries
    assert len(site.tokens) == 13


# --- In real time, with the real endpoint

LIFETIME = 8
# Renewed so long before its end.
MARGIN = 1

# The page that ships, with a drawn chart and another framed one beside its own.
CHARTS = f"""
    document.querySelector(".card").insertAdjacentHTML("beforeend",
        `<tinybird-chart endpoint="{ENDPOINT}" type="bar" refresh="2"></tinybird-chart>{FRAME}`)"""
# When tokens were asked for, counted in seconds from the first time on, and whether there was an answer.
ASKED = """fetches.filter(({address}) => address.endsWith("/generate-token"))
    .map(({at, status}, _, all) => [at - all[0].at, status === 200])"""


# When the network goes and comes, when Tinybird does, and when it is over, in lifetimes.
GONE, BACK, DOWN, UP, OVER = 6, 11, 14, 15.5, 20


@pytest.mark.long
def test_a_page_left_open_for_many_short_lifetimes_shows_live_charts(serve, open_url, tinybird, keep):
    page = open_url(f"{serve(TINYBIRD_TOKEN_TTL=f'{LIFETIME}s').url}/frame.html", script=FETCHES)
    page.run(CHARTS)
    for at in range(3):
        page.wait_for("ready", at)
    start = time.monotonic() - page.value("performance.now() / 1000 - fetches[0].at")

    def wait_for_lifetime(number: float) -> None:
        while (left := start + number * LIFETIME - time.monotonic()) > 0:
            time.sleep(min(left, 1))
            # The driver is busy for seconds when it has not followed the frames that came and went.
            page.state()

    wait_for_lifetime(GONE)
    page.network(False)
    tinybird.mode = "drop"
    wait_for_lifetime(BACK)
    assert page.status(1).startswith("Not up to date.") and page.state(1) == "ready"
    page.network(True)
    tinybird.mode = None
    wait_until(lambda: all(page.status(at) == "" for at in range(3)), "all are up to date")
    # The network is there, and Tinybird isn't.
    wait_for_lifetime(DOWN)
    tinybird.mode = "drop"
    wait_for_lifetime(UP)
    assert all(page.status(at).startswith("Not up to date.") for at in range(3))
    assert page.frame(0) == page.frame(2) == "the chart"
    tinybird.mode = None
    wait_for_lifetime(OVER)

    asked = page.value(ASKED)
    tinybird.json = answer([{"city": "Rome", "sales": 1}])
    wait_until(lambda: page.cells(1) == ["1"], "the drawn chart is live")
    for at in range(3):
        assert page.state(at) == "ready" and page.status(at) == ""
    # The frames hold tokens that are good now.
    latest = tinybird.pages[-2:]
    assert [request.status for request in latest] == [200, 200]
    assert {f.partition("token=")[2] for at in (0, 2) for f in page.frames(at)} >= {latest[-1].token}
    tinybird.check(latest[-1].token)

    answered = [at for at, there in asked if there]
    report = (f"{len(asked)} token requests in {OVER} lifetimes of {LIFETIME} s, of which {len(asked) - len(answered)} "
              f"without a network; {len(tinybird.data)} requests for data, {len(tinybird.pages)} for frames, "
              f"{sum(request.status == 403 for request in tinybird.requests)} refused")
    keep("left-open.txt", f"{report}\n".encode())
    keep("left-open.png", page.picture)
    print(report, asked)
    assert len(asked) <= OVER * LIFETIME / (LIFETIME - MARGIN) + 1, report
    # One token is used until it is to be renewed.
    assert all(later - earlier > LIFETIME - MARGIN - 0.01 for earlier, later in zip(answered, answered[1:])), asked
    assert not any(request.status == 403 for request in tinybird.requests), report
