"""The page in a real browser, Debian's Chromium: as apache/serve serves it, and with endpoints that go wrong.

Tinybird isn't reached: what counts is the address that the frame gets.
"""

import http.server
import json
import threading
import urllib.parse

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from serving import DEMONSTRATION_KEY, OWN_KEY, PIPE, REPOSITORY, claims_of, wait_until

CHART = "https://app.tinybird.co/gcp/europe-west3/endpoints/sales_by_city/charts/4d21283f-b85c-4ed5-8341-e2625f0e3080"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src https://*.tinybird.co")

# Before the page's own script: collects what the policy forbids, and shortens the time limit.
PREPARATION = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation", event => violations.push(event.violatedDirective));
    const timeout = AbortSignal.timeout;
    AbortSignal.timeout = limit => { window.limit = limit; return timeout.call(AbortSignal, LIMIT); };
"""


@pytest.fixture(scope="module")
def chromium():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
                     "--host-resolver-rules=MAP *.tinybird.co ~NOTFOUND"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    driver.set_page_load_timeout(30)
    yield driver
    driver.quit()


class Page:
    def __init__(self, driver, url, limit):
        self._driver = driver
        source = PREPARATION.replace("LIMIT", str(limit))
        script = driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
        driver.get_log("browser")
        driver.get(url)
        self.close = lambda: driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)

    def value(self, expression):
        return self._driver.execute_script(f"return {expression}")

    def click_retry(self):
        self._driver.find_element("id", "chart-retry").click()

    @property
    def source(self):
        return self.value("document.getElementById('tinybird-chart').getAttribute('src')")

    def visible(self, id):
        return self._driver.find_element("id", id).is_displayed()

    def chart(self):
        """Waits for the frame's address: the chart's URL and the token."""
        wait_until(lambda: self.source, "the frame's address")
        wait_until(lambda: self.visible("tinybird-chart"), "the frame")
        assert not self.visible("chart-problem") and not self.visible("chart-retry")
        assert not self.visible("chart-loading")
        address, _, query = self.source.partition("?")
        (name, token), = urllib.parse.parse_qsl(query)
        assert name == "token"
        return address, token

    def problem(self):
        """Waits for the message in place of the chart."""
        text = wait_until(lambda: self._driver.find_element("id", "chart-problem").text, "a message")
        assert self.source is None and not self.visible("tinybird-chart") and not self.visible("chart-loading")
        assert self.visible("chart-retry")
        return text

    def log(self):
        return [entry["message"] for entry in self._driver.get_log("browser")]


@pytest.fixture
def open_page(chromium):
    pages = []

    def open_page(url, limit=10_000):
        pages.append(Page(chromium, url, limit))
        return pages[-1]

    yield open_page
    for page in pages:
        page.close()


# --- As apache/serve serves it

@pytest.mark.usefixtures("program")
def test_the_frame_gets_the_charts_url_with_a_token_that_verifies(serve, open_page):
    run = serve().up()

    page = open_page(run.url)

    address, token = page.chart()
    assert address == CHART
    assert claims_of(token, DEMONSTRATION_KEY)["scopes"] == [{"type": "PIPES:READ", "resource": PIPE}]
    assert page.value("violations") == []
    log = page.log()
    assert not any("Content Security Policy" in line for line in log)
    # Nowhere else than in the frame's address (the console's own line is about that, which can't be had here).
    assert token not in page.value("[document.title, location.href, JSON.stringify(localStorage),"
                                   " JSON.stringify(sessionStorage), document.cookie].join()")
    assert page.value("document.documentElement.outerHTML").count(token) == 1
    assert page.value("document.getElementById('tinybird-chart').referrerPolicy") == "no-referrer"
    assert not any(token in line for line in log if "chart.js" in line)


@pytest.mark.usefixtures("program")
def test_where_the_endpoint_has_no_key_there_is_a_message_and_a_retry_that_works(serve, open_page, shared):
    key = shared / "late.key"
    run = serve(TINYBIRD_SIGNING_KEY_FILE=str(key), TINYBIRD_PIPES="sales").up()

    page = open_page(run.url)
    assert "administrator" in page.problem()
    page.click_retry()
    assert "administrator" in page.problem()
    key.write_text(OWN_KEY)
    key.chmod(0o644)

    def a_retry_succeeds():
        if page.visible("chart-retry"):
            page.click_retry()
        return page.source

    wait_until(a_retry_succeeds, "the frame's address")
    assert claims_of(page.chart()[1], OWN_KEY)
    assert page.value("violations") == []


# --- With endpoints that go wrong

class Site(http.server.ThreadingHTTPServer):
    """The page under the include's policy, and an endpoint that does what `endpoint` says."""
    daemon_threads = True
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), SiteHandler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.requests = []
        self.released = threading.Event()
        self.page = (REPOSITORY / "apache/htdocs/index.html").read_text()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def answers(self, status=200, body="", **headers):
        def endpoint(handler):
            handler.answer(status, "application/json", body.encode(), headers)
        self.endpoint = endpoint


class SiteHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        site = self.server
        if self.path == "/generate-token":
            site.requests.append(dict(self.headers))
            site.endpoint(self)
        elif self.path == "/":
            self.answer(200, "text/html", site.page.encode())
        else:
            file = REPOSITORY / "apache/htdocs" / self.path.lstrip("/")
            types = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
            if file.suffix in types and file.is_file():
                self.answer(200, types[file.suffix], file.read_bytes())
            else:
                self.answer(404, "text/html", b"<p>No such page")

    def answer(self, status, type, body, headers={}):
        self.send_response(status)
        for name, value in {"Content-Type": type, "Content-Length": len(body), "Content-Security-Policy": POLICY,
                            **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def site():
    site = Site()
    yield site
    site.released.set()
    site.shutdown()
    site.server_close()


GOOD = json.dumps({"token": "a.b&c=d/e+f.g", "expires_in": 172800})


@pytest.mark.parametrize("status, body, text", [
    (401, '{"error":"x"}', "sign in"),
    (403, '{"error":"x"}', "sign in"),
    (404, "", "404"),
    (429, '{"error":"x"}', "too many requests"),
    (500, "<p>oops", "500"),
    (503, '{"error":"x"}', "administrator"),
    (201, GOOD, "201"),
    (200, "", "can’t be understood"),
    (200, "<!doctype html><title>Sign in</title>", "can’t be understood"),
    (200, GOOD[:-1], "can’t be understood"),
    (200, "null", "can’t be understood"),
    (200, "{}", "can’t be understood"),
    (200, '{"token":""}', "can’t be understood"),
    (200, '{"token":7}', "can’t be understood"),
])
def test_what_is_no_token_gives_a_message_and_a_retry_that_works(site, open_page, status, body, text):
    site.answers(status, body)
    page = open_page(site.url)
    assert text in page.problem()

    site.answers(200, GOOD)
    page.click_retry()

    assert page.chart() == (CHART, "a.b&c=d/e+f.g")
    assert page.value("violations") == []


def test_a_dropped_connection_gives_a_message(site, open_page):
    site.endpoint = lambda handler: handler.connection.close()

    assert "can’t be reached" in open_page(site.url).problem()


def test_an_endpoint_that_never_answers_gives_a_message(site, open_page):
    site.endpoint = lambda handler: site.released.wait(60)

    page = open_page(site.url, limit=300)

    assert "too long" in page.problem()
    assert page.value("limit") == 10_000


def test_an_answer_that_never_ends_gives_a_message(site, open_page):
    def endpoint(handler):
        handler.answer(200, "application/json", b'{"token":', {"Content-Length": 1000})
        handler.wfile.flush()
        site.released.wait(60)

    site.endpoint = endpoint

    assert "too long" in open_page(site.url, limit=300).problem()


def test_while_it_waits_it_says_so_and_shows_no_empty_frame(site, open_page):
    site.endpoint = lambda handler: (site.released.wait(60), handler.answer(200, "application/json", GOOD.encode()))

    page = open_page(site.url)
    assert page.visible("chart-loading") and not page.visible("tinybird-chart")
    site.released.set()

    page.chart()


def test_the_charts_own_parameters_stay(site, open_page):
    site.page = site.page.replace(CHART, CHART + "?theme=dark&amp;token=stale")
    site.answers(200, GOOD)
    page = open_page(site.url)
    wait_until(lambda: page.source, "the frame's address")

    assert urllib.parse.parse_qsl(page.source.partition("?")[2]) == [("theme", "dark"), ("token", "a.b&c=d/e+f.g")]


def test_a_page_that_names_no_chart_says_so(site, open_page):
    site.page = site.page.replace(CHART, "")
    site.answers(200, GOOD)

    assert open_page(site.url).problem() == "This page names no chart."


def test_the_token_is_asked_for_once_and_past_every_cache(site, open_page):
    site.answers(200, GOOD, **{"Cache-Control": "max-age=600"})
    for _ in range(2):
        open_page(site.url).chart()

    assert len(site.requests) == 2
    assert all(headers.get("Cache-Control") == "no-cache" for headers in site.requests)


def test_an_inline_script_would_be_seen_as_a_violation(site, open_page):
    """The control of the tests above, which find none."""
    site.page = site.page.replace("</main>", "</main><script>1</script>")
    site.answers(200, GOOD)
    page = open_page(site.url)
    page.chart()

    assert page.value("violations") == ["script-src-elem"]
    assert any("Content Security Policy" in line for line in page.log())


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_can_be_read_on_a_phone_and_a_desk_in_light_and_dark(site, chromium, open_page, width, scheme):
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600})
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "features": [{"name": "prefers-color-scheme", "value": scheme}]})
    site.answers(503)

    page = open_page(site.url)
    page.problem()

    assert page.value("document.documentElement.scrollWidth") <= width
    card = page.value("document.querySelector('.chart').getBoundingClientRect().height")
    for text, ground in (("h1", "body"), ("#chart-problem", ".chart"), ("#chart-retry", "#chart-retry")):
        colour = page.value(f"getComputedStyle(document.querySelector('{text}')).color")
        background = page.value(f"getComputedStyle(document.querySelector('{ground}')).backgroundColor")
        assert contrast(colour, background) >= 4.5, (text, colour, background)  # WCAG 2.2, AA

    site.answers(200, GOOD)
    page.click_retry()
    page.chart()
    assert page.value("document.querySelector('.chart').getBoundingClientRect().height") == card
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def contrast(one, other):
    """WCAG's contrast of two colours as `rgb(r, g, b)`."""
    def luminance(colour):
        parts = [int(part) / 255 for part in colour[colour.index("(") + 1:-1].split(",")[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)
