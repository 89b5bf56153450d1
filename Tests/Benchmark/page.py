"""Benchmark: how soon the charts of a page are there when the server is far away and nothing is cached.

Prints, for the first chart and the last, round trips and milliseconds, then requests and bytes; medians. First with
each response a round trip after its request, then with TCP's handshakes and slow start, as served and to a browser that
accepts no compression; at last without a distance, which is the page's own work. All that for index.html and
examples.html, with the scripts as they are in a clone and as packages carry them. Nothing is asserted.

    Tests/bench-page [ROUNDS [MILLISECONDS]]      5 rounds with 100 ms a round trip, unless said
"""

from __future__ import annotations

import os
import statistics
import sys
from contextlib import ExitStack
from typing import Any

from Support.apache_serve import Serve
from Support.browser import started
from Support.distance import Distance
from Support.packages import bundled
from Support.servers import free_port
from Support.waiting import wait_until

# Notes when each chart is ready: in the frame that shows it.
WATCH = """
    window.ready = new Map();
    (function look() {
        for (const chart of document.querySelectorAll("tinybird-chart"))
            if (!ready.has(chart) && chart.shadowRoot?.querySelector("figure")?.dataset.state === "ready")
                ready.set(chart, performance.now());
        requestAnimationFrame(look);
    })();
"""
CHARTS = "return document.readyState === 'complete' && document.querySelectorAll('tinybird-chart').length"
TIMES = "return [...ready.values()]"
REQUESTS = "return performance.getEntriesByType('resource').length + 1"


def main(rounds: int = 5, milliseconds: int = 100) -> None:
    with ExitStack() as stack:
        serve = Serve({**os.environ, "PORT": str(free_port())})
        stack.callback(serve.stop)
        serve.up(900)
        # The whole of it, as visitors have it.
        driver = started(binary="/usr/bin/chromium")
        stack.callback(driver.quit)
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
        driver.execute_cdp_cmd("Network.enable", {})

        def report(name: str, away: int, tcp: bool, headers: dict[str, str]) -> None:
            driver.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": headers})
            rows = [load(driver, serve.port, page, away / 1000, tcp) for _ in range(rounds)]
            first, last, requests, size = map(statistics.median, zip(*rows))
            trips = f"{first / away:4.1f} and {last / away:4.1f} round trips" if away else ""
            print(
                f"{name:24} {trips:26} {first:5.0f} and {last:5.0f} ms  "
                f"{requests:3.0f} requests  {size / 1000:6.1f} kB")

        load(driver, serve.port, "examples", 0, False)
        print(
            f"First chart and last; {milliseconds} ms a round trip, HTTP/1.1, nothing cached; "
            f"medians of {rounds} rounds")
        for form in ("a clone", "a package"):
            if form == "a package":
                (serve.directory / "htdocs").rename(serve.directory / "modules")
                bundled(serve.directory)
            for page in ("index", "examples"):
                print(f"{page}.html of {form}")
                report("a round trip a request", milliseconds, False, {})
                report("TCP", milliseconds, True, {})
                report("TCP, not compressed", milliseconds, True, {"Accept-Encoding": "identity"})
                report("no distance", 0, False, {})


def load(driver: Any, port: int, page: str, round_trip: float, tcp: bool) -> tuple[float, ...]:
    """Milliseconds until the first chart and the last, requests and bytes. From a port of its own, whose pages the
    browser has never seen."""
    distance = Distance(port, round_trip, tcp)
    driver.get(f"http://127.0.0.1:{distance.port}/{page}.html")
    times = wait_until(
        lambda: len(times := driver.execute_script(TIMES)) == driver.execute_script(CHARTS) and times, "all charts")
    requests = driver.execute_script(REQUESTS)
    distance.close()
    return min(times), max(times), requests, distance.bytes


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
