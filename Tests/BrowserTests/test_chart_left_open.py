"""A page that is left open, with the real endpoint: twenty lifetimes of a token, and the network gone in between."""

from __future__ import annotations

import time

from browser import wait_until
from pages import FRAME
from tinybird import ENDPOINT, answer

LIFETIME = 8
LIFETIMES = 20

# The page that ships, with a drawn chart beside the framed one. Also counts what the page asks for.
CHARTS = f"""
    document.querySelector(".card").insertAdjacentHTML("beforeend",
        `<tinybird-chart endpoint="{ENDPOINT}" type="bar" refresh="2"></tinybird-chart>{FRAME}`)"""
TIMES = """performance.getEntriesByType("resource").filter(entry => entry.name.endsWith("/generate-token"))
    .map(entry => [entry.startTime / 1000, entry.responseStatus])"""


def test_a_page_left_open_for_twenty_lifetimes_shows_live_charts(serve, open_url, tinybird, screenshots):
    page = open_url(serve(TINYBIRD_TOKEN_TTL=f"{LIFETIME}s").url)
    page.run(CHARTS)
    for at in range(3):
        page.wait_for("ready", at)
    start = time.monotonic()

    def wait_for_lifetime(number: float) -> None:
        time.sleep(max(0, start + number * LIFETIME - time.monotonic()))

    wait_for_lifetime(6)
    page.network(False)
    tinybird.mode = "drop"
    wait_for_lifetime(10)
    assert page.status(1).startswith("Not up to date.") and page.state(1) == "ready"
    page.network(True)
    tinybird.mode = None
    wait_until(lambda: all(page.status(at) == "" for at in range(3)), "all are up to date", 20)
    # The network is there, and Tinybird isn't.
    wait_for_lifetime(14)
    tinybird.mode = "drop"
    wait_for_lifetime(15)
    tinybird.mode = None
    wait_for_lifetime(LIFETIMES)

    times = page.value(TIMES)
    answered = [at for at, status in times if status == 200]
    tinybird.json = answer([{"city": "Rome", "sales": 1}])
    wait_until(lambda: page.cells(1) == ["1"], "the drawn chart is live")
    for at in range(3):
        assert page.state(at) == "ready" and page.status(at) == ""
    # The frames hold tokens that are good now.
    latest = tinybird.pages[-2:]
    assert [request.status for request in latest] == [200, 200]
    assert {f.partition("token=")[2] for at in (0, 2) for f in page.frames(at)} >= {latest[-1].token}
    assert tinybird.refusal(latest[-1].token) is None

    report = (f"{len(answered)} tokens in {LIFETIMES} lifetimes of {LIFETIME} s ({len(times) - len(answered)} tries without "
              f"a network), {len(tinybird.data)} requests for data, {len(tinybird.pages)} for frames, "
              f"{sum(request.status == 403 for request in tinybird.requests)} refused")
    (screenshots / "left-open.txt").write_text(report + "\n")
    page.picture(screenshots / "left-open.png")
    print(report)
    assert len(answered) <= LIFETIMES, report
    # One token is used until it is to be renewed.
    assert all(later - earlier > LIFETIME - 1.2 for earlier, later in zip(answered, answered[1:])), times
    assert not any(request.status == 403 for request in tinybird.requests), report
