"""A page in Chromium, with what tests look at."""

from __future__ import annotations

import base64
import os
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from Support.clock import Clock
from Support.waiting import wait_until

# Debian's Chromium without the window around the page: the same engine, scripts and network, in two thirds of the time. In
# the environment, CHARTS_TOKEN_BROWSER=/usr/bin/chromium has the tests run in the whole of it.
BROWSER = os.environ.get("CHARTS_TOKEN_BROWSER", "/usr/lib/chromium/chromium-headless-shell")

# Before a page's own scripts: collects what the policy forbids and the charts' events.
PREPARATION = """
    window.violations = [];
    window.failures = [];
    window.loads = 0;
    window.selected = [];
    document.addEventListener("securitypolicyviolation", event => violations.push(event.violatedDirective));
    document.addEventListener("tinybird-error", ({detail, target}) =>
        failures.push({...detail, frames: target.shadowRoot?.querySelectorAll("iframe").length}));
    document.addEventListener("tinybird-load", () => loads++);
    document.addEventListener("tinybird-select", ({detail, target}) => selected.push({...detail, of: target.title}));
    performance.setResourceTimingBufferSize(10000);
"""
# The browser's clock is wrong by so many milliseconds, from the start; later, `clock` sets it.
CLOCK = """
    window.clock = SHIFT;
    window.Date = class extends Date {
        constructor(...parts) { if (parts.length) super(...parts); else super(Date.now()); }
        static now() { return super.now() + clock; }
    };
"""
# Every request that scripts make: when, in seconds; whether it is over, with a status or without an answer (0).
FETCHES = """
    window.fetches = [];
    const fetchAsItWas = window.fetch;
    window.fetch = (address, ...more) => {
        const made = {address: String(address), at: performance.now() / 1000, status: 0, over: false};
        fetches.push(made);
        const answer = fetchAsItWas(address, ...more);
        answer.then(({status}) => { made.status = status; }, () => {}).then(() => { made.over = true; });
        return answer;
    };
"""
# `hide(true)` hides the page, as far as its scripts can see.
HIDING = """
    let hidden = false;
    Object.defineProperty(Document.prototype, "hidden", {get: () => hidden});
    window.hide = value => { hidden = value; document.dispatchEvent(new Event("visibilitychange", {bubbles: true})); };
"""
# Time limits and pauses of seconds are over in no time; how long they were is noted.
LIMITS = """
    const timeout = AbortSignal.timeout;
    window.limits = [];
    AbortSignal.timeout = limit => { limits.push(limit); return timeout.call(AbortSignal, LIMIT); };
"""
# WCAG's contrast of each visible text with the ground that it is on, for all elements of the page and inside of charts.
CONTRAST = """
    (() => {
        const canvas = document.createElement("canvas"), context = canvas.getContext("2d", {willReadFrequently: true});
        canvas.width = canvas.height = 1;
        const once = (seen, key, make) => seen.has(key) ? seen.get(key) : seen.set(key, make()).get(key);
        const colors = new Map(), grounds = new Map();
        const over = (color, ground) => once(colors, `${color} ${ground}`, () => {
            context.fillStyle = `rgb(${ground})`; context.fillRect(0, 0, 1, 1);
            context.fillStyle = color; context.fillRect(0, 0, 1, 1);
            return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
        });
        const parent = node => node.parentElement ?? node.getRootNode().host;
        const ground = node => once(grounds, node, () => {
            if (!node) return over(getComputedStyle(document.body).backgroundColor, [255, 255, 255]);
            const bar = node.querySelector?.(":scope > i");
            const below = over(getComputedStyle(node).backgroundColor, ground(parent(node)));
            if (!bar) return below;
            // A bar list's bars are partly transparent.
            const [r, g, b] = over(getComputedStyle(bar).backgroundColor, below);
            return over(`rgb(${r} ${g} ${b} / ${getComputedStyle(bar).opacity})`, below);
        });
        const light = rgb => rgb.map(part => part / 255).map(
            part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
            .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
        const found = [];
        const visit = root => {
            for (const node of root.querySelectorAll("*")) {
                if (node.shadowRoot) visit(node.shadowRoot);
                const text = [...node.childNodes].filter(child => child.nodeType === 3).map(child => child.data.trim()).join("");
                if (!text || !node.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
                const below = ground(node), [one, other] = [
                    light(over(getComputedStyle(node).color, below)), light(below)].sort((a, b) => b - a);
                found.push([text.slice(0, 40), (one + 0.05) / (other + 0.05)]);
            }
        };
        visit(document.body);
        return found;
    })()"""
# A page but for what tests put on it, and what the element preloads.
REST = """(() => {
    const copy = document.documentElement.cloneNode(true);
    copy.querySelector("main").replaceChildren();
    for (const link of copy.querySelectorAll("link[rel=modulepreload]")) link.remove();
    return copy.outerHTML;
})()"""
# Calls back once nothing moves, and what was told when it ended is drawn.
STILL = """
    const done = arguments[0], roots = [document, ...[...document.querySelectorAll("tinybird-chart")].map(chart => chart.shadowRoot)];
    (function look() {
        const moves = roots.some(root => root.getAnimations().length);
        requestAnimationFrame(moves ? look : () => requestAnimationFrame(done));
    })();"""


def started(*arguments: str, binary: str = BROWSER) -> Any:
    """A driver of a browser of its own."""
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--lang=en-US", *arguments):
        options.add_argument(argument)
    # The driver reads what the browser prints for where to reach it, and other lines may come between.
    options.add_experimental_option("excludeSwitches", ["enable-logging"])
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)


class Page:
    def __init__(
        self, driver: Any, url: str, time: Clock, clock: int | None = None, limit: int | None = None, script: str = "",
    ) -> None:
        self.driver = driver
        self.time = time
        source = PREPARATION + script
        if clock is not None:
            source += CLOCK.replace("SHIFT", str(clock * 1000))
        if limit is not None:
            source += LIMITS.replace("LIMIT", str(limit))
        self._script = driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
        driver.get_log("browser")
        driver.get(url)

    def close(self) -> None:
        self.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", self._script)
        self._undo()
        self.driver.get("about:blank")

    def _undo(self) -> None:
        self.network(True)
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.media()

    def keep(self) -> None:
        """Lets the page be filled and emptied again and again, and others be opened in its place."""
        self.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", self._script)
        self.run(f"window.rest = {REST}")

    def is_kept(self) -> bool:
        """Whether the page is still there, as it was but for what has been put on it."""
        return self.value(f"window.rest && rest === {REST}")

    def fill(self, markup: str) -> None:
        """Puts charts on a page that is kept, as if nothing had been seen of it so far."""
        self.driver.get_log("browser")
        self.run("""
            violations.length = failures.length = selected.length = loads = 0;
            performance.clearResourceTimings();
            scrollTo(0, 0);
            document.querySelector("main").innerHTML = arguments[0];""", markup)

    def empty(self) -> None:
        """Takes the charts away, and their tokens, and what tests have set of the browser."""
        self.driver.execute_async_script("""
            document.querySelector("main").replaceChildren();
            import("/tinybird-chart.js").then(({TokenClient}) => TokenClient.forget()).then(arguments[0]);""")
        self._undo()

    def value(self, expression: str, *arguments: Any) -> Any:
        return self.driver.execute_script(f"return {expression.strip()}", *arguments)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def inside(self, expression: str, at: int = 0) -> Any:
        """The value of an expression about `root`, the inside of a chart, and `chart`."""
        return self.run(
            "const chart = document.querySelectorAll('tinybird-chart')[arguments[0]], root = chart.shadowRoot;"
            f"return {expression}", at)

    def state(self, at: int = 0) -> str:
        return self.inside("root?.querySelector('figure').dataset.state", at)

    def busy(self, at: int = 0) -> bool:
        """Whether something is under way; what was there before may be seen."""
        return self.inside("root.querySelector('figure').ariaBusy === 'true'", at)

    def wait_for(self, state: str, at: int = 0) -> None:
        wait_until(lambda: self.state(at) == state, lambda: f"state {state}, not {self.state(at)}: {self.failures}; {self.log()}")

    def wait_for_loads(self, number: int) -> None:
        """Waits until charts have told so many times that they, or newer data, are there: none is at work then."""
        wait_until(lambda: self.value("loads") >= number, lambda: f"{number} loads, not {self.value('loads')}")

    def problem(self, at: int = 0) -> str:
        """Waits for the message in place of a chart."""
        self.wait_for("error", at)
        assert self.inside("root.querySelector('#note').checkVisibility({opacityProperty: true})", at)
        return self.status(at)

    def status(self, at: int = 0) -> str:
        return self.inside("root.querySelector('[role=status]').textContent", at)

    def retry(self, at: int = 0) -> None:
        """Clicks the button, which may be gone: what is likely to be over soon is tried again without it."""
        self.inside("root.querySelector('#note button').click()", at)

    def cells(self, at: int = 0) -> list[str]:
        return self.inside("[...root.querySelectorAll('tbody td')].map(cell => cell.textContent)", at)

    def frames(self, at: int = 0) -> list[str]:
        return self.inside("[...root.querySelectorAll('iframe')].map(frame => frame.src)", at)

    def frame(self, at: int = 0) -> str:
        """Waits for the frame, and for what it shows."""
        self.wait_for("ready", at)
        self.driver.switch_to.frame(self.inside("root.querySelector('iframe')", at))
        try:
            return self.driver.find_element("tag name", "p").text
        finally:
            self.driver.switch_to.default_content()

    @property
    def failures(self) -> list[dict]:
        """What has failed, as charts have told, and how many frames the chart had then."""
        return self.value("window.failures")

    def leap(self, seconds: float, servers: bool = True) -> None:
        """So many seconds pass at once, here (with LEAPS) and for the servers; returns when the timers that are over
        have run."""
        if servers:
            self.time.leap(seconds)
        self.driver.execute_async_script("leap(arguments[0] * 1000).then(arguments[1])", seconds)

    def token_requests(self) -> list[float]:
        """When scripts have asked for tokens, in the page's own seconds (with FETCHES), once the last one is over."""
        tokens = "fetches.filter(({address}) => address.endsWith('/generate-token'))"
        wait_until(lambda: self.value(f"{tokens}.every(({{over}}) => over)"), "the last request for a token")
        return self.value(f"{tokens}.map(({{at}}) => at)")

    def network(self, there: bool) -> None:
        self.driver.execute_cdp_cmd("Network.enable", {})
        self.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {
            "offline": not there, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1})

    def media(self, **features: str) -> None:
        """Sets these, and no others any more. Not without a list: then colours that were forced would stay so."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]})

    def still(self) -> None:
        """Waits until colours that have changed are drawn."""
        self.driver.execute_async_script(STILL)

    def size(self, width: int, height: int = 900) -> None:
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})

    def picture(self) -> bytes:
        """The whole page as PNG."""
        answer = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "optimizeForSpeed": True})
        return base64.b64decode(answer["data"])

    def log(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser")]
