"""A page that is left open, with the real endpoint: twenty lifetimes of a token, and the network gone in between."""

from __future__ import annotations

import time

import pytest

from Support.browser import FETCHES
from Support.pages import FRAME
from Support.tinybird import ENDPOINT, answer
from Support.waiting import wait_until

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
@pytest.mark.slow
@pytest.mark.parametrize("gone, back, down, up, over", [
    (2, 4, 5, 6.5, 8), pytest.param(6, 11, 14, 15.5, 20, marks=pytest.mark.long)])
def test_a_page_left_open_for_many_lifetimes_shows_live_charts(
    gone: float, back: float, down: float, up: float, over: int, serve, open_url, tinybird, screenshots,
):
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

    wait_for_lifetime(gone)
    page.network(False)
    tinybird.mode = "drop"
    wait_for_lifetime(back)
    assert page.status(1).startswith("Not up to date.") and page.state(1) == "ready"
    page.network(True)
    tinybird.mode = None
    wait_until(lambda: all(page.status(at) == "" for at in range(3)), "all are up to date")
    # The network is there, and Tinybird isn't.
    wait_for_lifetime(down)
    tinybird.mode = "drop"
    wait_for_lifetime(up)
    assert all(page.status(at).startswith("Not up to date.") for at in range(3))
    assert page.frame(0) == page.frame(2) == "the chart"
    tinybird.mode = None
    wait_for_lifetime(over)

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
    report = (f"{len(asked)} token requests in {over} lifetimes of {LIFETIME} s, of which {len(asked) - len(answered)} "
              f"without a network; {len(tinybird.data)} requests for data, {len(tinybird.pages)} for frames, "
              f"{sum(request.status == 403 for request in tinybird.requests)} refused")
    (screenshots / "left-open.txt").write_text(report + "\n")
    page.picture(screenshots / "left-open.png")
    print(report, asked)
    assert len(asked) <= over * LIFETIME / (LIFETIME - MARGIN) + 1, report
    # One token is used until it is to be renewed.
    assert all(later - earlier > LIFETIME - MARGIN - 0.01 for earlier, later in zip(answered, answered[1:])), asked
    assert not any(request.status == 403 for request in tinybird.requests), report
