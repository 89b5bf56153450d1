"""Whom a token is shown to: one visitor's charts, Tinybird, and hosts that the page names."""

from __future__ import annotations

import http.server
import threading

import pytest

from Support.browser import FETCHES
from Support.pages import FRAME, drawn
from Support.tinybird import CHART, ENDPOINT, Quiet
from Support.waiting import wait_until

FORGET = 'import("/tinybird-chart.js").then(({ TokenClient }) => TokenClient.forget())'


class OtherHost(http.server.ThreadingHTTPServer):
    """Another origin that answers everybody, and notes what it is asked."""
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), OtherHandler)
        self.requests: list[tuple[str, str]] = []
        self.host = f"127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


class OtherHandler(Quiet):
    server: OtherHost

    def do_GET(self) -> None:
        self.server.requests.append((self.path, self.headers.get("Authorization", "")))
        self.send(200, {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*",
                        "Content-Type": "application/json"},
                  b'{"meta":[{"name":"n","type":"UInt8"}],"data":[{"n":1}]}')

    do_OPTIONS = do_HEAD = do_GET


@pytest.fixture
def other():
    other = OtherHost()
    yield other
    other.shutdown()
    other.server_close()


@pytest.mark.parametrize("markup", [drawn("table"), FRAME], ids=["drawn", "framed"])
def test_another_visitor_of_the_same_page_gets_a_token_of_their_own(site, tinybird, open_page, markup):
    page = open_page(markup)
    page.wait_for("ready")
    first = tinybird.requests[-1].token

    site.mode = "slow"
    page.run(FORGET)
    wait_until(lambda: len(site.asked) == 2, "another token is asked for")
    # Nothing stays of what the first one saw.
    assert page.state() == "loading" and not page.inside("root.querySelector('#plot').firstChild")
    site.mode = None
    site.released.set()

    page.wait_for("ready")
    assert tinybird.requests[-1].token == site.tokens[-1] != first


def test_a_token_that_comes_after_all_was_forgotten_is_nobodys(site, tinybird, open_page):
    site.next = ["slow"]
    page = open_page(drawn("table"), script=FETCHES)
    wait_until(lambda: site.asked, "a token is asked for")

    page.run(FORGET)
    page.wait_for("ready")
    site.released.set()
    assert len(page.token_requests()) == 2
    page.run(f"document.querySelector('main').insertAdjacentHTML('beforeend', `{drawn('table', 'params=again=1')}`)")
    page.wait_for("ready", 1)

    assert {request.token for request in tinybird.data} == {site.tokens[0]}
    assert len(site.asked) == 2


def test_data_that_were_asked_for_before_all_was_forgotten_are_nobodys(site, tinybird, open_page):
    tinybird.next = ["slow"]
    page = open_page(drawn("table"))
    wait_until(lambda: tinybird.data, "data are asked for")

    page.run(FORGET)
    page.wait_for("ready")

    assert [request.token for request in tinybird.data] == site.tokens
    assert len(site.tokens) == 2 and page.failures == []


def test_a_session_has_tokens_of_its_own(site, tinybird, open_page):
    page = open_page(drawn("table", 'session="alice"') * 2)
    page.wait_for("ready", 0)
    page.wait_for("ready", 1)
    assert len(site.asked) == 1

    tinybird.mode = "slow"
    page.inside("chart.setAttribute('session', 'bob')")
    wait_until(lambda: len(site.asked) == 2, "another token is asked for")
    assert not page.inside("root.querySelector('td')") and page.cells(1)
    tinybird.mode = None
    tinybird.released.set()
    page.wait_for("ready")
    assert len({request.token for request in tinybird.data}) == 2


@pytest.mark.parametrize("policy", ["img-src *", None], ids=["no policy", "ours"])
@pytest.mark.parametrize("attribute", ["endpoint", "src"])
def test_no_other_host_gets_a_token(site, other, open_page, policy, attribute):
    site.policy = policy or site.policy
    page = open_page(f'<tinybird-chart {attribute}="http://{other.host}/x.json" type="table"></tinybird-chart>')

    page.problem()
    assert f"no token is sent to http://{other.host}" in page.failures[0]["detail"]
    assert other.requests == [] and site.asked == []
    assert page.value("violations") == []


@pytest.mark.parametrize("url", [
    CHART.replace("https:", "http:"), CHART.replace("app.tinybird.co", "apptinybird.co"),
    CHART.replace("app.tinybird.co", "tinybird.co.example"), CHART.replace("https://", "https://app.tinybird.co@"),
    CHART.replace("tinybird.co", "tinybird.co:444.example")])
def test_hosts_that_look_like_tinybirds_are_not(site, open_page, url):
    page = open_page(f'<tinybird-chart src="{url}"></tinybird-chart>'.replace("@app.tinybird.co", "@evil.example"))

    page.problem()
    assert site.asked == []


def test_a_host_that_the_page_names_gets_tokens_by_https_or_on_this_machine(site, other, open_page):
    site.policy = "img-src *"
    named = f'<tinybird-chart endpoint="http://{{}}/x.json" type="table" api-hosts="one.example, {other.host} charts.example"></tinybird-chart>'
    page = open_page(named.format(other.host) + named.format("charts.example"))

    page.wait_for("ready")
    assert other.requests[-1] == ("/x.json", f"Bearer {site.tokens[0]}")
    page.problem(1)
    assert "by https" in page.failures[0]["detail"]


def test_the_token_client_sends_none_elsewhere_either(site, open_page):
    page = open_page("")

    error = page.driver.execute_async_script("""
        import("/token-client.js").then(({ TokenClient }) => new TokenClient().json("https://tinybird.example/x.json"))
            .catch(error => arguments[0](error.detail))""")
    assert "no token is sent to https://tinybird.example" in error and site.asked == []


@pytest.mark.parametrize("policy", ["img-src *", None], ids=["no policy", "ours"])
@pytest.mark.parametrize("scheme", ["data", "blob"])
def test_the_chart_library_is_no_text_of_the_page(site, open_page, policy, scheme):
    site.policy = policy or site.policy
    page = open_page(drawn("table"), script="""
        window.made = {data: "data:text/javascript,window.ran = 1; export class Chart {}",
            blob: URL.createObjectURL(new Blob(["window.ran = 1; export class Chart {}"], {type: "text/javascript"}))};""")
    page.wait_for("ready")

    page.run("""const chart = document.querySelector('tinybird-chart');
        chart.setAttribute('chart-js', made[arguments[0]]); chart.setAttribute('type', 'bar');""", scheme)

    failure = wait_until(lambda: page.failures, "an error")[0]
    assert "chart-js is no http or https URL" in failure["detail"]
    page.wait_for("ready")
    assert page.value("window.ran") is None and page.cells() == ["482", "418", "394"]


def test_a_frame_may_do_no_more_than_a_chart_needs(open_page):
    page = open_page(FRAME)
    page.frame()

    assert set(page.inside("[...root.querySelector('iframe').sandbox]")) == {
        "allow-scripts", "allow-same-origin", "allow-popups", "allow-popups-to-escape-sandbox", "allow-downloads"}
    assert ENDPOINT.startswith("https://")
